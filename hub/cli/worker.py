"""``hub worker``."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from hub.cli.terminal import out
from hub.errors import RetryLater
from hub.served import served
from hub.settings import Settings


def worker(
    context: typer.Context,
    pulls: Annotated[int | None, typer.Option(min=1, help="Pulls at once; HUB_WORKER_PULLS, else 4.")] = None,
) -> None:
    """Pull sources when it is time, listen to those that are live, and tell endpoints of changes, until it is stopped.

    On PostgreSQL any number of workers share the load, on one machine or on many. One that dies is replaced by the
    others within a minute. A hub in a folder needs none: `hub serve` does it.

    \b
    Examples:
      HUB_DATABASE_URL=postgresql://hub@localhost/hub hub worker
      hub worker --pulls 16
    """
    from hub.serving import run

    settings: Settings = context.obj
    if not settings.database_url and (running := served(settings.data)):
        raise RetryLater(f"The hub in {settings.data} is served at {running.url}, and worked for there.")
    run(_work(settings, pulls or settings.worker_pulls))


async def _work(settings: Settings, pulls: int) -> None:
    from hub import logs, traces
    from hub.analysis.nights import nights
    from hub.app import at_work, open_hub
    from hub.clock import micros, now

    logs.speak(settings.log_format, settings.log_level)
    traces.begin()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with open_hub(settings) as hub, nights(hub, lambda: micros(now())), at_work(hub, settings, pulls):
        place = "PostgreSQL" if settings.database_url else str(settings.data)
        line = f"{hub.pulls.holder} works for {hub.company.name} ({place}), {pulls} pulls at once. Ctrl+C ends it."
        out.print(line, markup=False)
        await stop.wait()

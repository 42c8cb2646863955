"""A worker pulls the sources of a hub when it is time, and listens to those that are live.

Any number of workers may share a hub: who pulls a source holds its lease. They agree on nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hub.errors import HubError
from hub.ingest.hub import Hub

PULLS = 4
"""Pulls that a worker has under way at most."""
_LOOK = 5.0
"""Seconds between looks at what other processes have changed."""
_LEAST = 0.01
"""Seconds between any two looks."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def working(hub: Hub, pulls: int = PULLS) -> AsyncIterator[None]:
    """Work for a hub while the block runs, with so many ``pulls`` at once. Those under way end with the hub."""
    task = asyncio.create_task(_work(hub, pulls))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _work(hub: Hub, most: int) -> None:
    fresh = True
    while True:
        wait: float | None = _LOOK
        try:
            if fresh:
                await hub.pulls.plan_again()
                fresh = False
            wait = await hub.pulls.claim(most)
        except HubError as error:
            _log.warning("no source can be pulled now: %s", error.message)
        except Exception:  # noqa: BLE001 (another look comes)
            _log.exception("looking for sources to pull failed")
        await hub.pulls.turn(max(_LEAST, min(_LOOK, _LOOK if wait is None else wait)))

"""A command's way to its hub: one served elsewhere, the one that serves the folder, or the folder itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import typer

from hub.client import Client
from hub.errors import ConfigWrong, InputWrong
from hub.served import served
from hub.settings import Settings

T = TypeVar("T")


def ask(context: typer.Context, work: Callable[[Client], Awaitable[T]], *, make: bool = False) -> T:
    """Do a command's work with a client of its hub. ``make``: a hub that is not there is made."""

    async def run() -> T:
        async with connected(context.obj, make=make) as client:
            return await work(client)

    return asyncio.run(run())


@asynccontextmanager
async def connected(settings: Settings, *, make: bool = False) -> AsyncIterator[Client]:
    """A client of the hub that the settings name. Raises ``InputWrong`` when there is none."""
    if settings.url:
        if not settings.token:
            raise ConfigWrong("HUB_URL is set and HUB_TOKEN is not.", hint="`hub token create` makes one, over there.")
        async with Client.at(settings.url, settings.token) as client:
            yield client
    elif not settings.database_url and (running := served(settings.data)):
        async with Client.at(running.url, running.secret, proxies=False) as client:
            yield client
    else:
        if not (make or settings.database_url or (settings.data / "hub.db").exists()):
            raise InputWrong(
                f"There is no hub in {settings.data}.",
                hint="Name its folder before the command: hub --data FOLDER ...; `hub serve` makes a new one.",
            )
        from hub.app import open_hub

        async with open_hub(settings) as hub:
            yield Client.of(hub)

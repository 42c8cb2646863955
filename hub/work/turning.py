"""Telling the owners of sources and endpoints that these turned unhealthy, or healthy again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from hub.errors import HubError, RetryLater
from hub.ingest.hub import Hub
from hub.ingest.turns import Turns, news
from hub.work.notify import ReceiverGone

Send = Callable[[str, str, bytes], Awaitable[None]]
"""Posts a body to an address under an id that stays the same at every try. Raises ``HubError`` unless it was taken."""
LOOK = 15.0
"""Seconds between looks at how sources do."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def turning(hub: Hub, send: Send, everywhere: str | None = None) -> AsyncIterator[None]:
    """Note and tell turns while the block runs. ``everywhere``: of sources whose owner names no address."""
    hub.turns.everywhere = everywhere
    task = asyncio.create_task(_watch(hub.turns, send))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(turns: Turns, send: Send) -> None:
    gone: set[str] = set()
    while True:
        try:
            await turns.note()
            await tell(turns, send, gone)
        except HubError as error:
            _log.warning("nobody can be told how sources do now: %s", error.message)
        except Exception:  # noqa: BLE001 (another look comes)
            _log.exception("looking how sources do failed")
        await asyncio.sleep(LOOK)


async def tell(turns: Turns, send: Send, gone: set[str] | None = None) -> None:
    """Tell all turns that are to be told now. ``gone``: addresses that want to hear no more; the caller keeps them."""
    gone = set() if gone is None else gone
    while (taken := await turns.take()) is not None:
        turn, url = taken
        whose = turn.source or turn.endpoint
        if url in gone:
            await turns.told(turn)
            continue
        try:
            await send(url, turn.id, news(turn))
        except ReceiverGone as error:
            _log.warning("nobody is told of %s any more: %s", whose, error.message)
            gone.add(url)
            await turns.told(turn)
        except HubError as error:
            # The address may itself be a secret.
            _log.warning("nobody could be told that %s is %s: %s", whose, turn.state, error.message)
            await turns.failed(turn, error.after if isinstance(error, RetryLater) else None)
        else:
            await turns.told(turn)

"""Sending messages to endpoints: those that are due, several of each endpoint at once, none held up by another's."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

from hub.errors import HubError
from hub.ingest.hub import Hub
from hub.ingest.outbox import Outcome, Posting
from hub.work.composing import composed
from hub.work.posting import Answered

T = TypeVar("T")
Send = Callable[[str, Sequence[str], str, bytes], Awaitable[Answered]]
"""Posts a body to an address, signed by keys, under an id that stays the same at every attempt."""
AT_ONCE = 8
"""Messages that one process has on the way to one endpoint at most."""
_LOOK = 1.0
"""Seconds between looks at what other processes have done."""
_LEAST = 0.02
"""Seconds between any two looks."""
_FORGET_EVERY = 3600.0
_SETTLE_TRIES = 5

_log = logging.getLogger(__name__)


@asynccontextmanager
async def sending(hub: Hub, send: Send) -> AsyncIterator[None]:
    """Write messages and send them while the block runs."""
    sender = Sender(hub, send)
    tasks = [asyncio.create_task(work) for work in (_writing(sender, hub), _sending(sender), _forgetting(hub))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await sender.close()


class Sender:
    """Writes and sends the messages of a hub. For one event loop."""

    def __init__(self, hub: Hub, send: Send) -> None:
        self._hub = hub
        self._send = send
        self._busy: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    async def write(self) -> bool:
        """Write a portion of messages for each endpoint from what the ledger tells. True when there is more to do."""
        more = False
        for endpoint in await self._hub.outbox.behind():
            with _patience("messages cannot be written now"):  # nor those of one keep others waiting
                lines, reached, left = await self._hub.outbox.lines(endpoint)
                told = await composed(self._hub, lines, contacts=endpoint.contacts)
                await self._hub.outbox.put(endpoint, told, reached)
                self._news.set()
                more |= left
        return more

    async def send(self) -> None:
        """Begin to send what is due, as far as there is room."""
        for posting in await self._hub.outbox.take(lambda endpoint: AT_ONCE - self._busy[endpoint]):
            self._busy[posting.message.endpoint] += 1
            task = asyncio.create_task(self._deliver(posting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def news(self) -> None:
        """Wait until there may be more to send."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), _LOOK)
        self._news.clear()

    async def idle(self) -> None:
        """Wait until nothing is on the way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Give up what is on the way; it is sent again when it is nobody's any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, posting: Posting) -> None:
        try:
            outcome = await self._attempt(posting)
            await self._settle(posting, outcome)
        except Exception:  # noqa: BLE001 (the message comes again)
            _log.exception("a message could not be sent")
        finally:
            self._busy[posting.message.endpoint] -= 1
            self._news.set()

    async def _attempt(self, posting: Posting) -> Outcome:
        begun = time.monotonic()
        try:
            message = posting.message
            answered = await self._send(posting.url, posting.keys, message.id, message.body.encode())
        except HubError as error:
            return Outcome(fault=error.message, took=_since(begun))
        return Outcome(answered.status, None, answered.text, answered.after, _since(begun))

    async def _settle(self, posting: Posting, outcome: Outcome) -> None:
        for left in reversed(range(_SETTLE_TRIES)):
            try:
                await self._hub.outbox.settle(posting.message, outcome)
            except HubError:
                if not left:
                    raise
                await asyncio.sleep(_LOOK)
            else:
                return


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


async def _writing(sender: Sender, hub: Hub) -> None:
    while True:
        # From before the look on: what is processed meanwhile is seen at once, too.
        news = asyncio.create_task(hub.news(_LOOK))
        try:
            more = await _tried(sender.write, "messages cannot be written now")
            await asyncio.sleep(_LEAST)
            if not more:
                await news
        finally:
            news.cancel()


async def _sending(sender: Sender) -> None:
    while True:
        await _tried(sender.send, "messages cannot be sent now")
        await asyncio.sleep(_LEAST)
        await sender.news()


async def _forgetting(hub: Hub) -> None:
    while True:
        forgotten = await _tried(hub.outbox.forget, "old messages cannot be forgotten now")
        await asyncio.sleep(_LOOK if forgotten else _FORGET_EVERY)


async def _tried(work: Callable[[], Awaitable[T]], trouble: str) -> T | None:
    with _patience(trouble):
        return await work()
    await asyncio.sleep(_LOOK)
    return None


@contextmanager
def _patience(trouble: str) -> Iterator[None]:
    """What goes wrong is written into the log; another look comes."""
    try:
        yield
    except HubError as error:
        _log.warning("%s: %s", trouble, error.message)
    except Exception:  # noqa: BLE001 (likewise)
        _log.exception("%s", trouble)

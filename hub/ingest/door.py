"""Deliveries to push streams: their connector verifies and splits them, and they are answered once they are on disk."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import lru_cache

from hub.connector import Delivery, PushStream, Reception, Reply, Row, Stream
from hub.errors import ConfigWrong, HubError, InputWrong, NotAllowed, NotFound, RetryLater
from hub.ingest.held import held_row, without_mark
from hub.ingest.intake import Intake
from hub.ingest.sources import Source, Sources
from hub.secret_settings import secrets_of

_log = logging.getLogger(__name__)

_LARGE = 65_536
"""Bytes from which on a delivery is split in a thread; a smaller one is done before a thread would begin."""
_MOST_HELD = 1000
"""Deliveries of one source that are kept although its connector failed on them, until the hub is opened again: they
may be anybody's."""
_LOOK = 1.0
"""Seconds."""
_MOST_LATER = 20
_PATIENCE = 30.0
"""Seconds for what remains to be done after an answer."""
_NOWHERE = "Nothing takes deliveries here."


class Door:
    """Takes deliveries. For the event loop of the hub."""

    def __init__(
        self,
        intake: Intake,
        sources: Sources,
        find: Callable[[str], Awaitable[Source]],
        hasten: Callable[[Source, float], Awaitable[None]],
        secret: bytes,
    ) -> None:
        self._intake = intake
        self._hasten = hasten
        self._sources = sources
        self._find = find
        # One costs as much as storing a small delivery does here.
        self._secret_of = lru_cache(maxsize=1024)(lambda owner: hmac.digest(secret, owner.encode(), "sha256"))
        self._missed = -_LOOK
        self._held: dict[int, int] = {}
        self._later: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Give up what remained to be done after answers."""
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    async def knows(self, source: str, stream: str) -> None:
        """Whether deliveries are taken there. Raises ``NotFound``, the same for whatever is not there."""
        await self._place(source, stream)

    async def take(self, source: str, stream: str, delivery: Delivery) -> Reply:
        """Hand a request to its push stream; the answer comes after its rows are on disk.

        Raises ``NotFound``, ``SignatureWrong`` and others of ``InputWrong`` and ``NotAllowed`` as the connector does,
        ``RetryLater`` when nothing can be stored. Whatever else a connector does, the delivery is kept.
        """
        owner, held = await self._place(source, stream)
        signed = replace(delivery, secret=self._secret_of(owner.id))
        try:
            if len(delivery.body) > _LARGE:
                reception = await asyncio.to_thread(held.receive, signed)
            else:
                reception = held.receive(signed)
            return await self._taken(owner, held, reception)
        except (InputWrong, NotAllowed, RetryLater) as fault:
            fault.message = owner.discreet(fault.message)
            raise
        except Exception as fault:  # noqa: BLE001 (a connector may fail in any way; its sender is not to blame)
            _log.exception("connector %s could not take a delivery to %s", owner.connector_name, owner.id)
            return await self._hold(owner, held, signed, fault)

    async def _place(self, source: str, stream: str) -> tuple[Source, PushStream]:
        try:
            owner = await self._owner(source)
            held = owner.stream(stream)
        except NotFound:
            raise NotFound(_NOWHERE) from None
        except ConfigWrong:
            # Its connector is not installed, or refuses the settings: the sender should keep the delivery.
            raise RetryLater("This source cannot take deliveries right now.", after=300) from None
        if not isinstance(held, PushStream):
            raise NotFound(_NOWHERE)
        return owner, held

    async def _owner(self, source: str) -> Source:
        """The source; whoever guesses ids has the hub look for new sources once a second only."""
        at = asyncio.get_running_loop().time()
        if at - self._missed < _LOOK:
            self._sources.by_id(source)
        try:
            return await self._find(source)
        except NotFound:
            self._missed = at
            raise

    async def _taken(self, owner: Source, stream: Stream, reception: Reception) -> Reply:
        reply = checked(reception.reply)
        if reception.rows:
            await self._intake.store(owner, stream, without_mark(reception.rows))
        if reception.pull_within is not None:
            await self._hasten(owner, reception.pull_within)
        if reception.then is not None and len(self._later) < _MOST_LATER:
            task = asyncio.create_task(self._do(reception.then, owner))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        return reply

    async def _do(self, then: Callable[[], Awaitable[None]], owner: Source) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await then()
        except HubError as fault:
            _log.warning("after a delivery to %s: %s", owner.id, fault.message)
        except Exception:  # noqa: BLE001 (nobody waits for it)
            _log.exception("connector %s failed after a delivery to %s", owner.connector_name, owner.id)

    async def _hold(self, owner: Source, stream: Stream, delivery: Delivery, fault: Exception) -> Reply:
        if self._held.get(owner.num, 0) >= _MOST_HELD:
            raise RetryLater("This source cannot take deliveries right now.", after=300) from None
        known = secrets_of(owner.connector.settings if owner.connector else None)
        row: Row = held_row(delivery, [each.get_secret_value() for each in known])
        try:
            await self._intake.store(owner, stream, [row])
        except HubError:
            raise
        except Exception:  # noqa: BLE001 (its sender keeps it, then)
            _log.exception("a delivery to %s could not be stored", owner.id)
            raise RetryLater("The delivery could not be stored.", after=60) from fault
        self._held[owner.num] = self._held.get(owner.num, 0) + 1
        return Reply(202, b"Kept; it could not be read yet.\n", {"content-type": "text/plain; charset=utf-8"})


def checked(reply: Reply) -> Reply:
    """The reply itself. Raises ``ValueError`` or ``TypeError`` for what HTTP cannot say."""
    if not 200 <= reply.status <= 599:
        raise ValueError(f"{reply.status} is no status of an answer")
    bytes(reply.body)
    for name, value in reply.headers.items():
        text = f"{name}: {value}".encode("latin-1")
        if b"\n" in text or b"\r" in text or b"\x00" in text:
            raise ValueError(f"the header {name!r} has more than one line")
    return reply

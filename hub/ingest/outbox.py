"""What goes out: messages to endpoints, each written once for a line of the ledger, and sent until it is taken.

A line of the ledger is committed with the change it tells of. So the ledger is what messages are made from, and an
endpoint's place in it moves on in the transaction that stores its messages: whoever is killed when, none is missing and
none is there twice (ADR 0019).
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from hub.errors import ConfigWrong
from hub.ids import random_id
from hub.ingest.endpoints import DISABLED, message_body, opened
from hub.ingest.threads import Threads
from hub.sealing import Seal
from hub.store import endpoints as stored
from hub.store import ledger
from hub.store.endpoints import StoredEndpoint
from hub.store.ledger import StoredChange
from hub.store.pages import Place
from hub.store.reader import Reader
from hub.store.session import Session
from hub.store.writing import endpoints, messages, records, turns
from hub.store.writing.messages import Taken

_log = logging.getLogger(__name__)
_SECOND = 1_000_000
_DAY = 86_400

TYPES: Mapping[str, str] = {
    "TOUCHPOINT_ADDED": "touchpoint.created",
    "TOUCHPOINT_CHANGED": "touchpoint.changed",
    "TOUCHPOINT_RETRACTED": "touchpoint.retracted",
    "CUSTOMERS_MERGED": "customer.merged",
    "CUSTOMER_SPLIT": "customer.split",
    "STAGE_CHANGED": "customer.stage_changed",
    "STANDING_CHANGED": "customer.standing_changed",
    "CUSTOMER_DESCRIBED": "customer.described",
    "CUSTOMER_ERASED": "customer.erased",
    "MATTER_CHANGED": "matter.changed",
}
"""What a message is called, by the kind of the change it tells of."""
WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between the ten attempts, as Standard Webhooks 1.0 has them: 75 h 35 min in all."""
_SPREAD = 0.1
"""The share by which a wait is shorter or longer at random, so that what failed together is not tried together."""
_HELD = 60
"""Seconds for which whoever takes a message has it: longer than any attempt takes."""
_PATIENCE = 5 * _DAY
"""Seconds of attempts that all fail, after which an endpoint is disabled."""
_KEPT = 30 * _DAY
"""Seconds for which messages are kept that were delivered, or failed."""
_FORGOTTEN = 1000
"""Messages that are forgotten in one transaction, so that nobody waits long behind it."""
TOGETHER = 100
"""Lines of the ledger that become messages in one transaction."""
MOST_WAITING = 10_000
"""Messages of one endpoint that may wait; what is beyond them waits in the ledger."""
_FULL = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses whose Retry-After is about everything that the endpoint is told."""

Data = Mapping[str, Any]
"""What a message says of a change: the objects it is about, as the graph shows them."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A message to send now: where to, and by which secrets it is signed."""

    message: Taken
    url: str
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a ``status`` of HTTP, or the ``fault`` for which there is none.

    ``answer``: how the answer began; ``after``: how many seconds it asks to wait; ``took`` in milliseconds.
    """

    status: int | None = None
    fault: str | None = None
    answer: str | None = None
    after: float | None = None
    took: int = 0

    @property
    def delivered(self) -> bool:
        """Whether the message was taken: only 2xx says so."""
        return self.status is not None and 200 <= self.status < 300


class Outbox:
    """The messages of a hub. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, reader: Reader, seal: Seal, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._reader = reader
        self._seal = seal
        self._clock = clock
        self._chance = random.SystemRandom()

    # From the ledger ------------------------------------------------------------------------------------------------

    async def behind(self) -> list[StoredEndpoint]:
        """Endpoints that may have to be told of something more than they have messages for."""
        async with self._reader.snapshot() as snapshot:
            found = await stored.enabled(snapshot)
            if not found:
                return []
            end = await ledger.last(snapshot)
            return [
                each
                for each in found
                if each.place < end and await stored.waiting(snapshot, each.num, MOST_WAITING) < MOST_WAITING
            ]

    async def lines(self, endpoint: StoredEndpoint) -> tuple[list[StoredChange], Place, bool]:
        """The next changes that an endpoint may want to hear of, the place up to which these are all, and whether
        there may be more."""
        async with self._reader.snapshot() as snapshot:
            end = await ledger.last(snapshot)
            wants = orjson.loads(endpoint.wants)
            found = await stored.lines(snapshot, endpoint.place, wants, endpoint.historical, TOGETHER)
        stages = orjson.loads(endpoint.stages)
        told = [line for line in found if not (stages and line.kind == "STAGE_CHANGED" and line.after not in stages)]
        more = len(found) == TOGETHER
        return told, (found[-1].number, found[-1].ordinal) if more else end, more

    async def put(self, endpoint: StoredEndpoint, told: Sequence[tuple[StoredChange, Data]], reached: Place) -> bool:
        """Store messages together with the place up to which they are all; False when another process was faster."""
        rows = [
            (random_id("msg"), endpoint.num, line.number, line.ordinal, TYPES[line.kind], line.at,
             message_body(TYPES[line.kind], line.at, data), "WAITING", 0)
            for line, data in told
            if _asked(endpoint, data)
        ]  # fmt: skip
        before, after = _numbers(endpoint.place), _numbers(reached)

        def job(session: Session) -> bool:
            records.take_numbers(session)
            if not messages.advance(session, endpoint.num, before, after):
                return False
            now = self._clock()
            messages.insert(session, [(*row, now) for row in rows])
            return True

        return await self._threads.store(job)

    # To the endpoints -----------------------------------------------------------------------------------------------

    async def take(self, room: Callable[[int], int]) -> list[Posting]:
        """Messages to send now, which nobody else sends meanwhile; ``room``: how many of an endpoint."""
        now = self._clock()
        async with self._reader.snapshot() as snapshot:
            due = {num for num in await stored.due(snapshot, now) if room(num) > 0}
        if not due:
            return []

        def job(session: Session) -> list[Posting]:
            records.take_numbers(session)
            now, found = self._clock(), []
            told = [each for each in endpoints.open_at(session, now) if each[0] in due]
            secrets = endpoints.secrets_of(session, [num for num, *_ in told], now)
            for num, id_, url in told:
                taken = messages.take(session, num, now, now + _HELD * _SECOND, room(num))
                keys = self._keys(secrets.get(num, ()), id_) if taken else []
                found += [Posting(message, url, keys) for message in taken]
            return found

        return await self._threads.store(job)

    def _keys(self, secrets: Sequence[endpoints.Secret], id_: str) -> list[str]:
        try:
            return opened(self._seal, secrets, id_)
        except ConfigWrong as error:  # the attempts say so too
            _log.warning("endpoint %s: %s", id_, error.message)
            return []

    async def settle(self, message: Taken, outcome: Outcome) -> None:
        """Write down what came of an attempt, and when the next one is due."""

        def job(session: Session) -> None:
            records.take_numbers(session)
            now = self._clock()
            wait = self._wait(message.tries + 1, outcome)
            state = "DELIVERED" if outcome.delivered else "WAITING" if wait is not None else "FAILED"
            next_at = now + round((wait or 0.0) * _SECOND)
            if not messages.settle(session, message, state, next_at, None if state == "WAITING" else now):
                return
            row = (message.num, now, outcome.took, outcome.status, outcome.fault, outcome.answer)
            messages.add_attempt(session, row)
            self._judge(session, message.endpoint, outcome, now)

        await self._threads.store(job)

    def _wait(self, tries: int, outcome: Outcome) -> float | None:
        """Seconds until the next attempt after so many; None when there is none."""
        if outcome.delivered or tries > len(WAITS):
            return None
        asked = (outcome.after or 0.0) * (1 + self._chance.uniform(0, _SPREAD))
        return max(asked, WAITS[tries - 1] * (1 + self._chance.uniform(-_SPREAD, _SPREAD)))

    def _judge(self, session: Session, endpoint: int, outcome: Outcome, now: int) -> None:
        """How deliveries to the endpoint go."""
        if outcome.delivered:
            endpoints.well(session, endpoint)
            return
        not_before = now + round(outcome.after * _SECOND) if outcome.after and outcome.status in _FULL else 0
        since = endpoints.ill(session, endpoint, now, not_before)
        gone = outcome.status == HTTPStatus.GONE
        if gone or now - since >= _PATIENCE * _SECOND:
            self._give_up(session, endpoint, now, "GONE" if gone else "FAILING")

    def _give_up(self, session: Session, endpoint: int, now: int, reason: str) -> None:
        """Tell an endpoint nothing more, and have its owner told so."""
        if not endpoints.disable(session, endpoint, now, reason):
            return
        id_ = str(endpoints.values(session, endpoint, ["id"])["id"])
        state, said = DISABLED[reason]
        turns.insert_endpoint(session, id_, state.value, said, now)
        _log.warning("endpoint %s is told nothing more: %s", id_, said)

    async def forget(self) -> int:
        """Forget some of what ended long ago, and secrets that sign no more; how many messages."""

        def job(session: Session) -> int:
            now = self._clock()
            endpoints.forget_secrets(session, now)
            return messages.forget(session, now - _KEPT * _SECOND, _FORGOTTEN)

        return await self._threads.store(job)


def _asked(endpoint: StoredEndpoint, data: Data) -> bool:
    """Whether an endpoint that is told of some touchpoints only is to hear of this."""
    sources, kinds = orjson.loads(endpoint.sources), orjson.loads(endpoint.kinds)
    touchpoint = data.get("touchpoint")
    if not data["kind"].startswith("TOUCHPOINT_") or not (sources or kinds):
        return True
    if touchpoint is None:
        return False
    return (not sources or touchpoint["source"]["id"] in sources) and (not kinds or touchpoint["kind"] in kinds)


def _numbers(place: Place) -> tuple[int, int]:
    number, ordinal = place
    return int(number), int(ordinal)

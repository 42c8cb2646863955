"""Turns: sources that become unhealthy, or healthy again, and endpoints that are told nothing more, each noted once and
told once, whoever is killed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import orjson

from hub.clock import moment
from hub.ingest.endpoints import DISABLED
from hub.ingest.health import Health, judged
from hub.ingest.schedule import back_off
from hub.ingest.sources import Sources
from hub.ingest.threads import Threads
from hub.store import health_facts
from hub.store.health_facts import Facts
from hub.store.reader import Reader, Snapshot
from hub.store.session import Session
from hub.store.writing import records, turns
from hub.store.writing.turns import Turn

_SECOND = 1_000_000
_TRYING = 60 * _SECOND
"""How long whoever tells a turn has it for themselves."""
_OLD = 3 * 86_400 * _SECOND
"""What nobody took in three days is no news any more."""
_FIXED: Mapping[str, str] = {
    "LATE": "It should have been pulled long ago.",
    "FAILING": "Its pulls fail.",
    "INCOMPLETE": "It gave less than it says there is, or too many of its rows are gone at once.",
    "SIGN_IN_AGAIN": "It needs new credentials.",
    "BROKEN": "Its connector cannot be used.",
    "PAUSED": "It was paused.",
    "WITHDRAWN": "It was taken out.",
    **dict(DISABLED.values()),
}


class Turns:
    """Turns of sources and endpoints. ``everywhere``: where they are told, unless a source's owner names an address."""

    def __init__(self, threads: Threads, reader: Reader, sources: Sources, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._reader = reader
        self._sources = sources
        self._clock = clock
        self._chance = random.SystemRandom()
        self.everywhere: str | None = None

    async def note(self) -> int:
        """Judge all sources and note those that have turned; the answer is how many."""
        await self._threads.store(self._sources.refresh)
        async with self._reader.snapshot() as snapshot:
            found, facts = await self.judged(snapshot)
        heard = {num for num, each in facts.items() if each.notify_url or self.everywhere}
        return await self._threads.store(lambda session: self._note(session, found, heard))

    async def judged(self, snapshot: Snapshot) -> tuple[dict[int, Health], dict[int, Facts]]:
        """The health of all sources that this process knows, by row number, and what it was judged by."""
        known = {source.num: source for source in self._sources.all()}
        facts = await health_facts.of_sources(snapshot, list(known))
        return judged(known, facts, self._clock()), facts

    def _note(self, session: Session, found: dict[int, Health], heard: set[int]) -> int:
        """In the writer's thread: of several processes that note at once one does."""
        turned = self._turned(session, found)
        if turned:
            records.take_numbers(session)
            turned = self._turned(session, found)
        at = self._clock()
        for num, health in turned.items():
            state = health.state
            turns.insert(session, num, state.healthy, state, health.reason, at, None if num in heard else at)
        return len(turned)

    def _turned(self, session: Session, found: dict[int, Health]) -> dict[int, Health]:
        before = turns.healthy(session, list(found))
        return {num: health for num, health in found.items() if health.state.healthy != before.get(num, True)}

    async def take(self) -> tuple[Turn, str] | None:
        """A turn that is to be told now, and where; nobody else tells it meanwhile."""

        def job(session: Session) -> Turn | None:
            now = self._clock()
            if not turns.due(session, now, now - _OLD):
                return None
            records.take_numbers(session)
            return turns.take(session, now, now + _TRYING, now - _OLD)

        turn = await self._threads.store(job)
        if turn is None:
            return None
        url = turn.url or self.everywhere
        if url is None:  # its address was taken away meanwhile
            await self.told(turn)
            return await self.take()
        return turn, url

    async def told(self, turn: Turn) -> None:
        """The news was taken."""
        at = self._clock()
        await self._threads.store(lambda session: turns.told(session, turn.num, at))

    async def failed(self, turn: Turn, after: float | None = None) -> None:
        """Nobody took the news, or asked to wait ``after`` seconds: it is told again, later and later."""
        at = self._clock() + round(back_off(turn.tries + 1, after, self._chance) * _SECOND)
        await self._threads.store(lambda session: turns.later(session, turn.num, at))


def news(turn: Turn) -> bytes:
    """What is told of a turn: the same bytes at each try. Nobody's name, address or text is in it."""
    kind = "source.healthy" if turn.healthy else "source.unhealthy"
    whose = {"source": turn.source, "connector": turn.connector}
    if turn.endpoint is not None:
        kind, whose = "endpoint.disabled", {"endpoint": turn.endpoint}
    said = _FIXED.get(turn.state, "It does well.")
    return orjson.dumps(
        {
            "type": kind,
            "timestamp": moment(turn.at).isoformat().replace("+00:00", "Z"),
            "data": {"id": turn.id, **whose, "state": turn.state, "message": said},
        }
    )

"""A trial: a real hub in a folder of its own, with sources of the connector under test on a virtual clock."""

from __future__ import annotations

import asyncio
import atexit
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

from hub.connector import Connector, Cursor, Delivery, Page, PullStream, Reply, Row, Stream
from hub.desk import Desk
from hub.errors import StorageFull
from hub.ingest.accept import Arrival, accept
from hub.ingest.hub import Hub
from hub.ingest.pull import PullEnd, pull
from hub.ingest.sources import Source
from hub.outside import Outside
from hub.registry import Registry
from hub.settings import Company
from hub.store import held
from hub.store.engine import Store
from hub.store.held import HeldRow, HeldTouchpoint
from hub.store.session import Session
from hub.store.writing import records
from hub.testing.clock import VirtualClock
from hub.testing.provider import Line

T = TypeVar("T")
Pages = Callable[[AsyncIterator[Page]], AsyncIterator[Page]]
"""What is done to the pages of a stream on their way into the hub."""

COMPANY = Company(name="Kit", currency="EUR", country="BD", time_zone="Asia/Dhaka")
PATIENCE = 60.0
"""Real seconds that a pull may take."""
_TALKATIVE = ("httpx", "hub")
"""Who logs what a secret may stand in."""
_REDONE = 30
"""How often a pull that asks to come later is tried again."""


class CheckFailed(AssertionError):
    """What a check found, as a sentence for the connector's author."""


def require(condition: object, sentence: str) -> None:
    """Raise ``CheckFailed`` unless the condition holds."""
    __tracebackhide__ = True  # pytest shows the author's test and the sentence
    if not condition:
        raise CheckFailed(sentence)


@dataclass(frozen=True, slots=True)
class Held:
    """What the hub holds of one source."""

    rows: Sequence[HeldRow]
    touchpoints: Sequence[HeldTouchpoint]

    def known(self) -> list[tuple[str, str, bytes, bool]]:
        """(stream, key, payload, deleted) of every version."""
        return sorted((row.stream, row.key, row.payload, row.deleted) for row in self.rows)


@dataclass
class Account:
    """One source of the connector. ``seen``: the pages that its streams gave in its latest pull."""

    trial: Trial
    id: str
    seen: list[tuple[str, Page]] = field(default_factory=list)
    fault: Exception | None = None
    """What the connector raised in its latest pull that the hub has no word for."""
    connector: Connector | None = None

    async def pull(
        self, *, cut: Cut | None = None, anew: bool = False, store: Callable[[], None] | None = None, kept: bool = False
    ) -> PullEnd:
        """Pull once, by a fresh connector unless the one before is ``kept``.

        ``cut`` ends it in the middle; ``anew`` begins without a cursor; ``store`` is called before anything is stored,
        and may raise.
        """
        trial = self.trial
        if self.connector is None or not kept:
            self.connector = trial.connector()
        self.seen, self.fault = [], None
        owner = replace(await trial.hub.source(self.id), connector=_Watched(self.connector, self, cut, anew).connector)
        return await self._run(owner, cut, store)

    async def _run(self, owner: Source, cut: Cut | None, store: Callable[[], None] | None) -> PullEnd:
        trial = self.trial
        micros = trial.clock.micros
        run, _ = await trial.hub.threads.write(lambda session: records.start_pull(session, owner.num, micros()))

        async def write(job: Callable[[Session], T], /) -> T:
            def stored(session: Session) -> T:
                done = job(session)
                if store is not None:
                    store()
                return done

            return await trial.hub.threads.store(stored)

        pulling = asyncio.ensure_future(pull(owner, run, write, micros))
        end = await self._ended(pulling, cut)
        await trial.hub.threads.write(lambda session: records.finish_run(session, run, end.state, end.fault, micros()))
        return end

    async def _ended(self, pulling: asyncio.Future[PullEnd], cut: Cut | None) -> PullEnd:
        waiting: set[asyncio.Future[Any]] = {pulling}
        if cut is not None:
            waiting.add(asyncio.ensure_future(cut.reached.wait()))
        done, _ = await asyncio.wait(waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting - {pulling}:
            each.cancel()
        if pulling in done:
            return pulling.result()
        pulling.cancel()
        await asyncio.wait([pulling], timeout=PATIENCE)
        require(done, f"A pull took more than {PATIENCE:g} s of real time: does it wait by anything but outside.sleep?")
        return PullEnd("INTERRUPTED", "killed")

    async def pull_patiently(self) -> PullEnd:
        """Pull as the hub's worker does: again when the source asks to come later, or failed for now."""
        end = await self.pull()
        for _ in range(_REDONE):
            if end.state == "OK" or end.sign_in:
                break
            self.trial.clock.move(60.0 if end.after is None else end.after)
            end = await self.pull()
        return end

    async def accept(self, stream: Stream, rows: Sequence[Row], cursor: Cursor | None = None) -> None:
        """Store rows as if they had come by a stream."""
        trial = self.trial
        owner = await trial.hub.source(self.id)
        at = trial.clock.micros()

        def job(session: Session) -> None:
            run, _ = records.start_run(session, owner.num, "PUSH", at)
            accept(session, Arrival(owner.num, stream, run, at), rows, cursor)

        await trial.hub.threads.write(job)

    async def deliver(self, stream: str, delivery: Delivery) -> Reply:
        """Hand a request to one of its push streams."""
        return await self.trial.hub.deliver(self.id, stream, delivery)

    async def held(self) -> Held:
        """What the hub holds of it, once everything is processed."""
        hub = self.trial.hub
        last = await hub.threads.write(records.last_number)
        require(await hub.wait(last, PATIENCE), "The hub did not come to the end of processing the rows.")
        async with hub.reader.snapshot() as snapshot:
            return Held(await held.rows(snapshot, self.id), await held.touchpoints(snapshot, self.id))


@dataclass
class Cut:
    """Kills a pull after ``pages`` pages were stored; ``within``: with the first half of the next one stored too."""

    pages: int
    within: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    _stored: int = 0

    async def through(self, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
        """The pages until there."""
        async for page in pages:
            if self._stored < self.pages:
                self._stored += 1
                yield page
                continue
            if self.within:
                yield Page(list(page.rows)[: (len(page.rows) + 1) // 2])
            await self._die()
        if self._stored >= self.pages and not self.within:
            await self._die()

    async def _die(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


class _Watched:
    """A connector whose streams tell an account what they give, and can be cut."""

    def __init__(self, connector: Connector, account: Account, cut: Cut | None, anew: bool) -> None:
        self.connector = connector
        self._account, self._cut, self._anew = account, cut, anew
        streams = type(connector).streams
        connector.streams = lambda: [self._watch(stream) for stream in streams(connector)]  # type: ignore[method-assign]

    def _watch(self, stream: Stream) -> Stream:
        if isinstance(stream, PullStream):
            pages = type(stream).pages
            stream.pages = lambda cursor: self._pages(stream, pages, cursor)  # type: ignore[method-assign]
        return stream

    async def _pages(self, stream: PullStream, pages: Any, cursor: Cursor | None) -> AsyncIterator[Page]:
        given = self._told(pages(stream, None if self._anew else cursor))
        async for page in given if self._cut is None else self._cut.through(given):
            self._account.seen.append((stream.name, page))
            yield page

    async def _told(self, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
        try:
            async for page in pages:
                yield page
        except Exception as error:
            self._account.fault = error
            raise


class Trial:
    """A hub with nothing in it but the connector under test."""

    def __init__(
        self, hub: Hub, kind: type[Connector], settings: Mapping[str, Any], clock: VirtualClock, line: Line | None
    ) -> None:
        self.hub, self.kind, self.settings, self.clock, self.line = hub, kind, settings, clock, line
        self.logged = _Logged()
        self._accounts = 0

    @classmethod
    @asynccontextmanager
    async def of(
        cls, kind: type[Connector], settings: Mapping[str, Any], clock: VirtualClock, line: Line | None
    ) -> AsyncIterator[Trial]:
        """A trial, whose folder is gone when it ends."""
        with tempfile.TemporaryDirectory(prefix="hub-kit-", ignore_cleanup_errors=True) as folder:
            registry = _Lending({Desk.name: Desk, kind.name: kind}, {}, kind, clock, line)
            address = shutil.copytree(_unopened(), Path(folder) / "hub")
            async with await Hub.open(str(address), registry, COMPANY, clock.micros) as hub:
                trial = cls(hub, kind, settings, clock, line)
                with trial.logged:
                    yield trial

    def connector(self) -> Connector:
        """A fresh connector, as another process would make one."""
        return self.hub.registry.open(self.kind.name, self.settings)

    async def account(self) -> Account:
        """Another source with the same settings, of which nothing is known yet."""
        self._accounts += 1
        made = await self.hub.create_source(f"Kit {self._accounts}", self.kind.name, self.settings)
        return Account(self, made.ids[0])


@cache
def _unopened() -> Path:
    """The folder of a hub that nobody has opened: making its tables would take longer than most checks do."""
    folder = Path(tempfile.mkdtemp(prefix="hub-kit-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Store.at(str(folder / "hub")).close()
    return folder / "hub"


@dataclass(frozen=True, slots=True)
class _Lending(Registry):
    """Opens every connector in the world of the trial: the clock is virtual, and there is nobody but the provider."""

    tried: type[Connector]
    clock: VirtualClock
    line: Line | None
    kept: dict[str, str] = field(default_factory=dict)
    """What the connector had stored, for the one after it."""

    def open(self, name: str, settings: Mapping[str, Any], outside: Outside | None = None) -> Connector:
        """A connector with what the trial lends it."""

        async def keep(name: str, value: str) -> None:
            self.kept[name] = value

        lent = Outside(
            now=self.clock.now, sleep=self.clock.sleep, transport=self.line, credentials=self.kept, keep=keep,
            budget=self.tried.budget,
        )  # fmt: skip
        return Registry.open(self, name, settings, lent)


class _Logged(logging.Handler):
    """Everything that is logged while a trial goes on, and nothing of it elsewhere."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def __enter__(self) -> Self:
        self._levels = {name: logging.getLogger(name).level for name in _TALKATIVE}
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)


def disk_full(after: int) -> Callable[[], None]:
    """A disk that takes ``after`` transactions and is full at the next one, once."""
    left = [after]

    def store() -> None:
        left[0] -= 1
        if left[0] == -1:
            raise StorageFull("The disk is full.")

    return store

"""A hub that is open: everything that can be asked of the write path, for the API and the command line alike."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from hub.analysis.past import Past
from hub.analysis.reckonings import Reckonings
from hub.analysis.scoring import Scoring
from hub.analysis.snapshots import Snapshots
from hub.clock import micros, moment, now
from hub.connector import Delivery, Reply, Row
from hub.errors import InputWrong, NotFound
from hub.ids import random_id, touchpoint_id
from hub.ingest import dry, dry_pull, entries, founding, matter_changes
from hub.ingest.configuration import Configuration
from hub.ingest.corrections import Corrections
from hub.ingest.credentials import lend, seal_again
from hub.ingest.documents import Documents
from hub.ingest.door import Door
from hub.ingest.dry_pull import DryPull
from hub.ingest.endpoints import Endpoints
from hub.ingest.endpoints import seal_again as seal_endpoints_again
from hub.ingest.feed import Feed
from hub.ingest.intake import Intake
from hub.ingest.leases import SECONDS, Instant
from hub.ingest.lifecycle_rule_sets import LifecycleRuleSets
from hub.ingest.matter_preview import ForeseenMatter, foreseen
from hub.ingest.outbox import Outbox
from hub.ingest.outcomes import (
    Description,
    Entry,
    GivenRow,
    Ingested,
    IngestedRow,
    MatterChange,
    RowOutcome,
    Written,
)
from hub.ingest.process import Processor
from hub.ingest.progress import Progress
from hub.ingest.pull import PATIENCE
from hub.ingest.pulls import Pulls
from hub.ingest.rebuild import Rebuilds
from hub.ingest.replay import Replays
from hub.ingest.rule_sets import RuleSets
from hub.ingest.segments import Segments
from hub.ingest.sources import Source, Sources
from hub.ingest.suggestions import Suggestions
from hub.ingest.threads import Threads
from hub.ingest.turns import Turns
from hub.ingest.uploads import Uploads
from hub.journey.rules import rules_of
from hub.limits import Limits
from hub.registry import Registry
from hub.sealing import Seal
from hub.settings import Company
from hub.store.engine import Store
from hub.store.reference import user_known
from hub.store.session import Session
from hub.store.writing import leases, tokens
from hub.values import Direction, Identifier

T = TypeVar("T")

_LOOK = 1.0
"""Seconds after which a process looks whether another one has changed sources."""
_LOOK_SHARED, _LOOK_ALONE = 0.05, 0.5
"""Seconds between looks at the ledger's end: where others process, and where nearly all of it is announced here."""
_REQUEST_PATIENCE = 1.0
"""Whoever waits longer, in seconds, is no request."""


class Hub:
    """An open hub. Use ``async with Hub.open(...)``; all methods are for the event loop it was opened on."""

    uploads = Uploads(Path("uploads"))
    """Whoever opens the hub says where uploaded files lie."""
    limits = Limits()
    """Whoever opens the hub says what one client may ask of it."""
    compiled_reads = True
    """Whether what one statement can answer is answered by one statement (``hub.api.compiled``)."""
    compared_reads = 0
    """One in so many of those answers is made the ordinary way too, and compared; 0: none."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        company: Company,
        given_clock: Callable[[], int] | None,
        seal: Seal,
        lease: float,
        patience: float,
    ) -> None:
        self._store = store
        clock = self._clock = given_clock or (lambda: micros(now()))
        self.registry = registry
        self._sources = Sources(registry, seal)
        truth = store.truth()
        with truth.transaction():
            self.company, self.secret = founding.found(truth, company, seal, clock())
            if not store.shared:
                leases.free(truth, clock())  # whoever held any has died
            sealed = seal_again(truth, self._sources, clock())
            seal_endpoints_again(truth, seal)
        if sealed:
            store.scrub(truth)
        self._sources.refresh(truth)
        self.reader = store.reader()
        self._progress = Progress(self.reader)
        self.feed = Feed(self.reader, self._progress, _LOOK_SHARED if store.shared else _LOOK_ALONE)
        self._lifecycle = rules_of(self.company)
        self.threads = Threads(store, truth, self._processor, self._progress)
        self._intake = Intake(self.threads, clock)
        instant: Instant = Session.instant if given_clock is None else lambda _: clock()
        self.pulls = Pulls(self.threads, self._sources, clock, instant, lease=lease, patience=patience)
        self.door = Door(self._intake, self._sources, self.source, self.pulls.hasten, self.secret)
        self.configuration = Configuration(self.threads, self._sources, clock, self.pulls.wake)
        self.endpoints = Endpoints(self.threads, self.reader, seal, clock)
        self.outbox = Outbox(self.threads, self.reader, seal, clock)
        self.turns = Turns(self.threads, self.reader, self._sources, clock)
        self.corrections = Corrections(self.threads, clock)
        self.rules = RuleSets(self.threads, clock)
        self.lifecycle_rules = LifecycleRuleSets(self.threads, self.company, clock)
        self.segments = Segments(self.threads, clock)
        self.documents = Documents(self.threads, self.reader, clock)
        desk = self._sources.desk().num
        self.rebuilds = Rebuilds(store, self.reader, self.threads, self._processor, clock)
        self.replays = Replays(self.threads, self.company, clock)
        self.suggestions = Suggestions(store, self.reader, self.threads, self.corrections, desk, clock)
        self.past = Past(store, self.threads, self._processor, self.company)
        self.snapshots = Snapshots(store, self.reader, self.threads, self._processor, self.company, self.past, clock)
        self.reckonings = Reckonings(store.reader)
        self.scoring = Scoring(self.reader, self.threads, self.company, desk, clock)
        self._loop = asyncio.get_running_loop()
        self._looked = self._loop.time()

    @classmethod
    async def open(
        cls,
        address: str,
        registry: Registry,
        company: Company | None = None,
        clock: Callable[[], int] | None = None,
        secret_key: str | None = None,
        lease: float = SECONDS,
        patience: float = PATIENCE,
    ) -> Self:
        """Open the hub at a folder or PostgreSQL address, made when it is not there.

        ``company`` only counts when the hub is made; ``secret_key``: what seals secrets, see ``Seal``; ``lease``: how
        many seconds after its last sign of life another process goes on with what this one pulls; ``patience``: after
        how many seconds without a page a stream that is pulled has failed.
        Raises ``ConfigWrong``, ``RetryLater`` or ``StorageFull``.
        """
        store = await asyncio.to_thread(Store.at, address)
        try:
            seal = Seal(secret_key, store.key_file)
            hub = cls(store, registry, company or Company(), clock, seal, lease, patience)
        except BaseException:
            store.close()
            raise
        await hub.rebuilds.resume()
        await hub.snapshots.resume()
        return hub

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop pulls and searches, finish what was accepted, and give up the folder."""
        await self.feed.close()
        await self.pulls.close()
        await self.door.close()
        await self.snapshots.close()
        await self.past.close()
        await self.reckonings.close()
        await self.suggestions.close()
        await self.scoring.close()
        await self.replays.close()
        await self.rebuilds.close()
        await self.threads.close()
        await self.reader.close()
        self._store.close()

    def _processor(self, session: Session, clock: Callable[[], int] | None = None) -> Processor:
        """A processor of the projection set of a session."""
        with session.transaction():
            founding.begin_projection(session)
        return Processor(
            session, self.company, Sources(self.registry, self._sources.seal), self._lifecycle, clock or self._clock
        )

    @property
    def rows_waiting(self) -> int:
        """Requests whose rows are not on disk yet."""
        return self._intake.waiting

    # Reading one's own writes -----------------------------------------------------------------------------------

    async def processed(self) -> int:
        """The last processed truth number."""
        return await self._progress.read()

    async def news(self, timeout: float) -> None:  # noqa: ASYNC109 (the caller's patience is data here)
        """Wait until this process has processed something, ``timeout`` seconds at most."""
        await self._progress.news(timeout)

    async def wait(self, sequence: int, timeout: float) -> bool:  # noqa: ASYNC109 (the caller's patience is data here)
        """Whether everything up to ``sequence`` is processed, within ``timeout`` seconds."""
        with self.threads.request() if timeout <= _REQUEST_PATIENCE else nullcontext():
            return await self.threads.processed_beyond(sequence - 1, timeout) >= sequence

    # Rows -------------------------------------------------------------------------------------------------------

    async def ingest(self, source: str, stream: str, rows: Sequence[GivenRow], *, dry_run: bool = False) -> Ingested:
        """Store rows of a stream, each with its outcome. Raises ``NotFound`` and ``InputWrong``."""
        owner = await self.source(source)
        held = owner.stream(stream)
        given = [Row(row.key or held.key(row.payload), row.payload, version=row.version) for row in rows]
        if dry_run:
            async with self.reader.snapshot() as snapshot:
                return Ingested(await dry.outcomes(snapshot, given, held, owner, self.company))
        accepted, run = await self._intake.store(owner, held, given)
        answers = []
        for index, (row, (outcome, number)) in enumerate(zip(given, accepted.outcomes, strict=True)):
            problem = (
                dry.reading(row, held, owner, self.company).problem if outcome is not RowOutcome.UNCHANGED else None
            )
            answers.append(IngestedRow(index, row.key, outcome, number, problem))
        return Ingested(answers, accepted.sequence, run)

    async def deliver(self, source: str, stream: str, delivery: Delivery) -> Reply:
        """Hand a request to a push stream; the answer comes after its rows are on disk. Raises what ``Door`` does."""
        return await self.door.take(source, stream, delivery)

    # Entries ----------------------------------------------------------------------------------------------------

    async def log(self, entry: Entry, *, dry_run: bool = False) -> Written:
        """Write down an entry; the same key again changes it."""
        desk = self._sources.desk()
        if not entry.identifiers and entry.anchor is None and not entry.matters:
            raise InputWrong("Say whom it is about: give a customer or an identifier.", path="customer")
        row = entries.row(entry, moment(self._clock()))
        meaning = dry.reading(row, desk.stream("entries"), desk, self.company)
        if meaning.problem is not None:
            raise InputWrong(meaning.problem.message, path=meaning.problem.path)
        ids = (touchpoint_id(desk.id, "entries", row.key, ""),)
        if dry_run:
            return Written(ids, 0)
        accepted, _ = await self._intake.store(desk, desk.stream("entries"), [row])
        return Written(ids, accepted.sequence)

    async def change_matter(self, change: MatterChange) -> Written:
        """Open, change or close a matter; the answer's id is the matter's. The same key again changes the entry."""
        async with self.reader.snapshot() as snapshot:
            id_, entry = await matter_changes.entry(snapshot, change, self._sources.desk().id)
        return Written((id_,), (await self.log(entry)).sequence)

    async def preview_matter(self, change: MatterChange) -> ForeseenMatter:
        """What a matter would be after a change; nothing is written. Raises what ``change_matter`` raises."""
        desk = self._sources.desk()
        async with self.reader.snapshot() as snapshot:
            id_, entry = await matter_changes.entry(snapshot, change, desk.id)
            await self.log(entry, dry_run=True)
            return await foreseen(snapshot, id_, entry, desk, self.company, self._clock())

    async def describe(
        self, customers: Sequence[str], identifiers: Sequence[Identifier], description: Description, by: str
    ) -> Written:
        """Decide name, owner, tags, relationship or traits; with identifiers alone, of whoever has them."""
        anchors: list[str | None] = list(customers)
        if identifiers:
            anchors.append(None)
        if not anchors:
            raise InputWrong("Name at least one customer, or an identifier.", path="customers")
        if description.owner is not None:
            await self._user(description.owner)
        desk = self._sources.desk()
        now_ = moment(self._clock())
        rows = []
        for anchor in anchors:
            entry = Entry(
                key=random_id("ent"), kind="profile", direction=Direction.INTERNAL, occurred_at=now_,
                title=description.reason, identifiers=() if anchor else tuple(identifiers), anchor=anchor, by=by,
                traits=description.traits | ({"name": description.name} if description.name else {}),
                properties=entries.decided(description),
            )  # fmt: skip
            rows.append(entries.row(entry, now_))
        accepted, _ = await self._intake.store(desk, desk.stream("entries"), rows)
        return Written([touchpoint_id(desk.id, "entries", row.key, "") for row in rows], accepted.sequence)

    async def _user(self, reference: str) -> None:
        async with self.reader.snapshot() as snapshot:
            if not await user_known(snapshot, reference):
                raise NotFound(f"There is no user {reference[:60]!r}.", path="owner")

    # Sources ----------------------------------------------------------------------------------------------------

    async def source(self, id_: str) -> Source:
        """A source by its id. Raises ``NotFound``."""
        at = self._loop.time()
        if self._store.shared and at - self._looked >= _LOOK:
            self._looked = at
            await self.threads.write(self._sources.refresh)
        try:
            return self._sources.by_id(id_)
        except NotFound:
            # Another process of this hub may have made it.
            await self.threads.write(self._sources.refresh)
            return self._sources.by_id(id_)

    async def create_source(
        self, name: str, connector: str, settings: Mapping[str, Any], *, book_of_record: bool = True
    ) -> Written:
        """Configure an account of a connector, see ``Configuration.create``."""
        return await self.configuration.create(
            name, connector, dict(settings), {}, book_of_record=book_of_record, by="hub"
        )

    async def sync(self, source: str, *, allow_deletions: bool = False) -> str:
        """Start a pull; the answer is its run, or the one that is under way, in whatever process."""
        return await self.pulls.sync(await self.source(source), allow_deletions=allow_deletions)

    async def look_at_sync(self, source: str) -> DryPull:
        """What a pull would bring; nothing is stored but what its connector keeps. Raises ``InputWrong``."""
        owner = await self.source(source)
        if not owner.pulled:
            raise InputWrong(f"{owner.name} is told, not asked: there is nothing to pull.", path="source")
        lent = await lend(self._sources, owner, self.threads.store, self._clock)
        return await dry_pull.look(self.reader, lent, self.company)

    async def pulled(self, source: str) -> None:
        """Wait for a source's pull to end."""
        await self.pulls.ended((await self.source(source)).num)

    # Tokens -----------------------------------------------------------------------------------------------------

    async def create_token(
        self, name: str, scopes: Sequence[str], expires_at: datetime | None = None
    ) -> tuple[str, str]:
        """Make a bearer token: its id, and its secret, which is shown this once and kept only as a digest."""
        secret = f"hub_{secrets.token_urlsafe(32)}"
        id_ = random_id("tok")
        row = (
            id_, name, hashlib.sha256(secret.encode()).hexdigest(), " ".join(scopes), self._clock(),
            micros(expires_at.astimezone(UTC)) if expires_at else None,
        )  # fmt: skip
        await self.threads.write(lambda session: tokens.insert(session, row))
        return id_, secret

    async def revoke_token(self, id_: str) -> Written:
        """End a token at once. Raises ``NotFound``."""

        def job(session: Session) -> None:
            if not tokens.revoke(session, id_, self._clock()):
                raise NotFound(f"There is no token {id_[:60]!r} that still holds.", path="token")

        await self.threads.write(job)
        return Written((id_,), 0)

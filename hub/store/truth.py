"""Truth and log: what the hub was told and what people decided. Append-only; everything else is computed from it.

Times are microseconds since 1970 (UTC). On SQLite these tables are the file ``hub.db``, on PostgreSQL the schema
``truth``.
"""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, MetaData, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from hub.store import columns as column

TRUTH = MetaData()


class Truth(SQLModel):
    """Base of the truth tables."""

    metadata = TRUTH


class SequenceRow(Truth, table=True):
    """The one sequence that numbers every truth row; locked until commit, so that numbers appear in order."""

    __tablename__ = "sequence"
    id: int = column.key()
    value: int = column.number()


class SettingRow(Truth, table=True):
    """The company's settings as JSON values (name, currency, time zone ...) and the hub's own secret."""

    __tablename__ = "setting"
    name: str = column.text(primary_key=True)
    value: str = column.text()


class SourceRow(Truth, table=True):
    """One configured account of a connector; ``settings`` is JSON without the secrets, which are credentials.

    ``every``: seconds between two pulls; null as the connector says, 0 only when somebody asks. ``deletion_share``:
    the largest share of its rows that one listing may delete. ``changed_number``: truth number of the last change of
    this row; ``secrets_number``: of the last time secrets were given, 0 while none were.
    """

    __tablename__ = "source"
    num: int = column.key()
    id: str = column.text(unique=True)
    name: str = column.text(unique=True)
    connector: str = column.text()
    settings: str = column.text()
    book_of_record: bool
    created_number: int = column.number()
    created_at: int = column.number()
    every: int | None = column.number(nullable=True)
    paused_at: int | None = column.number(nullable=True)
    notify_url: str | None = column.text(nullable=True)
    deletion_share: float = Field(sa_column_kwargs={"server_default": text("0.2")})
    changed_number: int = column.number(sa_column_kwargs={"server_default": text("0")})
    secrets_number: int = column.number(sa_column_kwargs={"server_default": text("0")})


class CredentialRow(Truth, table=True):
    """A secret of a source, sealed: of its settings by JSON pointer (``/password``), or kept by its connector by name.

    ``version`` counts what was stored under the name, so that an older secret never takes the place of a newer one.
    """

    __tablename__ = "credential"
    source: int = column.number(primary_key=True, foreign_key="source.num")
    name: str = column.text(primary_key=True)
    sealed: str = column.text()
    version: int = column.number()
    saved_at: int = column.number()


class SourceChangeRow(Truth, table=True):
    """A change of a source: who changed which fields (JSON list of names) when. What they say is in the source."""

    __tablename__ = "source_change"
    __table_args__ = (Index("source_change_of_source", "source", "number"),)
    number: int = column.key()
    source: int = column.number(foreign_key="source.num")
    fields: str = column.text()
    changed_by: str = column.text()
    changed_at: int = column.number()


_QUIET = "kind = 'PULL' AND state = 'OK' AND stored = 0 AND changed = 0"
"""Of runs: pulls that went well and brought nothing new."""


class RunRow(Truth, table=True):
    """Log: one pull, delivery batch, import, replay or rebuild, and what became of its rows.

    One without a source is of the whole hub. ``outcome``: what a replay or a rebuild came to, as JSON.
    """

    __tablename__ = "run"
    __table_args__ = (
        Index("run_of_source", "source", "num"),
        Index(
            "run_that_brought_nothing", "source", "finished_at",
            postgresql_where=text(_QUIET), sqlite_where=text(_QUIET),
        ),
    )  # fmt: skip
    num: int = column.key()
    id: str = column.text(unique=True)
    source: int | None = column.number(foreign_key="source.num", nullable=True)
    kind: str = column.text()
    state: str = column.text()
    started_at: int = column.number()
    finished_at: int | None = column.number(nullable=True)
    expected: int | None = column.number(nullable=True)
    done: float | None = None
    received: int = column.number()
    stored: int = column.number()
    changed: int = column.number()
    unchanged: int = column.number()
    error: str | None = column.text(nullable=True)
    outcome: str | None = column.text(nullable=True)
    allow_deletions: bool = Field(sa_column_kwargs={"server_default": false()})


class RunStreamRow(Truth, table=True):
    """Log: what one stream came to in a run.

    ``deleted``: versions stored that say so, told or missing from a listing; ``refused``: those the guard kept back.
    ``cursor``: the last one stored, as JSON. ``first_number``, ``last_number``: truth numbers of what was stored.
    """

    __tablename__ = "run_stream"
    __table_args__ = (
        Index(
            "run_stream_that_stored", "source", "stream", "run",
            postgresql_where=text("first_number IS NOT NULL"), sqlite_where=text("first_number IS NOT NULL"),
        ),
    )  # fmt: skip
    run: int = column.number(primary_key=True, foreign_key="run.num")
    stream: str = column.text(primary_key=True)
    source: int = column.number()
    state: str = column.text()
    fault: str | None = column.text(nullable=True)
    began_at: int = column.number()
    ended_at: int | None = column.number(nullable=True)
    last_at: int | None = column.number(nullable=True)
    expected: int | None = column.number(nullable=True)
    received: int = column.number()
    stored: int = column.number()
    changed: int = column.number()
    unchanged: int = column.number()
    deleted: int = column.number()
    refused: int = column.number()
    began_again: bool
    cursor: str | None = column.text(nullable=True)
    first_number: int | None = column.number(nullable=True)
    last_number: int | None = column.number(nullable=True)


class EnvelopeRow(Truth, table=True):
    """What came around payloads and is needed to read them (a CSV header, a content type), each stored once."""

    __tablename__ = "envelope"
    num: int = column.key()
    digest: str = column.text(unique=True)
    content: str = column.text()


class RecordRow(Truth, table=True):
    """A stored row: payload byte for byte as received. A changed row is a new version, a deleted one says so."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("source", "stream", "key", "version", name="record_version"),
        Index("record_of_run", "run", "number"),
    )
    number: int = column.key()
    source: int = column.number(foreign_key="source.num")
    stream: str = column.text()
    key: str = column.text()
    version: int
    source_version: str | None = column.text(nullable=True)
    deleted: bool
    digest: str = column.text()
    payload: bytes = Field(sa_type=LargeBinary)
    envelope: int | None = column.number(foreign_key="envelope.num", nullable=True)
    run: int = column.number(foreign_key="run.num")
    received_at: int = column.number()
    historical: bool


class CheckpointRow(Truth, table=True):
    """The cursor a pull resumes from, committed together with the rows it covers."""

    __tablename__ = "checkpoint"
    source: int = column.number(primary_key=True, foreign_key="source.num")
    stream: str = column.text(primary_key=True)
    cursor: str = column.text()
    run: int = column.number(foreign_key="run.num")
    saved_at: int = column.number()


class LeaseRow(Truth, table=True):
    """Log: who pulls a source, and when it is pulled next.

    ``holder`` has it for itself ``until`` then, by the clock that all share; with a ``run`` it pulls, without one it
    waits for news. A ``next_at`` that has come says that the source is to be pulled; null: nobody will by themselves,
    for the reason ``blocked`` where there is one. ``failures``: pulls in a row that failed and brought nothing.
    ``planned``: truth number up to which changes of the source are heeded in ``next_at``.
    """

    __tablename__ = "lease"
    __table_args__ = (Index("lease_next", "next_at"), Index("lease_until", "until"))
    source: int = column.key(foreign_key="source.num")
    holder: str | None = column.text(nullable=True)
    until: int | None = column.number(nullable=True)
    run: int | None = column.number(foreign_key="run.num", nullable=True)
    next_at: int | None = column.number(nullable=True)
    failures: int
    blocked: str | None = column.text(nullable=True)
    planned: int = column.number()


class DecisionRow(Truth, table=True):
    """A link decision: somebody said that two touchpoints are of the same customer of a ``side``, or are not."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("decision_of_operation", "operation"),
        Index("decision_of_a", "a"),
        Index("decision_of_b", "b"),
    )
    number: int = column.key()
    operation: str = column.text()
    kind: str = column.text()
    side: str = column.text()
    a: str = column.text()
    b: str = column.text()
    decided_by: str = column.text()
    reason: str = column.text()
    decided_at: int = column.number()


class WithdrawalRow(Truth, table=True):
    """A record version, run, source or decision operation taken out as wrong, or put back (``restore``)."""

    __tablename__ = "withdrawal"
    __table_args__ = (Index("withdrawal_of_target", "kind", "target", "number"),)
    number: int = column.key()
    kind: str = column.text()
    target: str = column.text()
    restore: bool
    operation: str | None = column.text(nullable=True)
    decided_by: str = column.text()
    reason: str = column.text()
    decided_at: int = column.number()


class RuleSetRow(Truth, table=True):
    """A whole set of rules as TOML, ``IDENTITY`` or ``LIFECYCLE``: the last one of a kind applies to everything."""

    __tablename__ = "rule_set"
    __table_args__ = (Index("rule_set_of_kind", "kind", "number"),)
    number: int = column.key()
    kind: str = column.text()
    version: str = column.text()
    text: str = column.text()
    decided_by: str = column.text()
    reason: str = column.text()
    decided_at: int = column.number()


class FittedModelRow(Truth, table=True):
    """A model of purchases or of spend, fitted to all customers; of one fit those ``chosen`` are what scores are from.

    ``parameters``, ``holdout`` and ``warnings`` are JSON; ``log_likelihood`` in millionths, days since 1970-01-01.
    """

    __tablename__ = "fitted_model"
    number: int = column.key()
    model: str = column.text()
    chosen: bool
    unit_days: int = column.number()
    currency: str = column.text()
    parameters: str = column.text()
    log_likelihood: int = column.number()
    customers: int = column.number()
    first_day: int = column.number()
    last_day: int = column.number()
    holdout: str | None = column.text(nullable=True)
    warnings: str = column.text()
    fitted_at: int = column.number()


class SegmentRow(Truth, table=True):
    """A version of a saved filter of customers, as JSON in the shape of the graph; the last one of an id stands."""

    __tablename__ = "segment"
    __table_args__ = (Index("segment_of_id", "id", "number"),)
    number: int = column.key()
    id: str = column.text()
    name: str = column.text()
    description: str = column.text()
    filter: str = column.text()
    decided_by: str = column.text()
    decided_at: int = column.number()


class ProjectionSetRow(Truth, table=True):
    """A numbered set of projection tables: LIVE, FILLING beside the live one, a SNAPSHOT as of a moment, or RETIRED
    until nobody reads it.

    ``born`` is the last truth number when a set was begun in the place of one that is lost: what it makes of truth up
    to there is history. ``code`` says which code fills it; ``run`` is the run that does.
    """

    __tablename__ = "projection_set"
    number: int = column.key()
    state: str = column.text()
    born: int = column.number()
    code: str = column.text()
    run: int | None = column.number(nullable=True)


class SnapshotRow(Truth, table=True):
    """A projection set that shows everybody as of a moment: of truth up to ``known_until``, at the time ``clock``.

    ``at`` and ``occurred_until`` are parts of the moment that was asked for; ``of_today`` says that no number was: it
    is the one that had been processed.
    """

    __tablename__ = "snapshot"
    number: int = column.key()
    id: str = column.text(unique=True)
    known_until: int = column.number()
    at: int | None = column.number(nullable=True)
    occurred_until: int | None = column.number(nullable=True)
    of_today: bool
    clock: int = column.number()
    ready: bool
    run: int = column.number(foreign_key="run.num")
    taken_at: int = column.number()


class TokenRow(Truth, table=True):
    """A bearer token: only its SHA-256 is kept."""

    __tablename__ = "token"
    id: str = column.text(primary_key=True)
    name: str = column.text()
    digest: str = column.text(unique=True)
    scopes: str = column.text()
    created_at: int = column.number()
    expires_at: int | None = column.number(nullable=True)
    revoked_at: int | None = column.number(nullable=True)


class TrustedDocumentRow(Truth, table=True):
    """A GraphQL document that clients ask for by ``id``, which stands for this text forever.

    ``max_cost``: what an operation of it may cost, where that is not the hub's own limit.
    """

    __tablename__ = "trusted_document"
    id: str = column.text(primary_key=True)
    text: str = column.text()
    name: str = column.text()
    max_cost: int | None = column.number(nullable=True)
    registered_at: int = column.number()
    registered_by: str = column.text()
    retired_at: int | None = column.number(nullable=True)


class ExportRow(Truth, table=True):
    """Who took which data away: ``filter`` as JSON, ``contacts`` unmasked or not; ``outcome`` is null until it ends."""

    __tablename__ = "export"
    __table_args__ = (Index("export_at", "at"),)
    id: str = column.text(primary_key=True)
    at: int = column.number()
    token: str = column.text()
    name: str = column.text()
    list: str = column.text()
    format: str = column.text()
    filter: str | None = column.text(nullable=True)
    contacts: bool
    after: str | None = column.text(nullable=True)
    rows: int | None = column.number(nullable=True)
    outcome: str | None = column.text(nullable=True)

"""Truth and log of what goes out: endpoints with their secrets, messages to them, and the attempts to deliver these."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text

from hub.store import columns as column
from hub.store.truth import Truth


class EndpointRow(Truth, table=True):
    """An address of somebody who is told of changes.

    ``wants``: kinds of change, ``sources``, ``kinds``, ``stages``: what they are narrowed to, all as JSON lists.
    ``number``, ``ordinal``: the place in the ledger up to which its messages are written. ``failing_since``: when the
    first of the attempts failed after which none succeeded; ``not_before``: until when it asked to be told nothing.
    """

    __tablename__ = "endpoint"
    num: int = column.key()
    id: str = column.text(unique=True)
    name: str = column.text()
    url: str = column.text()
    wants: str = column.text()
    sources: str = column.text()
    kinds: str = column.text()
    stages: str = column.text()
    contacts: bool
    historical: bool
    created_at: int = column.number()
    number: int = column.number()
    ordinal: int = column.number()
    disabled_at: int | None = column.number(nullable=True)
    disabled_for: str | None = column.text(nullable=True)
    failing_since: int | None = column.number(nullable=True)
    not_before: int = column.number()


class EndpointSecretRow(Truth, table=True):
    """A secret that signs what an endpoint is told, sealed; one that was replaced signs until ``ends_at``."""

    __tablename__ = "endpoint_secret"
    endpoint: int = column.number(primary_key=True, foreign_key="endpoint.num")
    version: int = column.number(primary_key=True)
    sealed: str = column.text()
    ends_at: int | None = column.number(nullable=True)


class EndpointChangeRow(Truth, table=True):
    """A change of an endpoint, by its public id, for it may be gone: who changed what (JSON list of names) when."""

    __tablename__ = "endpoint_change"
    __table_args__ = (Index("endpoint_change_of_endpoint", "endpoint", "num"),)
    num: int = column.key()
    endpoint: str = column.text()
    fields: str = column.text()
    changed_by: str = column.text()
    changed_at: int = column.number()


_WAITING = "state = 'WAITING'"
_ENDED = "ended_at IS NOT NULL"


class MessageRow(Truth, table=True):
    """Log: what one endpoint is told of one change: WAITING, DELIVERED or FAILED.

    ``number``, ``ordinal``: the line of the ledger; null of a test. ``body``: JSON, the same bytes at each attempt.
    ``tries``: attempts since it was written or sent again by hand; ``next_at``: when the next one is due, or when the
    one under way is given up for lost.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("endpoint", "number", "ordinal", name="message_of_change"),
        Index("message_of_endpoint", "endpoint", "num"),
        Index(
            "message_waiting", "endpoint", "next_at", postgresql_where=text(_WAITING), sqlite_where=text(_WAITING)
        ),
        Index("message_ended", "ended_at", postgresql_where=text(_ENDED), sqlite_where=text(_ENDED)),
    )  # fmt: skip
    num: int = column.key()
    id: str = column.text(unique=True)
    endpoint: int = column.number(foreign_key="endpoint.num")
    number: int | None = column.number(nullable=True)
    ordinal: int | None = column.number(nullable=True)
    type: str = column.text()
    at: int = column.number()
    body: str = column.text()
    state: str = column.text()
    tries: int = column.number()
    next_at: int = column.number()
    ended_at: int | None = column.number(nullable=True)


class AttemptRow(Truth, table=True):
    """Log: one attempt to deliver a message.

    ``took`` in milliseconds; ``status`` of HTTP, or ``fault`` where there was none; ``answer``: how it began.
    """

    __tablename__ = "attempt"
    message: int = column.number(primary_key=True, foreign_key="message.num")
    number: int = column.number(primary_key=True)
    at: int = column.number()
    took: int = column.number()
    status: int | None = column.number(nullable=True)
    fault: str | None = column.text(nullable=True)
    answer: str | None = column.text(nullable=True)

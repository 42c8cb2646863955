"""Truth and log of syncs: listings under way, and the turns of a source's health."""

from __future__ import annotations

from sqlalchemy import Index, text

from hub.store import columns as column
from hub.store.truth import Truth


class ListingRow(Truth, table=True):
    """A listing under way: GOING, WHOLE once its last page came, SWEEPING while what it did not name is deleted.

    ``leg`` counts its checkpoints; ``began_with`` is the checkpoint before it. ``until``: the last truth number when
    it was whole; ``reached``: the key up to which it is swept.
    """

    __tablename__ = "listing"
    source: int = column.number(primary_key=True, foreign_key="source.num")
    stream: str = column.text(primary_key=True)
    number: int = column.number()
    leg: int = column.number()
    state: str = column.text()
    began_with: str | None = column.text(nullable=True)
    expected: int | None = column.number(nullable=True)
    until: int | None = column.number(nullable=True)
    reached: str | None = column.text(nullable=True)


class ListedRow(Truth, table=True):
    """A row that a listing under way has named, in which of its legs."""

    __tablename__ = "listed"
    __table_args__ = ({"sqlite_with_rowid": False},)
    source: int = column.number(primary_key=True, foreign_key="source.num")
    stream: str = column.text(primary_key=True)
    key: str = column.text(primary_key=True)
    listing: int = column.number()
    leg: int = column.number()


class HealthTurnRow(Truth, table=True):
    """Log: a source turned unhealthy, or healthy again, or an endpoint, by its public id, is told nothing more;
    ``told_at``: when whoever is told had taken the news."""

    __tablename__ = "health_turn"
    __table_args__ = (
        Index("health_turn_of_source", "source", "num"),
        Index(
            "health_turn_untold", "try_at",
            postgresql_where=text("told_at IS NULL"), sqlite_where=text("told_at IS NULL"),
        ),
    )  # fmt: skip
    num: int = column.key()
    id: str = column.text(unique=True)
    source: int | None = column.number(foreign_key="source.num", nullable=True)
    healthy: bool
    state: str = column.text()
    reason: str = column.text()
    at: int = column.number()
    told_at: int | None = column.number(nullable=True)
    tries: int = column.number()
    try_at: int = column.number()
    endpoint: str | None = column.text(nullable=True)

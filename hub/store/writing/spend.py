"""What channels and campaigns cost by day, as the write path keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

COLUMNS = ["record", "position", "day", "channel", "campaign", "amount", "currency"]


def forget(session: Session, records: Sequence[int]) -> None:
    """Let go of what these records said."""
    # Most hubs have none, and then nothing is looked up.
    if records and session.value("SELECT record FROM spend LIMIT 1") is not None:
        session.run("DELETE FROM spend WHERE record = ANY($1::bigint[])", list(records))


def insert(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write spend, in the order of ``COLUMNS``."""
    session.insert("spend", COLUMNS, rows)

"""Truth numbers and the times at which they were given."""

from __future__ import annotations

from hub.store.session import Session

_DATED = {
    "record": "received_at", "decision": "decided_at", "withdrawal": "decided_at", "rule_set": "decided_at",
    "source": "created_at",
}  # fmt: skip
_NUMBER = {"source": "created_number"}


def time_of(session: Session, number: int) -> int:
    """When a truth number was given (microseconds): of the last row up to it that has a time."""
    last = (0, 0)
    for table, dated in _DATED.items():
        column = _NUMBER.get(table, "number")
        row = session.one(
            f"SELECT {column}, {dated} FROM {table} WHERE {column} <= $1 ORDER BY {column} DESC LIMIT 1", number
        )
        last = max(last, (int(row[0]), int(row[1]))) if row else last
    return last[1]


def number_at(session: Session, at: int) -> int:
    """The last truth number that was given until a time (microseconds); numbers are given in order of time."""
    low, high = 0, int(session.value("SELECT value FROM sequence WHERE id = 1"))
    while low < high:
        middle = (low + high + 1) // 2
        if time_of(session, middle) <= at:
            low = middle
        else:
            high = middle - 1
    return low

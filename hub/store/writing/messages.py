"""Messages to endpoints: written once, taken by whoever sends them, settled by what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.session import Session

COLUMNS = "num id endpoint number ordinal type at body state tries next_at".split()


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that its taker has for itself until a time (microseconds). ``tries``: attempts so far."""

    num: int
    id: str
    endpoint: int
    body: str
    tries: int
    until: int


def insert(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write messages, in the order of ``COLUMNS`` without ``num``. The sequence must be locked."""
    first = int(session.value("SELECT coalesce(max(num), 0) + 1 FROM message"))
    session.insert("message", COLUMNS, [(first + place, *row) for place, row in enumerate(rows)])


def advance(session: Session, endpoint: int, before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Move an endpoint's place in the ledger on; False when somebody else has, or it is not to be told any more."""
    return (
        session.run(
            "UPDATE endpoint SET number = $1, ordinal = $2 "
            "WHERE num = $3 AND number = $4 AND ordinal = $5 AND disabled_at IS NULL",
            *after, endpoint, *before,
        )
        == 1
    )  # fmt: skip


def take(session: Session, endpoint: int, now: int, until: int, most: int) -> list[Taken]:
    """The messages of an endpoint that are due, the oldest first, kept for the caller ``until`` then.

    The sequence must be locked.
    """
    rows = session.all(
        "SELECT num, id, endpoint, body, tries FROM message WHERE endpoint = $1 AND state = 'WAITING' "
        "AND next_at <= $2 ORDER BY next_at, num LIMIT $3::bigint",
        endpoint, now, most,
    )  # fmt: skip
    session.run("UPDATE message SET next_at = $1 WHERE num = ANY($2::bigint[])", until, [num for num, *_ in rows])
    return [Taken(num, id_, whose, body, tries, until) for num, id_, whose, body, tries in rows]


def settle(session: Session, taken: Taken, state: str, next_at: int, ended_at: int | None) -> bool:
    """What came of an attempt; False when somebody else had the message in the end, or it is gone."""
    return (
        session.run(
            "UPDATE message SET state = $1, tries = tries + 1, next_at = $2, ended_at = $3::bigint "
            "WHERE num = $4 AND state = 'WAITING' AND next_at = $5",
            state, next_at, ended_at, taken.num, taken.until,
        )
        == 1
    )  # fmt: skip


def add_attempt(session: Session, row: Sequence[object]) -> None:
    """Write an attempt down: (message, at, took, status, fault, answer)."""
    message, *rest = row
    number = int(session.value("SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE message = $1", message))
    columns = ["message", "number", "at", "took", "status", "fault", "answer"]
    session.insert("attempt", columns, [(message, number, *rest)])


def endpoint_of(session: Session, id_: str) -> tuple[int, int] | None:
    """The row numbers of a message and of its endpoint."""
    row = session.one("SELECT num, endpoint FROM message WHERE id = $1", id_)
    return (int(row[0]), int(row[1])) if row else None


def again(session: Session, num: int, now: int) -> None:
    """Send a message again now, whatever became of it, and as often as a new one."""
    session.run(
        "UPDATE message SET state = 'WAITING', tries = 0, next_at = $1, ended_at = NULL WHERE num = $2", now, num
    )


def again_since(session: Session, endpoint: int, since: int, now: int) -> int:
    """The same for all messages to an endpoint that failed, of changes since then, and those that wait for another
    attempt; how many these are."""
    return session.run(
        "UPDATE message SET state = 'WAITING', tries = 0, next_at = $1, ended_at = NULL "
        "WHERE endpoint = $2 AND at >= $3 AND (state = 'FAILED' OR (state = 'WAITING' AND tries > 0))",
        now, endpoint, since,
    )  # fmt: skip


def forget(session: Session, before: int, most: int) -> int:
    """Forget messages that ended before then, and their attempts, at most so many; how many."""
    ended = session.all(
        "SELECT num FROM message WHERE ended_at IS NOT NULL AND ended_at < $1 ORDER BY ended_at LIMIT $2::bigint",
        before, most,
    )  # fmt: skip
    nums = [num for (num,) in ended]
    for table, column in (("attempt", "message"), ("message", "num")):
        session.run(f"DELETE FROM {table} WHERE {column} = ANY($1::bigint[])", nums)
    return len(nums)

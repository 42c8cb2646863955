"""Rollups as the write path keeps them: whatever changes is taken out before it does, and counted again later."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.contributions import ACCOUNT, ADDED, CONVERTED, KEYS, SUMS, UNCOUNTED, moved
from hub.store.session import Session, Values

TOGETHER = 5000
"""Touchpoints that are counted in one statement."""

Foreign = tuple[int, str, int | None, str, int | None, str]
"""(number, day as text, amount, its currency, cost, its currency) of a touchpoint."""

_MOVED = " LEFT JOIN moved_account m ON m.customer = c.num"
_COUNTED_AS = {
    "stage": "coalesce(m.stage, c.stage, '')",
    "relationship": "coalesce(m.relationship, c.relationship, '')",
}


def add_new(session: Session, nums: Sequence[object]) -> None:
    """Note touchpoints that were not there before; they are counted later."""
    session.insert("uncounted", ["touchpoint"], [(num,) for num in nums])


def take_out(session: Session, column: str, held: Sequence[object]) -> None:
    """Take touchpoints by their ``num`` or ``claim`` out of all sums before they change; they are counted again later.

    Retracted ones, which are in no sum, may be about to stand again.
    """
    if held:
        _take_out(session, f"t.{column} = ANY($1::bigint[])", list(held))


def take_out_later(session: Session, after: int) -> None:
    """The same of those that happened after a time in microseconds."""
    _take_out(session, "t.occurred_at > $1", after)


def take_out_converted(session: Session, first: int, last: int) -> None:
    """The same of what was converted by the rates of days, which count from 1970-01-01."""
    converted = "t.num IN (SELECT touchpoint FROM converted_touchpoint WHERE day >= $1 AND day <= $2)"
    _take_out(session, converted, first, last)


def _take_out(session: Session, condition: str, *values: object) -> None:
    rows = session.all(f"SELECT t.num FROM touchpoint t WHERE {condition} AND NOT {UNCOUNTED}", *values)
    nums = [num for (num,) in rows]
    for first in range(0, len(nums), TOGETHER):
        part = nums[first : first + TOGETHER]
        _count(session, part, -1)
        add_new(session, part)


def move(session: Session, nums: Sequence[object]) -> None:
    """Note as what customers are counted before their stage or relationship becomes another."""
    if nums:
        session.run(
            "INSERT INTO moved_account (customer, stage, relationship) SELECT num, coalesce(stage, ''), relationship "
            "FROM customer WHERE num = ANY($1::bigint[]) ON CONFLICT (customer) DO NOTHING",
            list(nums),
        )


def forget(session: Session, nums: Sequence[int]) -> None:
    """Customers that hold nothing any more."""
    session.run("DELETE FROM moved_account WHERE customer = ANY($1::bigint[])", list(nums))


def settle_moved(session: Session, most: int) -> int:
    """Count some of those who moved as what they are; the answer is how many."""
    nums = [num for (num,) in session.all("SELECT customer FROM moved_account ORDER BY customer LIMIT $1", most)]
    if nums:
        _add(session, "stage_rollup", moved(" AND m.customer = ANY($1::bigint[])"), "", nums)
        forget(session, nums)
    return len(nums)


def waiting(session: Session) -> list[int]:
    """The next touchpoints to count."""
    rows = session.all("SELECT touchpoint FROM uncounted ORDER BY touchpoint LIMIT $1", TOGETHER)
    return [num for (num,) in rows]


def foreign(session: Session, nums: Sequence[int], currency: str) -> list[Foreign]:
    """Those of them with money in another than this currency."""
    rows = session.all(
        "SELECT num, occurred_on, amount, currency, cost, cost_currency FROM touchpoint WHERE num = ANY($1::bigint[]) "
        "AND retracted_at IS NULL AND (currency <> $2 OR cost_currency <> $3)",
        list(nums), currency, currency,
    )  # fmt: skip
    return [(num, on, amount, code, cost, cost_code) for num, on, amount, code, cost, cost_code in rows]


def count(session: Session, nums: Sequence[int], converted: Sequence[Values]) -> None:
    """Count touchpoints that wait; ``converted``: the rows of those with money in other currencies."""
    session.run("DELETE FROM converted_touchpoint WHERE touchpoint = ANY($1::bigint[])", list(nums))
    session.insert("converted_touchpoint", ["touchpoint", "day", "amount", "cost"], converted)
    _count(session, nums, 1)
    session.run("DELETE FROM uncounted WHERE touchpoint = ANY($1::bigint[])", list(nums))


def _count(session: Session, nums: Sequence[int], sign: int) -> None:
    standing = " WHERE t.num = ANY($1::bigint[]) AND t.retracted_at IS NULL"
    added = ", ".join(f"{sign} * ({ADDED[name]}) AS {name}" for name in SUMS)
    for rollup, columns in KEYS.items():
        counted_as = dict(columns) | {name: held for name, held in _COUNTED_AS.items() if name in columns}
        key = ", ".join(f"{column} AS {name}" for name, column in counted_as.items())
        joined = CONVERTED if rollup == "touchpoint_rollup" else f"{CONVERTED}{ACCOUNT}{_MOVED}"
        _add(session, rollup, f"SELECT {key}, {added} FROM touchpoint t{joined}", standing, list(nums))


def _add(session: Session, rollup: str, rows: str, where: str, *values: object) -> None:
    key = ", ".join(KEYS[rollup])
    summed = ", ".join(f"CAST(sum(r.{name}) AS bigint)" for name in SUMS)
    added = ", ".join(f"{name} = {rollup}.{name} + excluded.{name}" for name in SUMS)
    session.run(
        f"INSERT INTO {rollup} ({key}, {', '.join(SUMS)}) SELECT {key}, {summed} FROM ({rows}{where}) r WHERE 1 = 1 "
        f"GROUP BY {key} ON CONFLICT ({key}) DO UPDATE SET {added}",
        *values,
    )

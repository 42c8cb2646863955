"""Exchange rates as the write path keeps them, and who has money that they convert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.store.session import Session

COLUMNS = ["base", "quote", "day", "source", "record", "rate"]

Rate = tuple[str, str, int, int, int, str]
"""In the order of ``COLUMNS``; days count from 1970-01-01, the rate is an exact decimal."""


def of_records(session: Session, records: Sequence[int]) -> list[Rate]:
    """The rates that stand of records."""
    rows = session.all(
        f"SELECT {', '.join(COLUMNS)} FROM exchange_rate WHERE record = ANY($1::bigint[])", list(records)
    )
    return [(base, quote, day, source, record, rate) for base, quote, day, source, record, rate in rows]


def remove(session: Session, rates: Iterable[Rate]) -> None:
    """Forget rates."""
    session.delete("exchange_rate", COLUMNS[:-1], [rate[:-1] for rate in rates])


def insert(session: Session, rates: Sequence[Rate]) -> None:
    """Keep rates that were not there."""
    session.insert("exchange_rate", COLUMNS, rates)


def pairs(session: Session) -> set[tuple[str, str]]:
    """(base, quote) of all rates there are."""
    return {(base, quote) for base, quote in session.all("SELECT DISTINCT base, quote FROM exchange_rate")}


def series(session: Session, base: str, quote: str) -> list[tuple[int, int, str]]:
    """(day, source, rate) of a pair."""
    rows = session.all("SELECT day, source, rate FROM exchange_rate WHERE base = $1 AND quote = $2", base, quote)
    return [(day, source, rate) for day, source, rate in rows]


def holders(session: Session, currencies: Sequence[str] | None, first: int, last: int) -> list[int]:
    """Customers with money in currencies (None: any but the reporting one) on days from ``first`` to ``last``."""
    narrowed = "" if currencies is None else " AND currency = ANY($3::text[])"
    rows = session.all(
        f"SELECT DISTINCT customer FROM converted_value WHERE last_on >= $1 AND first_on <= $2{narrowed}",
        first, last, *([] if currencies is None else [list(currencies)]),
    )  # fmt: skip
    return [customer for (customer,) in rows]


def make_due(session: Session, nums: Sequence[int]) -> None:
    """Customers to fold again as soon as nothing else is to be done."""
    session.run("UPDATE customer SET next_change_at = 0 WHERE num = ANY($1::bigint[])", list(nums))

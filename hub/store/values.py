"""What customers are worth, beside their own row: money of other currencies, debts, purchases, cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.journey.value import Converted
from hub.store import lists
from hub.store.reader import Rows, Snapshot
from hub.store.shapes import Shape
from hub.store.touchpoints import Subject

_CONVERTED = lists.Listing("converted_value v", Shape(Converted, "v"), "v.customer")


@dataclass(frozen=True, slots=True)
class StoredOverdue:
    """What was due before a day, in minor units of ``currency``; ``since`` is the first of the days, from 1970."""

    currency: str
    amount: int
    since: int


@dataclass(frozen=True, slots=True)
class StoredPurchase:
    """A purchase that stands; ``at`` in microseconds, amounts in minor units of ``currency`` and of the hub's."""

    at: int
    day: int
    amount: int | None
    currency: str | None
    converted: int | None


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """Answers to one question (``unit``: nps, csat). Scores are thousandths, ``latest_at`` microseconds."""

    unit: str
    answers: int
    total: int
    latest: int
    latest_at: int


_ANSWERS = lists.Listing("satisfaction a", Shape(StoredAnswers, "a"), "a.customer")
_PURCHASES = lists.Listing("purchase p", Shape(StoredPurchase, "p"), "p.touchpoint")


async def converted(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[Converted]]:
    """What became of money in other currencies in the reporting one."""
    return await lists.grouped(snapshot, _CONVERTED, "v.customer", numbers, "v.customer, v.currency")


async def purchases(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredPurchase]]:
    """The purchases of customers, in order of time."""
    return await lists.grouped(snapshot, _PURCHASES, "p.customer", numbers, "p.customer, p.at, p.touchpoint")


async def levels(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, int]:
    """Levels of engagement (``hub.journey.engagement``) of customers who were in contact."""
    rows = await snapshot.all(
        "SELECT customer, level FROM engagement WHERE customer = ANY($1::bigint[])", list(numbers)
    )
    return {row[0]: row[1] for row in rows}


async def answers(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredAnswers]]:
    """What customers answered when they were asked for their satisfaction."""
    return await lists.grouped(snapshot, _ANSWERS, "a.customer", numbers, "a.customer, a.unit")


async def overdue(snapshot: Snapshot, numbers: Sequence[int], today: int) -> dict[int, list[StoredOverdue]]:
    """What customers owe by days before ``today``, by currency."""
    rows = await snapshot.all(
        "SELECT customer, currency, CAST(sum(amount) AS BIGINT), min(due) FROM debt "
        "WHERE customer = ANY($1::bigint[]) AND due < $2::bigint GROUP BY customer, currency ORDER BY currency",
        list(numbers), today,
    )  # fmt: skip
    found: dict[int, list[StoredOverdue]] = {}
    for customer, *rest in rows:
        found.setdefault(customer, []).append(StoredOverdue(*rest))
    return found


async def flows(snapshot: Snapshot, subjects: Iterable[Subject], but: str) -> Rows:
    """(customer, kind, currency, time, amount) of the money that counts with customers, in other currencies than one.

    As in value: of books of record, with the organisation where there is one, else with the person.
    """
    return await _of_accounts(
        snapshot,
        subjects,
        "t.kind, t.currency, t.occurred_at, t.amount",
        "JOIN source s ON s.num = t.source AND s.book_of_record",
        "t.kind IN ('invoice', 'credit_note', 'payment', 'refund', 'reversal') AND t.amount IS NOT NULL "
        "AND t.currency <> $2::text",
        but,
    )


async def costs(snapshot: Snapshot, subjects: Iterable[Subject]) -> Rows:
    """(customer, currency, time, cost) of the touchpoints that cost something, each with one account."""
    return await _of_accounts(
        snapshot, subjects, "t.cost_currency, t.occurred_at, t.cost", "", "t.cost IS NOT NULL AND t.cost_currency <> ''"
    )


async def _of_accounts(
    snapshot: Snapshot, subjects: Iterable[Subject], columns: str, join: str, where: str, *values: object
) -> Rows:
    found: Rows = []
    wanted = list(subjects)
    for organisation, whose in ((True, "t.organisation"), (False, "t.customer")):
        numbers = [each.num for each in wanted if each.organisation is organisation]
        if numbers:
            alone = "" if organisation else "AND t.organisation IS NULL "
            found += await snapshot.all(
                f"SELECT {whose}, {columns} FROM touchpoint t {join} WHERE {whose} = ANY($1::bigint[]) "
                f"AND t.retracted_at IS NULL {alone}AND {where} ORDER BY t.occurred_at, t.id",
                numbers, *values,
            )  # fmt: skip
    return found

"""The parts of a report about how customers come and stay: stages, cohorts, revenue by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from hub.client import Json
from hub.report.charts import Bar, bars, columns
from hub.report.page import Cell, Part, Row, Table
from hub.report.words import amount, days, percent, word

_MOST_COHORTS = 14
_MOST_MONTHS = 24


def stages(steps: Sequence[Json]) -> Part | None:
    """How far customers have come, and how long each step took."""
    if not steps or not steps[0]["customers"]:
        return None
    drawn = [
        Bar(
            word(step["name"]), step["customers"],
            f"{step['customers']:,}" + (f" · {percent(step['conversion'])}" if step["conversion"] is not None else ""),
            f"{word(step['name'])}: {step['customers']:,} came so far, {step['stillThere']:,} are there now",
        )
        for step in steps
    ]  # fmt: skip
    cells = [
        Row(word(step["name"]), [Cell(f"{step['stillThere']:,}"), Cell(days(step["medianTime"])),
                                 Cell(days(step["medianStay"]))])
        for step in steps
    ]  # fmt: skip
    return Part(
        "How far customers have come",
        "Who ever came to a stage or further; behind it the part of the stage before.",
        chart=bars(drawn),
        table=Table(("stage", "there now", "time to it", "time in it"), cells),
        notes=("Times are medians; docs/lifecycle.md says what makes a stage.",),
    )


def revenue(cohorts: Sequence[Json], currency: str) -> Part | None:
    """What was bought in each month, by first-time and by returning customers."""
    first: dict[date, float] = defaultdict(float)
    again: dict[date, float] = defaultdict(float)
    for cohort in cohorts:
        began = date.fromisoformat(cohort["startsOn"])
        for row in cohort["periods"]:
            (again if row["period"] else first)[_months_later(began, row["period"])] += float(row["amount"]["amount"])
    if not first:
        return None
    months = _all_months(min(first), max([*first, *again]))[-_MOST_MONTHS:]
    return Part(
        "Revenue by month",
        f"In {currency}, by who bought: customers in the month of their first purchase, and those who came back.",
        chart=columns(
            [f"{month:%Y-%m}" for month in months],
            {"first month": [first[month] for month in months], "came back": [again[month] for month in months]},
        ),
        legend=("first month", "came back"),
    )


def retention(cohorts: Sequence[Json], overall: Sequence[float]) -> Part | None:
    """Which part of each month's new customers bought again, month after month."""
    shown = [cohort for cohort in cohorts if cohort["size"]][-_MOST_COHORTS:]
    if not shown or len(overall) < 2:
        return None
    width = max(len(cohort["periods"]) for cohort in shown)
    rows = [
        Row(
            cohort["startsOn"][:7],
            [
                Cell(f"{cohort['size']:,}"),
                *(
                    Cell(
                        percent(row["rate"] or None),
                        row["rate"],
                        f"{row['customers']:,} customers, {amount(row['amount'])}",
                    )
                    for row in cohort["periods"][1:]
                ),
            ],
        )
        for cohort in shown
    ]
    rows.append(Row("all", [Cell(""), *(Cell(percent(rate or None), rate) for rate in overall[1:width])]))
    return Part(
        "Who comes back",
        "Of those who first bought in a month, the part that bought again so many months later.",
        table=Table(("first bought", "customers", *(str(number) for number in range(1, width))), rows),
        wide=True,
    )


def _months_later(month: date, count: int) -> date:
    years, place = divmod(month.month - 1 + count, 12)
    return date(month.year + years, place + 1, 1)


def _all_months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month
    return [_months_later(first, number) for number in range(count + 1)]

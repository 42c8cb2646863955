"""The parts of a report about what customers are worth: classes, scores, products, loss, matters."""

from __future__ import annotations

from collections.abc import Sequence

from hub.client import Json
from hub.report.charts import Bar, bars, lines
from hub.report.page import Cell, Part, Row, Table
from hub.report.words import amount, number, percent, word
from hub.values import Stage

_STANDINGS = ("ACTIVE", "AT_RISK", "LAPSED", "WON_BACK")
_MONTH = 30
"""Days between the points of the survival curve."""
_LONGEST = 60


def standings(places: Sequence[Json]) -> Part | None:
    """How alive customers of each stage are."""
    held = {place["stage"] for place in places}
    stages = [stage.value for stage in Stage if stage.value in held]
    counts = {(place["stage"], place["standing"]): place["customers"] for place in places}
    if not stages:
        return None
    most = max(counts.get((stage, standing), 0) for stage in stages for standing in _STANDINGS) or 1
    rows = [
        Row(
            word(stage),
            [
                Cell(f"{count:,}" if count else "", count / most)
                for count in (counts.get((stage, standing), 0) for standing in _STANDINGS)
            ],
        )
        for stage in stages
    ]
    return Part(
        "How alive they are",
        "Customers by stage and standing, as they are today.",
        table=Table(("stage", *(word(standing) for standing in _STANDINGS)), rows),
    )


def classes(portfolio: Json) -> Part | None:
    """How much of the revenue few customers bring."""
    if not portfolio["buyers"]:
        return None
    drawn = [
        Bar(
            f"class {each['abcClass']}", each["share"], f"{percent(each['share'])} of {each['customers']:,}",
            f"{each['customers']:,} customers bring {amount(each['revenue'])}",
        )
        for each in portfolio["classes"]
    ]  # fmt: skip
    return Part(
        "Who brings the revenue",
        "Class A brings the first 80 % of revenue, B the next 15 %, C the rest.",
        chart=bars(drawn),
        notes=(f"The largest fifth of the buyers brings {percent(portfolio['concentration'])}.",),
    )


def rfm(cells: Sequence[Json]) -> Part | None:
    """Customers by how lately and how often they bought."""
    counts = {(cell["recency"], cell["frequency"]): cell for cell in cells}
    most = max((cell["customers"] for cell in cells), default=0)
    if not most:
        return None
    rows = [
        Row(
            {5: "5 (lately)", 1: "1 (long ago)"}.get(recency, str(recency)),
            [
                Cell(f"{cell['customers'] or '·'}", cell["customers"] / most, amount(cell["revenue"]))
                for cell in (counts[recency, frequency] for frequency in range(1, 6))
            ],
        )
        for recency in range(5, 0, -1)
    ]
    columns = ("recency", "1 (seldom)", "2", "3", "4", "5 (often)")
    return Part(
        "How lately and how often they buy",
        "Customers by fifths of recency (down) and of frequency (across).",
        table=Table(columns, rows),
    )


def products(sold: Sequence[Json]) -> Part | None:
    """What sells best."""
    drawn = [
        Bar(
            (each["product"] or {}).get("name") or "without a product", each["share"],
            f"{percent(each['share'])} · {each['abcClass']}", amount(each["revenue"]),
        )
        for each in sold
    ]  # fmt: skip
    return (
        Part("What sells", "Products by their share of revenue, with their class.", chart=bars(drawn)) if sold else None
    )


def loss(churn: Json, survival: Json) -> Part | None:
    """Who is lost, month by month."""
    periods = [period for period in churn["periods"] if period["rate"] is not None]
    if len(periods) < 2:
        return None
    notes = [] if churn["trend"] is None else [f"The rate changes by {churn['trend'] * 100:+.2f} points a month."]
    if survival["medianDays"]:
        notes.append(f"Half of the customers stay longer than {survival['medianDays']:,} days before they lapse.")
    return Part(
        "Who is lost",
        "Of those who bought in a month, the part that did not buy in the next one, in per cent.",
        chart=lines(
            [period["startsOn"][:7] for period in periods],
            {"lost": [round(period["rate"] * 100, 1) for period in periods]},
            " %",
        ),
        notes=notes,
    )


def stays(survival: Json) -> Part | None:
    """How long customers stay."""
    points = survival["points"]
    if len(points) < 3:
        return None
    # The curve falls only where somebody lapses, and is level in between.
    count = min(_LONGEST, points[-1]["days"] // _MONTH + 2)
    curve = [(0, 1.0), *((point["days"], point["survival"]) for point in points)]
    values = [next(share for day, share in reversed(curve) if day <= month * _MONTH) for month in range(count)]
    return Part(
        "How long they stay",
        "The part of customers who have not lapsed so many months of 30 days after their first purchase "
        "(Kaplan-Meier), in per cent.",
        chart=lines(
            [str(month) for month in range(count)], {"stay": [round(share * 100, 1) for share in values]}, " %"
        ),
    )


def matters(rows: Sequence[Json]) -> Part | None:
    """What is under way, and how it ends."""
    if not rows:
        return None
    cells = [
        Row(
            word(row["key"]["kind"]),
            [
                Cell(f"{row['matters']:,}"), Cell(f"{row['open']:,}"), Cell(f"{row['overdue']:,}"),
                Cell(percent(row["winRate"])), Cell(number(row["medianDaysToClose"])), Cell(amount(row["openAmount"])),
            ],
        )
        for row in rows
    ]  # fmt: skip
    columns = ("kind", "all", "open", "overdue", "won", "days to close", "open amount")
    return Part(
        "What is under way",
        "Deals, orders, cases and the like. Won: of those won or lost; days to close are medians.",
        table=Table(columns, cells),
        wide=True,
    )

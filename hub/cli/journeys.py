"""``hub attribution``, ``hub cohorts`` and ``hub funnel``."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from hub.cli.runs import asked
from hub.cli.terminal import amount, counted, notes, out, table
from hub.client import Client, Json, document
from hub.journey.choices import AttributionDimension, AttributionModel, CohortPeriod, CohortStart

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(\d+)S)?")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def attribution(
    context: typer.Context,
    model: Annotated[AttributionModel, typer.Option(help="How a purchase is shared.")] = AttributionModel.MARKOV,
    by: Annotated[AttributionDimension, typer.Option(help="Among what.")] = AttributionDimension.CHANNEL,
    lookback: Annotated[int, typer.Option(min=1, help="How many days before a purchase touches count.")] = 90,
    first_only: Annotated[bool, typer.Option("--first-only", help="Only each customer's first purchase.")] = False,
) -> None:
    """What channels, campaigns or utm_sources get for the purchases that they led to.

    \b
    Examples:
      hub attribution
      hub attribution --model SHAPLEY --by CAMPAIGN
      hub attribution --model FIRST --lookback 365 --first-only
    """
    given = {"model": model, "by": by, "lookback": f"P{lookback}D", "firstOnly": first_only}

    async def work(client: Client) -> Json:
        return await client.execute(document("attribution"), given)

    found = asked(context, work)["attribution"]
    columns = ["conversions", "share", "amount"]
    if model is AttributionModel.MARKOV:
        columns.append("removal effect")
    rows = []
    for row in found["rows"]:
        cells = [f"{row['conversions']:,.2f}", _percent(row["share"]), amount(row["amount"])]
        if model is AttributionModel.MARKOV:
            cells.append(_percent(row["removalEffect"]))
        rows.append((*cells, _name(row["key"])))
    table((*columns, by.value.lower()), rows, numbers=columns)
    out.print(f"{counted(found['conversions'], 'purchase')}, {amount(found['amount'])}.")
    if found["untouched"]:
        notes.print(f"{found['untouched']:,} of them, {amount(found['untouchedAmount'])}, without a touch before.")
    for money in found["notConverted"]:
        notes.print(f"{amount(money)} has no exchange rate and is in no amount.")


def cohorts(
    context: typer.Context,
    by: Annotated[CohortStart, typer.Option(help="What puts a customer into a cohort.")] = CohortStart.FIRST_PURCHASE,
    period: Annotated[CohortPeriod, typer.Option(help="How long the periods are.")] = CohortPeriod.MONTH,
    periods: Annotated[int, typer.Option(min=0, max=120, help="How many periods after the first.")] = 12,
) -> None:
    """Customers by when they began, and what part of them bought in each period since.

    \b
    Examples:
      hub cohorts
      hub cohorts --by FIRST_TOUCH --period QUARTER
    """

    async def work(client: Client) -> Json:
        return await client.execute(document("cohorts"), {"by": by, "period": period, "periods": periods})

    found = asked(context, work)["cohorts"]
    longest = len(found["retention"])
    columns = ["began", "customers", *(str(number) for number in range(longest))]
    rows = []
    for each in found["cohorts"]:
        rates = [_percent(part["rate"]) for part in each["periods"]]
        rows.append((each["startsOn"], f"{each['size']:,}", *rates, *[None] * (longest - len(rates))))
    size = sum(each["size"] for each in found["cohorts"])
    rows.append(("all", f"{size:,}", *(_percent(rate) for rate in found["retention"])))
    table(columns, rows, numbers=columns[1:])


def funnel(
    context: typer.Context,
    kinds: Annotated[list[str] | None, typer.Argument(metavar="[KIND]...", help="One step for each kind.")] = None,
    within: Annotated[int | None, typer.Option(min=1, help="All steps within so many days of the first.")] = None,
) -> None:
    """How many customers did one thing and then the next; without kinds, how many came to each stage.

    \b
    Examples:
      hub funnel
      hub funnel form quote invoice --within 90
    """
    steps = [{"kinds": [kind]} for kind in kinds or ()]

    async def work(client: Client) -> Json:
        asked = {"steps": steps or None, "within": None if within is None else f"P{within}D"}
        return await client.execute(document("funnel"), asked)

    columns = ["customers", "of the step before", "of the first", "time between"]
    stays = [] if steps else ["still there", "time in it"]
    rows = []
    for step in asked(context, work)["funnel"]:
        cells = [f"{step['customers']:,}", _percent(step["conversion"]), _percent(step["overall"])]
        cells.append(_lasting(step["medianTime"]))
        if stays:
            cells += [f"{step['stillThere']:,}", _lasting(step["medianStay"])]
        rows.append((step["name"], *cells))
    table(("step", *columns, *stays), rows, numbers=[*columns, *stays])


def _name(key: Json) -> str:
    return str(key["channel"] or key["utmSource"] or (key["campaign"] or {}).get("name"))


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.1%}"


def _lasting(duration: str | None) -> str:
    """A median as people read it: in its largest unit."""
    found = _DURATION.fullmatch(duration or "")
    if not found:
        return ""
    seconds = int(found[1] or 0) * 86_400 + int(found[2] or 0)
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds} s"

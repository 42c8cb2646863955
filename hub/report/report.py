"""What a hub answered, as a report: the numbers everybody asks for, then part by part."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.client import Json
from hub.report import causes, growth, worth
from hub.report.page import Part, Report, Tile
from hub.report.words import amount, percent


def report(data: Json, now: datetime, filtered: str = "") -> Report:
    """The report of an answer to the command line's document ``report``, as of ``now`` (aware)."""
    hub, portfolio = data["hub"], data["portfolio"]
    models = {name: data[name] for name in ("first", "last", "linear", "shapley", "markov")}
    cohorts = data["cohorts"]["cohorts"]
    parts = {
        "stages": growth.stages(data["stages"]),
        "revenue by month": growth.revenue(cohorts, hub["currency"]),
        "standings": worth.standings(portfolio["places"]),
        "ABC classes": worth.classes(portfolio),
        "recency and frequency": worth.rfm(portfolio["rfm"]),
        "products": worth.products(portfolio["products"]),
        "attribution": causes.credit(models),
        "churn": worth.loss(portfolio["churn"], portfolio["survival"]),
        "survival": worth.stays(portfolio["survival"]),
        "cohorts": growth.retention(cohorts, data["cohorts"]["retention"]),
        "matters": worth.matters(data["matterStats"]["rows"]),
        "campaigns": causes.campaigns(data["campaigns"], data["acquisition"]["rows"]),
        "predictions (hub score)": causes.foresight(data["fittedModels"]),
    }
    here = now.astimezone(ZoneInfo(hub["timeZone"]))
    return Report(
        company=hub["name"],
        currency=hub["currency"],
        time_zone=hub["timeZone"],
        made_on=f"{here.day} {here:%B %Y, %H:%M}",
        filtered=filtered,
        tiles=_tiles(data),
        parts=[part for part in parts.values() if part is not None],
        missing=_missing(parts),
    )


def _tiles(data: Json) -> list[Tile]:
    portfolio, customers = data["portfolio"], data["customers"]
    count = customers["totalCount"]
    everybody = f"{count:,}" if count is not None else f"at least {customers['totalCountAtLeast']:,}"
    alive = sum(each["customers"] for each in portfolio["places"] if each["standing"] in ("ACTIVE", "WON_BACK"))
    placed = sum(each["customers"] for each in portfolio["places"] if each["standing"])
    tiles = [Tile("Customers", everybody), Tile("Who have bought", f"{portfolio['buyers']:,}")]
    tiles += [Tile("Revenue", amount(portfolio["revenue"])), Tile("Purchases", f"{portfolio['purchases']:,}")]
    if placed:
        tiles.append(Tile("Active", percent(alive / placed)))
    tiles += [Tile("Cost to serve", amount(each)) for each in portfolio["costToServe"]]
    tiles += [Tile("Without a rate", amount(each)) for each in portfolio["notConverted"]]
    return tiles


def _missing(parts: dict[str, Part | None]) -> str:
    absent = [name for name, part in parts.items() if part is None]
    return f"Nothing to show yet of: {', '.join(absent)}." if absent else ""

"""A seller's sheet of deals through the real connector, dates with the day first: the figures that are known of it."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bench import imports
from hub.analysis.matter_stats import Figures, medians, pipeline, stats
from hub.ingest.hub import Hub
from hub.journey.buckets import Calendar, TimeBucket
from hub.registry import load_registry
from hub.settings import Company
from hub.store.filters import MatterFilter
from hub.store.matter_stats import Grouping
from hub.store.reader import Snapshot

DAY = 86_400_000_000
COMPANY = Company(name="Sellers", currency="USD", country="US", time_zone="America/New_York")
MAPPING = {
    "kind": "deal", "date_format": "%d-%m-%y", "currency": "USD", "contact_is": "ORGANISATION",
    "occurred_on": "2017-12-31",
    "columns": {"key": "opportunity_id", "company": "account", "contact": "account"},
    "matter": {
        "kind": "DEAL", "reference": "opportunity_id", "title": "product", "state": "deal_stage",
        "amount": "close_value", "owner": "sales_agent", "opened": "engage_date", "closed": "close_date",
        "opened_state": "Engaging", "state_outcomes": {"Won": "WON", "Lost": "LOST"},
    },
}  # fmt: skip
# Days are 10, 13 and 59 for those won (across the change of the clock), 30 for the one lost.
EXCERPT = """opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
A1,Moses Frase,GTX Plus Basic,Cancity,Won,02-03-17,12-03-17,1054
A2,Moses Frase,GTXPro,Isdom,Won,01-12-16,14-12-16,4514
A3,Darcel Schlecht,MG Special,Cancity,Won,11-10-16,09-12-16,50
A4,Darcel Schlecht,GTXPro,Isdom,Lost,05-01-17,04-02-17,0
A5,Darcel Schlecht,GTXPro,,Engaging,07-02-17,,
A6,Moses Frase,GTXPro,Cancity,Prospecting,,,
"""


def looked(address: str, file: Path, look: Callable[[Snapshot], Awaitable[None]]) -> None:
    """Import the sheet into a new hub, and look at what came of it."""

    async def run() -> None:
        async with await Hub.open(address, load_registry(), COMPANY) as hub:
            source = (await hub.create_source("CRM", "generic.csv", {**MAPPING, "path": str(file)})).ids[0]
            await imports.pull(hub, source)
            async with hub.reader.snapshot() as snapshot:
                await look(snapshot)

    asyncio.run(run())


async def grouped(snapshot: Snapshot, *dimensions: str, calendar: Calendar | None = None) -> dict[Any, Figures]:
    found = await stats(snapshot, Grouping(dimensions, calendar), MatterFilter(), "USD", 0)
    return {each.key: each for each in found.groups}


def test_a_sheet_of_deals_gives_its_figures(hub_address: str, tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text(EXCERPT)

    async def look(snapshot: Snapshot) -> None:
        total = (await grouped(snapshot))[()]
        assert (total.matters, total.won, total.lost, total.open, total.win_rate) == (6, 3, 1, 2, 0.75)
        assert (total.won_amount, total.amount) == (561_800, 561_800)
        assert (total.to_win, total.to_lose, total.to_close) == (82 / 3 * DAY, 30 * DAY, 28 * DAY)
        middle = await medians(snapshot, Grouping(), MatterFilter())
        assert (middle.to_win[()], middle.to_close[()]) == (13 * DAY, 21.5 * DAY)
        owners = await grouped(snapshot, "OWNER")
        assert {key[1]: (each.won, each.won_amount) for key, each in owners.items()} == {
            "Moses Frase": (2, 556_800),
            "Darcel Schlecht": (1, 5_000),
        }
        flow = await pipeline(snapshot, MatterFilter(), "USD", 0)
        assert {each.state: (each.reached, each.now) for each in flow.states} == {
            "Engaging": (5, 1), "Prospecting": (1, 1), "Won": (3, 0), "Lost": (1, 0),
        }  # fmt: skip

    looked(hub_address, file, look)


@pytest.mark.shared
def test_the_figures_of_8800_deals(sparing_address: str, shared_data: Path) -> None:
    file = shared_data / "crm" / "sales_pipeline.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))

    async def look(snapshot: Snapshot) -> None:
        total = (await grouped(snapshot))[()]
        assert (total.matters, total.won, total.lost, total.open) == (8800, 4238, 2473, 2089)
        assert total.won_amount == 1_000_553_400
        assert total.win_rate is not None
        assert total.to_win is not None
        assert total.to_lose is not None
        assert round(total.win_rate, 4) == 0.6315
        assert (round(total.to_win / DAY, 3), round(total.to_lose / DAY, 3)) == (51.782, 41.479)
        assert {key[0]: each.matters for key, each in (await grouped(snapshot, "STATE")).items()} == {
            "Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500,
        }  # fmt: skip
        names = dict(await snapshot.all("SELECT num, display_name FROM customer"))
        accounts = {names.get(key[0]): each for key, each in (await grouped(snapshot, "CUSTOMER")).items()}
        best = sorted(accounts.values(), key=lambda each: -each.won_amount)[:5]
        assert [(names[each.key[0]], each.won_amount // 100) for each in best] == [
            ("Kan-code", 341_455), ("Konex", 269_245), ("Condax", 206_410), ("Cheers", 198_020), ("Hottechi", 194_957),
        ]  # fmt: skip
        assert (len(accounts), accounts[None].matters) == (86, 1425)
        owners = await grouped(snapshot, "OWNER")
        assert Counter({key[1]: each.won for key, each in owners.items()}) == Counter(
            row["sales_agent"] for row in rows if row["deal_stage"] == "Won"
        )
        months = await grouped(snapshot, calendar=Calendar(TimeBucket.MONTH))
        assert sum(each.won for each in months.values()) == 4238
        assert len(months) == len({row["close_date"][3:] for row in rows if row["close_date"]})

    looked(sparing_address, file, look)

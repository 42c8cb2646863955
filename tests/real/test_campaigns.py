"""A year of campaigns to 1,559 households, read by mappings as a user would write them, against published counts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench import imports
from hub.analysis import acquisition
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.settings import Company
from hub.store.filters import Span

pytestmark = pytest.mark.shared

COMPANY = Company(name="Grocer", currency="USD", country="US", time_zone="America/New_York")
# One number names a household in all files, so that it is of a network and not of one file.
HOUSEHOLD = {"social_id": "household_id"}
SHEETS: dict[str, tuple[str, dict[str, Any]]] = {
    "Campaigns": (
        "campaign_descriptions.csv.gz",
        {"campaigns": {"reference": "campaign_id", "name": "campaign_type", "starts_on": "start_date",
                       "ends_on": "end_date"}},
    ),
    "Mailings": (
        "campaigns.csv.gz",
        {"kind": "letter", "channel": "POST", "direction": "OUTBOUND", "occurred_on": "2017-01-01", "network": "grocer",
         "columns": {**HOUSEHOLD, "campaign": "campaign_id"}},
    ),
    "Coupons": (
        "coupon_redemptions.csv.gz",
        {"kind": "redemption", "channel": "IN_PERSON", "direction": "INBOUND", "network": "grocer",
         "columns": {**HOUSEHOLD, "campaign": "campaign_id", "time": "redemption_date"}, "properties": ["coupon_upc"]},
    ),
}  # fmt: skip


def test_campaigns_of_a_grocer(hub_address: str, shared_data: Path) -> None:
    async def run() -> None:
        async with await Hub.open(hub_address, load_registry(), COMPANY) as hub:
            for name, (file, settings) in SHEETS.items():
                given = {"path": str(shared_data / "completejourney" / file), **settings}
                source = (await hub.create_source(name, "generic.csv", given)).ids[0]
                await imports.pull(hub, source)
            async with hub.reader.snapshot() as snapshot:
                found = await acquisition.campaigns(snapshot, Span(), Span(), "USD")
                names = dict(tuple(row) for row in await snapshot.all("SELECT num, reference FROM campaign"))
                types = await snapshot.all("SELECT name, count(*) FROM campaign GROUP BY name ORDER BY name")
                redeemers = await snapshot.value(
                    "SELECT count(DISTINCT customer) FROM touchpoint WHERE kind = 'redemption'"
                )
                mailed = await snapshot.value("SELECT count(DISTINCT customer) FROM touchpoint WHERE kind = 'letter'")
                problems = await snapshot.value("SELECT count(*) FROM problem")
        assert (len(found), problems) == (27, 0)
        assert [tuple(row) for row in types] == [("Type A", 4), ("Type B", 17), ("Type C", 6)]
        sent = sum(each.touchpoints - each.answers for each in found)
        assert (sent, mailed) == (6589, 1559)
        assert (sum(each.redemptions for each in found), redeemers) == (2102, 410)
        most = sorted(found, key=lambda each: -each.redemptions)[:3]
        assert [(names[each.campaign], each.redemptions) for each in most] == [("18", 653), ("13", 629), ("8", 372)]

    asyncio.run(run())

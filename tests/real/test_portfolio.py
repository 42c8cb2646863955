"""A shop's year of invoices in a hub: its portfolio with the published totals."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest

from bench import imports
from hub.analysis.portfolio import Asked, Calendar, Portfolio, churn
from hub.ingest.hub import Hub
from hub.journey.choices import ChurnBasis, CohortPeriod
from hub.journey.cut_offs import CUT_OFFS
from hub.registry import load_registry
from hub.store.filters import CustomerFilter, Span
from tests.real.test_cohorts import SHOP, invoices

pytestmark = pytest.mark.shared

EVERYBODY = CustomerFilter()
END = (date(2011, 12, 10) - date(1970, 1, 1)).days


def test_the_portfolio_of_a_shop_is_as_published(shared_data: Path, tmp_path: Path) -> None:
    lines = tmp_path / "invoices.ndjson"
    parquet = shared_data / "orders" / "online_retail_2010_2011.parquet"
    lines.write_bytes(b"\n".join(map(orjson.dumps, invoices(parquet))))

    async def run() -> None:
        async with await Hub.open(str(tmp_path / "hub"), load_registry(), SHOP) as hub:
            source = (await hub.create_source("Invoices", "generic.touchpoints", {"path": str(lines)})).ids[0]
            await imports.pull(hub, source)
            async with hub.reader.snapshot() as snapshot:
                held = Portfolio(snapshot, Asked(customers=EVERYBODY, days=Span(None, END), today=END))
                totals, classes = await held.totals(), await held.classes(CUT_OFFS)
                share, cells = await held.concentration(Decimal("0.2")), await held.rfm()
                _, revenue, often, last = await held.accounts()
                calendar = Calendar.at(datetime(2011, 12, 10, tzinfo=UTC), CohortPeriod.MONTH, 1, ZoneInfo("UTC"))
                months = await churn(snapshot, EVERYBODY, ChurnBasis.PURCHASES, calendar, 11)
        assert totals == (4338, 18_532, 891_140_790)
        assert [each.members for each in classes] == [1132, 1469, 1737]
        assert round(share, 4) == 0.7462
        days = END - last
        assert (round(days.mean(), 3), np.median(days), days.max()) == (93.059, 51, 374)
        assert (round(often.mean(), 3), often.max(), round(revenue.mean() / 100, 3)) == (4.272, 209, 2054.266)
        assert sum(each.customers for each in cells) == 4338
        # Of 885 who bought in December 2010, 324 bought in January 2011.
        assert months[0][0] == date(2010, 12, 1)
        assert (months[0][1].customers, months[0][1].customers - months[0][1].lost) == (885, 324)
        assert [on.month for on, _ in months] == [12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

    asyncio.run(run())

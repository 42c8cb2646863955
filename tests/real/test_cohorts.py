"""A shop's year of invoices in a hub: cohorts with their published counts, and funnels and attribution that agree."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench import imports
from hub.analysis import attribution, cohorts, funnel
from hub.ingest.hub import Hub
from hub.journey.choices import AttributionDimension, AttributionModel, CohortPeriod, CohortStart
from hub.registry import load_registry
from hub.settings import Company
from hub.store.filters import CustomerFilter, Span, TouchpointFilter

pytestmark = pytest.mark.shared

SHOP = Company(name="Shop", currency="GBP", country="GB")
EVERYBODY = CustomerFilter()
DECEMBER = (885, 324, 286, 340, 321)
RETENTION = (0.3661, 0.3232, 0.3842, 0.3627, 0.3977, 0.3627, 0.3492, 0.3537, 0.3955, 0.3740, 0.5028, 0.2655)


def invoices(path: Path) -> Iterator[dict[str, Any]]:
    """The clean invoices, one line each: no cancellation, a known customer, a quantity and a price."""
    parquet = pytest.importorskip("pyarrow.parquet")
    found: dict[str, dict[str, Any]] = {}
    for row in parquet.read_table(path).to_pylist():
        number, pence = str(row["InvoiceNo"]), round(float(row["Quantity"] * row["UnitPrice"]) * 100)
        if row["CustomerID"] is None or number.startswith("C") or row["Quantity"] <= 0 or row["UnitPrice"] <= 0:
            continue
        held = found.setdefault(number, {"at": row["InvoiceDate"], "customer": int(row["CustomerID"]), "pence": 0})
        held["pence"] += pence
    for number, held in found.items():
        yield {
            "id": number, "kind": "invoice", "channel": "WEB", "direction": "INBOUND",
            "occurredAt": f"{held['at'].isoformat()}Z", "document": number,
            "identifiers": [{"kind": "contact", "value": str(held["customer"])}],
            "amount": {"amount": f"{held['pence'] / 100:.2f}", "currency": "GBP"},
        }  # fmt: skip


def test_customers_of_a_shop_come_back_as_published(shared_data: Path, tmp_path: Path) -> None:
    lines = tmp_path / "invoices.ndjson"
    parquet = shared_data / "orders" / "online_retail_2010_2011.parquet"
    lines.write_bytes(b"\n".join(map(orjson.dumps, invoices(parquet))))

    async def run() -> None:
        async with await Hub.open(str(tmp_path / "hub"), load_registry(), SHOP) as hub:
            source = (await hub.create_source("Invoices", "generic.touchpoints", {"path": str(lines)})).ids[0]
            await imports.pull(hub, source)
            async with hub.reader.snapshot() as snapshot:
                asked = cohorts.Asked(
                    start=CohortStart.FIRST_PURCHASE, period=CohortPeriod.MONTH, fiscal_start=1, began=Span(), most=12,
                    customers=EVERYBODY,
                )  # fmt: skip
                found = (await cohorts.cohorts(snapshot, asked)).cohorts
                steps = await funnel.of_steps(snapshot, [TouchpointFilter(kinds=("invoice",))] * 2, None, EVERYBODY)
                stages = await funnel.of_stages(snapshot, EVERYBODY)
                # The shop has no other touchpoints; an invoice is at the moment of its own purchase.
                credited = await attribution.attribution(snapshot, every_invoice())
                repeaters = await snapshot.value(
                    "SELECT count(*) FROM (SELECT customer FROM purchase GROUP BY customer HAVING count(*) > 1) r"
                )
        december = found[0]
        assert december.customers[:5] == DECEMBER
        assert tuple(round(each / december.size, 4) for each in december.customers[1:]) == RETENTION
        assert [each.size for each in found[:4]] == [885, 417, 380, 452]
        assert sum(each.size for each in found) == 4338
        assert [step.customers for step in steps] == [4338, repeaters]
        assert stages[3].customers == 4338
        assert (credited.credits.total, credited.credits.untouched) == (18532, 0)
        assert credited.credits.conversions.sum() == pytest.approx(18532, abs=1e-9)
        assert credited.credits.total_amount == 891_140_790

    asyncio.run(run())


def every_invoice() -> attribution.Asked:
    return attribution.Asked(
        model=AttributionModel.SHAPLEY, dimension=AttributionDimension.CHANNEL, start=None, end=2**61,
        lookback=90 * 86_400_000_000, half_life=7.0, first_only=False, customers=EVERYBODY,
        touches=TouchpointFilter(kinds=("invoice",)), converting=None,
    )  # fmt: skip

"""A real ledger of a year: 25,900 documents of 4,372 known customers, against published totals."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from hub.journey.lifecycle import lifecycle
from hub.journey.rules import load_rules
from hub.journey.timeline import Moment
from hub.journey.value import NOTHING, combine, value
from hub.money import minor
from hub.values import Channel, Direction, Money, RevenueBasis, Stage

RULES = load_rules()


@pytest.fixture(scope="module")
def customers(shared_data: Path) -> dict[str, list[Moment]]:
    table = parquet.read_table(shared_data / "orders" / "online_retail_2010_2011.parquet").to_pylist()
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    times: dict[str, datetime] = {}
    for row in table:
        number = str(row["InvoiceNo"])
        if row["CustomerID"] is not None:
            totals[str(row["CustomerID"]), number] += Decimal(str(row["UnitPrice"])) * row["Quantity"]
            at = row["InvoiceDate"].replace(tzinfo=UTC)
            times[number] = min(at, times.get(number, at))
    found: dict[str, list[Moment]] = defaultdict(list)
    for (customer, number), total in totals.items():
        found[customer].append(
            Moment(
                id=number,
                kind="credit_note" if number.startswith("C") else "invoice",
                channel=Channel.ACCOUNTING,
                direction=Direction.OUTBOUND,
                automated=False,
                at=times[number],
                amount=minor(Money(total, "GBP")),
                currency="GBP",
                document=number,
            )
        )
    return found


@pytest.mark.shared
def test_the_value_of_all_known_customers(customers: dict[str, list[Moment]]) -> None:
    total = NOTHING
    not_positive = 0
    for moments in customers.values():
        worth = value(moments, RevenueBasis.BILLED, UTC)
        total = combine(total, worth)
        not_positive += worth["GBP"].revenue <= 0
    assert len(customers) == 4372
    assert total["GBP"].revenue == 830_006_581
    assert not_positive == 55  # 50 in floating point, where five that come to nothing keep a crumb


@pytest.mark.shared
def test_the_stages_of_all_known_customers(customers: dict[str, list[Moment]]) -> None:
    now = datetime(2011, 12, 10, tzinfo=UTC)
    found = Counter(lifecycle(moments, RULES, now).stage for moments in customers.values())
    assert found == {Stage.LOYAL: 2001, Stage.CUSTOMER: 2316, None: 55}

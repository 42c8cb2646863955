"""Group-bys that one statement answers from a rollup, as ordinary execution does, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.conftest import Served, served
from tests.api.test_group_bys import filled
from tests.reads.test_plan import both, ways

P3 = """{ touchpointStats(groupBy: [CUSTOMER_STAGE, CHANNEL], every: MONTH) {
  rows { key { customerStage channel period } touchpoints amount { amount currency } } } }"""
WHOLE = """{ touchpointStats%s { __typename truncated computedAt rows { __typename touchpoints cost { amount currency }
  amount { amount currency __typename } key { __typename period channel kind direction automated source { id name }
  campaign { id name } customerStage customerRelationship hour property utmSource again: kind } } } }"""

MORE = (
    {"kind": "email", "channel": "EMAIL", "at": "2026-01-31T20:30:00+00:00"},
    {"kind": "email", "channel": "EMAIL", "who": {"email": "ann@x.org"}, "at": "1969-12-31T09:00:00+00:00",
     "automated": True, "campaign": "spring", "cost": "0.05"},
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(module_address: str) -> Iterator[Served]:
    with served(module_address) as service:
        filled(service)
        service.tell(*MORE)
        yield service


def test_stage_channel_and_month(shop: Served) -> None:
    rows = both(shop, P3)["touchpointStats"]["rows"]
    assert rows[0] == {
        "key": {"customerStage": "CUSTOMER", "channel": "EMAIL", "period": "1969-12-01"}, "touchpoints": 1,
        "amount": {"amount": "0.00", "currency": "BDT"},
    }  # fmt: skip
    assert [row["touchpoints"] for row in rows] == [1, 1, 1, 1, 2, 1, 1, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "(groupBy: [])",
        "(groupBy: [KIND, CHANNEL, DIRECTION, AUTOMATED, SOURCE, CAMPAIGN], every: DAY)",
        "(groupBy: [CAMPAIGN, SOURCE], orderBy: COST)",
        "(groupBy: [CUSTOMER_RELATIONSHIP], every: FISCAL_YEAR, orderBy: AMOUNT, direction: ASC)",
        "(groupBy: [CHANNEL, CHANNEL], every: WEEK, first: 2)",
        "(every: QUARTER, having: {touchpointsAtLeast: 2})",
        '(groupBy: [CHANNEL], having: {amountAtLeast: "1000", costAtLeast: "0"}, currency: "BDT", timeZone: "UTC")',
        "(groupBy: [AUTOMATED, DIRECTION], first: 10000)",
        "(every: YEAR, groupBy: [CUSTOMER_STAGE], first: 1, direction: ASC)",
        "(every: FISCAL_QUARTER, groupBy: [KIND])",
    ],
)
def test_group_bys_of_every_kind_that_a_rollup_holds(shop: Served, arguments: str) -> None:
    both(shop, WHOLE % arguments)


@pytest.mark.parametrize(
    "asked",
    [
        "touchpointStats { rows { customers } }",
        "touchpointStats { rows { quantity } }",
        "touchpointStats { notConverted { amount } }",
        "touchpointStats(groupBy: [CUSTOMER_STAGE, KIND]) { rows { touchpoints } }",
        "touchpointStats(groupBy: [HOUR]) { rows { touchpoints } }",
        'touchpointStats(groupBy: [KIND], every: MONTH, timeZone: "Asia/Dhaka") { rows { touchpoints } }',
        'touchpointStats(groupBy: [KIND], currency: "USD") { rows { touchpoints } }',
        "touchpointStats(groupBy: [KIND], orderBy: CUSTOMERS) { rows { touchpoints } }",
        "touchpointStats(groupBy: [KIND], having: {customersAtLeast: 1}) { rows { touchpoints } }",
    ],
)
def test_what_no_rollup_holds_is_answered_the_ordinary_way(shop: Served, asked: str) -> None:
    ordinary, compiled = ways(shop, f"{{ {asked} }}")
    assert compiled is None
    assert ordinary is not None

"""Group-bys that one statement answers from a rollup, as ordinary execution does, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

import pytest

from hub.ingest.hub import Hub
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
        until_counted(service)
        yield service


def until_counted(service: Served) -> None:
    """Money in other currencies is compiled once it was converted, which is done when nothing else is."""
    for _ in range(1000):
        if service.client.portal.call(_uncounted, service.hub) == 0:  # type: ignore[union-attr]
            return
        sleep(0.01)
    raise AssertionError("touchpoints still wait to be counted")


async def _uncounted(hub: Hub) -> int:
    async with hub.reader.snapshot() as snapshot:
        return int(await snapshot.value("SELECT count(*) FROM uncounted"))


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
        "(groupBy: [CHANNEL], filter: {kinds: [], automated: null})",
        '(groupBy: [CHANNEL], filter: {kinds: ["email", "no.such"], automated: false, directions: [INBOUND]})',
        '(groupBy: [KIND], filter: {sources: ["src_x"], campaign: "cmp_x", channels: [EMAIL]})',
        "(groupBy: [CUSTOMER_STAGE], filter: {channels: [EMAIL, ACCOUNTING]}, every: MONTH)",
        "(groupBy: [CHANNEL], customers: {}, every: YEAR)",
        "(customers: {stages: [CUSTOMER], relationships: [CUSTOMER, PARTNER]})",
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
        "touchpointStats(groupBy: [KIND], customers: {}) { rows { touchpoints } }",
        "touchpointStats(groupBy: [CUSTOMER_STAGE], filter: {automated: true}) { rows { touchpoints } }",
        'touchpointStats(groupBy: [KIND], filter: {utmSource: "news"}) { rows { touchpoints } }',
        'touchpointStats(groupBy: [KIND], filter: {kinds: ["a\'b"]}) { rows { touchpoints } }',
        "touchpointStats(groupBy: [KIND], having: {customersAtLeast: 1}) { rows { touchpoints } }",
    ],
)
def test_what_no_rollup_holds_is_answered_the_ordinary_way(shop: Served, asked: str) -> None:
    ordinary, compiled = ways(shop, f"{{ {asked} }}")
    assert compiled is None
    assert ordinary is not None


def test_filters_of_group_bys_may_be_variables_as_a_whole_or_within(shop: Served) -> None:
    within = "query ($k: [String!]) { touchpointStats(filter: {kinds: $k}) { rows { touchpoints } } }"
    whole = "query ($f: TouchpointFilter) { touchpointStats(filter: $f) { rows { touchpoints } } }"
    of_some = "query ($c: CustomerFilter) { touchpointStats(customers: $c) { rows { touchpoints } } }"
    for kind, many in (("email", 4), ("visit", 1), ("email", 4)):
        assert both(shop, within, k=[kind])["touchpointStats"]["rows"] == [{"touchpoints": many}]
        assert both(shop, whole, f={"kinds": [kind]})["touchpointStats"]["rows"] == [{"touchpoints": many}]
    for stage, many in (("CUSTOMER", 8), ("LOYAL", 0)):
        assert both(shop, of_some, c={"stages": [stage]})["touchpointStats"]["rows"] == [{"touchpoints": many}]


def test_days_are_compiled_and_parts_of_days_are_not(shop: Served) -> None:
    asked = "query ($t: TimeRange) { touchpointStats(filter: {occurred: $t}) { rows { touchpoints } } }"
    for of, many in (({"from": "2026-02-01T00:00:00Z"}, 5), ({"until": "2026-02-01T00:00:00+00:00"}, 4), ({}, 9)):
        assert both(shop, asked, t=of)["touchpointStats"]["rows"] == [{"touchpoints": many}]
    for of in ({"from": "2026-02-01T00:00:00.000001Z"}, {"last": "P9Y"}, {"until": "2026-02-01T00:00:00+01:00"}):
        ordinary, compiled = ways(shop, asked, t=of)
        assert compiled is None
        assert ordinary is not None

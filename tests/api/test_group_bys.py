"""Ad-hoc group-bys over touchpoints and customers: counts, money, months of any time zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api.conftest import Served, served

ANN, BOB, FIRM = {"email": "ann@x.org"}, {"email": "bob@x.org"}, {"contact": "K-1"}


def filled(service: Served) -> None:
    """Two persons and a firm: mails, invoices in two currencies, a visit, on both sides of midnight and of a month."""
    service.tell(
        {"rates": [["USD", "BDT", "2026-01-01", "100"], ["USD", "BDT", "2026-02-10", "120"]]},
        {"kind": "email", "channel": "EMAIL", "who": ANN, "at": "2026-01-31T20:30:00+00:00",
         "origin": {"source": "news", "medium": "mail"}},
        {"kind": "email", "channel": "EMAIL", "who": ANN, "at": "2026-02-03T09:00:00+00:00", "direction": "OUTBOUND",
         "cost": "5"},
        {"kind": "invoice", "who": ANN, "at": "2026-02-10", "amount": "1000"},
        {"kind": "invoice", "who": BOB, "at": "2026-01-15", "amount": "20", "currency": "USD"},
        {"kind": "invoice", "who": BOB, "at": "2026-02-15", "amount": "20", "currency": "USD"},
        {"kind": "invoice", "who": FIRM, "at": "2026-03-01", "amount": "7", "currency": "CHF"},
        {"kind": "visit", "channel": "IN_PERSON", "who": BOB, "at": "2026-03-01T09:00:00+00:00"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(module_address: str) -> Iterator[Served]:
    """They all, for tests that only ask."""
    with served(module_address) as service:
        filled(service)
        yield service


def stats(service: Served, arguments: str, key: str, figures: str = "touchpoints") -> list[tuple[Any, ...]]:
    """Rows as tuples: the parts of the key, then the figures."""
    answer = service.ask(f"{{ touchpointStats{arguments} {{ rows {{ key {{ {key} }} {figures} }} }} }}")
    return [row_of(row) for row in answer["touchpointStats"]["rows"]]


def row_of(row: dict[str, Any]) -> tuple[Any, ...]:
    parts = [*row.pop("key").values(), *row.values()]
    return tuple(next(iter(part.values())) if isinstance(part, dict) else part for part in parts)


def test_touchpoints_all_together(shop: Served) -> None:
    found = shop.ask(
        "{ touchpointStats { rows { touchpoints customers amount { amount currency } cost { amount } } truncated "
        "notConverted { amount currency } } }"
    )["touchpointStats"]
    assert found == {
        "rows": [{"touchpoints": 7, "customers": 3, "amount": {"amount": "5400.00", "currency": "BDT"},
                  "cost": {"amount": "5.00"}}],
        "truncated": False,
        "notConverted": [{"amount": "7.00", "currency": "CHF"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dimension", "key", "expected"),
    [
        ("KIND", "kind", {"invoice": 4, "email": 2, "visit": 1}),
        ("CHANNEL", "channel", {"ACCOUNTING": 4, "EMAIL": 2, "IN_PERSON": 1}),
        ("DIRECTION", "direction", {"INBOUND": 6, "OUTBOUND": 1}),
        ("AUTOMATED", "automated", {False: 7}),
        ("SOURCE", "source { name }", {"Books": 7}),
        ("CAMPAIGN", "campaign { name }", {None: 7}),
        ("UTM_SOURCE", "utmSource", {None: 6, "news": 1}),
        ("UTM_MEDIUM", "utmMedium", {None: 6, "mail": 1}),
        ("CUSTOMER", "customer { displayName }", {"ann@x.org": 3, "bob@x.org": 3, "K-1": 1}),
        ("CUSTOMER_KIND", "customerKind", {"PERSON": 6, "ORGANISATION": 1}),
        ("CUSTOMER_STAGE", "customerStage", {"CUSTOMER": 7}),
        ("CUSTOMER_STANDING", "customerStanding", None),
        ("CUSTOMER_COUNTRY", "customerCountry", {None: 7}),
        ("CUSTOMER_CITY", "customerCity", {None: 7}),
        ("CUSTOMER_OWNER", "customerOwner { name }", {None: 7}),
        ("CUSTOMER_RELATIONSHIP", "customerRelationship", {"CUSTOMER": 7}),
        ("CUSTOMER_LANGUAGE", "customerLanguage", {None: 7}),
        ("CUSTOMER_ABC_CLASS", "customerAbcClass", {None: 7}),
        ("CUSTOMER_ACQUISITION_CHANNEL", "customerAcquisitionChannel", {"ACCOUNTING": 4, "EMAIL": 3}),
    ],
)
def test_touchpoints_by_each_dimension(shop: Served, dimension: str, key: str, expected: Any) -> None:
    found = dict(stats(shop, f"(groupBy: [{dimension}])", key))
    assert sum(found.values()) == 7
    assert expected is None or found == expected


def test_each_amount_is_converted_by_the_rate_of_its_day(shop: Served) -> None:
    rows = stats(shop, "(groupBy: [KIND], every: MONTH)", "period kind", "touchpoints customers amount { amount }")
    assert rows == [
        ("2026-01-01", "email", 1, 1, "0.00"),
        ("2026-01-01", "invoice", 1, 1, "2000.00"),
        ("2026-02-01", "invoice", 2, 2, "3400.00"),
        ("2026-02-01", "email", 1, 1, "0.00"),
        ("2026-03-01", "invoice", 1, 1, "0.00"),
        ("2026-03-01", "visit", 1, 1, "0.00"),
    ]
    dollars = stats(shop, '(groupBy: [KIND], currency: "USD")', "kind", "amount { amount }")
    assert dict(dollars)["invoice"] == "48.33"


def test_months_are_those_of_the_asked_time_zone(shop: Served) -> None:
    mails = '(filter: {kinds: ["email"]}, every: MONTH'
    assert stats(shop, f"{mails})", "period") == [("2026-01-01", 1), ("2026-02-01", 1)]
    assert stats(shop, f'{mails}, timeZone: "Asia/Dhaka")', "period") == [("2026-02-01", 2)]
    days = stats(shop, '(filter: {kinds: ["email"]}, every: DAY, timeZone: "Pacific/Kiritimati")', "period")
    assert days == [("2026-02-01", 1), ("2026-02-03", 1)]
    code, sentence = shop.refusal('{ touchpointStats(timeZone: "Mars/Olympus") { truncated } }')
    assert code == "BAD_USER_INPUT"
    assert "'Mars/Olympus' is not an IANA time zone, like Asia/Dhaka." in sentence


@pytest.mark.parametrize(
    "zone",
    [
        "Australia/Lord_Howe", "UTC",
        *(pytest.param(zone, marks=pytest.mark.long) for zone in ("America/New_York", "Europe/Berlin", "Asia/Dhaka")),
    ],
)  # fmt: skip
def test_days_of_a_zone_that_sets_its_clocks_are_right(service: Served, zone: str) -> None:
    times = [
        f"{year}-{month:02}-{day:02}T{hour:02}:30:00+00:00"
        for year in (1969, 2025, 2026)
        for month, day in ((1, 1), (3, 8), (3, 9), (3, 29), (3, 30), (4, 5), (10, 4), (10, 25), (11, 1), (11, 2))
        for hour in (0, 4, 5, 12, 23)
    ]
    service.tell(*({"kind": "visit", "channel": "IN_PERSON", "who": ANN, "at": at} for at in times))
    local = Counter(datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).date().isoformat() for at in times)
    assert dict(stats(service, f'(every: DAY, timeZone: "{zone}")', "period")) == dict(local)


def test_groups_are_kept_by_what_they_come_to_ordered_and_cut(shop: Served) -> None:
    assert stats(shop, "(groupBy: [KIND], having: {touchpointsAtLeast: 2})", "kind") == [
        ("invoice", 4), ("email", 2),
    ]  # fmt: skip
    assert stats(shop, "(groupBy: [KIND], having: {customersAtLeast: 2})", "kind") == [("invoice", 4)]
    by_amount = '(groupBy: [CUSTOMER], orderBy: AMOUNT, having: {amountAtLeast: "1000"})'
    assert stats(shop, by_amount, "customer { displayName }", "amount { amount }") == [
        ("bob@x.org", "4400.00"), ("ann@x.org", "1000.00"),
    ]  # fmt: skip
    cut = shop.ask("{ touchpointStats(groupBy: [KIND], first: 1) { rows { touchpoints } truncated } }")
    assert cut["touchpointStats"] == {"rows": [{"touchpoints": 4}], "truncated": True}


def test_touchpoints_of_chosen_customers_only(shop: Served) -> None:
    assert stats(shop, "(groupBy: [KIND], customers: {kinds: [ORGANISATION]})", "kind") == [("invoice", 1)]
    rich = '(groupBy: [KIND], customers: {revenue: {min: "2000"}})'
    assert dict(stats(shop, rich, "kind")) == {"invoice": 2, "visit": 1}


def customers(service: Served, arguments: str, key: str, figures: str = "customers") -> list[tuple[Any, ...]]:
    answer = service.ask(f"{{ customerStats{arguments} {{ rows {{ key {{ {key} }} {figures} }} }} }}")
    return [row_of(row) for row in answer["customerStats"]["rows"]]


def test_customers_all_together_and_what_has_no_rate(shop: Served) -> None:
    found = shop.ask(
        "{ customerStats { rows { customers revenue { amount } averageRevenue { amount } } truncated totalCustomers "
        "totalRevenue { amount currency } notConverted { amount currency } } }"
    )["customerStats"]
    assert found == {
        "rows": [{"customers": 3, "revenue": {"amount": "5400.00"}, "averageRevenue": {"amount": "1800.00"}}],
        "truncated": False,
        "totalCustomers": 3,
        "totalRevenue": {"amount": "5400.00", "currency": "BDT"},
        "notConverted": [{"amount": "7.00", "currency": "CHF"}],
    }


@pytest.mark.parametrize(
    ("dimension", "key", "expected"),
    [
        ("STAGE", "stage", {"CUSTOMER": 3}),
        ("STANDING", "standing", None),
        ("KIND", "kind", {"PERSON": 2, "ORGANISATION": 1}),
        ("RELATIONSHIP", "relationship", {"CUSTOMER": 3}),
        ("OWNER", "owner { name }", {None: 3}),
        ("COUNTRY", "country", {None: 3}),
        ("CITY", "city", {None: 3}),
        ("LANGUAGE", "language", {None: 3}),
        ("ABC_CLASS", "abcClass", {None: 3}),
        ("ACQUISITION_CHANNEL", "acquisitionChannel", None),
        ("ACQUISITION_SOURCE", "acquisitionSource", {None: 2, "news": 1}),
        ("ACQUISITION_CAMPAIGN", "acquisitionCampaign { name }", {None: 3}),
        ("FIRST_TOUCH_MONTH", "firstTouchMonth", {"2026-01-01": 2, "2026-03-01": 1}),
        ("FIRST_PURCHASE_MONTH", "firstPurchaseMonth", {"2026-01-01": 1, "2026-02-01": 1, "2026-03-01": 1}),
        ("TAG", "tag", {None: 3}),
    ],
)
def test_customers_by_each_dimension(shop: Served, dimension: str, key: str, expected: Any) -> None:
    found = dict(customers(shop, f"(groupBy: [{dimension}])", key))
    assert sum(found.values()) == 3
    assert expected is None or found == expected


def test_who_has_two_tags_is_in_two_groups_and_counts_once_in_all(service: Served) -> None:
    filled(service)
    (bob,) = (
        node["id"] for node in service.ask("{ customers { nodes { id email } } }")["customers"]["nodes"]
        if node["email"] == "bob@x.org"
    )  # fmt: skip
    done = service.ask(
        "mutation ($input: DescribeCustomersInput!) { describeCustomers(input: $input) { receipt { sequence } } }",
        input={"customers": [bob], "addTags": ["vip", "রান্না"]},
    )["describeCustomers"]
    service.sequence = done["receipt"]["sequence"]
    assert dict(customers(service, "(groupBy: [TAG])", "tag")) == {None: 2, "vip": 1, "রান্না": 1}
    assert service.ask("{ customerStats(groupBy: [TAG]) { totalCustomers } }")["customerStats"] == {"totalCustomers": 3}


def test_several_dimensions_and_a_filter(shop: Served) -> None:
    rows = customers(
        shop, "(groupBy: [KIND, FIRST_PURCHASE_MONTH], orderBy: REVENUE, filter: {kinds: [PERSON]})",
        "kind firstPurchaseMonth", "customers revenue { amount }",
    )  # fmt: skip
    assert rows == [("PERSON", "2026-01-01", 1, "4400.00"), ("PERSON", "2026-02-01", 1, "1000.00")]


def test_group_bys_are_for_analysts_and_cities_for_who_sees_contacts(lite: Served) -> None:
    assert lite.refusal("{ touchpointStats { truncated } }", lite.new_token("read"))[0] == "FORBIDDEN"
    analyst = lite.new_token("read", "analyse")
    assert lite.ask("{ customerStats { totalCustomers } }", analyst) == {"customerStats": {"totalCustomers": 0}}
    for document in ("touchpointStats(groupBy: [CUSTOMER_CITY])", "customerStats(groupBy: [CITY])"):
        code, sentence = lite.refusal(f"{{ {document} {{ truncated }} }}", analyst)
        assert (code, sentence) == ("FORBIDDEN", "Grouping by cities needs a token with the scope pii.")


def test_an_empty_hub_has_no_groups(service: Served) -> None:
    assert stats(service, "(groupBy: [KIND], every: MONTH)", "kind") == []
    assert customers(service, "(groupBy: [STAGE])", "stage") == []


def test_touchpoints_by_a_property_and_by_whether_it_is_known_whose_they_are(service: Served) -> None:
    calls: list[dict[str, Any]] = [
        {"who": ANN, "properties": {"agent": "tania", "a.b": 1}}, {"who": BOB, "properties": {"agent": "জামিল"}},
        {"who": ANN, "properties": {"agent": "tania", "a.b": {"of": [True]}}}, {"properties": {"agent": 7}},
        {"who": ANN},
    ]  # fmt: skip
    service.tell(*({"kind": "call", "channel": "PHONE", "cost": "2", **call} for call in calls))
    by_agent = (
        '(groupBy: [PROPERTY, IDENTIFIED], property: "agent", every: YEAR, orderBy: COST, filter: {kinds: ["call"]})'
    )
    found = stats(service, by_agent, "property identified", "touchpoints quantity cost { amount }")
    assert sorted(found, key=str) == sorted([
        ("tania", True, 2, None, "4.00"), ("জামিল", True, 1, None, "2.00"), (7, False, 1, None, "2.00"),
        (None, True, 1, None, "2.00"),
    ], key=str)  # fmt: skip
    answer = service.ask(
        '{ touchpointStats(groupBy: [PROPERTY], property: "a.b") { rows { key { property } touchpoints } } }'
    )
    assert sorted((row["key"]["property"] for row in answer["touchpointStats"]["rows"]), key=str) == [
        1, None, {"of": [True]},
    ]  # fmt: skip
    for name, value in (("a.b", 1), ("0", 3), ("[0]", 4), ("$.x", 5), ("নাম", 6)):
        service.tell({"kind": "call", "channel": "PHONE", "who": ANN, "properties": {name: value}})
        only = (
            "query ($name: String!) { touchpoints(filter: {properties: [{name: $name, exists: true}]}) "
            "{ nodes { id } } }"
        )
        assert len(service.ask(only, name=name)["touchpoints"]["nodes"]) == (3 if name == "a.b" else 1), name
        grouped = (
            "query ($name: String!) { touchpointStats(groupBy: [PROPERTY], property: $name) "
            "{ rows { key { property } } } }"
        )
        told = [row["key"]["property"] for row in service.ask(grouped, name=name)["touchpointStats"]["rows"]]
        assert value in told, name
    for wrong in ("groupBy: [PROPERTY]", 'property: "agent"'):
        assert service.refusal(f"{{ touchpointStats({wrong}) {{ truncated }} }}") == (
            "BAD_USER_INPUT", "Give PROPERTY and property together.",
        )  # fmt: skip
    blind = service.refusal(f"{{ touchpointStats{by_agent} {{ truncated }} }}", service.new_token("analyse", "read"))
    assert blind == ("FORBIDDEN", "Grouping by a property needs a token with the scope pii.")


def test_agents_who_are_no_users_have_no_name_without_the_right_to_see_contacts(lite: Served) -> None:
    lite.tell({"kind": "call", "channel": "PHONE", "who": ANN, "participants": [("AGENT", "Jamil Hasan", "")]})
    assert stats(lite, "(groupBy: [AGENT])", "agentName agent { name }") == [("Jamil Hasan", None, 1)]
    masked = lite.ask(
        "{ touchpointStats(groupBy: [AGENT]) { rows { key { agentName } } } }", lite.new_token("analyse", "read")
    )
    assert masked["touchpointStats"]["rows"][0]["key"]["agentName"] not in (None, "Jamil Hasan")


def test_costs_to_serve_by_stage_are_those_of_looking_at_each_touchpoint(shop: Served) -> None:
    asked = "customerStats(groupBy: [%s]) { rows { key { stage } costToServe { amount } } }"
    by_stage, looked_at = (shop.ask(f"{{ {asked % by} }}")["customerStats"]["rows"] for by in ("STAGE", "STAGE, KIND"))
    assert [row["costToServe"]["amount"] for row in by_stage] == ["5.00"]
    assert sum(float(row["costToServe"]["amount"]) for row in looked_at) == 5

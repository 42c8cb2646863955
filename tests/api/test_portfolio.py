"""The portfolio: what customers come to together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Served

WITHIN = {"from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}


def bought(who: str, amount: str, at: str, **more: Any) -> dict[str, Any]:
    return {"kind": "invoice", "amount": amount, "at": at, "who": {"email": f"{who}@example.com"}, **more}


def shop(service: Served) -> None:
    """Ten customers: the first two bring 800 of 1,000; one bought before the span, one only asked, one in yen."""
    rows = [
        bought("a", "300.00", "2026-02-28"),
        bought("a", "200.00", "2026-01-10"),
        bought("b", "300.00", "2026-02-01"),
    ]
    rows += [bought(who, "25.00", f"2026-01-{day:02d}") for day, who in enumerate("cdefgh", 11)]
    rows += [bought("c", "50.00", "2026-02-02"), bought("z", "999.00", "2025-06-01")]
    rows += [{"kind": "form", "channel": "WEB", "who": {"email": "asks@example.com"}}]
    rows += [bought("y", "700", "2026-01-20", currency="JPY")]
    service.tell(*rows)


def test_revenue_classes_and_concentration_of_a_span(service: Served) -> None:
    shop(service)
    found = service.ask(
        """query ($within: TimeRange) { portfolio(within: $within) { currency buyers purchases
             revenue { amount currency } notConverted { amount currency } concentration half: concentration(top: 0.5)
             classes { abcClass customers revenue { amount } share }
             wide: classes(cutOffs: [0.5, 0.9]) { customers } } }""",
        within=WITHIN,
    )["portfolio"]
    assert (found["currency"], found["buyers"], found["purchases"]) == ("BDT", 8, 10)
    assert found["revenue"] == {"amount": "1000.00", "currency": "BDT"}
    assert found["notConverted"] == [{"amount": "700", "currency": "JPY"}]
    assert found["classes"] == [
        {"abcClass": "A", "customers": 2, "revenue": {"amount": "800.00"}, "share": 0.8},
        {"abcClass": "B", "customers": 1, "revenue": {"amount": "75.00"}, "share": 0.075},
        {"abcClass": "C", "customers": 5, "revenue": {"amount": "125.00"}, "share": 0.125},
    ]
    assert [each["customers"] for each in found["wide"]] == [1, 2, 5]
    assert (found["concentration"], found["half"]) == (0.8, 0.9)


def test_scores_count_back_from_the_end_of_the_span(service: Served) -> None:
    shop(service)
    cells = service.ask(
        "query ($within: TimeRange) { portfolio(within: $within) {"
        " rfm { recency frequency customers revenue { amount } } } }",
        within=WITHIN,
    )["portfolio"]["rfm"]
    assert len(cells) == 25
    # a bought on February 28th, c on the 2nd, b on the 1st; the others in January, a day apart: five fifths of eight.
    assert [(each["recency"], each["frequency"], each["customers"], each["revenue"]["amount"])
            for each in cells if each["customers"]] == [
        (5, 5, 2, "575.00"), (4, 2, 1, "300.00"), (3, 2, 2, "50.00"), (2, 2, 1, "25.00"), (1, 2, 2, "50.00"),
    ]  # fmt: skip


def test_stage_by_standing_holds_everybody(service: Served) -> None:
    shop(service)
    places = service.ask(
        "query ($within: TimeRange) { portfolio(within: $within) { places { stage standing customers buyers purchases"
        " revenue { amount } } } }",
        within=WITHIN,
    )["portfolio"]["places"]
    assert sum(each["customers"] for each in places) == 11
    assert sum(each["buyers"] for each in places) == 8
    assert {each["stage"] for each in places} == {"LEAD", "CUSTOMER"}
    assert next(each for each in places if each["stage"] == "LEAD")["customers"] == 1


def test_the_portfolio_of_a_segment(service: Served) -> None:
    shop(service)
    segment = service.ask(
        'mutation { saveSegment(input: {name: "Large", filter: {revenue: {min: "300"}}}) { segment { id } } }'
    )["saveSegment"]["segment"]["id"]
    found = service.ask(
        "query ($id: ID!) { portfolio(filter: {segment: $id}) { buyers revenue { amount } classes { customers } } }",
        id=segment,
    )["portfolio"]
    assert (found["buyers"], found["revenue"]["amount"]) == (3, "1799.00")


def test_products_share_what_stands_of_a_purchase(service: Served) -> None:
    lines = [
        {"description": "Filter", "amount": "30.00", "sku": "F1"},
        {"description": "Cooker", "amount": "70.00", "sku": "C1"},
    ]
    service.tell(
        bought("a", "100.00", "2026-02-01", lines=lines, properties={"number": "I1"}),
        bought("b", "50.00", "2026-02-02", lines=[]),
        {"kind": "credit_note", "amount": "50.00", "at": "2026-02-03", "who": {"email": "a@example.com"},
         "properties": {"settles": "I1"}},
    )  # fmt: skip
    sold = service.ask(
        "{ portfolio { products { product { sku } revenue { amount } share abcClass lines } revenue { amount } } }"
    )["portfolio"]
    assert sold["revenue"] == {"amount": "100.00"}
    assert [
        (each["product"], each["revenue"]["amount"], each["share"], each["abcClass"]) for each in sold["products"]
    ] == [
        ({"sku": "C1"}, "35.00", 0.7, "A"),
        ({"sku": "F1"}, "15.00", 0.3, "C"),
    ]


def test_churn_by_purchases_looks_at_months_that_have_ended(service: Served) -> None:
    present = datetime.now(UTC) + timedelta(hours=6)  # in Dhaka
    month = present.year * 12 + present.month - 1
    starts = [f"{(month - back) // 12}-{(month - back) % 12 + 1:02d}" for back in range(4)]
    service.tell(
        *(bought(who, "10.00", f"{starts[3]}-15") for who in "abcd"),
        *(bought(who, "10.00", f"{starts[2]}-15") for who in "abe"),
        *(bought(who, "10.00", f"{starts[1]}-15") for who in "a"),
    )
    churn = service.ask("{ portfolio { churn(periods: 3) { periods { startsOn customers lost rate } trend } } }")[
        "portfolio"
    ]["churn"]
    assert churn["periods"] == [
        {"startsOn": f"{(month - 4) // 12}-{(month - 4) % 12 + 1:02d}-01", "customers": 0, "lost": 0, "rate": None},
        {"startsOn": f"{starts[3]}-01", "customers": 4, "lost": 2, "rate": 0.5},
        {"startsOn": f"{starts[2]}-01", "customers": 3, "lost": 2, "rate": 2 / 3},
    ]
    assert churn["trend"] is None


def test_who_lapsed_is_lost_by_standing_and_ends_a_survival(service: Served) -> None:
    present = datetime.now(UTC)

    def ago(days: int) -> str:
        return (present - timedelta(days=days)).isoformat()

    service.tell(
        bought("gone", "10.00", ago(500)), bought("gone2", "10.00", ago(450)), bought("gone2", "10.00", ago(440)),
        bought("here", "10.00", ago(400)), bought("here", "10.00", ago(20)), bought("new", "10.00", ago(5)),
    )  # fmt: skip
    found = service.ask(
        "{ portfolio { churn(by: STANDING, periods: 18) { periods { customers lost } }"
        " survival { medianDays points { days atRisk lapsed survival low high } } } }"
    )["portfolio"]
    assert sum(each["lost"] for each in found["churn"]["periods"]) == 3
    assert max(each["customers"] for each in found["churn"]["periods"]) == 3
    points = found["survival"]["points"]
    # `here` was silent for 380 days and lapsed too, before it came back.
    assert [(each["days"], each["atRisk"], each["lapsed"]) for each in points] == [(365, 3, 2), (375, 1, 1)]
    assert points[0]["survival"] == pytest.approx(1 / 3)
    assert found["survival"]["medianDays"] == 365


def test_only_analysts_see_the_portfolio(lite: Served) -> None:
    assert lite.refusal("{ portfolio { buyers } }", lite.new_token("read", "pii"))[0] == "FORBIDDEN"
    empty = lite.ask("{ portfolio { buyers revenue { amount } concentration classes { customers share }"
                     " rfm { customers } products { lines } costToServe { amount }"
                     " survival { points { days } medianDays } churn { trend } } }")["portfolio"]  # fmt: skip
    assert (empty["buyers"], empty["revenue"], empty["concentration"]) == (0, {"amount": "0.00"}, 0.0)
    assert empty["survival"] == {"points": [], "medianDays": None}
    for wrong in ("concentration(top: 0)", "classes(cutOffs: [0.9, 0.8]) { share }", "products(first: 501) { lines }",
                  "churn(periods: 0) { trend }"):  # fmt: skip
        assert lite.refusal(f"{{ portfolio {{ {wrong} }} }}")[0] == "BAD_USER_INPUT"

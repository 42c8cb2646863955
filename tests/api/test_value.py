"""Value of a customer: converted by the rate of the day, debts, days to pay, cost, and what is missing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.conftest import Served

ANN, BEN = {"email": "ann@example.com"}, {"email": "ben@example.com"}
VALUE = """query ($currency: Currency) { customer(by: {identifier: {kind: "email", value: "ann@example.com"}}) {
  value(currency: $currency) {
    revenue { amount currency } invoiced { amount } credited { amount } paid { amount } refunded { amount }
    reversed { amount } outstanding { amount } overdue { amount } overdueSince orders averageOrder { amount }
    firstPurchaseAt lastPurchaseAt purchaseDays monetary { amount } daysToPay daysLate costToServe { amount }
    notConverted { amount currency } missingRates { base quote on } } } }"""


def bill(number: str, amount: str, on: str, currency: str = "BDT", **properties: str) -> dict[str, Any]:
    return {
        "kind": "invoice", "at": on, "who": ANN, "amount": amount, "currency": currency,
        "properties": {"number": number} | properties,
    }  # fmt: skip


def money(kind: str, amount: str, on: str, settles: str, currency: str = "BDT", **properties: str) -> dict[str, Any]:
    return {
        "kind": kind, "at": on, "who": ANN, "amount": amount, "currency": currency,
        "properties": {"settles": settles} | properties,
    }  # fmt: skip


def rate(on: str, base: str, quote: str, value: str) -> dict[str, Any]:
    return {"rates": [[base, quote, on, value]]}


def value(service: Served, currency: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = service.ask(VALUE, currency=currency)["customer"]["value"]
    return {
        name: held["amount"] if isinstance(held, dict) and "currency" not in held else held
        for name, held in found.items()
    }


def test_debts_and_payments_of_a_customer(service: Served) -> None:
    service.tell(
        bill("A", "100.00", "2026-01-10", due_on="2026-01-20"), bill("B", "50.00", "2026-02-01", due_on="2026-02-10"),
        bill("C", "30.00", "2026-02-03"), money("payment", "100.00", "2026-01-26", "A", number="P1"),
        money("payment", "20.00", "2026-02-02", "B"), money("payment", "30.00", "2026-02-05", "C", number="P2"),
        money("reversal", "30.00", "2026-02-09", "P2"),
        {"kind": "call", "channel": "PHONE", "who": ANN, "cost": "4.50"},
    )  # fmt: skip
    found = value(service)
    assert found.pop("firstPurchaseAt") == "2026-01-10T12:00:00.000000Z"
    assert found.pop("lastPurchaseAt") == "2026-02-03T12:00:00.000000Z"
    assert found == {
        "revenue": {"amount": "180.00", "currency": "BDT"}, "invoiced": "180.00", "credited": "0.00", "paid": "150.00",
        "refunded": "0.00", "reversed": "30.00", "outstanding": "60.00", "overdue": "30.00",
        "overdueSince": "2026-02-10", "orders": 3, "averageOrder": "60.00", "purchaseDays": 3, "monetary": "60.00",
        "daysToPay": 16.0, "daysLate": 6.0, "costToServe": "4.50", "notConverted": [], "missingRates": [],
    }  # fmt: skip


def test_amounts_in_other_currencies_are_converted_by_the_rate_of_their_day(service: Served) -> None:
    service.tell(
        rate("2026-01-10", "USD", "BDT", "100"), rate("2026-02-01", "USD", "BDT", "120"),
        bill("A", "10.00", "2026-01-12", "USD"), bill("B", "5.00", "2026-02-03", "USD"),
        bill("C", "70.00", "2026-02-04"),
    )  # fmt: skip
    found = value(service)
    assert found["revenue"] == {"amount": "1670.00", "currency": "BDT"}
    assert (found["orders"], found["averageOrder"], found["monetary"]) == (3, "556.67", "556.67")
    assert found["notConverted"] == []
    dollars = value(service, "USD")
    assert dollars["revenue"] == {"amount": "15.58", "currency": "USD"}  # 10 + 5 + 70 / 120
    assert dollars["monetary"] == "5.19"
    assert service.ask("{ customers(orderBy: {field: REVENUE, direction: DESC}) { nodes { email } } }")


def test_what_lacks_a_rate_is_named_with_its_day(service: Served) -> None:
    service.tell(bill("A", "10.00", "2026-01-12", "USD"), bill("B", "7.00", "2026-01-13"))
    found = value(service)
    assert (found["revenue"]["amount"], found["orders"], found["averageOrder"]) == ("7.00", 2, "7.00")
    assert found["notConverted"] == [{"amount": "10.00", "currency": "USD"}]
    # The first day of a bill, and today's, by which what is owed would be converted.
    assert found["missingRates"][0] == {"base": "USD", "quote": "BDT", "on": "2026-01-12"}
    assert [each["base"] for each in found["missingRates"]] == ["USD", "USD"]
    euros = value(service, "EUR")
    assert euros["notConverted"] == [{"amount": "7.00", "currency": "BDT"}, {"amount": "10.00", "currency": "USD"}]


def test_what_is_owed_is_converted_by_the_rate_of_today(service: Served) -> None:
    today = datetime.now(UTC).date().isoformat()
    service.tell(
        bill("A", "10.00", "2020-01-12", "USD", due_on="2020-02-01"), rate("2020-01-12", "USD", "BDT", "84"),
        rate(today, "BDT", "USD", "0.008"),
    )  # fmt: skip
    found = value(service)
    assert (found["revenue"]["amount"], found["outstanding"], found["overdue"]) == ("840.00", "1250.00", "1250.00")


def test_customers_who_owe_something_overdue_are_found(service: Served) -> None:
    service.tell(
        bill("A", "10.00", "2020-01-12", due_on="2020-02-01"),
        bill("B", "10.00", "2020-01-12", due_on="2100-01-01") | {"who": {"email": "ben@example.com"}},
    )  # fmt: skip
    ask = "query ($overdue: Boolean) { customers(filter: {overdue: $overdue}) { nodes { email } totalCount } }"
    assert service.ask(ask, overdue=True)["customers"] == {"nodes": [{"email": "ann@example.com"}], "totalCount": 1}
    assert service.ask(ask, overdue=False)["customers"] == {"nodes": [{"email": "ben@example.com"}], "totalCount": 1}


def test_engagement_decays_and_answers_are_kept(service: Served) -> None:
    def ago(days: int) -> str:
        return (datetime.now(UTC) - timedelta(days=days)).isoformat()

    service.tell(
        {"kind": "email", "channel": "EMAIL", "at": ago(90), "who": ANN},
        {"kind": "meeting", "channel": "IN_PERSON", "direction": "OUTBOUND", "at": ago(180), "who": ANN},
        {"kind": "email", "channel": "EMAIL", "direction": "OUTBOUND", "at": ago(1), "who": ANN},
        {"kind": "survey", "channel": "WEB", "at": ago(360), "who": BEN, "quantity": ["9", "nps"]},
        {"kind": "survey", "channel": "WEB", "at": ago(350), "who": BEN, "quantity": ["6", "nps"]},
        {"kind": "form", "channel": "WEB", "at": ago(340), "who": BEN, "quantity": ["4.5", "csat"]},
    )  # fmt: skip
    ask = """query ($least: Float) { customers(filter: {engagementAtLeast: $least}) {
      nodes { email engagement satisfaction { nps { latest mean answers } csat { latest } } } } }"""
    found = {each.pop("email"): each for each in service.ask(ask, least=0)["customers"]["nodes"]}
    assert abs(found["ann@example.com"]["engagement"] - (0.5 + 3 / 4)) < 1e-3
    assert found["ann@example.com"]["satisfaction"] == {"nps": None, "csat": None}
    assert found["ben@example.com"]["satisfaction"] == {
        "nps": {"latest": "6", "mean": 7.5, "answers": 2}, "csat": {"latest": "4.5"},
    }  # fmt: skip
    engaged = service.ask(ask, least=1.2)["customers"]["nodes"]
    assert [each["email"] for each in engaged] == ["ann@example.com"]

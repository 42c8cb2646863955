"""Exchange rates as facts: whoever paid in another currency is worth what the rates of the day say, whenever told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from hub import sdk
from hub.ingest import rates
from hub.journey.rules import default_text
from hub.store.fingerprint import fingerprint
from tests.ingest.builders import DAY, NOW, Bench, row
from tests.ingest.test_purchases import ANN, BEN, bill, credit, read

CONVERTED = (
    "SELECT v.currency, v.revenue, v.missing, v.missing_on, v.unconverted FROM converted_value v "
    "JOIN customer c ON c.num = v.customer WHERE c.email = $1"
)
REVENUE = "SELECT revenue FROM customer WHERE email = $1"


def rate(key: str, on: str, value: str, pair: str = "USDBDT") -> sdk.Row:
    return row(key, {"rate": value, "on": on, "base": pair[:3], "quote": pair[3:]})


def revenue(bench: Bench, email: str = "ann@x.org") -> int:
    return int(bench.projection.value(REVENUE, email))


def converted(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.projection.all(CONVERTED, "ann@x.org")


def dollars(number: str, amount: str, on: str = "2025-03-01") -> sdk.Row:
    return bill(number, amount, ANN, on, currency="USD")


def test_revenue_is_converted_by_the_days_rate_and_added_up(bench: Bench) -> None:
    # 20:00 UTC of the first is the second of March in Dhaka.
    bench.tell(rate("x1", "2025-03-01", "100"), rate("x2", "2025-03-02", "110.005"))
    bench.tell(bill("I1", "5.00", ANN), dollars("I2", "3.33"), dollars("I3", "1.00", "2025-02-28"))
    assert revenue(bench) == 500 + 36632 + 10000
    assert converted(bench) == [("USD", 46632, 0, None, 0)]
    assert sorted(read(bench).converted.tolist()) == [500, 10000, 36632]


def test_what_has_no_rate_is_left_out_and_named(bench: Bench) -> None:
    bench.tell(rate("x1", "2025-03-02", "100"), dollars("I1", "3.00", "2025-02-20"), dollars("I2", "2.00"))
    assert revenue(bench) == 20000
    assert converted(bench) == [("USD", 20000, 1, 20140, 300)]
    assert [each.amount for each in read(bench).unconverted] == [300]


def test_a_rate_that_comes_late_or_changes_or_goes_changes_whom_it_concerns(bench: Bench) -> None:
    bench.tell(dollars("I1", "2.00"), bill("I2", "7.00", BEN))
    before = fingerprint(bench.projection)
    steps = [
        (rate("x1", "2025-03-01", "100"), 20000),
        (rate("x1", "2025-03-01", "101"), 20200),
        (rate("x2", "2025-03-02", "120"), 24000),
        (row("x2"), 20200),
    ]
    for given, expected in steps:
        bench.tell(given)
        assert (revenue(bench), revenue(bench, "ben@x.org")) == (expected, 700)
    bench.withdraw("RECORD", str(bench.record("books", "rows", rate("x1", "2025-03-01", "101"))))
    bench.withdraw("RECORD", str(bench.record("books", "rows", rate("x1", "2025-03-01", "100"))))
    bench.process()
    assert "customer_value" not in before.differing(fingerprint(bench.projection))
    assert (revenue(bench), converted(bench)) == (0, [("USD", 0, 1, 20149, 200)])


def test_a_customer_in_memory_takes_new_rates_for_what_comes_later(bench: Bench) -> None:
    bench.tell(rate("x1", "2025-03-01", "100"), dollars("I1", "1.00"))
    bench.tell(rate("x2", "2025-05-01", "120"))
    bench.tell(dollars("I2", "1.00", "2025-05-03"))
    assert revenue(bench) == 10000 + 12000


def test_facts_in_any_order_give_the_same_numbers(bench: Bench) -> None:
    facts = [
        rate("x1", "2025-03-01", "1.25", "EURUSD"), rate("x2", "2025-03-01", "125", "EURBDT"),
        dollars("I1", "2.00"), credit("C1", "0.50", "I1", ANN),
    ]  # fmt: skip
    found = set()
    for order in permutations(facts):
        bench.clear()
        for fact in order:
            bench.tell(fact)
        found.add((revenue(bench), tuple(converted(bench)), tuple(read(bench).converted.tolist())))
    # The credit note names no currency but BDT: the dollars stand, and half a taka is credited.
    assert found == {(20000 - 50, (("USD", 20000, 0, None, 0),), (20000,))}


def test_of_many_customers_those_beyond_a_batch_are_folded_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_AT_ONCE", 3)
    bench.tell(*(bill(f"I{n}", "1.00", {"email": f"c{n}@x.org"}, currency="USD") for n in range(10)))
    bench.tell(rate("x1", "2025-03-01", "100"))
    assert bench.projection.all("SELECT DISTINCT revenue FROM customer") == [(10000,)]
    bench.clock = NOW + DAY
    bench.tell(bill("I99", "1.00", {"email": "c1@x.org"}))
    assert bench.projection.value(REVENUE, "c1@x.org") == 10100
    assert bench.projection.value("SELECT count(*) FROM customer WHERE next_change_at = 0") == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (rate("x1", "2025-03-01", "0"), "0 is not an exchange rate"),
        (rate("x1", "2025-03-01", "NaN"), "NaN is not an exchange rate"),
        (rate("x1", "2025-03-01", "1E30"), "1E+30 is not an exchange rate"),
        (rate("x1", "2025-03-01", "1", "usdBDT"), "'usd' is not a currency: write three capital letters (ISO 4217), like BDT"),  # noqa: E501
        (rate("x1", "2025-03-01", "1", "USDUSD"), "a rate of USD in itself says nothing"),
        (rate("x1", "1066-03-01", "1"), "a rate of the year 1066"),
    ],
)  # fmt: skip
def test_what_is_no_rate_is_a_problem_of_its_row(bench: Bench, given: sdk.Row, message: str) -> None:
    bench.tell(given)
    assert bench.projection.all("SELECT code, message FROM problem") == [("UNREADABLE", message)]
    assert bench.projection.value("SELECT count(*) FROM exchange_rate") == 0


def test_rates_read_again_are_the_same_after_a_rebuild(bench: Bench) -> None:
    bench.tell(rate("x1", "2025-03-01", "100"), dollars("I1", "2.00"), rate("x1", "2025-03-01", "100.0"))
    before = fingerprint(bench.projection)
    bench.forget()
    bench.process()
    assert before.differing(fingerprint(bench.projection)) == []


def test_merge_then_split_gives_every_number_back(bench: Bench) -> None:
    bench.tell(
        rate("x1", "2025-02-01", "100"), rate("x2", "2025-02-01", "1.25", "EURUSD"),
        bill("I1", "5.00", ANN, properties={"number": "I1", "due_on": "2025-04-01"}), dollars("I2", "3.33"),
        bill("I3", "2.00", BEN, currency="EUR"), bill("I4", "9.99", BEN, currency="PKR"),
        row("k1", who=ANN), row("k2", kind="meeting", direction="OUTBOUND", who=BEN), credit("C1", "1.00", "I1", BEN),
    )  # fmt: skip
    before = fingerprint(bench.projection)
    customers = sorted({each for pair in bench.partition().values() for each in pair if each})
    operation = bench.merge(*customers)
    merged = fingerprint(bench.projection)
    assert {"customer", "customer_value", "converted_value", "debt", "engagement"} <= set(before.differing(merged))
    bench.undo(operation)
    money = ("customer", "customer_value", "converted_value", "debt", "engagement", "purchase", "stage_change")
    assert set(before.differing(fingerprint(bench.projection))).isdisjoint(money)


SPENDERS = default_text().replace('version = "1"', 'version = "spenders"') + (
    '[[stages]]\nrule = "spender"\nstage = "LOYAL"\nwhen = "purchase"\nspent_at_least = 1000\ntext = "{spent}."\n'
)


def spender(bench: Bench, email: str = "ann@x.org") -> tuple[Any, ...]:
    found = bench.projection.all("SELECT stage, because::jsonb ->> 'text' FROM customer WHERE email = $1", email)
    return tuple(found[0])


def test_stages_that_wait_for_a_sum_follow_the_rates(bench: Bench) -> None:
    bench.lifecycle_rules(SPENDERS)
    bench.tell(bill("I1", "100.00", ANN), dollars("I2", "9.00"), bill("I3", "999.00", BEN))
    bought = ("CUSTOMER", "Bought, and it was not fully credited: invoice.")
    assert spender(bench) == bought
    steps = [
        (rate("x1", "2025-03-01", "99.99"), bought),
        (rate("x1", "2025-03-01", "100"), ("LOYAL", "1000.00.")),
        (rate("x2", "2025-03-02", "110"), ("LOYAL", "1090.00.")),
        (row("x2"), ("LOYAL", "1000.00.")),
        (row("x1"), bought),
    ]
    for given, expected in steps:
        bench.tell(given)
        assert (spender(bench), spender(bench, "ben@x.org")) == (expected, bought)
    assert bench.projection.value("SELECT count(*) FROM stage_change WHERE after = 'LOYAL'") == 0


def test_stages_are_the_same_whatever_was_told_first_rules_rates_or_bills(bench: Bench) -> None:
    told: list[Callable[[], object]] = [
        lambda: bench.lifecycle_rules(SPENDERS),
        lambda: bench.tell(rate("x1", "2025-03-01", "100")),
        lambda: bench.tell(dollars("I2", "9.00", "2025-03-20")),
        lambda: bench.tell(bill("I1", "100.00", ANN)),
    ]
    history = "SELECT axis, at, after, text, touchpoints FROM stage_change ORDER BY axis, position"
    found = set()
    for order in permutations(told):
        bench.clear()
        for tell in order:
            tell()
            bench.process()
        assert spender(bench) == ("LOYAL", "1000.00.")
        found.add(tuple(tuple(each) for each in bench.projection.all(history)))
    assert len(found) == 1

"""Value per currency, with exact minor units."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.journey.purchases import Purchases
from hub.journey.rates import Conversion, Exchange, Series
from hub.journey.timeline import Moment, instants, ordered
from hub.journey.value import NOTHING, Accounts, Converted, Value, Worth, combine, rounded, value
from hub.values import RevenueBasis
from tests.journey.moments import moment, on, timelines

BILLED, CASH = RevenueBasis


def billed(*moments: Moment) -> Worth:
    return value(moments, BILLED, UTC)["BDT"]


def cash(*moments: Moment) -> Worth:
    return value(moments, CASH, UTC)["BDT"]


HISTORY = (
    moment("invoice", 1, amount=1000, document="A", due=date(2025, 2, 1)),
    moment("invoice", 2, amount=501, document="B", due=date(2025, 3, 1)),
    moment("payment", 3, amount=1000, settles="A"),
    moment("credit_note", 4, amount=-100, settles="B"),
    moment("refund", 5, amount=50, settles="A"),
    moment("invoice", 6, amount=700, document="C"),
    moment("credit_note", 7, amount=700, settles="C"),
)


def test_billed_value_of_a_history() -> None:
    assert billed(*HISTORY) == Worth(
        currency="BDT",
        invoiced=2201,
        credited=800,
        paid=1000,
        refunded=50,
        revenue=1401,
        outstanding=451,
        orders=2,
        first_purchase_at=on(1),
        last_purchase_at=on(2),
        oldest_due=date(2025, 2, 1),
    )


def test_cash_value_of_the_same_history() -> None:
    assert cash(*HISTORY) == Worth(
        currency="BDT",
        invoiced=2201,
        credited=800,
        paid=1000,
        refunded=50,
        revenue=950,
        outstanding=451,
        orders=1,
        first_purchase_at=on(3),
        last_purchase_at=on(3),
        oldest_due=date(2025, 2, 1),
    )


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (10, 3, 3), (11, 3, 4), (1401, 2, 700)],
)
def test_the_average_is_rounded_half_to_even(total: int, parts: int, expected: int) -> None:
    assert rounded(total, parts) == expected


def test_the_average_order_is_null_without_orders() -> None:
    assert billed(moment("payment", 1, amount=5)).average_order is None
    assert billed(*HISTORY).average_order == 700


def test_currencies_are_never_added() -> None:
    both = value(
        [moment("invoice", 1, amount=5, currency="USD"), moment("invoice", 2, amount=7, currency="BDT")], BILLED, UTC
    )
    assert [(worth.currency, worth.revenue) for worth in both.worths] == [("BDT", 7), ("USD", 5)]
    assert both["EUR"] == Worth(currency="EUR")


def test_what_is_not_of_record_never_counts() -> None:
    assert value([moment("invoice", 1, amount=5, counted=False)], BILLED, UTC) == NOTHING


def test_an_invoice_of_less_than_nothing_is_negative_revenue_and_a_credit_to_the_account() -> None:
    worth = billed(moment("invoice", 1, amount=500, document="A"), moment("invoice", 2, amount=-200, document="B"))
    assert (worth.invoiced, worth.revenue, worth.outstanding, worth.orders) == (300, 300, 300, 1)


def test_a_negative_invoice_that_names_another_corrects_that_one() -> None:
    worth = billed(
        moment("invoice", 1, amount=500, document="A", due=date(2025, 2, 2)),
        moment("invoice", 2, amount=300, document="B", due=date(2025, 5, 5)),
        moment("payment", 3, amount=300, settles="A"),
        moment("invoice", 4, amount=-200, document="C", settles="A"),
    )
    assert (worth.revenue, worth.outstanding, worth.oldest_due, worth.orders) == (600, 300, date(2025, 5, 5), 2)
    assert billed(*HISTORY[:2], moment("invoice", 4, amount=-1000, settles="A")).first_purchase_at == on(2)


def test_paying_one_invoice_twice_pays_no_other() -> None:
    worth = billed(
        moment("invoice", 1, amount=500, document="A"),
        moment("invoice", 2, amount=300, document="B", due=date(2025, 5, 5)),
        moment("payment", 3, amount=500, settles="A"),
        moment("payment", 4, amount=500, settles="A"),
    )
    assert (worth.outstanding, worth.oldest_due) == (300, date(2025, 5, 5))


def test_a_payment_that_names_nothing_pays_what_is_owed_and_never_more() -> None:
    invoice = moment("invoice", 1, amount=500, document="A", due=date(2025, 5, 5))
    assert billed(invoice, moment("payment", 2, amount=200)).outstanding == 300
    paid = billed(invoice, moment("payment", 2, amount=900))
    assert (paid.outstanding, paid.oldest_due) == (0, None)


def test_a_payment_of_an_invoice_that_nobody_heard_of_pays_nothing_else() -> None:
    assert (
        billed(
            moment("invoice", 1, amount=500, document="A"), moment("payment", 2, amount=500, settles="Z")
        ).outstanding
        == 500
    )


def test_lines_of_one_document_are_one_order() -> None:
    worth = billed(*(moment("invoice", day, amount=100, document="A") for day in (1, 2)))
    assert (worth.orders, worth.revenue, worth.average_order) == (1, 200, 200)


def test_instalments_of_one_invoice_are_one_order_on_the_cash_basis() -> None:
    worth = cash(*(moment("payment", day, amount=100, settles="A") for day in (1, 2)), moment("payment", 3, amount=40))
    assert (worth.orders, worth.revenue) == (2, 240)


@pytest.mark.parametrize("day", [0.5, 1, 2])
def test_a_refund_that_names_the_payment_itself_takes_it_back(day: float) -> None:
    worth = cash(
        moment("payment", -1, amount=1000, settles="Z"),
        moment("payment", 1, amount=100, settles="A", document="ch_1"),
        moment("refund", day, amount=100, settles="ch_1"),
        moment("payment", 3, amount=40),
    )
    assert (worth.orders, worth.revenue, worth.last_purchase_at) == (2, 1040, on(3))


def test_what_was_credited_with_everything_else_stays_credited() -> None:
    worth = billed(
        moment("invoice", 1, amount=100, document="A"),
        moment("credit_note", 2, amount=100),
        moment("invoice", 3, amount=500, document="B"),
        moment("credit_note", 4, amount=10, settles="A"),
        moment("invoice", 5, amount=-10, settles="A"),
    )
    assert (worth.orders, worth.first_purchase_at, worth.revenue) == (1, on(3), 480)


def test_a_credit_that_names_the_other_currency_takes_nothing_back() -> None:
    worth = billed(
        moment("invoice", 1, amount=100, document="A"),
        moment("credit_note", 2, amount=100, settles="A", currency="USD"),
    )
    assert (worth.orders, worth.revenue) == (1, 100)


def test_purchases_fall_on_days_of_the_zone() -> None:
    purchases = Purchases(BILLED)
    purchases.take([moment("invoice", 1.3, amount=5)])  # 19:12 UTC
    assert [purchases.standing[0].day(zone) - 20089 for zone in (UTC, ZoneInfo("Asia/Dhaka"))] == [1, 2]


@settings(max_examples=300, deadline=None)
@given(timelines(), st.randoms(), st.sampled_from(RevenueBasis))
def test_any_order_gives_the_same(moments: list[Moment], random: Random, basis: RevenueBasis) -> None:
    shuffled = [*moments, *moments]
    random.shuffle(shuffled)
    assert value(shuffled, basis, UTC) == value(moments, basis, UTC)


@settings(max_examples=300, deadline=None)
@given(timelines(), st.sampled_from(RevenueBasis))
def test_revenue_and_debts_keep_their_bounds(moments: list[Moment], basis: RevenueBasis) -> None:
    for worth in value(moments, basis, UTC).worths:
        billed_ = worth.invoiced - worth.credited
        received = worth.paid - worth.refunded - worth.reversals
        assert worth.revenue == (billed_ if basis is BILLED else received)
        assert worth.outstanding >= 0
        assert (worth.first_purchase_at is None) == (worth.last_purchase_at is None) == (worth.orders == 0)


@settings(max_examples=200, deadline=None)
@given(timelines(), timelines(), timelines())
def test_values_of_customers_form_a_monoid(one: list[Moment], two: list[Moment], three: list[Moment]) -> None:
    a, b, c = (value(each, BILLED, UTC) for each in (one, two, three))
    assert combine(a, NOTHING) == a == combine(NOTHING, a)
    assert combine(a, b) == combine(b, a)
    assert combine(combine(a, b), c) == combine(a, combine(b, c))


def test_combined_values_add_up() -> None:
    assert combine(
        value(HISTORY, BILLED, UTC),
        Value((Worth(currency="BDT", revenue=1, first_purchase_at=on(0), last_purchase_at=on(9)),)),
    )["BDT"] == Worth(
        currency="BDT",
        invoiced=2201,
        credited=800,
        paid=1000,
        refunded=50,
        revenue=1402,
        outstanding=451,
        orders=2,
        first_purchase_at=on(0),
        last_purchase_at=on(9),
        oldest_due=date(2025, 2, 1),
    )


_DOCUMENT = st.tuples(st.sampled_from("ABCDE"), st.sampled_from([40, 60, 100]), st.integers(0, 30))


@settings(max_examples=300, deadline=None)
@given(st.lists(_DOCUMENT, max_size=14), st.lists(_DOCUMENT, max_size=14))
def test_orders_are_the_documents_with_something_left(
    invoices: list[tuple[str, int, int]], credited: list[tuple[str, int, int]]
) -> None:
    left = Counter(Z=100_000)  # keeps the whole net above zero
    for number, amount, _ in invoices:
        left[number] += amount
    for number, amount, _ in credited:
        left[number] -= amount
    bought = {number for number, _, _ in invoices} | {"Z"}
    worth = billed(
        moment("invoice", -1, amount=100_000, document="Z"),
        *(moment("invoice", day, amount=a, document=n, id=f"i{i}") for i, (n, a, day) in enumerate(invoices)),
        *(moment("credit_note", day, amount=-a, settles=n, id=f"c{i}") for i, (n, a, day) in enumerate(credited)),
    )
    assert worth.orders == sum(left[number] > 0 for number in bought)
    assert worth.outstanding == sum(max(0, left[number]) for number in bought)


# Debts and how they are paid ------------------------------------------------------------------------------------


def debts(*moments: Moment) -> list[tuple[date | None, int]]:
    return [(due, rest) for _, due, rest in value(moments, BILLED, UTC).debts]


FEBRUARY, MARCH = date(2025, 2, 1), date(2025, 3, 1)
TWO_BILLS = (
    moment("invoice", 1, amount=1000, document="A", due=MARCH),
    moment("invoice", 2, amount=500, document="B", due=FEBRUARY),
    moment("invoice", 3, amount=70, document="C"),
)


def test_debts_are_listed_by_the_day_they_are_due() -> None:
    assert debts(*TWO_BILLS) == [(FEBRUARY, 500), (MARCH, 1000), (None, 70)]


def test_what_names_no_document_pays_what_is_due_first() -> None:
    assert debts(*TWO_BILLS, moment("payment", 4, amount=600)) == [(MARCH, 900), (None, 70)]
    assert debts(*TWO_BILLS, moment("payment", 4, amount=2000)) == []
    assert billed(*TWO_BILLS, moment("payment", 4, amount=600)).oldest_due == MARCH


def test_a_reversal_makes_a_paid_bill_open_again() -> None:
    paid = (*TWO_BILLS, moment("payment", 4, amount=500, settles="B", document="P1"))
    assert billed(*paid).settled == 1
    for settles in ("B", "P1"):  # it may name the bill, or the payment that named it
        worth = billed(*paid, moment("reversal", 5, amount=-500, settles=settles))
        assert (worth.paid, worth.reversals, worth.outstanding, worth.settled) == (500, 500, 1570, 0)
        assert worth.oldest_due == FEBRUARY


def test_on_the_cash_basis_a_reversal_takes_revenue_and_purchase_back() -> None:
    paid = moment("payment", 1, amount=500, settles="B", document="P1")
    worth = cash(paid, moment("payment", 2, amount=100), moment("reversal", 5, amount=500, settles="P1"))
    assert (worth.revenue, worth.orders, worth.first_purchase_at) == (100, 1, on(2))


def test_days_to_pay_run_from_the_bill_to_the_last_payment() -> None:
    worth = billed(
        moment("invoice", 0, amount=100, document="A", due=date(2025, 1, 11)),
        moment("payment", 5, amount=40, settles="A"), moment("payment", 13, amount=60, settles="A"),
        moment("payment", 1, amount=9, settles="B"), moment("invoice", 3, amount=9, document="B"),
        moment("invoice", 4, amount=50, document="C", due=MARCH), moment("payment", 6, amount=1, settles="C"),
    )  # fmt: skip
    # A after 13 days, 3 days late; B in advance; C is still open.
    assert (worth.settled, worth.days_to_pay, worth.settled_due, worth.days_late) == (2, 13, 1, 3)


# Other currencies -----------------------------------------------------------------------------------------------


def in_bdt(*moments: Moment, basis: RevenueBasis = BILLED, **rates: str) -> Value:
    """Everything in BDT; rates by day of the test, like ``d3="110"``."""
    told = [(20089 + int(name[1:]), 1, rate) for name, rate in rates.items()]
    series = {("USD", "BDT"): Series.of(told)}
    return value(moments, basis, UTC, Conversion("BDT", UTC, lambda currency: Exchange(currency, "BDT", series)))


DOLLARS = (
    moment("invoice", 1, amount=1000, currency="USD", document="A"),
    moment("invoice", 5, amount=333, currency="USD", document="B"),
    moment("credit_note", 6, amount=-100, currency="USD", settles="A"),
    moment("payment", 6, amount=900, currency="USD", settles="A"),
    moment("invoice", 7, amount=50),
)


def test_each_amount_is_converted_by_the_rate_of_its_day() -> None:
    found = in_bdt(*DOLLARS, d1="100", d5="110.005", d6="120")
    assert found.converted == (
        Converted(
            currency="USD", invoiced=100_000 + 36_632, credited=12_000, paid=108_000, revenue=124_632,
            first_on=20090, last_on=20095,
        ),
    )  # fmt: skip
    assert found["USD"].revenue == 1233
    assert found["BDT"].revenue == 50


def test_what_has_no_rate_is_named_and_not_guessed() -> None:
    [found] = in_bdt(*DOLLARS, d5="100").converted
    assert (found.revenue, found.unconverted, found.missing, found.missing_on) == (23_300, 1000, 1, 20090)
    assert found.revenue == 100 * (333 - 100)


def test_without_rates_nothing_is_converted() -> None:
    [found] = in_bdt(*DOLLARS).converted
    assert (found.revenue, found.unconverted, found.missing, found.missing_on) == (0, 1233, 4, 20090)


@given(timelines(), st.randoms())
def test_converted_value_is_the_same_in_any_order(history: list[Moment], random: Random) -> None:
    shuffled = random.sample(history, len(history))
    for basis in RevenueBasis:
        one = in_bdt(*history, basis=basis, d0="100.5", d90="99.99")
        other = in_bdt(*shuffled, basis=basis, d0="100.5", d90="99.99")
        assert (one, one.debts) == (other, other.debts)
        assert sum(rest for currency, _, rest in one.debts if currency == "USD") == one["USD"].outstanding
        assert {each.currency for each in one.converted} <= {"USD"}


@given(timelines())
def test_money_in_one_currency_does_not_see_the_other(history: list[Moment]) -> None:
    both = in_bdt(*history, d0="100")
    for currency in ("BDT", "USD"):
        alone = in_bdt(*(each for each in history if each.currency in (currency, None)), d0="100")
        assert both[currency] == alone[currency]
        assert [each for each in both.debts if each[0] == currency] == list(alone.debts)
    assert both.converted == in_bdt(*(each for each in history if each.currency == "USD"), d0="100").converted


@given(timelines(), st.sampled_from(RevenueBasis))
def test_asked_after_every_touchpoint_it_comes_to_the_same(history: list[Moment], basis: RevenueBasis) -> None:
    accounts = Accounts(Purchases(basis))
    for _, instant in instants(ordered(history)):
        accounts.purchases.take(instant)
        accounts.take(instant)
        found = accounts.value(UTC)
    if history:
        whole = value(history, basis, UTC)
        assert (found, found.debts) == (whole, whole.debts)


def test_a_bill_of_less_than_nothing_pays_what_is_due_first() -> None:
    assert debts(*TWO_BILLS, moment("invoice", 4, amount=-600)) == [(MARCH, 900), (None, 70)]
    assert debts(*TWO_BILLS, moment("refund", 4, amount=30)) == [(FEBRUARY, 500), (MARCH, 1000), (None, 100)]

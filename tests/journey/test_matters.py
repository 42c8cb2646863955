"""What becomes of deals, cases, orders and invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.journey.matters import MatterState, Said, StateChange, fold
from hub.values import Direction, MatterClaim, MatterKind, MatterOutcome, Money, Quantity
from tests.journey.moments import on


def taka(amount: object) -> Money:
    return Money(Decimal(str(amount)), "BDT")


def said(
    day: float,
    kind: str = "note",
    matter: MatterKind = MatterKind.DEAL,
    *,
    touch: Money | None = None,
    id: str | None = None,  # noqa: A002
    **claim: Any,
) -> Said:
    return Said(on(day), id or f"{kind}@{day:g}", MatterClaim(kind=matter, reference="7", **claim), touch, kind)


def bill(day: float, kind: str, amount: object = None, **claim: Any) -> Said:
    return said(day, kind, MatterKind.INVOICE, touch=None if amount is None else taka(amount), **claim)


def folded(*claims: Said) -> MatterState:
    state = fold(claims)
    assert state is not None
    return state


def test_no_claims_are_no_matter() -> None:
    assert fold([]) is None


def test_each_field_that_is_said_replaces_the_one_before() -> None:
    assert folded(
        said(1, title="Kitchen", pipeline="retail", state="talking", owner="rina", properties={"a": 1, "b": 1}),
        said(2, state="offer", amount=taka(900), due=date(2025, 3, 1), properties={"b": 2}),
        said(3, title="রান্নাঘর 🍳", owner="کریم"),
    ) == MatterState(
        kind=MatterKind.DEAL,
        reference="7",
        title="রান্নাঘর 🍳",
        pipeline="retail",
        state="offer",
        outcome=None,
        open=True,
        amount=taka(900),
        paid=None,
        outstanding=None,
        owner="کریم",
        opened_at=on(1),
        due_at=date(2025, 3, 1),
        closed_at=None,
        properties={"a": 1, "b": 2},
        changes=(
            StateChange(on(1), None, "talking", True, None, "note@1", timedelta(days=1)),
            StateChange(on(2), "talking", "offer", True, None, "note@2"),
        ),
    )


@pytest.mark.parametrize(
    ("claim", "outcome", "state"),
    [
        ({"outcome": MatterOutcome.WON}, MatterOutcome.WON, "won"),
        ({"open": False}, None, "closed"),
        ({"open": False, "outcome": MatterOutcome.LOST, "state": "too dear"}, MatterOutcome.LOST, "too dear"),
    ],
)
def test_an_outcome_or_open_false_closes(claim: dict[str, Any], outcome: MatterOutcome | None, state: str) -> None:
    deal = folded(said(1), said(5, **claim), said(9, title="later"))
    assert (deal.open, deal.closed_at, deal.outcome, deal.state) == (False, on(5), outcome, state)


def test_opening_again_clears_the_outcome() -> None:
    case = folded(said(1), said(2, outcome=MatterOutcome.RESOLVED), said(3, open=True))
    assert (case.open, case.outcome, case.closed_at, case.state) == (True, None, None, "open")


def test_a_matter_without_a_title_is_called_by_its_reference() -> None:
    assert folded(said(1)).title == "7"


def test_an_order_takes_the_amount_of_its_touchpoint() -> None:
    order = folded(said(1, "order", MatterKind.ORDER, touch=taka(50)), said(2, "delivery", MatterKind.ORDER))
    assert (order.amount, order.outstanding) == (taka(50), None)


def test_what_a_claim_says_of_the_amount_comes_before_the_touchpoints_own() -> None:
    assert folded(said(1, "order", MatterKind.ORDER, touch=taka(50), amount=taka(45))).amount == taka(45)


def test_what_is_paid_of_a_deal_leaves_the_rest() -> None:
    deal = folded(said(1, amount=taka(50)), said(2, paid=taka(20)))
    assert (deal.paid, deal.outstanding) == (taka(20), taka(30))


def test_an_invoice_is_open_until_it_is_paid() -> None:
    claims = [
        bill(1, "invoice", "100.50", due=date(2025, 2, 1)),
        bill(2, "payment", "60"),
        bill(3, "credit_note", "-10.50"),
        bill(4, "payment", "30"),
    ]
    steps = [folded(*claims[:count]) for count in (1, 2, 3, 4)]
    assert [(step.state, step.open, step.amount, step.outstanding) for step in steps] == [
        ("open", True, taka("100.50"), taka("100.50")),
        ("open", True, taka("100.50"), taka("40.50")),
        ("open", True, taka("90.00"), taka("30.00")),
        ("paid", False, taka("90.00"), taka("0")),
    ]
    assert [(step.paid, step.closed_at) for step in steps] == [
        (None, None),
        (taka(60), None),
        (taka(60), None),
        (taka(90), on(4)),
    ]
    assert steps[-1].due_at == date(2025, 2, 1)


def test_a_refund_opens_an_invoice_again() -> None:
    invoice = folded(bill(1, "invoice", 100), bill(2, "payment", 100), bill(3, "refund", -40))
    assert (invoice.open, invoice.paid, invoice.outstanding, invoice.closed_at) == (True, taka(60), taka(40), None)


def test_an_invoice_credited_in_full_is_credited() -> None:
    invoice = folded(bill(1, "invoice", 100), bill(2, "credit_note", 100))
    assert (invoice.state, invoice.open, invoice.amount, invoice.closed_at) == ("credited", False, taka(0), on(2))


def test_an_invoice_paid_in_advance_closes_when_it_is_made() -> None:
    invoice = folded(bill(1, "payment", 100), bill(5, "invoice", 100))
    assert (invoice.state, invoice.open, invoice.opened_at, invoice.closed_at) == ("paid", False, on(1), on(5))


def test_an_invoice_whose_source_knows_what_is_paid() -> None:
    invoice = folded(bill(1, "invoice", 100, paid=taka(30)))
    assert (invoice.state, invoice.paid, invoice.outstanding) == ("open", taka(30), taka(70))


def test_an_invoice_of_unknown_amount_is_open_until_something_is_paid() -> None:
    assert folded(bill(1, "invoice")).state == "open"
    assert folded(bill(1, "invoice"), bill(2, "payment", 5)).state == "paid"


def test_a_cancelled_and_a_written_off_invoice_are_closed() -> None:
    cancelled = folded(bill(1, "invoice", 100), bill(2, "note", outcome=MatterOutcome.CANCELLED))
    assert (cancelled.state, cancelled.open, cancelled.closed_at) == ("cancelled", False, on(2))
    written_off = folded(bill(1, "invoice", 100), bill(2, "note", open=False))
    assert (written_off.state, written_off.open, written_off.outstanding) == ("closed", False, taka(100))


def test_a_payment_in_another_currency_is_not_reckoned() -> None:
    dollars = said(2, "payment", MatterKind.INVOICE, touch=Money(Decimal(100), "USD"))
    invoice = folded(bill(1, "invoice", 100), dollars)
    assert (invoice.state, invoice.paid, invoice.outstanding) == ("open", None, taka(100))


def test_the_currency_of_an_invoice_is_its_own_and_not_that_of_an_earlier_payment() -> None:
    dollars = said(0, "payment", MatterKind.INVOICE, touch=Money(Decimal(100), "USD"))
    assert folded(dollars, bill(1, "invoice", 100)).outstanding == taka(100)
    told = bill(1, "invoice", 100, paid=Money(Decimal(100), "USD"))
    assert folded(told).outstanding == taka(100)


def test_credit_notes_reduce_an_amount_that_only_a_claim_tells() -> None:
    told = bill(1, "invoice", amount=None)
    claimed = replace(told, claim=replace(told.claim, amount=taka(100)))
    assert folded(claimed, bill(2, "credit_note", 10)).amount == taka(90)
    dollars = replace(bill(2, "credit_note", 10), amount=Money(Decimal(10), "USD"))
    assert folded(claimed, dollars).amount == taka(100)


_CLAIMS = st.lists(
    st.builds(
        bill,
        day=st.sampled_from([1, 1, 2, 3, 4]),
        kind=st.sampled_from(["invoice", "payment", "credit_note", "refund", "note"]),
        amount=st.sampled_from([None, 10, 20, -10]),
        open=st.sampled_from([None, None, True, False]),
        state=st.sampled_from([None, "x", "y"]),
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(_CLAIMS, st.randoms())
def test_any_order_gives_the_same(claims: list[Said], random: Random) -> None:
    known = list({each.touchpoint: each for each in claims}.values())
    shuffled = [*known, *known]
    random.shuffle(shuffled)
    state = fold(shuffled)
    assert state == fold(known)
    if state is not None:
        assert (state.closed_at is None) == state.open
        assert state.outstanding is None or state.outstanding.amount >= 0


# States, and how long they lasted ---------------------------------------------------------------------------------


def test_states_follow_each_other_with_their_length() -> None:
    deal = folded(
        said(1, state="talking"),
        said(4.5, state="offer"),
        said(6, title="Kitchen"),
        said(8, outcome=MatterOutcome.WON, state="signed"),
    )
    assert [(each.before, each.after, each.open, each.lasted) for each in deal.changes] == [
        (None, "talking", True, timedelta(days=3, hours=12)),
        ("talking", "offer", True, timedelta(days=3, hours=12)),
        ("offer", "signed", False, None),
    ]
    assert deal.closed_after == timedelta(days=7)


def test_a_case_that_is_opened_again_has_no_length_yet() -> None:
    case = folded(said(1), said(2, outcome=MatterOutcome.RESOLVED), said(4, open=True))
    assert [(each.after, each.lasted) for each in case.changes] == [
        ("open", timedelta(days=1)), ("resolved", timedelta(days=2)), ("open", None),
    ]  # fmt: skip
    assert case.closed_after is None


def test_days_between_dates_are_whole_across_the_change_of_the_clock() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    opened, closed = (datetime(2025, 3, day, 12, tzinfo=berlin).astimezone(UTC) for day in (29, 31))
    claims = [
        Said(opened, "a", MatterClaim(kind=MatterKind.DEAL, reference="7", open=True), None, "deal", day_only=True),
        Said(closed, "b", MatterClaim(kind=MatterKind.DEAL, reference="7", open=False), None, "deal", day_only=True),
    ]
    state = fold(claims, berlin)
    assert state is not None
    assert state.closed_after == timedelta(days=2)
    exact = fold([replace(one, day_only=False) for one in claims], berlin)
    assert exact is not None
    assert exact.closed_after == timedelta(days=2, hours=-1)


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_what_opens_and_closes_on_one_day_is_closed(names: tuple[str, str]) -> None:
    deal = folded(said(1, id=names[0], open=True), said(1, id=names[1], outcome=MatterOutcome.WON))
    assert (deal.open, deal.outcome, deal.closed_after) == (False, MatterOutcome.WON, timedelta(0))


def test_a_date_of_closing_comes_after_the_hours_of_its_day() -> None:
    opened = said(1.25, open=True, state="talking")
    closed = replace(said(1, outcome=MatterOutcome.LOST), day_only=True)
    assert opened.occurred_at > closed.occurred_at
    deal = folded(opened, closed)
    assert (deal.open, deal.outcome, deal.closed_after) == (False, MatterOutcome.LOST, timedelta(0))


# Answers ----------------------------------------------------------------------------------------------------------


def mail(day: float, direction: Direction, kind: MatterKind = MatterKind.CASE, *, automated: bool = False) -> Said:
    claim = MatterClaim(kind=kind, reference="7")
    return Said(on(day), f"{direction}@{day}", claim, None, "email", direction=direction, automated=automated)


def test_a_case_is_answered_by_the_first_mail_that_a_person_sends_back() -> None:
    inbound, outbound = Direction.INBOUND, Direction.OUTBOUND
    case = folded(
        mail(0.5, outbound), mail(1, inbound), mail(1.25, outbound, automated=True), mail(2, inbound), mail(3, outbound)
    )
    assert case.answered_after == timedelta(days=2)
    assert folded(mail(1, inbound)).answered_after is None
    assert folded(mail(1, inbound, MatterKind.DEAL), mail(2, outbound, MatterKind.DEAL)).answered_after is None


# Points -----------------------------------------------------------------------------------------------------------


def points(day: float, value: str, unit: str = "points", kind: MatterKind = MatterKind.LOYALTY) -> Said:
    claim = MatterClaim(kind=kind, reference="7")
    return Said(on(day), f"{day}", claim, None, "loyalty", quantity=Quantity(Decimal(value), unit))


def test_points_earned_and_spent_come_to_a_balance() -> None:
    account = folded(points(1, "120"), points(2, "-45.5"), points(3, "3", "stamps"))
    assert account.balance == Quantity(Decimal("74.5"), "points")
    assert folded(said(1)).balance is None
    assert folded(points(1, "3", kind=MatterKind.ORDER)).balance is None


@settings(deadline=None)
@given(
    st.lists(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)), st.randoms()
)
def test_a_balance_is_the_exact_sum_in_any_order(values: list[Decimal], random: Random) -> None:
    account = [points(day, format(value, "f")) for day, value in enumerate(values)]
    random.shuffle(account)
    state = fold(account)
    assert (Decimal(0) if state is None or state.balance is None else state.balance.value) == sum(
        (Fraction(value) for value in values), Fraction(0)
    )

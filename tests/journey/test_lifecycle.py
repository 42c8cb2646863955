"""Stage and standing by the default rules, each with exact dates and reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.journey.lifecycle import Lifecycle, lifecycle
from hub.journey.purchases import Purchases
from hub.journey.rules import Rules, load_rules
from hub.journey.timeline import Moment, instants, ordered
from hub.values import RevenueBasis, Stage, Standing
from tests.journey.moments import INBOUND, INTERNAL, OUTBOUND, moment, on, timelines

BILLED = load_rules()
CASH = load_rules(basis=RevenueBasis.CASH)


def after(*moments: Moment, day: float = 60, rules: Rules = BILLED) -> Lifecycle:
    return lifecycle(moments, rules, on(day))


def stages(life: Lifecycle) -> list[tuple[datetime, Stage | Standing | None]]:
    return [(change.at, change.after) for change in life.changes if change.axis == "STAGE"]


def standings(life: Lifecycle) -> list[tuple[datetime, Stage | Standing | None]]:
    return [(change.at, change.after) for change in life.changes if change.axis == "STANDING"]


# Stages


def test_nobody_has_no_stage() -> None:
    assert after() == Lifecycle(None, None, None, None, None, ())


def test_a_strangers_mail_makes_nobody_anything() -> None:
    assert after(moment("email", thread="t")) == Lifecycle(None, None, None, None, None, ())


@pytest.mark.parametrize(
    ("touch", "rule"),
    [
        (moment("profile", 3, INTERNAL, automated=True), "imported"),
        (moment("note", 3, INTERNAL), "chosen"),
        (moment("subscription", 3), "subscribed"),
        (moment("follow", 3), "subscribed"),
        (moment("email", 3, OUTBOUND), "written_to"),
        (moment("call", 3, OUTBOUND), "written_to"),
        (moment("letter", 3, OUTBOUND), "written_to"),
    ],
)
def test_prospect(touch: Moment, rule: str) -> None:
    life = after(touch)
    assert (life.stage, life.since) == (Stage.PROSPECT, on(3))
    assert life.because is not None
    assert (life.because.rule, life.because.touchpoints) == (rule, (touch.id,))


@pytest.mark.parametrize(
    ("touch", "rule"),
    [
        *((moment(kind, 3), "came_to_us") for kind in ("form", "call", "sms", "chat", "direct_message", "case")),
        (moment("visit", 3, INTERNAL), "met"),
        (moment("meeting", 3, OUTBOUND), "met"),
        (moment("order", 3), "met"),
    ],
)
def test_lead(touch: Moment, rule: str) -> None:
    life = after(touch)
    assert (life.stage, life.since) == (Stage.LEAD, on(3))
    assert life.because is not None
    assert (life.because.rule, life.because.touchpoints) == (rule, (touch.id,))


def test_a_mail_that_we_answered_makes_a_lead_when_we_answered() -> None:
    life = after(moment("email", 1, thread="t"), moment("email", 2, OUTBOUND, thread="t"))
    assert stages(life) == [(on(2), Stage.LEAD)]
    assert life.because is not None
    assert life.because.rule == "answered"
    assert life.because.text == "They wrote to us and we answered: email."
    assert life.because.touchpoints == ("email@1", "email@2")


@pytest.mark.parametrize(
    "answer",
    [
        moment("email", 2, OUTBOUND, thread="other"),
        moment("email", 2, OUTBOUND),
        moment("email", 0, OUTBOUND, thread="t"),
    ],
)
def test_a_mail_of_ours_that_answers_nothing_makes_a_prospect_only(answer: Moment) -> None:
    assert after(moment("email", 1, thread="t"), answer).stage is Stage.PROSPECT


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_a_mail_and_its_answer_of_one_day_are_in_that_order(ids: str) -> None:
    asked, answered = moment("email", 1, thread="t", id=ids[0]), moment("email", 1, OUTBOUND, thread="t", id=ids[1])
    life = after(asked, answered)
    assert life.because is not None
    assert (life.stage, life.because.touchpoints) == (Stage.LEAD, (ids[0], ids[1]))


def test_an_automatic_answer_is_none() -> None:
    answer = moment("email", 2, OUTBOUND, thread="t", automated=True)
    assert after(moment("email", 1, thread="t"), answer).stage is None


def test_an_automatic_mail_of_theirs_is_never_answered() -> None:
    life = after(moment("email", 1, thread="t", automated=True), moment("email", 2, OUTBOUND, thread="t"))
    assert life.stage is Stage.PROSPECT


@pytest.mark.parametrize("kind", ["email", "form", "call", "order", "referral", "quote", "subscription", "meeting"])
def test_automated_touchpoints_make_nobody_anything(kind: str) -> None:
    assert after(moment(kind, 1, INBOUND, automated=True), moment(kind, 2, OUTBOUND, automated=True)).changes == ()


def test_a_quote_makes_an_opportunity() -> None:
    life = after(moment("quote", 4))
    assert (life.stage, life.since) == (Stage.OPPORTUNITY, on(4))


def test_an_open_deal_makes_an_opportunity_and_closing_it_takes_nothing_back() -> None:
    life = after(moment("deal", 4, INTERNAL, deal_open=True), moment("deal", 9, INTERNAL, deal_open=False))
    assert stages(life) == [(on(4), Stage.OPPORTUNITY)]
    assert after(moment("deal", 9, INTERNAL, deal_open=False)).stage is None


def test_an_invoice_makes_a_customer_on_the_billed_basis_only() -> None:
    invoice = moment("invoice", 5, amount=100)
    assert stages(after(invoice)) == [(on(5), Stage.CUSTOMER)]
    assert after(invoice, rules=CASH).stage is None


def test_a_payment_makes_a_customer_on_the_cash_basis_only() -> None:
    payment = moment("payment", 5, amount=100)
    assert stages(after(payment, rules=CASH)) == [(on(5), Stage.CUSTOMER)]
    assert after(payment).stage is None


@pytest.mark.parametrize("amount", [0, -100])
def test_an_invoice_for_nothing_or_less_is_no_purchase(amount: int) -> None:
    assert after(moment("invoice", 5, amount=amount)).stage is None


def test_an_invoice_from_a_source_that_is_not_of_record_is_no_purchase() -> None:
    assert after(moment("invoice", 5, amount=100, counted=False)).stage is None


def test_an_invoice_of_unknown_amount_is_a_purchase() -> None:
    assert after(moment("invoice", 5)).stage is Stage.CUSTOMER


def test_a_full_credit_takes_the_stage_back_to_what_still_holds_dated_at_the_credit() -> None:
    life = after(
        moment("form", 1),
        moment("invoice", 5, amount=100, document="A"),
        moment("credit_note", 9, amount=-100, settles="A"),
    )
    assert stages(life) == [(on(1), Stage.LEAD), (on(5), Stage.CUSTOMER), (on(9), Stage.LEAD)]
    assert life.since == on(9)
    assert life.because is not None
    assert (life.because.rule, life.because.touchpoints) == ("came_to_us", ("form@1",))
    credited = [change for change in life.changes if change.axis == "STAGE"][-1]
    assert credited.because.rule == "credited"
    assert credited.because.text == "Fully credited; purchases that stand: 0."
    assert credited.because.facts == {"documents": 0, "credited": 1, "holds": "came_to_us"}
    assert credited.because.touchpoints == ("credit_note@9", "invoice@5")


def test_a_full_credit_of_the_only_thing_known_leaves_no_stage_and_no_standing() -> None:
    life = after(moment("invoice", 5, amount=100), moment("credit_note", 9, amount=100))
    assert (life.stage, life.standing, life.since, life.because, life.next_change_at) == (None,) * 5
    assert stages(life) == [(on(5), Stage.CUSTOMER), (on(9), None)]
    assert standings(life) == [(on(5), Standing.ACTIVE), (on(9), None)]


@pytest.mark.parametrize("settles", ["A", None])
def test_a_partial_credit_takes_nothing_back(settles: str | None) -> None:
    life = after(moment("invoice", 5, amount=100, document="A"), moment("credit_note", 9, amount=99, settles=settles))
    assert stages(life) == [(on(5), Stage.CUSTOMER)]


def test_credits_of_one_invoice_add_up() -> None:
    life = after(
        moment("invoice", 5, amount=100, document="A"),
        moment("invoice", 6, amount=30, document="B"),
        moment("credit_note", 8, amount=60, settles="A"),
        moment("credit_note", 9, amount=40, settles="A"),
        moment("credit_note", 10, amount=30, settles="B"),
    )
    assert stages(life) == [(on(5), Stage.CUSTOMER), (on(10), None)]


def test_a_credit_of_one_of_two_purchases_changes_the_reason_and_not_the_stage() -> None:
    life = after(
        moment("invoice", 5, amount=100, document="A"),
        moment("invoice", 6, amount=100, document="B"),
        moment("credit_note", 9, amount=100, settles="A"),
    )
    assert stages(life) == [(on(5), Stage.CUSTOMER)]
    assert life.because is not None
    assert life.because.touchpoints == ("invoice@6",)


def test_a_credit_heard_before_its_invoice_counts_when_the_invoice_comes() -> None:
    life = after(
        moment("invoice", 1, amount=500, document="B"),
        moment("credit_note", 2, amount=100, settles="A"),
        moment("invoice", 5, amount=100, document="A"),
        moment("credit_note", 9, amount=500, settles="B"),
    )
    assert stages(life) == [(on(1), Stage.CUSTOMER), (on(9), None)]


def test_an_invoice_credited_on_the_day_it_was_made_is_no_step() -> None:
    both = [moment("invoice", 5, amount=100, id="b"), moment("credit_note", 5, amount=100, id="a")]
    assert after(*both).changes == ()
    assert after(*(replace(each, id=each.kind) for each in both)).changes == ()


def test_an_unknown_amount_is_taken_back_by_a_credit_without_an_amount() -> None:
    life = after(moment("invoice", 5, document="A"), moment("credit_note", 9, settles="A"))
    assert stages(life) == [(on(5), Stage.CUSTOMER), (on(9), None)]


def test_buying_again_after_a_full_credit_counts_from_the_new_purchase() -> None:
    life = after(
        moment("invoice", 5, amount=100),
        moment("credit_note", 9, amount=100),
        moment("invoice", 20, amount=70),
    )
    assert stages(life) == [(on(5), Stage.CUSTOMER), (on(9), None), (on(20), Stage.CUSTOMER)]
    assert life.since == on(20)


def test_a_refund_that_names_the_invoice_takes_it_back_once() -> None:
    bought = [moment("invoice", 5, amount=100, document="A"), moment("payment", 6, amount=100, settles="A")]
    refund = moment("refund", 9, amount=100, settles="A")
    half = moment("credit_note", 8, amount=50, settles="A")
    assert after(*bought, refund).stage is None
    assert after(*bought, replace(refund, amount=50), half).stage is Stage.CUSTOMER
    assert after(*bought, replace(refund, amount=50)).stage is Stage.CUSTOMER


def test_a_refund_of_the_invoice_takes_its_payment_back_on_the_cash_basis() -> None:
    life = after(
        moment("payment", 6, amount=100, settles="A"), moment("refund", 9, amount=-100, settles="A"), rules=CASH
    )
    assert stages(life) == [(on(6), Stage.CUSTOMER), (on(9), None)]


def test_three_purchases_in_365_days_make_loyal() -> None:
    bought = [moment("invoice", day, amount=100) for day in (0, 200, 365)]
    life = after(*bought, day=400)
    assert stages(life) == [(on(0), Stage.CUSTOMER), (on(365), Stage.LOYAL)]
    assert life.because is not None
    assert life.because.rule == "bought_often"
    assert life.because.text == "Bought 3 times within 365 days."
    assert life.because.facts == {"documents": 3, "days": 365, "kind": "invoice"}
    assert life.because.touchpoints == ("invoice@0", "invoice@200", "invoice@365")
    assert life.because.rule_version == BILLED.name


def test_three_purchases_in_366_days_do_not() -> None:
    assert after(*(moment("invoice", day, amount=100) for day in (0, 200, 366)), day=400).stage is Stage.CUSTOMER


def test_lines_of_one_invoice_and_instalments_are_one_purchase() -> None:
    lines = [moment("invoice", day, amount=100, document="A") for day in (1, 2, 3)]
    assert after(*lines).stage is Stage.CUSTOMER
    instalments = [moment("payment", day, amount=100, settles="A") for day in (1, 2, 3)]
    assert after(*instalments, rules=CASH).stage is Stage.CUSTOMER
    assert after(*(moment("payment", day, amount=100) for day in (1, 2, 3)), rules=CASH).stage is Stage.LOYAL


def test_loyal_falls_to_customer_when_one_of_three_is_credited_and_returns_with_the_next() -> None:
    bought = [moment("invoice", day, amount=100, document=f"{day}") for day in (1, 2, 3, 8)]
    life = after(*bought, moment("credit_note", 5, amount=100, settles="2"))
    assert stages(life) == [
        (on(1), Stage.CUSTOMER),
        (on(3), Stage.LOYAL),
        (on(5), Stage.CUSTOMER),
        (on(8), Stage.LOYAL),
    ]
    assert life.because is not None
    assert life.because.touchpoints == ("invoice@1", "invoice@3", "invoice@8")


def test_a_referral_makes_an_advocate() -> None:
    assert stages(after(moment("referral", 2))) == [(on(2), Stage.ADVOCATE)]


@pytest.mark.parametrize(
    ("score", "unit", "stage"), [("9", "nps", Stage.ADVOCATE), ("8.9", "nps", None), ("9", "csat", None)]
)
def test_nps_of_nine_makes_an_advocate(score: str, unit: str, stage: Stage | None) -> None:
    life = after(moment("survey", 2, score=Decimal(score), unit=unit))
    assert life.stage is stage
    if stage:
        assert life.because is not None
        assert life.because.text == "Would recommend us: 9 of 10."
        assert life.because.facts == {"kind": "survey", "channel": "WEB", "count": 1, "score": "9", "unit": "nps"}


def test_several_things_at_one_time_are_one_step() -> None:
    life = after(moment("form", 1), moment("quote", 1), moment("invoice", 1, amount=1))
    assert stages(life) == [(on(1), Stage.CUSTOMER)]


def test_a_step_back_is_made_by_credits_only() -> None:
    life = after(moment("referral", 1), moment("form", 2), moment("invoice", 3, amount=5))
    assert stages(life) == [(on(1), Stage.ADVOCATE)]


# Standing


def test_standing_is_null_before_the_first_contact() -> None:
    life = after(moment("email", 1, OUTBOUND), day=900)
    assert (life.stage, life.standing, life.next_change_at) == (Stage.PROSPECT, None, None)


def test_silence_is_dated_when_it_fell_due() -> None:
    form = moment("form", 1)
    life = after(form, day=1000)
    assert standings(life) == [(on(1), Standing.ACTIVE), (on(91), Standing.AT_RISK), (on(366), Standing.LAPSED)]
    reasons = [change.because for change in life.changes if change.axis == "STANDING"]
    assert [because.rule for because in reasons] == ["contact", "at_risk", "lapsed"]
    assert reasons[1].facts == {"days": 90, "last_contact_at": "2025-01-02T12:00:00.000000Z"}
    assert reasons[1].text == "Nothing from them for 90 days."
    assert reasons[1].touchpoints == ("form@1",)
    assert (life.standing, life.next_change_at) == (Standing.LAPSED, None)


def test_next_change_is_the_next_silence() -> None:
    form = moment("form", 1)
    assert after(form, day=90).next_change_at == on(91)
    assert after(form, day=91).standing is Standing.AT_RISK
    assert after(form, day=91).next_change_at == on(366)
    assert after(form, day=366).standing is Standing.LAPSED


def test_next_change_is_the_first_touchpoint_still_to_come() -> None:
    form, meeting = moment("form", 1), moment("meeting", 50)
    assert after(form, meeting, day=10).next_change_at == on(50)
    assert after(form, meeting, day=10).changes == after(form, day=10).changes
    assert after(meeting, day=10).next_change_at == on(50)


@pytest.mark.parametrize(
    "sign",
    [
        moment("email", 80),
        moment("invoice", 80, amount=5),
        moment("meeting", 80, OUTBOUND),
        moment("payment", 80, amount=5, counted=False),
    ],
)
def test_a_contact_ends_the_silence(sign: Moment) -> None:
    life = after(moment("form", 0), sign, day=100)
    assert (life.standing, life.next_change_at) == (Standing.ACTIVE, on(170))


@pytest.mark.parametrize(
    "noise",
    [
        moment("email", 80, automated=True),
        moment("email", 80, OUTBOUND),
        moment("unsubscription", 80),
        moment("bounce", 80),
        moment("profile", 80),
        moment("invoice", 80, amount=0),
        moment("invoice", 80, amount=5, automated=True),
        moment("credit_note", 80, amount=5),
        moment("note", 80, INTERNAL),
    ],
)
def test_noise_does_not_end_the_silence(noise: Moment) -> None:
    life = after(moment("form", 0), noise, day=100)
    assert (life.standing, life.next_change_at) == (Standing.AT_RISK, on(365))


def test_contact_at_the_moment_silence_falls_due_leaves_no_trace_of_it() -> None:
    life = after(moment("form", 0), moment("email", 90), day=100)
    assert standings(life) == [(on(0), Standing.ACTIVE)]


def test_who_comes_back_from_risk_is_active() -> None:
    life = after(moment("form", 0), moment("email", 100), day=101)
    assert standings(life) == [(on(0), Standing.ACTIVE), (on(90), Standing.AT_RISK), (on(100), Standing.ACTIVE)]


def test_who_comes_back_after_a_lapse_is_won_back_and_active_a_day_later() -> None:
    life = after(moment("form", 0), moment("email", 400), moment("email", 400.5), moment("email", 401), day=402)
    assert standings(life)[2:] == [
        (on(365), Standing.LAPSED),
        (on(400), Standing.WON_BACK),
        (on(401), Standing.ACTIVE),
    ]
    won = next(change.because for change in life.changes if change.after is Standing.WON_BACK)
    assert won.text == "They came back after 400 days."
    assert won.touchpoints == ("form@0", "email@400")


def test_who_is_won_back_and_silent_again_is_at_risk() -> None:
    life = after(moment("form", 0), moment("email", 400), day=490)
    assert (life.standing, life.next_change_at) == (Standing.AT_RISK, on(765))


def test_silence_before_the_first_stage_shows_when_the_stage_comes() -> None:
    life = after(moment("email", 0), moment("profile", 200, INTERNAL), day=210)
    assert [(change.axis, change.at, change.after) for change in life.changes] == [
        ("STAGE", on(200), Stage.PROSPECT),
        ("STANDING", on(200), Standing.AT_RISK),
    ]


# Properties


@settings(max_examples=300, deadline=None)
@given(timelines(), st.randoms())
def test_any_order_gives_the_same(moments: list[Moment], random: Random) -> None:
    expected = lifecycle(moments, BILLED, on(700))
    shuffled = [*moments, *moments]
    random.shuffle(shuffled)
    assert lifecycle(shuffled, BILLED, on(700)) == expected


@settings(max_examples=300, deadline=None)
@given(timelines(), st.sampled_from([0, 1, 90, 100, 365, 400, 456, 900, 2000]), st.sampled_from(RevenueBasis))
def test_as_of_a_time_is_the_fold_of_what_was_until_then(moments: list[Moment], day: int, basis: RevenueBasis) -> None:
    rules = load_rules(basis=basis)
    known = [each for each in moments if each.at <= on(day)]
    whole, past = after(*moments, day=day, rules=rules), after(*known, day=day, rules=rules)
    assert replace(whole, next_change_at=None) == replace(past, next_change_at=None)
    later = after(*moments, day=3000, rules=rules)
    assert whole.changes == tuple(change for change in later.changes if change.at <= on(day))


@settings(max_examples=300, deadline=None)
@given(timelines(), st.sampled_from(RevenueBasis))
def test_changes_form_two_chains_in_order_of_time(moments: list[Moment], basis: RevenueBasis) -> None:
    rules = load_rules(basis=basis)
    life = after(*moments, day=3000, rules=rules)
    ids = {each.id for each in moments}
    for axis, end in (("STAGE", life.stage), ("STANDING", life.standing)):
        chain = [change for change in life.changes if change.axis == axis]
        assert [change.before for change in chain] == [None, *(change.after for change in chain)][: len(chain)]
        assert (chain[-1].after if chain else None) is end
        assert all(change.before is not change.after for change in chain)
        assert all(change.because.touchpoints and set(change.because.touchpoints) <= ids for change in chain)
    assert [change.at for change in life.changes] == sorted(change.at for change in life.changes)
    assert life.stage is not None or life.standing is None


@settings(max_examples=200, deadline=None)
@given(timelines(), st.sampled_from([0, 90, 365, 500]))
def test_nothing_changes_before_the_next_change(moments: list[Moment], day: int) -> None:
    life = after(*moments, day=day)
    coming = life.next_change_at or on(4000)
    assert coming > on(day)
    assert lifecycle(moments, BILLED, coming - timedelta(microseconds=1)).changes == life.changes


@settings(max_examples=200, deadline=None)
@given(timelines(), st.sampled_from(RevenueBasis))
def test_loyal_are_those_with_three_standing_purchases_in_a_year(moments: list[Moment], basis: RevenueBasis) -> None:
    rules = load_rules(basis=basis)
    bought = [replace(each, score=None) for each in moments if each.kind != "referral"]  # no advocates
    purchases = Purchases(rules.basis)
    for _, instant in instants(ordered(bought)):
        purchases.take(instant)
    trios = combinations(purchases.standing, 3)
    assert (after(*bought, day=3000, rules=rules).stage is Stage.LOYAL) == any(
        max(each.at for each in trio) - min(each.at for each in trio) <= timedelta(days=365) for trio in trios
    )

"""What stage rules may wait for beyond one touchpoint: sums, how long it lasts, several conditions; and decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import ConfigWrong
from hub.journey.lifecycle import Lifecycle, lifecycle
from hub.journey.purchases import Purchases
from hub.journey.rates import Conversion
from hub.journey.rules import load_rules
from hub.journey.timeline import Moment, instants, ordered
from hub.values import RevenueBasis, Stage
from tests.journey.moments import INBOUND, TWO, moment, on, rates, timelines
from tests.journey.rule_texts import STANDING, decision, text_of


def life(
    moments: list[Moment], *conditions: str, day: float, text: str = "It holds.", conversion: Conversion | None = None
) -> Lifecycle:
    """By the default rules with one rule more."""
    rule = text_of([("LOYAL", list(conditions))]).partition("[[stages]]\n")[2].partition("[standing]")[0]
    rule = rule.replace('text = "Rule 0."', f'text = "{text}"')
    base = 'version = "t"\n[[stages]]\nrule = "came"\nstage = "LEAD"\nwhen = "touchpoint"\n'
    base += 'kinds = ["form"]\ntext = "."\n'
    return lifecycle(moments, load_rules(f"{base}[[stages]]\n{rule}{STANDING}"), on(day), conversion)


def stages(found: Lifecycle) -> list[tuple[datetime, object, str]]:
    return [(each.at, each.after, each.because.rule) for each in found.changes if each.axis == "STAGE"]


FORM = moment("form", 0)


def bought(day: float, amount: int = 1000, **given: Any) -> Moment:
    return moment("invoice", day, amount=amount, document=f"I{day:g}", **given)


def test_spent_within_days_holds_from_the_purchase_that_reaches_it() -> None:
    told = [FORM, bought(1), bought(50), bought(100, 1500)]
    found = life(told, 'when = "purchase"\nspent_at_least = 25\nwithin_days = 60\n', day=200,
                 text="{documents} for {spent} {currency} in {days} days: {kind}.")  # fmt: skip
    assert stages(found) == [(on(0), Stage.LEAD, "came"), (on(100), Stage.LOYAL, "rule_0")]
    assert found.because is not None
    assert found.because.facts == {"kind": "invoice", "documents": 2, "days": 60, "spent": "25.00", "currency": "BDT"}
    assert found.because.text == "2 for 25.00 BDT in 60 days: invoice."
    assert found.because.touchpoints == ("invoice@50", "invoice@100")


def test_spent_counts_what_each_purchase_is_worth_by_the_rate_of_its_day() -> None:
    told = [FORM, bought(1, 900), bought(2, 333, currency="USD"), bought(9, 333, currency="USD")]
    told += [moment("credit_note", 12, amount=33, currency="USD", settles="I9")]
    known = rates(USD={1: "1.5", 8: "2.505"})
    text = "{documents} came to {spent} {currency}."

    def found(least: str, **given: Any) -> Lifecycle:
        return life(told, f'when = "purchase"\nspent_at_least = {least}\n', day=20, text=text, **given)

    # 9.00, 3.33 at 1.5 = 4.995, half to even 5.00, and 3.33 at 2.505 = 8.34165, 8.34; of that 3.00 are left: 7.515.
    assert stages(found("13.99", conversion=known)) == [(on(0), Stage.LEAD, "came"), (on(2), Stage.LOYAL, "rule_0")]
    assert [(at, rule) for at, _, rule in stages(found("22.34", conversion=known))] == [
        (on(0), "came"), (on(9), "rule_0"), (on(12), "credited"),
    ]  # fmt: skip
    because = found("21.52", conversion=known).because
    assert because is not None
    assert because.text == "3 came to 21.52 BDT."
    assert because.touchpoints == ("invoice@1", "invoice@2", "invoice@9")
    assert found("21.53", conversion=known).stage is Stage.LEAD
    # What has no rate does not count.
    assert found("9.01").stage is Stage.LEAD
    assert found("9.01", conversion=rates(EUR={1: "1"})).stage is Stage.LEAD
    assert found("17.51", conversion=rates(USD={8: "2.505"})).stage is Stage.LEAD
    assert found("16.51", conversion=rates(USD={8: "2.505"})).stage is Stage.LOYAL


def test_spent_in_a_named_currency_counts_that_one_alone() -> None:
    told = [FORM, bought(1, 900), bought(2, 5000, currency="USD")]
    known = rates(USD={1: "100"})
    for conversion in (None, known):
        assert life(told, 'when = "purchase"\nspent_at_least = 50\ncurrency = "USD"\n', day=9,
                    conversion=conversion).stage is Stage.LOYAL  # fmt: skip
        for named in ("USD", "BDT"):
            rule = f'when = "purchase"\nspent_at_least = 50.01\ncurrency = "{named}"\n'
            assert life(told, rule, day=9, conversion=conversion).stage is Stage.LEAD


def test_a_partial_credit_takes_back_what_was_spent() -> None:
    told = [FORM, bought(1, 3000), moment("credit_note", 5, amount=1000, settles="I1"), bought(9, 800)]
    found = life(told, 'when = "purchase"\nspent_at_least = 25\n', day=20)
    assert stages(found) == [
        (on(0), Stage.LEAD, "came"), (on(1), Stage.LOYAL, "rule_0"), (on(5), Stage.LEAD, "credited"),
        (on(9), Stage.LOYAL, "rule_0"),
    ]  # fmt: skip
    fell = found.changes[-2 if found.changes[-1].axis == "STAGE" else -3].because
    assert fell.text == "Partly credited; purchases that stand: 1."
    assert fell.touchpoints == ("credit_note@5", "invoice@1")


def test_a_rule_that_lasts_ends_when_its_days_are_over() -> None:
    told = [FORM, bought(10), bought(40)]
    found = life(told, 'when = "purchase"\nlasts_days = 90\n', day=100)
    assert (found.stage, found.next_change_at) == (Stage.LOYAL, on(130))
    found = life(told, 'when = "purchase"\nlasts_days = 90\n', day=400)
    assert stages(found)[1:] == [(on(10), Stage.LOYAL, "rule_0"), (on(130), Stage.LEAD, "expired")]
    ended = next(each for each in found.changes if each.because.rule == "expired").because
    assert (ended.text, ended.facts) == ("No longer: It holds.", {"rule": "rule_0", "holds": "came"})
    assert ended.touchpoints == ("invoice@40",)


def test_a_touchpoint_at_the_end_of_a_rule_prolongs_it_without_a_break() -> None:
    told = [FORM, moment("call", 10), moment("call", 40)]
    found = life(told, 'when = "touchpoint"\nkinds = ["call"]\nlasts_days = 30\n', day=60)
    assert stages(found)[1:] == [(on(10), Stage.LOYAL, "rule_0")]
    assert found.because is not None
    assert found.because.touchpoints == ("call@40",)


def test_quantities_of_a_unit_come_to_a_sum() -> None:
    points = [
        moment("survey", day, INBOUND, unit="points", score=Decimal(score))
        for day, score in ((1, 40), (5, 30), (9, 40))
    ]
    found = life([FORM, *points], 'when = "touchpoint"\nunit = "points"\nsum_at_least = 70\nwithin_days = 5\n', day=20)
    assert stages(found)[1:] == [(on(5), Stage.LOYAL, "rule_0")]
    assert found.because is not None
    assert found.because.facts == {
        "kind": "survey",
        "channel": "WEB", "count": 2, "sum": "70", "unit": "points", "days": 5,
    }  # fmt: skip


def test_all_conditions_of_a_rule_must_hold_at_once() -> None:
    conditions = ('when = "purchase"\nat_least = 2\n', 'when = "touchpoint"\nkinds = ["meeting"]\nlasts_days = 30\n')
    told = [FORM, bought(1), moment("meeting", 5), bought(50), moment("meeting", 60)]
    found = life(told, *conditions, day=200, text="{documents_1} bought, {count_2} {kind_2}.")
    assert stages(found)[1:] == [(on(60), Stage.LOYAL, "rule_0"), (on(90), Stage.LEAD, "expired")]
    held = next(each for each in found.changes if each.because.rule == "rule_0").because
    assert held.text == "2 bought, 1 meeting."
    assert held.touchpoints == ("invoice@1", "invoice@50", "meeting@60")
    assert held.facts == {
        "kind_1": "invoice",
        "documents_1": 2,
        "kind_2": "meeting",
        "channel_2": "IN_PERSON",
        "count_2": 1,
    }


# Decisions


def test_a_decision_holds_until_its_end_whatever_the_rules_say() -> None:
    told = [FORM, decision(5, Stage.ADVOCATE, 40), bought(10)]
    found = life(told, 'when = "purchase"\n', day=30)
    assert (found.stage, found.since, found.next_change_at) == (Stage.ADVOCATE, on(5), on(40))
    assert found.because is not None
    assert (found.because.rule, found.because.touchpoints) == ("decided", ("decision@5",))
    assert found.because.facts == {"by": "Mina", "reason": "She knows.", "until": "2025-02-10T12:00:00.000000Z"}
    found = life(told, 'when = "purchase"\n', day=50)
    assert (found.stage, found.since) == (Stage.LOYAL, on(40))
    assert stages(found)[-1] == (on(40), Stage.LOYAL, "decision_ended")
    assert found.because is not None
    assert found.because.rule == "rule_0"


def test_the_last_word_replaces_and_takes_back() -> None:
    told = [FORM, decision(5, Stage.ADVOCATE), decision(9, Stage.PROSPECT, 100), decision(20, None)]
    assert stages(life(told, 'when = "purchase"\n', day=50)) == [
        (on(0), Stage.LEAD, "came"), (on(5), Stage.ADVOCATE, "decided"), (on(9), Stage.PROSPECT, "decided"),
        (on(20), Stage.LEAD, "decision_ended"),
    ]  # fmt: skip


def test_taking_back_what_nobody_decided_changes_nothing() -> None:
    assert life([FORM, decision(5, None)], 'when = "purchase"\n', day=50) == life([FORM], 'when = "purchase"\n', day=50)


# What a file may not say


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('when = "touchpoint"\nsum_at_least = 3\n', "stages[0]: sum_at_least needs a unit"),
        ('when = "purchase"\ncurrency = "EUR"\n', "stages[0]: currency is that of spent_at_least"),
        ('when = "purchase"\nspent_at_least = 0\n', "stages[0].spent_at_least: Input should be greater than 0"),
        ('when = "all"\nconditions = []\n',
         "stages[0].conditions: Tuple should have at least 2 items after validation, not 0"),
        ('when = "all"\nconditions = [{ when = "all" }, { when = "purchase" }]\n',
         "stages[0].conditions[0]: when must be touchpoint, answer or purchase"),
        ('when = "all"\nconditions = [{ when = "purchase", kinds = ["call"] }, { when = "purchase" }]\n',
         "stages[0].conditions[0].kinds: there is no such key"),
    ],
)  # fmt: skip
def test_wrong_conditions_are_refused_with_the_place(condition: str, message: str) -> None:
    with pytest.raises(ConfigWrong) as caught:
        load_rules(text_of([("LOYAL", [condition])]))
    assert caught.value.message == f"The lifecycle rules are wrong at {message}"


def test_names_that_the_hub_gives_itself_are_refused() -> None:
    with pytest.raises(ConfigWrong, match="rule: decided is a name of the hub's own"):
        load_rules(text_of([("LOYAL", ['when = "purchase"\n'])]).replace('"rule_0"', '"decided"'))


# Against the definition, looked at from all sides


SPENT = st.tuples(
    st.sampled_from([1, 2]), st.sampled_from([None, 1, 90, 364]), st.sampled_from([50, 100, 150, 200, 250]),
    st.sampled_from([None, 1, 89, 300]),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(timelines(), SPENT, st.sampled_from([0, 1, 90, 365, 456, 800, 1200, 2000]), st.sampled_from(RevenueBasis))
def test_spent_is_any_run_of_standing_purchases_that_comes_to_it(
    moments: list[Moment], rule: tuple[int, int | None, int, int | None], day: int, basis: RevenueBasis
) -> None:
    at_least, within, least, lasts = rule
    condition = f'when = "purchase"\nat_least = {at_least}\nspent_at_least = {least / 100}\n'
    condition += f"within_days = {within}\n" if within else ""
    condition += f"lasts_days = {lasts}\n" if lasts else ""
    known = [replace(each, decision=None) for each in moments if each.at <= on(day)]
    found = lifecycle(known, load_rules(text_of([("LOYAL", [condition])]), basis), on(day), TWO)

    purchases = Purchases(basis)
    for _, instant in instants(ordered(known)):
        purchases.take(instant)
    standing = purchases.standing
    holds = False
    for last in range(len(standing)):
        for first in range(last + 1):
            run = standing[first : last + 1]
            holds |= (
                len(run) >= at_least
                and sum(each.left * {"BDT": 1, "USD": 2}.get(each.currency or "", 0) for each in run) >= least
                and (within is None or run[-1].at - run[0].at <= timedelta(days=within))
                and (lasts is None or run[-1].at + timedelta(days=lasts) > on(day))
            )
    assert (found.stage is Stage.LOYAL) == holds


@settings(max_examples=200, deadline=None)
@given(timelines(), st.sampled_from([1, 2, 3]), st.sampled_from([None, 1, 90]), st.sampled_from([None, 1, 89, 300]),
       st.sampled_from([0, 1, 90, 365, 456, 1200]))  # fmt: skip
def test_touchpoints_count_in_any_span(
    moments: list[Moment], at_least: int, within: int | None, lasts: int | None, day: int
) -> None:
    condition = f'when = "touchpoint"\nkinds = ["form", "call", "email"]\nat_least = {at_least}\n'
    condition += f"within_days = {within}\n" if within else ""
    condition += f"lasts_days = {lasts}\n" if lasts else ""
    known = [each for each in moments if each.at <= on(day)]
    found = lifecycle(known, load_rules(text_of([("LOYAL", [condition])])), on(day))
    seen = [each for each in ordered(known) if each.kind in ("form", "call", "email") and not each.automated]
    runs = [seen[last - at_least + 1 : last + 1] for last in range(at_least - 1, len(seen))]
    assert (found.stage is Stage.LOYAL) == any(
        (within is None or run[-1].at - run[0].at <= timedelta(days=within))
        and (lasts is None or run[-1].at + timedelta(days=lasts) > on(day))
        for run in runs
    )

"""Silence measured by the customer's own rhythm, and by the chance that they are still there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import ConfigWrong
from hub.journey.alive import silence_until
from hub.journey.clv.alive import p_alive
from hub.journey.lifecycle import Lifecycle, lifecycle
from hub.journey.rules import load_rules
from hub.journey.standing_rules import BgNbd, ParetoNbd
from hub.values import Standing
from tests.journey.moments import moment, on
from tests.journey.rule_texts import MODEL, PARETO, text_of

FORMS = ['when = "touchpoint"\n']
BG = BgNbd(name="BG_NBD", r=0.243, alpha=4.414, a=0.793, b=2.426)
NBD = ParetoNbd(name="PARETO_NBD", r=0.553, alpha=10.578, s=0.606, beta=11.669)


def lived(standing: str, *moments: tuple[str, float], day: float, zone: str = "UTC") -> Lifecycle:
    told = [moment(kind, at, amount=100) if kind == "invoice" else moment(kind, at) for kind, at in moments]
    return lifecycle(told, load_rules(text_of([("LEAD", FORMS)], standing), zone=zone), on(day))


def standings(life: Lifecycle) -> list[tuple[datetime, object]]:
    return [(each.at, each.after) for each in life.changes if each.axis == "STANDING"]


RHYTHMS = "at_risk_after_rhythms = 2.5\nlapsed_after_rhythms = 6\n"


def test_who_comes_every_ten_days_is_at_risk_after_twenty_five() -> None:
    told = [("form", day) for day in (0, 10, 20, 32)]
    life = lived(RHYTHMS, *told, day=200)
    assert standings(life) == [(on(0), Standing.ACTIVE), (on(57), Standing.AT_RISK), (on(92), Standing.LAPSED)]
    at_risk = life.changes[-2].because
    assert at_risk.facts == {
        "last_contact_at": "2025-02-02T12:00:00.000000Z", "days": 25, "rhythm_days": 10, "rhythms": 2.5,
    }  # fmt: skip
    assert at_risk.text == "Nothing from them for 25 days. Usually it is 10 days."


def test_too_few_intervals_leave_the_fixed_days() -> None:
    life = lived(RHYTHMS, ("form", 0), ("form", 10), ("form", 20), day=200)
    assert standings(life)[1:] == [(on(110), Standing.AT_RISK)]
    assert life.next_change_at == on(385)


def test_several_signs_on_one_day_are_one() -> None:
    told = [("form", day) for day in (0, 0.1, 0.2, 10, 10.1, 20, 30)]
    assert lived(RHYTHMS, *told, day=31).next_change_at == on(55)


def test_days_are_those_of_the_zone() -> None:
    told = [("form", day) for day in (0, 0.45, 10, 20, 30)]  # noon and 22:48 UTC; in Dhaka the second is the next day
    four = RHYTHMS + "rhythm = { intervals = 4 }\n"
    assert lived(four, *told, day=31).next_change_at == on(120)
    assert lived(four, *told, day=31, zone="Asia/Dhaka").next_change_at == on(53.75)


def test_the_mean_is_another_rhythm_than_the_median() -> None:
    told = [("form", day) for day in (0, 4, 8, 32)]
    mean = RHYTHMS + 'rhythm = { of = "mean" }\n'
    assert lived(RHYTHMS, *told, day=33).next_change_at == on(32 + 10)
    due = lived(mean, *told, day=33).next_change_at
    assert due == on(32) + timedelta(days=26, hours=16)  # 2.5 times 32 days by 3


@pytest.mark.parametrize(("gap", "due"), [(1, 14), (10, 25), (100, 60)])
def test_a_rhythm_is_kept_within_bounds(gap: int, due: int) -> None:
    told = [("form", gap * number) for number in range(4)]
    bounded = RHYTHMS + "at_risk_between_days = [14, 60]\nlapsed_between_days = [30, 400]\n"
    assert lived(bounded, *told, day=3 * gap).next_change_at == on(3 * gap + due)


def test_where_purchases_are_the_signs_a_mail_is_none_once_they_bought() -> None:
    purchases = 'signs = "purchases"\n'
    told = [("form", 0), ("invoice", 5), ("form", 60)]
    assert lived(purchases, *told, day=61).next_change_at == on(95)
    assert lived("", *told, day=61).next_change_at == on(150)
    assert lived(purchases, ("form", 0), ("form", 60), day=61).next_change_at == on(150)


def test_the_chance_of_being_alive_falls_below_the_threshold_on_the_day_it_is_due() -> None:
    alive = f'signs = "purchases"\nat_risk_below_alive = 0.5\nlapsed_below_alive = 0.2\n{MODEL}'
    life = lived(alive, ("invoice", 0), ("invoice", 14), ("invoice", 35), day=36)
    assert life.next_change_at is not None
    age = (life.next_change_at - on(0)) / timedelta(days=7)
    assert p_alive(BG.parameters, 2, 5, age) == pytest.approx(0.5, abs=1e-6)
    later = lived(alive, ("invoice", 0), ("invoice", 14), ("invoice", 35), day=3000)
    at_risk, lapsed = later.changes[-2:]
    assert (at_risk.at, at_risk.after) == (life.next_change_at, Standing.AT_RISK)
    assert p_alive(BG.parameters, 2, 5, (lapsed.at - on(0)) / timedelta(days=7)) == pytest.approx(0.2, abs=1e-6)
    assert (lapsed.because.facts["alive"], lapsed.because.facts["purchases"]) == (0.2, 3)


def test_who_bought_on_one_day_only_is_measured_by_the_fixed_days() -> None:
    alive = f'signs = "purchases"\nat_risk_below_alive = 0.5\nlapsed_below_alive = 0.2\n{PARETO}'
    assert lived(alive, ("invoice", 0), day=1).next_change_at == on(90)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([BG, NBD]), st.integers(1, 60), st.integers(0, 2000), st.floats(0.01, 0.99))
def test_the_silence_solves_for_the_chance(model: BgNbd | ParetoNbd, repeats: int, recency: int, p: float) -> None:
    days = silence_until(p, model, repeats, recency)
    assert days is not None
    at_once = p_alive(model.parameters, repeats, recency / 7, recency / 7)
    if at_once <= p:
        assert days <= 1e-3 * (1 + recency)
    else:
        assert p_alive(model.parameters, repeats, recency / 7, (recency + days) / 7) == pytest.approx(p, abs=1e-4)


@pytest.mark.parametrize(
    ("standing", "message"),
    [
        ("at_risk_after_rhythms = 2\n", "at_risk_after_rhythms and lapsed_after_rhythms come together"),
        ("at_risk_after_rhythms = 3\nlapsed_after_rhythms = 2\n",
         "at_risk_after_rhythms must be less than lapsed_after_rhythms"),
        (f'signs = "purchases"\nat_risk_below_alive = 0.5\n{MODEL}',
         "at_risk_below_alive, lapsed_below_alive and model come together"),
        (f"at_risk_below_alive = 0.5\nlapsed_below_alive = 0.2\n{MODEL}",
         'the chance of being alive is about purchases: signs must be "purchases"'),
        (f'signs = "purchases"\nat_risk_below_alive = 0.2\nlapsed_below_alive = 0.5\n{MODEL}',
         "lapsed_below_alive must be less than at_risk_below_alive"),
        (f'signs = "purchases"\n{RHYTHMS}at_risk_below_alive = 0.5\nlapsed_below_alive = 0.2\n{MODEL}',
         "silence is measured by rhythms or by the chance of being alive, not by both"),
        ("at_risk_between_days = [9, 3]\n", "at_risk_between_days holds the least days, then the most"),
        ("at_risk_between_days = [9, 30]\nlapsed_between_days = [3, 40]\n",
         "at_risk_between_days must not be beyond lapsed_between_days"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(standing: str, message: str) -> None:
    with pytest.raises(ConfigWrong) as caught:
        load_rules(text_of([("LEAD", FORMS)], standing))
    assert caught.value.message == f"The lifecycle rules are wrong at standing: {message}"

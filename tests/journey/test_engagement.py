"""Engagement: contacts by weight, halved in every half-life; and what customers say of their satisfaction."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigWrong
from hub.journey.engagement import Engagement, Weights, level_of, read_weights, score, standard
from hub.journey.satisfaction import Answers, Satisfaction
from hub.journey.timeline import Moment, ordered
from hub.values import Direction
from tests.journey.moments import moment, on, timelines

INBOUND, OUTBOUND, INTERNAL = Direction
PLAIN = Weights(90, 1, frozenset({"meeting"}), {"meeting": 3})


def level(*moments: Moment, weights: Weights = PLAIN) -> int | None:
    engagement = Engagement(weights)
    engagement.take(ordered(moments))
    return engagement.level


def at(day: float, *moments: Moment) -> float:
    return score(level(*moments), on(day), PLAIN)


def test_a_contact_loses_half_its_weight_in_each_half_life() -> None:
    mail = moment("email", 0)
    assert [at(day, mail) for day in (0, 90, 180)] == pytest.approx([1, 0.5, 0.25], abs=1e-5)


def test_contacts_add_up_each_from_its_own_day() -> None:
    history = (moment("email", 0), moment("meeting", 90, OUTBOUND), moment("email", 180))
    assert at(180, *history) == pytest.approx(0.25 + 1.5 + 1, abs=1e-5)


@pytest.mark.parametrize(
    "nothing",
    [moment("email", 0, OUTBOUND), moment("email", 0, automated=True), moment("meeting", 0, INTERNAL)],
)
def test_what_only_we_did_or_a_machine_is_no_engagement(nothing: Moment) -> None:
    assert level(nothing) is None
    assert score(None, on(1), PLAIN) == 0


def test_levels_order_customers_at_any_later_time() -> None:
    old, new = level(*(moment("email", day) for day in range(5))), level(moment("email", 200))
    assert old is not None
    assert new is not None
    assert (new > old) == (score(new, on(400), PLAIN) > score(old, on(400), PLAIN)) == (new > old)


def test_a_wanted_engagement_becomes_a_level() -> None:
    reached = level(moment("meeting", 0))
    assert reached is not None
    assert [(wanted, reached >= (level_of(wanted, on(90), PLAIN) or 0)) for wanted in (1.49, 1.51)] == [
        (1.49, True), (1.51, False),
    ]  # fmt: skip
    assert level_of(0, on(0)) is None


@given(timelines(), st.randoms())
def test_any_order_gives_the_same_engagement_and_answers(history: list[Moment], random: Random) -> None:
    shuffled = random.sample(history, len(history))
    assert level(*shuffled, weights=standard()) == level(*history, weights=standard())
    found = []
    for told in (history, shuffled):
        satisfaction = Satisfaction()
        satisfaction.take(ordered(told))
        found.append(satisfaction.answers)
    assert found[0] == found[1]


def test_taken_one_by_one_or_together_is_the_same() -> None:
    history = [moment("email", day) for day in (0, 0.5, 40, 41)]
    engagement = Engagement(PLAIN)
    for each in history:
        assert engagement.take([each])
    assert engagement.level == level(*history)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("half_life_days = ", "The weights of engagement are no TOML: Invalid value (at end of document)."),
        ("inbound = 1", "half_life_days of engagement is missing."),
        ("half_life_days = -1", "half_life_days of engagement is -1: give a number that is not below zero."),
        ("half_life_days = 9\nhalf = 2", "'half' in the weights of engagement is neither a setting nor a kind."),
        ("half_life_days = 9\n[weights]\nmail = 2", "'mail' in the weights of engagement is neither a setting nor a kind."),  # noqa: E501
        ("half_life_days = 9\n[weights]\nemail = 'much'", "email of engagement is 'much': give a number that is not below zero."),  # noqa: E501
    ],
)  # fmt: skip
def test_weights_that_make_no_sense_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigWrong) as caught:
        read_weights(text)
    assert caught.value.message == message


def test_answers_are_counted_added_and_the_last_one_kept() -> None:
    satisfaction = Satisfaction()
    satisfaction.take(
        [
            moment("survey", 1, score=Decimal(9), unit="nps"), moment("survey", 2, score=Decimal("4.5"), unit="csat"),
            moment("survey", 3, score=Decimal(6), unit="nps"), moment("survey", 4, score=Decimal(11), unit="nps"),
            moment("survey", 5, score=Decimal(3), unit="points"),
        ]
    )  # fmt: skip
    assert satisfaction.answers == [
        Answers("csat", 1, 4500, 4500, on(2)), Answers("nps", 2, 15000, 6000, on(3)),
    ]  # fmt: skip

"""The path through stages and channels."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.journey.lifecycle import lifecycle
from hub.journey.path import ChannelUse, Journey, Reached, Step, journey
from hub.journey.rules import load_rules
from hub.journey.timeline import Moment
from hub.values import Channel, Stage
from tests.journey.moments import OUTBOUND, moment, on, timelines


def path(*moments: Moment) -> Journey:
    return journey(moments, lifecycle(moments, load_rules(), on(3000)).changes)


def test_nobody_has_no_path() -> None:
    assert path() == Journey((), (), (), None, None, None, 0)


def test_touchpoints_in_a_row_by_one_channel_and_in_one_stage_are_one_step() -> None:
    assert path(
        moment("email", 0, thread="t"),
        moment("email", 1, OUTBOUND, automated=True),
        moment("email", 2, OUTBOUND, thread="t"),
        moment("email", 3, thread="t"),
        moment("call", 4.5),
        moment("email", 5),
        moment("invoice", 6, amount=100),
        moment("payment", 7, amount=100),
    ) == Journey(
        steps=(
            Step(Channel.EMAIL, None, on(0), on(0), 1, 1, 0),
            Step(Channel.EMAIL, Stage.LEAD, on(2), on(3), 2, 1, 1),
            Step(Channel.PHONE, Stage.LEAD, on(4.5), on(4.5), 1, 1, 0),
            Step(Channel.EMAIL, Stage.LEAD, on(5), on(5), 1, 1, 0),
            Step(Channel.ACCOUNTING, Stage.CUSTOMER, on(6), on(7), 2, 1, 1),
        ),
        channels=(
            ChannelUse(Channel.EMAIL, on(0), on(5), 4),
            ChannelUse(Channel.PHONE, on(4.5), on(4.5), 1),
            ChannelUse(Channel.ACCOUNTING, on(6), on(7), 2),
        ),
        reached=(Reached(Stage.LEAD, on(2), 2), Reached(Stage.CUSTOMER, on(6), 6)),
        first_touch="email@0",
        touches_before_purchase=5,
        first_purchase_at=on(6),
        automated=1,
    )


def test_a_stage_is_reached_once_though_a_credit_took_it_back() -> None:
    found = path(
        moment("form", 0),
        moment("invoice", 2, amount=100, document="A"),
        moment("credit_note", 3, amount=100, settles="A"),
        moment("invoice", 9, amount=100, document="B"),
    )
    assert found.reached == (Reached(Stage.LEAD, on(0), 0), Reached(Stage.CUSTOMER, on(2), 2))
    assert [step.stage for step in found.steps] == [Stage.LEAD, Stage.CUSTOMER, Stage.LEAD, Stage.CUSTOMER]
    assert (found.touches_before_purchase, found.first_purchase_at) == (3, on(9))


def test_an_import_before_the_first_touch_is_day_zero() -> None:
    found = path(moment("profile", 0, automated=True), moment("form", 5))
    assert found.reached == (Reached(Stage.PROSPECT, on(0), 0), Reached(Stage.LEAD, on(5), 0))
    assert found.first_touch == "form@5"


def test_automated_touchpoints_alone_are_no_path() -> None:
    assert path(moment("profile", 0, automated=True)) == Journey((), (), (), None, None, None, 1)


@settings(max_examples=200, deadline=None)
@given(timelines(), st.randoms())
def test_any_order_gives_the_same_and_every_touch_is_in_one_step(moments: list[Moment], random: Random) -> None:
    found = path(*moments)
    shuffled = [*moments, *moments]
    random.shuffle(shuffled)
    assert path(*shuffled) == found
    assert sum(step.touchpoints for step in found.steps) + found.automated == len(moments)
    assert sum(use.touchpoints for use in found.channels) + found.automated == len(moments)
    assert all(a.ended <= b.began and (a.channel, a.stage) != (b.channel, b.stage) for a, b in pairwise(found.steps))

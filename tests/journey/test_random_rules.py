"""Whatever the rules are: order changes nothing, and what is folded on is what is folded whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.journey.lifecycle import Course, Lifecycle, lifecycle
from hub.journey.rules import load_rules
from hub.journey.timeline import Moment, ordered
from hub.values import RevenueBasis
from tests.journey.moments import TWO, on
from tests.journey.rule_texts import decided_timelines, rule_texts

DAYS = st.sampled_from([0, 1, 89, 90, 100, 179, 365, 400, 456, 500, 900, 2000])
COUNT = 200


@settings(max_examples=COUNT, deadline=None)
@given(decided_timelines(), rule_texts(), st.randoms(), DAYS)
def test_any_order_gives_the_same(moments: list[Moment], text: str, random: Random, day: int) -> None:
    rules = load_rules(text)
    expected = lifecycle(moments, rules, on(day), TWO)
    shuffled = [*moments, *moments]
    random.shuffle(shuffled)
    assert lifecycle(shuffled, rules, on(day), TWO) == expected


@settings(max_examples=COUNT, deadline=None)
@given(decided_timelines(), rule_texts(), DAYS, st.sampled_from(RevenueBasis))
def test_as_of_a_time_is_the_fold_of_what_was_until_then(
    moments: list[Moment], text: str, day: int, basis: RevenueBasis
) -> None:
    rules = load_rules(text, basis)
    whole = lifecycle(moments, rules, on(day), TWO)
    past = lifecycle([each for each in moments if each.at <= on(day)], rules, on(day), TWO)
    assert replace(whole, next_change_at=None) == replace(past, next_change_at=None)
    later = lifecycle(moments, rules, on(3000), TWO)
    assert whole.changes == tuple(change for change in later.changes if change.at <= on(day))


@settings(max_examples=COUNT, deadline=None)
@given(decided_timelines(), rule_texts(), st.lists(DAYS, max_size=4))
def test_a_course_taken_up_again_is_the_whole_fold_however_often_it_is_asked(
    moments: list[Moment], text: str, stops: list[int]
) -> None:
    rules = load_rules(text)
    course = Course(rules, TWO)
    timeline = ordered(moments)
    taken = 0
    for stop in sorted({*stops, 3000}):
        present = sum(each.at <= on(stop) for each in timeline)
        course.take(timeline[taken:present])
        taken = present
        following = timeline[present].at if present < len(timeline) else None
        assert course.lifecycle(on(stop), following) == lifecycle(moments, rules, on(stop), TWO)


@settings(max_examples=COUNT, deadline=None)
@given(decided_timelines(), rule_texts(), DAYS)
def test_nothing_changes_before_the_next_change_and_time_alone_leads_there(
    moments: list[Moment], text: str, day: int
) -> None:
    rules = load_rules(text)
    known = [each for each in moments if each.at <= on(day)]
    life = lifecycle(known, rules, on(day), TWO)
    if life.next_change_at is None:
        assert _same(lifecycle(known, rules, on(9000), TWO), life)
        return
    assert life.next_change_at > on(day)
    assert _same(lifecycle(known, rules, life.next_change_at - timedelta(microseconds=1), TWO), life)


@settings(max_examples=COUNT, deadline=None)
@given(decided_timelines(), rule_texts())
def test_changes_form_two_chains_and_each_has_its_reason(moments: list[Moment], text: str) -> None:
    rules = load_rules(text)
    life = lifecycle(moments, rules, on(3000), TWO)
    ids = {each.id for each in moments}
    for axis, end in (("STAGE", life.stage), ("STANDING", life.standing)):
        chain = [change for change in life.changes if change.axis == axis]
        assert [change.before for change in chain] == [None, *(change.after for change in chain)][: len(chain)]
        assert (chain[-1].after if chain else None) is end
        assert all(change.before is not change.after for change in chain)
    for change in life.changes:
        assert change.because.rule_version == rules.name
        assert change.because.touchpoints
        assert set(change.because.touchpoints) <= ids
    assert all(one.at <= other.at for one, other in pairwise(life.changes))
    assert life.stage is not None or life.standing is None


def _same(one: Lifecycle, other: Lifecycle) -> bool:
    return replace(one, next_change_at=None) == replace(other, next_change_at=None)

"""Probable duplicates: found, explained, and the same in any order."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.identity.likeness import Likeness
from hub.identity.suggest import suggest

ANNA = Likeness(id="cus_a", names=("anna berg",), emails=("anna@x.org",), phones=("+491511234567",))
ALSO = Likeness(id="cus_b", names=("anna berg",), emails=("berg.anna@y.org",), phones=("+491511234567",))
SON = Likeness(id="cus_c", names=("berg carl",), emails=("carl@z.org",), phones=("+491511234567",))


def strangers(number: int) -> list[Likeness]:
    pick = random.Random(3)

    def word() -> str:
        return "".join(pick.choice("abcdefghijklmnoprstuvwz") for _ in range(pick.randrange(5, 9)))

    return [
        Likeness(
            id=f"cus_s{each:03}",
            names=(" ".join(sorted((word(), word()))),),
            emails=(f"{word()}@{word()}.org",),
            phones=(f"+49170{pick.randrange(10**7):07}",),
        )
        for each in range(number)
    ]


def test_a_second_record_of_somebody_is_suggested_and_the_family_is_not() -> None:
    found = suggest([ANNA, ALSO, SON, *strangers(60)]).found
    assert [(each.a, each.b) for each in found] == [("cus_a", "cus_b")]
    assert found[0].probability > 0.9


def test_a_suggestion_explains_itself() -> None:
    suggestions = suggest([ANNA, ALSO, SON, *strangers(60)])
    found, prior = suggestions.found[0], suggestions.model.prior
    assert [(each.comparison, each.level) for each in found.because] == [
        ("name", "SAME"),
        ("email", "DIFFERENT"),
        ("phone", "SAME"),
    ]
    name, email, phone = (each.weight for each in found.because)
    assert name > 4
    assert email < 0
    assert phone > 4
    odds = prior / (1 - prior) * 2 ** (name + email + phone)
    assert found.probability == pytest.approx(odds / (1 + odds))
    assert 2**found.weight == pytest.approx(odds)


def test_a_lower_threshold_adds_less_probable_pairs_behind_the_others() -> None:
    likenesses = [ANNA, ALSO, SON, *strangers(60)]
    sure, all_ = suggest(likenesses).found, suggest(likenesses, threshold=0.0).found
    assert all_[: len(sure)] == sure
    assert {(each.a, each.b) for each in all_[:3]} == {("cus_a", "cus_b"), ("cus_a", "cus_c"), ("cus_b", "cus_c")}
    assert [each.weight for each in all_] == sorted((each.weight for each in all_), reverse=True)


def test_nobody_and_one_have_no_duplicates() -> None:
    assert suggest([], threshold=0.0).found == []
    assert suggest([ANNA], threshold=0.0).found == []


def test_a_hub_of_two_customers_has_suggestions_too() -> None:
    assert [(each.a, each.b) for each in suggest([ALSO, ANNA]).found] == [("cus_a", "cus_b")]
    assert suggest([ANNA, Likeness(id="cus_z", names=("carl zeiss",), phones=("+4917099",))], 0.0).found == []


def test_a_hub_of_few_customers_is_judged_by_what_is_expected_of_one_customers_pairs() -> None:
    few = suggest([ANNA, ALSO, SON, *strangers(46)])
    assert few.model.m["name"][0] == pytest.approx(0.5)
    assert [(each.a, each.b) for each in few.found] == [("cus_a", "cus_b")]
    assert suggest([ANNA, ALSO, SON, *strangers(47)]).model.m["name"][0] != pytest.approx(0.5)


def test_pairs_that_are_asked_for_are_scored_whatever_comes_out() -> None:
    stranger = Likeness(id="cus_z", names=("ost west",), phones=("+4917099999",))
    asked = [("cus_z", "cus_a"), ("cus_a", "cus_b"), ("cus_a", "cus_gone"), ("cus_a", "cus_a")]
    found = suggest([ANNA, ALSO, stranger, *strangers(60)], also=asked).found
    assert [(each.a, each.b) for each in found] == [("cus_a", "cus_b"), ("cus_a", "cus_z")]
    assert found[1].probability < 0.001
    assert [(each.level, each.a, each.b) for each in found[1].because] == [
        ("DIFFERENT", ("anna berg",), ("ost west",)),
        ("DIFFERENT", ("+491511234567",), ("+4917099999",)),
    ]


def test_the_share_that_is_done_is_told_and_whoever_hears_it_may_stop_the_work() -> None:
    heard: list[float] = []
    suggest([ANNA, ALSO], told=heard.append)
    assert heard == sorted(heard)
    assert (len(heard), heard[0], heard[-1]) == (22, 0.1, 0.9)

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        suggest([ANNA, ALSO], told=stop)


def test_a_fitted_model_scores_other_customers() -> None:
    model = suggest([ANNA, ALSO, SON, *strangers(60)]).model
    again = suggest([ANNA, ALSO, SON], 0.9, model)
    assert again.model is model
    assert [(each.a, each.b) for each in again.found] == [("cus_a", "cus_b")]


FEW = st.sampled_from
LIKENESSES = st.lists(
    st.builds(
        Likeness,
        id=st.uuids().map(str),
        names=st.lists(FEW(["anna berg", "ana berg", "carl", "অনিতা রায়", "محمد اقبال"]), max_size=2).map(tuple),
        emails=st.lists(FEW(["anna@x.org", "ana@x.org", "carl@y.org"]), max_size=2).map(tuple),
        birthdays=st.lists(FEW(["19710624", "19710625", "19990230"]), max_size=1).map(tuple),
        cities=st.lists(FEW(["hull", "ঢাকা", "لاہور"]), max_size=1).map(tuple),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)


@settings(max_examples=60, deadline=None)
@given(LIKENESSES, st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(likenesses: list[Likeness], order: random.Random) -> None:
    shuffled = order.sample(likenesses, len(likenesses))
    assert suggest(shuffled, threshold=0.0) == suggest(likenesses, threshold=0.0)


@settings(max_examples=60, deadline=None)
@given(LIKENESSES)
def test_each_pair_is_suggested_once_and_in_one_direction(likenesses: list[Likeness]) -> None:
    found = suggest(likenesses, threshold=0.0).found
    assert all(each.a < each.b for each in found)
    assert len({(each.a, each.b) for each in found}) == len(found)
    assert all(0 <= each.probability <= 1 for each in found)

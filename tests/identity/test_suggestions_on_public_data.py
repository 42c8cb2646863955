"""Suggestions on labelled public data. The labels only judge; what is suggested is learned without them."""

import random
from math import inf
from pathlib import Path

import pytest

from bench.suggestions import EVEN, SETS, SURE, Score, at, best, crm_mix, fake_1000, febrl, ruled, weighed
from hub.identity.suggest import suggest

pytestmark = pytest.mark.shared


def judged(data: Path, name: str) -> Score:
    likenesses, truth = SETS[name](data)
    return best(weighed(suggest(likenesses, threshold=0.001).found), truth)


def test_fake_1000_is_clustered_better_than_by_splink(shared_data: Path) -> None:
    found = judged(shared_data, "fake_1000")
    assert found.f1 >= 0.96, found  # Splink 5: .916
    assert found.precision >= 0.99, found


def test_febrl_1_is_clustered_without_fault(shared_data: Path) -> None:
    likenesses, truth = febrl(1)(shared_data)
    pairs = weighed(suggest(likenesses, threshold=0.001).found)
    assert best(pairs, truth).f1 == 1.0
    assert at(pairs, truth, EVEN).f1 == 1.0, "at even odds too"


def test_any_order_gives_the_same_suggestions(shared_data: Path) -> None:
    likenesses, _ = fake_1000(shared_data)
    shuffled = random.Random(11).sample(likenesses, len(likenesses))
    assert suggest(shuffled) == suggest(likenesses)


def test_a_role_mailbox_is_no_reason(shared_data: Path) -> None:
    likenesses, _ = crm_mix(shared_data)
    assert not [each.id for each in likenesses for email in each.emails if email.startswith(("billing@", "info@"))]


@pytest.mark.long
def test_febrl_3_is_clustered_better_than_by_splink(shared_data: Path) -> None:
    found = judged(shared_data, "febrl_3")
    assert found.f1 >= 0.9993, found  # Splink 5: .9986
    assert found.precision >= 0.999, found


@pytest.mark.long
def test_crm_mix_is_clustered_better_than_by_rules_alone(shared_data: Path) -> None:
    likenesses, truth = crm_mix(shared_data)
    pairs = weighed(suggest(likenesses).found)
    assert best(pairs, truth).f1 >= 0.91  # rules alone: .764; Splink, quick model: .640
    assert at(pairs, truth, EVEN).precision >= 0.97
    assert at(pairs, truth, SURE).precision >= 0.98


@pytest.mark.long
def test_what_rules_leave_apart_is_found_without_taking_families_for_one(shared_data: Path) -> None:
    likenesses, truth = crm_mix(shared_data)
    customers, joined = ruled(likenesses)
    sure = [(a, b, inf) for a, b in joined]
    before, after = at(sure, truth, inf), at(sure + weighed(suggest(customers).found), truth, EVEN)
    assert (round(before.precision, 3), round(before.recall, 2)) == (0.999, 0.62)
    assert after.precision >= 0.97, after
    assert after.recall >= 0.75, after

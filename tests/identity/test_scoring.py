"""Weights: expectation maximisation, the rarity of terms, probabilities."""

import numpy as np
import pytest

from hub.identity.blocking import RULES, blocks
from hub.identity.compare import COMPARISONS, FAMILY
from hub.identity.likeness import Likeness
from hub.identity.scoring import PRIOR_MATCHES, Model, expect, fit, probability, weights
from hub.identity.table import MISSING, Table

NAME = [comparison.name for comparison in COMPARISONS].index("name")
EMAIL = [comparison.name for comparison in COMPARISONS].index("email")


def slowly(rows: list[list[int]], m: list[list[float]], u: list[list[float]]) -> list[list[float]]:
    """Expectation maximisation pair by pair, as the textbook has it."""
    share, start = 0.1, m
    counts = [[0.0] * len(each) for each in m]
    for _ in range(100):
        counts = [[0.0] * len(each) for each in m]
        total = 0.0
        for row in rows:
            match, other = share, 1 - share
            for column, level in enumerate(row):
                if level != MISSING:
                    match, other = match * m[column][level], other * u[column][level]
            here = match / (match + other)
            total += here
            for column, level in enumerate(row):
                if level != MISSING:
                    counts[column][level] += here
        more = [
            [count + PRIOR_MATCHES * first for count, first in zip(found, before, strict=True)]
            for found, before in zip(counts, start, strict=True)
        ]
        m = [[each / sum(found) for each in found] for found in more]
        before, share = share, (total + 0.1) / (len(rows) + 1)
        if abs(share - before) < 1e-6:
            break
    return counts


def test_expectation_maximisation_is_that_of_the_textbook() -> None:
    rows = [[0, 0], [0, 0], [0, 1], [1, 2], [1, MISSING], [1, 2], [0, 2], [MISSING, 1]]
    m, u = [[0.9, 0.1], [0.7, 0.2, 0.1]], [[0.1, 0.9], [0.05, 0.15, 0.8]]
    found = expect(np.array(rows, np.int8), [np.array(each) for each in m], [np.array(each) for each in u])
    for counts, expected in zip(found, slowly(rows, m, u), strict=True):
        assert counts.tolist() == pytest.approx(expected, rel=1e-9)


def test_what_made_the_pairs_is_found_again() -> None:
    draw = np.random.default_rng(5)
    matches = draw.random(20_000) < 0.2
    m, u = np.array([0.7, 0.2, 0.1]), np.array([0.02, 0.08, 0.9])
    rows = np.stack(
        [np.where(matches, draw.choice(3, 20_000, p=m), draw.choice(3, 20_000, p=u)) for _ in range(4)], axis=1
    )
    start = np.array([0.5, 0.3, 0.2])
    for counts in expect(rows.astype(np.int8), [start] * 4, [u] * 4):
        assert counts.sum() == pytest.approx(matches.sum(), rel=0.05)
        assert counts / counts.sum() == pytest.approx(m, abs=0.03)


def test_no_pair_teaches_nothing() -> None:
    assert [each.tolist() for each in expect(np.empty((0, 1), np.int8), [np.array([0.9, 0.1])], [np.ones(2)])] == [
        [0.0, 0.0]
    ]


def test_a_bit_more_doubles_the_odds() -> None:
    assert probability(np.array([0.0, 1.0, 2.0, -1.0]), 0.5).tolist() == pytest.approx([1 / 2, 2 / 3, 4 / 5, 1 / 3])
    assert probability(np.array([0.0, 10.0]), 1 / 1025).tolist() == pytest.approx([1 / 1025, 1 / 2])
    assert probability(np.array([5000.0, -5000.0]), 0.5).tolist() == pytest.approx([1, 0])


def test_a_rare_name_that_agrees_counts_for_more_than_a_common_one() -> None:
    names = ["ann", "ann", "ann", "zed", "zed", "bob", "cid", "dan"]
    table = Table(Likeness(id=str(number), names=(name,)) for number, name in enumerate(names))
    compared = table.compare(np.array([0 * 8 + 1, 3 * 8 + 4, 0 * 8 + 3, 5 * 8 + 6]))
    usual = (9 + 4 + 1 + 1 + 1) / 64
    assert compared.levels[:, NAME].tolist() == [4, 4, 7, 7]
    assert compared.rarity[:, NAME].tolist() == pytest.approx(
        [np.log2(usual / (3 / 8)), np.log2(usual / (2 / 8)), 0, 0]
    )
    assert compared.levels[:, EMAIL].tolist() == [MISSING] * 4


def test_a_weight_is_the_logarithm_of_m_over_u() -> None:
    table = Table(
        [Likeness(id="1", names=("anna berg",)), Likeness(id="2", names=("carl zeiss",), emails=("c@x.org",))]
    )
    even = {each.name: (1 / len(each.levels),) * len(each.levels) for each in COMPARISONS}
    model = Model(0.5, even | {"name": (0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)}, even | {"name": (0.05,) * 7 + (0.8,)})
    found = weights(model, table.compare(np.array([1])))
    assert found[0, NAME] == pytest.approx(-3)
    assert found.sum() == pytest.approx(-3), "a value that one side has not says nothing"


def test_one_word_of_several_weighs_little_however_rare_it_is() -> None:
    table = Table([Likeness(id="1", names=("anna zyx",)), Likeness(id="2", names=("carl zyx",))])
    even = {each.name: (1 / len(each.levels),) * len(each.levels) for each in COMPARISONS}
    model = Model(0.5, even, even | {"name": (0.2,) * 6 + (1e-6, 0.2)})
    assert weights(model, table.compare(np.array([1])))[0, NAME] == FAMILY


def test_two_customers_own_pairs_do_not_make_an_address_look_common() -> None:
    """Many duplicates among few customers: random pairs often agree because they are one customer."""
    draw = np.random.default_rng(7)
    words = ["".join(chr(97 + letter) for letter in draw.integers(0, 26, 8)) for _ in range(40)]
    likenesses = [
        Likeness(id=f"{number}-{copy}", names=(f"{word} {word[::-1]}",), emails=(f"{word}@x.org",))
        for number, word in enumerate(words)
        for copy in range(3)
    ]
    table = Table(likenesses)
    blocked = [(rule, blocks(table.likenesses, rule)) for rule in RULES]
    compared = table.compare(np.unique(np.concatenate([codes for _, codes in blocked])))
    model = fit(table, blocked, compared)
    assert model.prior == pytest.approx(120 / (120 * 119 / 2), rel=0.1)
    # 120 of 7,140 pairs agree, all of them one customer's: counted as they are, u would be 0.0168.
    assert model.u["email"][0] < 0.002

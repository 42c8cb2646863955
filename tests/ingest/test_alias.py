"""A source states that two numbers of its own are one customer's: they count as one, as long as it says so."""

from __future__ import annotations

from itertools import permutations

import pytest

from hub.ingest.rule_sets import store
from tests.ingest.builders import NOW, Bench, row, tp

ROWS = {
    "k1": row("k1", who={"user": "7", "email": "a@x.org"}),
    "k2": row("k2", who={"user": "8", "phone": "01711000001"}, at="2025-01-02"),
    "k3": row("k3", who={"user": "7", "user.2": "8"}, alias=True, at="2025-01-03"),
    "k4": row("k4", who={"user": "9", "email": "a@x.org"}, at="2025-01-04"),
}


def groups(bench: Bench) -> set[frozenset[str]]:
    keys = {tp(key): key for key in ROWS}
    return {frozenset(keys[each] for each in group) for group in bench.groups()}


def together(*keys: str) -> set[frozenset[str]]:
    return {frozenset(each.split()) for each in keys}


@pytest.mark.parametrize("order", list(permutations(ROWS))[::5])
def test_two_numbers_that_a_source_states_to_be_one_are_one_in_any_order(bench: Bench, order: tuple[str, ...]) -> None:
    for key in order:
        bench.tell(ROWS[key])
    assert groups(bench) == together("k1 k2 k3", "k4")


def test_two_numbers_of_one_touchpoint_are_two_customers_unless_it_states_otherwise(bench: Bench) -> None:
    bench.tell(ROWS["k1"], ROWS["k2"], row("k3", who={"user": "7", "user.2": "8"}, at="2025-01-03"))
    assert groups(bench) == together("k1 k3", "k2")


def test_numbers_are_one_through_others(bench: Bench) -> None:
    bench.tell(*ROWS.values())
    bench.tell(row("k5", who={"user": "8", "user.2": "9"}, alias=True, at="2025-01-05"))
    assert len(bench.groups()) == 1


def test_a_statement_that_is_withdrawn_parts_them_again(bench: Bench) -> None:
    bench.tell(*ROWS.values())
    bench.tell(row("k3", deleted=True))
    assert groups(bench) == together("k1", "k2", "k4")


def test_a_persons_word_counts_more(bench: Bench) -> None:
    bench.tell(*ROWS.values())
    operation = bench.split(str(bench.customer(tp("k1"))), tp("k2"))
    assert groups(bench) == together("k1 k3", "k2", "k4")
    bench.undo(operation)
    assert groups(bench) == together("k1 k2 k3", "k4")
    bench.merge(str(bench.customer(tp("k1"))), str(bench.customer(tp("k4"))))
    assert groups(bench) == together("k1 k2 k3 k4")


def test_a_company_may_trust_no_statement(bench: Bench) -> None:
    bench.tell(*ROWS.values())
    with bench.truth.transaction():
        store(bench.truth, 'never_join = ["alias"]', "", "me", NOW)
    bench.process()
    assert groups(bench) == together("k1 k3", "k2", "k4")

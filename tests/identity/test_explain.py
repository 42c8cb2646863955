"""Why two customers are two: the shortest way between them, what they have one of each, what is nearly the same."""

from __future__ import annotations

import pytest

from hub.identity.explain import Apart, Resemblance, alike, conflicts, sentence, way
from hub.identity.rules import Node


def email(value: str) -> Node:
    return (30, "email", "", value)


def phone(value: str) -> Node:
    return (31, "phone", "", value)


def contact(value: str, namespace: str = "books") -> Node:
    return (10, "contact", namespace, value)


A, B, C = email("a@x.org"), email("b@x.org"), email("c@x.org")


def test_the_shortest_way_is_found_and_says_what_is_shared() -> None:
    carried = {1: [A], 2: [A, B], 3: [B, C], 4: [C], 5: [A, C]}
    assert way(carried, [1], {4}) == [(1, A), (5, C), (4, None)]
    assert way(carried, [1], {1}) == [(1, None)]
    assert way(carried, [2, 1], {3}) == [(2, B), (3, None)]


def test_there_may_be_no_way() -> None:
    assert way({1: [A], 2: [B], 3: []}, [1], {2}) == []
    assert way({1: [A], 2: []}, [2], {1}) == []


def test_a_conflict_is_where_both_have_values_and_none_in_common() -> None:
    mine = [contact("7"), contact("1", "shop"), A]
    assert conflicts(mine, [contact("8"), contact("2", "other"), B]) == [
        ("contact", "books", [contact("7")], [contact("8")])
    ]
    assert conflicts(mine, [contact("8"), contact("7")]) == []


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (phone("+8801711234567"), phone("01711234567"), True),
        (phone("+8801711234567"), phone("+8801711234568"), False),
        (phone("123"), phone("0123"), False),
        (email("anna.rahman@x.org"), email("annarahman@y.org"), True),
        (email("anna@x.org"), email("anna@x.org"), False),
        (email("abc@x.org"), email("abc@y.org"), False),
        (contact("7"), contact("7", "shop"), False),
    ],
)
def test_what_differs_in_its_form_only_is_alike(a: Node, b: Node, found: bool) -> None:
    told = alike(((), ()), ([a], [b]))
    assert told == ([Resemblance(a[1], a[3], b[3])] if found else [])


def test_a_name_is_alike_when_its_key_is_the_same() -> None:
    assert alike((["karim uddin", ""], ["", "karim uddin"]), ([], [])) == [
        Resemblance("name", "karim uddin", "karim uddin")
    ]


@pytest.mark.parametrize("why", Apart)
def test_every_reason_has_its_sentence(why: Apart) -> None:
    told = sentence(why, "phone", "SEVERAL_NAMES", 3, 1)
    assert told.endswith(".")
    assert "{" not in told

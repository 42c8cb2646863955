"""Which pairs of likenesses are compared at all: those that share a key of some rule.

Comparing everybody with everybody grows with the square of the customers. Each rule is a cheap key under which two
likenesses of one customer often meet; together they should miss few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.identity.likeness import Likeness

Codes = NDArray[np.int64]
"""Pairs of places (i, j), i < j, in a list of n: i * n + j, sorted, each once."""

MOST_IN_A_BLOCK = 100
"""A key that more likenesses share says too little to compare them all: its block is passed over."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """A rule: the keys of a likeness. The comparisons that a shared key ``decides`` learn nothing from its pairs."""

    name: str
    keys: Callable[[Likeness], Iterator[str]]
    decides: frozenset[str]


def _pairs_of_words(likeness: Likeness) -> Iterator[str]:
    for name in likeness.names:
        words = name.split()
        for i, word in enumerate(words):
            yield from (f"{word} {other}" for other in words[i + 1 :])


def _word_and_birth_year(likeness: Likeness) -> Iterator[str]:
    for name in likeness.names:
        for birthday in likeness.birthdays:
            yield from (f"{word} {birthday[:4]}" for word in name.split())


def _word_and_birthday(likeness: Likeness) -> Iterator[str]:
    for name in likeness.names:
        for birthday in likeness.birthdays:
            yield from (f"{word[:2]} {birthday[4:]}" for word in name.split())


def _word_and_place(likeness: Likeness) -> Iterator[str]:
    for name in likeness.names:
        for place in (*likeness.postcodes, *likeness.cities):
            yield from (f"{word} {place}" for word in name.split())


def _word_and_street(likeness: Likeness) -> Iterator[str]:
    for name in likeness.names:
        for street in likeness.streets:
            yield from (f"{word[:3]} {street}" for word in name.split())


def _street_and_place(likeness: Likeness) -> Iterator[str]:
    for street in likeness.streets:
        yield from (f"{street} {place}" for place in (*likeness.postcodes, *likeness.cities))


def _local_parts(likeness: Likeness) -> Iterator[str]:
    yield from (email.rpartition("@")[0] for email in likeness.emails)


def _of(field: str) -> Callable[[Likeness], Iterator[str]]:
    return lambda likeness: iter(getattr(likeness, field))


RULES: tuple[Blocking, ...] = (
    Blocking("email", _local_parts, frozenset({"email"})),
    Blocking("phone", _of("phones"), frozenset({"phone"})),
    Blocking("handle", _of("handles"), frozenset({"handle"})),
    Blocking("number", _of("numbers"), frozenset({"number"})),
    Blocking("name", _pairs_of_words, frozenset({"name"})),
    Blocking("birthday", _of("birthdays"), frozenset({"birthday"})),
    Blocking("word and birth year", _word_and_birth_year, frozenset({"name", "birthday"})),
    Blocking("word and day", _word_and_birthday, frozenset({"name", "birthday"})),
    Blocking("word and place", _word_and_place, frozenset({"name", "postcode", "city"})),
    Blocking("word and street", _word_and_street, frozenset({"name", "street"})),
    Blocking("street and place", _street_and_place, frozenset({"street", "postcode", "city"})),
)


def blocks(likenesses: Sequence[Likeness], rule: Blocking) -> Codes:
    """The pairs that share a key of one rule."""
    places: dict[str, list[int]] = {}
    for place, likeness in enumerate(likenesses):
        for key in set(rule.keys(likeness)):
            places.setdefault(key, []).append(place)
    n = len(likenesses)
    found = [np.empty(0, np.int64)]
    for block in places.values():
        if 1 < len(block) <= MOST_IN_A_BLOCK:
            members = np.array(block, np.int64)
            left, right = np.triu_indices(len(block), 1)
            found.append(members[left] * n + members[right])
    return np.unique(np.concatenate(found))

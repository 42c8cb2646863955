"""How alike two values are, in few levels, from "the same" to "different".

The levels follow Splink's library of comparisons: equal, a slip of the keyboard (Damerau-Levenshtein), alike
(Jaro-Winkler), else different. What agrees exactly is handed back, so that agreeing on something rare counts for more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import inf

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

Match = tuple[int, tuple[str, ...]]
"""The place of a level in its comparison, 0 being the most alike, and the values that agree exactly."""


@dataclass(frozen=True, slots=True)
class Level:
    """A degree of likeness.

    ``m``, ``u``: how often one customer's and two customers' have it, before data speaks; ``most``: the greatest weight
    it may get, in bits.
    """

    label: str
    m: float
    u: float
    most: float = inf


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field of a likeness, the levels in which two of its values are compared, and what is counted as its terms."""

    name: str
    field: str
    levels: tuple[Level, ...]
    match: Callable[[str, str], Match]
    terms: Callable[[str], Sequence[str]] = lambda value: (value,)

    def best(self, left: tuple[str, ...], right: tuple[str, ...]) -> Match:
        """The level of the two values that are most alike."""
        if len(left) == 1 == len(right):
            return self.match(left[0], right[0])
        return min(self.match(a, b) for a in left for b in right)


MOST_WORDS = 5
"""A longer name is compared by its first words in sorted order."""

# Words of names --------------------------------------------------------------------------------------------------

_SAME, _CLOSE, _SHORT, _OTHER = range(4)


@lru_cache(maxsize=1 << 18)
def _word(a: str, b: str) -> int:
    """Two words of names: the same, misspelt, one short for the other (an initial, ``zach``), or different."""
    if a == b:
        return _SAME
    short, long = sorted((a, b), key=len)
    if long.startswith(short) and (len(short) == 1 or len(short) >= 3):
        return _CLOSE if len(long) - len(short) == 1 < len(short) else _SHORT
    if len(short) >= 3 and (
        OSA.distance(a, b, score_cutoff=2) <= (2 if len(short) > 5 else 1) or JaroWinkler.similarity(a, b) >= 0.9
    ):
        return _CLOSE
    return _OTHER


def match_names(a: str, b: str) -> Match:
    """Names as sets of words: "LAST FIRST" is "first last", and either half may be missing, misspelt or an initial.

    Each word of the shorter name takes part in one pair; of all ways to pair them the most alike counts.
    """
    short, long = sorted((a.split()[:MOST_WORDS], b.split()[:MOST_WORDS]), key=len)
    table = [[_word(mine, theirs) for theirs in long] for mine in short]
    if min(map(min, table)) == _OTHER:
        return (3 if _run_together(a, b) else 7), ()
    grades = min(
        sorted(row[place] for row, place in zip(table, places, strict=True))
        for places in permutations(range(len(long)), len(short))
    )
    same = tuple(sorted(set(short) & set(long)))
    if len(grades) == 1:
        return (4, 5, 7)[min(grades[0], 2)], same
    if grades[0] == _SAME:
        # A rare surname beside another first name tells of a family, not of one customer: it counts like any other.
        return (0, 1, 2, 6)[grades[-1]], () if grades[-1] == _OTHER else same
    return (3 if grades[-1] != _OTHER or _run_together(a, b) else 7), same


def _run_together(a: str, b: str) -> bool:
    """Whether the names differ by where their words end: "braid en" and "braiden"."""
    return OSA.normalized_similarity(a.replace(" ", ""), b.replace(" ", ""), score_cutoff=0.85) > 0


# One value against one value -------------------------------------------------------------------------------------


def match_emails(a: str, b: str) -> Match:
    """The same; the same local part; a slip; alike in the local part; different."""
    if a == b:
        return 0, (a,)
    mine, theirs = a.rpartition("@")[0], b.rpartition("@")[0]
    if mine == theirs:
        return 1, ()
    if OSA.distance(a, b, score_cutoff=2) <= 2:
        return 2, ()
    if JaroWinkler.similarity(a, b) >= 0.9 or JaroWinkler.similarity(mine, theirs) >= 0.9:
        return 3, ()
    return 4, ()


def match_codes(a: str, b: str) -> Match:
    """Phones, numbers and postcodes: the same; one slip or two figures exchanged; different."""
    if a == b:
        return 0, (a,)
    return (1 if OSA.distance(a, b, score_cutoff=1) <= 1 else 2), ()


def match_handles(a: str, b: str) -> Match:
    """The same; one slip or nearly the same; different."""
    if a == b:
        return 0, (a,)
    return (1 if OSA.distance(a, b, score_cutoff=1) <= 1 or JaroWinkler.similarity(a, b) >= 0.93 else 2), ()


def match_streets(a: str, b: str) -> Match:
    """The same; misspelt, in whatever order of words; much alike (another house, a word left out); different."""
    if a == b:
        return 0, (a,)
    likeness = token_sort_ratio(a, b)
    return (1 if likeness >= 88 else 2 if likeness >= 70 else 3), ()


def match_cities(a: str, b: str) -> Match:
    """The same; misspelt; different."""
    if a == b:
        return 0, (a,)
    return (1 if JaroWinkler.similarity(a, b) >= 0.85 or OSA.distance(a, b, score_cutoff=2) <= 1 else 2), ()


def match_birthdays(a: str, b: str) -> Match:
    """The same; one slip, or day and month exchanged; within a month; within a year; within ten years; different.

    A distance in days counts months as 30.4 days, so that a mistyped day that no calendar has can be compared too.
    """
    if a == b:
        return 0, (a,)
    if OSA.distance(a, b, score_cutoff=1) <= 1 or (a[:4] == b[:4] and a[4:] == b[6:] + b[4:6]):
        return 1, ()
    apart = abs(_days(a) - _days(b))
    return (2 if apart <= 31 else 3 if apart <= 366 else 4 if apart <= 3653 else 5), ()


@lru_cache(maxsize=1 << 16)
def _days(day: str) -> float:
    try:
        return int(day[:4]) * 365.25 + int(day[4:6]) * 30.4 + int(day[6:8])
    except ValueError:
        return -1e9 * (1 + len(day))


def _levels(**levels: tuple[float, ...]) -> tuple[Level, ...]:
    return tuple(Level(label.upper(), *chances) for label, chances in levels.items())


FAMILY = 1.0
"""Relatives share a surname, and also phone and street: one word of several adds little to what else they share.
Without this limit every family would be suggested, since the model takes the comparisons for independent."""


COMPARISONS: tuple[Comparison, ...] = (
    Comparison("name", "names", _levels(
        same=(0.5, 0.0002),
        one_word_close=(0.15, 0.0002),
        one_word_short=(0.1, 0.0002),
        all_words_close=(0.05, 0.0004),
        one_word=(0.1, 0.005),
        one_word_misspelt=(0.03, 0.005),
        one_word_of_several=(0.04, 0.01, FAMILY),
        different=(0.03, 0.979),
    ), match_names, str.split),
    Comparison("email", "emails", _levels(
        same=(0.32, 0.0002),
        local_part=(0.08, 0.0002),
        slip=(0.1, 0.0002),
        close=(0.1, 0.005),
        different=(0.4, 0.9944),
    ), match_emails),
    Comparison("phone", "phones", _levels(
        same=(0.7, 0.0002),
        slip=(0.1, 0.0005),
        different=(0.2, 0.9993),
    ), match_codes),
    Comparison("handle", "handles", _levels(
        same=(0.7, 0.0005),
        close=(0.15, 0.002),
        different=(0.15, 0.9975),
    ), match_handles),
    Comparison("number", "numbers", _levels(
        same=(0.85, 0.0001),
        slip=(0.1, 0.0005),
        different=(0.05, 0.9994),
    ), match_codes),
    Comparison("birthday", "birthdays", _levels(
        same=(0.75, 0.0001),
        slip=(0.12, 0.001),
        one_month=(0.03, 0.0019),
        one_year=(0.04, 0.027),
        ten_years=(0.03, 0.27),
        different=(0.03, 0.7),
    ), match_birthdays),
    Comparison("street", "streets", _levels(
        same=(0.6, 0.001),
        misspelt=(0.15, 0.001),
        close=(0.1, 0.01),
        different=(0.15, 0.988),
    ), match_streets),
    Comparison("postcode", "postcodes", _levels(
        same=(0.8, 0.01),
        slip=(0.1, 0.03),
        different=(0.1, 0.96),
    ), match_codes),
    Comparison("city", "cities", _levels(
        same=(0.75, 0.1),
        misspelt=(0.1, 0.01),
        different=(0.15, 0.89),
    ), match_cities),
)  # fmt: skip
"""What two likenesses are compared by. A field that one of them has not speaks neither for nor against."""

"""Funnels: how many customers did one thing, then the next, and how long it took them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.journey.lookup import Lookup

Integers = NDArray[np.int64]
_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Doings:
    """What customers did, in columns of equal length, in any order. ``at`` in microseconds.

    ``touchpoint`` numbers it; the same may be in the doings of several steps, but is once among those of one.
    """

    customer: Integers
    at: Integers
    touchpoint: Integers


def funnel(steps: Sequence[Doings], within: int | None = None) -> list[Integers]:
    """For each step: of every customer who came to it, in no order, the microseconds since the step before.

    A customer comes to a step by a touchpoint that is later than the one of the step before, and at most ``within``
    later than the one of the first step. Of several ways the one counts that comes furthest, of those the earliest
    one, and on it each step as early as possible. Of one time, touchpoints that fit earlier steps are earlier, so that
    what is only known to the day counts in the order asked for; then what the hub numbered first is.
    """
    ranked = _ranked(steps)
    first, others = ranked[0], ranked[1:]
    begun = np.arange(first.customer.size)
    if within is None:  # whoever begins later comes no further
        begun = np.unique(first.customer, return_index=True)[1]
    customer, began = first.customer[begun], first.at[begun]
    # A row for each beginning; the time at which it came to each step, in columns, as far as it came.
    times, place = [began], first.rank[begun]
    going = np.arange(customer.size)
    for step in others:
        found = step.lookup.after(customer[going], place)
        came = found < step.lookup.ends(customer[going])
        going, found = going[came], found[came]
        if within is not None:
            soon = step.at[found] - began[going] <= within
            going, found = going[soon], found[soon]
        reached = np.full(customer.size, _NEVER)
        reached[going] = step.at[found]
        times.append(reached)
        place = step.rank[found]
    return _taken(customer, np.array(times))


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Doings by customer and rank: the place in the order of everything that all customers did."""

    lookup: Lookup
    customer: Integers
    rank: Integers
    at: Integers


def _ranked(steps: Sequence[Doings]) -> list[_Ranked]:
    at = np.concatenate([step.at for step in steps])
    touchpoint = np.concatenate([step.touchpoint for step in steps])
    step = np.repeat(np.arange(len(steps)), [each.at.size for each in steps])
    numbers, place = np.unique(touchpoint, return_inverse=True)
    earliest = np.full(numbers.size, len(steps))
    np.minimum.at(earliest, place, step)
    when = np.zeros(numbers.size, np.int64)
    when[place] = at
    ranks = np.empty(numbers.size, np.int64)
    ranks[np.lexsort((numbers, earliest, when))] = np.arange(numbers.size)
    ranked = []
    for each, rank in zip(steps, np.split(ranks[place], np.cumsum([each.at.size for each in steps])[:-1]), strict=True):
        lookup = Lookup(each.customer, rank)
        ranked.append(_Ranked(lookup, lookup.customer, lookup.at, each.at[lookup.order]))
    return ranked


def _taken(customer: Integers, times: Integers) -> list[Integers]:
    """The microseconds between steps on the way that counts of each customer; ``times`` by step and beginning."""
    depth = (times < _NEVER).sum(axis=0)
    order = np.lexsort((np.arange(customer.size), -depth, customer))
    best = order[np.unique(customer[order], return_index=True)[1]]
    ways = times[:, best]
    waits = [np.zeros(best.size, np.int64)]
    waits += [(after - before)[after < _NEVER] for before, after in pairwise(ways)]
    return waits


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of stage in columns of equal length, in order of time for each customer. ``at`` in microseconds.

    ``stage`` is the place of the new stage among the stages, or -1 for none.
    """

    customer: Integers
    at: Integers
    stage: Integers


@dataclass(frozen=True, slots=True)
class Stay:
    """What customers did with one stage.

    ``reached``: customers who ever came so far or further; ``entered``: who ever were in the stage itself; ``still``:
    who are in it. ``waits``: of who came so far without skipping the stage before, the microseconds since they came to
    that one or further. ``stays``: microseconds of each time somebody was in the stage and left.
    """

    reached: int
    entered: int
    waits: Integers
    stays: Integers
    still: int


def stages(changes: Changes, number: int) -> list[Stay]:
    """The funnel of the ``number`` stages, in their order."""
    order = np.argsort(changes.customer, kind="stable")
    customer, at, stage = changes.customer[order], changes.at[order], changes.stage[order]
    last = np.ones(customer.size, bool)
    last[:-1] = np.diff(customer) != 0
    left = np.zeros(customer.size, np.int64)
    left[:-1] = np.diff(at)
    people, person = np.unique(customer, return_inverse=True)
    before = np.full(people.size, _NEVER)
    found = []
    for place in range(number):
        beyond, here = stage >= place, stage == place
        reached = np.full(people.size, _NEVER)
        np.minimum.at(reached, person[beyond], at[beyond])
        came, later = reached < _NEVER, (before < reached) & (reached < _NEVER)
        entered, still = np.unique(person[here]).size, int(np.count_nonzero(here & last))
        waits = (reached - before)[later]
        found.append(Stay(int(np.count_nonzero(came)), entered, waits, left[here & ~last], still))
        before = reached
    return found

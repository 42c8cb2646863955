"""Segments: filters of customers that people keep under a name. They are truth, and may be built on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.errors import InputWrong, NotFound
from hub.ids import random_id
from hub.ingest.outcomes import Written
from hub.ingest.threads import Threads
from hub.store.session import Session
from hub.store.writing import decisions, records, segments
from hub.store.writing.segments import SEGMENT, Standing

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
MOST_SEGMENTS = 1000
MOST_PARTS = 50
"""Segments of which one may be made, counted as often as they are used."""

Filter = Mapping[str, Any]
"""A CustomerFilter of the graph, as JSON."""


@dataclass(frozen=True, slots=True)
class SegmentGiven:
    """A segment to save; ``id`` None makes a new one."""

    id: str | None
    name: str
    filter: Filter
    description: str = ""


class Segments:
    """Saving and deleting segments. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._clock = clock

    async def save(self, given: SegmentGiven, by: str) -> Written:
        """Save a new segment, or another version of one; what stands already is not written again.

        Raises ``NotFound``, and ``InputWrong`` for a name that is taken or a segment that would contain itself.
        """
        at = self._clock()
        return await self._threads.write(lambda session: _save(session, given, by, at))

    async def delete(self, id_: str, reason: str, by: str) -> Written:
        """Delete a segment. Raises ``NotFound``, and ``InputWrong`` while another is built on it."""
        at = self._clock()
        return await self._threads.write(lambda session: _delete(session, id_, reason, by, at))


def named(wanted: Filter) -> Iterator[str]:
    """The ids of the segments that a filter names, in whatever depth."""
    if wanted.get("segment") is not None:
        yield str(wanted["segment"])
    inner = [*(wanted.get("and") or ()), *(wanted.get("or") or ())]
    if wanted.get("not") is not None:
        inner.append(wanted["not"])
    for each in inner:
        yield from named(each)


def _save(session: Session, given: SegmentGiven, by: str, at: int) -> Written:
    last = records.take_numbers(session)
    there = segments.standing(session)
    name, text = _name(given.name), orjson.dumps(given.filter, option=orjson.OPT_SORT_KEYS).decode()
    if len(given.description) > LONGEST_DESCRIPTION:
        raise InputWrong(f"A description has at most {LONGEST_DESCRIPTION} characters.", path="description")
    if given.id is not None and given.id not in there:
        raise NotFound(f"There is no segment {given.id[:60]!r}.", path="id")
    alike = next((each for each in there.values() if each.name.casefold() == name.casefold()), None)
    id_ = given.id
    if alike is not None and alike.id != id_:
        if id_ is not None or (alike.filter, alike.description) != (text, given.description):
            raise InputWrong(
                f"There is a segment named {alike.name!r} already.", path="name", hint="Give its id to change it."
            )
        id_ = alike.id  # the same sent again
    new = Standing(id_ or random_id("seg"), name, given.description, text)
    if there.get(new.id) == new:
        return Written((new.id,), 0)
    if id_ is None and len(there) >= MOST_SEGMENTS:
        raise InputWrong(f"A hub keeps at most {MOST_SEGMENTS} segments.", path="name")
    filters = {each.id: orjson.loads(each.filter) for each in there.values()}
    parts(filters | {new.id: given.filter}, [new.id], {})
    segments.insert(session, (last + 1, new.id, name, new.description, text, by, at))
    records.give_numbers(session, last + 1)
    return Written((new.id,), last + 1)


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputWrong(f"A name has 1 to {LONGEST_NAME} characters.", path="name")
    return name


def parts(there: Mapping[str, Filter], way: Sequence[str], known: dict[str, int]) -> int:
    """Of how many segments the last one on the way is made, itself included; ``known`` keeps what was counted.

    Raises ``NotFound`` for one that is not there, and ``InputWrong`` when it contains itself or too many.
    """
    count = 1
    for id_ in named(there[way[-1]]):
        if id_ not in there:
            raise NotFound(f"There is no segment {id_[:60]!r}.", path="filter.segment")
        if id_ in way:
            raise InputWrong("The segment would contain itself.", path="filter.segment", hint=" > ".join([*way, id_]))
        count += known[id_] if id_ in known else parts(there, [*way, id_], known)
        if count > MOST_PARTS:
            raise InputWrong(f"A segment may be made of {MOST_PARTS} segments at most.", path="filter.segment")
    known[way[-1]] = count
    return count


def _delete(session: Session, id_: str, reason: str, by: str, at: int) -> Written:
    number = records.take_numbers(session) + 1
    there = segments.standing(session)
    if id_ not in there:
        raise NotFound(f"There is no segment {id_[:60]!r}.", path="segment")
    for other in there.values():
        if id_ in named(orjson.loads(other.filter)):
            raise InputWrong(f"The segment {other.name!r} is built on this one; change that first.", path="segment")
    decisions.insert(session, [], [(number, SEGMENT, id_, False, None, by, reason, at)])
    records.give_numbers(session, number)
    return Written((id_,), number)

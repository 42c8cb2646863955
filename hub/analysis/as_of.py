"""A moment of the past, by when things happened and by when they were known."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOMENT = re.compile(r"(?:k(\d{1,18})(?:t(\d{1,17}))?)?(?:o(-?\d{1,17}))?")
MARK = "@"
"""Between an id and the moment as of which its object is."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment; times in microseconds. Without ``known`` it is of what is known today."""

    known: int | None = None
    """The last truth number that is known."""
    at: int | None = None
    """When it is, as far as that follows from no truth number: more time may have gone by since the last one."""
    occurred: int | None = None
    """What happened later is left out."""

    def __str__(self) -> str:
        """The moment as it stands in ids."""
        known = "" if self.known is None else f"k{self.known}" + ("" if self.at is None else f"t{self.at}")
        return known + ("" if self.occurred is None else f"o{self.occurred}")


def parse(text: str) -> AsOf | None:
    """A moment as it stands in an id; None when it is none."""
    found = _MOMENT.fullmatch(text)
    if not text or found is None:
        return None
    known, at, occurred = (None if each is None else int(each) for each in found.groups())
    return AsOf(known, at, occurred)


def parted(id_: str) -> tuple[str, AsOf | None]:
    """An id without its moment, and the moment. What follows the mark and is no moment stays with the id."""
    bare, mark, text = id_.partition(MARK)
    moment = parse(text) if mark else None
    return (bare, moment) if moment is not None else (id_, None)

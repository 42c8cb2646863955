"""Folding the customers a batch touched, and writing what is shown of them: only what differs from what was there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any

from hub.ingest.batch import Batch
from hub.ingest.portrait import Light, Portrait
from hub.store.session import Session
from hub.store.writing import customers
from hub.values import Side

_TOGETHER = 1000
_EMPTY, _ROW = 4_300, 1_250
"""Bytes, about, of a portrait that has written nothing, and of what is behind a row of it."""
_MOST_KEPT = 260_000_000
"""Bytes of all portraits in memory, about; others are folded from all their touchpoints."""

Row = Sequence[Any]

_IN_ORDER = itemgetter(6, 1)
"""Time and id of a touchpoint's row."""

_STATE = itemgetter(customers.COLUMNS.index("stage"), customers.COLUMNS.index("standing"))


class Portraits:
    """The customers folded last, so that a touchpoint at the end of a timeline does not cost all before it.

    True as long as every batch that used it was committed; ``forget`` otherwise.
    """

    def __init__(self) -> None:
        self._kept = _Kept()
        self._rules = ""
        """The digest of the lifecycle rules they were folded by."""

    def forget(self) -> None:
        """After a batch that was not committed, or when another process may have written."""
        self._kept.clear()

    def drop(self, nums: Iterable[int]) -> None:
        """Forget customers of whom something else has been written."""
        for num in nums:
            self._kept.drop(num)

    def write(self, batch: Batch, light: Light) -> None:
        """Fold every customer of the batch, and remove those that hold nothing any more."""
        if light.rules.digest != self._rules:
            self.forget()
            self._rules = light.rules.digest
        gone = set(batch.gone)
        self._remove(batch.session, gone)
        # Before anybody gets a new id: it may be that of another, who is written later.
        wanted = {num: id_ for num, (id_, _) in batch.named.items()}
        customers.free_ids(batch.session, sorted(wanted.keys() - batch.fresh), wanted)
        remaining = iter(sorted((batch.touched | batch.grown.keys() | batch.seen) - batch.gone))
        while chunk := list(islice(remaining, _TOGETHER)):
            self._write(batch, chunk, light)
        self._remove(batch.session, batch.gone - gone)
        self._kept.shrink(_MOST_KEPT)

    def _remove(self, session: Session, gone: Iterable[int]) -> None:
        customers.delete(session, gone)
        self.drop(gone)

    def _write(self, batch: Batch, nums: Sequence[int], light: Light) -> None:
        session = batch.session
        portraits = list(self._folded(batch, nums, light))
        own = customers.identifiers(session, nums)
        shared = customers.shared_identifiers(session, nums)
        differences = {table: _Differences(len(key)) for table, (key, _) in customers.PARTS.items()}
        new: list[Row] = []
        changed: list[tuple[Row, Row]] = []
        for portrait in portraits:
            num, before, written = portrait.num, portrait.row, portrait.written
            row, parts = portrait.paint(light, own.get(num, ()), shared.get(num, ()))
            for table, rows in parts.items():
                differences[table].add(written.get(table), rows)
            if before is None:
                new.append(row)
            else:
                changed.append((row, before))
            portrait.keep(row, parts)
            self._kept.keep(portrait)
            _tell_changes(batch, portrait.id, before, row)
        customers.write_new(session, new)
        customers.write_changed(session, changed)
        for table, each in differences.items():
            customers.remove_parts(session, table, each.gone)
            customers.write_parts(session, table, each.new, each.changed)

    def _folded(self, batch: Batch, nums: Sequence[int], light: Light) -> Iterator[Portrait]:
        """Everybody folded: those known go on where they stand, unless something before it has changed."""
        kept = {num: portrait for num in nums if (portrait := self._kept.get(num)) is not None}
        known = customers.standing(batch.session, [num for num in nums if num not in kept and num not in batch.fresh])
        written = customers.parts(batch.session, list(known))
        named = {num: (row[1], Side(row[2])) for num, row in known.items()}
        named |= {num: (portrait.id, portrait.side) for num, portrait in kept.items()}
        named |= {num: batch.named[num] for num in nums if num in batch.named}
        grown: dict[int, Sequence[Row]] = {num: sorted(batch.grown.get(num, ()), key=_IN_ORDER) for num in nums}
        again = {
            num for num in nums
            if num in batch.touched or num in known or (num in kept and not kept[num].follows(grown[num]))
        }  # fmt: skip
        grown |= _timelines(batch.session, sorted(again), named)
        settled = customers.parts(batch.session, [num for num in again if num in kept], ["stage_change"])
        for num in nums:
            portrait = kept.get(num)
            if num not in named or (not grown[num] and (num in again or portrait is None)):
                batch.gone.add(num)
                continue
            if portrait is None:
                portrait = Portrait(num, *named[num], light, known.get(num), written.get(num, {}))
            elif num in again:
                portrait.begin(light, portrait.written | settled[num])
            portrait.id, portrait.side = named[num]
            portrait.take(grown[num], light)
            yield portrait


class _Kept:
    """Portraits by customer, bounded by the bytes that they weigh: the ones sat for last stay."""

    def __init__(self) -> None:
        self._portraits: OrderedDict[int, Portrait] = OrderedDict()
        self._weights: dict[int, int] = {}
        self._weight = 0

    def get(self, num: int) -> Portrait | None:
        return self._portraits.get(num)

    def keep(self, portrait: Portrait) -> None:
        """Keep a portrait at the weight it has now."""
        num = portrait.num
        weight = _EMPTY + _ROW * sum(map(len, portrait.written.values()))
        self._portraits[num] = portrait
        self._portraits.move_to_end(num)
        self._weight += weight - self._weights.get(num, 0)
        self._weights[num] = weight

    def drop(self, num: int) -> None:
        if self._portraits.pop(num, None) is not None:
            self._weight -= self._weights.pop(num)

    def shrink(self, most: int) -> None:
        """Drop those sat for longest ago until no more than ``most`` is kept."""
        while self._weight > most:
            self.drop(next(iter(self._portraits)))

    def clear(self) -> None:
        self._portraits.clear()
        self._weights.clear()
        self._weight = 0


def _tell_changes(batch: Batch, id_: str, before: Row | None, after: Row) -> None:
    """Lines for the ledger."""
    old, new = (None, None) if before is None else _STATE(before), _STATE(after)
    if old != new:
        for kind, was, is_ in zip(("STAGE_CHANGED", "STANDING_CHANGED"), old, new, strict=True):
            if was != is_:
                batch.lines.append((kind, None, None, id_, None, None, was, is_))


@dataclass(slots=True)
class _Differences:
    """Rows of one table that are new, that say something else than before, and the keys of those that are gone."""

    width: int
    """How many columns the key has."""
    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)

    def add(self, before: Sequence[Row] | None, after: Sequence[Row]) -> None:
        """Compare the rows of a customer."""
        if not before:
            self.new += after
        elif before != after:
            width = self.width
            left = {row[:width]: row for row in before}
            for row in after:
                was = left.pop(row[:width], None)
                if was is None:
                    self.new.append(row)
                elif was != row:
                    self.changed.append(row)
            self.gone += left


def _timelines(
    session: Session, nums: Iterable[int], named: Mapping[int, tuple[str, Side]]
) -> dict[int, list[tuple[Any, ...]]]:
    found = dict[int, list[tuple[Any, ...]]]((num, []) for num in nums)
    for side in Side:
        of_side = [num for num in found if num in named and named[num][1] is side]
        if of_side:
            found |= customers.timelines(session, of_side, account=side is Side.ORGANISATION)
    return found

"""Folding the customers a batch touched, and writing what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from hub.ingest.batch import Batch
from hub.ingest.portrait import Light, Portrait, Sitting, portray
from hub.store.writing import customers
from hub.values import Side

_TOGETHER = 1000


def portray_touched(batch: Batch, light: Light) -> None:
    """Fold every touched customer again, and remove those that hold nothing any more."""
    customers.delete(batch.session, batch.gone)
    _free_ids(batch)
    remaining = iter(sorted(batch.touched - batch.gone))
    while chunk := list(islice(remaining, _TOGETHER)):
        _portray(batch, chunk, light)
    customers.delete(batch.session, batch.gone)


def _free_ids(batch: Batch) -> None:
    """Before anybody gets a new id: it may be that of another, who is written later."""
    known = customers.known(batch.session, sorted(batch.named.keys() & batch.touched))
    customers.free_ids(batch.session, [num for num, row in known.items() if row[0] != batch.named[num][0]])


def _portray(batch: Batch, nums: Sequence[int], light: Light) -> None:
    session = batch.session
    known = customers.known(session, nums)
    named = {num: (row[0], Side(row[1])) for num, row in known.items()}
    named |= {num: batch.named[num] for num in nums if num in batch.named}
    portraits: list[Portrait] = []
    for sitting in _sittings(batch, nums, named):
        if sitting.rows:
            portraits.append(portray(sitting, light))
        else:
            batch.gone.add(sitting.num)
    batch.gone |= set(nums) - named.keys()
    customers.clear(session, nums)
    customers.write(session, [portrait.row for portrait in portraits])
    customers.write_parts(session, _by_table(portraits))
    for portrait in portraits:
        _tell_changes(batch, portrait, known.get(portrait.num))


def _sittings(batch: Batch, nums: Sequence[int], named: dict[int, tuple[str, Side]]) -> list[Sitting]:
    session = batch.session
    people = [num for num in nums if num in named and named[num][1] is Side.PERSON]
    firms = [num for num in nums if num in named and named[num][1] is Side.ORGANISATION]
    rows = customers.timelines(session, people, account=False) | customers.timelines(session, firms, account=True)
    held = customers.identifiers(session, nums)
    shared = customers.shared_identifiers(session, nums)
    return [
        Sitting(num, *named[num], rows[num], held.get(num, ()), shared.get(num, ())) for num in nums if num in named
    ]


def _by_table(portraits: Iterable[Portrait]) -> dict[str, list[tuple[object, ...]]]:
    together: dict[str, list[tuple[object, ...]]] = {}
    for portrait in portraits:
        for table, rows in portrait.parts.items():
            together.setdefault(table, []).extend(rows)
    return together


def _tell_changes(batch: Batch, portrait: Portrait, before: tuple[object, ...] | None) -> None:
    for kind, old, new in (
        ("STAGE_CHANGED", before[2] if before else None, portrait.stage),
        ("STANDING_CHANGED", before[3] if before else None, portrait.standing),
    ):
        if old != new:
            batch.lines.append((kind, None, None, portrait.row[1], None, None, old, new))

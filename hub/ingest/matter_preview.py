"""What a matter would be after a change: what is said about it, and the entry, folded without being kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from hub.ids import touchpoint_id
from hub.ingest import about
from hub.ingest.matter_changes import of_anchor
from hub.ingest.outcomes import Entry
from hub.ingest.rows import json_text
from hub.ingest.sources import Source
from hub.journey import claims
from hub.settings import Company
from hub.store import matters
from hub.store.matters import StoredMatter, StoredMatterChange
from hub.store.reader import Snapshot
from hub.store.writing.matters import CHANGE, COLUMNS
from hub.values import TimePrecision

_FIELDS = {each.name for each in fields(StoredMatter)}
_CHANGE_FIELDS = {each.name for each in fields(StoredMatterChange)}


@dataclass(frozen=True, slots=True)
class ForeseenMatter:
    """A matter and its states as they would be; a new one has the row number 0, as has the entry's touchpoint."""

    row: StoredMatter
    changes: list[StoredMatterChange]


async def foreseen(
    snapshot: Snapshot, id_: str, entry: Entry, desk: Source, company: Company, now: int
) -> ForeseenMatter:
    """What the matter of an id would be, were the entry written at ``now`` (microseconds)."""
    (claim,) = entry.matters
    standing = (await matters.by_id(snapshot, [id_])).get(id_)
    wrote = touchpoint_id(desk.id, "entries", entry.key, "")
    told = [] if standing is None else await matters.said(snapshot, standing.num)
    told = [each for each in told if each[1] != wrote]  # the same key again changes what it said
    told.append(
        (now, wrote, json_text(claims.written(claim)), None, None, entry.kind, 0, None, entry.direction.value, False,
         TimePrecision.INSTANT, None, None)
    )  # fmt: skip
    num = 0 if standing is None else standing.num
    identity = (id_, desk.num, claim.kind.value, claim.reference)
    if standing is not None:
        identity = (id_, standing.source, standing.kind, standing.reference)
    belongs = (None, None) if standing is None else (standing.customer, standing.organisation)
    if belongs == (None, None) and entry.anchor is not None:
        belongs = await of_anchor(snapshot, entry.anchor)
    row, states = about.folded(num, identity, told, await matters.users(snapshot), belongs, company)
    return ForeseenMatter(
        StoredMatter(**_named(COLUMNS, row, _FIELDS)),
        [StoredMatterChange(**_named(CHANGE, each, _CHANGE_FIELDS)) for each in states],
    )


def _named(columns: list[str], row: tuple[object, ...], wanted: set[str]) -> dict[str, Any]:
    return {name: value for name, value in zip(columns, row, strict=True) if name in wanted}

"""What people decide about matters, as entries of the desk: a matter is opened, changed or closed like any other."""

from __future__ import annotations

from hub.errors import InputWrong, NotFound
from hub.ids import matter_id
from hub.ingest.outcomes import Entry, MatterChange
from hub.store import customers, matters, reference, touchpoints
from hub.store.matters import StoredMatter
from hub.store.reader import Snapshot
from hub.values import Direction, MatterClaim, MatterKind, Side

_OPENED_AS = {
    kind: kind.value.lower()
    for kind in (
        MatterKind.DEAL,
        MatterKind.CASE,
        MatterKind.ORDER,
        MatterKind.CONTRACT,
        MatterKind.FOLLOW_UP,
        MatterKind.LOYALTY,
    )
}
"""The kind of the touchpoint that opens a matter. Bills come from the books: opening one here is a note."""
_CHANGED_AS = "note"


async def entry(snapshot: Snapshot, change: MatterChange, desk: str) -> tuple[str, Entry]:
    """The id of the matter, and the entry that makes the change; ``desk`` is the id of the source of entries.

    Raises ``NotFound`` and ``InputWrong``.
    """
    if change.open and change.outcome is not None:
        raise InputWrong("A matter that has an outcome is not open: give one of them.", path="outcome")
    anchor: str | None
    if change.matter is None:
        kind, reference_, anchor = await _opening(snapshot, change)
        id_ = matter_id(desk, kind, reference_)
    else:
        kind, reference_, anchor = await _changing(snapshot, change, change.matter)
        id_ = reference_
    claim = MatterClaim(
        kind=kind,
        reference=reference_,
        title=change.title,
        pipeline=change.pipeline,
        state=change.state,
        outcome=change.outcome,
        # An outcome closes by itself; a new matter is open unless it is said to be closed.
        open=True if change.matter is None and change.outcome is None and change.open is None else change.open,
        amount=change.amount,
        owner=await _owner(snapshot, change.owner),
        due=change.due,
    )
    return id_, Entry(
        key=change.key,
        kind=_OPENED_AS.get(kind, _CHANGED_AS) if change.matter is None else _CHANGED_AS,
        direction=Direction.INTERNAL,
        title=change.title or "",
        text=change.text,
        anchor=anchor,
        matters=(claim,),
        by=change.by,
    )


async def _opening(snapshot: Snapshot, change: MatterChange) -> tuple[MatterKind, str, str]:
    if change.kind is None:
        raise InputWrong("Say which matter, or which kind to open.", path="matter")
    if not change.title:
        raise InputWrong("Say what the new matter is about: give a title.", path="title")
    anchor = await _anchor(snapshot, change)
    if anchor is None:
        raise InputWrong("Say whom it is about: give a customer or a touchpoint.", path="customer")
    return change.kind, change.key, anchor


async def _changing(snapshot: Snapshot, change: MatterChange, id_: str) -> tuple[MatterKind, str, str | None]:
    row = (await matters.by_id(snapshot, [id_])).get(id_)
    if row is None:
        raise NotFound("There is no such matter.", path="matter")
    kind = MatterKind(row.kind)
    if change.kind not in (None, kind):
        raise InputWrong(f"The matter is a {kind.value}: a kind is given to open one.", path="kind")
    if not change.says_something:
        raise InputWrong("Say what changes.", path="matter")
    anchor = await _anchor(snapshot, change)
    if anchor is not None:
        await _same_owner(snapshot, row, anchor)
    return kind, row.id, anchor


async def _anchor(snapshot: Snapshot, change: MatterChange) -> str | None:
    if change.touchpoint is not None:
        if not await touchpoints.by_id(snapshot, [change.touchpoint]):
            raise NotFound("There is no such touchpoint.", path="touchpoint")
        return change.touchpoint
    if change.customer is None:
        return None
    row = (await customers.by_id(snapshot, [change.customer])).get(change.customer)
    if row is None:
        raise NotFound("There is no such customer.", path="customer")
    return row.id


async def _same_owner(snapshot: Snapshot, row: StoredMatter, anchor: str) -> None:
    """A matter belongs to whom its touchpoints belong: an entry cannot take it to somebody else."""
    whose = {row.customer, row.organisation} - {None}
    if whose and not whose & set(await of_anchor(snapshot, anchor)):
        raise InputWrong("The matter is somebody else's.", path="customer")


async def of_anchor(snapshot: Snapshot, anchor: str) -> tuple[int | None, int | None]:
    """Whose an anchor that was found is: (customer, organisation)."""
    if anchor.startswith("tp_"):
        touchpoint = (await touchpoints.by_id(snapshot, [anchor]))[anchor]
        return touchpoint.customer, touchpoint.organisation
    customer = (await customers.by_id(snapshot, [anchor]))[anchor]
    return (customer.num, None) if customer.kind == Side.PERSON else (None, customer.num)


async def _owner(snapshot: Snapshot, owner: str | None) -> str | None:
    if owner is None:
        return None
    found = await reference.user_named(snapshot, owner)
    if found is None:
        raise NotFound(f"There is no user {owner[:60]!r}.", path="owner")
    return found

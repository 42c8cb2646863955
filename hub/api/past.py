"""Contexts of other moments: of one customer, and of everybody."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace

from hub.analysis.as_of import MARK, AsOf
from hub.analysis.excerpts import Asked
from hub.api.context import Context
from hub.api.loaders import Loaders
from hub.errors import InputWrong
from hub.ids import naming_touchpoint, side_of
from hub.store import customers, identifiers, snapshots
from hub.store.customers import StoredCustomer
from hub.store.reader import Snapshot
from hub.store.snapshots import StoredSnapshot
from hub.values import Side

_OF_TODAY = (
    "source source_by_id source_state source_withdrawn runs run run_by_id run_unreadable run_withdrawn record problem "
    "unreadable"
).split()
"""What is truth and log, and no part of what is computed from it up to a moment."""


class _PastLoaders(Loaders):
    """Loaders of another moment; truth and log are read as they are today."""

    def __init__(self, context: PastContext) -> None:
        super().__init__(context.snapshot)
        self.today = context.present


def _today(name: str) -> property:
    return property(lambda self: getattr(self.today.load, name))


for _name in _OF_TODAY:
    setattr(_PastLoaders, _name, _today(_name))


class PastContext(Context):
    """Everybody as of a moment, from the snapshot that was taken as of it."""

    moment: AsOf

    def __init__(self, present: Context, moment: AsOf, now: int) -> None:
        super().__init__(present.hub, present.principal)
        self._present = present
        self.moment = moment
        self.mark = f"{MARK}{moment}"
        self._now = now
        self.load = _PastLoaders(self)

    def now(self) -> int:
        return self._now

    async def _open(self, stack: AsyncExitStack) -> Snapshot:
        taken = await self.taken()
        if taken is None:
            raise InputWrong(
                "No snapshot was taken as of that moment: lists are answered from one.",
                path="asOf",
                hint=f"Take it: {_command(self.moment)}, or the mutation takeSnapshot.",
            )
        opened: Snapshot = await stack.enter_async_context(self.hub.reader.snapshot(taken.number))
        # Without a number it is of what was known when it was taken.
        self.moment = replace(self.moment, known=taken.known_until)
        self.mark = f"{MARK}{self.moment}"
        self._now = taken.clock
        return opened

    async def taken(self) -> StoredSnapshot | None:
        """The snapshot that shows everybody as of the moment, if one was taken."""
        moment = self.moment
        return await snapshots.ready(await self.present.snapshot(), moment.known, moment.at, moment.occurred)

    async def renew(self) -> None:
        await super().renew()
        self.load = _PastLoaders(self)


class ExcerptContext(PastContext):
    """One customer as of a moment. Whoever else is met is known in part, and looked up on their own."""

    def __init__(self, present: Context, moment: AsOf, now: int, excerpt: Snapshot) -> None:
        super().__init__(present, moment, now)
        self._excerpt = excerpt
        self.whose: int | None = None
        """The customer of whom everything is known."""

    async def _open(self, stack: AsyncExitStack) -> Snapshot:
        return self._excerpt

    async def whole(self, row: StoredCustomer) -> tuple[Context, StoredCustomer]:
        if row.num == self.whose:
            return self, row
        first = await self.load.touchpoint.load(row.first_touch) if row.first_touch is not None else None
        if first is None:
            return self, row
        side = Side(row.kind)
        other = await _excerpt(self.present, self.moment, Asked((first.id,), side))
        found = await customers.of_side(await other.snapshot(), first.id, side)
        if found is None:
            return self, row
        other.whose = found.num
        return other, found


async def moment_context(context: Context, moment: AsOf) -> PastContext:
    """Everybody as of a moment."""
    return PastContext(context.present, moment, (await context.hub.past.until(moment)).now)


async def _excerpt(context: Context, moment: AsOf, asked: Asked) -> ExcerptContext:
    made = await context.hub.past.excerpt(moment, asked)
    return ExcerptContext(context.present, moment, made.until.now, made.snapshot)


Found = tuple[Context, StoredCustomer | None]


async def customer_by_id(context: Context, moment: AsOf, id_: str) -> Found:
    """A customer by their id then or now."""
    if (everybody := await _everybody(context, moment)) is not None:
        return everybody, await everybody.load.customer_by_id.load(id_)
    return await _of_touchpoint(context, moment, naming_touchpoint(id_), side_of(id_))


async def customer_of_touchpoint(context: Context, moment: AsOf, touchpoint: str) -> Found:
    """Whose a touchpoint was."""
    if (everybody := await _everybody(context, moment)) is not None:
        return everybody, await customers.of_touchpoint(await everybody.snapshot(), touchpoint)
    found = await _of_touchpoint(context, moment, touchpoint, Side.PERSON)
    if found[1] is None or found[1].kind == Side.PERSON:
        return found
    return await _of_touchpoint(context, moment, touchpoint, Side.ORGANISATION)


async def customer_of_identifier(context: Context, moment: AsOf, kind: str, namespaces: list[str], value: str) -> Found:
    """Whom an identifier named; one that named several, or nobody, names nobody."""
    if (everybody := await _everybody(context, moment)) is not None:
        snapshot = await everybody.snapshot()
        return everybody, await customers.of_identifier(snapshot, kind, namespaces, value, None)
    today = await context.present.snapshot()
    known: list[Found] = []
    for side, ids in (await identifiers.ever(today, kind, namespaces, value)).items():
        held = await _excerpt(context, moment, Asked(tuple(ids), Side(side)))
        row = await customers.of_identifier(await held.snapshot(), kind, namespaces, value, side)
        if row is not None:
            held.whose = row.num
            known.append((held, row))
    return known[0] if len(known) == 1 else (context, None)


async def object_context(context: Context, moment: AsOf, id_: str) -> Context:
    """The context in which a touchpoint, matter or identifier is found as of a moment."""
    if (everybody := await _everybody(context, moment)) is not None:
        return everybody
    side = Side.PERSON
    if id_.startswith("idn_"):
        side = await identifiers.side_ever(await context.present.snapshot(), id_) or side
    return await _excerpt(context, moment, Asked((id_,), side))


async def _everybody(context: Context, moment: AsOf) -> PastContext | None:
    """From a snapshot only where it says the same: not where what is known today has changed since."""
    everybody = await moment_context(context, moment)
    return everybody if moment.known is not None and await everybody.taken() is not None else None


async def _of_touchpoint(context: Context, moment: AsOf, touchpoint: str, side: Side) -> Found:
    held = await _excerpt(context, moment, Asked((touchpoint,), side))
    snapshot = await held.snapshot()
    row = await customers.of_side(snapshot, touchpoint, side)
    if row is None and side is Side.PERSON:
        row = await customers.of_touchpoint(snapshot, touchpoint)
    held.whose = row.num if row is not None and row.kind == side else None
    return held, row


def _command(moment: AsOf) -> str:
    from hub.clock import moment as time

    words = ["hub snapshot take"]
    if moment.known is not None:
        words.append(f"--known-until {moment.known}")
    if moment.occurred is not None:
        words.append(f"--occurred-until {time(moment.occurred):%Y-%m-%dT%H:%M:%S.%fZ}")
    return " ".join(words)

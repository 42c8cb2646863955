"""Any object by its id."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from hub.analysis.as_of import MARK, AsOf, parted
from hub.api import past
from hub.api.auth import Scope
from hub.api.context import Info, Place
from hub.api.explained import claim_by_id, decision_by_id, link_by_id, refused_by_id
from hub.api.graph import OF_MOMENTS
from hub.api.types.changes import Change
from hub.api.types.customers import Customer
from hub.api.types.endpoints import Endpoint, OutgoingMessage
from hub.api.types.identifiers import Identifier
from hub.api.types.lines import LineItem
from hub.api.types.matters import Matter
from hub.api.types.node import Node
from hub.api.types.reference import Campaign, Product, User
from hub.api.types.segments import Segment
from hub.api.types.source_changes import SourceChange
from hub.api.types.sources import Record, Run, Source, source_of
from hub.api.types.suggestions import Suggestion
from hub.api.types.touchpoints import touchpoint
from hub.ids import numbered, record_number

LONGEST_ID = 200
_LONGEST_NUMBER = 18


async def node(info: Info, identity: str, place: Place = ()) -> Node | None:
    """The object with an id; None when there is none, or the caller may not know that there is.

    An id that carries a moment is that of an object as of then: ``place`` is where the answer will stand.
    """
    prefix = identity.partition("_")[0]
    bare, moment = parted(identity) if len(identity) <= LONGEST_ID else (identity, None)
    moment = moment or info.context.moment
    if moment is not None and identity.startswith(OF_MOMENTS) and info.context.principal.may(Scope.READ):
        return await _then(info, bare, moment, prefix, place)
    find = _FINDERS.get(prefix) if len(identity) <= LONGEST_ID else None
    if find is None or (prefix not in _PARTNERS and not info.context.principal.may(Scope.READ)):
        return None
    return await find(info, identity)


async def nodes(info: Info, identities: Sequence[str]) -> list[Node | BaseException | None]:
    """Objects by id, read together, where the field stands; what went wrong stands in the place of its object."""
    place, of_then = info.path.as_list(), info.context.moment is not None
    turn = asyncio.Lock()

    async def one(at: int, identity: str) -> Node | None:
        if not (of_then or MARK in identity):
            return await node(info, identity, [*place, at])
        # What is of another moment is worked out for each alone: others who ask for the past come in between.
        async with turn:
            return await node(info, identity, [*place, at])

    return await asyncio.gather(*(one(at, each) for at, each in enumerate(identities)), return_exceptions=True)


async def _customer(info: Info, identity: str) -> Node | None:
    row = await info.context.load.customer_by_id.load(identity)
    return Customer(row=row) if row else None


async def _then(info: Info, identity: str, moment: AsOf, prefix: str, place: Place) -> Node | None:
    if prefix == "cus":
        context, row = await past.customer_by_id(info.context, moment, identity)
        info.context.enter(place, context)
        return Customer(row=row) if row else None
    context = await past.object_context(info.context, moment, identity)
    info.context.enter(place, context)
    if prefix == "tp":
        held = await context.load.touchpoint_by_id.load(identity)
        return touchpoint(held) if held else None
    if prefix == "mat":
        matter = await context.load.matter_by_id.load(identity)
        return Matter(row=matter) if matter else None
    found = await context.load.identifier_by_id.load(identity)
    return Identifier(row=found) if found else None


async def _touchpoint(info: Info, identity: str) -> Node | None:
    row = await info.context.load.touchpoint_by_id.load(identity)
    return touchpoint(row) if row else None


async def _matter(info: Info, identity: str) -> Node | None:
    row = await info.context.load.matter_by_id.load(identity)
    return Matter(row=row) if row else None


async def _identifier(info: Info, identity: str) -> Node | None:
    row = await info.context.load.identifier_by_id.load(identity)
    return Identifier(row=row) if row else None


async def _line(info: Info, identity: str) -> Node | None:
    row = await info.context.load.line_by_id.load(identity)
    return LineItem(row=row) if row else None


async def _product(info: Info, identity: str) -> Node | None:
    row = await info.context.load.product_by_id.load(identity)
    return Product(row=row) if row else None


async def _campaign(info: Info, identity: str) -> Node | None:
    row = await info.context.load.campaign_by_id.load(identity)
    return Campaign(row=row) if row else None


async def _user(info: Info, identity: str) -> Node | None:
    row = await info.context.load.user_by_id.load(identity)
    return User(row=row) if row else None


async def _change(info: Info, identity: str) -> Node | None:
    found = re.fullmatch(rf"chg_(\d{{1,{_LONGEST_NUMBER}}})_(\d{{1,9}})", identity, re.ASCII)
    if not found:
        return None
    row = await info.context.load.change.load((int(found.group(1)), int(found.group(2))))
    return Change(row=row) if row else None


async def _suggestion(info: Info, identity: str) -> Node | None:
    row = await info.context.load.suggestion_by_id.load(identity)
    return Suggestion(row=row) if row else None


async def _segment(info: Info, identity: str) -> Node | None:
    row = await info.context.load.segment_by_id.load(identity)
    return Segment(row=row) if row else None


async def _source(info: Info, identity: str) -> Node | None:
    if not info.context.principal.sees_source(identity):
        return None
    row = await info.context.load.source_by_id.load(identity)
    return Source(row=row) if row else None


async def _run(info: Info, identity: str) -> Node | None:
    row = await info.context.load.run_by_id.load(identity)
    return Run(row=row) if row and await _sees(info, row.source) else None


async def _record(info: Info, identity: str) -> Node | None:
    number = record_number(identity)
    row = await info.context.load.record.load(number) if number is not None else None
    return Record(row=row) if row and await _sees(info, row.source) else None


async def _source_change(info: Info, identity: str) -> Node | None:
    number = numbered("sch", identity)
    if number is None or not info.context.principal.may(Scope.MANAGE):
        return None
    row = await info.context.load.source_change.load(number)
    return SourceChange(row=row) if row else None


async def _endpoint(info: Info, identity: str) -> Node | None:
    row = await info.context.load.endpoint_by_id.load(identity) if info.context.principal.may(Scope.MANAGE) else None
    return Endpoint(row=row) if row else None


async def _message(info: Info, identity: str) -> Node | None:
    row = await info.context.load.message_by_id.load(identity) if info.context.principal.may(Scope.MANAGE) else None
    return OutgoingMessage(row=row) if row else None


async def _sees(info: Info, source: int | None) -> bool:
    if source is None:  # the whole hub's
        return info.context.principal.may(Scope.READ) or info.context.principal.may(Scope.MANAGE)
    return info.context.principal.sees_source((await source_of(info, source)).row.id)


_FINDERS: Mapping[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    "cus": _customer,
    "tp": _touchpoint,
    "mat": _matter,
    "idn": _identifier,
    "lin": _line,
    "prd": _product,
    "cmp": _campaign,
    "usr": _user,
    "chg": _change,
    "sug": _suggestion,
    "seg": _segment,
    "clm": claim_by_id,
    "lnk": link_by_id,
    "rfl": refused_by_id,
    "dec": decision_by_id,
    "src": _source,
    "run": _run,
    "rec": _record,
    "sch": _source_change,
    "end": _endpoint,
    "msg": _message,
}
_PARTNERS = frozenset({"src", "run", "rec", "sch", "end", "msg"})
"""What tokens without `read` may name; each checks whose source it is, or what else they may."""

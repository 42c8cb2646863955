"""What explanations of identity are made of, by id: claims, links, refused links and decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from hub.api.connections import once
from hub.api.context import Info
from hub.api.neighbourhood import Neighbourhood, neighbourhood, node_of
from hub.api.types.identity import IdentityClaim, IdentityLink, LinkDecision, RefusedLink, link, refusals, said
from hub.identity.resolve import touchpoint_node
from hub.identity.rules import Node
from hub.ids import numbered
from hub.values import Side

_END = r"((?:idn|tp)_[0-9a-f]{28})"
_LINK = re.compile(rf"(?:lnk|rfl)_{_END}_{_END}", re.ASCII)


async def claim_by_id(info: Info, identity: str) -> IdentityClaim | None:
    """The claim that a touchpoint makes; it has another id when another touchpoint was the first to make it."""
    row = await info.context.load.claim_of_touchpoint.load("tp_" + identity.removeprefix("clm_"))
    return IdentityClaim(row=row) if row else None


async def link_by_id(info: Info, identity: str) -> IdentityLink | None:
    """A link, whether it is followed or was refused."""
    found = await _around_link(info, identity)
    if found is None:
        return None
    near, ends = found
    edges = chain(near.partition.joined, (each.edge for each in near.partition.refused))
    return next((link(near, edge) for edge in edges if (edge.a, edge.b) == ends), None)


async def refused_by_id(info: Info, identity: str) -> RefusedLink | None:
    """A link that was refused."""
    found = await _around_link(info, identity)
    if found is None:
        return None
    near, ends = found
    return next(iter(refusals(near, lambda edge: (edge.a, edge.b) == ends)), None)


async def decision_by_id(info: Info, identity: str) -> LinkDecision | None:
    """A decision that was not undone."""
    number = numbered("dec", identity)
    row = await info.context.load.decision.load(number) if number is not None else None
    if row is None:
        return None
    near = await _around(info, row.side, await _customers(info, [row.a, row.b], row.side))
    return said(near, [row])[0]


async def _around_link(info: Info, identity: str) -> tuple[Neighbourhood, tuple[Node, ...]] | None:
    """Everything that could be of the customers at both ends of a link, and what the ends are inside the rule."""
    named = _LINK.fullmatch(identity)
    ends = named.groups() if named else ()
    held = {each: await info.context.load.identifier_by_id.load(each) for each in ends if each.startswith("idn_")}
    known = {id_: row for id_, row in held.items() if row is not None}
    if not known or len(known) < len(held):
        return None
    side = next(iter(known.values())).side
    touchpoints = [each for each in ends if each not in known]
    customers = {each.customer for each in known.values() if each.customer is not None}
    near = await _around(info, side, customers | await _customers(info, touchpoints, side))
    return near, tuple(node_of(known[each]) if each in known else touchpoint_node(each) for each in ends)


async def _around(info: Info, side: str, customers: set[int]) -> Neighbourhood:
    """Everything that could be of some customers, resolved once in an operation."""
    resolved = info.context.load.neighbourhoods
    work = once(lambda: neighbourhood(info, side, sorted(customers)))
    return await resolved.setdefault((side, frozenset(customers)), work)()


async def _customers(info: Info, touchpoints: Iterable[str], side: str) -> set[int]:
    """The customers of one side that touchpoints belong to."""
    claims = await info.context.load.claim_of_touchpoint.load_many(list(touchpoints))
    owners = (each.organisation if side == Side.ORGANISATION else each.customer for each in claims if each)
    return {each for each in owners if each is not None}

"""What explanations of identity are made of, by id: claims, links, refused links and decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.api.context import Info
from hub.api.neighbourhood import Neighbourhood, neighbourhood
from hub.api.types.identity import IdentityClaim, IdentityLink, LinkDecision, RefusedLink, link, refusals, said
from hub.ids import numbered
from hub.store import decisions, identifiers
from hub.values import Side

_END = r"((?:idn|tp)_[0-9a-f]{28})"
_LINK = re.compile(rf"(?:lnk|rfl)_{_END}_{_END}", re.ASCII)


async def claim_by_id(info: Info, identity: str) -> IdentityClaim | None:
    """The claim that a touchpoint makes; it has another id when another touchpoint was the first to make it."""
    touchpoint = "tp_" + identity.removeprefix("clm_")
    found = await identifiers.claims_of_touchpoints(await info.context.snapshot(), [touchpoint])
    return IdentityClaim(row=found[touchpoint]) if touchpoint in found else None


async def link_by_id(info: Info, identity: str) -> IdentityLink | None:
    """A link, whether it is followed or was refused."""
    near = await _around_link(info, identity)
    if near is None:
        return None
    held = [link(near, edge) for edge in near.partition.joined] + [each.link for each in refusals(near)]
    return next((each for each in held if each.row.id == identity), None)


async def refused_by_id(info: Info, identity: str) -> RefusedLink | None:
    """A link that was refused."""
    near = await _around_link(info, identity)
    return next((each for each in refusals(near) if each.row.id == identity), None) if near else None


async def decision_by_id(info: Info, identity: str) -> LinkDecision | None:
    """A decision that was not undone."""
    number = numbered("dec", identity)
    row = await decisions.by_number(await info.context.snapshot(), number) if number is not None else None
    if row is None:
        return None
    near = await neighbourhood(info, row.side, await _customers(info, [row.a, row.b], row.side))
    return said(near, [row])[0]


async def _around_link(info: Info, identity: str) -> Neighbourhood | None:
    """Everything that could be of the customers at both ends of a link."""
    named = _LINK.fullmatch(identity)
    held = [each for each in await info.context.load.identifier_by_id.load_many(_of(named, "idn_")) if each]
    if not held:
        return None
    side = held[0].side
    customers = {each.customer for each in held if each.customer is not None}
    return await neighbourhood(info, side, [*customers, *await _customers(info, _of(named, "tp_"), side)])


def _of(named: re.Match[str] | None, prefix: str) -> list[str]:
    return [each for each in named.groups() if each.startswith(prefix)] if named else []


async def _customers(info: Info, touchpoints: Iterable[str], side: str) -> list[int]:
    """The customers of one side that touchpoints belong to."""
    claims = (await identifiers.claims_of_touchpoints(await info.context.snapshot(), list(touchpoints))).values()
    owners = (each.organisation if side == Side.ORGANISATION else each.customer for each in claims)
    return [each for each in owners if each is not None]

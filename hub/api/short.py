"""The short way of a read: a document that was validated before, whose plan is there, is one look at the database.

It keeps the order of the long way and shares its parts: trusted documents, limits, prices, rates and time. Whatever is
unusual is declined, and told by the long way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError

from hub.api.auth import Principal, still_good
from hub.api.compiled import reads_of, whole
from hub.api.limits import InTime, check_variables, gate
from hub.api.trusted import NOTHING, Resolved, resolved
from hub.errors import HubError

if TYPE_CHECKING:
    from strawberry import Schema

    from hub.api.execute import Request
    from hub.ingest.hub import Hub


FEW = 500
"""The cost up to which a read may be asked together with others like it."""


@dataclass(slots=True)
class Short:
    """What the short way came to: the answer, unless it was declined, and of which document and operation.

    ``tried``: whether the statement was run, so that there is no sense in doing so again. ``allowance``: the headers
    that say how much the token may still ask for.
    """

    content: dict[str, Any] | None = None
    found: Resolved = NOTHING
    name: str = ""
    tried: bool = False
    allowance: Mapping[str, str] = field(default_factory=dict)


_DECLINED = Short()
_TRIED = Short(tried=True)


async def short(hub: Hub, schema: Schema, who: Principal, request: Request, *, writes: bool) -> Short:
    """Go the short way, for whoever's token still stands. ``writes``: whether the way the request came may write."""
    door = gate(hub, schema._schema)  # noqa: SLF001 (graphql-core's own)
    variables = request.variables or {}
    ends = asyncio.get_running_loop().time() + hub.limits.request_seconds
    try:
        door.rates.demand(who.token)
        await check_variables(variables, hub.limits)
        found = await resolved(hub, who, request.query, writes=writes)
        prepared = door.documents.known(found.text, introspects=not who.grants.isdisjoint(hub.limits.introspection))
        if prepared is None or found.new:
            return _DECLINED
        reads = reads_of(hub, schema)
        held = reads.compiler.operation(found.text, request.operation, prepared.document)
        statement = None if held is None else await reads.planned(who, held, variables)
        if held is None or statement is None:
            return _TRIED
        if reads.sampled():
            return _DECLINED
        _, price = door.admit(prepared, found, request.operation, variables, who)
    except (GraphQLError, HubError):
        return _DECLINED
    data, row = None, None
    try:
        async with InTime(door.deadlines, ends):
            row = await hub.reader.at_once(statement, small=price <= FEW)
        if row is not None and still_good(who) and (not who.digest or row[3] == " ".join(who.scopes)):
            data = whole(row[0])
    finally:
        if data is None:
            door.rates.give_back(who.token, price)
    if data is None or row is None:
        return _TRIED
    told = {"processed": str(row[1] or 0), **({"cost": price} if request.priced else {})}
    content = {"data": orjson.Fragment(data), "extensions": told}
    return Short(content, found, held.name, allowance=door.rates.headers(who.token))

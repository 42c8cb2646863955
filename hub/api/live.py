"""Live queries: they follow the ledger, one customer, or a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.following import Following, about, paced
from hub.api.graph import argument, described, object_type, subscription
from hub.api.types.changes import Change
from hub.api.types.customers import Customer
from hub.api.types.enums import ChangeKind
from hub.api.types.sources import Source
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.errors import NotFound
from hub.store import sources

PACE = 0.5
"""Seconds between looks at a source."""

Cursor = Annotated[
    str | None,
    argument("Begin after this cursor, also one of `changes`; with what comes next by default."),
]
Whose = Annotated[strawberry.ID | None, argument("Only of this customer.")]


@object_type
class TouchpointAdded:
    """A touchpoint that became known, and where the feed stands with it."""

    touchpoint: Touchpoint = described("The touchpoint.")
    cursor: str = described("Give it as `after` to go on from here.")


@object_type
class ChangeAdded:
    """A change that became known, and where the feed stands with it."""

    change: Change = described("The change.")
    cursor: str = described("Give it as `after` to go on from here, or to `changes`.")


@object_type
class CustomerChanged:
    """A customer as they are now, and what has led to it."""

    customer: Customer | None = described("The customer, under their present id; null once there is no such customer.")
    kinds: list[ChangeKind] = described("What has happened since the answer before; nothing in the first.")
    cursor: str = described("Give it as `after` to go on from here.")


@object_type
class Subscription:
    """Live queries."""

    @subscription
    async def touchpoint_added(
        self,
        info: Info,
        customer: Whose = None,
        kinds: Annotated[list[str] | None, argument("Only of these kinds.")] = None,
        after: Cursor = None,
    ) -> AsyncGenerator[TouchpointAdded, None]:
        """Touchpoints as they become known."""
        async with aclosing(paced(info.context, _touchpoints(info, customer, kinds, after))) as answers:
            async for answer in answers:
                yield answer

    @subscription
    async def change_added(
        self,
        info: Info,
        customer: Whose = None,
        kinds: Annotated[list[ChangeKind] | None, argument("Only of these kinds.")] = None,
        after: Cursor = None,
    ) -> AsyncGenerator[ChangeAdded, None]:
        """Everything as it becomes known: `changes` that goes on."""
        async with aclosing(paced(info.context, _changes(info, customer, kinds, after))) as answers:
            async for answer in answers:
                yield answer

    @subscription
    async def customer_changed(
        self,
        info: Info,
        customer: Annotated[strawberry.ID, argument("Whom; a former id too.")],
        after: Annotated[
            str | None,
            argument("Begin with what has changed after this cursor; with the customer as they are by default."),
        ] = None,
    ) -> AsyncGenerator[CustomerChanged, None]:
        """A customer as they are, and again whenever touchpoints, matters, stage, standing or what is known of them
        changed; also when they turn out to be the same as another. What happens together is one answer."""
        async with aclosing(paced(info.context, _customer(info, customer, after))) as answers:
            async for answer in answers:
                yield answer

    @subscription
    async def source_changed(
        self, info: Info, source: Annotated[strawberry.ID, argument("Which.")]
    ) -> AsyncGenerator[Source, None]:
        """A source as it is, and again whenever the counts of its runs or its health have changed, twice a second at
        most. A partner may follow its own."""
        context = info.context
        shown: object = None
        while True:
            seen = context.principal.sees_source(source)
            row = await context.load.source_by_id.load(source) if seen else None
            if row is None:
                raise NotFound("There is no such source.", path="source")
            found = Source(row=row)
            state = await found.health_now(info), await sources.movement(await context.snapshot(), row.num), row
            if state != shown:
                shown = state
                yield found
            await context.renew()
            await asyncio.sleep(PACE)


async def _known(info: Info, customer: str | None) -> None:
    if customer is not None and await info.context.load.customer_by_id.load(customer) is None:
        raise NotFound("There is no such customer.", path="customer")


async def _touchpoints(
    info: Info, customer: str | None, kinds: list[str] | None, after: str | None
) -> AsyncGenerator[TouchpointAdded, None]:
    feed = await Following.begun(info, after)
    await _known(info, customer)
    async with aclosing(feed.lines({ChangeKind.TOUCHPOINT_ADDED})) as batches:
        async for lines in batches:
            load = info.context.load
            wanted = lines if customer is None else await about(info.context, customer, lines)
            rows = await load.touchpoint_by_id.load_many([line.touchpoint or "" for line in wanted])
            for line, row in zip(wanted, rows, strict=True):
                if row and row.retracted_at is None and (kinds is None or row.kind in kinds):
                    yield TouchpointAdded(touchpoint=touchpoint(row), cursor=feed.cursor(line))


async def _changes(
    info: Info, customer: str | None, kinds: list[ChangeKind] | None, after: str | None
) -> AsyncGenerator[ChangeAdded, None]:
    feed = await Following.begun(info, after)
    await _known(info, customer)
    async with aclosing(feed.lines(None if kinds is None else {str(kind) for kind in kinds})) as batches:
        async for lines in batches:
            wanted = lines if customer is None else await about(info.context, customer, lines)
            for line in wanted:
                yield ChangeAdded(change=Change(row=line), cursor=feed.cursor(line))


async def _customer(info: Info, customer: str, after: str | None) -> AsyncGenerator[CustomerChanged, None]:
    context = info.context
    feed = await Following.begun(info, after)
    await _known(info, customer)
    if after is None and context.present.last_seen is None:
        row = await context.load.customer_by_id.load(customer)
        yield CustomerChanged(customer=Customer(row=row) if row else None, kinds=[], cursor=feed.here)
    async with aclosing(feed.lines()) as batches:
        async for lines in batches:
            concerning = await about(context, customer, lines)
            if concerning:
                row = await context.load.customer_by_id.load(customer)
                kinds = list(dict.fromkeys(ChangeKind(line.kind) for line in concerning))
                last = feed.cursor(lines[-1])
                yield CustomerChanged(customer=Customer(row=row) if row else None, kinds=kinds, cursor=last)
                if row is None:
                    return

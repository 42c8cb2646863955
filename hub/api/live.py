"""Live queries: they follow the ledger, or a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from hub.api.auth import still_good
from hub.api.connections import cursors
from hub.api.context import Info
from hub.api.graph import argument, described, object_type, subscription
from hub.api.types.enums import ChangeKind
from hub.api.types.sources import Source
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.errors import NotFound
from hub.store import ledger, sources, tokens
from hub.store.pages import Page, Place, Window
from hub.store.touchpoints import StoredTouchpoint

PATIENCE = 30.0
"""Seconds after which a quiet feed looks again whether its token still holds."""
BATCH = 200
PACE = 0.5
"""Seconds between looks at a source."""


@object_type
class TouchpointAdded:
    """A touchpoint that became known, and where the feed stands with it."""

    touchpoint: Touchpoint = described("The touchpoint.")
    cursor: str = described("Give it as `after` to go on from here.")


@object_type
class Subscription:
    """Live queries."""

    @subscription
    async def touchpoint_added(
        self,
        info: Info,
        customer: Annotated[strawberry.ID | None, argument("Only of this customer.")] = None,
        kinds: Annotated[list[str] | None, argument("Only of these kinds.")] = None,
        after: Annotated[str | None, argument("Begin after this cursor; with what comes next by default.")] = None,
    ) -> AsyncGenerator[TouchpointAdded, None]:
        """Touchpoints as they become known."""
        context = info.context
        sealed = cursors(info, "Subscription.touchpointAdded", ledger.ORDER)
        place = sealed.open(after, "after") if after else await _present(info)
        if customer is not None and await context.load.customer_by_id.load(customer) is None:
            raise NotFound("There is no such customer.", path="customer")
        while still_good(context.principal) and await _token_stands(info):
            page, added = await _next(info, place)
            seen = context.processed or 0
            for change_place, row in added:
                if await _wanted(info, row, customer, kinds):
                    yield TouchpointAdded(touchpoint=touchpoint(row), cursor=sealed.seal(change_place))
            if page.places:
                place = page.places[-1]
            if not page.has_next:
                await context.renew()
                await context.hub.announced(seen, PATIENCE)
            await context.renew()

    @subscription
    async def source_changed(
        self, info: Info, source: Annotated[strawberry.ID, argument("Which.")]
    ) -> AsyncGenerator[Source, None]:
        """A source as it is, and again whenever the counts of its runs or its health have changed, twice a second at
        most. A partner may follow its own."""
        context = info.context
        shown: object = None
        while still_good(context.principal) and await _token_stands(info):
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


async def _present(info: Info) -> Place:
    """After everything that is known now."""
    number = await ledger.processed(await info.context.snapshot())
    return number + 1, -1


async def _token_stands(info: Info) -> bool:
    return await tokens.stands(await info.context.snapshot(), info.context.principal.token)


async def _next(info: Info, place: Place) -> tuple[Page[ledger.StoredChange], list[tuple[Place, StoredTouchpoint]]]:
    window = Window(BATCH, after=place)
    page = await ledger.page(await info.context.snapshot(), [ChangeKind.TOUCHPOINT_ADDED], None, window)
    ids = [change.touchpoint or "" for change in page.rows]
    rows = await info.context.load.touchpoint_by_id.load_many(ids)
    added = [(at, row) for at, row in zip(page.places, rows, strict=True) if row and row.retracted_at is None]
    return page, added


async def _wanted(info: Info, row: StoredTouchpoint, customer: str | None, kinds: list[str] | None) -> bool:
    if kinds is not None and row.kind not in kinds:
        return False
    if customer is None:
        return True
    found = await info.context.load.customer_by_id.load(customer)
    return found is not None and found.num in (row.customer, row.organisation)

"""What people write in the hub: touchpoints, and what they decide about customers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.scalars import JSON, Currency, DateTime, Exact
from hub.api.types.customers import Customer, customer_of
from hub.api.types.filters import IdentifierInput
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.clock import moment, now
from hub.errors import InputWrong, NotFound
from hub.ingest.outcomes import Description, Entry, Written
from hub.values import Direction, Identifier, MatterClaim, MatterKind, Money, Relationship

MOST_CUSTOMERS = 500
LONGEST_KEY = 200


@input_type
class MoneyInput:
    """An amount to store."""

    amount: Exact = described("The amount.")
    currency: Currency = described("Its currency.")


@input_type
class LogTouchpointInput:
    """Something a person saw, heard or did. Name its customer by one of three ways."""

    key: strawberry.ID = described("Made up by the client: the same key is stored once.")
    kind: str = described("What it was: call, meeting, visit, note ...")
    direction: Direction = described("Who acted.")
    title: str = described("What it was about, in one line.")
    customer: strawberry.ID | None = optional("Whose it is, when they are known.")
    touchpoint: strawberry.ID | None = optional("The touchpoint it is about; it goes wherever that one goes.")
    identifiers: list[IdentifierInput] | None = optional("By what they are recognised, known or not.")
    name: str | None = optional("What they are called.")
    occurred_at: DateTime | None = optional("When it happened; now by default.")
    text: str | None = optional("The whole story.")
    amount: MoneyInput | None = optional("What it was about in money.")
    matters: list[strawberry.ID] | None = optional("The matters it is about.")
    properties: JSON | None = optional("What else to keep, as an object.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@object_type
class LogTouchpointPayload:
    """Answer to logTouchpoint."""

    touchpoint: Touchpoint | None = described("The touchpoint; null in a dry run. Needs the scope read.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class DescribeCustomersInput:
    """What people decide about customers. What is left out stays as it is."""

    customers: list[strawberry.ID] | None = optional("Which customers.")
    identifiers: list[IdentifierInput] | None = optional("Or one, by what they are recognised, known or not.")
    name: str | None = optional("What to call them.")
    owner: strawberry.ID | None = optional("Who looks after them.")
    relationship: Relationship | None = optional("What they are to us.")
    add_tags: list[str] | None = optional("Tags to give.")
    remove_tags: list[str] | None = optional("Tags to take.")
    traits: JSON | None = optional("What else is known, as an object.")
    reason: str | None = optional("Why.")


@object_type
class DescribeCustomersPayload:
    """Answer to describeCustomers."""

    customers: list[Customer] | None = described("The customers as they are now. Needs the scope read.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class EntryMutations:
    """What people write in the hub."""

    @mutation
    async def log_touchpoint(
        self,
        info: Info,
        input: Annotated[LogTouchpointInput, argument("What happened.")],  # noqa: A002
    ) -> LogTouchpointPayload:
        """Write down a call, meeting, visit or note."""
        done, errors = await tried(_log(info, input))
        if done is None:
            return LogTouchpointPayload(touchpoint=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        row = await info.context.load.touchpoint_by_id.load(done.ids[0]) if done.ids else None
        return LogTouchpointPayload(touchpoint=touchpoint(row) if row else None, receipt=got, user_errors=[])

    @mutation
    async def describe_customers(
        self,
        info: Info,
        input: Annotated[DescribeCustomersInput, argument("What was decided.")],  # noqa: A002
    ) -> DescribeCustomersPayload:
        """Name, owner, tags, relationship, traits."""
        done, errors = await tried(_describe(info, input))
        if done is None:
            return DescribeCustomersPayload(customers=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        return DescribeCustomersPayload(customers=await described_by(info, done.ids), receipt=got, user_errors=[])


async def described_by(info: Info, entries: Sequence[str]) -> list[Customer]:
    """The customers that entries turned out to be about."""
    rows = await info.context.load.touchpoint_by_id.load_many(list(entries))
    found = await asyncio.gather(*(customer_of(info, row.customer) for row in rows if row))  # as one read
    return list({each.row.num: each for each in found if each}.values())


async def _log(info: Info, given: LogTouchpointInput) -> Written:
    demand_key(given.key)
    entry = Entry(
        key=given.key,
        kind=given.kind,
        direction=given.direction,
        occurred_at=now() if given.occurred_at is None else moment(given.occurred_at),
        title=given.title,
        text=given.text,
        identifiers=identifiers(given.identifiers),
        anchor=await _anchor(info, given),
        amount=None if given.amount is None else Money(given.amount.amount, given.amount.currency),
        matters=await _matters(info, given.matters or []),
        traits={} if given.name is None else {"name": given.name},
        properties=_object(given.properties, "properties"),
        by=info.context.principal.name,
    )
    return await info.context.hub.log(entry, dry_run=given.dry_run)


def demand_key(key: str) -> None:
    """Raises ``InputWrong`` for a client key that is empty or too long."""
    if not 0 < len(key) <= LONGEST_KEY:
        raise InputWrong(f"A key has 1 to {LONGEST_KEY} characters.", path="key")


async def _anchor(info: Info, given: LogTouchpointInput) -> str | None:
    if given.touchpoint is not None:
        if await info.context.load.touchpoint_by_id.load(given.touchpoint) is None:
            raise NotFound("There is no such touchpoint.", path="touchpoint")
        return given.touchpoint
    if given.customer is None:
        return None
    row = await info.context.load.customer_by_id.load(given.customer)
    if row is None:
        raise NotFound("There is no such customer.", path="customer")
    return row.id


async def _matters(info: Info, ids: list[strawberry.ID]) -> tuple[MatterClaim, ...]:
    claims = []
    for place, row in enumerate(await info.context.load.matter_by_id.load_many(list(ids))):
        if row is None:
            raise NotFound("There is no such matter.", path=f"matters.{place}")
        claims.append(MatterClaim(kind=MatterKind(row.kind), reference=row.id))
    return tuple(claims)


async def _describe(info: Info, given: DescribeCustomersInput) -> Written:
    if len(given.customers or ()) > MOST_CUSTOMERS:
        raise InputWrong(f"Describe at most {MOST_CUSTOMERS} customers at once.", path="customers")
    description = Description(
        name=given.name,
        owner=given.owner,
        relationship=given.relationship,
        add_tags=tuple(given.add_tags or ()),
        remove_tags=tuple(given.remove_tags or ()),
        traits=_object(given.traits, "traits"),
        reason=given.reason or "",
    )
    return await info.context.hub.describe(
        [str(each) for each in given.customers or ()],
        identifiers(given.identifiers),
        description,
        info.context.principal.name,
    )


def identifiers(given: list[IdentifierInput] | None) -> tuple[Identifier, ...]:
    """Identifiers as a person typed them."""
    return tuple(
        Identifier(each.kind, each.value, namespace=each.source or (each.namespace or "").lower())
        for each in given or ()
    )


def _object(value: object, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputWrong(f"{path} is a JSON object.", path=path)
    return value

"""Reads about who is who, and why."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.customers import Customer
from hub.api.types.identity import IdentityExplanation, explain
from hub.api.types.rule_sets import IdentityRules, IdentityRulesPreview
from hub.api.types.why_not import WhyNotMerged
from hub.api.why_not import why_not
from hub.errors import NotFound
from hub.store import rule_sets


@object_type
class IdentityQueries:
    """Reads about who is who."""

    @field
    async def explain_identity(
        self, info: Info, customer: Annotated[strawberry.ID, argument("The customer.")]
    ) -> IdentityExplanation | None:
        """Why these touchpoints are one customer."""
        row = await info.context.load.customer_by_id.load(customer)
        return await explain(info, Customer(row=row)) if row else None

    @field
    async def why_not_merged(
        self,
        info: Info,
        a: Annotated[strawberry.ID, argument("A customer.")],
        b: Annotated[strawberry.ID, argument("Another.")],
    ) -> WhyNotMerged:
        """Why two customers are not one."""
        found = await info.context.load.customer_by_id.load_many([a, b])
        for name, id_, row in zip("ab", (a, b), found, strict=True):
            if row is None:
                raise NotFound(f"There is no customer {id_[:60]!r}.", path=name)
        return await why_not(info, *(row for row in found if row))

    @field
    async def identity_rules(self, info: Info) -> IdentityRules:
        """The identity rules that stand."""
        return IdentityRules.of(await rule_sets.standing(await info.context.snapshot()))

    @field
    async def preview_identity_rules(
        self,
        info: Info,
        rules: Annotated[str, argument("TOML; keys that it does not name stay as they stand.")],
    ) -> IdentityRulesPreview:
        """Who would merge or split by other identity rules, on the data the hub has. Nothing of it is kept."""
        return IdentityRulesPreview.of(await info.context.hub.rules.preview(rules))

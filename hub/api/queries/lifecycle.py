"""Reads about the rules of stage and standing."""

from __future__ import annotations

from typing import Annotated

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.lifecycle_rules import LifecycleRulesPreview


@object_type
class LifecycleQueries:
    """Reads about lifecycle rules."""

    @field
    async def preview_lifecycle_rules(
        self, info: Info, rules: Annotated[str, argument("The whole set as TOML.")]
    ) -> LifecycleRulesPreview:
        """Whose stage or standing would be another one by other rules, on the data the hub has. Nothing is written."""
        return LifecycleRulesPreview(row=await info.context.hub.lifecycle_rules.preview(rules))

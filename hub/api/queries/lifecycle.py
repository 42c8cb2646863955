"""Reads about the rules of stage and standing."""

from __future__ import annotations

from typing import Annotated

from hub.analysis.lifecycle_preview import look
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.queries.journeys import reckoned
from hub.api.types.lifecycle_rules import LifecycleRulesPreview
from hub.ingest.lifecycle_rules import checked


@object_type
class LifecycleQueries:
    """Reads about lifecycle rules."""

    @field
    async def preview_lifecycle_rules(
        self, info: Info, rules: Annotated[str, argument("The whole set as TOML.")]
    ) -> LifecycleRulesPreview:
        """Whose stage or standing would be another one by other rules, on the data the hub has. Nothing is written.

        Everybody is looked at: where that takes long, the answer is RETRY_LATER, and who asks again is given it.
        """
        return await foreseen(info, rules)


async def foreseen(info: Info, text: str) -> LifecycleRulesPreview:
    """What rules would change. Raises ``InputWrong``, and ``RetryLater`` when it takes long."""
    company = info.context.hub.company
    rules = checked(company, text)  # before anybody waits
    await info.context.snapshot()
    present = info.context.now()
    row = await reckoned(info, "lifecycle rules", text, lambda snapshot: look(snapshot, company, rules, present))
    return LifecycleRulesPreview(row=row)

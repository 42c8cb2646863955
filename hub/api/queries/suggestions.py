"""Reads about suggestions."""

from __future__ import annotations

from typing import Annotated

from hub.api.connections import After, Before, First, Last, counted, cursors
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.suggestions import Suggestion, SuggestionConnection, least_weight
from hub.store import suggestions
from hub.values import Side


@object_type
class SuggestionQueries:
    """Reads about suggestions."""

    @field
    async def suggestions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        kind: Annotated[Side | None, argument("Only about persons, or about organisations.")] = None,
        min_probability: Annotated[float | None, argument("Only those at least so probable, 0 to 1.")] = None,
    ) -> SuggestionConnection:
        """Probable duplicates and joins that were refused, the most probable first: for people to decide."""
        wanted = suggestions.SuggestionFilter(kind, least_weight(min_probability))
        sealed = cursors(info, "Query.suggestions", suggestions.ORDER)
        page = await suggestions.page(await info.context.snapshot(), wanted, sealed.window(first, after, last, before))

        async def count() -> int:
            return await suggestions.count(await info.context.snapshot(), wanted)

        return SuggestionConnection(
            entries=[Suggestion(row=row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=True),
        )

"""Suggestions: looking for them, and what a person says to one."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.links import LinkPayload, linked
from hub.api.mutations.receipt import Receipt
from hub.api.types.sources import Run


@input_type
class FindSuggestionsInput:
    """How to look."""

    min_probability: float | None = optional("From which probability on a pair is suggested; 0.2 by default.")


@input_type
class AcceptSuggestionInput:
    """A suggestion that is right."""

    suggestion: strawberry.ID = described("Which.")
    touchpoints: list[strawberry.ID] | None = optional("Of a shared phone: only these of its touchpoints.")
    reason: str = described("How you know.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@input_type
class RefuseSuggestionInput:
    """A suggestion that is wrong."""

    suggestion: strawberry.ID = described("Which.")
    touchpoints: list[strawberry.ID] | None = optional("Of a shared phone: only these of its touchpoints.")
    reason: str = described("How you know.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@object_type
class FindSuggestionsPayload:
    """Answer to findSuggestions."""

    run: Run | None = described("The search; what it finds is in `suggestions` when it has ended.")
    receipt: Receipt | None = described("Always null: a run takes its own time.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class SuggestionMutations:
    """Suggestions."""

    @mutation
    async def find_suggestions(
        self,
        info: Info,
        input: Annotated[FindSuggestionsInput, argument("How.")],  # noqa: A002
    ) -> FindSuggestionsPayload:
        """Look for probable duplicates now, beside everything else. It changes no customer."""
        run, errors = await tried(info.context.hub.suggestions.find(input.min_probability))
        await info.context.renew()
        row = await info.context.load.run_by_id.load(run) if run else None
        return FindSuggestionsPayload(run=Run(row=row) if row else None, receipt=None, user_errors=errors)

    @mutation
    async def accept_suggestion(
        self,
        info: Info,
        input: Annotated[AcceptSuggestionInput, argument("Which.")],  # noqa: A002
    ) -> LinkPayload:
        """Say that the suggestion is right: the two become one customer. It can be undone at any time."""
        hub, who = info.context.hub, info.context.principal.name
        return await linked(
            info,
            hub.suggestions.accept(
                input.suggestion, input.touchpoints, reason=input.reason, by=who, dry_run=input.dry_run
            ),
        )

    @mutation
    async def refuse_suggestion(
        self,
        info: Info,
        input: Annotated[RefuseSuggestionInput, argument("Which.")],  # noqa: A002
    ) -> LinkPayload:
        """Say that the suggestion is wrong: it does not come again unless this is undone."""
        hub, who = info.context.hub, info.context.principal.name
        return await linked(
            info,
            hub.suggestions.refuse(
                input.suggestion, input.touchpoints, reason=input.reason, by=who, dry_run=input.dry_run
            ),
        )

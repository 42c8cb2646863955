"""Setting the identity rules."""

from __future__ import annotations

from typing import Annotated

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.types.rule_sets import IdentityRulesPreview


@input_type
class ApplyIdentityRulesInput:
    """Identity rules to set."""

    rules: str = described("TOML; keys that it does not name stay as they stand.")
    reason: str = described("Why.")
    dry_run: bool = optional("Only say what would change.", default=False)


@object_type
class ApplyIdentityRulesPayload:
    """Answer to applyIdentityRules."""

    preview: IdentityRulesPreview | None = described("What would change; null unless it was a dry run.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class RuleSetMutations:
    """Setting rules."""

    @mutation
    async def apply_identity_rules(
        self,
        info: Info,
        input: Annotated[ApplyIdentityRulesInput, argument("Which.")],  # noqa: A002
    ) -> ApplyIdentityRulesPayload:
        """Set identity rules. They apply to everything, also to what came before; setting the former ones undoes it."""
        hub = info.context.hub
        if input.dry_run:
            seen, errors = await tried(hub.rules.preview(input.rules))
            preview = IdentityRulesPreview.of(seen) if seen else None
            return ApplyIdentityRulesPayload(preview=preview, receipt=None, user_errors=errors)
        by = info.context.principal.name
        number, errors = await tried(hub.rules.apply(input.rules, reason=input.reason, by=by))
        got = await receipt(info, number or 0)
        return ApplyIdentityRulesPayload(preview=None, receipt=got, user_errors=errors)

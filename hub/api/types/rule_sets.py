"""The identity rules that stand, and what others would change."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.foreseen import FIRST, CustomerChange
from hub.api.types.identifiers import Identifier
from hub.identity.rule_set import default_text, write_rules
from hub.ingest import rejudge, rule_sets
from hub.ingest.rule_sets import RulesPreview
from hub.store.rule_sets import StoredRuleSet


@object_type
class IdentityRules:
    """The rules that say what joins touchpoints into one customer."""

    version: str = described("The name its author gave the set.")
    text: str = described("The whole set as TOML.")
    number: str = described("Its number in the order of truth; 0 for the rules every hub begins with.")
    decided_by: str | None = described("Who set them; null for the rules every hub begins with.")
    reason: str | None = described("Why.")
    decided_at: DateTime | None = described("When.")

    @classmethod
    def of(cls, row: StoredRuleSet | None) -> IdentityRules:
        """A stored set, or the one every hub begins with."""
        if row is None:
            return cls(
                version="1", text=default_text(), number="0", decided_by=None, reason=None, decided_at=None
            )  # fmt: skip
        return cls(
            version=row.version, text=row.text, number=str(row.number), decided_by=row.decided_by, reason=row.reason,
            decided_at=DateTime(row.decided_at),
        )  # fmt: skip


@object_type
class IdentityRuleChange:
    """A key of the identity rules whose value differs."""

    key: str = described("The key.")
    before: str = described("Its value as it stands, as TOML.")
    after: str = described("Its value in the other rules.")


@object_type
class IdentitySwitch:
    """An identifier that would join by the other rules, or would not any more."""

    row: strawberry.Private[rejudge.Switch]
    before: str | None = column(
        "Why it does not join: VALUE ROLE INVALID KIND SEVERAL_NAMES MANY_STRONGER; null: it does."
    )
    after: str | None = column("Why it would not join.")

    @field
    async def identifier(self, info: Info) -> Identifier | None:
        """The identifier. Needs the scope read."""
        row = await info.context.load.identifier.load(self.row.identifier)
        return Identifier(row=row) if row else None


@object_type
class IdentityRegrouping:
    """Touchpoints that would go from one customer to another."""

    row: strawberry.Private[rule_sets.Regrouping]
    kind: str = column(
        "MERGED (before would stand no more), SPLIT (after does not stand yet), MOVED (both stand), "
        "FOUND or LOST (they belong to nobody before, or after)."
    )
    before: strawberry.ID | None = column("From whom.")
    after: strawberry.ID | None = column("To whom.")
    touchpoints: int = column("How many.")


@object_type
class IdentityRulesPreview:
    """What other identity rules would change on the data the hub has. Lists hold the first 100."""

    seen: strawberry.Private[RulesPreview]
    text: str = described("The whole set as it would stand.")
    differences: list[IdentityRuleChange] = described("Which keys would have other values.")
    claims: int = described("How many claims would have to be resolved again.")
    examined: int = described("How many of them were: what follows is about these.")
    truncated: bool = described("Whether only a part was resolved again.")
    switched_on: int = described("How many identifiers would join that do not.")
    switched_off: int = described("How many identifiers would not join any more.")
    switches: list[IdentitySwitch] = described("The identifiers that would be switched on or off.")
    merged: int = described("How many customers would stand no more, because their touchpoints go to others.")
    split: int = described("How many customers would stand that do not yet.")
    moved: int = described("How many touchpoints would change customer.")
    regroupings: list[IdentityRegrouping] = described("From whom to whom, the most touchpoints first.")
    regrouped: int = described("How many regroupings there are.")
    changes: list[CustomerChange] = described("How each customer would change, in the order of the regroupings.")
    changed: int = described("How many customers would change.")

    @classmethod
    def of(cls, seen: RulesPreview) -> IdentityRulesPreview:
        """As clients read it."""
        off = sum(each.before is None for each in seen.switches)
        on = sum(each.after is None for each in seen.switches)
        return cls(
            seen=seen,
            text=write_rules(seen.rules),
            differences=[IdentityRuleChange(key=key, before=a, after=b) for key, a, b in seen.differences],
            claims=seen.claims,
            examined=seen.examined,
            truncated=seen.examined < seen.claims,
            switched_on=on,
            switched_off=off,
            switches=[IdentitySwitch(row=each) for each in seen.switches[:FIRST]],
            merged=len({each.before for each in seen.regroupings if each.kind == "MERGED"}),
            split=len({each.after for each in seen.regroupings if each.kind == "SPLIT"}),
            moved=seen.moved,
            regroupings=[IdentityRegrouping(row=each) for each in seen.regroupings[:FIRST]],
            regrouped=len(seen.regroupings),
            changes=[CustomerChange(row=each) for each in seen.changes[:FIRST]],
            changed=len(seen.changes),
        )

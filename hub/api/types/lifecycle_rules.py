"""The lifecycle rules that stand, and what others would change."""

from __future__ import annotations

import strawberry

from hub.analysis import lifecycle_preview
from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.customers import Customer, customer_of
from hub.api.types.enums import Axis
from hub.api.types.lifecycle import Because
from hub.journey.rules import Rules, rules_of
from hub.settings import Company
from hub.store import lifecycles
from hub.store.reader import Snapshot


@object_type
class LifecycleRules:
    """The rules of stage and standing."""

    digest: strawberry.Private[str]
    version: str = described("The name its author gave the set.")
    rule_version: str = described("What reasons cite: the version, and the beginning of a digest of the rules.")
    text: str = described("The whole set as TOML.")
    number: str = described("Its number in the order of truth; 0 for the rules that the software brings.")
    decided_by: str | None = described("Who set them; null for the rules that the software brings.")
    reason: str | None = described("Why.")
    decided_at: DateTime | None = described("When.")

    @field
    async def customers_waiting(self, info: Info) -> int:
        """How many customers still show stage and standing by the rules before; 0 once everybody is folded by these."""
        return await lifecycles.unfolded(await info.context.snapshot(), self.digest)

    @classmethod
    async def standing(cls, snapshot: Snapshot, company: Company) -> LifecycleRules:
        """Those that were processed last."""
        row = await lifecycles.standing(snapshot)
        rules = rules_of(company, row.text if row else None)
        return cls(
            digest=rules.digest,
            version=rules.version,
            rule_version=rules.name,
            text=rules.text,
            number=str(row.number if row else 0),
            decided_by=row.decided_by if row else None,
            reason=row.reason if row else None,
            decided_at=DateTime(row.decided_at) if row else None,
        )


@object_type
class LifecycleRuleDifference:
    """A rule or a setting that says something else."""

    name: str = described("The rule as stages.NAME, or the setting as standing.NAME.")
    before: str = described("What it says as the rules stand; empty where it is not there.")
    after: str = described("What it says in the other rules.")


@object_type
class LifecycleShift:
    """How many customers would go from one stage or standing to another."""

    row: strawberry.Private[lifecycle_preview.Shift]
    axis: Axis = column("Which of the two.")
    before: str | None = column("The value as it stands.")
    after: str | None = column("The value by the other rules.")
    customers: int = column("How many customers.")


@object_type
class LifecycleExample:
    """A customer who would have another stage or standing."""

    row: strawberry.Private[lifecycle_preview.Example]
    id: strawberry.ID = column("The customer's id.", attribute="customer")
    stage_before: str | None = column("The stage as it stands.")
    stage_after: str | None = column("The stage by the other rules.")
    standing_before: str | None = column("The standing as it stands.")
    standing_after: str | None = column("The standing by the other rules.")

    @field
    async def customer(self, info: Info) -> Customer | None:
        """The customer. Needs the scope read."""
        row = await info.context.load.customer_by_id.load(self.row.customer)
        return await customer_of(info, row.num if row else None)

    @field
    def because(self) -> Because | None:
        """Why, by the other rules. Needs the scope read."""
        return None if self.row.because is None else Because.of(self.row.because)


@object_type
class LifecycleRulesPreview:
    """What other lifecycle rules would change on the data the hub has."""

    row: strawberry.Private[lifecycle_preview.LifecyclePreview]
    customers: int = column("How many customers there are.")
    changed: int = column("How many would have another stage or standing.")

    @field
    def rule_version(self) -> str:
        """What reasons would cite."""
        rules: Rules = self.row.rules
        return rules.name

    @field
    def differences(self) -> list[LifecycleRuleDifference]:
        """What the rules say that is not said as they stand."""
        return [LifecycleRuleDifference(name=name, before=a, after=b) for name, a, b in self.row.differences]

    @field
    def shifts(self) -> list[LifecycleShift]:
        """From what to what, the most customers first."""
        return [LifecycleShift(row=each) for each in self.row.shifts]

    @field
    def examples(self) -> list[LifecycleExample]:
        """A few customers of each shift."""
        return [LifecycleExample(row=each) for each in self.row.examples]

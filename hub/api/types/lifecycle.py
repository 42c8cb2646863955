"""Stage and standing, with reasons."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry

from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import JSON, DateTime, dumped
from hub.api.types.enums import Axis
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.clock import micros
from hub.journey import reasons
from hub.store.customers import StoredCustomer, StoredStageChange
from hub.store.lifecycles import StoredStageTime
from hub.values import Stage, Standing

_DECIDED = "decided"
_DAY = 86_400 * 1_000_000


@object_type
class Because:
    """Why: the rule, its numbers, the touchpoints. `text` is English; clients translate from rule and facts."""

    row: strawberry.Private[reasons.Because]
    rule: str = column("The rule; `decided` where a person said so.")
    rule_version: str = column("The version of the rule set.")
    text: str = column("The same as an English sentence.")

    @field
    def facts(self, info: Info) -> JSON:
        """The numbers the rule was decided by."""
        hidden = {} if info.context.principal.sees_contacts or not self._decided else {"reason": None}
        return dumped({**self.row.facts, **hidden})

    @field
    def decided(self) -> bool:
        """Whether a person decided it, whatever the rules say."""
        return self._decided

    @field
    def decided_by(self) -> str | None:
        """Who decided it."""
        return self.row.facts["by"] if self._decided else None

    @field
    def reason(self, info: Info) -> str | None:
        """Why they decided it; null without the scope pii."""
        return self.row.facts["reason"] if self._decided and info.context.principal.sees_contacts else None

    @field
    def until(self) -> DateTime | None:
        """When the decision ends; null when it does not by itself."""
        until = self.row.facts["until"] if self._decided else None
        return None if until is None else DateTime(micros(datetime.fromisoformat(until)))

    @property
    def _decided(self) -> bool:
        return self.row.rule == _DECIDED

    @field
    async def touchpoints(self, info: Info) -> list[Touchpoint]:
        """The touchpoints that met the rule."""
        found = await info.context.load.touchpoint_by_id.load_many(list(self.row.touchpoints))
        return [touchpoint(row) for row in found if row is not None]

    @classmethod
    def of(cls, row: reasons.Because) -> Because:
        """As clients read it."""
        return cls(row=row)


@object_type
class StageChange:
    """One change of stage or standing."""

    row: strawberry.Private[StoredStageChange]
    axis: Axis = column("Which of the two changed.")
    at: DateTime = column("When; a change that silence made is dated when it fell due.")
    before: str | None = column("The value before.")
    after: str | None = column("The value from then on.")

    @field
    def because(self) -> Because:
        """Why."""
        row = self.row
        facts, ids = orjson.loads(row.facts), tuple(orjson.loads(row.touchpoints))
        return Because.of(reasons.Because(row.rule, row.rule_version, row.text, facts, ids))


@object_type
class StageTime:
    """A stage that a customer has or had, all the times taken together. Days are of 24 hours."""

    row: strawberry.Private[StoredStageTime]
    now: strawberry.Private[int]
    stage: Stage = column("The stage.")
    entered_at: DateTime = column("When they had it for the first time.")
    latest_entered_at: DateTime = column("When they had it the latest time.")
    exited_at: DateTime | None = column("When the latest time ended; null while they have it.")
    times: int = column("How many times they entered it.")

    @field
    def latest_days(self) -> float:
        """How long the latest time lasted, until now while they have it."""
        return self._latest / _DAY

    @field
    def total_days(self) -> float:
        """How long all the times lasted together."""
        return (self.row.lasted + (self._latest if self.row.exited_at is None else 0)) / _DAY

    @property
    def _latest(self) -> int:
        ended = self.now if self.row.exited_at is None else self.row.exited_at
        return max(0, ended - self.row.latest_entered_at)


@object_type
class Lifecycle:
    """Stage and standing, with reasons."""

    row: strawberry.Private[StoredCustomer]
    stage: Stage | None = column("How far the relationship has come; null until a rule holds.")
    standing: Standing | None = column("How alive it is; null until it began.")
    since: DateTime | None = column("Since when the stage holds.", attribute="stage_since")

    @field
    def next_change_at(self) -> DateTime | None:
        """When time alone will change stage or standing.

        By silence, by a decision that ends, by a rule that only lasts so long.
        """
        at = self.row.next_change_at
        return DateTime(at) if at else None  # 0: they are folded again in a moment

    @field
    def because(self) -> Because | None:
        """Why."""
        if self.row.because is None:
            return None
        held = orjson.loads(self.row.because)
        ids = tuple(held["touchpoints"])
        return Because.of(reasons.Because(held["rule"], held["ruleVersion"], held["text"], held["facts"], ids))

    @field
    async def stages(self, info: Info) -> list[StageTime]:
        """The stages they have or had, each with how long, in the order in which they were first entered."""
        at = info.context.now()
        return [StageTime(row=row, now=at) for row in await info.context.load.stage_times.load(self.row.num)]

    @field
    async def history(self, info: Info) -> list[StageChange]:
        """Every change so far, oldest first."""
        return [StageChange(row=row) for row in await info.context.load.stage_changes.load(self.row.num)]

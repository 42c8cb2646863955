"""Stage and standing, with reasons."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import JSON, DateTime, dumped, raw
from hub.api.types.enums import Axis
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.store.customers import StoredCustomer, StoredStageChange
from hub.values import Stage, Standing


@object_type
class Because:
    """Why: the rule, its numbers, the touchpoints. `text` is English; clients translate from rule and facts."""

    rule: str = described("The rule.")
    rule_version: str = described("The version of the rule set.")
    text: str = described("The same as an English sentence.")
    facts: JSON = described("The numbers the rule was decided by.")
    ids: strawberry.Private[Sequence[str]]

    @field
    async def touchpoints(self, info: Info) -> list[Touchpoint]:
        """The touchpoints that met the rule."""
        found = await info.context.load.touchpoint_by_id.load_many(self.ids)
        return [touchpoint(row) for row in found if row is not None]


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
        ids = orjson.loads(row.touchpoints)
        return Because(rule=row.rule, rule_version=row.rule_version, text=row.text, facts=raw(row.facts), ids=ids)


@object_type
class Lifecycle:
    """Stage and standing, with reasons."""

    row: strawberry.Private[StoredCustomer]
    stage: Stage | None = column("How far the relationship has come; null until a rule holds.")
    standing: Standing | None = column("How alive it is; null until it began.")
    since: DateTime | None = column("Since when the stage holds.", attribute="stage_since")
    next_change_at: DateTime | None = column("When silence alone will change the standing.")

    @field
    def because(self) -> Because | None:
        """Why."""
        if self.row.because is None:
            return None
        held = orjson.loads(self.row.because)
        return Because(
            rule=held["rule"],
            rule_version=held["ruleVersion"],
            text=held["text"],
            facts=dumped(held["facts"]),
            ids=held["touchpoints"],
        )

    @field
    async def history(self, info: Info) -> list[StageChange]:
        """Every change so far, oldest first."""
        return [StageChange(row=row) for row in await info.context.load.stage_changes.load(self.row.num)]

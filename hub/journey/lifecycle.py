"""Stage and standing of a customer as of a moment, with every change on the way and its reason."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.journey.reasons import Because, Change
from hub.journey.rules import Rules
from hub.journey.stages import Stages
from hub.journey.standing import Silence
from hub.journey.timeline import Moment, instants, ordered
from hub.values import Stage, Standing


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """``since`` is when the present stage began and ``because`` why it holds (each change has its own reason).

    ``next_change_at``: when to look again if nothing new is heard: the next silence that falls due, or the first
    touchpoint that lies in the future. ``changes`` are in order of time.
    """

    stage: Stage | None
    standing: Standing | None
    since: datetime | None
    because: Because | None
    next_change_at: datetime | None
    changes: tuple[Change, ...]


def lifecycle(moments: Iterable[Moment], rules: Rules, now: datetime) -> Lifecycle:
    """Fold the touchpoints up to ``now`` (aware). The order in which they are given does not matter.

    Whatever happens at one time is decided together. Standing is null while stage is null, and before the first
    contact.
    """
    timeline = ordered(moments)
    present = bisect_right(timeline, now, key=lambda moment: moment.at)
    fold = _Fold(rules)
    for at, instant in instants(timeline[:present]):
        fold.take(at, instant)
    fold.pass_until(now, inclusive=True)
    soon = [timeline[present].at] if present < len(timeline) else []
    if fold.silence.due is not None and fold.stages.stage is not None:
        soon.append(fold.silence.due)
    return Lifecycle(
        stage=fold.stages.stage,
        standing=fold.standing,
        since=fold.since,
        because=fold.stages.because,
        next_change_at=min(soon, default=None),
        changes=tuple(fold.changes),
    )


class _Fold:
    def __init__(self, rules: Rules) -> None:
        self.stages = Stages(rules)
        self.silence = Silence(rules.standing, rules.name)
        self.standing: Standing | None = None
        self.since: datetime | None = None
        self.changes: list[Change] = []

    def take(self, at: datetime, instant: Sequence[Moment]) -> None:
        self.pass_until(at, inclusive=False)
        before = self.stages.stage
        because = self.stages.take(instant)
        if because is not None:
            after = self.stages.stage
            self.since = at if after is not None else None
            self.changes.append(Change("STAGE", at, before, after, because))
        for moment in instant:
            if self.silence.is_contact(moment, purchase=self.stages.purchases.is_purchase(moment)):
                self.silence.contact(moment)
                break
        self._show(at, because)

    def pass_until(self, at: datetime, *, inclusive: bool) -> None:
        for due in self.silence.pass_until(at, inclusive=inclusive):
            self._show(due, None)

    def _show(self, at: datetime, stage_because: Because | None) -> None:
        shown = self.silence.standing if self.stages.stage is not None else None
        if shown is not self.standing:
            because = (self.silence.because if shown is not None else stage_because) or stage_because
            if because is not None:
                self.changes.append(Change("STANDING", at, self.standing, shown, because))
            self.standing = shown

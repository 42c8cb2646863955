"""Stage and standing of a customer as of a moment, with every change on the way and its reason."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from hub.journey.purchases import Purchases
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
    course = Course(rules)
    course.take(timeline[:present])
    return course.lifecycle(now, timeline[present].at if present < len(timeline) else None)


class Course:
    """A timeline folded so far: a touchpoint at its end costs the same, however many came before."""

    __slots__ = ("_changes", "_silence", "_since", "_stages", "_standing")

    def __init__(self, rules: Rules) -> None:
        self._stages = Stages(rules)
        self._silence = Silence(rules.standing, rules.name)
        self._standing: Standing | None = None
        self._since: datetime | None = None
        self._changes: list[Change] = []

    @property
    def purchases(self) -> Purchases:
        """The purchases so far."""
        return self._stages.purchases

    def take(self, timeline: Sequence[Moment]) -> None:
        """Add touchpoints in order, all of them later than every one so far."""
        for at, instant in instants(timeline):
            self._pass_until(at)
            before = self._stages.stage
            because = self._stages.take(instant)
            if because is not None:
                after = self._stages.stage
                self._since = at if after is not None else None
                self._changes.append(Change("STAGE", at, before, after, because))
            for moment in instant:
                if self._silence.is_contact(moment, purchase=self.purchases.is_purchase(moment)):
                    self._silence.contact(moment)
                    break
            self._standing = self._show(self._silence, self._standing, at, because, self._changes)

    def lifecycle(self, now: datetime, next_touch_at: datetime | None = None) -> Lifecycle:
        """Stage and standing at ``now``, which is not before the last touchpoint taken. Nothing is changed by asking.

        ``next_touch_at``: of the first touchpoint that lies in the future.
        """
        silence, standing, changes = self._silence, self._standing, self._changes
        if silence.due is not None and silence.due <= now:
            silence, changes = copy(silence), [*changes]
            for due in silence.pass_until(now, inclusive=True):
                standing = self._show(silence, standing, due, None, changes)
        soon = [] if next_touch_at is None else [next_touch_at]
        if silence.due is not None and self._stages.stage is not None:
            soon.append(silence.due)
        return Lifecycle(
            stage=self._stages.stage,
            standing=standing,
            since=self._since,
            because=self._stages.because,
            next_change_at=min(soon, default=None),
            changes=tuple(changes),
        )

    def _pass_until(self, at: datetime) -> None:
        for due in self._silence.pass_until(at, inclusive=False):
            self._standing = self._show(self._silence, self._standing, due, None, self._changes)

    def _show(
        self, silence: Silence, before: Standing | None, at: datetime, reason: Because | None, changes: list[Change]
    ) -> Standing | None:
        """The standing that is shown from now on; a change of it is added to ``changes``."""
        shown = silence.standing if self._stages.stage is not None else None
        if shown is not before:
            because = (silence.because if shown is not None else reason) or reason
            if because is not None:
                changes.append(Change("STANDING", at, before, shown, because))
        return shown

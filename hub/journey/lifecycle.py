"""Stage and standing of a customer as of a moment, with every change on the way and its reason."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from hub.journey.purchases import Purchases
from hub.journey.rates import Conversion
from hub.journey.reasons import Because, Change
from hub.journey.rules import Rules
from hub.journey.stages import Stages
from hub.journey.standing import Silence
from hub.journey.timeline import Moment, instants, ordered
from hub.values import Stage, Standing


@dataclass(slots=True)
class Lifecycle:
    """``since`` is when the present stage began and ``because`` why it holds (each change has its own reason).

    ``next_change_at``: when to look again if nothing new is heard: the next silence that falls due, the end of what
    only lasts for a time, or the first touchpoint that lies in the future. ``changes`` are in order of time.
    """

    stage: Stage | None
    standing: Standing | None
    since: datetime | None
    because: Because | None
    next_change_at: datetime | None
    changes: tuple[Change, ...]


def lifecycle(
    moments: Iterable[Moment], rules: Rules, now: datetime, conversion: Conversion | None = None
) -> Lifecycle:
    """Fold the touchpoints up to ``now`` (aware). The order in which they are given does not matter.

    ``conversion``: into the reporting currency, for rules that wait for a sum.

    Whatever happens at one time is decided together. Standing is null while stage is null, and before the first
    contact.
    """
    timeline = ordered(moments)
    present = bisect_right(timeline, now, key=lambda moment: moment.at)
    course = Course(rules, conversion)
    course.take(timeline[:present])
    return course.lifecycle(now, timeline[present].at if present < len(timeline) else None)


class Course:
    """A timeline folded so far: a touchpoint at its end costs the same, however many came before."""

    __slots__ = ("_bought", "_changes", "_silence", "_since", "_stages", "_standing")

    def __init__(self, rules: Rules, conversion: Conversion | None = None) -> None:
        self._stages = Stages(rules, conversion)
        self._silence = Silence(rules)
        self._bought = False
        self._standing: Standing | None = None
        self._since: datetime | None = None
        self._changes: list[Change] = []

    def _fork(self) -> Course:
        """One that time may pass for, while this one stays where it is; it takes no touchpoints."""
        other = object.__new__(Course)
        other._stages = self._stages if self._stages.due is None else copy(self._stages)
        other._silence = self._silence.fork()
        other._bought, other._standing, other._since = self._bought, self._standing, self._since
        other._changes = [*self._changes]
        return other

    @property
    def purchases(self) -> Purchases:
        """The purchases so far."""
        return self._stages.purchases

    def settle(self) -> int:
        """Let go of the changes that touchpoints have made so far; the answer is how many that are.

        Nothing can undo them any more, while those that time alone has made since may not last.
        """
        settled = len(self._changes)
        self._changes.clear()
        return settled

    def take(self, timeline: Sequence[Moment]) -> None:
        """Add touchpoints in order, all of them later than every one so far."""
        stages, silence = self._stages, self._silence
        for at, instant in instants(timeline):
            if (silence.due is not None and silence.due < at) or (stages.due is not None and stages.due < at):
                self.pass_until(at, inclusive=False)
            before = stages.stage
            because = stages.take(instant)
            if because is not None:
                self._restage(at, before, because)
            self._listen(instant)
            self._show(at, because)

    def lifecycle(self, now: datetime, next_touch_at: datetime | None = None) -> Lifecycle:
        """Stage and standing at ``now``, which is not before the last touchpoint taken. Nothing is changed by asking.

        ``next_touch_at``: of the first touchpoint that lies in the future.
        """
        due = self._due()
        if due is None or due > now:
            return self.reached(next_touch_at)
        fork = self._fork()
        fork.pass_until(now, inclusive=True)
        return fork.reached(next_touch_at)

    def reached(self, next_touch_at: datetime | None = None) -> Lifecycle:
        """Stage and standing after what was taken and what time has made of it so far."""
        stages, silence = self._stages, self._silence
        soon = [] if next_touch_at is None else [next_touch_at]
        if silence.due is not None and stages.stage is not None:
            soon.append(silence.due)
        if stages.due is not None:
            soon.append(stages.due)
        return Lifecycle(
            stage=stages.stage,
            standing=self._standing,
            since=self._since,
            because=stages.because,
            next_change_at=min(soon, default=None),
            changes=tuple(self._changes),
        )

    def _listen(self, instant: Sequence[Moment]) -> None:
        """Take the first sign of life of an instant; where purchases are the signs, one of them before others."""
        silence, is_purchase = self._silence, self._stages.purchases.is_purchase
        if not silence.counts_purchases:
            for moment in instant:
                if silence.is_contact(moment, is_purchase(moment)):
                    silence.contact(moment)
                    return
            return
        bought = self._bought
        sign: Moment | None = None
        for moment in instant:
            purchase = is_purchase(moment)
            self._bought |= purchase
            if purchase or (sign is None and not bought and silence.is_contact(moment, purchase)):
                sign = moment
                if purchase:
                    break
        if sign is not None:
            silence.contact(sign, paced=is_purchase(sign))

    def _due(self) -> datetime | None:
        one, other = self._stages.due, self._silence.due
        if one is None or other is None:
            return one or other
        return min(one, other)

    def pass_until(self, at: datetime, *, inclusive: bool) -> None:
        """Let happen what time alone does before ``at``, or at it. Nothing of before can be taken any more."""
        while (due := self._due()) is not None and (due < at or (inclusive and due == at)):
            before = self._stages.stage
            because = self._stages.lapse(due)
            if because is not None:
                self._restage(due, before, because)
            self._silence.lapse(due)
            self._show(due, because)

    def _restage(self, at: datetime, before: Stage | None, because: Because) -> None:
        after = self._stages.stage
        self._since = at if after is not None else None
        self._changes.append(Change("STAGE", at, before, after, because))

    def _show(self, at: datetime, reason: Because | None) -> None:
        """Keep the standing that is shown from now on, and how it changed; there is none without a stage."""
        silence, before = self._silence, self._standing
        shown = silence.standing if self._stages.stage is not None else None
        if shown is not before:
            because = (silence.because if shown is not None else reason) or reason
            if because is not None:
                self._changes.append(Change("STANDING", at, before, shown, because))
            self._standing = shown

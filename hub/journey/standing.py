"""How alive the relationship is: ACTIVE, AT_RISK, LAPSED, WON_BACK, by the silence since the last contact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hub.journey.reasons import Because, written
from hub.journey.rules import StandingRules
from hub.journey.timeline import Moment
from hub.values import Direction, Standing

_TEXT = {
    "contact": "They were in contact.",
    "at_risk": "Nothing from them for {days} days.",
    "lapsed": "Nothing from them for {days} days.",
    "won_back": "They came back after {days} days.",
}


class Silence:
    """Told of contacts in order of time; ``pass_until`` lets the silence between them fall due."""

    __slots__ = ("_last", "_rules", "_version", "_why", "_won_back_at", "due", "standing")

    def __init__(self, rules: StandingRules, rule_version: str) -> None:
        self._rules = rules
        self._version = rule_version
        self._last: Moment | None = None
        self._won_back_at: datetime | None = None
        self.standing: Standing | None = None
        self._why: tuple[str, int | None, tuple[Moment, ...]] | None = None
        self.due: datetime | None = None
        """When the next silence falls due; None before the first contact and after LAPSED."""

    def is_contact(self, moment: Moment, *, purchase: bool) -> bool:
        """Whether the customer showed a sign of life: inbound or mutual, or bought; never by a machine."""
        if moment.automated or moment.kind in self._rules.ignored_kinds:
            return False
        return purchase or moment.direction is Direction.INBOUND or moment.kind in self._rules.mutual_kinds

    def pass_until(self, at: datetime, *, inclusive: bool) -> Iterator[datetime]:
        """Let silences due before ``at`` (or at it) happen; yields when each one did."""
        while self.due is not None and (self.due < at or (inclusive and self.due == at)) and self._last is not None:
            due = self.due
            if self.standing is Standing.AT_RISK:
                self.standing, self.due = Standing.LAPSED, None
                self._explain("lapsed", self._rules.lapsed_after_days, self._last)
            else:
                self.standing, self.due = Standing.AT_RISK, self._last.at + self._rules.lapsed
                self._explain("at_risk", self._rules.at_risk_after_days, self._last)
            yield due

    def contact(self, moment: Moment) -> None:
        """A sign of life at ``moment.at``, which is not before any other so far."""
        before, last = self.standing, self._last
        if before is Standing.LAPSED and last is not None:
            self.standing, self._won_back_at = Standing.WON_BACK, moment.at
            self._explain("won_back", (moment.at - last.at).days, last, moment)
        elif not (before is Standing.WON_BACK and self._still_settling(moment.at)):
            self.standing = Standing.ACTIVE
            if before is not Standing.ACTIVE:
                self._explain("contact", None, moment)
        self._last = moment
        self.due = moment.at + self._rules.at_risk

    def _still_settling(self, at: datetime) -> bool:
        return self._won_back_at is not None and at - self._won_back_at < self._rules.settling

    def _explain(self, rule: str, days: int | None, *moments: Moment) -> None:
        self._why = rule, days, moments

    @property
    def because(self) -> Because | None:
        """Why the standing is what it is; written out only when it is asked."""
        if self._why is None:
            return None
        rule, days, moments = self._why
        facts: dict[str, object] = {"last_contact_at": written(moments[-1].at)}
        if days is not None:
            facts["days"] = days
        text = _TEXT[rule].format_map(facts)
        return Because(rule, self._version, text, facts, tuple(moment.id for moment in moments))

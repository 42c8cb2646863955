"""How alive the relationship is: ACTIVE, AT_RISK, LAPSED, WON_BACK, by the silence since the last sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from hub.journey.alive import silence_until
from hub.journey.pace import Pace
from hub.journey.reasons import Because, written
from hub.journey.rules import Rules
from hub.journey.timeline import Moment
from hub.values import Direction, Standing

_TEXT = {
    "contact": "They were in contact.",
    "at_risk": "Nothing from them for {days} days.",
    "lapsed": "Nothing from them for {days} days.",
    "won_back": "They came back after {days} days.",
}
_DAY = timedelta(days=1)
_NOTHING: Mapping[str, Any] = {}
_Wait = tuple[timedelta, dict[str, Any]]
"""How long a silence is before it means something, and by what that was reckoned."""


class Silence:
    """Told of signs of life in order of time; ``lapse`` lets the silence between them fall due."""

    __slots__ = (
        "_last", "_pace", "_rules", "_version", "_why", "_won_back_at", "_zone", "counts_purchases", "due", "standing",
    )  # fmt: skip

    def __init__(self, rules: Rules) -> None:
        self._rules = rules.standing
        self._version = rules.name
        self._zone = rules.zone
        self._last: Moment | None = None
        self._won_back_at: datetime | None = None
        self._pace = Pace(rules.standing.rhythm) if rules.standing.own_pace else None
        self.counts_purchases = rules.standing.signs == "purchases"
        """Whether nothing but a purchase is a sign of life, from the first one on."""
        self.standing: Standing | None = None
        self._why: tuple[str, Mapping[str, Any], tuple[Moment, ...]] | None = None
        self.due: datetime | None = None
        """When the next silence falls due; None before the first sign of life and after LAPSED."""

    def fork(self) -> Silence:
        """One that may lapse while this one stays what it is; it is told of no more signs."""
        other = object.__new__(Silence)
        other._rules, other._version, other._last, other._pace = self._rules, self._version, self._last, self._pace
        other.standing, other.due, other._why = self.standing, self.due, self._why
        return other

    def is_contact(self, moment: Moment, purchase: bool) -> bool:
        """Whether the customer was in contact: inbound or mutual, or bought; never by a machine."""
        if moment.automated or moment.kind in self._rules.ignored_kinds:
            return False
        return purchase or moment.direction is Direction.INBOUND or moment.kind in self._rules.mutual_kinds

    def lapse(self, at: datetime) -> None:
        """Let a silence that is due at ``at`` happen."""
        last = self._last
        if self.due is None or self.due > at or last is None:
            return
        until_lapsed, why = self._wait("lapsed")
        if self.standing is Standing.AT_RISK or last.at + until_lapsed <= self.due:
            self.standing, self.due = Standing.LAPSED, None
            self._explain("lapsed", why, last)
        else:
            self._explain("at_risk", self._wait("at_risk")[1], last)
            self.standing, self.due = Standing.AT_RISK, last.at + until_lapsed

    def contact(self, moment: Moment, *, paced: bool = True) -> None:
        """A sign of life at ``moment.at``, which is not before any other so far. ``paced``: one of the rhythm."""
        before, last = self.standing, self._last
        if before is Standing.LAPSED and last is not None:
            self.standing, self._won_back_at = Standing.WON_BACK, moment.at
            self._explain("won_back", {"days": (moment.at - last.at).days}, last, moment)
        elif not (before is Standing.WON_BACK and self._still_settling(moment.at)):
            self.standing = Standing.ACTIVE
            if before is not Standing.ACTIVE:
                self._explain("contact", _NOTHING, moment)
        self._last = moment
        if self._pace is None:
            self.due = moment.at + self._rules.at_risk
            return
        if paced:
            self._pace.add(self._day(moment.at))
        self.due = moment.at + self._wait("at_risk")[0]

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _wait(self, name: str) -> _Wait:
        """The silence of AT_RISK or LAPSED."""
        rules = self._rules
        if self._pace is not None:
            least, most = rules.at_risk_between_days if name == "at_risk" else rules.lapsed_between_days
            own = self._own_wait(self._pace, name)
            if own is not None:
                days, why = own
                wait = timedelta(seconds=round(min(max(days, least), most) * 86400))
                return wait, {"days": _plain(wait / _DAY), **why}
        return rules.fixed[name]

    def _own_wait(self, pace: Pace, name: str) -> tuple[float, dict[str, Any]] | None:
        """The same by what this customer did, in days; None when that is too little to tell."""
        rules = self._rules
        if rules.model is not None:
            alive = rules.at_risk_below_alive if name == "at_risk" else rules.lapsed_below_alive
            days = silence_until(alive or 0.5, rules.model, pace.intervals, pace.span)
            return None if days is None else (days, {"alive": alive, "purchases": pace.intervals + 1})
        rhythms = rules.at_risk_after_rhythms if name == "at_risk" else rules.lapsed_after_rhythms
        usual = pace.usual
        if usual is None or rhythms is None:
            return None
        return usual * rhythms, {"rhythm_days": _plain(usual), "rhythms": _plain(rhythms)}

    def _still_settling(self, at: datetime) -> bool:
        return self._won_back_at is not None and at - self._won_back_at < self._rules.settling

    def _explain(self, rule: str, facts: Mapping[str, Any], *moments: Moment) -> None:
        self._why = rule, facts, moments

    @property
    def because(self) -> Because | None:
        """Why the standing is what it is; written out only when it is asked."""
        if self._why is None:
            return None
        rule, why, moments = self._why
        facts: dict[str, object] = {"last_contact_at": written(moments[-1].at), **why}
        text = _TEXT[rule].format_map(facts)
        if "rhythm_days" in facts:
            text += " Usually it is {rhythm_days} days.".format_map(facts)
        elif "alive" in facts:
            text += " The chance that they will buy again is below {alive}.".format_map(facts)
        return Because(rule, self._version, text, facts, tuple(moment.id for moment in moments))


def _plain(number: float) -> float:
    """Three decimals at most, and none where it is whole."""
    rounded = round(number, 3)
    return int(rounded) if rounded == int(rounded) else rounded

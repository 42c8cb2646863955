"""How far the relationship has come: which stage rules hold after each instant, and what people decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.journey.conditions import PurchaseCondition, TouchpointCondition
from hub.journey.purchases import Purchase, Purchases
from hub.journey.rates import Conversion
from hub.journey.reasons import Because, written
from hub.journey.rules import Clause, Rules
from hub.journey.spending import CITED, Spending, Sum
from hub.journey.timeline import Moment, StageDecision
from hub.money import text as money
from hub.values import Direction, Stage

_NOTHING: Mapping[str, Any] = {}
_RANK = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(slots=True)
class _Met:
    """What met a condition; ``until``: when that is over, None: never by time alone."""

    facts: dict[str, Any]
    ids: tuple[str, ...]
    until: datetime | None


@dataclass(slots=True)
class _Held:
    """A rule that holds, or a decision."""

    stage: Stage
    because: Because
    until: datetime | None


class Stages:
    """Fed instant by instant, in order; between them ``lapse`` lets end what only lasts for a time.

    A touchpoint or answer rule that held once holds for ever, unless it says how long; a purchase rule holds while its
    purchases stand. While a decision lasts, the stage is what it says.
    """

    __slots__ = (
        "_answers", "_asked", "_conversion", "_decision", "_done", "_held", "_met", "_moved", "_recent",
        "_rules", "_runs", "_spending", "_sums", "because", "due", "purchases", "stage",
    )  # fmt: skip

    def __init__(self, rules: Rules, conversion: Conversion | None = None) -> None:
        self._rules = rules
        self._conversion = conversion
        # Most customers have none of these, and empty dicts of their own take room.
        self._recent: Mapping[str, list[Moment]] = _NOTHING
        self._sums: Mapping[str, Sum] = _NOTHING
        self._spending: Mapping[str, Spending] = _NOTHING
        self._met: Mapping[str, dict[int, _Met]] = _NOTHING
        self._asked: dict[str, Moment] = {}
        self._answers = rules.answer
        self._runs: dict[str, list[Purchase]] = {}
        self._done: tuple[str, ...] = ()
        self._held: dict[str, _Held] = {}
        self._decision: _Held | None = None
        self._moved = False
        """Whether the instant taken last met a condition, missed one, or was the end of something."""
        self.purchases = Purchases(rules.basis)
        self.stage: Stage | None = None
        self.because: Because | None = None
        self.due: datetime | None = None
        """When the next thing that only lasts for a time ends."""

    def __copy__(self) -> Stages:
        """One that time may pass for, while this one stays what it is; it takes no moments."""
        other = object.__new__(Stages)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        other._held = dict(self._held)
        other._met = {rule: dict(met) for rule, met in self._met.items()}
        return other

    def take(self, instant: Sequence[Moment]) -> Because | None:
        """Add the moments of one time; the reason when ``stage`` changed, else None."""
        self._moved = self.due is not None and self.due <= instant[0].at
        ended = self._end(instant[0].at) if self._moved else []
        decided: Moment | None = None
        for moment in instant:
            if moment.decision is not None:
                decided = moment
            for clause in self._rules.for_kind(moment.kind):
                if clause.key not in self._done and _matches(clause.condition, moment):
                    self._match(clause, moment)
        if self._answers:
            self._look_for_answers(instant)
        came, fell = self.purchases.take(instant)
        if came or fell or self.purchases.touched:
            for purchase_clause in self._rules.purchase:
                self._count(purchase_clause, came, fell, instant[0].at)
        if decided is not None:
            decided = self._decided(decided, decided.decision)
        if not self._moved and decided is None:
            return None
        self._find_due()
        return self._decide(instant, fell, ended, decided)

    def lapse(self, at: datetime) -> Because | None:
        """Let end what lasts until ``at``; the reason when ``stage`` changed."""
        if self.due is None or self.due > at:
            return None
        before, ended = self.stage, self._end(at)
        self._find_due()
        self._choose()
        return None if self.stage is before or not ended else self._over(ended)

    # Touchpoints and answers --------------------------------------------------------------------------------------

    def _match(self, clause: Clause[TouchpointCondition], moment: Moment) -> None:
        condition = clause.condition
        facts: dict[str, Any] = {"kind": moment.kind, "channel": moment.channel.value, "count": condition.at_least}
        found: Iterable[Moment] = (moment,)
        if condition.sum_at_least is not None:
            summed = self._sums.get(clause.key)
            if summed is None:
                summed = Sum(condition)
                self._sums = {**self._sums, clause.key: summed}
            if not summed.add(moment):
                return
            facts |= {"count": summed.count, "sum": f"{summed.total:f}", "unit": condition.unit}
            found = summed.cited()
        elif condition.at_least > 1:
            # Not a deque: each takes 700 bytes.
            if clause.key not in self._recent:
                self._recent = {**self._recent, clause.key: []}
            recent = self._recent[clause.key]
            recent.append(moment)
            del recent[: -condition.at_least]
            if len(recent) < condition.at_least or (condition.within and moment.at - recent[0].at > condition.within):
                return
            found = recent
        if condition.within_days:
            facts["days"] = condition.within_days
        if condition.score_at_least is not None:
            facts |= {"score": f"{moment.score:f}", "unit": condition.unit}
        self._meet(clause, facts, (each.id for each in found), moment.at)

    def _look_for_answers(self, instant: Sequence[Moment]) -> None:
        for direction in (Direction.INBOUND, Direction.OUTBOUND):
            for moment in instant:
                if moment.thread is not None and moment.direction is direction and not moment.automated:
                    self._asked_or_answered(moment, moment.thread)

    def _asked_or_answered(self, moment: Moment, thread: str) -> None:
        if moment.direction is Direction.INBOUND:
            if any(moment.kind in clause.condition.kinds for clause in self._answers):
                self._asked[thread] = moment
        elif asked := self._asked.get(thread):
            for clause in self._answers:
                if asked.kind in clause.condition.kinds:
                    self._meet(clause, {"kind": asked.kind}, (asked.id, moment.id), moment.at)
            self._answers = tuple(clause for clause in self._answers if clause.key not in self._done)

    # Purchases ----------------------------------------------------------------------------------------------------

    def _count(
        self, clause: Clause[PurchaseCondition], came: list[Purchase], fell: list[Purchase], now: datetime
    ) -> None:
        condition = clause.condition
        if condition.spent_at_least is not None or condition.lasts is not None:
            self._weigh(clause, came, fell, now)
            return
        run = self._runs.get(clause.key)
        if not (came or fell) or (run is not None and all(purchase.standing for purchase in run)):
            return
        # Only what came can complete a first run; after a fall, no run before the one that broke can be new.
        start = len(self.purchases.standing) - len(came) if run is None else self.purchases.index(run[0])
        found = self.purchases.run(condition.at_least, condition.within, start - condition.at_least + 1)
        if found is None:
            self._runs.pop(clause.key, None)
            self._miss(clause)
            return
        self._runs[clause.key] = found
        facts: dict[str, Any] = {"kind": self.purchases.purchase_kind, "documents": condition.at_least}
        if condition.within_days:
            facts["days"] = condition.within_days
        self._meet(clause, facts, (purchase.touchpoint for purchase in found), found[-1].at)

    def _weigh(
        self, clause: Clause[PurchaseCondition], came: list[Purchase], fell: list[Purchase], now: datetime
    ) -> None:
        condition = clause.condition
        spending = self._spending.get(clause.key)
        if spending is None:
            spending = Spending(condition, self._rules.currency, self._conversion)
            self._spending = {**self._spending, clause.key: spending}
        before = spending.run
        spending.take(self.purchases.standing, came, fell, self.purchases.touched)
        run = spending.run
        if run is before:
            return
        found = list(run or ())
        if not found or (condition.lasts is not None and found[-1].at + condition.lasts <= now):
            self._miss(clause)
            return
        facts: dict[str, Any] = {"kind": self.purchases.purchase_kind, "documents": len(found)}
        if condition.within_days:
            facts["days"] = condition.within_days
        if condition.spent_at_least is not None:
            currency = condition.currency or self._rules.currency
            facts |= {"spent": money(spending.spent, currency), "currency": currency}
        self._meet(clause, facts, (purchase.touchpoint for purchase in found[-CITED:]), found[-1].at)

    # What holds ---------------------------------------------------------------------------------------------------

    def _meet(self, clause: Clause[Any], facts: dict[str, Any], ids: Iterable[str], at: datetime) -> None:
        """A condition is met; its rule holds when all of its conditions are."""
        self._moved = True
        lasts = clause.condition.lasts
        until = None if lasts is None else at + lasts
        rule = clause.rule
        if clause.place is None:
            self._held[rule.rule] = _Held(rule.stage, self._say(clause, facts, tuple(ids)), until)
        else:
            if rule.rule not in self._met:
                self._met = {**self._met, rule.rule: {}}
            met = self._met[rule.rule]
            numbered = {f"{name}_{clause.place}": fact for name, fact in facts.items()}
            met[clause.place] = _Met(numbered, tuple(ids), until)
            self._hold_all(clause, met)
        if lasts is None and not isinstance(clause.condition, PurchaseCondition):
            self._done += (clause.key,)

    def _hold_all(self, clause: Clause[Any], met: dict[int, _Met]) -> None:
        rule = clause.rule
        if len(met) < clause.of:
            return
        facts: dict[str, Any] = {}
        for place in sorted(met):
            facts |= met[place].facts
        ids = dict.fromkeys(id_ for place in sorted(met) for id_ in met[place].ids)
        ends = [each.until for each in met.values() if each.until is not None]
        self._held[rule.rule] = _Held(rule.stage, self._say(clause, facts, tuple(ids)), min(ends, default=None))

    def _say(self, clause: Clause[Any], facts: dict[str, Any], ids: tuple[str, ...]) -> Because:
        return Because(clause.rule.rule, self._rules.name, clause.rule.say(facts), facts, ids)

    def _miss(self, clause: Clause[Any]) -> None:
        """A condition is not met any more."""
        self._moved = True
        self._held.pop(clause.rule.rule, None)
        if clause.place is not None:
            self._met.get(clause.rule.rule, {}).pop(clause.place, None)

    def _end(self, at: datetime) -> list[_Held]:
        """Whatever lasted until ``at`` at most holds no more."""
        for met in self._met.values():
            for place in [place for place, each in met.items() if each.until is not None and each.until <= at]:
                del met[place]
        over = [rule for rule, each in self._held.items() if each.until is not None and each.until <= at]
        ended = [self._held.pop(rule) for rule in over]
        if self._decision is not None and self._decision.until is not None and self._decision.until <= at:
            ended.append(self._decision)
            self._decision = None
        return ended

    def _find_due(self) -> None:
        ends = [each.until for each in self._held.values() if each.until is not None]
        ends += [each.until for met in self._met.values() for each in met.values() if each.until is not None]
        if self._decision is not None and self._decision.until is not None:
            ends.append(self._decision.until)
        self.due = min(ends, default=None)

    # What it comes to ---------------------------------------------------------------------------------------------

    def _decided(self, last: Moment, said: StageDecision | None) -> Moment | None:
        """Take over what a person decided last; the moment of it, unless it says nothing new."""
        if said is None:
            return None
        if said.stage is None or (said.until is not None and said.until <= last.at):
            if self._decision is None:
                return None
            self._decision = None
            return last
        facts = {"by": said.by, "reason": said.reason, "until": written(said.until) if said.until else None}
        because = Because("decided", self._rules.name, f"Decided by {said.by}.", facts, (last.id,))
        self._decision = _Held(said.stage, because, said.until)
        return last

    def _choose(self) -> None:
        # The first of equals: the rule that held first.
        chosen = self._decision or max(self._held.values(), key=lambda held: _RANK[held.stage], default=None)
        self.stage, self.because = (None, None) if chosen is None else (chosen.stage, chosen.because)

    def _decide(
        self, instant: Sequence[Moment], fell: list[Purchase], ended: list[_Held], decided: Moment | None
    ) -> Because | None:
        before = self.stage
        self._choose()
        if self.stage is before:
            return None
        if decided is not None and self._decision is None:
            return self._decision_ended((decided.id,))
        rises = before is None or (self.stage is not None and _RANK[self.stage] > _RANK[before])
        if self._decision is not None or (rises and not any(each.because.rule == "decided" for each in ended)):
            return self.because
        return self._over(ended) if ended else self._credited(instant, fell)

    def _over(self, ended: Sequence[_Held]) -> Because:
        """Why the stage is another one now that something has ended by time."""
        last = max(ended, key=lambda held: (held.because.rule == "decided", _RANK[held.stage]))
        if last.because.rule == "decided":
            return self._decision_ended(last.because.touchpoints)
        facts = {"rule": last.because.rule, "holds": self.because.rule if self.because else None}
        text = f"No longer: {last.because.text}"
        return Because("expired", self._rules.name, text, facts, last.because.touchpoints)

    def _decision_ended(self, ids: tuple[str, ...]) -> Because:
        facts = {"holds": self.because.rule if self.because else None}
        return Because("decision_ended", self._rules.name, "What was decided about the stage has ended.", facts, ids)

    def _credited(self, instant: Sequence[Moment], fell: list[Purchase]) -> Because:
        left = len(self.purchases.standing)
        facts = {"documents": left, "credited": len(fell), "holds": self.because.rule if self.because else None}
        credits_ = [moment.id for moment in instant if moment.kind in self.purchases.kinds and moment.counted]
        fallen = fell or list(self.purchases.touched)
        ids = dict.fromkeys([*credits_, *(purchase.touchpoint for purchase in fallen)])
        text = f"{'Fully' if fell else 'Partly'} credited; purchases that stand: {left}."
        return Because("credited", self._rules.name, text, facts, tuple(ids))


def _matches(condition: TouchpointCondition, moment: Moment) -> bool:
    if moment.automated and not condition.automated:
        return False
    if condition.directions and moment.direction not in condition.directions:
        return False
    if condition.channels and moment.channel not in condition.channels:
        return False
    if condition.deal_open is not None and moment.deal_open is not condition.deal_open:
        return False
    if condition.unit is None:
        return True
    if moment.unit != condition.unit or moment.score is None:
        return False
    return condition.score_at_least is None or moment.score >= condition.score_at_least

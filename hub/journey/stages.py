"""How far the relationship has come: which stage rules hold after each instant."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from hub.journey.purchases import Purchase, Purchases
from hub.journey.reasons import Because
from hub.journey.rules import AnswerRule, PurchaseRule, Rules, TouchpointRule
from hub.journey.timeline import Moment
from hub.values import Direction, Stage

_RANK = {stage: rank for rank, stage in enumerate(Stage)}


class Stages:
    """Fed instant by instant, in order.

    A touchpoint or answer rule that held once holds for ever; a purchase rule holds while its purchases stand, which
    is the only way a stage goes down.
    """

    __slots__ = (
        "_answers", "_asked", "_for_kind", "_held", "_recent", "_rules", "_runs", "because", "purchases", "stage",
    )  # fmt: skip

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._for_kind: dict[str, tuple[TouchpointRule, ...]] = {}
        self._recent: dict[str, deque[Moment]] = {}
        self._asked: dict[str, Moment] = {}
        self._answers = list(rules.answer)
        self._runs: dict[str, list[Purchase]] = {}
        self._held: dict[str, tuple[Stage, Because]] = {}
        self.purchases = Purchases(rules.basis)
        self.stage: Stage | None = None
        self.because: Because | None = None

    def take(self, instant: Sequence[Moment]) -> Because | None:
        """Add the moments of one time; the reason when ``stage`` changed, else None."""
        held = len(self._held)
        for moment in instant:
            for rule in self._open_rules(moment.kind):
                self._try(rule, moment)
        if self._answers:
            self._look_for_answers(instant)
        came, fell = self.purchases.take(instant)
        if not came and not fell and len(self._held) == held:
            return None
        if came or fell:
            for purchase_rule in self._rules.purchase:
                self._count(purchase_rule, came, fell)
        return self._decide(instant, fell)

    def _open_rules(self, kind: str) -> tuple[TouchpointRule, ...]:
        rules = self._for_kind.get(kind)
        if rules is None:
            rules = tuple(rule for rule in self._rules.for_kind(kind) if rule.rule not in self._held)
            self._for_kind[kind] = rules
        return rules

    def _try(self, rule: TouchpointRule, moment: Moment) -> None:
        if rule.rule in self._held or not _matches(rule, moment):
            return
        recent = self._recent.setdefault(rule.rule, deque(maxlen=rule.at_least))
        recent.append(moment)
        if len(recent) < rule.at_least or (rule.within and moment.at - recent[0].at > rule.within):
            return
        facts: dict[str, Any] = {"kind": moment.kind, "channel": moment.channel.value, "count": rule.at_least}
        if rule.within_days:
            facts["days"] = rule.within_days
        if rule.unit:
            facts |= {"score": f"{moment.score:f}", "unit": rule.unit}
        self._hold(rule, facts, (found.id for found in recent))
        self._for_kind.clear()

    def _look_for_answers(self, instant: Sequence[Moment]) -> None:
        for direction in (Direction.INBOUND, Direction.OUTBOUND):
            for moment in instant:
                if moment.thread is not None and moment.direction is direction and not moment.automated:
                    self._asked_or_answered(moment, moment.thread)

    def _asked_or_answered(self, moment: Moment, thread: str) -> None:
        if moment.direction is Direction.INBOUND:
            if any(moment.kind in rule.kinds for rule in self._answers):
                self._asked[thread] = moment
        elif asked := self._asked.get(thread):
            for rule in [rule for rule in self._answers if asked.kind in rule.kinds]:
                self._hold(rule, {"kind": asked.kind}, (asked.id, moment.id))
                self._answers.remove(rule)

    def _count(self, rule: PurchaseRule, came: list[Purchase], fell: list[Purchase]) -> None:
        run = self._runs.get(rule.rule)
        if run is not None and all(purchase.standing for purchase in run):
            return
        # Only what came can complete a first run; after a fall, no run before the one that broke can be new.
        start = len(self.purchases.standing) - len(came) if run is None else self.purchases.index(run[0])
        found = self.purchases.run(rule.at_least, rule.within, start - rule.at_least + 1)
        if found is None:
            self._runs.pop(rule.rule, None)
            self._held.pop(rule.rule, None)
            return
        self._runs[rule.rule] = found
        facts: dict[str, Any] = {"kind": self.purchases.purchase_kind, "documents": rule.at_least}
        if rule.within_days:
            facts["days"] = rule.within_days
        self._hold(rule, facts, (purchase.touchpoint for purchase in found))

    def _hold(
        self, rule: TouchpointRule | AnswerRule | PurchaseRule, facts: dict[str, Any], ids: Iterable[str]
    ) -> None:
        because = Because(rule.rule, self._rules.name, rule.say(facts), facts, tuple(ids))
        self._held[rule.rule] = (rule.stage, because)

    def _decide(self, instant: Sequence[Moment], fell: list[Purchase]) -> Because | None:
        before = self.stage
        self.stage, self.because = max(
            self._held.values(), key=lambda held: _RANK[held[0]], default=(None, None)
        )  # the first of equals: the rule that held first
        if self.stage is before:
            return None
        if before is None or (self.stage is not None and _RANK[self.stage] > _RANK[before]):
            return self.because
        return self._credited(instant, fell)

    def _credited(self, instant: Sequence[Moment], fell: list[Purchase]) -> Because:
        left = len(self.purchases.standing)
        facts = {"documents": left, "credited": len(fell), "holds": self.because.rule if self.because else None}
        credits_ = [moment.id for moment in instant if moment.kind in self.purchases.kinds and moment.counted]
        ids = dict.fromkeys([*credits_, *(purchase.touchpoint for purchase in fell)])
        text = f"Fully credited; purchases that stand: {left}."
        return Because("credited", self._rules.name, text, facts, tuple(ids))


def _matches(rule: TouchpointRule, moment: Moment) -> bool:
    if moment.automated and not rule.automated:
        return False
    if rule.directions and moment.direction not in rule.directions:
        return False
    if rule.channels and moment.channel not in rule.channels:
        return False
    if rule.deal_open is not None and moment.deal_open is not rule.deal_open:
        return False
    if rule.score_at_least is None:
        return True
    return moment.unit == rule.unit and moment.score is not None and moment.score >= rule.score_at_least

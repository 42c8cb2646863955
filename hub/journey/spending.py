"""Touchpoints and purchases in a span of time that come to a sum."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from itertools import islice

from hub.journey.conditions import PurchaseCondition, TouchpointCondition
from hub.journey.purchases import Purchase
from hub.journey.rates import Conversion
from hub.journey.timeline import Moment
from hub.money import digits

CITED = 20
"""Touchpoints that a reason names at most, the last ones."""


class Sum:
    """Matching touchpoints within the condition's span, told in order of time, and the sum of their quantities."""

    __slots__ = ("_condition", "_recent", "total")

    def __init__(self, condition: TouchpointCondition) -> None:
        self._condition = condition
        self._recent: deque[Moment] = deque()
        self.total = Decimal(0)

    def add(self, moment: Moment) -> bool:
        """Take one more; whether they come to enough now."""
        within, recent = self._condition.within, self._recent
        recent.append(moment)
        self.total += moment.score or 0
        while within is not None and moment.at - recent[0].at > within:
            self.total -= recent.popleft().score or 0
        least = self._condition.sum_at_least
        return len(recent) >= self._condition.at_least and least is not None and self.total >= least

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._recent)

    def cited(self) -> list[Moment]:
        """The last of them."""
        return list(islice(self._recent, max(0, len(self._recent) - CITED), None))


class Spending:
    """What is left of standing purchases within the condition's span. ``run``: those that met it.

    Where the condition names a currency, purchases in that one count. Else all do that there is a ``conversion`` for,
    each by the rate of its day.
    The first such run stands until one of them is credited so far that it is none; a condition that only lasts for a
    time has the last one.
    """

    __slots__ = ("_condition", "_conversion", "_currency", "_least", "_tail", "_total", "_worth", "run")

    def __init__(self, condition: PurchaseCondition, currency: str, conversion: Conversion | None) -> None:
        self._condition = condition
        self._conversion = conversion if condition.currency is None else None
        self._currency = condition.currency or currency
        least = (condition.spent_at_least or Decimal(0)).scaleb(digits(self._currency))
        self._least = int(least.to_integral_value(ROUND_CEILING))
        self._empty()

    def _empty(self) -> None:
        self._tail: deque[Purchase] = deque()
        self._worth: dict[Purchase, int] = {}
        self._total = 0
        self.run: dict[Purchase, int] | None = None

    @property
    def spent(self) -> int:
        """What is left of the run, minor units."""
        return sum((self.run or {}).values())

    def take(
        self, standing: Sequence[Purchase], came: Sequence[Purchase], fell: Sequence[Purchase],
        touched: Iterable[Purchase],
    ) -> None:  # fmt: skip
        """Purchases that came to stand, fell, or are worth something else now; ``standing``: all that stand."""
        if self.run is not None and self._condition.lasts is None and not fell and not self._spoilt(touched, came):
            return
        if fell or not all(self._reweighed(each) for each in touched if each not in came):
            self._empty()
            came = standing
        for purchase in came:
            self._add(purchase)

    def _weight(self, purchase: Purchase) -> int:
        if purchase.currency == self._currency:
            return purchase.left
        if self._conversion is None or purchase.currency is None:
            return 0
        on = purchase.day(self._conversion.zone)
        return self._conversion.exchange(purchase.currency).convert(purchase.left, on) or 0

    def _spoilt(self, touched: Iterable[Purchase], came: Sequence[Purchase]) -> bool:
        run = self.run or {}
        return any(each in run and each not in came and self._weight(each) < run[each] for each in touched)

    def _reweighed(self, purchase: Purchase) -> bool:
        """Whether a purchase that is worth something else now was put right without looking at the others."""
        if not purchase.standing:
            return True
        weight = self._weight(purchase)
        if purchase not in self._worth or weight < (self.run or {}).get(purchase, weight):
            return False
        self._total += weight - self._worth[purchase]
        self._worth[purchase] = weight
        self._look()
        return True

    def _add(self, purchase: Purchase) -> None:
        within, tail = self._condition.within, self._tail
        tail.append(purchase)
        self._worth[purchase] = self._weight(purchase)
        self._total += self._worth[purchase]
        while within is not None and purchase.at - tail[0].at > within:
            self._total -= self._worth.pop(tail.popleft())
        self._look()

    def _look(self) -> None:
        if self.run is not None and self._condition.lasts is None:
            return
        if len(self._tail) < self._condition.at_least or self._total < self._least:
            return
        run: dict[Purchase, int] = {}
        total = 0
        for purchase in reversed(self._tail):
            run[purchase] = self._worth[purchase]
            total += run[purchase]
            if len(run) >= self._condition.at_least and total >= self._least:
                break
        self.run = dict(reversed(run.items()))

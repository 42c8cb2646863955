"""What a customer is worth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import strawberry

from hub.analysis.value import FIRST_DAY, Asked, Figures, Lack
from hub.api.context import Info
from hub.api.graph import described, field, object_type
from hub.api.scalars import Currency, Date, DateTime
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.predictions import Prediction, prediction_of


@object_type
class MissingRate:
    """An exchange rate that is not there: amounts of its currency are left out from that day on."""

    base: Currency = described("The currency that could not be converted.")
    quote: Currency = described("The currency it was to be converted into.")
    on: Date = described("The first day that has no rate, and none in the 31 days before it.")


@object_type
class Value:
    """Value metrics in one currency: each amount by the rate of its day, what is owed by the rate of today."""

    asked: strawberry.Private[Asked]
    figures: strawberry.Private[Figures]
    customer: strawberry.Private[str]

    @field
    async def predicted(self, info: Info) -> Prediction | None:
        """What may be expected of them; null when they were not scored since they became a customer, and in any other
        currency than the hub's.
        """
        in_hub = self.asked.currency == self.asked.company.currency
        return await prediction_of(info, self.customer) if in_hub else None

    @field
    def revenue(self) -> Money:
        """What was earned, on the hub's revenue basis."""
        return self._money(self.figures.revenue)

    @field
    def outstanding(self) -> Money:
        """What is still to be paid."""
        return self._money(self.figures.outstanding)

    @field
    async def overdue(self, info: Info) -> Money:
        """What of it was to be paid before today."""
        found = await info.context.load.overdue.load(self.asked)
        return self._money(found.amount if found else 0)

    @field
    async def overdue_since(self, info: Info) -> Date | None:
        """The first day on which something was due that is not paid yet; null when nothing is overdue."""
        found = await info.context.load.overdue.load(self.asked)
        return _date(found.since) if found else None

    @field
    def orders(self) -> int:
        """Purchases that were not fully credited: the frequency."""
        return self.figures.orders

    @field
    def average_order(self) -> Money | None:
        """Revenue for each order, of the currencies that could be converted; null without orders."""
        return self._known(self.figures.average_order)

    @field
    def invoiced(self) -> Money:
        """The sum of bills."""
        return self._money(self.figures.invoiced)

    @field
    def credited(self) -> Money:
        """The sum of credit notes."""
        return self._money(self.figures.credited)

    @field
    def paid(self) -> Money:
        """The sum of payments."""
        return self._money(self.figures.paid)

    @field
    def refunded(self) -> Money:
        """The sum of refunds."""
        return self._money(self.figures.refunded)

    @field
    def reversed(self) -> Money:
        """The sum of payments that were taken back: bounced, charged back."""
        return self._money(self.figures.reversals)

    @field
    def days_to_pay(self) -> float | None:
        """Mean days from a bill to the last payment of it, over the bills paid in full; null when none was."""
        found = self.figures
        return found.days_to_pay / found.settled if found.settled else None

    @field
    def days_late(self) -> float | None:
        """Mean days from the due date to that payment, below zero when paid before; null when none had one."""
        found = self.figures
        return found.days_late / found.settled_due if found.settled_due else None

    @field
    def first_purchase_at(self) -> DateTime | None:
        """When they first bought."""
        at = self.figures.first_purchase_at
        return None if at is None else DateTime(at)

    @field
    def last_purchase_at(self) -> DateTime | None:
        """When they last bought."""
        at = self.figures.last_purchase_at
        return None if at is None else DateTime(at)

    @field
    async def recency_days(self, info: Info) -> int | None:
        """Days since they last bought; null when they never did."""
        found = await info.context.load.buying.load(self.asked)
        return found.recency_days if found else None

    @field
    async def purchase_days(self, info: Info) -> int:
        """On how many days they bought."""
        found = await info.context.load.buying.load(self.asked)
        return found.purchase_days if found else 0

    @field
    async def monetary(self, info: Info) -> Money | None:
        """What a purchase was worth on average, after the credits that name it; null where no amount is known."""
        found = await info.context.load.buying.load(self.asked)
        return self._known(found.monetary if found else None)

    @field
    async def cost_to_serve(self, info: Info) -> Money | None:
        """What their touchpoints cost; null when no cost is known."""
        found = await info.context.load.cost_to_serve.load(self.asked)
        return self._known(found.amount if found else None)

    @field
    def not_converted(self) -> list[Money]:
        """Revenue in other currencies, for which there is no exchange rate."""
        return [amounts.sure(amount, currency) for amount, currency in self.figures.not_converted]

    @field
    def missing_rates(self) -> list[MissingRate]:
        """The exchange rates that would be needed to convert everything."""
        return missing(self.figures.lacking, self.asked.currency)

    def _money(self, amount: int) -> Money:
        return amounts.sure(amount, self.asked.currency)

    def _known(self, amount: int | None) -> Money | None:
        return amounts.shown(amount, self.asked.currency)


def missing(lacking: Sequence[Lack], quote: str) -> list[MissingRate]:
    """What lacks a rate."""
    return [MissingRate(base=Currency(base), quote=Currency(quote), on=_sure(on)) for base, on in lacking]


def _date(on: int | None) -> Date | None:
    return None if on is None else _sure(on)


def _sure(on: int) -> Date:
    return Date(date.fromordinal(on + FIRST_DAY).isoformat())

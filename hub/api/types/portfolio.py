"""The portfolio as clients see it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.api.context import Info
from hub.api.graph import argument, described, field, object_type
from hub.api.scalars import Currency, Date
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.enums import shown
from hub.api.types.reference import Product
from hub.clock import moment
from hub.errors import InputWrong
from hub.journey.choices import ChurnBasis, CohortPeriod
from hub.journey.cut_offs import CUT_OFFS
from hub.values import Stage, Standing

if TYPE_CHECKING:
    from hub.analysis.portfolio import Portfolio as Held
    from hub.analysis.portfolio import Sold
    from hub.journey.churn import Survival as Curve
else:
    Held = Sold = object  # strawberry looks these names up, and a start should not pay for numpy

shown(
    ChurnBasis,
    "What makes a customer lost.",
    PURCHASES="Bought in one period and not in the next.",
    STANDING="Became LAPSED; of those who were alive when the period began.",
)

MOST_PERIODS = 120
MOST_PRODUCTS = 500
_NORMAL = Decimal("1.959963984540054")
"""Standard errors on each side of a 95 % interval."""

CutOffs = Annotated[
    list[float] | None,
    argument("Where class A ends, and class B, as shares of revenue; 0.8 and 0.95 unless asked."),
]


@object_type
class PortfolioPlace:
    """Customers in one stage and standing."""

    stage: Stage | None = described("The stage; null for those who have none.")
    standing: Standing | None = described("The standing; null for those who have none.")
    customers: int = described("How many they are.")
    buyers: int = described("How many of them bought.")
    purchases: int = described("How often.")
    revenue: Money = described("For how much.")


@object_type
class PortfolioClass:
    """Customers of one ABC class."""

    abc_class: str = described("A, B or C.")
    customers: int = described("How many they are.")
    revenue: Money = described("What they bought for.")
    share: float = described("Their share of all revenue, 0 to 1.")


@object_type
class RfmCell:
    """Customers with one score of recency and one of frequency."""

    recency: int = described("1 to 5; 5 is the fifth who bought last.")
    frequency: int = described("1 to 5; 5 is the fifth who bought most often.")
    customers: int = described("How many they are.")
    revenue: Money = described("What they bought for.")


@object_type
class SoldProduct:
    """What was sold of one product."""

    row: strawberry.Private[Sold]
    lines: int = described("On how many lines.")
    revenue: Money = described("Its part of the purchases that stand.")
    share: float = described("Its share of the revenue of all lines, 0 to 1.")
    abc_class: str = described("A, B or C.")

    @field
    async def product(self, info: Info) -> Product | None:
        """The product; null for lines that name none."""
        return await reference.product_of(info, self.row.product)


@object_type
class ChurnPeriod:
    """Who was lost in one period."""

    starts_on: Date = described("The first day of the period.")
    customers: int = described("Who could be lost: who bought in it, or was alive at its start.")
    lost: int = described("Who was.")
    rate: float | None = described("The part that was lost, 0 to 1; null where nobody could be.")


@object_type
class ChurnTrend:
    """How many customers are lost, period by period."""

    periods: list[ChurnPeriod] = described("The oldest first.")
    trend: float | None = described(
        "By how much the rate changes from one period to the next, by a straight line through them; null for fewer"
        " than three."
    )


@object_type
class SurvivalPoint:
    """What a survival curve falls to."""

    days: int = described("Days since the first purchase.")
    at_risk: int = described("Customers who were there until then.")
    lapsed: int = described("Who lapsed on that day.")
    survival: float = described("The part that stays longer, 0 to 1.")
    low: float = described("The lower end of its 95 % interval.")
    high: float = described("The upper end.")


@object_type
class Survival:
    """How long customers stay, from the first purchase until they lapse (Kaplan-Meier)."""

    points: list[SurvivalPoint] = described("One for each day on which somebody lapsed, ascending.")
    median_days: int | None = described("When half have lapsed; null while more than half stay.")


@object_type
class Portfolio:
    """What the customers of a hub come to together; docs/portfolio.md has the formulas."""

    held: strawberry.Private[Held]
    currency: Currency = described("The reporting currency, in which all amounts are.")

    @field
    async def buyers(self) -> int:
        """Customers with a purchase that stands."""
        return (await self.held.totals())[0]

    @field
    async def purchases(self) -> int:
        """Purchases that stand and have a rate."""
        return (await self.held.totals())[1]

    @field
    async def revenue(self) -> Money:
        """What these come to."""
        return amounts.sure((await self.held.totals())[2], self.currency)

    @field
    async def not_converted(self) -> list[Money]:
        """What was bought in currencies without a rate, and is in no figure of this portfolio."""
        return [amounts.sure(minor, currency) for currency, minor in await self.held.unconverted()]

    @field
    async def cost_to_serve(self) -> list[Money]:
        """What touchpoints cost, by currency; empty where no cost is known."""
        return [amounts.sure(minor, currency) for currency, minor in await self.held.costs()]

    @field
    async def places(self) -> list[PortfolioPlace]:
        """Customers by stage and standing, as they are today."""
        return [
            PortfolioPlace(
                stage=Stage(each.stage) if each.stage else None,
                standing=Standing(each.standing) if each.standing else None,
                customers=each.customers,
                buyers=each.buyers,
                purchases=each.purchases,
                revenue=amounts.sure(each.revenue, self.currency),
            )
            for each in await self.held.places()
        ]

    @field
    async def classes(self, cut_offs: CutOffs = None) -> list[PortfolioClass]:
        """ABC classes of customers by revenue. Who crosses a cut-off is in the class below."""
        return [
            PortfolioClass(
                abc_class=each.abc_class,
                customers=each.members,
                revenue=amounts.sure(each.revenue, self.currency),
                share=each.share,
            )
            for each in await self.held.classes(_cut_offs(cut_offs))
        ]

    @field
    async def concentration(
        self, top: Annotated[float, argument("The largest part of the buyers, rounded up to whole customers.")] = 0.2
    ) -> float:
        """The share of revenue that the largest customers have, 0 to 1."""
        if not 0 < top <= 1:
            raise InputWrong("top is a part of the buyers, above 0 and at most 1.", path="top")
        return await self.held.concentration(Decimal(str(top)))

    @field
    async def rfm(self) -> list[RfmCell]:
        """The 25 cells of recency and frequency, the best first."""
        return [
            RfmCell(
                recency=each.recency,
                frequency=each.frequency,
                customers=each.customers,
                revenue=amounts.sure(each.revenue, self.currency),
            )
            for each in await self.held.rfm()
        ]

    @field
    async def products(
        self, first: Annotated[int, argument("At most so many.")] = 100, cut_offs: CutOffs = None
    ) -> list[SoldProduct]:
        """Products by revenue, with their ABC classes."""
        if not 0 <= first <= MOST_PRODUCTS:
            raise InputWrong(f"Ask for 0 to {MOST_PRODUCTS} products.", path="first")
        return [
            SoldProduct(
                row=each,
                lines=each.lines,
                revenue=amounts.sure(each.revenue, self.currency),
                share=each.share,
                abc_class=each.abc_class,
            )
            for each in (await self.held.products(_cut_offs(cut_offs)))[:first]
        ]

    @field
    async def churn(
        self,
        info: Info,
        by: Annotated[ChurnBasis, argument("What makes a customer lost.")] = ChurnBasis.PURCHASES,
        period: Annotated[CohortPeriod, argument("How long the periods are.")] = CohortPeriod.MONTH,
        periods: Annotated[int, argument("Of the last so many periods.")] = 12,
    ) -> ChurnTrend:
        """Who was lost, in periods that have ended, whatever span the portfolio is of."""
        if not 1 <= periods <= MOST_PERIODS:
            raise InputWrong(f"Ask for 1 to {MOST_PERIODS} periods.", path="periods")
        found = await self.held.churn(info.context.hub.company, moment(info.context.now()), by, period, periods)
        return ChurnTrend(
            periods=[
                ChurnPeriod(starts_on=Date(on.isoformat()), customers=each.customers, lost=each.lost, rate=each.rate)
                for on, each in found.periods
            ],
            trend=found.trend,
        )

    @field
    async def survival(self, info: Info) -> Survival:
        """How long customers stay, whatever span the portfolio is of; who has not lapsed counts as long as seen."""
        return _survival(await self.held.survival(info.context.now()))


def _survival(curve: Curve) -> Survival:
    points = []
    columns = (curve.times, curve.at_risk, curve.left, curve.survival, curve.variance)
    for days, at_risk, left, share, variance in zip(*(column.tolist() for column in columns), strict=True):
        reach = float(_NORMAL) * variance**0.5
        points.append(
            SurvivalPoint(
                days=int(days),
                at_risk=at_risk,
                lapsed=left,
                survival=share,
                low=max(0.0, share - reach),
                high=min(1.0, share + reach),
            )
        )
    return Survival(points=points, median_days=None if curve.median is None else int(curve.median))


def _cut_offs(given: list[float] | None) -> tuple[Decimal, ...]:
    if given is None:
        return CUT_OFFS
    if len(given) != len(CUT_OFFS) or not 0 < given[0] < given[1] < 1:
        raise InputWrong("There are two cut-offs, ascending, between 0 and 1.", path="cutOffs")
    return tuple(Decimal(str(each)) for each in given)

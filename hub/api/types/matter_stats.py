"""Figures of matters as clients see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.analysis.matter_stats import Figures, Key, Medians, Step
from hub.analysis.matter_stats import PipelineState as StateFigures
from hub.api.context import Info
from hub.api.graph import column, described, field, input_type, object_type, optional
from hub.api.scalars import Date, DateTime, Exact
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.matter_enums import MatterDimension
from hub.api.types.matters import DAY
from hub.api.types.reference import Campaign, User
from hub.store.matter_stats import Grouping
from hub.values import MatterKind, MatterOutcome

if TYPE_CHECKING:
    from hub.api.types.customers import Customer
    from hub.api.types.sources import Source

LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]
LazySource = Annotated["Source", strawberry.lazy("hub.api.types.sources")]


@input_type
class MattersHaving:
    """Which groups of matters to keep; amounts are in the hub's currency."""

    matters_at_least: int | None = optional("With so many matters.")
    won_at_least: int | None = optional("With so many that were won.")
    overdue_at_least: int | None = optional("With so many that are overdue.")
    amount_at_least: Exact | None = optional("Worth so much.")
    won_amount_at_least: Exact | None = optional("Of which those that were won are worth so much.")
    open_amount_at_least: Exact | None = optional("Of which the open ones are worth so much.")
    outstanding_at_least: Exact | None = optional("For which so much is still owed.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of figures was asked for. ``medians`` reckons them once, when a field wants them."""

    grouping: Grouping
    currency: str
    medians: Callable[[], Awaitable[Medians]]

    def value(self, key: Key, dimension: MatterDimension, part: int = 0) -> object:
        """The part of a key that is of one dimension; None when it was not asked for."""
        place = 0 if self.grouping.calendar is None else 1
        for each in self.grouping.dimensions:
            if each == dimension.value:
                return key[place + part]
            place += 2 if each == MatterDimension.OWNER.value else 1
        return None


@object_type
class MatterStatsKey:
    """What the matters of a group have in common; null in a dimension that was asked for means unknown."""

    key: strawberry.Private[Key]
    asked: strawberry.Private[Asked]

    @field
    def period(self) -> Date | None:
        """The first day of the time in which they were opened or closed."""
        calendar = self.asked.grouping.calendar
        return None if calendar is None else Date(calendar.starts_on(self.key[0]).isoformat())

    @field
    def kind(self) -> MatterKind | None:
        """The kind."""
        kind = _text(self.asked.value(self.key, MatterDimension.KIND))
        return MatterKind(kind) if kind else None

    @field
    def pipeline(self) -> str | None:
        """The pipeline."""
        return _text(self.asked.value(self.key, MatterDimension.PIPELINE))

    @field
    def state(self) -> str | None:
        """The state they are in now."""
        return _text(self.asked.value(self.key, MatterDimension.STATE))

    @field
    def outcome(self) -> MatterOutcome | None:
        """How they ended."""
        outcome = _text(self.asked.value(self.key, MatterDimension.OUTCOME))
        return MatterOutcome(outcome) if outcome else None

    @field
    async def owner(self, info: Info) -> User | None:
        """Who looks after them."""
        return await reference.user_of(info, _number(self.asked.value(self.key, MatterDimension.OWNER)))

    @field
    async def owner_name(self, info: Info) -> str | None:
        """The name of who looks after them, also where the hub knows no such user."""
        user = await reference.user_of(info, _number(self.asked.value(self.key, MatterDimension.OWNER)))
        return user.row.name if user else _text(self.asked.value(self.key, MatterDimension.OWNER, 1))

    @field
    async def customer(self, info: Info) -> LazyCustomer | None:
        """The organisation they are for, or else the person."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, _number(self.asked.value(self.key, MatterDimension.CUSTOMER)))

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign that brought them."""
        return await reference.campaign_of(info, _number(self.asked.value(self.key, MatterDimension.CAMPAIGN)))

    @field
    async def source(self, info: Info) -> LazySource | None:
        """Where they came from."""
        from hub.api.types.sources import source_of

        number = _number(self.asked.value(self.key, MatterDimension.SOURCE))
        return None if number is None else await source_of(info, number)


@object_type
class MatterStatsRow:
    """Figures of one group of matters; docs/matters.md has the formulas. Days of nothing are null."""

    row: strawberry.Private[Figures]
    asked: strawberry.Private[Asked]
    matters: int = column("How many.")
    open: int = column("How many are open.")
    overdue: int = column("How many are open and past their due time.")
    won: int = column("How many ended WON.")
    lost: int = column("How many ended LOST.")
    win_rate: float | None = column("Won of those won or lost, 0 to 1; null when none was.")

    @field
    def key(self) -> MatterStatsKey:
        """What they have in common."""
        return MatterStatsKey(key=self.row.key, asked=self.asked)

    @field
    def amount(self) -> Money:
        """What they are worth."""
        return amounts.sure(self.row.amount, self.asked.currency)

    @field
    def won_amount(self) -> Money:
        """What those that ended WON are worth."""
        return amounts.sure(self.row.won_amount, self.asked.currency)

    @field
    def lost_amount(self) -> Money:
        """What those that ended LOST were worth."""
        return amounts.sure(self.row.lost_amount, self.asked.currency)

    @field
    def open_amount(self) -> Money:
        """What the open ones are worth."""
        return amounts.sure(self.row.open_amount, self.asked.currency)

    @field
    def outstanding(self) -> Money:
        """What of them is still to be paid."""
        return amounts.sure(self.row.outstanding, self.asked.currency)

    @field
    def mean_days_to_close(self) -> float | None:
        """Mean days from opening to the end."""
        return in_days(self.row.to_close)

    @field
    def mean_days_to_win(self) -> float | None:
        """The same of those that ended WON."""
        return in_days(self.row.to_win)

    @field
    def mean_days_to_lose(self) -> float | None:
        """The same of those that ended LOST."""
        return in_days(self.row.to_lose)

    @field
    async def median_days_to_close(self) -> float | None:
        """Median days from opening to the end."""
        return in_days((await self.asked.medians()).to_close.get(self.row.key))

    @field
    async def median_days_to_win(self) -> float | None:
        """The same of those that ended WON."""
        return in_days((await self.asked.medians()).to_win.get(self.row.key))

    @field
    async def median_days_to_lose(self) -> float | None:
        """The same of those that ended LOST."""
        return in_days((await self.asked.medians()).to_lose.get(self.row.key))

    @field
    def mean_days_to_answer(self) -> float | None:
        """Mean days from what the customer said first to our first answer, of cases and conversations."""
        return in_days(self.row.to_answer)

    @field
    def mean_days_in_state(self) -> float | None:
        """Mean days that the open ones have been in the state they are in."""
        return in_days(self.row.in_state)


@object_type
class MatterStats:
    """Figures of matters, group by group."""

    rows: list[MatterStatsRow] = described("The groups.")
    truncated: bool = described("Whether there are more groups than asked for.")
    not_converted: list[Money] = described("Amounts in currencies without a rate, which are in no figure.")
    computed_at: DateTime = described("When this was reckoned.")


@object_type
class PipelineStep:
    """How many went on from one state to another."""

    row: strawberry.Private[Step]
    state: str = column("The state they came into.")
    matters: int = column("How many ever took this step.")
    share: float = column("The part of those that were ever in the state before, 0 to 1.")

    @field
    def median_days(self) -> float | None:
        """Median days in the state before, of those that took this step."""
        return in_days(self.row.median)


@object_type
class PipelineState:
    """One state of a pipeline."""

    row: strawberry.Private[StateFigures]
    state: str = column("The state, in its source's words.")
    reached: int = column("How many were ever in it.")
    share: float = column("The part of all matters of the pipeline, 0 to 1.")
    now: int = column("How many are in it now and open.")
    won: int = column("How many of those that were ever in it ended WON.")
    lost: int = column("How many of those that were ever in it ended LOST.")

    @field
    def mean_days(self) -> float | None:
        """Mean days of a stay in it, of stays that have ended."""
        return in_days(self.row.mean)

    @field
    def median_days(self) -> float | None:
        """Median days of a stay in it, of stays that have ended."""
        return in_days(self.row.median)

    @field
    def steps(self) -> list[PipelineStep]:
        """Where they went next, the most travelled way first."""
        return [PipelineStep(row=each) for each in self.row.steps]


@object_type
class Pipeline:
    """The way of matters from state to state; docs/matters.md has the formulas."""

    name: str | None = described("Its name; null for all pipelines together.")
    total: MatterStatsRow = described("Figures of all its matters.")
    states: list[PipelineState] = described("Its states, those that come first on average before the others.")
    not_converted: list[Money] = described("Amounts in currencies without a rate, which are in no figure.")


def in_days(span: float | None) -> float | None:
    """Microseconds as days; rounded to a microsecond's part, so that both databases say the same."""
    return None if span is None else round(span / DAY, 9)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None

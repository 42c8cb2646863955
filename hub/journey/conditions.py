"""What a stage rule may wait for, as a file says it: touchpoints, an answer, purchases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator

from hub.kinds import KINDS
from hub.values import Channel, Direction


def _known(kind: str) -> str:
    # A kind of one connector carries its family, and the connector may not be installed here.
    if kind not in KINDS and "." not in kind:
        raise ValueError(f"there is no kind {kind!r}")
    return kind


Kinds = tuple[Annotated[str, AfterValidator(_known)], ...]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class Part(BaseModel):
    """Part of a file of rules: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Lasting(Part):
    lasts_days: PositiveInt | None = None

    @cached_property
    def lasts(self) -> timedelta | None:
        """How long it holds after the last touchpoint that met it; None: for ever."""
        return None if self.lasts_days is None else timedelta(days=self.lasts_days)


class _Counted(_Lasting):
    at_least: PositiveInt = 1
    within_days: PositiveInt | None = None

    @cached_property
    def within(self) -> timedelta | None:
        """The span from the first to the last of them."""
        return None if self.within_days is None else timedelta(days=self.within_days)


class TouchpointCondition(_Counted):
    """Holds from the touchpoint that makes ``at_least`` matching ones, or brings their quantities to a sum."""

    facts: ClassVar = frozenset({"kind", "channel", "count", "days", "score", "unit", "sum"})
    when: Literal["touchpoint"]
    kinds: Kinds = ()
    directions: tuple[Direction, ...] = ()
    channels: tuple[Channel, ...] = ()
    automated: bool = False
    deal_open: bool | None = None
    unit: str | None = None
    score_at_least: Decimal | None = None
    sum_at_least: Positive | None = None

    @model_validator(mode="after")
    def _score_has_unit(self) -> Self:
        if self.sum_at_least is None:
            if (self.unit is None) != (self.score_at_least is None):
                raise ValueError("unit and score_at_least come together")
        elif self.unit is None:
            raise ValueError("sum_at_least needs a unit")
        return self


class AnswerCondition(_Lasting):
    """Holds from our answer to an inbound touchpoint of the same thread."""

    facts: ClassVar = frozenset({"kind"})
    when: Literal["answer"]
    kinds: Kinds = Field(min_length=1)


class PurchaseCondition(_Counted):
    """Holds while ``at_least`` purchases stand, and what is left of them comes to ``spent_at_least``.

    That is in the reporting currency, into which all of them are converted, or of purchases in ``currency`` alone.
    """

    facts: ClassVar = frozenset({"kind", "documents", "days", "spent", "currency"})
    when: Literal["purchase"]
    spent_at_least: Positive | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")

    @model_validator(mode="after")
    def _currency_of_something(self) -> Self:
        if self.currency is not None and self.spent_at_least is None:
            raise ValueError("currency is that of spent_at_least")
        return self


Condition = TouchpointCondition | AnswerCondition | PurchaseCondition

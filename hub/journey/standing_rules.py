"""How silence is measured, as a file says it: in days, by the customer's own rhythm, or by the chance they return."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from hub.journey.conditions import Kinds, Part

_Rhythms = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
_Chance = Annotated[float, Field(gt=0, lt=1)]
_Parameter = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Between = tuple[PositiveInt, PositiveInt]


class Rhythm(Part):
    """How the usual interval between signs of life is taken; ``intervals``: at least so many are needed."""

    of: Literal["median", "mean"] = "median"
    intervals: PositiveInt = 3


class _Model(Part):
    r: _Parameter
    alpha: _Parameter
    unit_days: PositiveInt = 7
    """In how many days times were counted when it was fitted."""

    @cached_property
    def parameters(self) -> Mapping[str, float]:
        """As the predictions take them."""
        return self.model_dump(exclude={"name", "unit_days"})


class BgNbd(_Model):
    """A fitted BG/NBD model."""

    name: Literal["BG_NBD"]
    a: _Parameter
    b: _Parameter


class ParetoNbd(_Model):
    """A fitted Pareto/NBD model."""

    name: Literal["PARETO_NBD"]
    s: _Parameter
    beta: _Parameter


Model = Annotated[BgNbd | ParetoNbd, Field(discriminator="name")]


class StandingRules(Part):
    """How silence is measured. All spans are days of 24 hours."""

    at_risk_after_days: PositiveInt
    lapsed_after_days: PositiveInt
    active_again_after_days: PositiveInt = 1
    mutual_kinds: Kinds = ()
    ignored_kinds: Kinds = ()
    signs: Literal["contacts", "purchases"] = "contacts"
    at_risk_after_rhythms: _Rhythms | None = None
    lapsed_after_rhythms: _Rhythms | None = None
    rhythm: Rhythm = Rhythm()
    at_risk_below_alive: _Chance | None = None
    lapsed_below_alive: _Chance | None = None
    model: Model | None = None
    at_risk_between_days: _Between = (1, 3650)
    lapsed_between_days: _Between = (1, 3650)

    @cached_property
    def at_risk(self) -> timedelta:
        """After which silence."""
        return timedelta(days=self.at_risk_after_days)

    @cached_property
    def lapsed(self) -> timedelta:
        """After which silence."""
        return timedelta(days=self.lapsed_after_days)

    @cached_property
    def fixed(self) -> Mapping[str, tuple[timedelta, dict[str, Any]]]:
        """The silences of whoever is not measured by their own pace, and what reasons say of them."""
        return {
            "at_risk": (self.at_risk, {"days": self.at_risk_after_days}),
            "lapsed": (self.lapsed, {"days": self.lapsed_after_days}),
        }

    @cached_property
    def settling(self) -> timedelta:
        """How long after they came back a contact is no more than that."""
        return timedelta(days=self.active_again_after_days)

    @cached_property
    def own_pace(self) -> bool:
        """Whether each customer is measured by what they did themselves."""
        return self.at_risk_after_rhythms is not None or self.at_risk_below_alive is not None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_risk_after_days >= self.lapsed_after_days:
            raise ValueError("at_risk_after_days must be less than lapsed_after_days")
        bounds = "at_risk_between_days", "lapsed_between_days"
        if self.model_fields_set.issuperset(bounds) and any(
            one > other for one, other in zip(self.at_risk_between_days, self.lapsed_between_days, strict=True)
        ):
            raise ValueError("at_risk_between_days must not be beyond lapsed_between_days")
        for name in bounds:
            least, most = getattr(self, name)
            if least > most:
                raise ValueError(f"{name} holds the least days, then the most")
        return self

    @model_validator(mode="after")
    def _rhythms(self) -> Self:
        at_risk, lapsed = self.at_risk_after_rhythms, self.lapsed_after_rhythms
        if (at_risk is None) != (lapsed is None):
            raise ValueError("at_risk_after_rhythms and lapsed_after_rhythms come together")
        if at_risk is not None and lapsed is not None and at_risk >= lapsed:
            raise ValueError("at_risk_after_rhythms must be less than lapsed_after_rhythms")
        return self

    @model_validator(mode="after")
    def _alive(self) -> Self:
        at_risk, lapsed = self.at_risk_below_alive, self.lapsed_below_alive
        if not (at_risk is None) == (lapsed is None) == (self.model is None):
            raise ValueError("at_risk_below_alive, lapsed_below_alive and model come together")
        if at_risk is None or lapsed is None:
            return self
        if at_risk <= lapsed:
            raise ValueError("lapsed_below_alive must be less than at_risk_below_alive")
        if self.at_risk_after_rhythms is not None:
            raise ValueError("silence is measured by rhythms or by the chance of being alive, not by both")
        if self.signs != "purchases":
            raise ValueError('the chance of being alive is about purchases: signs must be "purchases"')
        return self

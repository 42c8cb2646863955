"""What may be expected of a customer, and how wrong the model behind it was on this hub's own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import orjson
import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import Date, DateTime
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.enums import shown
from hub.journey.clv.choices import MONTHS, PredictionModel, Predictor, Trouble
from hub.store.scores import MILLION, StoredModel, StoredScore

_EPOCH = date(1970, 1, 1)

shown(
    PredictionModel,
    "The models that can be fitted.",
    BG_NBD="Of purchases: a customer may leave for good after each of them.",
    PARETO_NBD="Of purchases: a customer may leave for good at any moment.",
    GAMMA_GAMMA="Of what a purchase is worth.",
)
shown(
    Predictor,
    "What predicts, or orders.",
    MODEL="The fitted model.",
    PAST_SPEND="All that was spent before, as much in each day to come.",
    PAST_RATE="As many purchases in each day to come as in those since the first one, of their mean value.",
)
shown(
    Trouble,
    "Why a fitted model is not to be relied on.",
    name="FitTrouble",
    FEW_CUSTOMERS="Fewer customers than a fit needs: nothing is predicted.",
    FEW_REPEATERS="Too few customers bought again: nothing is predicted.",
    FEW_DAYS="The purchases cover too few days for some to be predicted from others.",
    STALE="Nobody has bought anything for long: predictions count from the last purchase, not from today.",
    NOT_CONVERGED="The search ended without an optimum: nothing is predicted.",
    AT_BOUND="A parameter runs towards zero or without limit: the data do not show what it describes.",
    SINGULAR="Different parameters explain the data equally well.",
    UNCERTAIN="The standard error of a parameter exceeds the parameter itself.",
    NO_MEAN="What a purchase is worth has no finite mean.",
    CORRELATED="How often customers buy and what they spend each time depend on each other, against what is assumed.",
)


@object_type
class FittedParameter:
    """One parameter of a fitted model."""

    name: str = described("Its name in the papers; docs/prediction.md says what each means.")
    value: float = described("The most likely value.")
    standard_error: float | None = described("How sure that is; null where the data do not tell.")


@object_type
class FitWarning:
    """Why a fitted model is not to be relied on."""

    code: Trouble = described("What is wrong.")
    parameter: str | None = described("Of which parameter, if of one.")
    text: str = described("One sentence.")


@object_type
class HoldoutErrors:
    """Predictions against what happened then, over all customers known at the split."""

    predictor: Predictor = described("What predicted.")
    predicted: float = described("The sum of what was predicted.")
    actual: float = described("The sum of what happened.")
    bias: float | None = described("predicted / actual - 1; null when nothing happened.")
    mae: float = described("The mean absolute error of a customer.")
    rmse: float = described("The root of the mean squared error of a customer.")
    correlation: float | None = described("Pearson's correlation; null where one of the two does not vary.")
    rank_correlation: float | None = described("Spearman's: how well customers were put in order, 1 being perfectly.")


@object_type
class HoldoutRow:
    """Customers with so many repeat purchases before the split."""

    repeats: int = described("How many; the last row holds those with more, too.")
    customers: int = described("How many customers these are.")
    actual: float = described("Their mean number of purchases after it.")
    predicted: float = described("The mean that the model predicted.")


@object_type
class Holdout:
    """How wrong a model was on this hub: fitted to the purchases until a day, compared with those after it."""

    said: strawberry.Private[Mapping[str, Any]]

    @field
    def first_day(self) -> Date:
        """The day of the first purchase."""
        return _day(self.said["first"])

    @field
    def split_day(self) -> Date:
        """The last day that the model was fitted to."""
        return _day(self.said["split"])

    @field
    def last_day(self) -> Date:
        """The last day that was predicted."""
        return _day(self.said["last"])

    @field
    def customers(self) -> int:
        """Who had bought by the split."""
        return int(self.said["customers"])

    @field
    def purchases(self) -> list[HoldoutErrors]:
        """Errors in the number of purchases; those of one day count once."""
        return _errors(self.said["purchases"])

    @field
    def value(self) -> list[HoldoutErrors]:
        """Errors in the money spent, in whole units of the model's currency."""
        return _errors(self.said["value"])

    @field
    def by_repeats(self) -> list[HoldoutRow]:
        """The mean number of purchases by the number of repeats before."""
        return [HoldoutRow(**each) for each in self.said["by_repeats"]]

    @field
    def ranking(self) -> Predictor:
        """What put customers in the better order by money spent: the model or past spend."""
        return Predictor(self.said["ranking"])


@object_type
class FittedModel:
    """A model fitted to the purchases of this hub by maximum likelihood."""

    row: strawberry.Private[StoredModel]
    chosen: bool = column("Whether scores are from it: of the models of purchases, the one with the smaller error.")
    unit_days: int = column("How many days the model's unit of time has.")
    currency: str = column("The currency of a model of spend.")
    customers: int = column("To how many customers it was fitted.")
    fitted_at: DateTime = column("When.")

    @field
    def model(self) -> PredictionModel:
        """Which model."""
        return PredictionModel(self.row.model)

    @field
    def first_day(self) -> Date:
        """The day of the first purchase."""
        return _day(self.row.first_day)

    @field
    def last_day(self) -> Date:
        """The day until which silence counts."""
        return _day(self.row.last_day)

    @field
    def parameters(self) -> list[FittedParameter]:
        """What was fitted."""
        return [
            FittedParameter(name=each["name"], value=each["value"], standard_error=each["standardError"])
            for each in orjson.loads(self.row.parameters)
        ]

    @field
    def log_likelihood(self) -> float:
        """The logarithm of the likelihood of the data."""
        return self.row.log_likelihood / MILLION

    @field
    def holdout(self) -> Holdout | None:
        """How wrong it was; null for the model of spend, and where the data cover too few days."""
        return _holdout(self.row)

    @field
    def warnings(self) -> list[FitWarning]:
        """Why it is not to be relied on; empty when nothing speaks against it."""
        return _warnings([self.row])


@object_type
class Prediction:
    """What may be expected of a customer in the coming twelve months, and how far to trust it."""

    score: strawberry.Private[StoredScore]
    fit: strawberry.Private[Sequence[StoredModel]]

    @field
    def value(self) -> Money | None:
        """Money of the purchases expected, discounted by a hundredth a month; null when no model could be fitted."""
        return amounts.shown(self.score.predicted_value, self.fit[0].currency)

    @field
    def expected_purchases(self) -> float | None:
        """Purchases expected; those of one day count once."""
        return _millionths(self.score.expected_purchases)

    @field
    def p_alive(self) -> float | None:
        """The probability that they have not left for good."""
        return _millionths(self.score.p_alive)

    @field
    def months(self) -> int:
        """How far ahead that is."""
        return MONTHS

    @field
    def computed_at(self) -> DateTime:
        """When these numbers were found."""
        return DateTime(self.score.computed_at)

    @field
    def models(self) -> list[FittedModel]:
        """The models behind it: that of purchases, then that of spend."""
        return [FittedModel(row=each) for each in self.fit if each.chosen]

    @field
    def errors(self) -> list[HoldoutErrors]:
        """How wrong money was predicted on this hub's own past, by the model and by the two rules beside it."""
        found = _holdout(self.fit[0])
        return [] if found is None else _errors(found.said["value"])

    @field
    def ranking(self) -> Predictor:
        """By what an order by predicted value goes: the model, or past spend where that ordered customers better."""
        found = _holdout(self.fit[0])
        if self.score.predicted_value is None:
            return Predictor.PAST_SPEND
        return Predictor.MODEL if found is None else Predictor(found.said["ranking"])

    @field
    def warnings(self) -> list[FitWarning]:
        """Why it is not to be relied on; empty when nothing speaks against it."""
        return _warnings([each for each in self.fit if each.chosen])


async def prediction_of(info: Info, customer: str) -> Prediction | None:
    """The prediction for a customer by public id."""
    score = await info.context.load.score.load(customer)
    fit = await info.context.load.last_fit.load(0) if score else []
    return Prediction(score=score, fit=fit) if score and fit else None


def _day(day: int) -> Date:
    return Date((_EPOCH + timedelta(days=day)).isoformat())


def _millionths(value: int | None) -> float | None:
    return None if value is None else value / MILLION


def _holdout(row: StoredModel) -> Holdout | None:
    return None if row.holdout is None else Holdout(said=orjson.loads(row.holdout))


def _errors(said: Mapping[str, Any]) -> list[HoldoutErrors]:
    return [HoldoutErrors(predictor=Predictor(name), **each) for name, each in said.items()]


def _warnings(rows: Sequence[StoredModel]) -> list[FitWarning]:
    found = [each for row in rows for each in orjson.loads(row.warnings)]
    told = {(each["trouble"], each["parameter"], each["text"]): each for each in found}
    return [FitWarning(code=Trouble(code), parameter=parameter, text=text) for code, parameter, text in told]

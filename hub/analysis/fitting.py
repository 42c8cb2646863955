"""Models of lifetime value over the purchases of this hub, with what they got wrong on it; and what they say of each.

Time is in days of the hub, models are fitted in weeks, money is in whole units of the reporting currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from hub.journey.clv import gamma_gamma
from hub.journey.clv.choices import Predictor, Trouble
from hub.journey.clv.fit import Fit, FitWarning
from hub.journey.clv.histories import Floats, Integers, grouped, summarise
from hub.journey.clv.holdout import MOST_CUSTOMERS, Holdout, holdout
from hub.journey.clv.models import MODELS
from hub.journey.clv.score import score
from hub.journey.cut_offs import CLASSES
from hub.journey.portfolio import abc_classes, rfm_scores
from hub.store.scores import MILLION, StoredModel

UNIT_DAYS = 7
STALE_DAYS = 30
"""When nobody has bought anything for so long, the purchases of the hub are taken to end with the last one."""
_USELESS = {Trouble.FEW_CUSTOMERS, Trouble.FEW_REPEATERS, Trouble.NOT_CONVERGED}
"""With these a model predicts nothing; other warnings stand beside what it predicts."""


@dataclass(frozen=True, slots=True)
class Bought:
    """Columns of equal length, one row for each purchase: who, on which day, for how much."""

    customers: Integers
    days: Integers
    amounts: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model as it is kept. ``holdout`` and ``warnings`` become JSON."""

    fit: Fit
    chosen: bool
    days: tuple[int, int]
    holdout: Holdout | None
    warnings: tuple[FitWarning, ...]

    def row(self, number: int, currency: str, at: int) -> tuple[Any, ...]:
        """The row of ``fitted_model``."""
        parameters = [
            {"name": name, "value": value, "standardError": self.fit.errors[name]}
            for name, value in self.fit.parameters.items()
        ]
        told = None if self.holdout is None else _json(asdict(self.holdout) | {"ranking": self.holdout.ranking})
        height = self.fit.log_likelihood
        return (
            number, self.fit.model, self.chosen, UNIT_DAYS, currency, _json(parameters),
            round(height * MILLION) if np.isfinite(height) else 0, self.fit.customers, *self.days, told,
            _json([asdict(each) for each in self.warnings]), at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """The models that scores are from; values None where no model predicts anything."""

    model: str
    purchases: Floats | None
    spend: Floats | None
    by_value: bool
    """Whether customers are ordered by predicted value; by past spend otherwise."""


def end_of(days: Integers, today: int) -> int:
    """The day until which customers' silence counts: today, or the last purchase when that is long ago."""
    last = int(days.max()) if len(days) else today
    return today if today - last <= STALE_DAYS else last


def fit_all(bought: Bought, today: int) -> list[Fitted]:
    """Both models of purchases, the better one chosen by its holdout error, and the model of spend."""
    end = end_of(bought.days, today)
    first = int(bought.days.min()) if len(bought.days) else end
    known = summarise(bought.customers, bought.days, bought.amounts, end)
    few = known.some(MOST_CUSTOMERS)
    histories = grouped(few.repeats, few.recency / UNIT_DAYS, few.age / UNIT_DAYS)
    tested, untested = holdout(bought.customers, bought.days, bought.amounts, unit=float(UNIT_DAYS))
    errors = {each.model: each for each, _ in tested}
    fits = {name: model.fit(histories) for name, model in MODELS.items()}
    order = sorted(fits.values(), key=lambda fit: (not fit.identified, [*errors, *MODELS].index(fit.model)))
    stale = [] if end == today else [_stale(end)]
    found = [
        Fitted(fit, place == 0, (first, end), errors.get(fit.model), (*fit.warnings, *untested, *stale))
        for place, fit in enumerate(order)
    ]
    spend = gamma_gamma.fit(few.known, few.mean)
    return [*found, Fitted(spend, True, (first, end), None, (*spend.warnings, *stale))]


def chosen(models: Sequence[StoredModel]) -> Chosen:
    """What the chosen ones of stored models say."""
    kept = {each.model: each for each in models if each.chosen}
    spend = kept.pop(gamma_gamma.NAME)
    (purchases,) = kept.values()
    told = orjson.loads(purchases.holdout) if purchases.holdout else None
    values = _values(purchases)
    by_value = values is not None and (told is None or told["ranking"] == Predictor.MODEL)
    return Chosen(purchases.model, values, _values(spend), by_value)


def scores(bought: Bought, models: Chosen, today: int, digits: int) -> list[NDArray[Any]]:
    """The columns of scores as they are stored, customers in ascending order; NaN where there is nothing.

    ``digits`` of the currency's minor unit. In the order of ``customer_score``, but for its id and time.
    """
    known = summarise(bought.customers, bought.days, bought.amounts, end_of(bought.days, today))
    size, minor = known.size, 10.0**digits
    place = np.searchsorted(known.customers, bought.customers)
    spent = np.rint(known.spend * minor).astype(np.int64)
    # Purchases, not days with one: what a customer's orders count.
    rfm = rfm_scores(known.age - known.recency, np.bincount(place, minlength=size), spent)
    classes = np.array(list(CLASSES))[abc_classes(spent)]
    nothing = np.full(size, np.nan)
    alive, expected, value = nothing, nothing, nothing
    if models.purchases is not None:
        found = score(
            MODELS[models.model], models.purchases, models.spend, known.repeats, known.recency, known.age, known.known,
            known.mean, unit=float(UNIT_DAYS),
        )  # fmt: skip
        alive, expected = np.rint(found.alive * MILLION), np.rint(found.purchases * MILLION)
        value = np.rint(found.value * minor)
    by_value = models.by_value and bool(np.isfinite(value).all())
    rank = value.astype(np.int64) if by_value else spent
    return [classes, rfm[:, 0], rfm[:, 1], rfm[:, 2], alive, expected, value, rank]


def _values(model: StoredModel) -> Floats | None:
    if {each["trouble"] for each in orjson.loads(model.warnings)} & _USELESS:
        return None
    return np.array([each["value"] for each in orjson.loads(model.parameters)], np.float64)


def _stale(end: int) -> FitWarning:
    text = f"Nobody has bought anything since {np.datetime64(end, 'D')}: predictions count from that day."
    return FitWarning(Trouble.STALE, text)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()

"""How wrong predictions are on one's own data: fit to what came first, predict the rest, compare.

Beside the model stand two rules that need none: past spend goes on as it was, and everybody goes on at their own rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hub.journey.clv import gamma_gamma
from hub.journey.clv.choices import Predictor, Trouble
from hub.journey.clv.fit import Fit, FitWarning
from hub.journey.clv.histories import Floats, Integers, Summary, grouped, summarise
from hub.journey.clv.models import MODELS, PurchaseModel, future

MOST_CUSTOMERS = 100_000
"""Of more customers every n-th is fitted to, so that a night's fit takes seconds."""
PART = 2 / 3
"""How much of the days the model is fitted to."""
FEWEST_DAYS = 60
"""Days that data must cover to be split at all."""
MOST_REPEATS = 7
"""The table by number of repeats ends with 'so many or more'."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Predicted against actual, one of each for every customer. ``predicted`` and ``actual`` are totals."""

    predicted: float
    actual: float
    bias: float | None
    """Predicted / actual - 1; None when nothing happened."""
    mae: float
    """The mean of absolute errors."""
    rmse: float
    """The root of the mean of squared errors."""
    correlation: float | None
    """Pearson's; None when one of the two does not vary."""
    rank_correlation: float | None
    """Spearman's: how well the order fits."""


@dataclass(frozen=True, slots=True)
class ByRepeats:
    """The mean number of purchases of customers with so many repeats before the split, or more in the last row."""

    repeats: int
    customers: int
    actual: float
    predicted: float


@dataclass(frozen=True, slots=True)
class Holdout:
    """One split of the data. Days since 1970-01-01; fitted to purchases until ``split``, that day included."""

    model: str
    first: int
    split: int
    last: int
    customers: int
    purchases: Mapping[Predictor, Errors]
    value: Mapping[Predictor, Errors]
    """Money of all purchases in the days predicted; empty when no mean could be fitted."""
    by_repeats: tuple[ByRepeats, ...]

    @property
    def ranking(self) -> Predictor:
        """What orders customers better by the money they went on to spend: the model, or past spend."""
        ranks = {each: self.value[each].rank_correlation for each in self.value}
        model, past = (ranks.get(each) for each in (Predictor.MODEL, Predictor.PAST_SPEND))
        if model is None or (past is not None and past > model):
            return Predictor.PAST_SPEND
        return Predictor.MODEL


def holdout(
    customers: Integers, days: Integers, amounts: Floats, *, unit: float = 7.0, split: int | None = None
) -> tuple[list[tuple[Holdout, Fit]], list[FitWarning]]:
    """Every model's holdout errors and the fit they belong to, the best first; and why there are none.

    The best is identified and has the least mean absolute error of purchases. ``unit``: days of the unit to fit in.
    Purchases come in any order, as for ``summarise``; ``split`` is the last day to fit to, after two thirds by default.
    """
    if not len(days) or int(days.max() - days.min()) + 1 < FEWEST_DAYS:
        text = f"The purchases span fewer than {FEWEST_DAYS} days: too few to fit to some and predict the rest."
        return [], [FitWarning(Trouble.FEW_DAYS, text)]
    first, last = int(days.min()), int(days.max())
    split = first + round((last - first) * PART) if split is None else split
    known, later = summarise(customers, days, amounts, split), days > split
    actual = _actual(known, customers[later], days[later], amounts[later])
    few = known.some(MOST_CUSTOMERS)
    spend = gamma_gamma.fit(few.known, few.mean)
    found = [_one(model, known, actual, spend, (first, split, last), unit) for model in MODELS.values()]
    found.sort(key=lambda each: (not each[1].identified, each[0].purchases[Predictor.MODEL].mae))
    return found, []


def errors(predicted: Floats, actual: Floats) -> Errors:
    """Compare what was predicted with what happened."""
    off = predicted - actual
    total, happened = float(predicted.sum()), float(actual.sum())
    return Errors(
        total,
        happened,
        total / happened - 1 if happened else None,
        float(np.abs(off).mean()) if len(off) else 0.0,
        float(np.sqrt((off**2).mean())) if len(off) else 0.0,
        gamma_gamma.correlation(predicted, actual),
        gamma_gamma.correlation(_ranks(predicted), _ranks(actual)),
    )


def _one(
    model: PurchaseModel,
    known: Summary,
    actual: tuple[Floats, Floats],
    spend: Fit,
    span: tuple[int, int, int],
    unit: float,
) -> tuple[Holdout, Fit]:
    first, split, last = span
    ahead = last - split
    recency, age = known.recency / unit, known.age / unit
    few = known.some(MOST_CUSTOMERS)
    fit = model.fit(grouped(few.repeats, few.recency / unit, few.age / unit))
    expected = future(model, fit.values, known.repeats, recency, age, ahead / unit)
    naive = np.divide(known.repeats * ahead, known.age, out=np.zeros(known.size), where=known.age > 0)
    purchases = {Predictor.MODEL: errors(expected, actual[0]), Predictor.PAST_RATE: errors(naive, actual[0])}
    money = expected * gamma_gamma.expected_mean(spend.values, known.known, known.mean)
    past = known.spend * (ahead / (split - first + 1))
    value = {
        Predictor.PAST_SPEND: errors(past, actual[1]),
        Predictor.PAST_RATE: errors(naive * known.mean, actual[1]),
    }
    if np.isfinite(money).all():
        value = {Predictor.MODEL: errors(money, actual[1])} | value
    table = _by_repeats(known.repeats, expected, actual[0])
    return Holdout(model.NAME, first, split, last, known.size, purchases, value, table), fit


def _actual(known: Summary, customers: Integers, days: Integers, amounts: Floats) -> tuple[Floats, Floats]:
    """Days with a purchase, and money spent, after the split by each customer known before it."""
    place = np.searchsorted(known.customers, customers)
    place[place == known.size] = 0
    theirs = known.customers[place] == customers if known.size else np.zeros(len(customers), bool)
    place, days, amounts = place[theirs], days[theirs], amounts[theirs]
    visits = np.unique(np.column_stack([place, days]), axis=0)[:, 0]
    bought = np.bincount(visits, minlength=known.size).astype(np.float64)
    spent: Floats = np.bincount(place, np.nan_to_num(amounts), known.size).astype(np.float64)
    return bought, spent


def _by_repeats(repeats: Floats, predicted: Floats, actual: Floats) -> tuple[ByRepeats, ...]:
    groups = np.minimum(repeats, MOST_REPEATS).astype(np.int64)
    sizes = np.bincount(groups)
    happened, thought = np.bincount(groups, actual), np.bincount(groups, predicted)
    return tuple(
        ByRepeats(each, int(size), float(happened[each] / size), float(thought[each] / size))
        for each, size in enumerate(sizes)
        if size
    )


def _ranks(values: Floats) -> Floats:
    """The place of each value, equal ones sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks

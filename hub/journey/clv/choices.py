"""What models, predictors and doubts are called. Apart from the mathematics, so that a schema is made without numpy."""

from __future__ import annotations

from enum import StrEnum

MONTHS = 12
"""How far ahead a value is predicted."""
RATE = 0.01
"""The discount of a month."""


class PredictionModel(StrEnum):
    """The models that can be fitted."""

    BG_NBD = "BG_NBD"
    PARETO_NBD = "PARETO_NBD"
    GAMMA_GAMMA = "GAMMA_GAMMA"


class Predictor(StrEnum):
    """What predicts, or orders."""

    MODEL = "MODEL"
    """The fitted model."""
    PAST_SPEND = "PAST_SPEND"
    """All that was spent, times the days predicted over the days known."""
    PAST_RATE = "PAST_RATE"
    """Repeats over age, times the days predicted; for money, times the mean of a repeat purchase."""


class Trouble(StrEnum):
    """Why a fit is not to be relied on."""

    FEW_CUSTOMERS = "FEW_CUSTOMERS"
    """Fewer customers than a fit needs."""
    FEW_REPEATERS = "FEW_REPEATERS"
    """Too few customers bought again."""
    FEW_DAYS = "FEW_DAYS"
    """The data cover too few days to be split into a part to fit and a part to test."""
    STALE = "STALE"
    """Nobody has bought anything for long: predictions count from the last purchase, not from today."""
    NOT_CONVERGED = "NOT_CONVERGED"
    """The search ended without an optimum."""
    AT_BOUND = "AT_BOUND"
    """A parameter runs towards zero or without limit: the data do not show what it describes."""
    SINGULAR = "SINGULAR"
    """The likelihood is flat in some direction: different parameters explain the data equally well."""
    UNCERTAIN = "UNCERTAIN"
    """The standard error of a parameter exceeds the parameter itself."""
    NO_MEAN = "NO_MEAN"
    """The model of spend has no finite mean: it cannot say what a customer without repeat purchases spends."""
    CORRELATED = "CORRELATED"
    """Who buys more often spends differently each time, which the model of spend takes for independent."""

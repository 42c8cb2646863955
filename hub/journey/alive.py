"""After which silence a customer's chance of being alive falls to a threshold."""

from __future__ import annotations

from hub.journey.clv.alive import falls_below
from hub.journey.standing_rules import BgNbd, Model


def silence_until(p: float, model: Model, repeats: int, recency: float) -> float | None:
    """Days since the last purchase after which P(alive) is ``p``; not positive when it is less at once.

    ``recency``: days from the first purchase to the last. None without a repeat purchase: that says too little of when
    the next one is due.
    """
    if repeats < 1:
        return None
    unit = model.unit_days
    if not isinstance(model, BgNbd):
        age = falls_below(model.parameters, repeats, recency / unit, p)
        return float("inf") if age is None else age * unit - recency
    # P = 1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t)) ** (r + x)), solved for T - t.
    odds = (1 / p - 1) * (model.b + repeats - 1) / model.a
    try:
        return float((model.alpha * unit + recency) * (odds ** (1 / (model.r + repeats)) - 1))
    except OverflowError:
        return float("inf")

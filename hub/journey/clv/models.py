"""The models of purchases, by name, and what each of them can do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from hub.journey.clv import bg_nbd, pareto_nbd
from hub.journey.clv.fit import Fit
from hub.journey.clv.histories import Floats, Histories, Integers


class PurchaseModel(Protocol):
    """A module such as ``bg_nbd``; ``values`` are its parameters in order, time is in the unit they were fitted in."""

    @property
    def NAME(self) -> str: ...  # noqa: N802 (a constant of the module)

    @property
    def PARAMETERS(self) -> tuple[str, ...]: ...  # noqa: N802

    def fit(self, histories: Histories) -> Fit:
        """The fit by maximum likelihood."""

    def alive(self, values: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
        """P(alive) at the end of the data."""

    def while_alive(self, values: Floats, repeats: Floats, age: Floats, time: float | Floats) -> Floats:
        """Purchases expected in the next ``time`` of somebody alive; times P(alive), of anybody."""

    def expected(self, values: Floats, time: float | Floats) -> Floats:
        """Repeat purchases of a new customer in the ``time`` after the first."""

    def probability(self, values: Floats, purchases: Floats | Integers, time: float) -> Floats:
        """P(X(t) = n) of a new customer."""


MODELS: Mapping[str, PurchaseModel] = MappingProxyType({each.NAME: each for each in (bg_nbd, pareto_nbd)})
"""``BG_NBD`` and ``PARETO_NBD``."""


def future(
    model: PurchaseModel, values: Floats, repeats: Floats, recency: Floats, age: Floats, time: float | Floats
) -> Floats:
    """Purchases expected in the next ``time`` of a customer with this history."""
    return model.alive(values, repeats, recency, age) * model.while_alive(values, repeats, age, time)

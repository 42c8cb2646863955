"""How engaged a customer is: contacts by weight, each losing half of it in every half-life."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

from hub.errors import ConfigWrong
from hub.journey.timeline import Moment
from hub.kinds import KINDS
from hub.values import Direction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
STEP = 1_000_000
"""A level is kept in millionths."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What contacts weigh. ``mutual`` kinds count in either direction, all others when they are inbound."""

    half_life_days: float
    inbound: float
    mutual: frozenset[str]
    kinds: Mapping[str, float]

    def of(self, moment: Moment) -> float:
        """The weight of a touchpoint on its day."""
        if moment.automated or moment.direction is Direction.INTERNAL:
            return 0.0
        if moment.direction is Direction.OUTBOUND and moment.kind not in self.mutual:
            return 0.0
        return self.kinds.get(moment.kind, self.inbound)

    def half_lives(self, at: datetime) -> float:
        """How many half-lives have gone by since 1970."""
        return (at - _EPOCH) / _DAY / self.half_life_days


def read_weights(text: str) -> Weights:
    """The weights of a TOML document. Raises ``ConfigWrong`` with what is wrong in it."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigWrong(f"The weights of engagement are no TOML: {error}.") from None
    kinds, mutual = said.pop("weights", {}), said.pop("mutual", [])
    numbers = {"half_life_days": said.pop("half_life_days", 0), "inbound": said.pop("inbound", 0), **kinds}
    for name, value in numbers.items():
        if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise ConfigWrong(f"{name} of engagement is {value!r}: give a number that is not below zero.")
    if not numbers["half_life_days"]:
        raise ConfigWrong("half_life_days of engagement is missing.")
    for name in (*kinds, *mutual, *said):
        if name in said or (name not in KINDS and "." not in name):
            raise ConfigWrong(f"{name!r} in the weights of engagement is neither a setting nor a kind.")
    return Weights(float(numbers["half_life_days"]), float(numbers["inbound"]), frozenset(mutual), kinds)


@cache
def standard() -> Weights:
    """The weights that come with the hub: ``engagement.toml``."""
    return read_weights(files("hub.journey").joinpath("engagement.toml").read_text(encoding="utf-8"))


class Engagement:
    """The contacts of a timeline so far, in order of time.

    Kept is the sum as it was at the last contact; its ``level`` orders customers at any time, and needs no rewriting
    as time goes by, because all sums decay alike.
    """

    __slots__ = ("_at", "_sum", "_weights", "contacts")

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights or standard()
        self._at = 0.0
        self._sum = 0.0
        self.contacts = 0

    def take(self, moments: Iterable[Moment]) -> bool:
        """Add touchpoints; the answer is whether any of them was a contact."""
        before = self.contacts
        for moment in moments:
            weight = self._weights.of(moment)
            if weight:
                at = self._weights.half_lives(moment.at)
                self._sum = self._sum * 2.0 ** (self._at - at) + weight
                self._at = at
                self.contacts += 1
        return self.contacts > before

    @property
    def level(self) -> int | None:
        """The logarithm to the base 2 of the sum, plus the half-lives since 1970, in millionths; None without one."""
        return round((math.log2(self._sum) + self._at) * STEP) if self.contacts else None


def score(level: int | None, now: datetime, weights: Weights | None = None) -> float:
    """The engagement of a level at a time: the weights of the contacts, each halved for every half-life since."""
    return 0.0 if level is None else 2.0 ** (level / STEP - (weights or standard()).half_lives(now))


def level_of(wanted: float, now: datetime, weights: Weights | None = None) -> int | None:
    """The level of an engagement at a time; None for zero, which everybody reaches."""
    if wanted <= 0:
        return None
    return math.ceil((math.log2(wanted) + (weights or standard()).half_lives(now)) * STEP)

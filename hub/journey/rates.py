"""Exchange rates by day, and amounts converted with them: exactly, rounded half to even once for each amount."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import partial

from hub.clock import day
from hub.money import digits

MOST_DAYS = 31
"""A rate holds from its day until the next one, but not for more days than these."""
_LARGEST = 2**63 - 1

Pair = tuple[str, str]
"""(base, quote): a rate says what one unit of the base costs in the quote."""


@dataclass(frozen=True, slots=True)
class Series:
    """The rates of one pair; ``days`` since 1970-01-01, ascending."""

    days: Sequence[int]
    rates: Sequence[Fraction]

    @classmethod
    def of(cls, told: Iterable[tuple[int, int, str]]) -> Series:
        """From (day, source, rate), in any order: of several for one day that of the source configured first counts,
        of those the lowest."""
        chosen: dict[int, tuple[int, Decimal]] = {}
        for on, source, text in told:
            rate = (source, Decimal(text))
            chosen[on] = min(rate, chosen.get(on, rate))
        days = sorted(chosen)
        return cls(days, [Fraction(chosen[on][1]) for on in days])

    def on(self, wanted: int) -> Fraction | None:
        """The latest rate on or before a day, at most ``MOST_DAYS`` old."""
        place = bisect_right(self.days, wanted) - 1
        return self.rates[place] if place >= 0 and wanted - self.days[place] <= MOST_DAYS else None


def ways(source: str, target: str, pairs: Iterable[Pair]) -> list[list[Pair]]:
    """The pairs by which one currency becomes another, the best way first, each pair as it was told.

    Direct, then inverse, then over one other currency, in the order of the alphabet.
    """
    known = set(pairs)

    def steps(one: str, other: str) -> list[Pair]:
        return [pair for pair in ((one, other), (other, one)) if pair in known]

    straight = [[pair] for pair in steps(source, target)]
    between = sorted({code for pair in known if source in pair for code in pair} - {source, target})
    return straight + [
        [there, further] for code in between for there in steps(source, code) for further in steps(code, target)
    ]


class Exchange:
    """From one currency to another, by day. ``series`` holds at least the pairs of its ``ways``."""

    def __init__(self, source: str, target: str, series: Mapping[Pair, Series]) -> None:
        self._ways = [self._legs(source, way, series) for way in ways(source, target, series)]
        self._scale = Fraction(10) ** (digits(target) - digits(source))
        self._rates: dict[int, Fraction | None] = {}

    @staticmethod
    def _legs(source: str, way: Sequence[Pair], series: Mapping[Pair, Series]) -> list[tuple[Series, bool]]:
        legs, at = [], source
        for base, quote in way:
            legs.append((series[base, quote], base == at))
            at = quote if base == at else base
        return legs

    def rate(self, on: int) -> Fraction | None:
        """Minor units of the target for one of the source on a day; None without a rate."""
        if on not in self._rates:
            self._rates[on] = next((rate for way in self._ways if (rate := _along(way, on)) is not None), None)
        rate = self._rates[on]
        return None if rate is None else rate * self._scale

    def convert(self, amount: int, on: int) -> int | None:
        """An amount in minor units by the rate of a day; None without one, or beyond 64 bits."""
        rate = self.rate(on)
        if rate is None:
            return None
        converted = rounded(amount * rate.numerator, rate.denominator)
        return converted if abs(converted) <= _LARGEST else None


def _along(way: Sequence[tuple[Series, bool]], on: int) -> Fraction | None:
    rate = Fraction(1)
    for series, forward in way:
        leg = series.on(on)
        if leg is None:
            return None
        rate = rate * leg if forward else rate / leg
    return rate


class Conversion:
    """Everything into one currency, by the days of a zone. ``exchange`` gives the rates of a currency to it."""

    def __init__(self, target: str, zone: tzinfo, exchange: Callable[[str], Exchange] | None = None) -> None:
        self.target = target
        self.zone = zone
        self._find = exchange or partial(Exchange, target=target, series={})
        self._found: dict[str, Exchange] = {}

    def forget(self) -> None:
        """Other rates may stand: they are asked for again."""
        self._found.clear()

    def exchange(self, currency: str) -> Exchange:
        """The rates of a currency."""
        if currency not in self._found:
            self._found[currency] = self._find(currency)
        return self._found[currency]

    def convert(self, amount: int, currency: str, at: datetime) -> int | None:
        """An amount in minor units of a touchpoint, by the rate of its day; None without one."""
        return amount if currency == self.target else self.exchange(currency).convert(amount, day(at, self.zone))


def rounded(total: int, parts: int) -> int:
    """``total / parts``, rounded half to even. ``parts`` is positive."""
    whole, rest = divmod(total, parts)
    return whole + (2 * rest > parts or (2 * rest == parts and whole % 2))

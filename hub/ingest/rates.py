"""Exchange rates: kept as rows tell them, and used to convert what customers paid in other currencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from hub.ingest.mapping import Reading
from hub.journey.rates import MOST_DAYS, Conversion, Exchange, Pair, Series, ways
from hub.store.session import Session
from hub.store.writing import rates, rollups
from hub.store.writing.rates import Rate
from hub.values import ExchangeRate

_FIRST_DAY = date(1970, 1, 1).toordinal()
_AT_ONCE = 1000
"""Customers that are folded together with the rate that changed; if there are more, all are folded afterwards."""


def keep(session: Session, readings: Iterable[Reading], numbers: Sequence[int]) -> list[Rate]:
    """Write the rates that rows define, and forget those of their versions (``numbers``) that stand no more.

    The answer is what came or went.
    """
    read = frozenset(numbers)
    told: dict[tuple[str, str, int, int, int], str] = {}
    for reading in readings:
        for row in reading.reference:
            if isinstance(row, ExchangeRate) and reading.version.number in read:
                on = row.on.toordinal() - _FIRST_DAY
                told[row.base, row.quote, on, reading.version.source, reading.version.number] = f"{row.rate:f}"
    now = {(*key, rate) for key, rate in told.items()}
    before = set(rates.of_records(session, numbers))
    if now == before:
        return []
    rates.remove(session, before - now)
    rates.insert(session, sorted(now - before))
    changed = [*(before - now), *(now - before)]
    days = [on for _, _, on, *_ in changed]
    rollups.take_out_converted(session, min(days), max(days) + MOST_DAYS)
    return changed


class Exchanges:
    """The rates into the reporting currency, read as they are needed."""

    def __init__(self, session: Session, currency: str, zone: ZoneInfo) -> None:
        self._session = session
        self._currency = currency
        self._pairs: set[Pair] | None = None
        self.conversion = Conversion(currency, zone, self._exchange)

    def forget(self) -> None:
        """After a batch that was not committed, or when another process may have written."""
        self.conversion.forget()
        self._pairs = None

    def _exchange(self, currency: str) -> Exchange:
        if self._pairs is None:
            self._pairs = rates.pairs(self._session)
        wanted = {pair for way in ways(currency, self._currency, self._pairs) for pair in way}
        series = {pair: Series.of(rates.series(self._session, *pair)) for pair in wanted}
        return Exchange(currency, self._currency, series)

    def change(self, changed: Sequence[Rate]) -> tuple[list[int], list[int]]:
        """Whose value may be another after rates came or went: those to fold at once, or those to fold afterwards."""
        if not changed:
            return [], []
        self.forget()
        currencies = {code for base, quote, *_ in changed for code in (base, quote)}
        # A rate of the reporting currency is a way for any other.
        touched = None if self._currency in currencies else sorted(currencies)
        days = [on for _, _, on, *_ in changed]
        nums = rates.holders(self._session, touched, min(days), max(days) + MOST_DAYS)
        return (nums, []) if len(nums) <= _AT_ONCE else ([], nums)

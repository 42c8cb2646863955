"""Exchange rates as reads need them."""

from __future__ import annotations

from collections.abc import Iterable

from hub.journey.rates import MOST_DAYS, Exchange, Pair, Series, ways
from hub.store.reader import Snapshot


async def converted(snapshot: Snapshot) -> list[str]:
    """The currencies but the reporting one in which there is any money."""
    rows = await snapshot.all("SELECT DISTINCT currency FROM converted_value ORDER BY currency")
    return [currency for (currency,) in rows]


async def exchanges(
    snapshot: Snapshot, currencies: Iterable[str], target: str, today: int | None = None
) -> dict[str, Exchange]:
    """The rates by which each of these currencies becomes the target; the target itself is left out.

    ``today``: only those that hold on this day (since 1970-01-01).
    """
    first, last = (-(2**31), 2**31) if today is None else (today - MOST_DAYS, today)
    wanted = sorted(set(currencies) - {target})
    if not wanted:
        return {}
    known = {(row[0], row[1]) for row in await snapshot.all("SELECT DISTINCT base, quote FROM exchange_rate")}
    found: dict[str, Exchange] = {}
    held: dict[Pair, Series] = {}
    for currency in wanted:
        pairs = {pair for way in ways(currency, target, known) for pair in way}
        for base, quote in pairs - held.keys():
            told = await snapshot.all(
                "SELECT day, source, rate FROM exchange_rate WHERE base = $1::text AND quote = $2::text "
                "AND day >= $3::bigint AND day <= $4::bigint",
                base, quote, first, last,
            )  # fmt: skip
            held[base, quote] = Series.of((row[0], row[1], row[2]) for row in told)
        found[currency] = Exchange(currency, target, {pair: held[pair] for pair in pairs})
    return found

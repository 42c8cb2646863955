"""Numbers as a report says them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")


def word(name: str) -> str:
    """A value of an enum as a word: ``AT_RISK`` is "At risk"."""
    return name.replace("_", " ").capitalize()


def percent(share: float | None) -> str:
    """A share of 1 as per cent; a dash where there is none."""
    if share is None:
        return "–"
    return f"{share * 100:.0f} %" if share >= 0.1 or share == 0 else f"{share * 100:.1f} %"


def amount(money: Mapping[str, Any] | None) -> str:
    """An amount with its currency, without digits that nobody reads."""
    if money is None:
        return "–"
    value = Decimal(money["amount"])
    for size, sign in ((10**9, "bn"), (10**6, "m")):
        if abs(value) >= size * 10:
            return f"{value / size:,.1f} {sign} {money['currency']}"
    return f"{value:,.0f} {money['currency']}" if abs(value) >= 1000 else f"{value:,} {money['currency']}"


def days(duration: str | None) -> str:
    """An ISO 8601 duration in the unit that fits it; a dash where there is none."""
    found = _DURATION.fullmatch(duration or "")
    if found is None:
        return "–"
    years, months, weeks, whole, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    total = ((years * 365 + months * 30 + weeks * 7 + whole) * 24 + hours) * 60 + minutes + seconds / 60
    for size, unit in ((1440, "d"), (60, "h")):
        if total >= size:
            return f"{total / size:.1f} {unit}" if total < 10 * size else f"{total / size:,.0f} {unit}"
    return f"{total:.0f} min"


def number(value: float | None) -> str:
    """A number with the digits that matter; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def signed(share: float | None) -> str:
    """A deviation as per cent, with its sign."""
    return "–" if share is None else f"{share * 100:+.1f} %"

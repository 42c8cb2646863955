"""What the shop spends on being known, and what a rupee was worth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from rupali.world import BEGIN, END, moment

CAMPAIGNS: list[dict[str, Any]] = [
    dict(zip(("reference", "name", "channel", "from", "to"), campaign, strict=True))
    for campaign in (
        ("winter-pots", "Winter pots", "Newsletter", "2025-08-01", "2026-02-28"),
        ("wedding", "Wedding season", "Google", "2025-10-01", "2026-03-31"),
        ("eid-2026", "ঈদ ২০২৬", "Facebook", "2026-02-01", "2026-06-15"),
    )
]
_WEEKLY = {"winter-pots": 350, "wedding": 1400, "eid-2026": 900}
"""Taka, at the beginning; a tenth more every four weeks."""


def spend() -> list[dict[str, Any]]:
    """What each campaign cost, week by week."""
    rows = []
    for campaign in CAMPAIGNS:
        day, last, week = moment(campaign["from"]), moment(campaign["to"]), 0
        while day <= last:
            cost = _WEEKLY[campaign["reference"]] * (10 + week // 4) // 10
            rows.append({"day": f"{day:%Y-%m-%d}", "campaign": campaign["reference"], "taka": cost})
            day, week = day + timedelta(days=7), week + 1
    return rows


def rates() -> list[dict[str, Any]]:
    """Taka for a Pakistani rupee, every Monday: made up, around what it was."""
    day = BEGIN - timedelta(days=BEGIN.weekday())
    rows = []
    while day < END:
        swing = abs((day.toordinal() // 7) % 20 - 10)
        rows.append(
            {"date": f"{day:%Y-%m-%d}", "base": "PKR", "quote": "BDT", "rate": Decimal(4290 + 7 * swing).scaleb(-4)}
        )
        day += timedelta(days=7)
    return rows

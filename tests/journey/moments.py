"""Moments for tests: only what a test is about need be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hub.clock import day as day_of
from hub.journey.rates import Conversion, Exchange, Series
from hub.journey.timeline import Moment
from hub.kinds import KINDS
from hub.values import Direction

START = datetime(2025, 1, 1, 12, tzinfo=UTC)
INBOUND, OUTBOUND, INTERNAL = Direction
OURS = {"invoice", "credit_note", "refund", "reversal", "quote"}


def on(day: float) -> datetime:
    """So many days after the start of the test's time."""
    return START + timedelta(days=day)


def moment(kind: str, day: float = 0, direction: Direction | None = None, **given: Any) -> Moment:
    """The id is ``kind@day`` unless given; money is BDT; documents go out, the rest comes in."""
    given.setdefault("id", f"{kind}@{day:g}")
    given.setdefault("automated", False)
    if "amount" in given:
        given.setdefault("currency", "BDT")
    channel = KINDS[kind].channel
    return Moment(
        kind=kind,
        channel=given.pop("channel", channel),
        direction=direction or (OUTBOUND if kind in OURS else INBOUND),
        at=on(day),
        **given,
    )


def rates(**told: dict[float, str]) -> Conversion:
    """Into taka, by (day of the test's time, rate) of each currency."""
    first = day_of(on(0), UTC)
    series = {
        (code, "BDT"): Series.of((first + int(at), 1, rate) for at, rate in known.items())
        for code, known in told.items()
    }
    return Conversion("BDT", UTC, lambda currency: Exchange(currency, "BDT", series))


TWO = rates(USD=dict.fromkeys(range(0, 3000, 31), "2"))
"""Two taka for a dollar, at any time."""

_NUMBERS = st.sampled_from([None, "A", "B", "C"])
_MOMENTS = st.builds(
    moment,
    kind=st.sampled_from(
        ["email", "form", "call", "profile", "quote", "referral", "survey", "unsubscription", "meeting"]
        + ["invoice", "credit_note", "payment", "refund"] * 2
        + ["reversal"]
    ),
    # Few different times, so that several moments share one; spans that cross every threshold.
    day=st.sampled_from([0, 0.5, 1, 2, 30, 89, 90, 91, 180, 364, 365, 366, 455, 456, 800, 1200]),
    direction=st.sampled_from(Direction),
    automated=st.sampled_from([False, False, False, True]),
    counted=st.sampled_from([True, True, True, False]),
    amount=st.sampled_from([None, 0, 50, 100, 100, 150, -50]),
    currency=st.sampled_from(["BDT", "BDT", "USD"]),
    document=_NUMBERS,
    settles=_NUMBERS,
    thread=st.sampled_from([None, "t1", "t2"]),
    score=st.sampled_from([None, Decimal(8), Decimal(9)]),
    unit=st.just("nps"),
    deal_open=st.sampled_from([None, None, None, True, False]),
)


@st.composite
def timelines(draw: st.DrawFn) -> list[Moment]:
    """Histories of up to 12 touchpoints, ids in no order of time."""
    drawn = draw(st.lists(_MOMENTS, max_size=12))
    ids = draw(st.permutations(range(len(drawn))))
    return [replace(each, id=f"tp_{number:02}") for each, number in zip(drawn, ids, strict=True)]

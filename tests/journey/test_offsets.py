"""Which day begins at a time, by the clocks of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.clock import micros
from hub.journey.offsets import day_begun

EPOCH = date(1970, 1, 1)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Dhaka", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("on", [date(2026, 1, 1), date(2026, 7, 1), date(1969, 12, 31)])
def test_a_day_begins_at_its_midnight_and_not_a_microsecond_off(zone: str, on: date) -> None:
    clocks = ZoneInfo(zone)
    midnight = micros(datetime(on.year, on.month, on.day, tzinfo=clocks))
    assert day_begun(midnight, clocks) == (on - EPOCH).days
    assert day_begun(midnight + 1, clocks) is None
    assert day_begun(midnight - 1, clocks) is None


def test_no_day_is_told_of_about_the_hour_in_which_clocks_are_set() -> None:
    # In Beirut clocks went from midnight to one, and from one minute to midnight back by an hour.
    beirut = ZoneInfo("Asia/Beirut")
    for on in (datetime(2022, 3, 27, tzinfo=beirut), datetime(2022, 10, 30, tzinfo=beirut)):
        assert day_begun(micros(on.astimezone(UTC)), beirut) is None
        before = on - timedelta(days=1)
        assert day_begun(micros(before.astimezone(UTC)), beirut) == (before.date() - EPOCH).days


def test_beyond_the_calendar_no_day_begins() -> None:
    assert day_begun(-(10**18), ZoneInfo("UTC")) is None

"""The night's work of a hub that is served."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.analysis import nights
from hub.analysis.scoring import DAY
from hub.ingest.hub import Hub
from tests.analysis.shoppers import Clock, fill, opened, purchases
from tests.ingest.test_hub import all_rows


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-01-10T02:00", "UTC", "2026-01-10T03:00"),
        ("2026-01-10T03:00", "UTC", "2026-01-11T03:00"),
        ("2026-01-10T20:59", "Asia/Dhaka", "2026-01-10T21:00"),
        ("2026-01-10T21:00", "Asia/Dhaka", "2026-01-11T21:00"),
        ("2026-03-28T12:00", "Europe/Berlin", "2026-03-29T01:00"),
    ],
)
def test_night_is_at_three_where_the_hub_is(at: str, zone: str, expected: str) -> None:
    found = nights.next_night(datetime.fromisoformat(at).replace(tzinfo=UTC), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_night_scores_once_and_not_again_when_nothing_was_heard(
    hub_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights, "_LOOK", 0.01)

    async def look(hub: Hub, clock: Clock) -> None:
        await fill(hub, purchases(105))
        runs = "SELECT state FROM run WHERE kind = 'SCORE'"
        async with nights.nights(hub, clock):
            await asyncio.sleep(0.1)
            assert await all_rows(hub, runs) == []
            clock.at += DAY
            for _ in range(1000):
                await asyncio.sleep(0.05)
                if (found := await all_rows(hub, runs)) and found[0][0] != "RUNNING":
                    break
            assert found == [("OK",)]
            clock.at += DAY
            await asyncio.sleep(0.3)
            assert await all_rows(hub, runs) == [("OK",)]

    opened(hub_address, look)

"""The server is killed at random moments while rows arrive: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Callable

import pytest

from tests.faults.sending import EXACT, Sender, difference_of_records, difference_of_touchpoints, gaps
from tests.faults.serving import ServedHub, faults_of_files, founded, until_processed


async def killed_again_and_again(hub: ServedHub, sender: Sender, rows: int, kills: int) -> list[float]:
    """Kill the server ``kills`` times while all rows are sent; the seconds until it was back, each time."""
    rng = random.Random(11)
    sending = asyncio.create_task(sender.all(range(rows)))
    back: list[float] = []
    for turn in range(kills):
        # Spread over the rows, so that none of the kills comes when all is done.
        await sender.reached(rows * (turn + rng.random()) / (kills + 1))
        await asyncio.sleep(rng.random() * 0.02)
        hub.kill()
        if rng.random() < 0.2:  # while it starts, too
            hub.launch()
            await asyncio.sleep(rng.random() * 2)
            hub.kill()
        back.append(await asyncio.to_thread(hub.start))
        assert faults_of_files(hub.address) == []
    await sending
    return back


@pytest.mark.parametrize(
    ("rows", "kills"),
    [(200, 2), pytest.param(10_000, 100, marks=[pytest.mark.long, pytest.mark.timeout(3000)])],
)
def test_killed_servers_lose_nothing_and_double_nothing(
    hub_address: str,
    serving: Callable[..., ServedHub],
    rows: int,
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    account = founded(hub_address)
    hub = serving(hub_address)
    hub.start()
    sender = Sender(account, [hub.url])

    back = asyncio.run(killed_again_and_again(hub, sender, rows, kills))

    until_processed(hub_address)
    numbers = range(rows)
    assert sender.acknowledged == set(numbers)
    assert sender.outcomes["CHANGED"] == 0
    assert difference_of_records(hub_address, account, numbers) == EXACT
    assert difference_of_touchpoints(hub_address, account, numbers) == EXACT
    assert gaps(hub_address) == []
    hub.stop()
    assert "Traceback" not in hub.log.read_text()
    print(f"killed {kills} times, {rows} rows: back after {statistics.median(back):.2f} s, {max(back):.2f} s at most")

"""Attacks on a hub that is really served: nothing falls over, nothing leaks, and an innocent client is answered.

How long it waits is measured by ``scripts/bench service``; here the machine is busy with other tests.
"""

import asyncio
from pathlib import Path

from bench.attacks import Innocent, attacked, attacks
from bench.served import served

GENEROUS = 3.0
"""Seconds that an innocent client may wait on a machine that does other things too."""


def test_attacks_get_clean_refusals_or_quick_answers(tmp_path: Path) -> None:
    async def sent() -> None:
        async with served(str(tmp_path / "hub")) as hub:
            with Innocent(hub.url, hub.token) as innocent:
                outcomes = await attacked(hub.url, hub.token, innocent, attacks(hub.token), copies=1)
        assert len(outcomes) >= 90
        assert {each.name: each.faults for each in outcomes if each.faults} == {}
        worst = max(outcomes, key=lambda each: each.stall)
        print(f"an innocent client waited {worst.stall * 1000:.0f} ms at most, beside {worst.name}")
        assert worst.stall < GENEROUS, worst
        assert innocent.wrong == []

    asyncio.run(sent())

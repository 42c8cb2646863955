"""One timer for the deadlines of all requests: late ones are told, once, and others never."""

import asyncio
from functools import partial

from hub.api.deadlines import TICK, Deadlines


def test_what_is_late_is_told_once_and_what_is_over_before_never() -> None:
    async def run() -> list[str]:
        deadlines, told, now = Deadlines(), list[str](), asyncio.get_running_loop().time()
        deadlines.keep("past", now - 1, lambda: told.append("past"))
        deadlines.keep("soon", now + 3 * TICK, lambda: told.append("soon"))
        deadlines.keep("over", now + 3 * TICK, lambda: told.append("over"))
        deadlines.keep("later", now + 60, lambda: told.append("later"))
        await asyncio.sleep(TICK / 2)
        assert told == ["past"]
        deadlines.over("over")
        deadlines.over("unknown")
        await asyncio.sleep(20 * TICK)
        return told

    assert asyncio.run(run()) == ["past", "soon"]


def test_a_timer_begins_again_after_nothing_was_waited_for() -> None:
    async def run() -> int:
        deadlines, loop, told = Deadlines(), asyncio.get_running_loop(), list[int]()
        for number in range(2):
            deadlines.keep(number, loop.time() + TICK, partial(told.append, number))
            await asyncio.sleep(20 * TICK)
        return len(told)

    assert asyncio.run(run()) == 2

"""Large answers give way: in parts, and for as long as somebody who asks little is answered."""

import asyncio
import gc
from collections.abc import Awaitable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from hub.api.limits import CHECKED, check_variables
from hub.api.turns import PAUSE, YOUNG, Small, Turns
from hub.limits import Limits


@dataclass
class Clock:
    """A clock that goes on by what is done, a millisecond with each look at it."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


async def parts(turns: Turns, clock: Clock, values: int) -> list[tuple[int, float]]:
    """How many values went on together, and when, where each takes a quarter of a millisecond."""
    found: list[tuple[int, float]] = []
    together = 0

    async def work() -> None:
        nonlocal together
        await turns.of(None)
        clock.now += 0.00025
        together += 1

    async def rounds() -> None:
        nonlocal together
        while True:
            if together:
                found.append((together, clock.now))
                together = 0
            await asyncio.sleep(0)

    watching = asyncio.create_task(rounds())
    await asyncio.gather(*(work() for _ in range(values)))
    await asyncio.sleep(0)
    watching.cancel()
    return found


def test_values_go_on_in_parts_of_a_few_milliseconds() -> None:
    clock = Clock()
    found = asyncio.run(parts(Turns(Small(clock), clock), clock, 200))
    # The first part is a guess.
    assert [together for together, _ in found][:4] == [32, 16, 8, 8]


def test_a_small_request_is_waited_for_in_between_and_not_for_ever() -> None:
    clock = Clock()
    others = Small(clock)

    async def beside() -> list[tuple[int, float]]:
        with others.request():
            return await parts(Turns(others, clock), clock, 64)

    times = [0.0, *(at for _, at in asyncio.run(beside()))]
    waits = [after - before for before, after in pairwise(times)]
    assert len(waits) >= 3
    assert all(PAUSE <= each <= PAUSE + 0.015 for each in waits), waits
    assert PAUSE < YOUNG


def test_a_value_that_is_given_up_before_its_turn_is_forgotten(recwarn: pytest.WarningsRecorder) -> None:
    async def complete(later: Awaitable[int]) -> int:
        return await later

    async def give_up() -> None:
        turns = Turns()
        completing = [asyncio.create_task(complete(turns.of(number))) for number in range(3)]
        for each in completing:
            each.cancel()
        await asyncio.gather(*completing, return_exceptions=True)
        assert await turns.after(complete(turns.of(7))) == 7

    asyncio.run(give_up())
    gc.collect()
    assert [str(each.message) for each in recwarn] == []


def test_who_asks_much_or_takes_long_is_not_waited_for() -> None:
    others = Small(lambda: 0.0)
    with others.request():
        assert others.any(0.1)
        with others.request():
            pass
        assert others.any(0.1)
        assert not others.any(YOUNG * 2)
    with others.request():
        others.no_more()
        assert not others.any(0.1)
    with others.request():
        pass
    assert not others.any(0.1)


def test_many_variables_are_looked_at_in_parts() -> None:
    rounds = 0

    async def beside() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    async def checked() -> None:
        others = asyncio.create_task(beside())
        await check_variables({f"v{n}": n for n in range(CHECKED * 10)}, Limits())
        others.cancel()

    asyncio.run(checked())
    assert rounds >= 18

"""Never more requests in any window than the provider takes."""

from __future__ import annotations

import asyncio
from itertools import accumulate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import outside as outside_module
from hub.asking.budgets import Allowance
from hub.errors import RetryLater
from hub.outgoing import Reach
from hub.outside import Budget, Outside
from tests.outside.listening import listener
from tests.outside.worlds import World, in_turn

OK = httpx.Response(200)


def most_in_a_window(instants: list[float], seconds: float) -> int:
    """The most instants in any half-open window, counted from each of them, to the microsecond of a clock."""
    return max(sum(1 for other in instants if start <= other < start + seconds - 1e-6) for start in instants)


@given(
    requests=st.integers(1, 7),
    seconds=st.floats(0.01, 50),
    pauses=st.lists(st.floats(0, 20), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more_than_the_budget(requests: int, seconds: float, pauses: list[float]) -> None:
    allowance = Allowance(Budget(requests, seconds))
    granted = [at + allowance.take(at, float("inf")) for at in accumulate(pauses)]
    assert most_in_a_window(granted, seconds) <= requests


@given(
    requests=st.integers(1, 7),
    seconds=st.floats(0.01, 50),
    pauses=st.lists(st.floats(0, 20), min_size=1, max_size=60),
    patience=st.floats(0, 30),
)
def test_nobody_waits_longer_than_the_window_asks(
    requests: int, seconds: float, pauses: list[float], patience: float
) -> None:
    allowance = Allowance(Budget(requests, seconds))
    granted: list[float] = []
    for at in accumulate(pauses):
        wait = allowance.take(at, patience)
        if wait > patience:
            continue
        # A moment earlier there were as many as may be, or those who came before were still waiting.
        if wait > 0:
            earlier = at + wait - max(1e-6, wait / 1000)
            full = sum(1 for other in granted if earlier - seconds < other) >= requests
            assert full or granted[-1] > earlier
        granted.append(at + wait)
    assert not granted or most_in_a_window(granted, seconds) <= requests


def test_a_clock_that_was_set_back_stops_nobody() -> None:
    allowance = Allowance(Budget(1, 10))
    assert allowance.take(1000, 60) == 0
    assert allowance.take(0, 60) == 0
    assert allowance.take(0, 60) == 10


def test_many_at_once_are_let_through_as_the_budget_allows() -> None:
    world = World(in_turn(OK))

    async def ask() -> None:
        async with world.outside(budget=Budget(3, 10)).http("https://books.example") as http:
            for _ in range(10):
                await http.get("/")

    asyncio.run(ask())
    assert world.asked == [0, 0, 0, 10, 10, 10, 20, 20, 20, 30]


def test_retries_count() -> None:
    world = World(in_turn(httpx.Response(500), httpx.Response(500), OK))

    async def ask() -> None:
        async with world.outside(budget=Budget(1, 10)).http("https://books.example") as http:
            await http.get("/")

    asyncio.run(ask())
    assert world.asked == [0, 10, 20]


def test_a_budget_used_up_for_long_is_left_to_whoever_comes_next() -> None:
    world = World(in_turn(OK))

    async def ask() -> None:
        async with world.outside(budget=Budget(2, 300)).http("https://books.example") as http:
            for _ in range(3):
                await http.get("/")

    with pytest.raises(RetryLater) as later:
        asyncio.run(ask())
    assert (len(world.requests), world.slept, later.value.after) == (2, [], 300)
    assert later.value.message == "books.example takes no more requests for now."


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """No budgets of other tests."""
    monkeypatch.setattr(outside_module, "_SHARED", {})


def hurried(first: Outside, second: Outside, budget: Budget) -> int:
    """How many of six requests two worlds send in turn before a window of an hour is full."""

    async def ask() -> int:
        with listener() as own:
            url = f"http://127.0.0.1:{own.port}"
            try:
                for _ in range(3):
                    for world in (first, second):
                        async with world.http(url, budget=budget) as http:
                            await http.get("/")
            except RetryLater:
                pass
            return len(own.heard)

    return asyncio.run(ask())


@pytest.mark.usefixtures("shared")
def test_sources_share_a_budget_by_its_key_and_pulls_of_a_source_always() -> None:
    reach = Reach.allowing(["127.0.0.1"])
    one, two = Outside(source="src_1", reach=reach), Outside(source="src_2", reach=reach)
    assert hurried(one, two, Budget(2, 3600)) == 4
    assert hurried(one, two, Budget(2, 3600, key="books.example")) == 2
    assert hurried(Outside(source="src_3", reach=reach), Outside(source="src_3", reach=reach), Budget(2, 3600)) == 2
    assert hurried(Outside(reach=reach), Outside(reach=reach), Budget(2, 3600)) == 4

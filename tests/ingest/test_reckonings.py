"""Analyses that take longer than a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from hub.analysis import reckonings
from hub.analysis.reckonings import Reckonings
from hub.errors import InputWrong, RetryLater
from hub.store.reader import Reader, Snapshot


class Empty:
    """A reader of nothing."""

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[None]:
        yield None

    async def close(self) -> None:
        pass


class Slow:
    """An analysis that ends when it is told to, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.end = asyncio.Event()

    async def __call__(self, _: Snapshot) -> int:
        self.begun += 1
        await self.end.wait()
        return self.begun


def running() -> Reckonings:
    return Reckonings(lambda: cast("Reader", Empty()))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reckonings, "PATIENCE", 0.05)


def test_who_asks_together_shares_one_analysis() -> None:
    async def check() -> None:
        held, slow = running(), Slow()
        asking = [asyncio.create_task(held.get("a", 7, slow)) for _ in range(3)]
        await asyncio.sleep(0)
        slow.end.set()
        assert await asyncio.gather(*asking) == [(1, 7)] * 3
        assert await held.get("a", 7, slow) == (2, 7)  # a quick one is made anew

    asyncio.run(check())


def test_who_sees_more_is_given_no_quick_answer_that_shows_less() -> None:
    async def check() -> None:
        held, slow = running(), Slow()
        first = asyncio.create_task(held.get("a", 7, slow))
        await asyncio.sleep(0)
        second = asyncio.create_task(held.get("a", 8, slow))
        await asyncio.sleep(0.01)
        slow.end.set()
        assert [(await each)[1] for each in (first, second)] == [7, 8]
        assert slow.begun == 2

    asyncio.run(check())


def test_a_slow_analysis_goes_on_and_is_given_to_who_asks_again() -> None:
    async def check() -> None:
        held, slow = running(), Slow()
        with pytest.raises(RetryLater):
            await held.get("a", 7, slow)
        with pytest.raises(RetryLater):
            await held.get("a", 9, slow)
        slow.end.set()
        assert await held.get("a", 10, slow) == (1, 7)
        assert await held.get("a", 11, slow) == (1, 7)
        assert await held.get("b", 11, slow) == (2, 11)
        await held.close()

    asyncio.run(check())


def test_an_analysis_that_fails_says_why_and_is_not_kept() -> None:
    async def fails(_: Snapshot) -> Any:
        raise InputWrong("no")

    async def check() -> None:
        held = running()
        for _ in range(2):
            with pytest.raises(InputWrong):
                await held.get("a", 7, fails)

    asyncio.run(check())


def test_closing_stops_what_goes_on() -> None:
    async def check() -> None:
        held, slow = running(), Slow()
        with pytest.raises(RetryLater):
            await held.get("a", 7, slow)
        await held.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(check())

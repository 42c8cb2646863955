"""A world with a clock of its own, whose servers are functions, and a diary of all that was waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from hub.outside import Outside

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """``answer`` stands for all servers. ``asked``: seconds since the start at which each request came."""

    answer: Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]
    at: datetime = START
    slept: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def outside(self, **options: Any) -> Outside:
        """The world as a connector sees it."""
        return Outside(
            now=lambda: self.at,
            sleep=self._sleep,
            transport=httpx.MockTransport(self._answer),
            credentials=self.kept,
            keep=self._keep,
            **options,
        )

    async def _sleep(self, seconds: float) -> None:
        assert seconds > 0, "a wait of nothing is a busy loop"
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    async def _keep(self, name: str, value: str) -> None:
        self.kept[name] = value

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((self.at - START).total_seconds())
        self.requests.append(request)
        answer = self.answer(request)
        return answer if isinstance(answer, httpx.Response) else await answer


def in_turn(*answers: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    """One answer after the other; the last one for ever."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        given = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(given, Exception):
            raise given
        # A response is used up as it is read.
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return answer

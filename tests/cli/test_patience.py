"""Following a run: a hub that is busy is asked again, one that stays so is told of."""

import asyncio

import pytest

from hub.cli import runs
from hub.cli.terminal import progress
from hub.client import Client, Json
from hub.errors import RetryLater

ENDED = {"id": "run_1", "finishedAt": "2026-03-01T00:00:00Z", "received": 7, "done": 1.0, "expected": None}


def follow(answers: list[Json | RetryLater]) -> None:
    async def send(text: str, variables: object) -> Json:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, RetryLater):
            raise answer
        return {"data": {"nodes": [answer]}}

    with progress() as shown:
        asyncio.run(runs.follow(Client(send), {"run_1": "calls.csv"}, shown))


def test_busy_hub_is_asked_again() -> None:
    follow([{**ENDED, "finishedAt": None}, RetryLater("This took too long.", after=0.01), ENDED])


def test_hub_that_stays_busy_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PATIENCE", 0.05)
    with pytest.raises(RetryLater, match="took too long"):
        follow([RetryLater("This took too long.", after=0.01)])

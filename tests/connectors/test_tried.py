"""Credentials that are tried before the first pull: a server that says nothing."""

import asyncio

import pytest

from connectors import tried
from hub.limits import Limits


async def never() -> None:
    await asyncio.sleep(60)


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tried, "_LONGEST", 0.1)
    assert list(tried.refused(never, "https://slow.example", "server", "key")) == [
        "server: https://slow.example did not answer within 0.1 seconds."
    ]


def test_it_is_given_up_before_the_request_that_asks_for_it() -> None:
    assert Limits().request_seconds / 2 >= tried._LONGEST


def test_credentials_are_tried_where_an_event_loop_runs() -> None:
    async def well() -> None: ...

    async def main() -> list[str]:
        return list(tried.refused(well, "https://quick.example", "server", "key"))

    assert asyncio.run(main()) == []

"""What the kit tells an author who gave it too little, or whose connector does not end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import httpx
import pytest

from hub import sdk
from hub.testing import ConnectorSuite
from hub.testing import trial as trials
from tests.kit.outcomes import outcome
from tests.kit.till import Scans, Till, TillSuite


def suite(stream: type[sdk.Stream]) -> type[TillSuite]:
    """A suite of the till with this stream alone."""
    connector = type("Alone", (Till,), {"stream_types": (stream,)})
    return type("AloneSuite", (TillSuite,), {"connector": connector})


def test_a_provider_that_is_not_given_is_asked_for() -> None:
    class Without(ConnectorSuite):
        connector = Till
        settings = TillSuite.settings

    assert outcome(Without, "a_rate_limit_is_waited_for") == (
        "Give the suite a provider (an ASGI application, or a method that answers an httpx.Request), or say in "
        'does_not_apply["provider"] why there is none.'
    )


def test_deliveries_that_are_not_given_are_asked_for() -> None:
    class Without(TillSuite):
        def deliveries(self) -> dict[str, list[sdk.Delivery]]:
            return {}

    assert outcome(Without, "a_delivery_told_twice_is_stored_once") == (
        "Give the suite deliveries of calls, as the provider would send them."
    )


def test_a_check_that_there_is_not_cannot_be_left_out() -> None:
    class Without(TillSuite):
        does_not_apply: ClassVar = {"a_rate_limit_is_wated_for": "it has none"}

    assert outcome(Without, "the_manifest_is_complete") == (
        "does_not_apply names a_rate_limit_is_wated_for, which is no check."
    )


def test_a_connector_that_asks_by_ways_of_its_own_is_told_so() -> None:
    class Silent(Scans):
        async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
            return [] if after else [b'{"id": 1, "version": 1, "at": "2026-03-01T09:00:00Z"}']

    assert outcome(suite(Silent), "rows_read_again_change_nothing") == (
        "The provider of the suite was never asked: ask by outside.http, so that the hub can be patient for you."
    )


def test_samples_without_a_row_are_told() -> None:
    class Empty(TillSuite):
        def provider(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, text='{"scans": []}')

    empty = type("EmptySuite", (Empty,), {"connector": suite(Scans).connector})
    assert outcome(empty, "rows_read_again_change_nothing") == "A pull of the samples brings no row."


def test_a_busy_loop_is_told() -> None:
    class Busy(Scans):
        async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
            async with httpx.AsyncClient(transport=self.connector.outside.transport) as http:
                while (answer := await http.get("https://till.example/scans", params={"after": after})).is_error:
                    pass
            return self.listed(answer)

    assert outcome(suite(Busy), "an_outage_ends_the_pull") == (
        "The provider was asked again 51 times at the same moment: wait in between."
    )


def test_a_pull_that_sleeps_for_ever_is_told() -> None:
    class Sleepy(Scans):
        async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
            while True:
                await self.connector.outside.sleep(60)

    assert outcome(suite(Sleepy), "rows_read_again_change_nothing") == (
        "The connector slept 20,000 times and its pull did not end."
    )


def test_a_pull_that_waits_in_real_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Scans):
        async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
            await asyncio.sleep(3600)
            yield sdk.Page([])

    monkeypatch.setattr(trials, "PATIENCE", 0.5)
    assert outcome(suite(Slow), "rows_read_again_change_nothing") == (
        "A pull took more than 0.5 s of real time: does it wait by anything but outside.sleep?"
    )


def test_a_connector_that_falls_over_is_told_with_its_error() -> None:
    class Falling(Scans):
        async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
            raise LookupError("no such till")
            yield sdk.Page([])

    said = outcome(suite(Falling), "rows_read_again_change_nothing")
    assert said.startswith("A pull of the samples does not come to its end: ")
    assert said.endswith("(LookupError('no such till'))")


@pytest.mark.parametrize(
    ("check", "named", "sentence"),
    [
        (
            "the_manifest_is_complete", None,
            "`destinations` is missing: the names of the settings that say where secrets are sent; () when none does.",
        ),
        ("the_manifest_is_complete", ("url", "urll"), "destinations names urll, which is no setting."),
        (
            "secrets_stay_secret", (),
            "till.example is asked because url says so: name url in `destinations`.",
        ),
    ],
)  # fmt: skip
def test_a_destination_that_is_not_named_is_told(check: str, named: tuple[str, ...] | None, sentence: str) -> None:
    connector = type("Elsewhere", (Till,), {"destinations": named})
    assert outcome(type("ElsewhereSuite", (TillSuite,), {"connector": connector}), check) == sentence

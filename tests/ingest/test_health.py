"""How a source does is one word with a reason: what somebody decided first, then what is wrong, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hub import sdk
from hub.ingest.health import Health, HealthState, judge
from hub.ingest.sources import Source
from hub.store.health_facts import EndedPull, Facts
from tests.ingest.builders import NOW, Feed, Rows

SECOND = 1_000_000
HOUR = 3600 * SECOND


class Asked(sdk.Connector):
    """Pulled every hour unless its owner says otherwise."""

    name = "test.asked"
    title = "Pulled every hour"
    every = 3600

    def streams(self) -> Sequence[sdk.Stream]:
        return [Feed()]


class Told(sdk.Connector):
    """Never asked."""

    name = "test.told"
    title = "Never asked"

    def streams(self) -> Sequence[sdk.Stream]:
        return [Rows()]


SOURCE = Source(1, "src_a", "A", "test.asked", Asked(sdk.Settings()), True)
TOLD = Source(1, "src_a", "A", "test.told", Told(sdk.Settings()), True)
CREATED = NOW - 100 * HOUR


def facts(*ends: str | tuple[str, str], pulled_at: int | None = NOW - HOUR // 2, next_at: int | None = None) -> Facts:
    """Of a source whose last pulls ended so, one an hour, the last half an hour ago."""
    pulls = []
    for place, end in enumerate(ends):
        state, error = end if isinstance(end, tuple) else (end, None)
        at = NOW - HOUR // 2 - (len(ends) - 1 - place) * HOUR
        pulls.append(EndedPull(state, at, at + SECOND, error))
    return Facts(
        num=1, id="src_a", name="A", created_at=CREATED, every=None, paused_at=None, notify_url=None, next_at=next_at,
        blocked=None, pulled_at=pulled_at, held_until=None, holder=None, turned_at=None, pulls=pulls,
    )  # fmt: skip


def well(reason: str, state: HealthState = HealthState.HEALTHY) -> Health:
    return Health(state, reason, CREATED)


def test_a_source_that_was_never_pulled_is_new_and_later_late() -> None:
    fresh = replace(facts(pulled_at=None), created_at=NOW - HOUR)
    assert judge(SOURCE, fresh, NOW) == Health(HealthState.NEW, "It was never pulled.", NOW - HOUR)
    assert judge(SOURCE, fresh, NOW + 1) == Health(
        HealthState.LATE, "It should have been pulled at 2025-12-31 23:00 UTC; no worker has done it.", NOW - HOUR
    )
    assert judge(SOURCE, replace(fresh, every=0), NOW + 99 * HOUR).state is HealthState.NEW, "on request only"
    begun = replace(fresh, pulled_at=NOW)
    assert judge(SOURCE, begun, NOW) == Health(HealthState.NEW, "No pull has come to its end yet.", NOW - HOUR)


def test_a_source_is_late_by_more_than_its_interval_unless_somebody_has_it() -> None:
    late = facts("OK", pulled_at=NOW - 2 * HOUR)
    assert judge(SOURCE, late, NOW) == well("The last pull went well.")
    assert judge(SOURCE, late, NOW + 1).state is HealthState.LATE
    assert judge(SOURCE, replace(late, next_at=NOW), NOW + 1).state is HealthState.HEALTHY
    assert judge(SOURCE, replace(late, held_until=NOW + 2), NOW + 1).state is HealthState.HEALTHY
    assert judge(SOURCE, replace(late, held_until=NOW), NOW + 1).state is HealthState.LATE, "whoever had it has died"
    often = replace(late, every=10, pulled_at=NOW - 310 * SECOND)
    assert judge(SOURCE, often, NOW).state is HealthState.HEALTHY, "five minutes at least"
    assert judge(SOURCE, often, NOW + 1).state is HealthState.LATE


def test_three_failures_in_a_row_are_failing_and_fewer_are_told() -> None:
    closed = ("FAILED", "It is closed.")
    assert judge(SOURCE, facts("OK", closed), NOW) == well("It failed once; it is tried again.")
    assert judge(SOURCE, facts("OK", closed, closed), NOW) == well("It failed 2 times; it is tried again.")
    assert judge(SOURCE, facts("OK", closed, closed, closed), NOW) == Health(
        HealthState.FAILING, "It is closed.", NOW - HOUR // 2 - 2 * HOUR
    )
    assert judge(SOURCE, replace(facts("OK", closed), every=0), NOW) == Health(
        HealthState.FAILING, "It is closed.", NOW - HOUR // 2
    )


def test_an_incomplete_pull_is_said_at_once_and_since_the_first_of_them() -> None:
    less = ("INCOMPLETE", "2 of 5 rows came, as the source counts them.")
    assert judge(SOURCE, facts("OK", "FAILED", less, less), NOW) == Health(
        HealthState.INCOMPLETE, less[1], NOW - HOUR // 2 - HOUR
    )
    assert judge(SOURCE, facts("OK", less, "FAILED"), NOW) == Health(
        HealthState.INCOMPLETE, less[1], NOW - HOUR // 2 - HOUR
    )


def test_what_somebody_decided_comes_before_what_is_wrong() -> None:
    bad = facts("FAILED", "FAILED", "FAILED")
    blocked = replace(bad, blocked="The password was changed.")
    assert judge(SOURCE, blocked, NOW) == Health(
        HealthState.SIGN_IN_AGAIN, "The password was changed.", NOW - HOUR // 2 - 2 * HOUR
    )
    broken = replace(SOURCE, connector=None, broken="There is no connector test.asked.")
    assert judge(broken, blocked, NOW) == Health(
        HealthState.BROKEN, "There is no connector test.asked.", NOW - HOUR // 2 - 2 * HOUR
    )
    paused = replace(blocked, paused_at=NOW - 5)
    assert judge(broken, paused, NOW) == Health(
        HealthState.PAUSED, "It is not pulled until somebody resumes it.", NOW - 5
    )
    assert judge(broken, replace(paused, withdrawn_at=NOW - 3), NOW) == Health(
        HealthState.WITHDRAWN, "It was taken out.", NOW - 3
    )


def test_a_source_that_is_told_is_well_and_never_late() -> None:
    assert judge(TOLD, facts(pulled_at=None), NOW + 1000 * HOUR) == well("It takes what it is told.")


@pytest.mark.parametrize("state", list(HealthState))
def test_somebody_need_do_something_about_five_states(state: HealthState) -> None:
    assert state.healthy == (state not in {"LATE", "FAILING", "INCOMPLETE", "SIGN_IN_AGAIN", "BROKEN"})

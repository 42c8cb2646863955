"""When a source is pulled next: pure, with chances that are given."""

from __future__ import annotations

import random

from hub.ingest.pull import PullEnd
from hub.ingest.schedule import LIVE, Following, back_off, following, interval, wait
from tests.work.provider import Provider, connector_of

FAILED = PullEnd("FAILED", "The other side hung up.")
OK = PullEnd("OK")


class Least(random.Random):
    """Always the least."""

    def uniform(self, a: float, b: float) -> float:
        return a


class Most(random.Random):
    """Always the most."""

    def uniform(self, a: float, b: float) -> float:
        return b


def next_after(
    end: PullEnd, interval: float | None = 600, *, failures: int = 0, brought: bool = False, took: float = 0
) -> Following:
    return following(end, interval, failures=failures, brought=brought, took=took, chance=Most())


def test_owner_of_a_source_says_how_often_and_else_its_connector() -> None:
    provider = Provider()
    hourly, live, asked = (
        connector_of(provider, every=3600)({}),
        connector_of(provider, live=True)({}),
        connector_of(provider)({}),
    )
    assert interval(hourly, None) == 3600
    assert interval(hourly, 60) == 60
    assert interval(hourly, 0) is None
    assert interval(live, None) == LIVE == 900
    assert interval(live, 0) is None
    assert interval(asked, None) is None
    assert interval(asked, 60) == 60
    assert interval(None, None) is None


def test_time_counts_from_one_beginning_to_the_next_and_is_spread_by_a_tenth() -> None:
    assert (wait(600, 0, Least()), wait(600, 0, Most())) == (600, 660)
    assert wait(600, 90, Least()) == 510
    assert wait(600, 700, Least()) == 0


def test_failures_in_a_row_double_the_longest_wait_up_to_an_hour() -> None:
    assert [back_off(failures, None, Most()) for failures in (1, 2, 3, 10, 11, 500)] == [4, 8, 16, 2048, 3600, 3600]
    assert [back_off(failures, None, Least()) for failures in (1, 11)] == [1, 1]


def test_source_that_asks_to_wait_is_given_at_least_that() -> None:
    assert back_off(1, 1000, Least()) == 1000
    assert back_off(1, 1000, Most()) == 1100
    assert next_after(PullEnd("FAILED", "Slow down.", after=1000)) == Following(1100.0, 1)


def test_what_failed_counts_up_and_begins_again_once_something_came() -> None:
    assert next_after(FAILED, failures=4) == Following(64.0, 5)
    assert next_after(FAILED, failures=4, brought=True) == Following(4.0, 1)
    assert next_after(OK, failures=4, took=60) == Following(600.0)
    assert next_after(PullEnd("INCOMPLETE", "Less came."), failures=4) == Following(660.0)


def test_source_whose_owner_must_sign_in_again_is_not_pulled() -> None:
    end = PullEnd("FAILED", "The password is wrong.", sign_in=True)
    assert next_after(end, failures=1) == Following(None, 2, "The password is wrong.")


def test_source_that_is_pulled_when_asked_is_not_pulled_again_when_it_failed() -> None:
    assert next_after(FAILED, None) == Following(None, 1)
    assert next_after(OK, None) == Following(None)


def test_pull_that_was_stopped_goes_on_at_once() -> None:
    stopped = PullEnd("INTERRUPTED", "The hub was stopped; the next run resumes.")
    assert next_after(stopped, None, failures=2) == Following(0.0, 2)

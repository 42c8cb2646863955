"""The processor steps back for a crowd: far for a burst, half for one that stays, not at all for a few."""

from __future__ import annotations

from hub.ingest.crowd import Crowd


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def rests(crowd: Crowd, watch: Watch, until: float, every: float = 0.2, together: int = 16) -> list[float]:
    """Rests after batches of a tenth of a second each, while requests come ``together`` until so many seconds."""
    found = []
    for _ in range(round(until / every)):
        crowd.meet(together)
        found.append(crowd.rest(0.1))
        watch.now += every
    return found


def test_a_few_requests_are_no_crowd() -> None:
    watch = Watch()
    assert rests(Crowd(watch), watch, until=20, together=15) == [0.0] * 100


def test_a_burst_comes_first_and_who_stays_shares() -> None:
    watch = Watch()
    assert rests(Crowd(watch), watch, until=12) == [0.9] * 50 + [0.1] * 10


def test_a_crowd_of_which_all_were_answered_is_there_for_a_moment() -> None:
    watch = Watch()
    crowd = Crowd(watch)
    crowd.meet(64)
    watch.now += 0.24
    assert crowd.rest(0.1) == 0.9
    watch.now += 0.01
    assert crowd.rest(0.1) == 0.0


def test_a_crowd_that_comes_again_later_is_a_burst_again() -> None:
    watch = Watch()
    crowd = Crowd(watch)
    assert rests(crowd, watch, until=12)[-1] == 0.1
    watch.now += 0.25
    assert rests(crowd, watch, until=1) == [0.9] * 5


def test_no_rest_is_longer_than_two_seconds() -> None:
    watch = Watch()
    crowd = Crowd(watch)
    crowd.meet(16)
    assert crowd.rest(30.0) == 2.0

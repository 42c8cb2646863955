"""Workers that are killed, put to sleep, or many: every row is stored once, and no source is pulled twice at once."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.desk import Desk
from hub.ingest.hub import Hub
from hub.registry import Registry
from tests.faults.paging import Paged, Pages, installed, serving_pages
from tests.faults.postgres import own_postgres
from tests.faults.serving import PATIENCE, WorkingHub, faults_of_files, held, until_processed

LEASE = 1.0
"""Seconds: as short as may be, so that a test need not wait for a minute."""
Make = Callable[[str], WorkingHub]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Make]:
    """Makes workers of their own processes, and ends those that still run."""
    made: list[WorkingHub] = []
    settings = {**installed(tmp_path / "packages"), "HUB_LEASE_SECONDS": str(LEASE)}

    def make(address: str) -> WorkingHub:
        made.append(WorkingHub(address, tmp_path / f"worker{len(made)}.log", settings=settings))
        return made[-1]

    yield make
    for each in made:
        each.end()


def founded(address: str, provider: Pages, sources: int, every: int) -> list[str]:
    """Make a hub with sources of the provider; their names there."""
    names = [f"s{number}" for number in range(sources)]

    async def made() -> None:
        registry = Registry({"hub.desk": Desk, "test.paged": Paged}, {})
        async with await Hub.open(address, registry) as hub:
            for name in names:
                settings, values = {"url": provider.url(name)}, {"every": every}
                await hub.configuration.create(name, "test.paged", settings, values, book_of_record=True, by="test")

    asyncio.run(made())
    return names


def until(reached: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def stored(address: str) -> Counter[str]:
    """How often each row is stored."""
    return Counter(key for (key,) in held(address, "SELECT key FROM record WHERE stream = 'rows'"))


def done(address: str) -> bool:
    """Whether a pull has come to its end."""
    return held(address, "SELECT count(*) FROM run WHERE kind = 'PULL' AND state = 'OK'") != [(0,)]


@pytest.mark.parametrize(
    ("kills", "rows"), [(3, 150), pytest.param(50, 1250, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
)
def test_killed_worker_stores_each_row_once(sparing_address: str, worker: Make, kills: int, rows: int) -> None:
    """It is killed at random while it pulls from a provider of whose answers 30 % go wrong."""
    address, chance = sparing_address, random.Random()
    with serving_pages(Pages(rows, wrong=0.3)) as provider:
        founded(address, provider, 1, every=3600)
        hub = worker(address)
        for _ in range(kills):
            before = len(provider.asked)
            hub.launch()
            until(lambda before=before: len(provider.asked) > before or done(address))  # type: ignore[misc]
            time.sleep(chance.uniform(0, 1.0))
            assert hub.running, hub.log.read_text()
            hub.kill()
        assert not done(address), "the pull was over before the last kill: give it more rows"
        hub.launch()
        until(lambda: done(address), 600)
        until_processed(address)
    assert stored(address) == Counter(f"s0-{number}" for number in range(rows))
    assert held(address, "SELECT count(*) FROM touchpoint WHERE retracted_at IS NULL") == [(rows,)]
    assert faults_of_files(address) == []
    states = Counter(state for (state,) in held(address, "SELECT state FROM run WHERE kind = 'PULL'"))
    assert states["INTERRUPTED"] > 0 or kills < 10
    assert states["OK"] == 1
    assert states["RUNNING"] == 0
    assert provider.faults > rows / 5 * 0.15
    assert len({process for _, _, process in provider.pulls("s0")}) > kills / 2
    hub.stop()
    assert "Traceback" not in hub.log.read_text()


def at_once(provider: Pages, names: list[str]) -> list[str]:
    """Sources of which two pulls went on at once, as the provider saw it."""
    return [
        name
        for name in names
        for (_, ended, _), (began, _, _) in zip(provider.pulls(name), provider.pulls(name)[1:], strict=False)
        if began < ended
    ]


def test_two_workers_share_twenty_sources_and_one_goes_on_for_both(pg_url: str, worker: Make) -> None:
    with serving_pages(Pages(20, slow=0.02)) as provider:
        names = founded(pg_url, provider, 20, every=60)
        one, other = worker(pg_url), worker(pg_url)
        one.launch()
        other.launch()
        until(lambda: one.ready() and other.ready())
        until(lambda: held(pg_url, "SELECT count(*) FROM run WHERE state = 'OK' AND kind = 'PULL'") == [(20,)])
        # From here on every pull takes long; one of them dies in the middle of some.
        provider.rows, provider.slow = 60, 0.3
        again(pg_url)
        until(lambda: len(by(provider, one)) > 2 and len(by(provider, other)) > 2)
        one.kill()
        died = time.monotonic()
        until(lambda: len(stored(pg_url)) == 20 * 60, 120)
        assert at_once(provider, names) == []
        taken = [
            began - died
            for name in names
            for (_, _, before), (began, _, after) in zip(provider.pulls(name), provider.pulls(name)[1:], strict=False)
            if before != after and began > died
        ]
        assert len(taken) >= 2
        assert LEASE * 0.5 < min(taken) < LEASE + 8
    assert set(stored(pg_url).values()) == {1}
    other.stop()
    assert "Traceback" not in other.log.read_text()


def by(provider: Pages, worker: WorkingHub) -> set[str]:
    """Sources whose last request came from a worker just now."""
    recent = [each for each in list(provider.asked) if each.ended > time.monotonic() - 1 and each.after >= 20]
    return {each.source for each in recent if worker.process and each.process == worker.process.pid}


def again(address: str) -> None:
    """Have all sources pulled now."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("UPDATE truth.lease SET next_at = 0 WHERE next_at IS NOT NULL")


@pytest.mark.long
def test_worker_goes_on_when_its_database_comes_back(worker: Make) -> None:
    with own_postgres() as server, serving_pages(Pages(100, slow=0.1)) as provider:
        address = server.fresh()
        founded(address, provider, 1, every=3600)
        hub = worker(address)
        hub.launch()
        until(lambda: len(stored(address)) >= 10)
        server.stop()
        time.sleep(2 * LEASE)
        assert hub.running
        server.start()
        until(lambda: done(address))
        assert stored(address) == Counter(f"s0-{number}" for number in range(100))
        assert held(address, "SELECT count(*) FROM run WHERE state = 'RUNNING'") == [(0,)]
        hub.stop()
    assert "Traceback" not in hub.log.read_text()


@pytest.mark.long
def test_worker_that_is_stopped_gives_its_sources_back_at_once(pg_url: str, worker: Make) -> None:
    with serving_pages(Pages(250, slow=0.1)) as provider:
        founded(pg_url, provider, 2, every=3600)
        one, other = worker(pg_url), worker(pg_url)
        one.settings = {**one.settings, "HUB_LEASE_SECONDS": "60"}
        one.launch()
        until(lambda: len(stored(pg_url)) >= 10)
        other.launch()
        until(other.ready)
        one.stop()
        assert held(pg_url, "SELECT state FROM run WHERE kind = 'PULL' ORDER BY num LIMIT 2") == [("INTERRUPTED",)] * 2
        until(lambda: len(stored(pg_url)) == 500, 60)
        pulls = [provider.pulls(name) for name in ("s0", "s1")]
        assert [len(each) for each in pulls] == [2, 2]
        assert max(second[0] - first[1] for first, second in pulls) < 10
    assert set(stored(pg_url).values()) == {1}
    assert "Traceback" not in one.log.read_text()


def test_worker_that_slept_stores_nothing_when_it_wakes(pg_url: str, worker: Make) -> None:
    with serving_pages(Pages(100, slow=0.25)) as provider:
        founded(pg_url, provider, 1, every=3600)
        sleeper, other = worker(pg_url), worker(pg_url)
        sleeper.launch()
        until(lambda: len(stored(pg_url)) >= 10)
        sleeper.signal(signal.SIGSTOP)
        other.launch()
        until(lambda: len(provider.pulls("s0")) == 2)
        sleeper.signal(signal.SIGCONT)
        until(lambda: done(pg_url))
        assert stored(pg_url) == Counter(f"s0-{number}" for number in range(100))
        runs = held(pg_url, "SELECT num, state, received FROM run WHERE kind = 'PULL' ORDER BY num")
        assert [state for _, state, _ in runs] == ["INTERRUPTED", "OK"]
        by_run = dict(held(pg_url, "SELECT run, count(*) FROM record WHERE stream = 'rows' GROUP BY run"))
        assert [by_run[num] for num, _, _ in runs] == [received for _, _, received in runs]
        (_, _, first), (began, _, second) = provider.pulls("s0")
        assert (first, second) == tuple(each.process.pid for each in (sleeper, other) if each.process)
        # What it asked for after it woke went nowhere.
        sleepers = [each.after for each in provider.asked if each.process == first and each.ended > began]
        assert len(sleepers) <= 2

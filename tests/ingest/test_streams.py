"""Whatever the hub is told, the order in which it hears and processes it and the size of its batches change nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.ingest.builders import Bench
from tests.ingest.runs import Tally, hear, tallied
from tests.ingest.standing import any_order
from tests.ingest.streams import shuffled, stream


@pytest.fixture
def sqlite_bench(hub_folder: Path) -> Iterator[Bench]:
    with Bench(str(hub_folder)) as bench:
        yield bench


def test_order_and_batches_change_nothing(hub_folder: Path) -> None:
    tally = tallied(str(hub_folder), range(20), 4)
    assert (tally.runs, tally.wrong) == (80, [])


def test_streams_that_once_came_to_something_else_do_not(hub_folder: Path) -> None:
    """A claim emptied in the same batch, a customer lent to what waits, touchpoints given another claim.

    And a refund that had lain in the future when customers were folded by other lifecycle rules.
    """
    tally = tallied(str(hub_folder), [6, 1218, 1492, 1921, 1986], 3)
    assert (tally.runs, tally.wrong) == (15, [])


def test_order_and_batches_change_nothing_on_postgresql(pg_url: str) -> None:
    tally = tallied(pg_url, range(40, 43), 4)
    assert (tally.runs, tally.wrong) == (12, [])


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_order_and_batches_change_nothing_in_twenty_thousand_runs(tmp_path: Path) -> None:
    """Of 4,000 streams, by two processes."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        halves = [pool.submit(tallied, str(tmp_path / f"hub{half}"), range(half, 4000, 2), 5) for half in (0, 1)]
        tallies: list[Tally] = [half.result() for half in halves]
    assert (sum(tally.runs for tally in tallies), [each for tally in tallies for each in tally.wrong]) == (20_000, [])


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_order_and_batches_change_nothing_in_a_thousand_runs_on_postgresql(pg_url: str) -> None:
    """Of 200 streams."""
    tally = tallied(pg_url, range(4000, 4200), 5)
    assert (tally.runs, tally.wrong) == (1000, [])


def test_both_databases_come_to_the_same(sqlite_bench: Bench, pg_url: str) -> None:
    with Bench(pg_url) as other:
        for seed in range(5):
            hear(sqlite_bench, stream(seed), None)
            hear(other, shuffled(stream(seed), seed), [3])
            assert any_order(sqlite_bench) == any_order(other)


TALLY = {
    "customers of several touchpoints": "SELECT count(*) FROM customer WHERE touchpoints > 1",
    "touchpoints of nobody": "SELECT count(*) FROM touchpoint WHERE customer IS NULL AND retracted_at IS NULL",
    "capped identifiers": "SELECT count(*) FROM identifier WHERE capped IS NOT NULL",
    "components with refused joins": "SELECT count(*) FROM (SELECT person_component FROM claim WHERE person_component "
    "IS NOT NULL GROUP BY person_component HAVING count(DISTINCT customer) > 1) AS contested",
    "touchpoints retracted": "SELECT count(*) FROM touchpoint WHERE retracted_at IS NOT NULL",
    "touchpoints that follow": "SELECT count(*) FROM touchpoint WHERE claim IS NULL AND customer IS NOT NULL",
    "matters of somebody": "SELECT count(*) FROM matter WHERE customer IS NOT NULL",
    "organisations of several touchpoints": "SELECT count(*) FROM customer WHERE touchpoints > 1 AND kind <> 'PERSON'",
    "affiliations": "SELECT count(*) FROM affiliation",
    "aliases": "SELECT count(*) FROM identifier WHERE kind = 'alias'",
    "rule sets": "SELECT count(*) FROM rule_set",
    "tags": "SELECT count(*) FROM tag",
    "documents of several rows": "SELECT count(*) FROM (SELECT touchpoint FROM record_touchpoint GROUP BY touchpoint "
    "HAVING count(*) > 1) AS documents",
    "claims that decisions name": "SELECT count(*) FROM claim WHERE touchpoint IS NOT NULL",
    "records withdrawn": "SELECT count(DISTINCT target) FROM withdrawal WHERE kind = 'RECORD'",
    "runs withdrawn": "SELECT count(DISTINCT target) FROM withdrawal WHERE kind = 'RUN'",
    "decisions withdrawn": "SELECT count(DISTINCT target) FROM withdrawal WHERE kind = 'DECISION' AND restore = FALSE",
    "decisions put back": "SELECT count(DISTINCT target) FROM withdrawal WHERE kind = 'DECISION' AND restore = TRUE",
    "exchange rates": "SELECT count(*) FROM exchange_rate",
    "currencies that lack a rate": "SELECT count(*) FROM converted_value WHERE missing > 0",
    "currencies converted": "SELECT count(*) FROM converted_value WHERE revenue <> 0 AND missing = 0",
    "customers with debts": "SELECT count(DISTINCT customer) FROM debt",
    "rows told again": "SELECT sum(unchanged) FROM run",
}


def test_the_streams_collide(sqlite_bench: Bench) -> None:
    """Everything that may come to differ occurs, again and again."""
    tally = dict.fromkeys(TALLY, 0)
    for seed in range(40):
        hear(sqlite_bench, stream(seed), [4])
        for name, statement in TALLY.items():
            tally[name] += sqlite_bench.projection.value(statement)
    assert min(tally.values()) >= 5, tally

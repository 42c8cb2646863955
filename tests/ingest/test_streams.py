"""Whatever the hub is told, the order it processes it in and the size of its batches change nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.identity import resolve
from hub.identity.resolve import Edge
from hub.ingest import mapping
from tests.ingest.builders import Bench
from tests.ingest.streams import Step, shuffled, stream, tell

SIZES = range(1, 10)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path / "hub")) as bench:
        yield bench


@pytest.fixture
def pg_bench(pg_url: str) -> Iterator[Bench]:
    with Bench(pg_url) as bench:
        yield bench


def sizes(seed: int) -> list[int]:
    return random.Random(seed).choices(SIZES, k=9)


def shown(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """All that is shown but how identifiers were written: a writing replaced before it was processed was never seen."""
    dump = bench.dump()
    del dump["search_term"]
    dump["customer"] = [(*row[:3], row[4], *row[6:]) for row in dump["customer"]]
    return dump


def hear(bench: Bench, steps: Sequence[Step], batches: Sequence[int] | None) -> None:
    bench.clear()
    tell(bench, steps, batches)
    assert bench.dump()["dangling"] == []


def differs(bench: Bench, seed: int) -> str | None:
    """In what a stream in small batches, or in another order, differs from the same in one batch."""
    steps = stream(seed)
    hear(bench, steps, None)
    partition, groups, facts, everything = bench.partition(), bench.groups(), bench.facts(), shown(bench)
    hear(bench, steps, sizes(seed))
    if bench.partition() != partition:
        return f"stream {seed}: other customers in small batches"
    if bench.facts() != facts or shown(bench) != everything:
        return f"stream {seed}: other facts in small batches"
    hear(bench, shuffled(steps, seed), sizes(seed + 1))
    if bench.groups() != groups:
        return f"stream {seed}: other customers in another order"
    if bench.facts() != facts:
        return f"stream {seed}: other facts in another order"
    return None


def faults(bench: Bench, seeds: range) -> list[str]:
    return [fault for seed in seeds if (fault := differs(bench, seed))]


def test_batches_and_order_change_nothing(bench: Bench) -> None:
    assert faults(bench, range(60)) == []


def test_batches_and_order_change_nothing_on_postgresql(pg_bench: Bench) -> None:
    assert faults(pg_bench, range(60, 70)) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_streams(bench: Bench) -> None:
    assert faults(bench, range(100, 1100)) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_streams_on_postgresql(pg_bench: Bench) -> None:
    assert faults(pg_bench, range(100, 200)) == []


def test_the_streams_collide(bench: Bench) -> None:
    """Most customers of the streams come from several touchpoints, and some joins are refused."""
    tally = {"together": 0, "split": 0, "nobody": 0, "capped": 0, "retracted": 0, "followed": 0}
    for seed in range(20):
        hear(bench, stream(seed), [4])
        tally["together"] += sum(len(group) > 1 for group in bench.groups())
        tally["nobody"] += sum(belongs == (None, None) for belongs in bench.partition().values())
        tally["capped"] += bench.projection.value("SELECT count(*) FROM identifier WHERE capped IS NOT NULL")
        tally["split"] += bench.projection.value(
            "SELECT count(*) FROM (SELECT person_component FROM claim WHERE person_component IS NOT NULL "
            "GROUP BY person_component HAVING count(DISTINCT customer) > 1) AS contested"
        )
        tally["retracted"] += bench.projection.value("SELECT count(*) FROM touchpoint WHERE retracted_at IS NOT NULL")
        tally["followed"] += bench.projection.value(
            "SELECT count(*) FROM touchpoint WHERE claim IS NULL AND customer IS NOT NULL"
        )
    assert all(count >= 3 for count in tally.values()), tally


# Mutants: a rule broken on purpose is seen --------------------------------------------------------------------


def test_an_order_that_looks_at_time_alone_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without touchpoint and values in the sort key, equal times are decided by whatever came first."""
    whole = resolve.edges_of

    def by_time(claims: Any) -> list[Edge]:
        return sorted(
            whole(sorted(claims, key=lambda claim: repr(claim.key))),
            key=lambda edge: (edge.b[0], edge.a[0], edge.first_at),
        )

    def heard_first(claims: Any) -> list[Edge]:
        places = {node: claim.key for claim in reversed(claims) for node in claim.nodes}
        return sorted(
            by_time(claims),
            key=lambda edge: (edge.b[0], edge.a[0], edge.first_at, places.get(edge.a, 0), places.get(edge.b, 0)),
        )

    monkeypatch.setattr(resolve, "edges_of", heard_first)
    assert faults(bench, range(40)) != []


def test_a_document_known_by_its_first_line_alone_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that come later would not be noticed."""
    monkeypatch.setattr(mapping, "_digest", lambda said: said[0].version.digest)
    assert faults(bench, range(40)) != []

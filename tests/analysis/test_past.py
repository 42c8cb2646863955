"""A customer as of a moment is what a hub that had stopped there would have shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store.excerpt import ExcerptSession
from hub.store.projection import PROJECTION
from hub.store.truth import TRUTH
from tests.analysis.past import compared, left_out
from tests.ingest.builders import Bench


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Bench, Bench]]:
    with Bench(str(tmp_path / "one")) as one, Bench(str(tmp_path / "other")) as other:
        yield one, other


def test_customers_are_what_a_hub_that_stopped_shows(two: tuple[Bench, Bench]) -> None:
    assert [fault for seed in (*range(10), 69, 75, 142, 447) for fault in compared(*two, seed)] == []


def test_customers_are_what_a_hub_that_stopped_shows_on_postgresql(pg_url: str, tmp_path: Path) -> None:
    with Bench(pg_url) as one, Bench(str(tmp_path / "other")) as other:
        assert [fault for seed in range(20, 23) for fault in compared(one, other, seed)] == []


def test_what_happened_later_is_left_out_of_one_as_of_all(two: tuple[Bench, Bench]) -> None:
    assert [fault for seed in range(10) for fault in left_out(two[0], seed)] == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_customers_are_what_a_hub_that_stopped_shows_in_two_thousand_streams(two: tuple[Bench, Bench]) -> None:
    assert [fault for seed in range(1000, 3000) for fault in compared(*two, seed)] == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_what_happened_later_is_left_out_of_one_as_of_all_in_a_thousand_streams(two: tuple[Bench, Bench]) -> None:
    assert [fault for seed in range(1000, 2000) for fault in left_out(two[0], seed)] == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_customers_are_what_a_hub_that_stopped_shows_in_a_hundred_streams_on_postgresql(
    pg_url: str, tmp_path: Path
) -> None:
    with Bench(pg_url) as one, Bench(str(tmp_path / "other")) as other:
        assert [fault for seed in range(3000, 3100) for fault in compared(one, other, seed)] == []


def test_an_excerpt_has_all_tables_of_a_hub() -> None:
    made = ExcerptSession()
    there = {name for (name,) in made.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
    made.close()
    assert there == {table.name for metadata in (TRUTH, PROJECTION) for table in metadata.sorted_tables}

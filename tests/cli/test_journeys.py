"""Attribution, cohorts and funnels at a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Ended, Run


def lines(ended: Ended) -> list[list[str]]:
    assert ended.code == 0, ended.err
    return [line.split() for line in ended.out.splitlines()]


def test_attribution_is_a_table_of_channels(hub: Run, demo_folder: Path) -> None:
    heading, *rows, total = lines(hub("--data", str(demo_folder), "attribution", "--lookback", "365"))
    assert heading == ["conversions", "share", "amount", "removal", "effect", "channel"]
    assert rows
    assert total[1] == "purchases,"
    linear = lines(hub("--data", str(demo_folder), "attribution", "--model", "LINEAR", "--first-only"))
    assert linear[0] == ["conversions", "share", "amount", "channel"]


def test_cohorts_are_a_triangle(hub: Run, demo_folder: Path) -> None:
    heading, *rows, everybody = lines(
        hub("--data", str(demo_folder), "cohorts", "--period", "QUARTER", "--periods", "2")
    )
    assert heading == ["began", "customers", "0", "1", "2"]
    assert rows[0][2] == "100.0%"
    assert sum(int(row[1]) for row in rows) == int(everybody[1])


def test_a_funnel_is_of_stages_or_of_kinds(hub: Run, demo_folder: Path) -> None:
    stages = lines(hub("--data", str(demo_folder), "funnel"))
    assert [row[0] for row in stages[1:]] == ["PROSPECT", "LEAD", "OPPORTUNITY", "CUSTOMER", "LOYAL", "ADVOCATE"]
    counts = [int(row[1]) for row in stages[1:]]
    assert counts == sorted(counts, reverse=True)
    steps = lines(hub("--data", str(demo_folder), "funnel", "form", "invoice", "--within", "365"))
    assert [row[0] for row in steps[1:]] == ["form", "invoice"]

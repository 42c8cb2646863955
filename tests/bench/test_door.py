"""The door of the benchmarks: what it lists, what its last line says, and how it exits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as door
from bench import chart
from bench.measuring import Bench, Figure, in_turn, percentile, ratio
from tests.conftest import ROOT

TRIVIAL = '''"""Counts to {count}."""

from bench.measuring import Bench, Figure


async def measure(bench: Bench) -> list[Figure]:
    bench.chart("Counted", {{"ours": 10.0, "theirs": 2.0}}, " steps", goal=5)
    return [Figure("counted, all", 12, 10, "x"), Figure("counted", {count}, 10, "x")]
'''


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The door, with the benchmarks of a folder."""
    code = (
        "import importlib, pathlib, sys, bench; from bench import __main__ as door; "
        f"here = pathlib.Path({str(folder)!r}); bench.__path__.append(str(here)); door.HERE = here; "
        "door.benchmarks.__defaults__ = (here,); sys.exit(door.main(sys.argv[1:]))"
    )
    return subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def trivial(folder: Path, name: str, count: int) -> None:
    (folder / f"{name}.py").write_text(TRIVIAL.format(count=count))


def test_the_last_line_is_the_worst_figure_with_its_goal(tmp_path: Path) -> None:
    trivial(tmp_path, "counting", 11)
    done = run(tmp_path, "counting", "--quick")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "counting: 11x counted (goal >= 10x) ok"


def test_a_figure_that_falls_short_is_exit_one(tmp_path: Path) -> None:
    trivial(tmp_path, "counting", 9)
    done = run(tmp_path, "counting", "--quick")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "counting: 9x counted (goal >= 10x) short"


def test_a_full_run_leaves_its_bars_as_a_picture_that_fetches_nothing(tmp_path: Path) -> None:
    trivial(tmp_path, "counting", 11)
    assert run(tmp_path, "counting").returncode == 0
    drawn = (tmp_path / "charts" / "counting.svg").read_text()
    assert "theirs" in drawn
    assert "goal" in drawn
    assert "@font-face" not in drawn
    assert "url(http" not in drawn


def test_a_quick_run_leaves_no_picture(tmp_path: Path) -> None:
    trivial(tmp_path, "counting", 11)
    run(tmp_path, "counting", "--quick")
    assert not (tmp_path / "charts").exists()


def test_without_a_name_the_benchmarks_are_listed_with_a_line_each(tmp_path: Path) -> None:
    trivial(tmp_path, "counting", 11)
    (tmp_path / "rows.py").write_text('"""No benchmark: it measures nothing."""\n')
    done = run(tmp_path)
    assert done.stdout == "counting     Counts to 11.\n"


def test_a_name_that_is_none_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "nothing")
    assert done.returncode == 2
    assert "nothing" in done.stderr


def test_the_repository_has_its_benchmarks() -> None:
    known = door.benchmarks()
    assert {"accept", "identity", "imports", "ingest", "merge", "reads", "suggestions"} <= set(known)
    assert all(known.values())


# Figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "line"),
    [
        (Figure("p99", 49.91, 50, " ms", at_most=True), "49.9 ms p99 (goal <= 50 ms) ok"),
        (Figure("p99", 51, 50, " ms", at_most=True), "51 ms p99 (goal <= 50 ms) short"),
        (Figure("F1", 0.7669, 0.764), "0.7669 F1 (goal >= 0.764) ok"),
        (Figure("rows", 12345.6, 10_000, "/s"), "12,346/s rows (goal >= 10,000/s) ok"),
        (Figure("lost", 0, 0, at_most=True), "0 lost (goal <= 0) ok"),
        (Figure("lost", 1, 0, at_most=True), "1 lost (goal <= 0) short"),
        (Figure("gain", None, 10, "x"), "not measured gain (goal >= 10x) short"),
        (Figure("gain", float("nan"), 10, "x"), "nanx gain (goal >= 10x) short"),
    ],
)
def test_a_figure_says_whether_it_reaches_its_goal(figure: Figure, line: str) -> None:
    assert str(figure) == line


def test_what_was_not_measured_is_worse_than_what_falls_short() -> None:
    figures = [Figure("a", 1, 10), Figure("b", None, 10), Figure("c", 11, 10)]
    assert min(figures, key=lambda each: each.margin).what == "b"


def test_ratios_are_taken_within_rounds() -> None:
    assert ratio([10, 40, 9], [10, 20, 10]) == 1.0


def test_percentiles_are_values_that_were_met() -> None:
    assert [percentile(range(1, 101), share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]


async def _in_turn() -> tuple[list[str], dict[str, list[int]]]:
    said: list[str] = []

    async def way(name: str) -> int:
        said.append(name)
        return len(said)

    return said, await in_turn({"a": lambda: way("a"), "b": lambda: way("b")}, 2)


def test_ways_take_turns() -> None:
    assert asyncio.run(_in_turn()) == (["a", "b", "a", "b"], {"a": [1, 3], "b": [2, 4]})


def test_bars_are_printed_with_their_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    Bench("counting").chart("Counted", {"ours": 1234.5}, "/s", goal=2000)
    printed = capsys.readouterr().out
    assert "1,234/s" in printed
    assert "goal" in printed
    assert chart.rounded(0.5) == "0.5"

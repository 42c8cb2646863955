"""Reading again, rebuilding, taking out and putting back, at the terminal; with the hub stopped and served."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Process, Run

MAPPING = {"kind": "profile", "columns": {"key": "id", "name": "name", "email": "mail"}, "occurred_on": "2026-01-01"}


@pytest.fixture
def folder(hub: Run, hub_folder: Path, tmp_path: Path) -> Path:
    """A hub with two imports of two people each."""
    for name, people in (("a.csv", "1,Zoë,z@x.org\n2,Max,m@x.org\n"), ("b.csv", "3,Zoë,z@x.org\n4,Ida,i@x.org\n")):
        (tmp_path / name).write_text(f"id,name,mail\n{people}")
        assert hub("--data", str(hub_folder), "import", name, "--settings", json.dumps(MAPPING)).code == 0
    return hub_folder


def ids(hub: Run, folder: Path, pattern: str) -> list[str]:
    """Ids in what is printed of the source a.csv."""
    shown = hub("--data", str(folder), "source", "show", "a.csv").out
    return re.findall(pattern, shown)


def test_a_rebuild_says_how_fast_it_was_and_that_nothing_differs(hub: Run, folder: Path) -> None:
    ended = hub("--data", str(folder), "rebuild", "--verify")
    assert ended.code == 0, ended.err
    assert re.match(
        r"\d+ records in [\d.]+ s, [\d,]+ a second\.\nFingerprint: [0-9a-f]{64}\nIt is the one of", ended.out
    )
    assert hub("--data", str(folder), "source", "list").code == 0
    assert [path.name for path in folder.glob("projection-*.db")] == ["projection-2.db"]


def test_a_served_hub_rebuilds_and_goes_on(hub: Run, folder: Path, starting: Callable[..., Process]) -> None:
    process = starting(folder, "--data", str(folder), "serve", "--port", "0")
    process.served()
    assert "It is the one of before." in hub("--data", str(folder), "rebuild", "--verify").out
    replayed = hub("--data", str(folder), "replay", "--source", "a.csv", "--yes")
    assert (replayed.code, replayed.out.splitlines()[-1]) == (0, "2 records read again: nothing changes.")
    assert hub("--data", str(folder), "source", "list").code == 0
    assert process.stop()


def test_a_dry_replay_asks_nothing_and_changes_nothing(hub: Run, folder: Path) -> None:
    ended = hub("--data", str(folder), "replay", "--dry-run", "--since", "2026-01-01")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "4 records: 0 can be read that could not, 0 cannot that could.",
        "Touchpoints: none changes. Customers that change: 0.",
        "Nothing was changed.",
    ]
    assert hub("--data", str(folder), "replay", "--until", "2026-01-01", "--dry-run").out.startswith("0 records:")
    wrong = hub("--data", str(folder), "replay", "--since", "yesterday")
    assert (wrong.code, wrong.err.splitlines()[0]) == (
        2, "hub: 'yesterday' is no time: give a date like 2026-01-31, or 2026-01-31T09:00.",
    )  # fmt: skip


def test_a_source_is_taken_out_and_put_back(hub: Run, folder: Path) -> None:
    [source] = set(ids(hub, folder, r"src_\w+"))
    seen = hub("--data", str(folder), "withdraw", source, "--dry-run")
    lines = seen.out.splitlines()
    # Zoë was first heard of by this source: she is left with the other's touchpoint, and its id.
    assert lines[0] == "Touchpoints: 2 retracted. Customers that change: 3."
    assert sorted(re.findall(r"cus_\w+ +(\d → \d) ", seen.out)) == ["0 → 1", "1 → 0", "2 → 0"]
    assert lines[-1] == "Nothing was changed."
    taken = hub("--data", str(folder), "withdraw", source, "--yes")
    assert (taken.code, taken.out.splitlines()[-1]) == (0, "Done.")
    back = hub("--data", str(folder), "restore", source, "--yes")
    assert back.out.splitlines()[0] == "Touchpoints: 2 restored. Customers that change: 3."
    again = hub("--data", str(folder), "restore", source, "--dry-run")
    assert again.out.splitlines()[0] == "Touchpoints: none changes. Customers that change: 0."


def test_what_cannot_be_taken_out_is_said(hub: Run, folder: Path) -> None:
    wrong = hub("--data", str(folder), "withdraw", "cus_x", "--yes")
    assert (wrong.code, wrong.err.splitlines()[0]) == (2, "hub: 'cus_x' is no run, source or record.")
    unknown = hub("--data", str(folder), "withdraw", "rec_999", "--yes")
    assert (unknown.code, unknown.err.splitlines()[0]) == (2, "hub: There is no record 'rec_999'.")
    alone = hub("--data", str(folder), "withdraw", "rec_3")
    assert alone.code == 2
    assert "Nobody is there to be asked" in alone.err

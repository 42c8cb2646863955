"""Trying a file without a hub: nothing is stored, and no hub appears."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_import import CALLS, MAPPING


def test_preview_shows_rows_as_touchpoints(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(CALLS)
    ended = hub("import", "calls.csv", "--settings", json.dumps(MAPPING), "--preview")
    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0].split() == "row when kind who acted amount whose and what".split()
    assert lines[2].split("  ")[-1] == "নাসরিন আক্তার · ০১৭১১-২৩৪৫৬৭ · ডেলিভারি দেরি"
    assert lines[2].startswith("  2  2026-03-01 11:30  call ")
    assert lines[3].startswith("  3  2026-03-02        call ")
    assert lines[4].startswith("  4                    unreadable ")
    assert "yesterday" in lines[4]
    assert ended.err == "Nothing was stored.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv"]


def test_dry_run_counts_rows_that_repeat_or_change_within_the_file(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,Anna\n2,Karim\n1,Anna\n1,Anna Roy\n")
    mapping = {"kind": "profile", "columns": {"key": "id", "name": "name"}, "occurred_on": "2026-01-01"}
    ended = hub("import", "people.csv", "--settings", json.dumps(mapping), "--dry-run")
    assert ended.out.splitlines() == [
        "4 rows, 2 touchpoints, 0 rows that cannot be read",
        "Where none is known yet: 2 new, 1 changed, 1 unchanged, 0 refused",
    ]


def test_dry_run_reads_everything_and_counts(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(CALLS)
    ended = hub("import", "calls.csv", "--settings", json.dumps(MAPPING), "--dry-run")
    assert ended.out.splitlines()[:2] == [
        "4 rows, 3 touchpoints, 1 row that cannot be read",
        "Where none is known yet: 4 new, 0 changed, 0 unchanged, 0 refused",
    ]
    assert "yesterday" in ended.out.splitlines()[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calls.csv"]


def test_preview_shows_reference_data(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "ads.csv").write_text("Id,Day,Cost,Campaign,Network\na1,2026-03-01,12.50,SPR,SOCIAL\n")
    spend = {"on": "Day", "amount": "Cost", "campaign": "Campaign", "channel": "Network"}
    mapping = json.dumps({"columns": {"key": "Id"}, "currency": "EUR", "spend": spend})
    shown = hub("import", "ads.csv", "--settings", mapping, "--preview").out.splitlines()
    assert shown[1].split(maxsplit=4) == ["1", "2026-03-01", "Spend", "12.50", "EUR  SPR · SOCIAL"]
    counted = hub("import", "ads.csv", "--settings", mapping, "--dry-run").out.splitlines()
    assert counted[0] == "1 row, 0 touchpoints, 1 row of reference data, 0 rows that cannot be read"

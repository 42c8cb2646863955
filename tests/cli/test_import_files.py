"""``hub import`` of JSON lines, Parquet and touchpoints; on both databases where the database matters."""

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

import connectors.generic
from tests.cli.conftest import Ended, Run

SAMPLES = Path(connectors.generic.__file__).parent / "samples"
MAPPING = json.dumps({"kind": "call", "columns": {"key": "id", "time": "at", "email": "who.email", "name": "who.name"}})
LINES = [
    '{"id": 1, "at": "2026-03-01T09:30:00Z", "who": {"email": "anna@x.org", "name": "Anna Marino"}}',
    '{"id": 2, "at": "2026-03-02", "who": {"email": "nasrin@x.org", "name": "নাসরিন আক্তার"}}',
]


@pytest.fixture
def hub(hub: Run, hub_address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on an empty hub of either database."""
    monkeypatch.setenv("HUB_DATABASE_URL" if "://" in hub_address else "HUB_DATA", hub_address)
    return hub


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A folder of the test's own with the samples in it, where the command runs."""
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    return tmp_path


def counts(ended: Ended, line: int = 1) -> list[int]:
    """Received, new, changed, unchanged, unreadable."""
    return [int(cell) for cell in ended.out.splitlines()[line].split()[:5]]


def test_files_of_three_forms_meet_in_one_customer(hub: Run, samples: Path) -> None:
    for file, how in (
        ("calls.ndjson", ("--settings", "calls.json")),
        ("orders.parquet", ("--settings", "orders.json")),
        ("touchpoints.ndjson", ("--connector", "generic.touchpoints")),
    ):
        done = hub("import", file, *how)
        assert (done.code, counts(done)[1:]) == (0, [counts(done)[0], 0, 0, 0])
    shown = hub("show", "nasrin@mail.example").out
    # At one moment; which of them comes first depends on the ids.
    assert sorted(" ".join(line.split()[2:]) for line in shown.splitlines() if line.startswith("2026-03-01")) == [
        "PHONE → call ডেলিভারি কবে?",
        "PHONE → call ডেলিভারি দেরি",
        "WEB → order 1,850.00 BDT 1001",
    ]
    assert counts(hub("import", "orders.parquet", "--settings", "orders.json")) == [0, 0, 0, 0, 0]


def test_several_files_are_sources_of_their_own(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(LINES[0] + "\n")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(LINES[1].encode()))
    done = hub("import", "a.ndjson", "b.jsonl.gz", "--settings", MAPPING)
    assert (done.code, counts(done, 1), counts(done, 2)) == (0, [1, 1, 0, 0, 0], [1, 1, 0, 0, 0])
    assert [line.split()[-1] for line in done.out.splitlines()[1:3]] == ["a.ndjson", "b.jsonl.gz"]
    assert len(re.findall(r"^To take it back: hub undo run_\w+$", done.out, re.MULTILINE)) == 2


def test_broken_lines_are_told_with_their_number_and_heal(hub: Run, tmp_path: Path) -> None:
    file = tmp_path / "calls.ndjson"
    file.write_text(f'{LINES[0]}\n{{"id": \n{LINES[1][:40]}')
    first = hub("import", "calls.ndjson", "--settings", MAPPING)
    assert (first.code, counts(first)) == (0, [3, 3, 0, 0, 2])
    told = hub("source", "show", "calls.ndjson").out
    assert "calls.ndjson line 2: the line is not JSON: Expecting value at character 8" in told
    assert "calls.ndjson line 3: the line is not JSON: Unterminated string starting at at character" in told

    file.write_text(f'{LINES[0]}\n{{"id": \n{LINES[1]}\n')
    assert counts(hub("pull")) == [2, 1, 1, 0, 0]  # the whole line, and the half one gone
    assert "1 row could not be read, and kept." in hub("source", "show", "calls.ndjson").out
    assert hub("show", "নাসরিন").code == 0


def test_appended_lines_are_all_that_is_read(hub: Run, tmp_path: Path) -> None:
    file = tmp_path / "calls.ndjson"
    file.write_text(LINES[0] + "\n")
    hub("import", "calls.ndjson", "--settings", MAPPING)
    file.write_text("\n".join([*LINES, ""]))
    assert counts(hub("import", "calls.ndjson", "--settings", MAPPING)) == [1, 1, 0, 0, 0]
    file.write_text("\n".join([*LINES, ""]).replace("Anna Marino", "Anna Bianchi"))
    assert counts(hub("pull")) == [2, 0, 1, 1, 0]


def test_rehearsals_need_no_hub(samples: Path, hub: Run) -> None:
    preview = hub("import", "calls.ndjson", "--settings", "calls.json", "--preview")
    assert (preview.code, len(preview.out.splitlines())) == (0, 4)
    counted = hub("import", "calls.ndjson", "--settings", "calls.json", "--dry-run")
    assert counted.out == (
        "3 rows, 3 touchpoints, 0 rows that cannot be read\n"
        "Where none is known yet: 3 new, 0 changed, 0 unchanged, 0 refused\n"
    )
    wrong = hub("import", "orders.parquet", "--settings", "calls.json", "--dry-run")
    assert wrong.code == 2
    assert wrong.err == (
        "hub: orders.parquet has no column 'id'; "
        "it has: order_no, ordered_at, total, currency, customer.name, customer.email, paid\n"
    )

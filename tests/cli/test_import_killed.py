"""An import that is killed goes on where it was when the same command is given again: every row once."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.cli.conftest import begin

ROWS = 3000
KILLS = (0, 1500)
"""Each kill comes once more rows than these are on disk."""
HALF = ROWS // 2
COPIES = 300
"""Of the second half every fifth row repeats one of the first half word for word."""
MAPPING = {
    "kind": "call",
    "channel": "PHONE",
    "direction": "INBOUND",
    "columns": {"time": "at", "email": "email", "text": "said"},
}


def calls() -> Iterator[dict[str, str]]:
    for number in range(ROWS):
        said = number - HALF * (number >= HALF and number % 5 == 1)
        yield {"at": f"2026-03-{said % 28 + 1:02d}T10:00:00Z", "email": f"p{said % 200}@x.org", "said": f"nr {said} 🍲"}


def written(path: Path) -> Path:
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(list(calls())), path, row_group_size=900)
    elif path.suffix == ".csv":
        lines = (",".join(each.values()) for each in calls())
        path.write_text("\n".join(["at,email,said", *lines]), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in calls()), encoding="utf-8")
    return path


def asking(address: str) -> Callable[[str], list[tuple[str, ...]]]:
    """Reads the truth of a hub beside the process that has it open; nothing before there is a hub."""

    def ask(statement: str) -> list[tuple[str, ...]]:
        try:
            if "://" in address:
                with psycopg.connect(address, options="-c search_path=truth") as session:
                    return session.execute(statement.encode()).fetchall()
            with closing(sqlite3.connect(f"file:{address}/hub.db?mode=ro", uri=True)) as file:
                return file.execute(statement).fetchall()
        except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
            return []

    return ask


@pytest.mark.parametrize(
    "name",
    [
        "calls.ndjson",
        pytest.param("calls.parquet", marks=pytest.mark.long),
        pytest.param("calls.csv", marks=pytest.mark.long),
    ],
)
def test_killed_import_goes_on_and_stores_every_row_once(sparing_address: str, tmp_path: Path, name: str) -> None:
    file = written(tmp_path / name)
    ask = asking(sparing_address)
    # On PostgreSQL the lease of who was killed must run out first.
    environment = {
        "HUB_DATABASE_URL" if "://" in sparing_address else "HUB_DATA": sparing_address,
        "HUB_LEASE_SECONDS": "1",
    }
    command = ("import", str(file), "--settings", json.dumps(MAPPING))
    for rows in KILLS:
        process = begin(tmp_path, *command, environment=environment).process
        deadline = time.monotonic() + 60
        while (stored := ask("SELECT count(*) FROM record") or [("0",)]) and int(stored[0][0]) <= rows:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()
        process.communicate()
    ended = begin(tmp_path, *command, environment=environment).process
    said, _ = ended.communicate(timeout=120)
    assert ended.returncode == 0, said

    records = ask("SELECT key, version, payload FROM record")
    assert len(records) == len({key for key, _, _ in records}) == ROWS
    assert {int(version) for _, version, _ in records} == {1}
    assert Counter(key.rpartition("/")[2] for key, _, _ in records) == {"1": ROWS - COPIES, "2": COPIES}
    assert Counter(state for (state,) in ask("SELECT state FROM run"))["OK"] == 1
    assert sum(int(each) for (each,) in ask("SELECT stored FROM run")) == ROWS

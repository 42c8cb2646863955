"""Snapshots and customers as of a moment at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

MAPPING = {
    "kind": "form", "channel": "WEB",
    "columns": {"key": "id", "name": "name", "email": "mail", "time": "at"},
}  # fmt: skip


def shop(hub: Run, folder: Path) -> str:
    """A hub in which one person wrote twice, under two names."""
    (folder / "a.csv").write_text("id,name,mail,at\n1,Zoë Roy,z@x.org,2026-01-05\n2,Zoë Maria Roy,z@x.org,2026-02-05\n")
    made = str(folder / "h")
    given = ("--connector", "generic.csv", "--settings", json.dumps(MAPPING))
    assert hub("--data", made, "import", "a.csv", *given).code == 0
    return made


def test_a_snapshot_is_kept_until_it_is_dropped(hub: Run, tmp_path: Path) -> None:
    made = shop(hub, tmp_path)
    sets = tmp_path / "h"
    assert hub("--data", made, "snapshot", "take").code == 2
    taken = hub("--data", made, "snapshot", "take", "--occurred-until", "2026-01-31T00:00:00+00:00")
    assert taken.code == 0, taken.err
    id_ = taken.out.split(":")[0]
    listed = hub("--data", made, "snapshot", "list").out
    assert id_ in listed
    assert "ready" in listed
    assert sorted(path.name for path in sets.glob("projection-*.db")) == ["projection-1.db", "projection-2.db"]
    assert hub("--data", made, "snapshot", "drop", id_).out == f"{id_} is gone.\n"
    assert id_ not in hub("--data", made, "snapshot", "list").out
    assert [path.name for path in sets.glob("projection-*.db")] == ["projection-1.db"]


def test_show_prints_a_customer_as_of_a_moment(hub: Run, tmp_path: Path) -> None:
    made = shop(hub, tmp_path)
    now = hub("--data", made, "show", "z@x.org").out
    then = hub("--data", made, "show", "z@x.org", "--occurred-until", "2026-01-31").out
    assert "Zoë Maria Roy" in now
    assert "Zoë Maria Roy" not in then
    assert "Zoë Roy" in then
    known = hub("--data", made, "show", "z@x.org", "--known-until", "1")
    assert (known.code, known.out) == (2, "")

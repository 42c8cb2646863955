"""``hub import`` without settings: what a file may mean is shown with the reasons, and asked."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import connectors.generic
from tests.cli.conftest import Process, Run

SAMPLES = Path(connectors.generic.__file__).parent / "samples"
CUSTOMERS = "No,Name,Mail,Tel\n7,Karim Uddin,karim@mail.example,+8801711234567\n8,আয়েশা,aisha@mail.example,\n"


@pytest.fixture
def hub(hub: Run, hub_address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on an empty hub of either database."""
    monkeypatch.setenv("HUB_DATABASE_URL" if "://" in hub_address else "HUB_DATA", hub_address)
    return hub


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    return tmp_path / "customers.csv"


def test_a_sheet_without_settings_is_shown_and_brought_in(hub: Run, sheet: Path) -> None:
    done = hub("import", "customers.csv", "--yes")
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[:2] == [
        "customers.csv is read by generic.csv, its columns taken for:",
        "column is for example because",
    ]
    assert "Mail email karim@mail.example by its name; it holds mail addresses" in lines
    assert "2 rows, 2 touchpoints, 0 rows that cannot be read" in lines
    assert any(line.startswith("To take it back: hub undo run_") for line in lines)
    assert "আয়েশা" in hub("show", "aisha@mail.example").out


def test_nothing_is_stored_where_nobody_can_be_asked(hub: Run, sheet: Path) -> None:
    done = hub("import", "customers.csv")
    assert done.code == 2
    assert "Nobody is there to be asked; nothing was changed." in done.err
    assert "customers.csv" not in hub("source", "list").out


def test_a_sheet_that_has_grown_is_read_on_as_it_was_set_up(hub: Run, sheet: Path) -> None:
    hub("import", "customers.csv", "--yes")
    sheet.write_text(CUSTOMERS + "9,Anna,anna@mail.example,\n", encoding="utf-8")
    again = hub("import", "customers.csv", "--yes")
    assert again.code == 0
    assert "taken for" not in again.out
    assert [int(cell) for cell in again.out.splitlines()[1].split()[:5]] == [3, 1, 0, 2, 0]


def test_what_was_guessed_can_be_written_down_and_given(hub: Run, sheet: Path) -> None:
    written = hub("import", "customers.csv", "--save-settings", "mapping.json")
    assert (written.code, "Nothing was stored." in written.err) == (0, True)
    mapping = json.loads((sheet.parent / "mapping.json").read_text())
    assert mapping["columns"] == {"email": "Mail", "phone": "Tel", "name": "Name", "key": "No", "contact": "No"}
    assert hub("import", "customers.csv", "--settings", "mapping.json").code == 0


def test_a_workbook_is_brought_in_and_taken_back(hub: Run, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "customers.xlsx", tmp_path)
    done = hub("import", "customers.xlsx", "--yes")
    assert done.code == 0
    assert "عائشہ صدیقی" in hub("show", "aisha@mail.example").out
    run = done.out.split("hub undo ")[1].split()[0]
    assert hub("undo", run, "--yes", "--reason", "wrong file").code == 0
    assert "عائشہ صدیقی" not in hub("show", "aisha@mail.example").out


def test_a_sheet_of_nobody_is_refused_in_a_sentence(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("date,rate\n2026-03-01,1.5\n")
    done = hub("import", "rates.csv", "--yes")
    assert done.code == 2
    assert "Nothing in rates.csv says whose its rows are" in done.err


# Whichever the hub of this machine is, it is not asked.
@pytest.mark.parametrize("hub_address", ["sqlite"], indirect=True)
def test_a_file_is_sent_to_a_hub_that_is_served_elsewhere(
    hub: Run, starting: Callable[..., Process], sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "elsewhere"
    running = starting(folder, "--data", str(folder), "serve", "--port", "0").served()
    monkeypatch.delenv("HUB_DATA", raising=False)
    monkeypatch.delenv("HUB_DATABASE_URL", raising=False)
    monkeypatch.setenv("HUB_URL", running.url)
    monkeypatch.setenv("HUB_TOKEN", running.secret)
    done = hub("import", "customers.csv", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "আয়েশা" in hub("show", "aisha@mail.example").out
    (kept,) = folder.glob("uploads/upl_*/customers.csv")
    assert kept.read_bytes() == sheet.read_bytes()

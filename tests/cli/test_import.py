"""``hub import`` and what follows: pull, show, undo; on both databases."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Run

MAPPING = {
    "kind": "call",
    "channel": "PHONE",
    "direction": "INBOUND",
    "columns": {"key": "id", "time": "at", "name": "name", "phone": "phone", "title": "said"},
    "region": "BD",
    "time_zone": "Asia/Dhaka",
}
CALLS = """id,at,name,phone,said
1,2026-03-01 10:00,Anna Marino,+39 06 6982 1234,Is it open?
2,2026-03-01 11:30,নাসরিন আক্তার,০১৭১১-২৩৪৫৬৭,ডেলিভারি দেরি
3,2026-03-02,عائشہ صدیقی,۰۱۷۱۱-۹۹۸۸۷۷,قیمت کیا ہے؟ 🍲
4,yesterday,Nobody,01711000000,
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING))
    file = tmp_path / "calls.csv"
    file.write_text(CALLS)
    return file


@pytest.fixture
def hub(hub: Run, hub_address: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on an empty hub of either database."""
    monkeypatch.setenv("HUB_DATABASE_URL" if "://" in hub_address else "HUB_DATA", hub_address)
    monkeypatch.setenv("HUB_COMPANY__COUNTRY", "BD")
    monkeypatch.setenv("HUB_COMPANY__TIME_ZONE", "Asia/Dhaka")
    return hub


def import_calls(hub: Run, *more: str) -> Ended:
    return hub("import", "calls.csv", "--settings", "mapping.json", *more)


def counts(ended: Ended) -> list[int]:
    """Received, new, changed, unchanged, unreadable."""
    return [int(cell) for cell in ended.out.splitlines()[1].split()[:5]]


def test_import_is_shown_pulled_and_taken_back(hub: Run, calls: Path) -> None:
    first = import_calls(hub)
    assert (first.code, counts(first)) == (0, [4, 4, 0, 0, 1])
    run = re.search(r"^To take it back: hub undo (run_\w+)$", first.out, re.MULTILINE)
    assert run
    assert re.search(r"1 row could not be read; `hub source show src_\w+` says why", first.err)

    shown = hub("show", "০১৭১১-২৩৪৫৬৭")
    assert shown.out.splitlines()[1] == "নাসরিন আক্তার"
    assert "2026-03-01 11:30  PHONE → call    ডেলিভারি দেরি" in shown.out
    assert hub("show", "+8801711234567").out == shown.out
    assert hub("show", "নাসরিন").out == shown.out

    calls.write_text(CALLS.replace("Is it open?", "Is it open on Sundays?") + "5,2026-03-03 09:00,Karim,01711555666,\n")
    assert counts(hub("pull"))[1:] == [1, 1, 3, 0]
    assert "Is it open on Sundays?" in hub("show", "Anna Marino").out

    undone = hub("undo", run[1], "--yes")
    assert (undone.code, undone.out.splitlines()[-1]) == (0, "Done.")
    assert hub("show", "নাসরিন").code == 2
    assert hub("undo", run[1], "--yes", "--restore").code == 0
    assert hub("show", "নাসরিন").out == shown.out


def test_import_twice_is_unchanged(hub: Run, calls: Path) -> None:
    import_calls(hub)
    calls.write_text(CALLS)  # the same content, another time
    again = import_calls(hub)
    assert again.code == 0
    assert counts(again)[1:3] == [0, 0]
    assert hub("source", "list").out.count("calls.csv") == 1


def test_other_settings_are_another_source(hub: Run, calls: Path) -> None:
    import_calls(hub)
    refused = hub("import", "calls.csv", "--settings", json.dumps({**MAPPING, "region": "IT"}))
    assert refused.code == 2
    assert "There is a source named 'calls.csv' already, with another connector or other settings." in refused.err
    assert hub("import", "calls.csv", "--settings", json.dumps({**MAPPING, "region": "IT"}), "--name", "It").code == 0


def test_unreadable_rows_are_told(hub: Run, calls: Path) -> None:
    import_calls(hub)
    told = hub("source", "show", "calls.csv").out
    assert "1 row could not be read, and kept." in told
    (record,) = re.findall(r"^  (rec_\w+)  rows 4: .*yesterday", told, re.MULTILINE)
    assert hub("withdraw", record, "--yes").code == 0
    assert "could not be read" not in hub("source", "show", "calls.csv").out


def test_failed_pull_ends_with_one(hub: Run, calls: Path) -> None:
    import_calls(hub)
    calls.unlink()
    ended = hub("pull")
    assert ended.code == 1
    assert re.search(r"^hub: calls\.csv: .*calls\.csv", ended.err, re.MULTILINE)


def test_several_hits_are_listed_with_ids(hub: Run, calls: Path) -> None:
    calls.write_text(CALLS + "6,2026-03-04 10:00,Anna Bianchi,+39 06 6982 9999,\n")
    import_calls(hub)
    listed = hub("show", "anna")
    assert listed.code == 0
    assert len(re.findall(r"^cus_\w{28}  LEAD ", listed.out, re.MULTILINE)) == 2
    one = re.search(r"^(cus_\w+) .*Anna Bianchi$", listed.out, re.MULTILINE)
    assert one
    assert hub("show", one[1]).out.splitlines()[1] == "Anna Bianchi"

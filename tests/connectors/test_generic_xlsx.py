"""Workbooks through a mapping: cells of every type, sheets, pulls that go on, and files that are none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import connectors.generic
from connectors.generic.xlsx import Workbook
from hub import sdk

SAMPLE = Path(connectors.generic.__file__).parent / "samples" / "customers.xlsx"
HEADER = ("id", "email", "at")


def workbook(path: Path, **settings: Any) -> Workbook:
    columns = {"key": "id", "email": "email", "time": "at"}
    return Workbook(Workbook.Settings.model_validate({"path": path, "columns": columns} | settings))


def written(folder: Path, sheets: dict[str, Iterable[Sequence[Any]]], name: str = "book.xlsx") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        held = book.create_sheet(title)
        for row in rows:
            held.append(row)
    book.save(folder / name)
    return folder / name


def numbered(folder: Path, count: int) -> Path:
    return written(folder, {"a": [HEADER, *((n, f"p{n}@mail.example", date(2026, 3, 1)) for n in range(count))]})


def pull(connector: Workbook, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    async def everything() -> list[sdk.Page]:
        stream = connector.streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [page async for page in stream.pages(None if cursor is None else json.loads(json.dumps(cursor)))]

    return asyncio.run(everything())


def rows(pages: Iterable[sdk.Page]) -> list[sdk.Row]:
    return [row for page in pages for row in page.rows]


def test_the_sample_gives_its_customers() -> None:
    found = Workbook.guess(SAMPLE, country="BD", currency="BDT", time_zone="Asia/Dhaka")
    assert found is not None
    assert found.settings["columns"] == {
        "email": "ইমেইল", "phone": "মোবাইল", "birthday": "জন্ম তারিখ", "time": "Joined", "name": "নাম",
        "city": "শহর", "text": "Note", "key": "No", "contact": "No",
    }  # fmt: skip
    connector = Workbook(Workbook.Settings.model_validate({**found.settings, "path": SAMPLE}))
    assert list(connector.check()) == []
    first, second, third = (
        one for row in rows(pull(connector)) for one in connector.streams()[0].touchpoints(row)
    )  # fmt: skip
    assert isinstance(first, sdk.Touchpoint)
    assert isinstance(second, sdk.Touchpoint)
    assert isinstance(third, sdk.Touchpoint)
    assert first.traits == {"name": "নাসরিন আক্তার", "city": "ঢাকা", "birthday": "1991-03-26"}
    assert first.occurred_at == datetime(2026, 1, 5, 3, 30, tzinfo=UTC)
    assert first.text == "🎂 card, please"
    assert second.traits == {"name": "عائشہ صدیقی", "city": "لاہور"}
    assert third.identifiers[0] == sdk.contact("3", sdk.Side.PERSON)


def test_cells_of_every_type_become_json(tmp_path: Path) -> None:
    cells = [
        7,
        0.1,
        1e10,
        "০৭",
        True,
        date(2026, 3, 1),
        datetime.fromisoformat("2026-03-01T09:30"),
        time(9, 30),
        timedelta(hours=2),
    ]
    path = written(tmp_path, {"a": [[f"c{n}" for n in range(len(cells))], cells]})
    (row,) = rows(pull(workbook(path, columns={}, occurred_on="2026-03-01")))
    assert row.payload.decode() == (
        '{"c0":7,"c1":0.1,"c2":10000000000,"c3":"০৭","c4":true,"c5":"2026-03-01","c6":"2026-03-01T09:30:00",'
        '"c7":"09:30:00","c8":7200.0}'
    )


def test_the_first_sheet_with_rows_is_read_unless_one_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, {"empty": [], "a": [HEADER, (1, "a@x.org", None)], "b": [HEADER, (2, "b@x.org", None)]})
    assert [row.key for row in rows(pull(workbook(path)))] == ["1"]
    assert [row.key for row in rows(pull(workbook(path, sheet="b")))] == ["2"]
    assert list(workbook(path, sheet="c").check()) == ["book.xlsx has no sheet 'c'; it has: empty, a, b"]


def test_columns_that_are_missing_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, {"a": [("no", "email", "email"), (1, "a@x.org", "b@x.org")]})
    assert list(workbook(path).check()) == [
        "book.xlsx has no column 'id'; it has: no, email, email (2)",
        "book.xlsx has no column 'at'; it has: no, email, email (2)",
    ]


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_pull_goes_on_behind_any_page(tmp_path: Path, stop: int) -> None:
    connector = workbook(numbered(tmp_path, 2500))
    pages = pull(connector)
    assert [len(page.rows) for page in pages] == [100, 1000, 1000, 400]
    before = rows(pages[:stop])
    assert rows(pull(connector, pages[stop - 1].cursor)) == rows(pages)[len(before) :]


def test_a_book_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    connector = workbook(numbered(tmp_path, 3))
    cursor = pull(connector)[-1].cursor
    assert rows(pull(connector, cursor)) == []
    numbered(tmp_path, 4)
    assert [row.key for row in rows(pull(connector, cursor))] == ["0", "1", "2", "3"]


def test_rows_without_a_key_are_named_by_what_they_say_and_how_often(tmp_path: Path) -> None:
    row = ("", "a@x.org", date(2026, 3, 1))
    path = written(tmp_path, {"a": [HEADER, row, row]})
    first, second = (found.key for found in rows(pull(workbook(path))))
    assert (first[-2:], second) == ("/1", first[:-1] + "2")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"id,email\n1,a@x.org\n"])
def test_a_file_that_is_no_workbook_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "book.xlsx").write_bytes(content)
    (fault,) = workbook(tmp_path / "book.xlsx").check()
    assert fault.startswith("book.xlsx cannot be read as a workbook: ")


def test_a_folder_of_books_is_one_source(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        written(tmp_path, {"s": [HEADER, (name, f"{name[0]}@x.org", date(2026, 3, 1))]}, name)
    pages = pull(workbook(tmp_path))
    assert [row.key for row in rows(pages)] == ["a.xlsx", "b.xlsx"]
    assert pages[-1].done == 1.0

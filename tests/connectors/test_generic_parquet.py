"""Parquet files through a mapping: rows as canonical JSON, every type, and pulls that go on."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

import connectors.generic
from connectors.generic.parquet import Table
from hub import sdk

SAMPLES = Path(connectors.generic.__file__).parent / "samples"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def table(path: Path, **settings: Any) -> Table:
    return Table(Table.Settings.model_validate({"path": path, "columns": {"key": "id", "time": "at"}} | settings))


def pull(connector: Table, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    async def everything() -> list[sdk.Page]:
        stream = connector.streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [page async for page in stream.pages(None if cursor is None else json.loads(json.dumps(cursor)))]

    return asyncio.run(everything())


def rows(pages: Iterable[sdk.Page]) -> list[sdk.Row]:
    return [row for page in pages for row in page.rows]


def written(tmp_path: Path, columns: dict[str, Any], name: str = "calls.parquet", **options: Any) -> Path:
    parquet.write_table(pa.table(columns), tmp_path / name, **options)
    return tmp_path / name


def numbered(tmp_path: Path, count: int, **options: Any) -> Path:
    return written(tmp_path, {"id": range(count), "at": pa.array([NOON] * count, pa.timestamp("us", "UTC"))}, **options)


def test_the_sample_gives_its_orders() -> None:
    connector = table(SAMPLES / "orders.parquet", **json.loads((SAMPLES / "orders.json").read_text()))
    assert list(connector.check()) == []
    found = rows(pull(connector))
    assert [row.payload.decode() for row in found] == [
        '{"currency":"BDT","customer":{"email":"nasrin@mail.example","name":"নাসরিন আক্তার"},"order_no":1001,"ordered_at":"2026-03-01T04:00:00Z","paid":true,"total":1850.00}',  # noqa: E501
        '{"currency":"EUR","customer":{"email":"anna@marino.example","name":"Anna Marino"},"order_no":1002,"ordered_at":"2026-03-01T06:30:00.250000Z","paid":false,"total":99.90}',  # noqa: E501
        '{"currency":"EUR","customer":{"email":null,"name":"عائشہ صدیقی"},"order_no":1003,"ordered_at":"2026-03-02T08:05:00Z"}',  # noqa: E501
    ]
    (first,) = connector.streams()[0].touchpoints(found[0])
    assert first == sdk.Touchpoint(
        kind="order",
        channel=sdk.Channel.WEB,
        direction=sdk.Direction.INBOUND,
        occurred_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
        title="1001",
        amount=sdk.Money(Decimal(1850), "BDT"),
        identifiers=(sdk.email("nasrin@mail.example"),),
        traits={"name": "নাসরিন আক্তার"},
        properties={"paid": True},
    )
    assert [row.key for row in found] == ["1001", "1002", "1003"]


def test_every_type_has_a_form_in_json(tmp_path: Path) -> None:
    columns = {
        "id": [1],
        "at": pa.array([NOON], pa.timestamp("ns", "Asia/Dhaka")),
        "local": pa.array([datetime(2026, 3, 1, 9, 30)], pa.timestamp("ms")),  # noqa: DTZ001 (as such files hold it)
        "exact": pa.array([Decimal("99999999999999999999999999.123450")], pa.decimal128(38, 6)),
        "single": pa.array([0.1], pa.float32()),
        "double": pa.array([0.1 + 0.2]),
        "nan": pa.array([float("nan")]),
        "infinite": pa.array([float("-inf")]),
        "big": pa.array([2**64 - 1], pa.uint64()),
        "text": pa.array([b"\xe0\xa6\x86"]),
        "bytes": pa.array([b"\xff\xfe"]),
        "day": pa.array([date(2026, 1, 2)]),
        "clock": pa.array([clock(1, 2, 3)], pa.time64("ns")),
        "span": pa.array([timedelta(seconds=1.5)], pa.duration("ns")),
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
        "deep": pa.array(
            [[{"at": NOON, "sum": Decimal("0.10")}]],
            pa.list_(pa.struct([("at", pa.timestamp("ns", "UTC")), ("sum", pa.decimal128(9, 2))])),
        ),
        "kind": pa.array(["x"]).dictionary_encode(),
        "nothing": pa.nulls(1),
    }
    (row,) = rows(pull(table(written(tmp_path, columns))))
    assert row.payload.decode() == (
        '{"at":"2026-03-01T12:00:00Z","big":18446744073709551615,"bytes":"//4=","clock":"01:02:03","day":"2026-01-02",'
        '"deep":[{"at":"2026-03-01T12:00:00Z","sum":0.10}],"double":0.30000000000000004,'
        '"exact":99999999999999999999999999.123450,"id":1,"infinite":"-Infinity","kind":"x",'
        '"local":"2026-03-01T09:30:00","map":{"k":1},"single":0.1,"span":1.5,"text":"আ"}'
    )


def test_a_value_that_no_calendar_has_costs_its_own_row_only(tmp_path: Path) -> None:
    far = pa.array([0, 2**60, 1000], pa.int64()).cast(pa.timestamp("ms"))
    connector = table(written(tmp_path, {"id": [1, 2, 3], "at": far}))
    first, second, third = rows(pull(connector))
    assert (first.payload, third.payload) == (
        b'{"at":"1970-01-01T00:00:00","id":1}',
        b'{"at":"1970-01-01T00:00:01","id":3}',
    )
    with pytest.raises(sdk.RowUnreadable, match=r"^at: .* is not a time of the form ISO 8601"):
        list(connector.streams()[0].touchpoints(second))


def test_text_that_is_no_text_is_kept_as_far_as_it_is(tmp_path: Path) -> None:
    spoiled = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xffb")])
    (row,) = rows(pull(table(written(tmp_path, {"id": [1], "at": [NOON], "n": spoiled}))))
    assert json.loads(row.payload)["n"] == "a\ufffdb"


def test_a_column_that_is_missing_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": [1], "who": [{"mail": "x"}]})
    assert list(table(path, columns={"time": "at", "email": "who.email", "key": "id"}).check()) == [
        "calls.parquet has no column 'at'; it has: id, who.mail",
        "calls.parquet has no column 'who.email'; it has: id, who.mail",
    ]


@pytest.mark.parametrize("content", [b"", b"id,name\n1,x\n", b"PAR1 and then it was cut"])
def test_a_file_that_is_no_parquet_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "calls.parquet"
    path.write_bytes(content)
    (told,) = table(path).check()
    assert told.startswith("calls.parquet is no whole Parquet file: Parquet ")
    with pytest.raises(sdk.SourceFailed, match="is no whole Parquet file"):
        pull(table(path))


def test_without_its_library_the_sentence_says_which_command_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = numbered(tmp_path, 1)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert list(table(path).check()) == [
        "Parquet is read by pyarrow, which is not installed here: pip install 'journey-hub[parquet]'"
    ]


@pytest.mark.parametrize("key", ["id", None])
def test_a_pull_goes_on_behind_the_last_page_that_was_stored(tmp_path: Path, key: str | None) -> None:
    path = numbered(tmp_path, 2500, row_group_size=700)
    connector = table(path, columns={"key": key, "time": "at"})
    pages = pull(connector)
    assert [len(page.rows) for page in pages] == [100, 1000, 1000, 400]
    assert rows(pull(connector, pages[-1].cursor)) == []
    for stored, page in enumerate(pages):
        assert rows(pull(connector, page.cursor)) == rows(pages[stored + 1 :])


def test_copies_are_numbered_alike_wherever_a_pull_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, {"at": pa.array([NOON] * 1500), "n": [number % 3 for number in range(1500)]})
    connector = table(path, columns={"time": "at"})
    pages = pull(connector)
    keys = [row.key for row in rows(pages)]
    assert (len(set(keys)), keys[-1].rpartition("/")[2]) == (1500, "500")
    assert [row.key for row in rows(pull(connector, pages[1].cursor))] == keys[1100:]


def test_a_file_that_was_written_anew_is_read_again(tmp_path: Path) -> None:
    cursor = pull(table(numbered(tmp_path, 200)))[-1].cursor
    assert rows(pull(table(numbered(tmp_path, 200)), cursor)) == []
    assert len(rows(pull(table(numbered(tmp_path, 201)), cursor))) == 201


def test_files_of_a_folder_are_read_once_each(tmp_path: Path) -> None:
    numbered(tmp_path, 2, name="a.parquet")
    cursor = pull(table(tmp_path))[-1].cursor
    numbered(tmp_path, 3, name="b.pq")
    assert [row.key for row in rows(pull(table(tmp_path), cursor))] == ["0", "1", "2"]

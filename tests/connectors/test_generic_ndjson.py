"""JSON lines through a mapping: bytes as in the file, every digit, broken lines kept, and pulls that go on."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import tracemalloc
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import connectors.generic
from connectors.generic.ndjson import Lines
from hub import sdk

SAMPLES = Path(connectors.generic.__file__).parent / "samples"
COLUMNS = {"key": "id", "time": "at", "email": "who.email"}


def lines(path: Path, **settings: Any) -> Lines:
    return Lines(Lines.Settings.model_validate({"path": path, "columns": COLUMNS, "kind": "call"} | settings))


def pull(connector: Lines, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    """All pages; the cursor as the hub gives it back, from its JSON."""

    async def everything() -> list[sdk.Page]:
        stream = connector.streams()[0]
        assert isinstance(stream, sdk.PullStream)
        kept = None if cursor is None else json.loads(json.dumps(cursor))
        return [page async for page in stream.pages(kept)]

    return asyncio.run(everything())


def rows(pages: Iterable[sdk.Page]) -> list[sdk.Row]:
    return [row for page in pages for row in page.rows]


def meaning(connector: Lines, row: sdk.Row) -> sdk.Touchpoint:
    (one,) = connector.streams()[0].touchpoints(row)
    assert isinstance(one, sdk.Touchpoint)
    return one


def written(tmp_path: Path, content: bytes, name: str = "calls.ndjson") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def call(number: int, **more: Any) -> bytes:
    said = {"id": number, "at": "2026-03-01T09:30:00Z", "who": {"email": f"p{number}@x.org"}, **more}
    return json.dumps(said, ensure_ascii=False).encode()


def told(tmp_path: Path, content: bytes, **settings: Any) -> sdk.Touchpoint:
    connector = lines(written(tmp_path, content), **settings)
    return meaning(connector, rows(pull(connector))[0])


def fault(connector: Lines, row: sdk.Row) -> str:
    with pytest.raises(sdk.RowUnreadable) as raised:
        list(connector.streams()[0].touchpoints(row))
    return raised.value.message


# What a line means --------------------------------------------------------------------------------------------


def test_the_sample_gives_its_lines_byte_for_byte_and_its_calls() -> None:
    connector = lines(SAMPLES / "calls.ndjson", **json.loads((SAMPLES / "calls.json").read_text()))
    assert list(connector.check()) == []
    found = rows(pull(connector))
    assert b"\n".join(row.payload for row in found) + b"\n" == (SAMPLES / "calls.ndjson").read_bytes()
    assert [(row.key, row.envelope) for row in found] == [("c-1", {}), ("c-2", {}), ("c-3", {})]
    nasrin, aisha, anna = (meaning(connector, row) for row in found)
    assert nasrin == sdk.Touchpoint(
        kind="call",
        channel=sdk.Channel.PHONE,
        direction=sdk.Direction.INBOUND,
        occurred_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
        text="ডেলিভারি দেরি",
        identifiers=(sdk.email("nasrin@mail.example"), sdk.phone("০১৭১১-২৩৪৫৬৭", "BD")),
        traits={"name": "নাসরিন আক্তার"},
        properties={"seconds": 240, "answered": True, "tags": ["delivery"]},
    )
    assert (aisha.text, aisha.properties) == ("قیمت کیا ہے؟ 🍲", {"seconds": 35, "answered": False})
    assert anna.amount == sdk.Money(Decimal("99.9"), "EUR")


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    for written_, amount in (
        ("12.50", "12.5"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("1e3", "1000"),
        ('"1,200.50"', "1200.50"),
        ("90071992547409.93", "90071992547409.93"),
    ):
        content = b'{"id": 123456789012345678901234567890, "at": "2026-03-01", "sum": %s}' % written_.encode()
        columns = {"key": "id", "time": "at", "amount": "sum"}
        connector = lines(written(tmp_path, content), columns=columns, currency="EUR", properties=["id"])
        (row,) = rows(pull(connector))
        assert meaning(connector, row).amount == sdk.Money(Decimal(amount), "EUR")
        assert row.key == "123456789012345678901234567890"


def test_a_number_is_read_as_json_writes_it_whatever_texts_are_written_like(tmp_path: Path) -> None:
    columns = {"time": "at", "amount": "sum"}
    for said, amount in (("12.5", "12.5"), ('"12,5"', "12.5")):
        one = told(
            tmp_path, b'{"at":"2026-03-01","sum":%s}' % said.encode(), columns=columns, currency="EUR",
            decimal_comma=True,
        )  # fmt: skip
        assert one.amount == sdk.Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("said", "pattern", "at"),
    [
        ("1772357400", "unix", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("1772357400.25", "unix", datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("1772357400123", "unix_ms", datetime(2026, 3, 1, 9, 30, 0, 123_000, tzinfo=UTC)),
        ('{"$date": "2026-03-01T09:30:00Z"}', None, datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_times_are_text_or_seconds(tmp_path: Path, said: str, pattern: str | None, at: datetime) -> None:
    column = "at.$date" if said.startswith("{") else "at"
    assert told(tmp_path, f'{{"at": {said}}}'.encode(), columns={"time": column}, date_format=pattern).occurred_at == at


def test_members_of_members_and_of_lists_are_named_with_dots(tmp_path: Path) -> None:
    content = (
        b'{"at":"2026-03-01","who":{"mails":[{"a":"x@x.org"},{"a":"y@x.org"}]},"who.name":"Z","deep":{"er":{"n":1}}}'
    )
    columns = {"time": "at", "email": "who.mails.1.a", "name": "who.name"}
    one = told(tmp_path, content, columns=columns, properties="*")
    assert one.identifiers == (sdk.email("y@x.org"),)
    assert one.traits == {"name": "Z"}
    assert one.properties == {"who.mails": [{"a": "x@x.org"}, {"a": "y@x.org"}], "deep.er.n": 1}


def test_an_object_where_a_value_is_meant_says_what_is_in_it(tmp_path: Path) -> None:
    connector = lines(written(tmp_path, call(1)), columns={"time": "at", "email": "who"})
    (row,) = rows(pull(connector))
    assert fault(connector, row) == "who: an object is no value"
    connector = lines(written(tmp_path, call(1)), columns={"key": "who", "time": "at"})
    assert rows(pull(connector))[0].key.startswith("row/")


def test_not_a_number_is_no_value_and_infinity_is_no_amount(tmp_path: Path) -> None:
    columns = {"time": "at", "amount": "sum"}
    path = written(tmp_path, b'{"at":"2026-03-01","sum":NaN,"x":NaN}\n{"at":"2026-03-01","sum":-Infinity}')
    connector = lines(path, columns=columns, currency="EUR", properties="*")
    nothing, infinite = rows(pull(connector))
    assert (meaning(connector, nothing).amount, meaning(connector, nothing).properties) == (None, {})
    assert fault(connector, infinite) == "sum: '-Infinity' is not an amount"


def test_of_a_member_that_repeats_the_last_stands(tmp_path: Path) -> None:
    content = b'{"id":1,"at":"2026-03-01","id":2}'
    connector = lines(written(tmp_path, content), columns={"key": "id", "time": "at"})
    assert [(row.key, row.payload) for row in rows(pull(connector))] == [("2", content)]


def test_only_the_objects_asked_for_are_this_sources(tmp_path: Path) -> None:
    path = written(tmp_path, b"\n".join([call(1, via="fair"), call(2, via=["fair"]), call(3), call(4, via="fair")]))
    assert [row.key for row in rows(pull(lines(path, where={"via": "fair"})))] == ["1", "4"]


def test_whole_numbers_of_data_frames_are_whole(tmp_path: Path) -> None:
    content = b'{"id":1001.0,"at":"2026-03-01","who":8801711234567.0}'
    connector = lines(written(tmp_path, content), columns={"key": "id", "time": "at", "phone": "who"})
    (row,) = rows(pull(connector))
    assert (row.key, meaning(connector, row).identifiers) == ("1001", (sdk.phone("8801711234567"),))


# Keys ---------------------------------------------------------------------------------------------------------


def test_without_a_key_content_and_copy_name_a_row_whatever_the_order_of_members(tmp_path: Path) -> None:
    content = b'{"at":"2026-03-01","n":1}\n{"n":1, "at":"2026-03-01"}\n{"at":"2026-03-01","n":2}\n'
    keys = [row.key for row in rows(pull(lines(written(tmp_path, content), columns={"time": "at"})))]
    assert [key[:4] + key[-2:] for key in keys] == ["row//1", "row//2", "row//1"]
    assert keys[0][:-2] == keys[1][:-2] != keys[2][:-2]


def test_half_surrogates_have_a_key_too(tmp_path: Path) -> None:
    connector = lines(written(tmp_path, b'{"at":"2026-03-01","n":"\\ud83d"}'), columns={"time": "at", "text": "n"})
    (row,) = rows(pull(connector))
    assert row.key.startswith("row/")
    assert meaning(connector, row).text == "\ud83d"  # the hub writes what it can store


def test_a_key_longer_than_an_index_takes_is_its_digest(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"id":"%s","at":"2026-03-01"}' % (b"x" * 501))
    (row,) = rows(pull(lines(path, columns={"key": "id", "time": "at"})))
    assert (row.key[:5], len(row.key)) == ("long/", 69)


# Broken files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b'{"id": "1", ', "calls.ndjson line 2: the line is not JSON: Expecting property name enclosed in double quotes at character 13"),  # noqa: E501
        (b'{"id": "\xff"}', "calls.ndjson line 2: the line is not UTF-8 at byte 9"),
        (b"[1, 2]", "calls.ndjson line 2: the line is a list, not a JSON object"),
        (b"7", "calls.ndjson line 2: the line is a single value, not a JSON object"),
        (b"[" * 100_000, "calls.ndjson line 2: the line is not JSON that can be read"),
        (b"\x00" * 300, "calls.ndjson line 2: the line is not JSON: Expecting value at character 1"),
        (b'{"n": "' + b"x" * (1 << 20) + b'"}', "calls.ndjson line 2: 1,048,586 bytes are more than a line may have"),
    ],
)  # fmt: skip
def test_a_broken_line_is_a_row_with_a_problem_and_the_rest_goes_on(tmp_path: Path, line: bytes, sentence: str) -> None:
    connector = lines(written(tmp_path, call(1, n="আ") + b"\r\n" + line + b"\n\n  \n" + call(2)))
    found = rows(pull(connector))
    assert [row.key for row in (found[0], *found[2:])] == ["1", "2"]
    assert found[0].payload == call(1, n="আ")
    assert found[1].key.startswith("unreadable/")
    assert found[1].payload == line[: 1 << 20][: 4096 if len(line) > 1 << 20 else None]
    assert fault(connector, found[1]) == sentence


def test_memory_does_not_grow_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "calls.ndjson"
    with path.open("wb") as file:
        file.writelines(b"x" * 1_000_000 for _ in range(50))
        file.write(b"\n" + call(1))
    tracemalloc.start()
    found = rows(pull(lines(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found[0].envelope["size"], len(found[0].payload)) == ("50000001", 4096)
    assert found[1].key == "1"
    assert peak < 12_000_000


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8-sig", b""), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b"")],
)
def test_other_encodings_are_read_and_kept_as_they_are(tmp_path: Path, encoding: str, mark: bytes) -> None:
    text = '{"id":1,"at":"2026-03-01","n":"আ🍲"}\n{"id":2,"at":"2026-03-02","n":"ق"}\n'
    path = written(tmp_path, mark + text.encode(encoding))
    connector = lines(path, columns={"key": "id", "time": "at", "text": "n"})
    assert list(connector.check()) == []
    pages = pull(connector)
    assert [row.payload.decode(encoding.removesuffix("-sig")) for row in rows(pages)] == text.splitlines()
    assert [meaning(connector, row).text for row in rows(pages)] == ["আ🍲", "ق"]
    with path.open("ab") as file:
        file.write('{"id":3,"at":"2026-03-03","n":"x"}\n'.encode(encoding.removesuffix("-sig")))
    assert [row.key for row in rows(pull(connector, pages[-1].cursor))] == ["3"]


def test_a_file_in_windows_1252_is_found_to_be_so(tmp_path: Path) -> None:
    connector = lines(written(tmp_path, '{"id":1,"at":"2026-03-01","n":"Müller €"}\n'.encode("cp1252")),
                      columns={"key": "id", "time": "at", "text": "n"})  # fmt: skip
    (row,) = rows(pull(connector))
    assert (row.envelope, meaning(connector, row).text) == ({"encoding": "windows-1252"}, "Müller €")


@pytest.mark.parametrize("name", ["calls.ndjson.gz", "calls.ndjson"])
def test_packed_files_are_unpacked_whatever_their_name(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, gzip.compress(b"\n".join(call(number) for number in range(2500))), name)
    connector = lines(path)
    pages = pull(connector)
    assert [len(page.rows) for page in pages] == [100, 1000, 1000, 400]
    assert [row.key for row in rows(pull(connector, pages[1].cursor))] == [str(number) for number in range(1100, 2500)]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(sdk.SourceFailed, match=rf"^{name} is no whole gzip file: Compressed file ended"):
        pull(connector)


def test_a_page_holds_no_more_than_eight_megabytes(tmp_path: Path) -> None:
    path = written(tmp_path, b"\n".join(call(number, n="x" * 900_000) for number in range(20)))
    assert [len(page.rows) for page in pull(lines(path))] == [9, 9, 2]


def test_an_empty_file_gives_nothing_and_is_no_fault(tmp_path: Path) -> None:
    connector = lines(written(tmp_path, b""))
    assert (list(connector.check()), rows(pull(connector))) == ([], [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'[{"id":1},\n{"id":2}]', "calls.ndjson is one JSON list, not one object a line (jq -c '.[]' makes lines of it)"),  # noqa: E501
        (b"PAR1....", "calls.ndjson is a Parquet file, not one JSON object a line"),
        (b"PK\x03\x04....", "calls.ndjson is a workbook or an archive, not one JSON object a line"),
        (b"id,name\n1,Anna\n", "calls.ndjson does not hold one JSON object a line (calls.ndjson line 1: the line is not JSON: Expecting value at character 1)"),  # noqa: E501
        (call(1).replace(b"email", b"mail"), "no object in calls.ndjson has a member 'who.email'; there are: id, at, who.mail"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert list(lines(written(tmp_path, content)).check()) == [sentence]


def test_a_member_that_comes_late_is_no_mistake(tmp_path: Path) -> None:
    early = b"\n".join(b'{"id":%d,"at":"2026-03-01"}' % number for number in range(1500))
    path = written(tmp_path, early + b"\n" + call(1500))
    assert list(lines(path).check()) == []
    assert len(list(lines(path, columns={"time": "at", "email": "who.mail"}).check())) == 1


def test_a_path_without_a_file_gives_one_sentence(tmp_path: Path) -> None:
    assert list(lines(tmp_path / "nowhere").check()) == [f"there is no file or folder '{tmp_path}/nowhere'"]
    assert list(lines(tmp_path).check()) == [f"the folder '{tmp_path}' holds no file named .ndjson or .jsonl"]


# Going on -----------------------------------------------------------------------------------------------------


def test_a_pull_goes_on_behind_the_last_page_that_was_stored(tmp_path: Path) -> None:
    path = written(tmp_path, b"".join(call(number) + b"\n" for number in range(2500)))
    pages = pull(lines(path))
    assert [len(page.rows) for page in pages] == [100, 1000, 1000, 400]
    assert [page.done for page in pages][-1] == 1.0
    assert rows(pull(lines(path), pages[-1].cursor)) == []
    for stored, page in enumerate(pages):
        resumed = rows(pull(lines(path), page.cursor))
        assert resumed == rows(pages[stored + 1 :])


def test_copies_are_numbered_alike_wherever_a_pull_goes_on(tmp_path: Path) -> None:
    content = b"".join(b'{"at":"2026-03-01","n":%d}\n' % (number % 7) for number in range(1500)) + b"broken\n" * 3
    path = written(tmp_path, content)
    connector = lines(path, columns={"time": "at"})
    pages = pull(connector)
    keys = [row.key for row in rows(pages)]
    assert len(set(keys)) == 1503
    assert [row.key for row in rows(pull(connector, pages[0].cursor))] == keys[100:]
    path.write_bytes(content + b'broken\n{"n":0,"at":"2026-03-01"}\n')
    assert [row.key[-4:] for row in rows(pull(connector, pages[-1].cursor))] == [keys[-1][-4:-1] + "4", "/216"]


def test_an_appended_file_goes_on_and_a_changed_one_is_read_again(tmp_path: Path) -> None:
    whole = b"".join(call(number) + b"\n" for number in range(10))
    path = written(tmp_path, whole)
    cursor = pull(lines(path))[-1].cursor
    path.write_bytes(whole + call(10) + b"\n")
    assert [row.key for row in rows(pull(lines(path), cursor))] == ["10"]
    changed = whole.replace(b"p5@x.org", b"q5@x.org")
    path.write_bytes(changed + call(10) + b"\n")
    assert len(rows(pull(lines(path), cursor))) == 11
    path.write_bytes(whole[: len(call(0)) + 1])
    assert len(rows(pull(lines(path), cursor))) == 1
    path.write_bytes(whole)
    os.utime(path, (1, 1))
    assert rows(pull(lines(path), cursor)) == []


def test_another_file_of_the_same_name_and_another_mapping_are_read_from_their_start(tmp_path: Path) -> None:
    path = written(tmp_path, b"".join(call(number) + b"\n" for number in range(5)))
    cursor = pull(lines(path))[-1].cursor
    path.write_bytes(b"".join(call(number) + b"\n" for number in range(100, 200)))
    assert len(rows(pull(lines(path), cursor))) == 100
    path.write_bytes(b"".join(call(number) + b"\n" for number in range(5)))
    assert len(rows(pull(lines(path, columns={"key": "who.email", "time": "at"}), cursor))) == 5


def test_files_of_a_folder_go_on_each_for_itself(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    written(tmp_path, call(1) + b"\n", "2026/a.jsonl")
    written(tmp_path, call(2) + b"\n", "b.ndjson")
    written(tmp_path, b"not read", "readme.txt")
    pages = pull(lines(tmp_path))
    assert [row.key for row in rows(pages)] == ["1", "2"]
    written(tmp_path, call(1) + b"\n" + call(3) + b"\n", "2026/a.jsonl")
    written(tmp_path, call(4) + b"\n", "c.ndjson")
    assert [row.key for row in rows(pull(lines(tmp_path), pages[-1].cursor))] == ["3", "4"]


def test_a_half_written_last_line_is_a_problem_until_it_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path, call(1) + b"\n" + call(2)[:-9])
    connector = lines(path)
    first = pull(connector)
    assert [row.key for row in rows(first)] == ["1", "unfinished/calls.ndjson"]
    assert fault(connector, rows(first)[1]).startswith("calls.ndjson line 2: the line is not JSON: Unterminated string")
    path.write_bytes(call(1) + b"\n" + call(2) + b"\n")
    later = pull(connector, first[-1].cursor)
    assert [(row.key, row.deleted) for row in rows(later)] == [("unfinished/calls.ndjson", True), ("2", False)]
    path.write_bytes(call(1) + b"\n" + call(2) + b"\n" + call(3))  # a last line needs no end
    last = pull(connector, later[-1].cursor)
    assert [row.key for row in rows(last)] == ["3"]
    path.write_bytes(call(1) + b"\n" + call(2) + b"\n" + call(3) + b"\n")
    assert [row.key for row in rows(pull(connector, last[-1].cursor))] == ["3"]


def test_old_macintosh_line_ends_and_mixed_ones(tmp_path: Path) -> None:
    assert [row.key for row in rows(pull(lines(written(tmp_path, call(1) + b"\r" + call(2) + b"\r"))))] == ["1", "2"]
    mixed = lines(written(tmp_path, call(1) + b"\r\n" + call(2) + b"\n" + call(3)))
    assert [row.payload for row in rows(pull(mixed))] == [call(1), call(2), call(3)]

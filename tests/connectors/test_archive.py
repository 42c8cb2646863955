"""The connector ``social.archive``: lines of any network's export, whose side they are on, and that none is lost."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import connectors.social
from connectors.social.archive import Archive, ArchiveSettings, Posts
from hub import sdk

SAMPLES = Path(connectors.social.__file__).parent / "samples"
OWN = ("@ours", "@ours@shop.example")


def posts(path: Path = SAMPLES, own: tuple[str, ...] = OWN) -> Posts:
    return Posts(ArchiveSettings(path=path, own_accounts=own))


def pull(stream: Posts, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    async def everything() -> list[sdk.Page]:
        return [page async for page in stream.pages(cursor)]

    return asyncio.run(everything())


def rows(pages: Iterable[sdk.Page]) -> list[sdk.Row]:
    return [row for page in pages for row in page.rows]


def post(**members: Any) -> dict[str, Any]:
    said = {
        "id": "1",
        "network": "mastodon",
        "type": "mention",
        "at": "2026-02-03T10:15:00+06:00",
        "from": {"id": "u/anna", "handle": "@anna", "name": "Anna"},
        "to": {"handle": "@ours"},
    }
    said.update(members)
    return {name: value for name, value in said.items() if value is not None}


def touch(own: tuple[str, ...] = OWN, /, **members: Any) -> sdk.Touchpoint:
    payload = json.dumps(post(**members)).encode()
    (one,) = posts(own=own).touchpoints(sdk.Row("k", payload))
    assert isinstance(one, sdk.Touchpoint)
    return one


def test_the_sample_export_gives_its_lines_byte_for_byte() -> None:
    found = rows(pull(posts()))
    assert [row.key for row in found] == [
        "mastodon/m1",
        "mastodon/m2",
        "instagram/d1",
        "bluesky/f1",
        "bluesky/l1",
        "google/r1",
    ]
    assert b"\n".join(row.payload for row in found) + b"\n" == (SAMPLES / "archive.ndjson").read_bytes()
    kinds = [one.kind for row in found for one in posts().touchpoints(row) if isinstance(one, sdk.Touchpoint)]
    assert kinds == ["mention", "reply", "direct_message", "follow", "reaction", "review"]


def test_a_mention_is_about_the_one_who_wrote_it() -> None:
    one = touch(text="দাম কত? 🌸 کیا", language="bn", campaign="spring")
    assert (one.kind, one.channel, one.direction) == ("mention", sdk.Channel.SOCIAL, sdk.Direction.INBOUND)
    assert one.identifiers == (sdk.social("mastodon", "u/anna"),)
    assert one.occurred_at == datetime(2026, 2, 3, 4, 15, tzinfo=UTC)
    assert (one.text, one.campaign, one.automated) == ("দাম কত? 🌸 کیا", "spring", False)
    assert one.traits == {"name": "Anna", "language": "bn"}
    assert one.properties["handle"] == "@anna"
    assert [(there.role, there.identifier) for there in one.participants] == [(sdk.ParticipantRole.AGENT, "@ours")]


def test_what_we_write_is_about_the_one_we_wrote_to() -> None:
    one = touch(type="reply", **{"from": {"handle": "@Ours"}, "to": {"id": "u/anna", "name": "آنا"}}, language="ur")
    assert (one.direction, one.identifiers) == (sdk.Direction.OUTBOUND, (sdk.social("mastodon", "u/anna"),))
    assert one.traits == {"name": "آنا"}


def test_own_accounts_may_be_stable_ids() -> None:
    one = touch(("42",), **{"from": {"id": 42}, "to": {"id": 7}})
    assert (one.direction, one.identifiers) == (sdk.Direction.OUTBOUND, (sdk.social("mastodon", "7"),))


def test_one_of_our_accounts_to_another_is_no_touchpoint() -> None:
    payload = json.dumps(post(**{"from": {"handle": "@ours"}})).encode()
    assert list(posts().touchpoints(sdk.Row("k", payload))) == []


def test_a_handle_stands_in_only_where_there_is_no_stable_id() -> None:
    assert touch(**{"from": {"handle": "@anna"}}).identifiers == (sdk.handle("mastodon", "@anna"),)
    assert touch(**{"from": "@anna"}).identifiers == (sdk.handle("mastodon", "@anna"),)


def test_contact_data_in_an_export_identifies_too() -> None:
    sender = {"id": "u/anna", "email": "anna@x.example", "phone": "+8801711234567"}
    assert touch(**{"from": sender}).identifiers == (
        sdk.social("mastodon", "u/anna"),
        sdk.email("anna@x.example"),
        sdk.phone("+8801711234567"),
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("follow", "follow"), ("unfollow", "unfollow"), ("like", "reaction"), ("share", "reaction")],
)
def test_follows_and_reactions_are_no_machine_talk(kind: str, expected: str) -> None:
    one = touch(type=kind)
    assert (one.kind, one.automated) == (expected, False)
    assert one.properties.get("reaction") == (kind if expected == "reaction" else None)


def test_a_review_carries_its_rating() -> None:
    one = touch(type="review", rating=4.5)
    assert one.quantity == sdk.Quantity(Decimal("4.5"), "stars")
    assert (one.properties["rating"], one.properties["best_rating"]) == (4.5, 5)
    assert touch(type="review", rating="৪").quantity == sdk.Quantity(Decimal(4), "stars")
    assert touch(type="review").quantity is None


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"type": "poke"}, "'poke' is not a known type"),
        ({"type": None}, "'type' is missing"),
        ({"network": None}, "'network' is missing"),
        ({"at": None}, "'at' is missing"),
        ({"at": "yesterday"}, "'yesterday' is not a time like"),
        ({"at": "2026-02-03T10:15:00"}, "has no offset from UTC"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "is not a time like"),
        ({"from": {"name": "Anna"}}, "'from' names no account"),
        ({"type": "review", "rating": 11}, "'11' is not a rating|11 is not a rating"),
        ({"type": "review", "rating": True}, "True is not a rating"),
    ],
)
def test_a_line_that_misses_something_says_what(members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(sdk.RowUnreadable, match=sentence):
        touch(**members)


def test_what_no_database_takes_is_left_out() -> None:
    payload = json.dumps(post()).encode().replace(b'"Anna"', b'"A\\u0000nna \\ud83d"')
    (one,) = posts().touchpoints(sdk.Row("k", payload))
    assert isinstance(one, sdk.Touchpoint)
    assert one.traits["name"] == "Anna ?"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b'{"id": "1", ', "line 2: the line is not JSON"),
        (b'{"id": "\xff"}', "line 2: the line is not UTF-8 at byte 9"),
        (b"[1, 2]", "line 2: the line is not a JSON object"),
        (b"[" * 100_000, "line 2: the line is not JSON that can be read"),
        (b'{"text": "' + b"x" * (1 << 20) + b'"}', "line 2: 1048589 bytes are more than a line may have"),
    ],
)
def test_a_broken_line_is_a_row_with_a_problem_and_the_rest_goes_on(tmp_path: Path, line: bytes, sentence: str) -> None:
    good = json.dumps(post()).encode()
    path = tmp_path / "export.ndjson"
    path.write_bytes(good + b"\r\n" + line + b"\n\n" + good.replace(b'"1"', b'"2"'))
    found = rows(pull(posts(path)))
    assert [row.key for row in (found[0], found[2])] == ["mastodon/1", "mastodon/2"]
    assert len(found[1].key) == 64
    assert found[0].payload == good
    with pytest.raises(sdk.RowUnreadable, match=sentence):
        list(posts(path).touchpoints(found[1]))


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(post()).encode() + b"\n")
    assert [row.key for row in rows(pull(posts(path)))] == ["mastodon/1"]


def lines(first: int, last: int) -> bytes:
    return b"".join(json.dumps(post(id=number)).encode() + b"\n" for number in range(first, last))


def test_an_unchanged_export_gives_nothing_and_an_appended_one_only_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "export.ndjson"
    path.write_bytes(lines(0, 1200))
    pages = pull(posts(tmp_path))
    assert [len(page.rows) for page in pages] == [500, 500, 200]
    assert rows(pull(posts(tmp_path), pages[-1].cursor)) == []
    resumed = rows(pull(posts(tmp_path), json.loads(json.dumps(pages[0].cursor))))
    assert [row.key for row in resumed] == [f"mastodon/{number}" for number in range(500, 1200)]
    path.write_bytes(lines(0, 1203))
    assert [row.key for row in rows(pull(posts(tmp_path), pages[-1].cursor))] == [
        "mastodon/1200",
        "mastodon/1201",
        "mastodon/1202",
    ]
    path.write_bytes(lines(5, 1300))
    assert len(rows(pull(posts(tmp_path), pages[-1].cursor))) == 1295


def test_a_half_written_last_line_is_read_again_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "export.ndjson"
    whole = lines(0, 2)
    path.write_bytes(whole[:-40])
    first = pull(posts(path))
    assert [len(row.key) for row in rows(first)] == [len("mastodon/0"), 64]
    path.write_bytes(whole)
    assert [row.key for row in rows(pull(posts(path), first[-1].cursor))] == ["mastodon/1"]


def test_memory_does_not_grow_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "export.ndjson"
    with path.open("wb") as file:
        file.writelines(b"x" * 1_000_000 for _ in range(50))
        file.write(b"\n" + json.dumps(post()).encode())
    tracemalloc.start()
    found = rows(pull(posts(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0].envelope["truncated"] == "50000001"
    assert found[1].key == "mastodon/1"
    assert peak < 12_000_000


def test_a_path_without_export_gives_one_sentence(tmp_path: Path) -> None:
    for path, sentence in ((tmp_path / "nowhere", "no file or folder"), (tmp_path, "no file named .ndjson or .jsonl")):
        settings = ArchiveSettings(path=path)
        (said,) = Archive(settings).check()
        assert sentence in said
        with pytest.raises(sdk.ConfigWrong, match=sentence):
            pull(Posts(settings))
    assert list(Archive(ArchiveSettings(path=SAMPLES)).check()) == []

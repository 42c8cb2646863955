"""social.bluesky against a server as the lexicons of the AT Protocol describe it, through the kit and by hand."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.social.bluesky.connector import Bluesky
from hub import sdk
from hub.client import Client
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from hub.testing import ConnectorSuite
from tests.connectors.bluesky_server import DID, HANDLE, PASSWORD, Server, notifications
from tests.connectors.sparing import Sparing
from tests.outside.listening import served
from tests.outside.worlds import World
from tests.settled import settled

SETTINGS = {"account": HANDLE, "app_password": PASSWORD, "server": "https://pds.example"}
OURS = "https://bsky.app/profile/did:plc:shop2027aaaaaaaaaaaaaaaa/post/3lmshop00001"


class TestBluesky(Sparing, ConnectorSuite):
    connector = Bluesky
    settings = SETTINGS
    provider = Server(page=6).app
    does_not_apply = {"a_dead_cursor_begins_again": "between pulls the cursor is a time; within one it is tried below"}


# What a notification means ------------------------------------------------------------------------------------------


def bound(outside: sdk.Outside | None = None, **settings: Any) -> Bluesky:
    return Bluesky(Bluesky.Settings.model_validate(SETTINGS | settings), outside)


def stream(outside: sdk.Outside | None = None, **settings: Any) -> sdk.PullStream:
    (found,) = bound(outside, **settings).streams()
    assert isinstance(found, sdk.PullStream)
    return found


def meaning(said: dict[str, Any] | bytes) -> list[sdk.Touchpoint]:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    row = sdk.Row("1", payload, {"own": DID, "handle": "@shop.example"})
    return [each for each in stream().touchpoints(row) if isinstance(each, sdk.Touchpoint)]


def written(text: str, *facets: tuple[int, int, str], **record: Any) -> str | None:
    """What is read of a post with links at these bytes."""
    links = [
        {"index": {"byteStart": start, "byteEnd": end}, "features": [{"$type": "#link", "uri": uri}]}
        for start, end, uri in facets
    ]
    (found,) = meaning(notifications()[0] | {"record": {"text": text, "facets": links, **record}})
    return found.text


@pytest.fixture(scope="module")
def said() -> list[list[sdk.Touchpoint]]:
    return [meaning(each) for each in notifications()]


def test_a_mention_is_text_in_its_own_script_with_its_links_whole(said: list[list[sdk.Touchpoint]]) -> None:
    assert said[0] == [
        sdk.Touchpoint(
            kind="mention",
            channel=sdk.Channel.SOCIAL,
            direction=sdk.Direction.INBOUND,
            occurred_at=sdk.instant("2026-02-03T04:15:00Z"),
            text="@shop.example আপনাদের শাড়িগুলো খুব সুন্দর 🌸 দাম কত? https://dhaka.example/sarees?a=1&b=2 #শাড়ি",
            identifiers=(sdk.social("bluesky", "did:plc:farzanaaaaaaaaaaaaaaaaaa"),),
            traits={"name": "ফারজানা হক 🌸", "language": "bn"},
            participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "", "@shop.example"),),
            properties={
                "network": "bluesky",
                "handle": "@farzana.dhaka.example",
                "url": "https://bsky.app/profile/did:plc:farzanaaaaaaaaaaaaaaaaaa/post/3lnote000001",
                "language": "bn",
            },
        )
    ]


def test_what_each_reason_becomes(said: list[list[sdk.Touchpoint]]) -> None:
    told = {
        f"{number} {each['reason']}": [(one.kind, one.automated) for one in said[number]]
        for number, each in enumerate(notifications())
    }
    assert told == {
        "0 mention": [("mention", False)],
        "1 reply": [("reply", False)],
        "2 reply": [("reply", False)],
        "3 quote": [("mention", False)],
        "4 like": [("reaction", False)],
        "5 repost": [("reaction", False)],
        "6 like-via-repost": [("reaction", False)],
        "7 repost-via-repost": [("reaction", False)],
        "8 like": [("reaction", False)],
        "9 follow": [("follow", False)],
        "10 starterpack-joined": [],
        "11 verified": [],
        "12 subscribed-post": [("social.post", True)],
        "13 mention": [("mention", True)],  # says of itself that it is a bot
        "14 reply": [],  # our own
        "15 reason-of-the-future": [],
    }


def test_a_reply_stands_in_its_thread_with_its_pictures(said: list[list[sdk.Touchpoint]]) -> None:
    (reply,) = said[1]
    ours = f"at://{DID}/app.bsky.feed.post/3lmshop00001"
    assert reply.text == "السلام علیکم، کیا یہ یہاں (https://lahore.example/سبز) دستیاب ہے؟"
    assert (reply.properties["in_reply_to"], reply.properties["thread"]) == (ours, ours)
    assert reply.properties["attachments"] == [
        {"name": "سبز ساڑھی", "type": "image/jpeg", "size": 81234},
        {"name": "image", "type": "image/png", "size": 512},
    ]
    (answer,) = said[2]
    assert answer.properties["attachments"] == [{"name": "A green saree", "type": "video/mp4", "size": 2345678}]
    assert answer.properties["in_reply_to"].endswith("3lnote000002")
    assert (answer.properties["thread"], answer.properties["labels"]) == (ours, ["sexual", "spam"])
    assert answer.traits == {"name": "Nina Wójcik", "language": "en"}


def test_a_quote_keeps_its_card_and_no_handle_that_leads_nowhere(said: list[list[sdk.Touchpoint]]) -> None:
    (quote,) = said[3]
    assert (quote.text, quote.properties["quote"]) == ("תראו את זה\n\nhttps://tel-aviv.example/a", True)
    assert "handle" not in quote.properties


def test_a_reaction_shows_what_was_liked(said: list[list[sdk.Touchpoint]]) -> None:
    shown = [
        (one.properties["reaction"], one.properties["url"], one.text) for number in range(4, 9) for one in said[number]
    ]
    theirs = "https://bsky.app/profile/did:plc:ninaaaaaaaaaaaaaaaaaaaaa/post/3lmnina00001"
    assert shown == [
        ("like", OURS, None),
        ("share", OURS, None),
        ("like", theirs, None),
        ("share", theirs, None),
        ("like", f"at://{DID}/app.bsky.labeler.service/self", None),
    ]
    assert said[9][0].properties["url"] == "https://bsky.app/profile/did:plc:ninaaaaaaaaaaaaaaaaaaaaa"


@pytest.mark.parametrize(
    ("text", "facets", "read"),
    [
        ("see https://a.example/1", [(4, 23, "https://a.example/1")], "see https://a.example/1"),
        ("🌸 a.example/long… ok", [(5, 22, "https://www.a.example/longer")], "🌸 https://www.a.example/longer ok"),
        ("here", [(0, 4, "https://a.example")], "here (https://a.example)"),
        ("two words", [(0, 3, "https://a.example"), (4, 9, "https://b.example")],
         "two (https://a.example) words (https://b.example)"),
        ("overlap", [(0, 5, "https://a.example"), (3, 7, "https://b.example")], "overlap (https://b.example)"),
        ("outside", [(3, 70, "https://a.example"), (-4, 2, "https://a.example")], "outside"),
        ("ঢাকা", [(1, 4, "https://a.example")], "\ufffd\ufffd\ufffd\ufffd (https://a.example)\ufffd\ufffdকা"),
    ],
    ids=["whole", "shortened", "other words", "two", "overlap", "outside", "within a letter"],
)  # fmt: skip
def test_links_are_counted_in_bytes(text: str, facets: list[tuple[int, int, str]], read: str) -> None:
    assert written(text, *facets) == read


def test_half_a_letter_is_told_and_stops_nothing() -> None:
    payload = json.dumps(notifications()[0] | {"record": {"text": "a"}}).replace('"text": "a"', '"text": "a\\ud83d"')
    with pytest.raises(sdk.RowUnreadable, match="Invalid JSON"):
        meaning(payload.encode())


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"[]", "Input should be an object"),
        (b'{"uri": "at://x", "reason": "like"}', "indexedAt: Field required"),
        (b'{"uri": "at://x", "reason": "like", "indexedAt": "2026-02-03T04:15:00"}', "should have timezone"),
        (b'{"uri": "at://x", "reason": "like", "indexedAt": "2026-02-03T04:15:00Z"}', "'author' names nobody"),
    ],
    ids=["list", "no time", "no zone", "nobody"],
)
def test_a_row_that_makes_no_sense_says_why(payload: bytes, problem: str) -> None:
    with pytest.raises(sdk.RowUnreadable, match=problem):
        meaning(payload)


def test_an_account_is_named_by_handle_or_did() -> None:
    names = ["@shop.example", " shop.example ", DID]
    assert [bound(account=name).settings.account for name in names] == ["shop.example", "shop.example", DID]
    assert bound(server="pds.example/").settings.server == "https://pds.example"
    for name, wrong in (("account", "shop"), ("account", "shop@example.org"), ("server", "https://a/b")):
        with pytest.raises(ValueError, match=r"whole handle|name a server"):
            bound(None, **{name: wrong})


def test_a_check_signs_in_once_and_never_over_plain_http() -> None:
    server = Server()
    assert list(bound(world(server).outside(), server="http://pds.example").check()) == [
        "server: use https, so that nobody on the way reads the password."
    ]
    assert server.asked == []
    assert list(bound(world(server).outside()).check()) == []
    assert server.asked == ["createSession"]
    assert list(bound(world(server).outside(), app_password="of somebody else").check()) == [
        "app_password: pds.example does not take our credentials (401 Unauthorized)."
    ]


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        (httpx.Response(404), ["server: pds.example answered 404 Not Found."]),
        (httpx.Response(200, json={"did": DID}), ["server: pds.example answered without a session."]),
        (httpx.Response(429, headers={"RateLimit-Reset": "1772370000"}), []),
    ],
    ids=["no such page", "no session", "busy"],
)
def test_a_check_says_what_is_no_such_server_and_is_silent_about_a_busy_one(
    answer: httpx.Response, faults: list[str]
) -> None:
    assert list(bound(world(Server(), lambda _: answer).outside()).check()) == faults


# Pulling ------------------------------------------------------------------------------------------------------------


def world(server: Server, change: Callable[[httpx.Response], httpx.Response] | None = None) -> World:
    transport = httpx.ASGITransport(server.app)

    async def answer(request: httpx.Request) -> httpx.Response:
        given = await transport.handle_async_request(request)
        await given.aread()
        return change(given) if change else given

    return World(answer)


def pulled(there: World, cursor: sdk.Cursor | None = None, most: int = 99, **settings: Any) -> list[sdk.Page]:
    """The pages of a pull that is killed after ``most``."""

    async def pull() -> list[sdk.Page]:
        found: list[sdk.Page] = []
        async for page in stream(there.outside(), **settings).pages(cursor):
            found.append(page)
            if len(found) == most:
                break
        return found

    return asyncio.run(pull())


def numbers(pages: list[sdk.Page]) -> list[list[int]]:
    return [[int(row.key.partition("#")[0][-2:]) for row in page.rows] for page in pages]


def later(number: int, at: str) -> Any:
    uri = f"at://did:plc:ninaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.like/3lnote{number:06}"
    return notifications()[4] | {"uri": uri, "indexedAt": at}


def test_pages_go_from_the_newest_down_to_the_first() -> None:
    server = Server(page=6)
    pages = pulled(world(server))
    assert numbers(pages) == [[16, 15, 14, 13, 12, 11], [10, 9, 8, 7, 6, 5], [4, 3, 2, 1]]
    newest = "2026-02-03T05:30:00+00:00"
    assert [page.cursor for page in pages] == [
        {"newest": newest, "at": "2026-02-03T05:05:00.000Z"},
        {"newest": newest, "at": "2026-02-03T04:40:00.000Z"},
        {"until": newest},
    ]
    assert server.asked[:2] == ["createSession", "/100/false"]
    assert pages[0].rows[0].envelope == {"own": DID, "handle": "@shop.example"}
    assert sorted(
        (json.loads(row.payload) for page in pages for row in page.rows), key=lambda each: each["indexedAt"]
    ) == (notifications())


def test_the_next_pull_stops_a_quarter_of_an_hour_below_what_is_known() -> None:
    server = Server(page=2)
    server.held.append(later(17, "2026-02-03T06:00:00.000Z"))
    pages = pulled(world(server), {"until": "2026-02-03T05:30:00+00:00"})
    assert numbers(pages) == [[17, 16], [15, 14], [13, 12]]  # 13 stands exactly there
    assert pages[-1].cursor == {"until": "2026-02-03T06:00:00+00:00"}


def test_a_pull_that_dies_in_the_middle_leaves_no_gap() -> None:
    server = Server(page=3)
    there = world(server)
    first = pulled(there, most=2)
    server.held += [later(17, "2026-02-03T06:00:00.000Z"), later(18, "2026-02-03T07:00:00.000Z")]
    rest = pulled(there, first[-1].cursor)
    assert numbers(first) == [[16, 15, 14], [13, 12, 11]]
    assert numbers(rest) == [[10, 9, 8], [7, 6, 5], [4, 3, 2], [1], [18, 17, 16], [15, 14, 13], [12, 11, 10]]
    assert rest[3].cursor == {"until": "2026-02-03T05:30:00+00:00"}
    assert rest[-1].cursor == {"until": "2026-02-03T07:00:00+00:00"}


def test_a_page_that_was_forgotten_there_is_looked_for_from_the_top() -> None:
    server = Server(page=6)
    there = world(server)
    (first,) = pulled(there, most=1)
    assert first.cursor == {"newest": "2026-02-03T05:30:00+00:00", "at": "2026-02-03T05:05:00.000Z"}
    server.forgotten.add("2026-02-03T05:05:00.000Z")
    server.page = 10
    pages = pulled(there, first.cursor)
    assert numbers(pages) == [
        [16, 15, 14, 13, 12, 11, 10, 9, 8, 7],
        [6, 5, 4, 3, 2, 1],
        [16, 15, 14, 13, 12, 11, 10, 9, 8, 7],
    ]


def test_a_time_to_come_hides_nothing() -> None:
    server = Server([*notifications(), later(17, "2031-01-01T00:00:00.000Z")])
    assert pulled(world(server))[-1].cursor == {"until": "2026-03-01T12:00:00+00:00"}


def test_a_server_that_does_not_page_is_not_asked_for_ever() -> None:
    there = world(
        Server(),
        lambda answer: httpx.Response(200, json={**answer.json(), "notifications": notifications(), "cursor": "x"}),
    )
    with pytest.raises(sdk.SourceFailed, match="a page leads to itself"):
        pulled(there)


def test_a_notification_without_names_is_kept() -> None:
    (page,) = pulled(world(Server([{"isRead": True, "indexedAt": "2026-02-03T06:00:00.000Z"}])))
    (row,) = page.rows
    assert row.key == hashlib.sha256(b'{"isRead": true, "indexedAt": "2026-02-03T06:00:00.000Z"}').hexdigest()


def test_nothing_there_is_a_pull_too() -> None:
    (page,) = pulled(world(Server([])))
    assert (page.rows, page.cursor) == ([], {})


# Signing in ---------------------------------------------------------------------------------------------------------


def test_pulls_share_a_session_until_it_is_over() -> None:
    server = Server()
    there = world(server)
    pulled(there)
    pulled(there)
    server.expire()
    pulled(there)
    server.forget()
    pulled(there)
    page = "/100/false"
    assert server.asked == [
        "createSession", page, page,
        page, "refreshSession", page,
        page, "refreshSession", "createSession", page,
    ]  # fmt: skip
    assert json.loads(there.kept["session"])["refresh"] == "refresh-3"


def test_another_password_begins_another_session() -> None:
    server = Server()
    there = world(server)
    pulled(there)
    there.kept["session"] = there.kept["session"].replace('"seed": "', '"seed": "0')
    pulled(there)
    there.kept["session"] = "nothing"
    pulled(there)
    assert [each for each in server.asked if "Session" in each] == ["createSession"] * 3


def test_the_tokens_of_one_server_are_shown_to_no_other() -> None:
    first, second = world(Server()), world(Server())
    pulled(first)
    second.kept.update(first.kept)
    pulled(second, server="https://other.example")
    shown = [each.headers.get("authorization") for each in second.requests]
    assert (shown[0], second.requests[0].url.path) == (None, "/xrpc/com.atproto.server.createSession")


def test_a_session_that_cannot_be_used_asks_to_sign_in_again() -> None:
    there = world(Server())
    with pytest.raises(sdk.SignInAgain, match=r"pds\.example does not take our credentials"):
        pulled(there, app_password="wrong")
    refused = world(Server(), lambda answer: answer if "accessJwt" in answer.text else httpx.Response(401))
    with pytest.raises(sdk.SignInAgain, match="does not take its own tokens"):
        pulled(refused)
    assert len(refused.requests) == 4


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"did": "did:plc:x"}'])
def test_a_server_that_answers_no_session_is_a_fault_of_the_source(body: bytes) -> None:
    with pytest.raises(sdk.SourceFailed, match=r"no JSON object|without a session"):
        pulled(world(Server(), lambda answer: httpx.Response(200, content=body)))


def test_a_limit_is_waited_for_until_its_reset() -> None:
    left = [httpx.Response(429, headers={"RateLimit-Reset": "1772366442"})]  # 42 seconds after the world's start
    there = world(Server(), lambda answer: left.pop() if left else answer)
    pulled(there)
    assert 42 <= there.asked[1] <= 44


# On a real socket ---------------------------------------------------------------------------------------------------


def test_a_hub_pulls_a_real_socket_and_keeps_the_session_sealed(
    hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")
    server = Server(page=6)

    async def main(address: str) -> tuple[Any, Any, Any]:
        connectors = Registry({**load_registry().connectors, "social.bluesky": Bluesky}, {})
        async with await Hub.open(str(hub_folder), connectors) as hub:
            source = (await hub.create_source("Shop", "social.bluesky", SETTINGS | {"server": address})).ids[0]
            for _ in range(2):
                await hub.sync(source)
                await hub.pulled(source)
            await settled(hub)
            async with hub.reader.snapshot() as snapshot:
                runs = await snapshot.all("SELECT state, received, stored, error FROM run ORDER BY num")
                kept = await snapshot.all("SELECT sealed FROM credential WHERE name = $1", "session")
            asked = "{ customers(first: 20) { edges { node { id name timeline { totalCount } } } } }"
            return runs, kept, await Client.of(hub).execute(asked)

    with served(server.app) as address:
        runs, kept, said = asyncio.run(main(address))
    assert [tuple(run) for run in runs] == [("OK", 16, 16, None), ("OK", 6, 0, None)]
    assert len(kept) == 1
    assert "refresh-1" not in str(kept[0][0])
    assert [each for each in server.asked if "Session" in each] == ["createSession"] * 2  # as it was made, and pulled
    people = {each["node"]["name"]: each["node"]["timeline"]["totalCount"] for each in said["customers"]["edges"]}
    assert people == {"ফারজানা হক 🌸": 2, "بلال احمد": 2, "Nina Wójcik": 4, "דנה כהן": 3}

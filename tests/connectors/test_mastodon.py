"""social.mastodon against a server as its documentation describes it, through the kit and on a real socket."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.social.mastodon import Mastodon
from hub import sdk
from hub.client import Client
from hub.ingest.hub import Hub
from hub.outgoing import Reach
from hub.registry import Registry, load_registry
from hub.testing import ConnectorSuite
from tests.connectors.mastodon_server import TOKEN, Server, notifications, order
from tests.outside.listening import served
from tests.outside.worlds import World
from tests.settled import settled

SETTINGS = {"server": "social.example", "access_token": TOKEN}


class TestMastodon(ConnectorSuite):
    connector = Mastodon
    settings = SETTINGS
    provider = Server(page=4).app
    does_not_apply = {"a_dead_cursor_begins_again": "min_id is a place in an order: a server knows each for ever"}


# What a notification means ------------------------------------------------------------------------------------------


def bound(outside: sdk.Outside | None = None, **settings: Any) -> Mastodon:
    return Mastodon(Mastodon.Settings.model_validate(SETTINGS | settings), outside)


def meaning(said: dict[str, Any] | bytes) -> list[sdk.Touchpoint]:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    row = sdk.Row("1", payload, {"own": "14715", "handle": "@shop@social.example"})
    return [each for each in bound().streams()[0].touchpoints(row) if isinstance(each, sdk.Touchpoint)]


@pytest.fixture
def said() -> dict[str, list[sdk.Touchpoint]]:
    return {each["id"]: meaning(each) for each in notifications()}


def test_a_mention_is_text_in_its_own_script_without_markup(said: dict[str, list[sdk.Touchpoint]]) -> None:
    (mention,) = said["998"]
    assert mention == sdk.Touchpoint(
        kind="mention",
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.INBOUND,
        occurred_at=sdk.instant("2026-02-03T04:15:00Z"),
        text="@shop আপনাদের শাড়িগুলো খুব সুন্দর 🌸\n\nদাম কত? https://dhaka.example/s?a=1&b=2",
        identifiers=(sdk.social("mastodon", "https://dhaka.example/users/farzana"),),
        traits={"name": "ফারজানা হক", "language": "bn"},
        participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "", "@shop@social.example"),),
        properties={
            "network": "mastodon",
            "handle": "@farzana@dhaka.example",
            "url": "https://dhaka.example/@farzana/1",
            "language": "bn",
            "visibility": "public",
        },
    )


def test_what_only_we_may_read_is_a_direct_message(said: dict[str, list[sdk.Touchpoint]]) -> None:
    (message,) = said["999"]
    assert (message.kind, message.text) == ("direct_message", "@shop السلام علیکم، کیا یہ دستیاب ہے؟")
    assert message.properties["visibility"] == "direct"


def test_an_answer_to_us_is_a_reply_with_its_pictures(said: dict[str, list[sdk.Touchpoint]]) -> None:
    (reply,) = said["1000"]
    assert (reply.kind, reply.text) == ("reply", "@shop Thanks!\nIt came today & fits.")
    assert reply.properties["handle"] == "@tomas@social.example"
    assert reply.properties["in_reply_to"] == "9001"
    assert reply.properties["attachments"] == [{"name": "A green saree", "type": "image"}]


def test_what_each_type_becomes(said: dict[str, list[sdk.Touchpoint]]) -> None:
    kinds = {number: [(each.kind, each.automated) for each in found] for number, found in said.items()}
    assert kinds == {
        "998": [("mention", False)],
        "999": [("direct_message", False)],
        "1000": [("reply", False)],
        "1001": [("reaction", False)],
        "1002": [("reaction", False)],
        "1003": [("follow", False)],
        "1004": [("follow", False)],
        "1005": [],  # our own poll
        "1006": [("social.post", True)],
        "1007": [("social.post", True)],
        "1008": [("mention", False)],
        "1009": [],  # an edit
        "1010": [("mention", True)],  # a bot
        "1011": [],
        "1012": [],  # of a later server
    }


def test_a_reaction_shows_our_post_and_claims_nothing_of_its_words(said: dict[str, list[sdk.Touchpoint]]) -> None:
    like, share = said["1001"][0], said["1002"][0]
    assert (like.properties["reaction"], share.properties["reaction"]) == ("like", "share")
    assert like.properties["url"] == "https://social.example/@shop/9001"
    assert (like.text, like.title, dict(like.traits)) == (None, "", {"name": "Nina Wójcik"})


def test_a_quote_keeps_the_warning_as_its_title(said: dict[str, list[sdk.Touchpoint]]) -> None:
    (quote,) = said["1008"]
    assert (quote.title, quote.text, quote.properties["quote"]) == ("শাড়ি", "এটা দেখুন", True)
    assert said["1004"][0].properties["requested"] is True
    assert said["1006"][0].properties["poll"] is True


def test_an_account_that_moved_is_the_one_it_moved_to(said: dict[str, list[sdk.Touchpoint]]) -> None:
    assert said["1003"][0].identifiers == (
        sdk.social("mastodon", "https://old.example/users/nina"),
        sdk.social("mastodon", "https://new.example/users/nina"),
    )


def test_a_server_that_tells_no_address_of_an_account_leaves_its_handle() -> None:
    follow = next(each for each in notifications() if each["id"] == "1003")
    account = {"id": 7, "acct": "lena", "display_name": None, "emojis": None}
    (found,) = meaning(follow | {"account": account})
    assert found.identifiers == (sdk.handle("mastodon", "@lena@social.example"),)


@pytest.mark.parametrize("id_", ["1001", "1003"])
def test_whoever_moved_into_our_account_is_no_customer(id_: str) -> None:
    given = next(each for each in notifications() if each["id"] == id_)
    given["account"]["moved"]["id"] = "14715"
    assert meaning(given) == []


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"[]", "Input should be an object"),
        (b'{"id": "1", "type": "mention"}', "created_at: Field required"),
        (
            b'{"id": "1", "type": "follow", "created_at": "2026-02-03T04:15:00"}',
            "created_at: Input should have timezone",
        ),
        (b'{"id": "1", "type": "follow", "created_at": "2026-02-03T04:15:00Z"}', "'account' names nobody"),
    ],
)
def test_a_row_that_makes_no_sense_says_why(payload: bytes, problem: str) -> None:
    with pytest.raises(sdk.RowUnreadable, match=problem):
        meaning(payload)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("social.example", "https://social.example"),
        ("https://social.example/", "https://social.example"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
    ],
)
def test_a_server_is_named_with_or_without_scheme(given: str, address: str) -> None:
    assert bound(server=given).settings.server == address


def test_a_token_does_not_go_over_plain_http() -> None:
    server = Server()
    assert list(bound(world(server).outside(), server="http://social.example").check()) == [
        "server: use https, so that nobody on the way reads the token."
    ]
    assert server.asked == []


def test_a_check_asks_the_server_whose_the_token_is() -> None:
    server = Server()
    assert list(bound(world(server).outside()).check()) == []
    assert server.asked == ["/api/v1/accounts/verify_credentials"]
    assert list(bound(world(server).outside(), access_token="of somebody else").check()) == [
        "access_token: social.example does not take our credentials (401 Unauthorized)."
    ]


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        (httpx.Response(404), ["server: social.example answered 404 Not Found."]),
        (
            httpx.Response(200, content=b"<html>"),
            ["server: social.example answered with something that is no JSON object."],
        ),
        (httpx.Response(429, headers={"Retry-After": "300"}), []),
    ],
    ids=["no such page", "a page for people", "busy"],
)
def test_a_check_says_what_is_no_such_server_and_is_silent_about_a_busy_one(
    answer: httpx.Response, faults: list[str]
) -> None:
    assert list(bound(world(Server(), lambda _: answer).outside()).check()) == faults


# Pulling ------------------------------------------------------------------------------------------------------------


def world(server: Server, change: Callable[[httpx.Response], httpx.Response] | None = None) -> World:
    """The server without a socket, in a world of its own time; ``change`` is made to each answer."""
    transport = httpx.ASGITransport(server.app)

    async def answer(request: httpx.Request) -> httpx.Response:
        if "streaming" in request.url.path:
            return httpx.Response(200, content=b":thump\n")  # this transport would wait for the end of a stream
        given = await transport.handle_async_request(request)
        await given.aread()
        return change(given) if change else given

    return World(answer)


def pulled(outside: sdk.Outside, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    async def pull() -> list[sdk.Page]:
        stream = bound(outside).streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [page async for page in stream.pages(cursor)]

    return asyncio.run(pull())


def test_pages_go_forward_from_the_oldest_to_the_newest() -> None:
    server = Server(page=6)
    pages = pulled(world(server).outside())
    assert [[row.key for row in page.rows] for page in pages] == [
        ["998", "999", "1000", "1001", "1002", "1003"],
        ["1004", "1005", "1006", "1007", "1008", "1009"],
        ["1010", "1011", "1012"],
    ]
    assert [page.cursor for page in pages] == [{"min_id": "1003"}, {"min_id": "1009"}, {"min_id": "1012"}]
    assert [json.loads(row.payload) for page in pages for row in page.rows] == notifications()
    assert "min_id=0&limit=80&include_filtered=true&exclude_types%5B%5D=admin.sign_up" in server.asked[1]


def test_the_next_pull_asks_for_what_came_since() -> None:
    server = Server()
    assert pulled(world(server).outside(), {"min_id": "1012"}) == []
    server.held.append(notifications()[0] | {"id": "1013"})
    (page,) = pulled(world(server).outside(), {"min_id": "1012"})
    assert ([row.key for row in page.rows], page.cursor) == (["1013"], {"min_id": "1013"})


def test_without_links_the_newest_id_is_the_cursor() -> None:
    server = Server(page=2)
    server.links = False
    assert [page.cursor for page in pulled(world(server).outside())][:2] == [{"min_id": "999"}, {"min_id": "1001"}]


def test_the_link_of_the_server_says_where_to_go_on() -> None:
    def further(answer: httpx.Response) -> httpx.Response:
        return httpx.Response(
            200, headers={"link": answer.headers.get("link", "").replace("1012", "1020")}, content=answer.content
        )

    (page,) = pulled(world(Server(), further).outside())
    assert (page.rows[-1].key, page.cursor) == ("1012", {"min_id": "1020"})


def test_reports_of_moderators_stay_where_they_are() -> None:
    server = Server([*notifications(), notifications()[0] | {"id": "1013", "type": "admin.report"}])
    assert "1013" not in [row.key for page in pulled(world(server).outside()) for row in page.rows]


def test_a_notification_without_id_is_kept() -> None:
    nameless = {"type": "mention"}

    def broken(answer: httpx.Response) -> httpx.Response:
        if not answer.content.startswith(b"[{"):
            return answer
        return httpx.Response(200, headers={"link": answer.headers["link"]}, json=[*answer.json(), nameless])

    (page,) = pulled(world(Server(), broken).outside())
    assert len(page.rows) == 16
    nameless_row = page.rows[0]
    assert (nameless_row.key, nameless_row.payload) == (
        hashlib.sha256(b'{"type":"mention"}').hexdigest(),
        b'{"type":"mention"}',
    )
    assert page.cursor == {"min_id": "1012"}


def test_a_server_that_does_not_page_forward_is_not_asked_for_ever() -> None:
    server = Server()
    server.links = False

    def forgetful(answer: httpx.Response) -> httpx.Response:
        return answer if answer.content.startswith(b"{") else httpx.Response(200, json=notifications()[:3])

    with pytest.raises(sdk.SourceFailed, match=r"social\.example does not page forward"):
        pulled(world(server, forgetful).outside())


def test_a_limit_is_waited_for_until_its_reset() -> None:
    server = Server()
    left = [httpx.Response(429, headers={"X-RateLimit-Reset": "2026-03-01T12:00:42.000Z", "Retry-After": "5"})]
    there = world(server, lambda answer: left.pop() if left else answer)
    pulled(there.outside())
    assert 42 <= there.asked[1] <= 43


def test_no_more_than_300_requests_go_out_in_five_minutes() -> None:
    server = Server([notifications()[0] | {"id": str(number)} for number in range(1000, 1400)], page=1)
    there = world(server)
    with pytest.raises(sdk.RetryLater) as later:
        pulled(there.outside())
    assert (len(there.asked), later.value.after) == (300, 300)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7"])
def test_a_server_that_answers_no_json_is_a_fault_of_the_source(body: bytes) -> None:
    with pytest.raises(sdk.SourceFailed, match="something that is no JSON object"):
        pulled(world(Server(), lambda answer: httpx.Response(200, content=body)).outside())


# On a real socket ---------------------------------------------------------------------------------------------------


@pytest.fixture
def serving() -> Iterator[tuple[Server, str]]:
    server = Server(page=4)
    with served(server.app) as address:
        yield server, address


def test_a_hub_pulls_a_real_socket_and_knows_its_people(
    serving: tuple[Server, str], hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")

    async def main() -> tuple[Any, Any]:
        async with await Hub.open(str(hub_folder), registry()) as hub:
            settings = SETTINGS | {"server": serving[1]}
            source = (await hub.create_source("Shop", "social.mastodon", settings)).ids[0]
            for _ in range(2):
                await hub.sync(source)
                await hub.pulled(source)
            await settled(hub)
            async with hub.reader.snapshot() as snapshot:
                runs = await snapshot.all("SELECT state, received, stored, error FROM run ORDER BY num")
            asked = "{ customers(first: 20) { edges { node { name timeline { totalCount } } } } }"
            said = await Client.of(hub).execute(asked)
            return runs, said

    runs, said = asyncio.run(main())
    assert [tuple(run) for run in runs] == [("OK", 15, 15, None), ("OK", 0, 0, None)]
    people = {each["node"]["name"]: each["node"]["timeline"]["totalCount"] for each in said["customers"]["edges"]}
    # Headlines is a robot: it is no customer unless somebody says so.
    assert people == {"ফারজানা হক": 2, "بلال احمد": 2, "Tomás 🌻": 4, "Nina Wójcik": 2}


def test_a_hub_that_allows_nothing_any_more_pulls_nothing_of_its_own_network(
    serving: tuple[Server, str], hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, address = serving
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")

    async def main() -> Any:
        async with await Hub.open(str(hub_folder), registry()) as hub:
            settings = SETTINGS | {"server": address}
            source = (await hub.create_source("Shop", "social.mastodon", settings)).ids[0]
            monkeypatch.delenv("HUB_ALLOW_PRIVATE_ADDRESSES")
            await hub.sync(source)
            await hub.pulled(source)
            async with hub.reader.snapshot() as snapshot:
                return await snapshot.all("SELECT state, error FROM run ORDER BY num")

    assert [tuple(run) for run in asyncio.run(main())] == [
        ("FAILED", "127.0.0.1 leads to an address that is not public; the hub does not connect to it.")
    ]
    assert server.asked == ["/api/v1/accounts/verify_credentials"]  # as the source was made


def registry() -> Registry:
    return Registry({**load_registry().connectors, "social.mastodon": Mastodon}, {})


def waited(address: str, cursor: sdk.Cursor | None, meanwhile: Callable[[], None] | None = None) -> float:
    """Real seconds until there was news."""

    async def wait() -> float:
        loop = asyncio.get_running_loop()
        stream = bound(sdk.Outside(reach=Reach.allowing(["127.0.0.1"])), server=address).streams()[0]
        assert isinstance(stream, sdk.PullStream)
        began = loop.time()
        if meanwhile:
            loop.call_later(0.5, meanwhile)
        async with asyncio.timeout(20):
            await stream.news(cursor)
        return loop.time() - began

    return asyncio.run(wait())


def test_news_is_heard_as_it_happens(serving: tuple[Server, str]) -> None:
    server, address = serving
    assert waited(address, {"min_id": "1012"}, lambda: server.held.append(notifications()[0] | {"id": "1013"})) > 0.4


def test_what_came_before_the_stream_was_open_is_news_too(serving: tuple[Server, str]) -> None:
    server, address = serving
    server.heartbeats = 3600
    assert waited(address, {"min_id": "1011"}) < 5


def test_the_stream_is_where_the_server_says_unless_that_is_less_safe() -> None:
    server = Server()
    for told, asked in (
        ("wss://streams.example", "https://streams.example"),
        ("ws://streams.example", "https://social.example"),
        ("nonsense", "https://social.example"),
        (None, "https://social.example"),
    ):
        server.streaming = told
        there = world(server)
        stream = bound(there.outside()).streams()[0]
        assert isinstance(stream, sdk.PullStream)
        asyncio.run(stream.news({"min_id": "0"}))
        assert [f"{each.url.scheme}://{each.url.host}" for each in there.requests if "streaming" in each.url.path] == [
            asked
        ]


def test_ids_are_ordered_by_length_and_then_as_text() -> None:
    assert sorted(["1000", "999", "1001"], key=order) == ["999", "1000", "1001"]

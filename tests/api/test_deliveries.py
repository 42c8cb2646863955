"""The door of deliveries: who is let in, what is kept when a connector fails, and never an answer of 500."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hmac
import json
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from hub import sdk
from hub.api import deliveries
from hub.api.http import routes
from hub.ingest import door
from hub.ingest.held import held_row, meaning, without_mark
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from hub.sealing import new_key
from hub.settings import Company
from hub.store.session import Session
from tests.api.conftest import Served

with warnings.catch_warnings():
    # As in conftest.py.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

T = TypeVar("T")

RECORD = (
    'query ($source: ID!, $key: String!) { record(source: $source, stream: "rows", key: $key) '
    "{ key payload problem { code message } } }"
)
TOLD = b'{"key": "k", "who": "a@x.org"}'
ROW = sdk.Row("r", b"{}")
RAISED: dict[str, Exception] = {
    "crash": ZeroDivisionError("a fault of the connector"),
    "recursion": RecursionError(),
    "fails": sdk.SourceFailed("The provider is down."),
    "refuses": sdk.InputWrong("This is no delivery."),
    "later": sdk.RetryLater("Come again.", after=7),
}
BROKEN: dict[str, Any] = {
    "nothing": None,
    "status": sdk.Reception([ROW], sdk.Reply(1000)),
    "header": sdk.Reception([ROW], sdk.Reply(200, headers={"x": "a\r\nset-cookie: b"})),
    "letters": sdk.Reception([ROW], sdk.Reply(200, headers={"x": "ন"})),
    "key": sdk.Reception([sdk.Row(7, b"{}")]),  # type: ignore[arg-type]
    "text": sdk.Reception([sdk.Row("r", "text")]),  # type: ignore[arg-type]
}


class Moody(sdk.PushStream):
    """Does to a delivery what its query says."""

    name = "rows"
    nature = sdk.Nature.EVENTS
    repaired = False
    done: list[str] = []

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        if delivery.headers.get("x-forged"):
            raise sdk.SignatureWrong("The signature is wrong.")
        mood = "" if Moody.repaired else delivery.query.get("mood", "")
        if mood in RAISED:
            raise RAISED[mood]
        if mood in BROKEN:
            return BROKEN[mood]  # type: ignore[no-any-return]
        match mood:
            case "url":
                return sdk.Reception(reply=sdk.Reply(200, f"{delivery.url} {delivery.rest}".encode()))
            case "content":
                return sdk.Reception([sdk.Row("r", delivery.content())])
            case "gone":
                return sdk.Reception(reply=sdk.Reply(410))
            case "then":
                return sdk.Reception(then=self._then)
        return sdk.Reception([sdk.Row(str(json.loads(delivery.body)["key"]), delivery.body)])

    async def _then(self) -> None:
        Moody.done.append("then")
        raise ValueError("what comes after an answer may fail")

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        yield sdk.Touchpoint(
            kind="call", channel=sdk.Channel.PHONE, direction=sdk.Direction.INBOUND,
            occurred_at=sdk.instant("2026-03-01T09:00:00Z"), identifiers=(sdk.email(json.loads(row.payload)["who"]),),
        )  # fmt: skip


class MoodySettings(sdk.Settings):
    password: sdk.Secret = sdk.Secret("")


class MoodyConnector(sdk.Connector):
    name = "test.moody"
    title = "Fails in every way"
    Settings = MoodySettings

    def streams(self) -> list[sdk.Stream]:
        return [Moody()]


@dataclass
class Door:
    """A served hub with sources of several connectors."""

    service: Served
    sources: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, content: bytes = b"{}", headers: dict[str, str] | None = None) -> httpx.Response:
        answer: httpx.Response = self.service.client.post(path, content=content, headers=headers)
        return answer

    def moody(self, mood: str, content: bytes = TOLD, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.post(f"/in/{self.sources['test.moody']}/rows?mood={mood}", content, headers)

    def records(self) -> list[dict[str, Any]]:
        self.settle()
        source = self.sources["test.moody"]
        keys = self.store(lambda session: session.all("SELECT key FROM record WHERE stream = 'rows'"))
        return [self.service.ask(RECORD, source=source, key=key)["record"] for (key,) in keys]

    def store(self, job: Callable[[Session], T]) -> T:
        """Let the writer do something."""
        portal = self.service.client.portal
        assert portal is not None
        done: T = portal.call(self.service.hub.threads.store, job)
        return done

    def settle(self) -> None:
        """Wait until everything that is stored is processed."""
        last = self.store(lambda session: session.value("SELECT max(number) FROM record"))
        portal = self.service.client.portal
        assert portal is not None
        assert portal.call(self.service.hub.wait, last or 0, 20)


SECRET = "a long random word"
SOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "test.moody": ("test.moody", "rows", {"password": "a-secret-in-a-header"}),
    "generic.webhook": ("generic.webhook", "deliveries", {"scheme": "github", "secrets": [SECRET]}),
    "lists": (
        "generic.webhook", "deliveries",
        {"scheme": "github", "secrets": [SECRET], "rows": "a.b", "select": "@header.x-kind", "mappings": {"*": {}},
         "properties": "*", "columns": {"key": "id", "email": "email"}},
    ),
    "mailgun": ("generic.webhook", "deliveries", {"scheme": "mailgun", "secrets": [SECRET]}),
    "mandrill": ("generic.webhook", "deliveries", {"scheme": "mandrill", "secrets": [SECRET]}),
    "meta": ("generic.webhook", "deliveries", {"scheme": "meta", "secrets": [SECRET], "verify_token": "v"}),
    "x": ("generic.webhook", "deliveries", {"scheme": "x", "secrets": [SECRET]}),
    "sns": ("generic.webhook", "deliveries", {"scheme": "sns", "topics": ["arn:aws:sns:eu-west-1:1:t"]}),
    "generic.segment": ("generic.segment", "v1", {"write_keys": [SECRET]}),
    "webforms.endpoint": ("webforms.endpoint", "submissions", {"origins": ["*"]}),
}  # fmt: skip
"""By a name: connector, stream and settings of a source. All that take deliveries are among them."""


@contextmanager
def opened(address: str, public_url: str | None = None) -> Iterator[Door]:
    known = load_registry()
    registry = Registry({**known.connectors, "test.moody": MoodyConnector}, known.broken)
    found: list[tuple[Hub, dict[str, str]]] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with await Hub.open(address, registry, Company(), secret_key=new_key()) as hub:
            app.router.routes.extend(routes(hub, max_delivery_bytes=200_000, public_url=public_url))
            made = {
                name: str((await hub.create_source(name, connector, given)).ids[0])
                for name, (connector, _, given) in SOURCES.items()
            }
            found.append((hub, made))
            yield

    with TestClient(Starlette(lifespan=lifespan)) as client:
        hub, made = found[0]
        service = Served(client, hub)
        service.token = service.new_token("read", "pii", "manage")
        yield Door(service, made)


@pytest.fixture(autouse=True)
def _broken_again() -> None:
    Moody.repaired = False
    Moody.done.clear()


@pytest.fixture
def at_door(hub_address: str) -> Iterator[Door]:
    with opened(hub_address) as opened_:
        yield opened_


@pytest.fixture
def lite_door(hub_folder: Path) -> Iterator[Door]:
    with opened(str(hub_folder), "https://hub.example/base/") as opened_:
        yield opened_


# Who is let in ----------------------------------------------------------------------------------------------------


def test_a_wrong_signature_is_401_and_stores_nothing(lite_door: Door) -> None:
    path = f"/in/{lite_door.sources['generic.webhook']}/deliveries"
    for headers in {}, {"x-hub-signature-256": "sha256=00"}:
        answer = lite_door.post(path, b"{}", headers)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "SIGNATURE_WRONG"
        assert answer.headers["www-authenticate"] == 'Signature realm="hub", Basic realm="hub"'
    assert lite_door.moody("", headers={"x-forged": "yes"}).status_code == 401
    assert lite_door.records() == []


def test_what_is_not_there_is_404_in_the_same_words(lite_door: Door) -> None:
    known = lite_door.sources["generic.webhook"]
    answers = [lite_door.post(path) for path in ("/in/src_none/deliveries", f"/in/{known}/none", "/in/x/y/z")]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (404, '{"errors":[{"message":"Nothing takes deliveries here.","extensions":{"code":"NOT_FOUND"}}]}')
    }


def test_who_guesses_addresses_has_the_hub_look_for_new_sources_once_a_second(
    lite_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    find = lite_door.service.hub.door._find

    async def noted(source: str) -> Any:
        asked.append(source)
        return await find(source)

    monkeypatch.setattr(lite_door.service.hub.door, "_find", noted)
    assert [lite_door.post(f"/in/src_{n}/rows").status_code for n in range(5)] == [404] * 5
    assert lite_door.moody("").status_code == 200
    assert asked == ["src_0", lite_door.sources["test.moody"]]


def test_a_paused_source_goes_on_taking_deliveries(lite_door: Door) -> None:
    source = lite_door.sources["test.moody"]
    pause = "mutation ($id: ID!) { pauseSource(input: {source: $id}) { userErrors { message } } }"
    assert lite_door.service.ask(pause, id=source)["pauseSource"]["userErrors"] == []
    assert lite_door.moody("").status_code == 200
    assert [record["key"] for record in lite_door.records()] == ["k"]


def test_a_source_whose_connector_is_gone_asks_its_senders_to_come_again(
    lite_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = lite_door.service.hub._sources._known
    num = next(num for num, source in known.items() if source.id == lite_door.sources["test.moody"])
    monkeypatch.setitem(known, num, replace(known[num], connector=None, broken="ImportError: secrets of the inside"))
    answer = lite_door.moody("")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    assert "inside" not in answer.text


def test_who_looks_before_sending_is_answered(lite_door: Door) -> None:
    client, path = lite_door.service.client, f"/in/{lite_door.sources['generic.webhook']}/deliveries"
    assert client.head(path).status_code == 200
    assert client.head("/in/src_none/deliveries").status_code == 404
    assert client.get(path).text == "Deliveries are posted here.\n"
    allowed = client.options(path, headers={"WebHook-Request-Origin": "events.example"})
    assert (allowed.status_code, allowed.headers["webhook-allowed-origin"]) == (200, "events.example")


def test_the_address_is_the_one_that_senders_know(lite_door: Door) -> None:
    source = lite_door.sources["test.moody"]
    answer = lite_door.post(f"/in/{source}/rows/a%2Fb/c?mood=url&x=%C3%BC+1")
    assert answer.text == f"https://hub.example/base/in/{source}/rows/a%2Fb/c?mood=url&x=%C3%BC+1 a/b/c"


# Limits -----------------------------------------------------------------------------------------------------------


def test_what_is_too_large_or_too_slow_is_refused_cleanly(lite_door: Door) -> None:
    assert lite_door.moody("", b"x" * 200_001).status_code == 413
    assert lite_door.moody("", headers={"x-long": "y" * 20_000}).status_code == 431
    packed = gzip.compress(b" " * 30_000_000)
    assert lite_door.moody("content", packed, {"content-encoding": "gzip"}).status_code == 413
    assert lite_door.moody("content", b"no gzip", {"content-encoding": "gzip"}).status_code == 400
    assert lite_door.moody("content", b"", {"content-encoding": "br"}).status_code == 400
    app = Starlette(routes=routes(lite_door.service.hub, body_seconds=0.05))
    source = lite_door.sources["test.moody"]
    assert lite_door.service.client.portal is not None
    said = lite_door.service.client.portal.call(_slowly, app, f"/in/{source}/rows")
    assert said[0]["status"] == 408


async def _slowly(app: Any, path: str) -> list[Any]:
    """Send half of a body, and then nothing."""
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"transfer-encoding", b"chunked")], "scheme": "http", "server": ("hub", 80), "client": ("a", 1),
    }  # fmt: skip
    heard = [{"type": "http.request", "body": b"{", "more_body": True}]
    said: list[Any] = []

    async def receive() -> Any:
        if heard:
            return heard.pop()
        return await asyncio.sleep(60)

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    return said


class _Waiting:
    """Answers deliveries when it is told to."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def deliver(self, *_: Any) -> sdk.Reply:
        await self.goes_on.wait()
        return sdk.Reply()


def test_more_at_once_than_there_is_room_for_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST_AT_ONCE", 1000)
    hub = _Waiting()
    room = deliveries.Deliveries(hub, 200_000)  # type: ignore[arg-type]

    async def sent(size: int) -> int:
        scope = {
            "type": "http", "method": "POST", "path": "/in/a/b", "path_params": {"source": "a", "stream": "b"},
            "headers": [(b"content-length", str(size).encode())], "scheme": "http",
        }  # fmt: skip
        said: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"x" * size}

        async def send(message: Any) -> None:
            said.append(message)

        await room(scope, receive, send)
        status: int = said[0]["status"]
        return status

    async def statuses() -> list[int]:
        there = [asyncio.create_task(sent(size)) for size in (900, 100)]
        await asyncio.sleep(0)
        refused = await sent(1)
        hub.goes_on.set()
        return [refused, *await asyncio.gather(*there), await sent(50)]

    assert asyncio.run(statuses()) == [503, 200, 200, 200]
    assert room._under_way == 0


# A connector that fails -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mood", ["crash", "recursion", "fails", *BROKEN])
def test_whatever_a_connector_does_the_delivery_is_kept(lite_door: Door, mood: str) -> None:
    body = b'{"key": "k", "who": "a@x.org", "n": 0.10}'
    answer = lite_door.moody(mood, body)
    assert (answer.status_code, answer.text) == (202, "Kept; it could not be read yet.\n")
    (record,) = lite_door.records()
    assert record["payload"] == body.decode()
    assert record["problem"] is not None


def test_a_connector_may_refuse_or_ask_for_patience(lite_door: Door) -> None:
    refused, later = lite_door.moody("refuses"), lite_door.moody("later")
    assert (refused.status_code, later.status_code, later.headers["retry-after"]) == (400, 503, "7")
    assert lite_door.records() == []


def test_what_was_kept_is_received_again_once_the_connector_is_repaired(at_door: Door) -> None:
    secret: dict[str, Any] = {
        "authorization": "Bearer in-a-header",
        "x-token": "a-secret-in-a-header",
        "x-plain": "kept",
    }
    assert at_door.moody("crash", headers=secret).status_code == 202
    assert at_door.moody("crash", headers=secret).status_code == 202
    (record,) = at_door.records()
    assert record["problem"]["code"] == "INTERNAL"
    kept = str(at_door.store(lambda session: session.all("SELECT content FROM envelope")))
    assert "kept" in kept
    assert "in-a-header" not in kept
    Moody.repaired = True
    answer = at_door.service.ask(
        "mutation { replay(input: {onlyProblems: true}) { run { id } userErrors { message } } }"
    )
    assert answer["replay"]["userErrors"] == []
    while record["problem"] is not None:
        time.sleep(0.02)
        (record,) = at_door.records()
    # The same delivery, sent once more, is the touchpoint that is there already.
    assert at_door.moody("").status_code == 200
    at_door.settle()
    found = at_door.service.ask("{ touchpoints(first: 10) { nodes { kind } } }")["touchpoints"]["nodes"]
    assert [each["kind"] for each in found] == ["call"]


def test_a_forged_delivery_that_was_kept_never_means_anything() -> None:
    """It was kept because its connector failed before it looked at the signature."""
    at = sdk.instant("2026-03-01T09:00:00Z")
    forged = sdk.Delivery("POST", "/", {}, {"x-forged": "1"}, b'{"key": "k", "who": "a@x.org"}', "", at, b"secret")
    with pytest.raises(sdk.SignatureWrong):
        list(meaning(Moody(), held_row(forged, [])))
    refused = sdk.Delivery("POST", "/", {"mood": "gone"}, {}, b"{}", "", at, b"secret")
    with pytest.raises(sdk.RowUnreadable, match="refuses this delivery with 410"):
        list(meaning(Moody(), held_row(refused, [])))
    # No connector can make its own rows look as if they had been kept.
    assert without_mark([sdk.Row("k", b"{}", {**held_row(forged, []).envelope, "a": "b"})]) == [
        sdk.Row("k", b"{}", {"a": "b"})
    ]


def test_only_so_many_are_kept_until_the_sender_is_told_to_come_again(
    lite_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_MOST_HELD", 2)
    answers = [lite_door.moody("crash", b'{"n": %d}' % n).status_code for n in range(3)]
    assert answers == [202, 202, 503]
    assert len(lite_door.records()) == 2


def test_what_comes_after_an_answer_may_fail_and_harms_nobody(lite_door: Door) -> None:
    assert lite_door.moody("then").status_code == 200
    assert lite_door.moody("", b'{"key": "k2", "who": "b@x.org"}').status_code == 200
    assert Moody.done == ["then"]


# Anything at all --------------------------------------------------------------------------------------------------

_HEADERS = [
    "content-type", "content-encoding", "x-hub-signature-256", "origin", "referer", "accept", "authorization", "host",
    "content-length", "ce-specversion", "webhook-request-origin", "x-forwarded-proto",
]  # fmt: skip


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with opened(str(tmp_path_factory.mktemp("door") / "hub")) as opened_:
        yield opened_


_KINDS = [
    b"", b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=X",
    b"application/cloudevents-batch+json",
]  # fmt: skip
_VALUE = st.binary(max_size=60).filter(lambda value: not set(value) & set(b"\r\n\0"))  # which no server lets pass
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abid") | st.text(max_size=5), inner),
    max_leaves=12,
)
_BODY = st.one_of(
    st.binary(max_size=300),
    _JSON.map(lambda said: json.dumps(said).encode()),
    _JSON.map(lambda said: gzip.compress(json.dumps(said).encode())),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5).map(lambda said: urlencode(said).encode()),
    st.sampled_from([b"[" * 3000, b'{"a":' * 500, b"\xff\xfe", b"--X\r\n", b"a=%z&b", b'{"a":{"b":[{"id":9e999}]}}']),
)


_ANYTHING = given(
    source=st.sampled_from(sorted(SOURCES)),
    method=st.sampled_from(["POST", "POST", *deliveries.METHODS, "TRACE", "PROPFIND"]),
    rest=st.binary(max_size=30) | st.sampled_from([b"batch", b"identify", b"track"]),
    query=st.binary(max_size=60) | st.sampled_from([b"crc_token=a", b"hub.mode=subscribe", b"token"]),
    headers=st.lists(st.tuples(st.sampled_from(_HEADERS), _VALUE), max_size=5),
    kind=st.sampled_from(_KINDS),
    encoding=st.sampled_from([b"", b"", b"gzip", b"deflate"]),
    body=_BODY,
    signs=st.booleans(),
)  # fmt: skip


def _asked(
    fuzzed: Door, source: str, method: str, rest: bytes, query: bytes, headers: list[tuple[str, bytes]], kind: bytes,
    encoding: bytes, body: bytes, signs: bool,
) -> None:  # fmt: skip
    path = f"/in/{fuzzed.sources[source]}/{SOURCES[source][1]}/".encode() + rest.replace(b"?", b"")
    sent = [(name.encode(), value) for name, value in headers]
    sent += [(b"content-type", kind), (b"content-encoding", encoding)]
    if signs:
        signature = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
        sent = [*sent, (b"x-hub-signature-256", f"sha256={signature}".encode())]
        sent.append((b"authorization", b"Basic " + base64.b64encode(f"{SECRET}:".encode())))
        sent = [(name, value) for name, value in dict(sent).items()]
    scope = {
        "type": "http", "method": method, "path": path.decode(errors="replace"), "raw_path": path, "root_path": "",
        "query_string": query, "headers": sent, "scheme": "http", "server": ("hub", 80), "client": ("a", 1),
        "http_version": "1.1",
    }  # fmt: skip
    assert fuzzed.service.client.portal is not None
    status = fuzzed.service.client.portal.call(_answered, fuzzed.service.client.app, scope, body)
    # Nothing but a body may make a connector of ours fail; what does is kept, and seen here.
    assert status < 500, (status, scope, body)
    assert source == "test.moody" or status != 202, (status, scope, body)


@_ANYTHING
@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
def test_no_body_and_no_header_makes_it_answer_500(fuzzed: Door, **request: Any) -> None:
    _asked(fuzzed, **request)


@pytest.mark.long
@pytest.mark.timeout(1200)
@_ANYTHING
@settings(deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck))
def test_nothing_of_ten_thousand_requests_makes_it_answer_500(fuzzed: Door, **request: Any) -> None:
    _asked(fuzzed, **request)


async def _answered(app: Any, scope: dict[str, Any], body: bytes) -> int:
    heard = [{"type": "http.disconnect"}, {"type": "http.request", "body": body, "more_body": False}]
    said: list[Any] = []

    async def receive() -> Any:
        return heard.pop()

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    return int(said[0]["status"])

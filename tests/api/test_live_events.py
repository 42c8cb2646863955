"""Live queries over Server-Sent Events, against a hub at a port of its own."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from hub.api.media_types import preferred
from tests.api.conftest import Served

LIVE = "subscription ($after: String) { touchpointAdded(after: $after) { cursor touchpoint { title } } }"


@pytest.fixture
def url(lite: Served) -> Iterator[str]:
    """The test's hub at a port: Starlette's own client waits for the end of an answer."""
    config = uvicorn.Config(lite.client.app, port=0, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    assert lite.client.portal is not None
    with lite.client.portal.wrap_async_context_manager(_running(server)):
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/graphql"


@asynccontextmanager
async def _running(server: uvicorn.Server) -> AsyncIterator[None]:
    task = asyncio.create_task(server._serve())
    yield
    server.should_exit = server.force_exit = True
    await task


@contextmanager
def streamed(
    url: str,
    token: str,
    document: str = LIVE,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    **given: Any,
) -> Iterator[httpx.Response]:
    sent = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}", **(headers or {})}
    body = {"query": document, "variables": given}
    asked: dict[str, Any] = (
        {"json": body} if method == "POST" else {"params": {"query": document, "variables": json.dumps(given)}}
    )
    with (
        httpx.Client(trust_env=False, timeout=20) as client,
        client.stream(method, url, headers=sent, **asked) as answer,
    ):
        yield answer


def events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """The events as they come; comments are passed over."""
    event: dict[str, Any] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(":")
        if not line and event:
            yield event
            event = {}
        elif name:
            event[name] = value.strip()


def titled(event: dict[str, Any]) -> str:
    assert event["event"] == "next", event
    answer = json.loads(event["data"])
    added = answer["data"]["touchpointAdded"]
    assert added["cursor"] == event["id"]
    return str(added["touchpoint"]["title"])


def test_a_stream_goes_on_after_the_last_event_that_was_seen(lite: Served, url: str) -> None:
    with streamed(url, lite.token) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-transform" in answer.headers["cache-control"]
        time.sleep(0.3)
        lite.tell({"kind": "call", "title": "one", "who": {"email": "a@example.com"}})
        first = next(events(answer))
        assert titled(first) == "one"
    lite.tell({"kind": "call", "title": "two"}, {"kind": "call", "title": "three"})
    for method in ("POST", "GET"):
        # What the client saw last counts, and not the cursor with which it began.
        with streamed(url, lite.token, method=method, headers={"Last-Event-ID": first["id"]}, after="") as answer:
            seen = events(answer)
            assert [titled(next(seen)), titled(next(seen))] == ["two", "three"]


def test_a_query_is_one_event_and_then_complete(lite: Served, url: str) -> None:
    with streamed(url, lite.token, "{ touchpoints { totalCount } }") as answer:
        first, last = events(answer)
    assert json.loads(first["data"])["data"] == {"touchpoints": {"totalCount": 0}}
    assert last == {"event": "complete", "data": ""}


def test_what_goes_wrong_is_told_as_an_event(lite: Served, url: str) -> None:
    for document, code in (
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { touchpointAdded(after: "x") { cursor } }', "BAD_USER_INPUT"),
        ('subscription { customerChanged(customer: "cus_x") { cursor } }', "NOT_FOUND"),
    ):
        with streamed(url, lite.token, document) as answer:
            first, last = events(answer)
        assert json.loads(first["data"])["errors"][0]["extensions"]["code"] == code
        assert last["event"] == "complete"
    with streamed(url, lite.new_token("write")) as answer:
        assert json.loads(next(events(answer))["data"])["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_what_is_refused_before_has_its_status(lite: Served, url: str) -> None:
    with streamed(url, "nonsense") as answer:
        assert (answer.status_code, json.loads(answer.read())["errors"][0]["extensions"]["code"]) == (
            401, "UNAUTHENTICATED"
        )  # fmt: skip
    with streamed(url, lite.token, "") as answer:
        assert answer.status_code == 422
    for method, document, sentence in (
        ("GET", "mutation { __typename }", "Only queries may be sent this way."),
        ("POST", "fragment A on Hub { name }", "The document has no operation."),
    ):
        with streamed(url, lite.token, document, method) as answer:
            first, last = events(answer)
        (error,) = json.loads(first["data"])["errors"]
        assert (error["message"], error["extensions"]["code"]) == (sentence, "BAD_USER_INPUT")
        assert last["event"] == "complete"


def test_a_stream_ends_when_its_token_is_revoked(lite: Served, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.standing.LOOK", 0.1)
    made = lite.ask('mutation { createToken(input: {name: "n", scopes: ["read"]}) { secret token { id } } }')
    secret, token = made["createToken"]["secret"], made["createToken"]["token"]["id"]
    with streamed(url, secret) as answer:
        revoke = "mutation ($t: ID!) { revokeToken(input: {token: $t}) { token } }"
        threading.Timer(0.3, lambda: lite.post(revoke, {"t": token})).start()
        first, last = events(answer)
    error = json.loads(first["data"])["errors"][0]
    assert (error["message"], error["extensions"]["code"]) == (
        "This token has expired or was revoked.", "UNAUTHENTICATED"
    )  # fmt: skip
    assert last["event"] == "complete"


def test_silence_is_broken_by_comments(lite: Served, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.events.HEARTBEAT", 0.1)
    monkeypatch.setattr("hub.api.events.LOOK", 0.1)
    with streamed(url, lite.token) as answer:
        lines = (line for line in answer.iter_lines() if line)
        assert [next(lines), next(lines), next(lines)] == [":", ":", ":"]


def test_one_token_has_only_so_many_streams(lite: Served, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.standing.MOST", 1)
    with streamed(url, lite.token) as first:
        lines = first.iter_lines()
        assert next(lines) == ":"
        time.sleep(0.2)
        with streamed(url, lite.token) as second:
            assert second.status_code == 503
            assert "TOO_MANY_STREAMS" in second.read().decode()


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream, */*", "text/event-stream"),
        ("text/event-stream, multipart/mixed", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("text/*", None),
        ("*/*", "application/json"),
    ],
)
def test_events_are_for_clients_that_name_them(accept: str, answered: str | None) -> None:
    assert preferred(accept) == answered

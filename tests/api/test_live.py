"""Live queries over WebSocket: introduced by a token, resumable, and never without the right to see."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.api.conftest import Served

LIVE = """subscription ($customer: ID, $kinds: [String!], $after: String) {
  touchpointAdded(customer: $customer, kinds: $kinds, after: $after) {
    cursor touchpoint { kind title customer { displayName lifecycle { stage } } } } }"""


def unintroduced(service: Served) -> Any:
    return service.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"])


@contextmanager
def connected(service: Served, payload: Any) -> Iterator[Any]:
    with unintroduced(service) as socket:
        socket.send_json({"type": "connection_init", "payload": payload})
        yield socket


def introduced(service: Served, token: str | None = None) -> Any:
    return connected(service, {"Authorization": f"Bearer {token or service.token}"})


def subscribe(socket: Any, document: str = LIVE, **variables: Any) -> None:
    assert socket.receive_json() == {"type": "connection_ack"}
    socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": document, "variables": variables}})


def added(socket: Any) -> dict[str, Any]:
    message = socket.receive_json()
    assert message["type"] == "next", message
    held: dict[str, Any] = message["payload"]["data"]["touchpointAdded"]
    return held


def test_a_touchpoint_is_seen_as_it_comes_with_what_it_led_to(service: Served) -> None:
    service.tell({"kind": "form", "channel": "WEB", "title": "before", "who": {"email": "a@example.com"}})
    with introduced(service) as socket:
        subscribe(socket)
        time.sleep(0.3)
        service.tell({"kind": "invoice", "title": "ইনভয়েস 😀", "amount": "1.00", "who": {"email": "a@example.com"}})
        seen = added(socket)["touchpoint"]
        assert (seen["kind"], seen["title"]) == ("invoice", "ইনভয়েস 😀")
        assert seen["customer"]["lifecycle"]["stage"] == "CUSTOMER"
        service.tell({"kind": "call", "title": "after", "who": {"email": "b@example.com"}})
        assert added(socket)["touchpoint"]["title"] == "after"


def test_a_feed_goes_on_from_a_cursor_and_keeps_to_its_customer(service: Served) -> None:
    with introduced(service) as socket:
        subscribe(socket)
        time.sleep(0.3)
        service.tell({"kind": "call", "title": "one", "who": {"email": "a@example.com"}})
        cursor = added(socket)["cursor"]
    service.tell(
        {"kind": "call", "title": "of another", "who": {"email": "b@example.com"}},
        {"kind": "form", "title": "another kind", "who": {"email": "a@example.com"}},
        {"kind": "call", "title": "two", "who": {"email": "a@example.com"}},
    )
    by = 'query { customer(by: {identifier: {kind: "email", value: "a@example.com"}}) { id } }'
    customer = service.ask(by)["customer"]["id"]
    with introduced(service) as socket:
        subscribe(socket, after=cursor, customer=customer, kinds=["call"])
        assert added(socket)["touchpoint"]["title"] == "two"


def test_without_pii_a_feed_is_masked(lite: Served) -> None:
    with introduced(lite, lite.new_token("read")) as socket:
        subscribe(socket)
        time.sleep(0.3)
        lite.tell({"kind": "call", "title": "secret", "who": {"email": "a@example.com"}, "traits": {"name": "Ann Roy"}})
        seen = added(socket)["touchpoint"]
        assert (seen["title"], seen["customer"]["displayName"]) == (None, "A••• R•••")


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer nonsense"}, {"token": 7}, {"token": "x"}])
def test_without_a_good_token_a_socket_is_closed(lite: Served, payload: Any) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, connected(lite, payload) as socket:
        socket.receive_json()
    assert closed.value.code in {4400, 4403}


def test_the_token_may_be_given_alone(lite: Served) -> None:
    with connected(lite, {"token": lite.token}) as socket:
        assert socket.receive_json() == {"type": "connection_ack"}


def test_asking_before_the_introduction_is_refused(lite: Served) -> None:
    with unintroduced(lite) as socket:
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": "{ hub { name } }"}})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 4401


def test_a_client_that_does_not_introduce_itself_is_cut_off(lite: Served) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, unintroduced(lite) as socket:
        socket.receive_json()
    assert closed.value.code == 4408


def test_scopes_and_clean_errors_hold_over_a_socket_too(lite: Served) -> None:
    with introduced(lite, lite.new_token("write")) as socket:
        subscribe(socket)
        message = socket.receive_json()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"] == {"code": "FORBIDDEN"}
    with introduced(lite) as socket:
        subscribe(socket, customer="cus_nobody")
        message = socket.receive_json()
        text = str(message)
        assert "There is no such customer." in text
        assert "NOT_FOUND" in text
    with introduced(lite) as socket:
        subscribe(socket, after="nonsense")
        assert "after is not a cursor of this list." in str(socket.receive_json())
    with introduced(lite) as socket:
        subscribe(socket, "{ nothing }")
        assert socket.receive_json()["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_queries_and_writes_run_over_a_socket_each_with_its_own_snapshot(lite: Served) -> None:
    with introduced(lite) as socket:
        subscribe(socket, "{ touchpoints { totalCount } }")
        first = socket.receive_json()["payload"]
        assert first["data"] == {"touchpoints": {"totalCount": 0}}
        assert socket.receive_json() == {"id": "1", "type": "complete"}
        lite.tell({"kind": "call", "who": {"email": "a@example.com"}})
        socket.send_json({"id": "2", "type": "subscribe", "payload": {"query": "{ touchpoints { totalCount } }"}})
        second = socket.receive_json()["payload"]
        assert second["data"] == {"touchpoints": {"totalCount": 1}}
        assert int(second["extensions"]["processed"]) > int(first["extensions"]["processed"])


def test_a_feed_ends_when_its_token_is_revoked(lite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.standing.LOOK", 0.2)
    made = lite.ask('mutation { createToken(input: {name: "n", scopes: ["read"]}) { secret token { id } } }')[
        "createToken"
    ]
    with introduced(lite, made["secret"]) as socket:
        subscribe(socket)
        time.sleep(0.2)
        lite.post("mutation ($t: ID!) { revokeToken(input: {token: $t}) { token } }", {"t": made["token"]["id"]})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert (closed.value.code, closed.value.reason) == (4403, "This token has expired or was revoked.")


def test_many_quiet_feeds_hold_no_connection(lite: Served) -> None:
    with introduced(lite) as socket:
        assert socket.receive_json() == {"type": "connection_ack"}
        for number in range(20):
            socket.send_json({"id": str(number), "type": "subscribe", "payload": {"query": LIVE}})
        time.sleep(0.5)
        began = time.monotonic()
        lite.ask("{ touchpoints { totalCount } }")
        assert time.monotonic() - began < 2

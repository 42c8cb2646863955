"""Live queries over WebSocket: introduced by a token, resumable, and never without the right to see."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from hub.store import ledger
from hub.store.pages import Cursors
from tests.api.conftest import Served, served

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
        service.until_followed()
        service.tell({"kind": "invoice", "title": "ইনভয়েস 😀", "amount": "1.00", "who": {"email": "a@example.com"}})
        seen = added(socket)["touchpoint"]
        assert (seen["kind"], seen["title"]) == ("invoice", "ইনভয়েস 😀")
        assert seen["customer"]["lifecycle"]["stage"] == "CUSTOMER"
        service.tell({"kind": "call", "title": "after", "who": {"email": "b@example.com"}})
        assert added(socket)["touchpoint"]["title"] == "after"


def test_a_feed_goes_on_from_a_cursor_and_keeps_to_its_customer(service: Served) -> None:
    with introduced(service) as socket:
        subscribe(socket)
        service.until_followed()
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
        lite.until_followed()
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


CHANGES = """subscription ($customer: ID, $kinds: [ChangeKind!], $after: String) {
  changeAdded(customer: $customer, kinds: $kinds, after: $after) {
    cursor change { kind touchpoint { title } customer { displayName } } } }"""
CUSTOMER = """subscription ($customer: ID!, $after: String) { customerChanged(customer: $customer, after: $after) {
  cursor kinds customer { id displayName lifecycle { stage } timeline { nodes { title } } } } }"""


def told(socket: Any, field: str) -> dict[str, Any]:
    message = socket.receive_json()
    assert message["type"] == "next", message
    held: dict[str, Any] = message["payload"]["data"][field]
    return held


def customer_of(service: Served, email: str) -> str:
    by = f'query {{ customer(by: {{identifier: {{kind: "email", value: "{email}"}}}}) {{ id }} }}'
    return str(service.ask(by)["customer"]["id"])


def test_changes_are_followed_from_a_cursor_of_the_query_changes(service: Served) -> None:
    service.tell({"kind": "form", "title": "first", "who": {"email": "a@example.com"}})
    start = service.ask("{ changes(first: 1) { pageInfo { endCursor } } }")["changes"]["pageInfo"]["endCursor"]
    service.tell({"kind": "invoice", "title": "bill", "amount": "1.00", "who": {"email": "a@example.com"}})
    pages = service.ask(
        "query ($after: String) { changes(after: $after) { edges { cursor node { kind } } } }", after=start
    )["changes"]["edges"]
    with introduced(service) as socket:
        subscribe(socket, CHANGES, after=start)
        seen = [told(socket, "changeAdded") for _ in pages]
        assert [(each["cursor"], each["change"]["kind"]) for each in seen] == [
            (each["cursor"], each["node"]["kind"]) for each in pages
        ]
        service.tell({"kind": "call", "title": "next", "who": {"email": "a@example.com"}})
        assert told(socket, "changeAdded")["change"]["touchpoint"]["title"] == "next"
    with introduced(service) as socket:
        subscribe(socket, CHANGES, after=start, kinds=["STAGE_CHANGED"])
        change = told(socket, "changeAdded")["change"]
        assert (change["kind"], change["touchpoint"]) == ("STAGE_CHANGED", None)


def test_changes_of_one_customer_leave_out_those_of_others(service: Served) -> None:
    service.tell({"kind": "form", "title": "one", "who": {"email": "a@example.com"}})
    start = service.ask("{ changes(first: 1) { pageInfo { endCursor } } }")["changes"]["pageInfo"]["endCursor"]
    service.tell(
        {"kind": "call", "title": "of another", "who": {"email": "b@example.com"}},
        {"kind": "call", "title": "two", "who": {"email": "a@example.com"}},
    )
    with introduced(service) as socket:
        subscribe(
            socket, CHANGES, after=start, customer=customer_of(service, "a@example.com"), kinds=["TOUCHPOINT_ADDED"]
        )
        assert told(socket, "changeAdded")["change"]["touchpoint"]["title"] == "two"


def test_a_customer_is_followed_across_a_merge(service: Served) -> None:
    service.tell({"kind": "form", "title": "old", "who": {"email": "a@example.com"}})
    service.tell({"kind": "form", "title": "other", "who": {"phone": "01711000001"}})
    by = 'query { customer(by: {identifier: {kind: "phone", value: "01711000001"}}) { id } }'
    customer = service.ask(by)["customer"]["id"]
    with introduced(service) as socket:
        subscribe(socket, CUSTOMER, customer=customer)
        first = told(socket, "customerChanged")
        assert (first["kinds"], first["customer"]["id"]) == ([], customer)
        service.tell({"kind": "call", "title": "of nobody here", "who": {"email": "c@example.com"}})
        service.tell({"kind": "call", "title": "both", "who": {"email": "a@example.com", "phone": "01711000001"}})
        merged = told(socket, "customerChanged")
        assert {"CUSTOMERS_MERGED", "TOUCHPOINT_ADDED"} <= set(merged["kinds"])
        assert {each["title"] for each in merged["customer"]["timeline"]["nodes"]} == {"both", "other", "old"}
        assert merged["customer"]["id"] == customer_of(service, "a@example.com")
    service.tell({"kind": "invoice", "title": "bill", "amount": "1.00", "who": {"email": "a@example.com"}})
    with introduced(service) as socket:
        subscribe(socket, CUSTOMER, customer=customer, after=merged["cursor"])
        last = told(socket, "customerChanged")
        assert last["customer"]["lifecycle"]["stage"] == "CUSTOMER"
        assert set(last["kinds"]) == {"TOUCHPOINT_ADDED", "STAGE_CHANGED"}


def test_a_cursor_of_before_is_still_taken(lite: Served) -> None:
    lite.tell({"kind": "call", "title": "one"}, {"kind": "call", "title": "two"})
    former = Cursors(lite.hub.secret, "Subscription.touchpointAdded", ledger.ORDER)
    (first, *_) = lite.ask("{ changes(kinds: [TOUCHPOINT_ADDED]) { nodes { id } } }")["changes"]["nodes"]
    _, number, ordinal = first["id"].split("_")
    with introduced(lite) as socket:
        subscribe(socket, after=former.seal((int(number), int(ordinal))))
        assert added(socket)["touchpoint"]["title"] == "two"


def test_a_feed_ends_for_who_does_not_read_it_and_says_where_to_go_on(
    lite: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.api.following.SLOWEST", -1.0)  # nobody is so quick
    lite.tell({"kind": "call", "title": "one"})
    start = lite.ask("{ changes(first: 1) { pageInfo { endCursor } } }")["changes"]["pageInfo"]["endCursor"]
    lite.tell({"kind": "call", "title": "two"}, {"kind": "call", "title": "three"})
    with introduced(lite) as socket:
        subscribe(socket, after=start)
        cursor = added(socket)["cursor"]
        message = socket.receive_json()
        (error,) = message["payload"]["errors"]
        assert (error["extensions"]["code"], error["extensions"]["cursor"]) == ("FELL_BEHIND", cursor)
        assert socket.receive_json() == {"id": "1", "type": "complete"}
        monkeypatch.setattr("hub.api.following.SLOWEST", 20.0)
        again = {"query": LIVE, "variables": {"after": cursor}}
        socket.send_json({"id": "1", "type": "subscribe", "payload": again})
        assert added(socket)["touchpoint"]["title"] == "three"


def test_a_socket_ends_when_its_token_expires(lite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.standing.LOOK", 0.1)
    expires = datetime.now(UTC) + timedelta(seconds=1)
    assert lite.client.portal is not None
    _, secret = lite.client.portal.call(lite.hub.create_token, "short", ["read"], expires)
    with introduced(lite, secret) as socket:
        assert socket.receive_json() == {"type": "connection_ack"}
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4403


def test_a_socket_has_a_hundred_operations_at_most(lite: Served) -> None:
    with introduced(lite) as socket:
        assert socket.receive_json() == {"type": "connection_ack"}
        for number in range(101):
            socket.send_json({"id": str(number), "type": "subscribe", "payload": {"query": LIVE}})
        refused = socket.receive_json()
        assert (refused["id"], refused["type"]) == ("100", "error")


def test_pages_of_other_origins_connect_where_a_setting_names_them(hub_folder: Path) -> None:
    with served(str(hub_folder), allowed_origins=["https://app.example.com"]) as service:
        for origin, let_in in (
            ("https://app.example.com", True),
            ("http://testserver", True),
            ("https://evil.example.com", False),
        ):
            try:
                with service.client.websocket_connect(
                    "/graphql", subprotocols=["graphql-transport-ws"], headers={"Origin": origin}
                ) as socket:
                    socket.send_json({"type": "connection_init", "payload": {"token": service.token}})
                    assert socket.receive_json() == {"type": "connection_ack"}
                found = True
            except WebSocketDisconnect:
                found = False
            assert found is let_in, origin

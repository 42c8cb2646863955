"""Endpoints in the graph: who manages them, what is shown of them, of their messages and of how these went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.api.told import DOCUMENT
from hub.outgoing import Reach
from hub.sealing import new_key
from hub.work.posting import Post
from hub.work.sending import Sender
from tests.api.conftest import Served, served
from tests.work.receiver import Receiver, receiving

KEY = new_key()
CREATE = """mutation ($input: CreateEndpointInput!) { createEndpoint(input: $input) {
  endpoint { id name url wants sources { id } kinds stages contacts historical enabled } secret
  userErrors { code message path } } }"""
UPDATE = """mutation ($input: UpdateEndpointInput!) { updateEndpoint(input: $input) {
  endpoint { id name url wants stages enabled health { state healthy reason since } changes { by fields } }
  userErrors { code message path } } }"""
MESSAGES = """query ($id: ID!, $state: MessageState) { endpoint(id: $id) { id
  health { state healthy }
  messages(state: $state) { totalCount nodes {
    id type state body nextAttemptAt endpoint { id } change { id kind }
    attempts { number status fault answer } } } } }"""


@pytest.fixture
def service(hub_address: str) -> Iterator[Served]:
    with served(hub_address, secret_key=KEY) as service:
        yield service


@pytest.fixture
def lite(hub_folder: Path) -> Iterator[Served]:
    with served(str(hub_folder), secret_key=KEY) as service:
        yield service


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def made(service: Served, url: str = "https://crm.example/hook", **given: Any) -> dict[str, Any]:
    payload = service.ask(CREATE, input={"name": "CRM", "url": url, **given})["createEndpoint"]
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload | payload["endpoint"]
    return found


def work(service: Served) -> None:
    """Write and send once whatever there is."""

    async def once() -> None:
        async with Post(Reach.allowing(["127.0.0.1"])) as post:
            sender = Sender(service.hub, post)
            await sender.write()
            await sender.send()
            await sender.idle()

    service.client.portal.call(once)  # type: ignore[union-attr]


def test_endpoint_is_made_with_what_is_told_unless_said_and_a_secret_that_is_shown_once(lite: Served) -> None:
    endpoint = made(lite)
    assert endpoint["secret"].startswith("whsec_")
    assert {name: endpoint[name] for name in ("wants", "contacts", "historical", "enabled", "kinds", "stages")} == {
        "wants": ["CUSTOMERS_MERGED", "CUSTOMER_SPLIT", "STAGE_CHANGED", "TOUCHPOINT_ADDED"],
        "contacts": False, "historical": False, "enabled": True, "kinds": [], "stages": [],
    }  # fmt: skip
    known = lite.ask("{ endpoints { nodes { id name health { state } } } }")["endpoints"]["nodes"]
    assert known == [{"id": endpoint["id"], "name": "CRM", "health": {"state": "HEALTHY"}}]
    assert lite.ask("query ($id: ID!) { node(id: $id) { __typename id } }", id=endpoint["id"])["node"] == {
        "__typename": "Endpoint", "id": endpoint["id"],
    }  # fmt: skip


def test_endpoint_is_changed_and_who_did_it_is_written_down(lite: Served) -> None:
    id_ = made(lite, stages=["CUSTOMER"], wants=["STAGE_CHANGED"])["id"]

    def update(**given: Any) -> dict[str, Any]:
        payload = lite.ask(UPDATE, input={"endpoint": id_, **given})["updateEndpoint"]
        assert payload["userErrors"] == []
        found: dict[str, Any] = payload["endpoint"]
        return found

    changed = update(url="https://crm.example/v2", stages=[])
    assert (changed["url"], changed["stages"], changed["wants"]) == ("https://crm.example/v2", [], ["STAGE_CHANGED"])
    assert changed["changes"][0] == {"by": "test", "fields": ["stages", "url"]}
    off = update(enabled=False)
    assert (off["enabled"], off["health"]["state"], off["health"]["healthy"]) == (False, "DISABLED", False)
    assert off["health"]["reason"] == "Somebody disabled it."
    on = update(enabled=True)
    assert (on["enabled"], on["health"]["state"], len(on["changes"])) == (True, "HEALTHY", 4)
    assert len(update()["changes"]) == 4, "nothing was changed"


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"name": " "}, "BAD_USER_INPUT", ["name"]),
        ({"name": "Twice"}, "BAD_USER_INPUT", ["name"]),
        ({"url": "ftp://crm.example"}, "BAD_USER_INPUT", ["url"]),
        ({"url": "https://me:secret@crm.example/hook"}, "BAD_USER_INPUT", ["url"]),
        ({"url": "https://crm.example:99999999/"}, "BAD_USER_INPUT", ["url"]),
        ({"sources": ["src_nobody"]}, "NOT_FOUND", ["source"]),
    ],
    ids=["no name", "name twice", "scheme", "password", "port", "source"],
)
def test_what_cannot_be_is_said(lite: Served, given: dict[str, Any], code: str, path: list[str]) -> None:
    made(lite, name="Twice")
    wanted = {"name": "CRM", "url": "https://crm.example/hook"} | given
    payload = lite.ask(CREATE, input=wanted)["createEndpoint"]
    assert payload["endpoint"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]


def test_messages_are_shown_with_how_they_went_and_sent_again(service: Served, receiver: Receiver) -> None:
    id_ = made(service, receiver.url, wants=["TOUCHPOINT_ADDED"])["id"]
    receiver.behave = lambda id_, times: "500" if times == 1 else "ok"
    service.tell({"kind": "call", "who": {"email": "anna@example.com"}})
    work(service)
    endpoint = service.ask(MESSAGES, id=id_, state="WAITING")["endpoint"]
    assert endpoint["health"] == {"state": "FAILING", "healthy": False}
    (message,) = endpoint["messages"]["nodes"]
    assert (message["type"], message["state"], message["endpoint"]["id"]) == ("touchpoint.created", "WAITING", id_)
    assert message["change"]["kind"] == "TOUCHPOINT_ADDED"
    assert json.loads(message["body"])["data"]["id"] == message["change"]["id"]
    assert message["attempts"] == [{"number": 1, "status": 500, "fault": None, "answer": "oops\ufffd"}]
    assert message["nextAttemptAt"] is not None
    again = service.ask(
        "mutation ($input: ResendMessageInput!) { resendMessage(input: $input) "
        "{ message { id } userErrors { code } } }",
        input={"message": message["id"]},
    )["resendMessage"]
    assert again == {"message": {"id": message["id"]}, "userErrors": []}
    work(service)
    endpoint = service.ask(MESSAGES, id=id_)["endpoint"]
    assert (endpoint["health"]["state"], endpoint["messages"]["totalCount"]) == ("HEALTHY", 1)
    (message,) = endpoint["messages"]["nodes"]
    assert [each["status"] for each in message["attempts"]] == [500, 204]
    assert (message["state"], message["nextAttemptAt"]) == ("DELIVERED", None)


def test_what_holds_contact_data_is_shown_to_nobody_who_may_not_see_it(lite: Served, receiver: Receiver) -> None:
    id_ = made(lite, receiver.url, wants=["TOUCHPOINT_ADDED"], contacts=True)["id"]
    receiver.behave = lambda id_, times: "500"
    lite.tell({"kind": "call", "who": {"email": "anna@example.com"}})
    work(lite)
    (body,) = next(iter(receiver.bodies.values()))
    assert b"anna@example.com" in body
    shown = json.dumps(lite.ask(MESSAGES, id=id_))
    assert ("anna@example.com" in shown, "oops" in shown) == (True, True)
    (message,) = lite.ask(MESSAGES, lite.new_token("manage", "read"), id=id_)["endpoint"]["messages"]["nodes"]
    assert (message["body"], message["attempts"][0]["answer"], message["attempts"][0]["status"]) == (None, None, 500)


def test_endpoints_and_messages_are_nodes_for_managers_alone(lite: Served) -> None:
    id_ = made(lite)["id"]
    tested = lite.ask(
        "mutation ($input: TestEndpointInput!) { testEndpoint(input: $input) { message { id type state } } }",
        input={"endpoint": id_},
    )["testEndpoint"]["message"]
    assert (tested["type"], tested["state"]) == ("endpoint.test", "WAITING")
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [id_, tested["id"]]
    assert lite.ask(query, ids=ids)["nodes"] == [{"id": each} for each in ids]
    assert lite.ask(query, lite.new_token("read", "pii"), ids=ids)["nodes"] == [None, None]
    assert lite.refusal("{ endpoints { nodes { id } } }", lite.new_token("read"))[0] == "FORBIDDEN"


def test_deleted_endpoint_is_gone_with_all_it_was_told(lite: Served) -> None:
    id_ = made(lite)["id"]
    lite.tell({"kind": "call", "who": {"email": "anna@example.com"}})
    work(lite)
    delete = (
        "mutation ($input: DeleteEndpointInput!) { deleteEndpoint(input: $input) { endpoint userErrors { code } } }"
    )
    assert lite.ask(delete, input={"endpoint": id_})["deleteEndpoint"] == {"endpoint": id_, "userErrors": []}
    assert lite.ask("{ endpoints { nodes { id } } }")["endpoints"]["nodes"] == []
    gone = lite.ask(delete, input={"endpoint": id_})["deleteEndpoint"]["userErrors"]
    assert gone == [{"code": "NOT_FOUND"}]


def test_secrets_of_endpoints_lie_in_no_file(hub_folder: Path) -> None:
    with served(str(hub_folder), secret_key=KEY) as service:
        endpoint = made(service)
        rotated = service.ask(
            "mutation ($input: RotateEndpointSecretInput!) { rotateEndpointSecret(input: $input) "
            "{ secret userErrors { code } } }",
            input={"endpoint": endpoint["id"], "overlap": "P7D"},
        )["rotateEndpointSecret"]
        assert rotated["userErrors"] == []
        secrets = [each.removeprefix("whsec_").encode() for each in (endpoint["secret"], rotated["secret"])]
        held = b"".join(path.read_bytes() for path in hub_folder.rglob("*") if path.is_file())
    assert [each for each in secrets if each in held] == []
    assert len(set(secrets)) == 2


def test_what_messages_say_is_asked_of_the_graph_as_anybody_could(lite: Served) -> None:
    lite.tell({"kind": "call", "who": {"email": "anna@example.com"}})
    ids = [each["id"] for each in lite.ask("{ changes { nodes { id } } }")["changes"]["nodes"]]
    nodes = lite.ask(DOCUMENT, changes=ids)["nodes"]
    assert [each["id"] for each in nodes] == ids

"""The documents that pages send run, each with the variables beside it, on a hub that has what they ask about."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.api.documents import read_documents
from hub.cli.manifests import found
from tests.api.conftest import Served, served
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "queries"
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
KARIM = {"email": "karim@example.com", "phone": "+8801711234567"}
PONG = {"type": "pong"}
PAYLOAD = '{"key": "INV-1042", "kind": "call", "who": {"email": "z@example.com"}}'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, str]]]:
    """A hub with a little of everything, and what stands for the placeholders."""
    with served(str(tmp_path_factory.mktemp("shop") / "hub")) as service:
        service.tell(
            {"kind": "invoice", "at": "2026-03-01", "title": "INV-1", "amount": "10.00", "who": KARIM,
             "properties": {"number": "INV-1"}, "traits": {"name": "করিম উদ্দিন", "city": "Sylhet"},
             "lines": [{"description": "Cooker", "amount": "9.00", "sku": "C1"},
                       {"description": "Filter", "amount": "1.00", "sku": "F1"}],
             "matters": [{"kind": "FOLLOW_UP", "reference": "f1", "title": "Ring back", "open": True,
                          "due": "2026-03-05T09:00:00+00:00"}]},
            {"kind": "email", "channel": "EMAIL", "title": "Re: order", "who": {"email": "karim@example.com"}},
            {"kind": "form", "channel": "WEB", "who": {"email": "other@example.com"}},
            {"title": "no kind"},
        )  # fmt: skip
        held = service.ask(
            """{ customers { nodes { id email } } matters { nodes { id } }
                 sources { nodes { id runs { nodes { id } } } }
                 record: touchpoints(filter: {kinds: ["invoice"]}) { nodes { record { key }
                 ... on Invoice { lines { nodes { product { id } } } } } } }"""
        )
        ids = {each["email"]: each["id"] for each in held["customers"]["nodes"]}
        lines = held["record"]["nodes"][0]["lines"]["nodes"]
        (run,) = (run["id"] for source in held["sources"]["nodes"] for run in source["runs"]["nodes"])
        yield service, {
            "customer": ids["karim@example.com"], "other_customer": ids["other@example.com"],
            "phone": "০১৭১১-২৩৪৫৬৭", "source": service.source, "stream": "rows", "key": "r1", "run": run,
            "payload": PAYLOAD, "product": lines[0]["product"]["id"], "other_product": lines[1]["product"]["id"],
            "matter": held["matters"]["nodes"][0]["id"],
        }  # fmt: skip


LIVE = ("live", "follow_changes", "follow_customer", "follow_source")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LIVE])
def test_a_document_runs(shop: tuple[Served, dict[str, str]], name: str) -> None:
    service, values = shop
    (document,) = (each for each in read_documents(FOLDER, values) if each.name == name)
    token = service.new_token(f"ingest:{service.source}", "read") if name == "push" else None
    data = service.ask(document.query, token, **document.variables)
    assert all(value is not None for value in data.values()), data
    for payload in data.values():
        if isinstance(payload, dict):
            assert payload.get("userErrors", []) == []


@pytest.fixture(scope="module")
def ids(shop: tuple[Served, dict[str, str]]) -> dict[str, str]:
    """By name: the ids of the documents, all of which are registered."""
    done = shop[0].ask(
        "mutation ($input: RegisterDocumentsInput!) { registerDocuments(input: $input) { documents { id name isNew }"
        " userErrors { message path } } }",
        input={"documents": [each.input for each in found([FOLDER])]},
    )["registerDocuments"]
    assert done["userErrors"] == []
    assert all(each["isNew"] for each in done["documents"])
    return {each["name"]: each["id"] for each in done["documents"]}


def over_socket(service: Served, payload: dict[str, Any], *, lasting: bool = False) -> list[dict[str, Any]]:
    """What comes over a WebSocket until the operation is complete; of one that lasts before the answer to a ping."""
    with service.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": service.token}})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"id": "1", "type": "subscribe", "payload": payload})
        socket.send_json({"type": "ping"})
        messages: list[dict[str, Any]] = []
        while not lasting or messages[-1:] != [PONG]:
            messages.append(socket.receive_json())
            if not lasting and messages[-1]["type"] in ("complete", "error"):
                break
        return [each for each in messages if each != PONG]


def timeless(data: Any) -> str:
    """Data without the moments it tells, some of which are those of the answer, and what has passed since."""
    return re.sub(rb'"\d{4}-\d\d-\d\dT[^"]*Z"|"(?:latest|total)Days":[\d.e-]+', b'"then"', orjson.dumps(data)).decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_document_runs_by_its_id(shop: tuple[Served, dict[str, str]], ids: dict[str, str], name: str) -> None:
    service, values = shop
    (document,) = (each for each in read_documents(FOLDER, values) if each.name == name)
    (kind,) = re.findall(r"^(query|mutation|subscription)\b", document.query, re.MULTILINE)
    given = {"variables": document.variables}
    headers = {"Authorization": f"Bearer {service.token}"}
    posted = service.client.post("/graphql", json={"documentId": ids[name], **given}, headers=headers)
    address = f"/graphql/{ids[name]}"
    got = service.client.get(address, params={"variables": orjson.dumps(document.variables).decode()}, headers=headers)
    if kind == "subscription":
        assert (posted.status_code, got.status_code) == (405, 405)
        told = over_socket(service, {"documentId": ids[name], **given}, lasting=True)
        assert [each for each in told if each["type"] != "next"] == []
        return
    assert posted.status_code == 200
    if kind == "mutation":
        assert (got.status_code, got.headers["allow"]) == (405, "POST")
        return
    answer, complete = over_socket(service, {"documentId": ids[name], **given})
    assert complete == {"id": "1", "type": "complete"}
    answers = [timeless(each["data"]) for each in (posted.json(), got.json(), answer["payload"])]
    assert answers[0] == answers[1] == answers[2]
    assert got.headers["etag"].startswith('W/"')


def test_each_document_has_variables_beside_it() -> None:
    assert sorted(path.stem for path in Path(FOLDER).glob("*.json")) == NAMES


def test_cross_selling_finds_who_bought_one_thing_and_never_the_other(shop: tuple[Served, dict[str, str]]) -> None:
    service, values = shop
    (document,) = (each for each in read_documents(FOLDER, values) if each.name == "cross_sell")
    recent = document.query.replace('last: "P6M"', 'last: "P100Y"')
    both = service.ask(recent, **document.variables)["customers"]
    assert both["totalCount"] == 0
    only = service.ask(recent, **{**document.variables, "never": ["prd_unknown"]})["customers"]["nodes"]
    assert [each["displayName"] for each in only] == ["করিম উদ্দিন"]


@pytest.mark.parametrize("name", LIVE)
def test_a_live_document_answers(shop: tuple[Served, dict[str, str]], name: str) -> None:
    service, values = shop
    (document,) = (each for each in read_documents(FOLDER, values) if each.name == name)
    start = service.ask("{ changes(first: 1) { pageInfo { endCursor } } }")["changes"]["pageInfo"]["endCursor"]
    after = {"after": start} if name in {"live", "follow_changes"} else {}
    with service.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": service.token}})
        assert socket.receive_json() == {"type": "connection_ack"}
        payload = {"query": document.query, "variables": {**document.variables, **after}}
        socket.send_json({"id": "1", "type": "subscribe", "payload": payload})
        answer = socket.receive_json()["payload"]
    assert "errors" not in answer
    assert all(value is not None for value in answer["data"].values())

"""The documents that pages send run, each with the variables beside it, on a hub that has what they ask about."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.api.documents import read_documents
from tests.api.conftest import Served, served
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "queries"
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
KARIM = {"email": "karim@example.com", "phone": "+8801711234567"}
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

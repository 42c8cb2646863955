"""Trusted documents: asked for by id over every transport, kept by the client, and alone where the hub says so."""

import hashlib
import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from hub.client import document
from hub.ingest import documents
from hub.ingest.documents import FRESH, Documents
from hub.limits import Limits
from tests.api.conftest import Served

HUB = "query Company { hub { name } }"
HUB_ID = "sha256:" + hashlib.sha256(HUB.encode()).hexdigest()
TAKEN = (
    "mutation ($input: RegisterDocumentsInput!) { registerDocuments(input: $input) { documents { id name isNew }"
    " userErrors { code message path hint } } }"
)
RETIRE = (
    "mutation ($input: RetireDocumentInput!) { retireDocument(input: $input) { document"
    " userErrors { code message path } } }"
)
NAMED = {"data": {"hub": {"name": "My company"}}}


def register(service: Served, *documents: dict[str, Any], token: str | None = None, **more: Any) -> Any:
    return service.ask(TAKEN, token, input={"documents": list(documents), **more})["registerDocuments"]


def by_id(service: Served, id_: str, token: str | None = None, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token or service.token}"}
    return service.client.post("/graphql", json={"documentId": id_, **more}, headers=headers)


def get(service: Served, path: str, token: str | None = None, **headers: str) -> Any:
    return service.client.get(path, headers={"Authorization": f"Bearer {token or service.token}", **headers})


def fault(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    held = answer.json()
    assert "errors" not in held, held
    return held["data"]


def test_a_registered_document_is_asked_for_by_its_digest(service: Served) -> None:
    done = register(service, {"text": HUB})
    assert done == {"documents": [{"id": HUB_ID, "name": "Company", "isNew": True}], "userErrors": []}
    path = f"/graphql/{HUB_ID}"
    headers = {"Authorization": f"Bearer {service.token}"}
    for answer in (
        by_id(service, HUB_ID),
        by_id(service, HUB_ID, query=HUB),
        by_id(service, HUB_ID, operationName="Company"),
        by_id(service, HUB_ID.removeprefix("sha256:")),
        get(service, f"/graphql?documentId={HUB_ID}"),
        get(service, path),
        service.client.post(path, json={}, headers=headers),
    ):
        assert data(answer) == NAMED["data"]
    again = register(service, {"text": HUB})["documents"]
    assert again == [{"id": HUB_ID, "name": "Company", "isNew": False}]


def test_an_id_of_ones_own_stands_for_one_text_forever(service: Served) -> None:
    mine = {"id": "d41d8cd98f00b204e9800998ecf8427e", "text": HUB, "name": "Mine"}
    assert register(service, mine)["documents"] == [{"id": mine["id"], "name": "Mine", "isNew": True}]
    assert data(by_id(service, mine["id"])) == NAMED["data"]
    assert data(by_id(service, HUB_ID)) == NAMED["data"]
    other = register(service, {**mine, "text": "{ viewer { name } }"})
    assert other["documents"] == []
    assert [(each["code"], each["message"], each["path"]) for each in other["userErrors"]] == [
        ("BAD_USER_INPUT", f"The id '{mine['id']}' stands for another text already.", ["documents"])
    ]


def test_what_is_wrong_with_any_document_is_said_and_none_is_taken(service: Served) -> None:
    done = register(
        service,
        {"text": HUB},
        {"text": "{ nothing }", "name": "Wrong"},
        {"text": "{"},
        {"text": HUB, "id": "sha256:" + "0" * 64},
        {"text": HUB, "id": "md5:1"},
        {"text": HUB, "id": "x-ours:1/2"},
    )
    assert done["documents"] == []
    assert [(each["path"], each["message"]) for each in done["userErrors"]] == [
        (["documents", "1", "text"], "Cannot query field 'nothing' on type 'Query'."),
        (["documents", "2", "text"], "Syntax Error: Expected Name, found <EOF>."),
        (["documents", "3", "id"], "This id is the digest of another text."),
        (["documents", "4", "id"], "'md5:1' is no id of a document."),
        (["documents", "5", "id"], "'x-ours:1/2' is no id of a document."),
    ]
    assert fault(by_id(service, HUB_ID))[:2] == (422, "PERSISTED_QUERY_NOT_FOUND")


def test_a_dry_run_registers_nothing(lite: Served) -> None:
    assert register(lite, {"text": HUB}, dryRun=True)["documents"] == [{"id": HUB_ID, "name": "Company", "isNew": True}]
    assert lite.ask("{ trustedDocuments { id } }") == {"trustedDocuments": []}


def test_an_unknown_id_is_one_error(lite: Served) -> None:
    expected = (422, "PERSISTED_QUERY_NOT_FOUND", "No document 'abc' is registered here.")
    assert fault(by_id(lite, "abc")) == expected
    assert fault(get(lite, "/graphql/abc")) == expected
    assert fault(get(lite, "/graphql?documentId=abc")) == expected
    assert fault(by_id(lite, "x" * 300))[:2] == (422, "PERSISTED_QUERY_NOT_FOUND")
    assert fault(by_id(lite, "a\0b"))[:2] == (422, "PERSISTED_QUERY_NOT_FOUND")
    wrong = "'" + HUB_ID + "' is not the id of the query beside it."
    assert fault(by_id(lite, HUB_ID, query="{ viewer { name } }")) == (422, "BAD_USER_INPUT", wrong)
    headers = {"Authorization": f"Bearer {lite.token}"}
    both = lite.client.post("/graphql/abc", json={"documentId": "def"}, headers=headers)
    assert fault(both) == (422, "BAD_USER_INPUT", "documentId is another one than the address has.")
    assert fault(by_id(lite, 1)) == (422, "BAD_USER_INPUT", "documentId is text.")  # type: ignore[arg-type]
    assert fault(get(lite, "/graphql/abc", "wrong"))[:2] == (401, "UNAUTHENTICATED")


def test_a_retired_document_is_known_no_more_until_it_is_registered_again(service: Served) -> None:
    register(service, {"text": HUB})
    assert data(by_id(service, HUB_ID)) == NAMED["data"]
    assert service.ask(RETIRE, input={"document": HUB_ID})["retireDocument"] == {"document": HUB_ID, "userErrors": []}
    assert fault(by_id(service, HUB_ID))[:2] == (422, "PERSISTED_QUERY_NOT_FOUND")
    again = service.ask(RETIRE, input={"document": HUB_ID})["retireDocument"]
    assert again["userErrors"][0]["code"] == "NOT_FOUND"
    assert register(service, {"text": HUB})["documents"][0]["isNew"] is True
    assert data(by_id(service, HUB_ID)) == NAMED["data"]


def test_only_managers_register_list_and_retire(lite: Served) -> None:
    token = lite.new_token("read", "pii", "analyse", "write")
    for text, variables in (
        (TAKEN, {"input": {"documents": [{"text": HUB}]}}),
        (RETIRE, {"input": {"document": HUB_ID}}),
        ("{ trustedDocuments { id } }", {}),
    ):
        assert lite.refusal(text, token, **variables)[0] == "FORBIDDEN"


def test_documents_are_listed_by_name(service: Served) -> None:
    register(service, {"text": HUB}, {"text": "query A { viewer { name } }"}, maxCost=7)
    listed = service.ask("{ trustedDocuments { id name text maxCost registeredBy } }")["trustedDocuments"]
    assert [(each["name"], each["maxCost"], each["registeredBy"]) for each in listed] == [
        ("A", 7, "test"), ("Company", 7, "test"),
    ]  # fmt: skip
    assert listed[1]["text"] == HUB


def test_a_document_has_a_budget_of_its_own(lite: Served) -> None:
    text = "query Many($first: Int) { customers(first: $first) { nodes { id } } }"
    id_ = register(lite, {"text": text}, maxCost=50)["documents"][0]["id"]
    assert data(by_id(lite, id_, variables={"first": 10})) == {"customers": {"nodes": []}}
    status, code, _ = fault(by_id(lite, id_, variables={"first": 500}))
    assert (status, code) == (422, "LIMIT_EXCEEDED")
    lite.hub.limits = Limits(max_cost=10)
    assert data(by_id(lite, id_, variables={"first": 10})) == {"customers": {"nodes": []}}


def test_an_answer_is_kept_by_its_client_and_asked_about_again(service: Served) -> None:
    text = "query List { customers { totalCount } }"
    id_ = register(service, {"text": text})["documents"][0]["id"]
    first = get(service, f"/graphql/{id_}")
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"].split(", ")[:2] == ["Authorization", "Accept"]
    digest = hashlib.sha256(b'{"customers":{"totalCount":0}}').hexdigest()[:32]
    etag = first.headers["etag"]
    assert etag == f'W/"{digest}"'
    for known in (etag, etag[2:], f'"other", {etag}', "*"):
        same = get(service, f"/graphql/{id_}", **{"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag), known
    assert get(service, f"/graphql/{id_}", **{"If-None-Match": '"other"'}).status_code == 200
    service.tell({"kind": "call", "who": {"email": "a@example.com"}})
    asked = {"If-None-Match": etag, "Hub-After": service.sequence}
    changed = get(service, f"/graphql/{id_}", **asked)
    assert data(changed) == {"customers": {"totalCount": 1}}
    assert changed.headers["etag"] != etag
    for kept_by_nobody in (
        by_id(service, id_),
        get(service, f"/graphql?query={quote(text)}"),
        get(service, "/graphql/abc"),
        get(service, f"/graphql/{id_}", service.new_token("manage")),
    ):
        assert kept_by_nobody.headers["cache-control"] == "no-store"
        assert "etag" not in kept_by_nobody.headers


def test_a_mutation_by_id_is_sent_by_post(lite: Served) -> None:
    text = 'mutation New { createToken(input: {name: "a", scopes: ["read"]}) { token { name } secret } }'
    id_ = register(lite, {"text": text})["documents"][0]["id"]
    refused = get(lite, f"/graphql/{id_}")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    done = by_id(lite, id_)
    assert data(done)["createToken"]["token"] == {"name": "a"}
    assert done.headers["cache-control"] == "no-store, no-transform"
    unregistered = by_id(lite, "mine", query=text)
    assert unregistered.headers["cache-control"] == "no-store, no-transform"


def test_where_only_trusted_documents_run_nothing_else_does(service: Served) -> None:
    register(service, {"text": HUB})
    service.hub.limits = Limits(trusted_only=True)
    said = (403, "DOCUMENT_NOT_TRUSTED", "This hub runs trusted documents only.")
    for text in ("{ hub { name } }", "{ __schema { queryType { name } } }", "{", "{ __typename }"):
        assert fault(service.post(text)) == said, text
        assert fault(get(service, f"/graphql?query={quote(text)}")) == said
    digest = "sha256:" + hashlib.sha256(b"{ __typename }").hexdigest()
    assert fault(by_id(service, digest, query="{ __typename }")) == said
    assert fault(by_id(service, "mine", query="{ __typename }")) == said
    assert data(by_id(service, HUB_ID)) == NAMED["data"]
    assert data(service.post(HUB)) == NAMED["data"]
    service.client.portal.call(service.hub.documents.retire, HUB_ID)  # type: ignore[union-attr]
    assert fault(service.post(HUB)) == said


def test_what_managers_send_with_its_digest_is_registered(service: Served) -> None:
    text = "query Auto { viewer { name } }"
    digest = hashlib.sha256(text.encode()).hexdigest()
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
    headers = {"Authorization": f"Bearer {service.token}"}

    def send(token: str, **body: Any) -> Any:
        return service.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})

    reader = service.new_token("read")
    assert data(send(service.token, query=text, **hashed)) == {"viewer": {"name": "test"}}
    assert fault(send(reader, **hashed))[1] == "PERSISTED_QUERY_NOT_FOUND"
    service.hub.limits = Limits(persist_documents="manage")
    assert data(send(reader, query=text, **hashed)) == {"viewer": {"name": "test"}}
    assert fault(send(reader, **hashed))[1] == "PERSISTED_QUERY_NOT_FOUND"
    by_get = f"/graphql?query={quote(text)}&extensions={quote(json.dumps(hashed['extensions']))}"
    assert data(service.client.get(by_get, headers=headers)) == {"viewer": {"name": "test"}}
    assert fault(send(reader, **hashed))[1] == "PERSISTED_QUERY_NOT_FOUND"
    wrong = hashlib.sha256(b"{ nothing }").hexdigest()
    send(service.token, query="{ nothing }", documentId=f"sha256:{wrong}")
    assert fault(by_id(service, f"sha256:{wrong}"))[1] == "PERSISTED_QUERY_NOT_FOUND"
    assert data(send(service.token, query=text, **hashed)) == {"viewer": {"name": "test"}}
    assert data(send(reader, **hashed)) == {"viewer": {"name": "test"}}
    service.ask(RETIRE, input={"document": f"sha256:{digest}"})
    assert data(send(service.token, query=text, **hashed)) == {"viewer": {"name": "test"}}
    assert fault(send(reader, **hashed))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_a_socket_takes_ids_alike(lite: Served) -> None:
    register(lite, {"text": HUB})
    lite.hub.limits = Limits(trusted_only=True)
    with lite.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": lite.token}})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"documentId": HUB_ID}})
        assert socket.receive_json()["payload"]["data"] == NAMED["data"]
        assert socket.receive_json() == {"id": "1", "type": "complete"}
        for payload, code in (
            ({"documentId": "abc"}, "PERSISTED_QUERY_NOT_FOUND"),
            ({"query": "{ __typename }"}, "DOCUMENT_NOT_TRUSTED"),
        ):
            socket.send_json({"id": "2", "type": "subscribe", "payload": payload})
            message = socket.receive_json()
            assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)


def test_events_take_ids_alike(lite: Served) -> None:
    register(lite, {"text": HUB})
    answer = get(lite, f"/graphql/{HUB_ID}", Accept="text/event-stream")
    assert answer.status_code == 200
    (said,) = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    assert json.loads(said.removeprefix("data: "))["data"] == NAMED["data"]
    refused = get(lite, "/graphql/abc", Accept="text/event-stream")
    assert '"code":"PERSISTED_QUERY_NOT_FOUND"' in refused.text


def test_the_command_line_is_trusted_everywhere(lite: Served) -> None:
    lite.hub.limits = Limits(trusted_only=True)
    assert data(lite.post(document("tokens")))["tokens"][0]["name"] == "test"
    given = {"input": {"documents": [{"text": HUB}]}}
    assert data(lite.post(document("register_documents"), given))["registerDocuments"]["userErrors"] == []
    assert data(lite.post(HUB)) == NAMED["data"]


def test_what_another_process_retired_is_known_five_seconds_at_most(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(service, {"text": HUB})
    assert data(by_id(service, HUB_ID)) == NAMED["data"]
    other = Documents(service.hub.threads, service.hub.reader, lambda: 1)
    service.client.portal.call(other.retire, HUB_ID)  # type: ignore[union-attr]
    assert data(by_id(service, HUB_ID)) == NAMED["data"]
    monkeypatch.setattr(time, "monotonic", lambda held=time.monotonic: held() + FRESH)
    assert fault(by_id(service, HUB_ID))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_so_many_documents_are_remembered_as_are_short_enough(lite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "REMEMBERED", 100)
    texts = [f"query Q{number} {{ hub {{ name }} }}" for number in range(10)]
    register(lite, *({"text": text} for text in texts))
    for text in texts * 2:
        assert data(by_id(lite, documents.identifier(text))) == NAMED["data"]
    assert lite.hub.documents.remembered == (4, 100)

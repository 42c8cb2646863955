"""No token, no data; a token shows what its scopes open and nothing else."""

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType

from hub.api import scopes
from hub.api.subgraph import subgraph
from tests.api.conftest import Served

# That of all clients, and what a gateway asks for besides.
SCHEMA = subgraph()._schema
OWN_TYPES = {name: type_ for name, type_ in SCHEMA.type_map.items() if not name.startswith("__")}
OBJECTS = {name: type_ for name, type_ in OWN_TYPES.items() if isinstance(type_, GraphQLObjectType)}


def test_every_field_needs_a_scope_by_the_table() -> None:
    missing = [
        f"{name}.{field}"
        for name, type_ in OBJECTS.items()
        for field in type_.fields
        if scopes.needed(name, field) is None
    ]
    assert missing == []


def test_the_table_names_only_what_is_in_the_schema() -> None:
    assert set(scopes.TYPES) - set(OBJECTS) == set()
    fields = {f"{name}.{field}" for name, type_ in OBJECTS.items() for field in type_.fields}
    assert set(scopes.FIELDS) - fields == set()


def test_only_the_viewer_the_company_and_plain_values_are_open_to_any_token() -> None:
    open_types = {name for name, needed in scopes.TYPES.items() if not needed}
    assert open_types == {"Hub", "Viewer", "PageInfo", "Money", "Receipt", "UserError", "Connector", "Token"} | {
        "_Service"
    }
    open_fields = {name for name, needed in scopes.FIELDS.items() if not needed}
    assert open_fields == {"Query.viewer", "Query.hub", "Query._service"}


def test_every_field_that_needs_a_scope_is_checked() -> None:
    unchecked = [
        f"{name}.{field_name}"
        for name, type_ in OBJECTS.items()
        for field_name, field in type_.fields.items()
        if scopes.needed(name, field_name) and field.resolve.__name__ != "resolved"
    ]
    assert unchecked == []


def test_a_field_that_is_not_in_the_table_is_shown_to_nobody() -> None:
    assert scopes.needed("Surprise", "field") is None


def test_there_is_no_union_but_that_of_entities_and_no_interface_which_the_table_would_miss() -> None:
    assert [name for name, type_ in OWN_TYPES.items() if isinstance(type_, GraphQLUnionType)] == ["_Entity"]
    interfaces = [name for name, type_ in OWN_TYPES.items() if isinstance(type_, GraphQLInterfaceType)]
    assert sorted(interfaces) == ["Node", "Touchpoint"]


def test_without_a_token_there_is_nothing_not_even_the_schema(lite: Served) -> None:
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Basic abc"}):
        answer = lite.client.post("/graphql", json={"query": "{ __schema { types { name } } }"}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="hub"'
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_a_token_with_a_typo_is_told_so(lite: Served) -> None:
    answer = lite.post("{ viewer { name } }", token=lite.token + "x")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == (
        "This token is not known here. Check it for a typo, or ask for a new one."
    )


def test_a_read_token_may_write_nothing(lite: Served) -> None:
    token = lite.new_token("read", "pii", "analyse")
    for name, field in OBJECTS["Mutation"].fields.items():
        (argument,) = field.args.values()
        payload = field.type.of_type
        document = f"mutation ($input: {argument.type}) {{ {name}(input: $input) {{ __typename }} }}"
        code, message = lite.refusal(document, token, input=INPUTS[name])
        assert (code, payload.name.endswith("Payload")) == ("FORBIDDEN", True), message


def test_nor_over_a_socket(lite: Served) -> None:
    token = lite.new_token("read", "pii", "analyse")
    with lite.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": token}})
        assert socket.receive_json()["type"] == "connection_ack"
        for name, field in OBJECTS["Mutation"].fields.items():
            (argument,) = field.args.values()
            query = f"mutation ($input: {argument.type}) {{ {name}(input: $input) {{ __typename }} }}"
            payload = {"query": query, "variables": {"input": INPUTS[name]}}
            socket.send_json({"id": name, "type": "subscribe", "payload": payload})
            said, ended = socket.receive_json(), socket.receive_json()
            assert [each["extensions"]["code"] for each in said["payload"]["errors"]] == ["FORBIDDEN"], said
            assert (said["payload"]["data"], ended) == (None, {"id": name, "type": "complete"})


INPUTS = {
    "ingest": {"source": "src_x", "stream": "rows", "rows": []},
    "logTouchpoint": {"key": "k", "kind": "call", "direction": "INBOUND", "title": "t"},
    "describeCustomers": {"customers": ["cus_x"]},
    "changeMatter": {"key": "k", "matter": "mat_x", "state": "s"},
    "takeSnapshot": {"asOf": {"knownUntil": "1"}},
    "dropSnapshot": {"id": "snp_x"},
    "createSource": {"name": "n", "connector": "test.sheet"},
    "syncSource": {"source": "src_x"},
    "importUpload": {"upload": "upl_x"},
    "updateSource": {"source": "src_x"},
    "pauseSource": {"source": "src_x"},
    "checkSource": {"source": "src_x"},
    "withdrawRun": {"run": "run_x", "reason": "r"},
    "withdrawSource": {"source": "src_x", "reason": "r"},
    "withdrawRecord": {"record": "rec_x", "reason": "r"},
    "replay": {"dryRun": True},
    "rebuild": {},
    "mergeCustomers": {"customers": ["cus_x"], "reason": "r"},
    "splitCustomer": {"customer": "cus_x", "touchpoints": [], "reason": "r"},
    "undoLinkDecision": {"operation": "dec_x", "reason": "r"},
    "applyIdentityRules": {"rules": "", "reason": "r"},
    "applyLifecycleRules": {"rules": "", "reason": "r"},
    "decideStage": {"customers": ["cus_x"], "reason": "r"},
    "findSuggestions": {},
    "scorePortfolio": {},
    "acceptSuggestion": {"suggestion": "sug_x", "reason": "r"},
    "refuseSuggestion": {"suggestion": "sug_x", "reason": "r"},
    "saveSegment": {"name": "n", "filter": {}},
    "deleteSegment": {"segment": "seg_x", "reason": "r"},
    "createToken": {"name": "n", "scopes": ["read"]},
    "registerDocuments": {"documents": []},
    "retireDocument": {"document": "d"},
    "revokeToken": {"token": "tok_x"},
    "createEndpoint": {"name": "n", "url": "https://x.example"},
    "updateEndpoint": {"endpoint": "end_x"},
    "rotateEndpointSecret": {"endpoint": "end_x"},
    "deleteEndpoint": {"endpoint": "end_x"},
    "testEndpoint": {"endpoint": "end_x"},
    "resendMessage": {"message": "msg_x"},
    "resendMessages": {"endpoint": "end_x", "since": "2026-03-01T00:00:00Z"},
}


def test_a_writing_token_reads_nothing(lite: Served) -> None:
    token = lite.new_token("write")
    answer = lite.answer(
        'mutation { logTouchpoint(input: {key: "k1", kind: "call", direction: INBOUND, title: "t",'
        ' identifiers: [{kind: "email", value: "a@example.com"}]}) { receipt { processed } touchpoint { id } } }',
        token,
    )
    assert answer["data"]["logTouchpoint"] == {"receipt": {"processed": True}, "touchpoint": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert lite.refusal("{ customers { nodes { id } } }", token)[0] == "FORBIDDEN"


def test_a_partner_sees_its_own_source_and_nothing_else(service: Served) -> None:
    service.tell({"kind": "call", "who": {"email": "a@example.com"}}, {"title": "no kind"})
    other = service.ask('mutation { createSource(input: {name: "Other", connector: "test.sheet"}) { source { id } } }')[
        "createSource"
    ]["source"]["id"]
    token = service.new_token(f"ingest:{service.source}")
    stranger = service.new_token(f"ingest:{other}")
    seen = service.ask(
        """{ sources { nodes { id name runs { nodes { id received stored unreadable } }
             unreadable { totalCount nodes { id key payload problem { code message path hint } } } } } }""",
        token,
    )["sources"]["nodes"]
    assert [each["id"] for each in seen] == [service.source]
    assert seen[0]["runs"]["nodes"][0]["unreadable"] == 1
    (unreadable,) = seen[0]["unreadable"]["nodes"]
    assert unreadable["problem"] == {
        "code": "UNREADABLE", "message": "kind is missing", "path": "kind", "hint": "say what it was",
    }  # fmt: skip
    assert '"no kind"' in unreadable["payload"]
    run = seen[0]["runs"]["nodes"][0]["id"]
    what = "query ($source: ID!, $run: ID!, $record: ID!) { source(id: $source) { id } run: node(id: $run) { id }"
    what += ' record: node(id: $record) { id } record2: record(source: $source, stream: "rows", key: "r1") { id } }'
    variables = {"source": service.source, "run": run, "record": unreadable["id"]}
    assert all(service.ask(what, token, **variables).values())
    assert not any(service.ask(what, stranger, **variables).values())
    for document in (
        "{ customers { nodes { id } } }",
        "{ touchpoints { nodes { id } } }",
        "{ changes { nodes { id } } }",
    ):
        assert service.refusal(document, token)[0] == "FORBIDDEN"
    customer = service.ask("{ customers { nodes { id } } }")["customers"]["nodes"][0]["id"]
    assert service.ask("query ($id: ID!) { node(id: $id) { id } }", token, id=customer)["node"] is None
    code, message = service.refusal(
        "mutation ($input: IngestInput!) { ingest(input: $input) { rows { index } } }",
        stranger,
        input={"source": service.source, "stream": "rows", "rows": []},
    )
    assert (code, message) == ("FORBIDDEN", f"This token may not ingest to {service.source}.")


def test_raw_rows_are_for_those_who_see_contact_data(lite: Served) -> None:
    lite.tell({"kind": "call", "title": "😀", "who": {"email": "a@example.com"}})
    what = (
        'query ($source: ID!) { record(source: $source, stream: "rows", key: "r1") { payload payloadBase64 versions } }'
    )
    assert "😀" in lite.ask(what, source=lite.source)["record"]["payload"]
    hidden = lite.ask(what, lite.new_token("read"), source=lite.source)["record"]
    assert hidden == {"payload": None, "payloadBase64": None, "versions": 1}


def test_a_revoked_token_is_good_no_more(lite: Served) -> None:
    made = lite.ask(
        'mutation { createToken(input: {name: "Shop", scopes: ["read"], expiresAt: "2999-01-01T00:00:00Z"})'
        " { secret token { id name scopes expiresAt } userErrors { message } } }"
    )["createToken"]
    assert made["token"]["scopes"] == ["read"]
    viewer = lite.ask("{ viewer { name scopes expiresAt } }", made["secret"])["viewer"]
    assert viewer == {"name": "Shop", "scopes": ["read"], "expiresAt": "2999-01-01T00:00:00.000000Z"}
    answer = lite.post(
        "mutation ($token: ID!) { revokeToken(input: {token: $token}) { token userErrors { code } } }",
        {"token": made["token"]["id"]},
    ).json()
    assert answer["data"]["revokeToken"]["userErrors"] == []
    refused = lite.post("{ viewer { name } }", token=made["secret"])
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (
        401, "This token was revoked. Ask for a new one.",
    )  # fmt: skip


def test_a_token_is_made_of_known_scopes(lite: Served) -> None:
    for given, message in (
        ([], "A token needs at least one scope."),
        (["reed"], "'reed' is not a scope: use read, pii, analyse, write, manage or ingest:<source id>."),
        (["ingest"], "'ingest' is not a scope: use read, pii, analyse, write, manage or ingest:<source id>."),
        (["read pii"], "'read pii' is not a scope: use read, pii, analyse, write, manage or ingest:<source id>."),
    ):
        made = lite.ask(
            'mutation ($scopes: [String!]!) { createToken(input: {name: "n", scopes: $scopes})'
            " { secret userErrors { code message path } } }",
            scopes=given,
        )["createToken"]
        assert made == {
            "secret": None,
            "userErrors": [{"code": "BAD_USER_INPUT", "message": message, "path": ["scopes"]}],
        }

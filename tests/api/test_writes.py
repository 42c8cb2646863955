"""Mutations: a receipt when something was done, user errors when the sender should change something."""

import json
from typing import Any

from tests.api.conftest import Served

ERRORS = "userErrors { code message path hint }"


def log(service: Served, **given: Any) -> dict[str, Any]:
    document = f"""mutation ($input: LogTouchpointInput!) {{ logTouchpoint(input: $input) {{
      touchpoint {{ id kind title text direction occurredAt properties amount {{ amount currency }}
        customer {{ id displayName phone lifecycle {{ stage }} }} matters {{ id }} source {{ connector }} }}
      receipt {{ sequence processed }} {ERRORS} }} }}"""
    done: dict[str, Any] = service.ask(document, input={"kind": "call", "direction": "INBOUND", "title": "", **given})[
        "logTouchpoint"
    ]
    return done


def test_a_call_from_a_number_typed_in_bengali_makes_a_customer_who_is_shown_at_once(service: Served) -> None:
    done = log(
        service, key="k1", identifiers=[{"kind": "phone", "value": "০১৭১১-২৩৪৫৬৭"}], name="করিম উদ্দিন",
        title="ডেলিভারি দেরি", text="অর্ডার 1042 আসেনি 😀", properties={"seconds": 240},
        amount={"amount": "12.50", "currency": "BDT"},
        occurredAt="2026-03-01T15:30:00+06:00",
    )  # fmt: skip
    assert (done["userErrors"], done["receipt"]["processed"]) == ([], True)
    call = done["touchpoint"]
    assert (call["title"], call["text"]) == ("ডেলিভারি দেরি", "অর্ডার 1042 আসেনি 😀")
    assert call["occurredAt"] == "2026-03-01T09:30:00.000000Z"
    assert call["amount"] == {"amount": "12.50", "currency": "BDT"}
    assert call["properties"]["seconds"] == 240
    assert (call["customer"]["displayName"], call["customer"]["lifecycle"]["stage"]) == ("করিম উদ্দিন", "LEAD")
    assert call["source"] == {"connector": "hub.desk"}
    found = service.ask(
        'query { customer(by: {identifier: {kind: "phone", value: "+880 1711 234567"}}) { id } }',
    )["customer"]
    assert found["id"] == call["customer"]["id"]


def test_the_same_key_is_written_down_once(service: Served) -> None:
    who = [{"kind": "email", "value": "a@example.com"}]
    first = log(service, key="k1", identifiers=who, title="one", occurredAt="2026-03-01T09:00:00Z")
    again = log(service, key="k1", identifiers=who, title="one", occurredAt="2026-03-01T09:00:00Z")
    assert first["touchpoint"]["id"] == again["touchpoint"]["id"]
    assert service.ask("{ touchpoints { totalCount } }")["touchpoints"]["totalCount"] == 1


def test_an_entry_about_a_known_customer_stays_with_them(service: Served) -> None:
    service.tell({"kind": "form", "channel": "WEB", "who": {"email": "a@example.com"}})
    customer = service.ask("{ customers { nodes { id } } }")["customers"]["nodes"][0]["id"]
    done = log(service, key="k1", customer=customer, title="rang back", direction="OUTBOUND")
    assert done["touchpoint"]["customer"]["id"] == customer
    note = log(service, key="k2", touchpoint=done["touchpoint"]["id"], kind="note", direction="INTERNAL", title="!")
    assert note["touchpoint"]["customer"]["id"] == customer


def test_what_is_wrong_with_an_entry_is_said(lite: Served) -> None:
    for given, path, message in (
        ({"key": "k"}, ["customer"], "Say whom it is about: give a customer or an identifier."),
        ({"key": "k", "customer": "cus_nobody"}, ["customer"], "There is no such customer."),
        ({"key": "k", "touchpoint": "tp_nothing"}, ["touchpoint"], "There is no such touchpoint."),
        ({"key": "k", "matters": ["mat_x"], "identifiers": [{"kind": "email", "value": "a@b.c"}]}, ["matters", "0"],
         "There is no such matter."),
        ({"key": "", "identifiers": [{"kind": "email", "value": "a@b.c"}]}, ["key"], "A key has 1 to 200 characters."),
        ({"key": "k", "identifiers": [{"kind": "email", "value": "a@b.c"}], "properties": [1]}, ["properties"],
         "properties is a JSON object."),
    ):  # fmt: skip
        done = log(lite, **given)
        assert (done["touchpoint"], done["receipt"]) == (None, None)
        assert [(error["path"], error["message"]) for error in done["userErrors"]] == [(path, message)]
    assert lite.ask("{ touchpoints { totalCount } }")["touchpoints"]["totalCount"] == 0


def test_a_dry_run_writes_nothing(lite: Served) -> None:
    done = log(lite, key="k1", identifiers=[{"kind": "email", "value": "a@example.com"}], dryRun=True)
    assert (done["touchpoint"], done["receipt"], done["userErrors"]) == (None, None, [])
    assert lite.ask("{ touchpoints { totalCount } }")["touchpoints"]["totalCount"] == 0


def test_people_describe_customers(service: Served) -> None:
    service.tell({"kind": "form", "channel": "WEB", "who": {"email": "a@example.com"}, "traits": {"name": "Ann"}})
    customer = service.ask("{ customers { nodes { id } } }")["customers"]["nodes"][0]["id"]
    document = f"""mutation ($input: DescribeCustomersInput!) {{ describeCustomers(input: $input) {{
      customers {{ id displayName tags relationship traits(names: ["shoe_size"]) {{ value decided }} }}
      receipt {{ processed }} {ERRORS} }} }}"""
    given = {"customers": [customer], "name": "Anna Roy", "addTags": ["vip", "ভিআইপি"], "traits": {"shoe_size": 38}}
    done = service.ask(document, input=given)["describeCustomers"]
    assert done["userErrors"] == []
    (described,) = done["customers"]
    assert (described["id"], described["displayName"]) == (customer, "Anna Roy")
    assert described["tags"] == ["vip", "ভিআইপি"]
    assert described["traits"] == [{"value": 38, "decided": True}]
    done = service.ask(document, input={"customers": [customer], "removeTags": ["vip"], "relationship": "SUPPLIER"})
    (described,) = done["describeCustomers"]["customers"]
    assert (described["tags"], described["relationship"]) == (["ভিআইপি"], "SUPPLIER")
    assert service.ask("{ customers { totalCount } }")["customers"]["totalCount"] == 0
    found = service.ask('{ customers(filter: {relationships: [SUPPLIER], tags: ["ভিআইপি"]}) { totalCount } }')
    assert found["customers"]["totalCount"] == 1


INGEST = f"""mutation ($input: IngestInput!) {{ ingest(input: $input) {{
  rows {{ index key outcome record {{ id payload }} problem {{ code message path hint }}
    touchpoints {{ kind title occurredAt customer }} }}
  run {{ received stored changed unchanged }} receipt {{ sequence processed }} {ERRORS} }} }}"""


def test_each_row_has_its_outcome(service: Served) -> None:
    token = service.new_token(f"ingest:{service.source}")

    def send(*rows: dict[str, Any], dry_run: bool = False) -> dict[str, Any]:
        given = [{"payload": json.dumps(row, ensure_ascii=False)} for row in rows]
        variables = {"source": service.source, "stream": "rows", "rows": given, "dryRun": dry_run}
        done: dict[str, Any] = service.ask(INGEST, token, input=variables)["ingest"]
        return done

    good = {"key": "a", "kind": "call", "title": "এক", "who": {"email": "a@example.com"}}
    preview = send(good, {"key": "b"}, dry_run=True)
    assert preview["receipt"] is None
    assert [row["record"] for row in preview["rows"]] == [None, None]
    assert preview["rows"][0]["touchpoints"][0]["title"] == "এক"
    assert preview["rows"][1]["problem"]["message"] == "kind is missing"
    done = send(good, {"key": "b"})
    assert done["receipt"]["processed"] is True
    assert [(row["index"], row["key"], row["outcome"]) for row in done["rows"]] == [(0, "a", "NEW"), (1, "b", "NEW")]
    assert done["rows"][1]["problem"]["hint"] == "say what it was"
    assert json.loads(done["rows"][0]["record"]["payload"]) == good
    again = send(good, {"key": "b", "kind": "call", "who": {"email": "b@example.com"}})
    assert [row["outcome"] for row in again["rows"]] == ["UNCHANGED", "CHANGED"]
    assert again["rows"][1]["problem"] is None
    wrong = service.ask(INGEST, token, input={"source": service.source, "stream": "nothing", "rows": []})["ingest"]
    assert [error["code"] for error in wrong["userErrors"]] == ["NOT_FOUND"]


def test_an_import_is_taken_out_and_put_back(service: Served) -> None:
    service.tell(
        {"kind": "call", "who": {"email": "a@example.com"}}, {"kind": "call", "who": {"email": "b@example.com"}}
    )
    run = service.ask("query ($id: ID!) { source(id: $id) { runs { nodes { id } } } }", id=service.source)
    run_id = run["source"]["runs"]["nodes"][0]["id"]
    document = f"""mutation ($input: WithdrawRunInput!) {{ withdrawRun(input: $input) {{
      run {{ id withdrawnAt }} touchpoints customers receipt {{ processed }} {ERRORS} }} }}"""

    def withdraw(**given: Any) -> dict[str, Any]:
        done: dict[str, Any] = service.ask(document, input={"run": run_id, "reason": "wrong file", **given})[
            "withdrawRun"
        ]
        return done

    count = "{ touchpoints { totalCount } }"
    assert (withdraw(dryRun=True)["touchpoints"], withdraw(dryRun=True)["run"]["withdrawnAt"]) == (2, None)
    assert service.ask(count)["touchpoints"]["totalCount"] == 2
    done = withdraw()
    assert (done["touchpoints"], done["customers"], done["receipt"]["processed"]) == (2, 2, True)
    assert done["run"]["withdrawnAt"] is not None
    assert service.ask(count)["touchpoints"]["totalCount"] == 0
    assert withdraw(restore=True)["run"]["withdrawnAt"] is None
    assert service.ask(count)["touchpoints"]["totalCount"] == 2
    unknown = service.ask(document, input={"run": "run_nothing", "reason": "r"})["withdrawRun"]
    assert [error["code"] for error in unknown["userErrors"]] == ["NOT_FOUND"]


LINK = f"""operation moved customers {{ id }} changes {{ customer touchpointsBefore touchpointsAfter }}
  receipt {{ processed }} {ERRORS}"""


def test_a_merge_can_be_looked_at_done_explained_and_undone(service: Served) -> None:
    service.tell(
        {"kind": "invoice", "amount": "10.00", "who": {"email": "a@example.com"}},
        {"kind": "invoice", "amount": "5.00", "who": {"email": "b@example.com"}},
    )
    everybody = "{ customers(orderBy: {field: REVENUE}) { nodes { id formerIds value { revenue { amount } } } } }"
    before = service.ask(everybody)
    ids = [each["id"] for each in before["customers"]["nodes"]]
    merge = f"mutation ($input: MergeCustomersInput!) {{ mergeCustomers(input: $input) {{ {LINK} }} }}"
    dry = service.ask(merge, input={"customers": ids, "reason": "same person", "dryRun": True})["mergeCustomers"]
    assert (dry["operation"], dry["receipt"], dry["userErrors"]) == (None, None, [])
    assert service.ask(everybody) == before
    done = service.ask(merge, input={"customers": ids, "reason": "same person"})["mergeCustomers"]
    assert (done["userErrors"], done["receipt"]["processed"]) == ([], True)
    (one,) = service.ask(everybody)["customers"]["nodes"]
    assert one["value"]["revenue"]["amount"] == "15.00"
    assert {one["id"], *one["formerIds"]} == set(ids)
    explained = service.ask(
        "query ($id: ID!) { explainIdentity(customer: $id) { customer { id } truncated"
        " links { nodes { a { kind } b { kind } } }"
        " claims { totalCount nodes { touchpoints identifiers { kind value } } }"
        " decisions { nodes { operation kind reason contradicted a { id } } } } }",
        id=ids[1],
    )["explainIdentity"]
    assert explained["customer"]["id"] == one["id"]
    assert [(each["kind"], each["reason"]) for each in explained["decisions"]["nodes"]] == [("SAME", "same person")]
    values = {held["value"] for claim in explained["claims"]["nodes"] for held in claim["identifiers"]}
    assert values == {"a@example.com", "b@example.com"}
    undo = f"mutation ($input: UndoLinkDecisionInput!) {{ undoLinkDecision(input: $input) {{ {LINK} }} }}"
    undone = service.ask(undo, input={"operation": done["operation"], "reason": "two after all"})["undoLinkDecision"]
    assert undone["userErrors"] == []
    assert service.ask(everybody) == before


def test_a_split_takes_touchpoints_out(service: Served) -> None:
    service.tell(
        {"kind": "call", "at": "2026-03-01T09:00:00+00:00", "who": {"email": "a@example.com"}},
        {"kind": "call", "at": "2026-03-02T09:00:00+00:00", "who": {"email": "a@example.com"}},
    )
    (one,) = service.ask("{ customers { nodes { id timeline { nodes { id } } } } }")["customers"]["nodes"]
    split = f"mutation ($input: SplitCustomerInput!) {{ splitCustomer(input: $input) {{ {LINK} }} }}"
    taken = one["timeline"]["nodes"][0]["id"]
    done = service.ask(split, input={"customer": one["id"], "touchpoints": [taken], "reason": "his sister"})[
        "splitCustomer"
    ]
    assert (done["userErrors"], len(done["changes"])) == ([], 2)
    found = service.ask("{ customers { nodes { timeline { totalCount } } } }")["customers"]["nodes"]
    assert [each["timeline"]["totalCount"] for each in found] == [1, 1]


def test_links_say_what_held_a_customer_together(service: Served) -> None:
    service.tell(
        {"kind": "form", "title": "both", "who": {"email": "a@example.com", "phone": "+8801711234567"}},
        {"kind": "invoice", "amount": "1.00", "who": {"email": "a@example.com"}},
    )
    (one,) = service.ask("{ customers { nodes { id } } }")["customers"]["nodes"]
    explained = service.ask(
        "query ($id: ID!) { explainIdentity(customer: $id) {"
        " links { nodes { a { kind } b { kind } touchpoint { title } } } refused { nodes { reason } } } }",
        id=one["id"],
    )["explainIdentity"]
    assert explained["refused"]["nodes"] == []
    assert explained["links"]["nodes"] == [
        {"a": {"kind": "email"}, "b": {"kind": "phone"}, "touchpoint": {"title": "both"}}
    ]


def test_a_source_is_set_up_with_settings_that_fit(lite: Served) -> None:
    create = f"""mutation ($input: CreateSourceInput!) {{ createSource(input: $input) {{
      source {{ id name connector state bookOfRecord }} {ERRORS} }} }}"""
    done = lite.ask(create, input={"name": "Shop", "connector": "test.sheet", "bookOfRecord": False})["createSource"]
    assert done["source"] | {"id": ""} == {
        "id": "", "name": "Shop", "connector": "test.sheet", "state": "NEW", "bookOfRecord": False,
    }  # fmt: skip
    again = lite.ask(create, input={"name": "Shop", "connector": "test.sheet", "bookOfRecord": False})["createSource"]
    assert again["source"]["id"] == done["source"]["id"]
    for given, word in (
        ({"name": "X", "connector": "test.sheets"}, "There is no connector 'test.sheets'"),
        ({"name": "X", "connector": "test.broken"}, "broken: ImportError"),
        ({"name": "X", "connector": "test.sheet", "settings": {"typo": 1}}, "typo"),
        ({"name": "X", "connector": "test.sheet", "settings": [1]}, "settings is a JSON object."),
        ({"name": " ", "connector": "test.sheet"}, "A source needs a name."),
    ):
        refused = lite.ask(create, input=given)["createSource"]
        assert refused["source"] is None
        assert word in refused["userErrors"][0]["message"]
    connectors = lite.ask("{ connectors { name working problem } }")["connectors"]
    assert [(each["name"], each["working"]) for each in connectors] == [
        ("hub.desk", True), ("test.broken", False), ("test.sheet", True),
    ]  # fmt: skip
    kinds = {
        each["name"]: each for each in lite.ask("{ touchpointKinds { name typeName declaredBy } }")["touchpointKinds"]
    }
    assert kinds["invoice"] == {"name": "invoice", "typeName": "Invoice", "declaredBy": "hub"}
    assert kinds["test.scan"] == {"name": "test.scan", "typeName": "CustomTouchpoint", "declaredBy": "test.sheet"}


def test_changes_are_a_feed_from_which_a_hub_can_be_mirrored(service: Served) -> None:
    service.tell({"kind": "form", "channel": "WEB", "who": {"email": "a@example.com"}})
    document = """query ($after: String) { changes(first: 2, after: $after) {
      edges { cursor node { id kind customer { id } touchpoint { kind } from to } }
      pageInfo { hasNextPage endCursor } } }"""
    seen = []
    cursor = None
    while True:
        part = service.ask(document, after=cursor)["changes"]
        seen += [edge["node"] for edge in part["edges"]]
        cursor = part["pageInfo"]["endCursor"] or cursor
        if not part["pageInfo"]["hasNextPage"]:
            break
    assert "TOUCHPOINT_ADDED" in {each["kind"] for each in seen}
    assert len({each["id"] for each in seen}) == len(seen)
    assert service.ask(document, after=cursor)["changes"]["edges"] == []
    service.tell({"kind": "invoice", "amount": "1.00", "who": {"email": "a@example.com"}})
    fresh = [edge["node"] for edge in service.ask(document, after=cursor)["changes"]["edges"]]
    assert "TOUCHPOINT_ADDED" in {each["kind"] for each in fresh}
    node = service.ask("query ($id: ID!) { node(id: $id) { id ... on Change { kind } } }", id=fresh[0]["id"])["node"]
    assert node == {"id": fresh[0]["id"], "kind": fresh[0]["kind"]}

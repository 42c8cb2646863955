"""One customer: names, masks, timeline, stage, value."""

from tests.api.conftest import Served

KARIM = {"email": "karim@example.com", "phone": "+8801711234567"}


def tell_of_karim(service: Served) -> None:
    service.tell(
        {"kind": "form", "channel": "WEB", "at": "2026-03-01T08:00:00+00:00", "title": "ডেলিভারি কবে?", "who": KARIM,
         "traits": {"name": "করিম উদ্দিন", "city": "Sylhet", "birthday": "1990-05-17"},
         "properties": {"form": "contact", "fields": {"q": "😀"}}},
        {"kind": "invoice", "at": "2026-03-01", "title": "INV-1042", "who": KARIM, "amount": "1200.50",
         "properties": {"number": "INV-1042"},
         "lines": [{"description": "Filter", "amount": "200.50", "sku": "F1"},
                   {"description": "Cooker", "amount": "1000.00", "sku": "C1"}]},
        {"kind": "email", "channel": "EMAIL", "at": "2026-03-02T10:00:00+00:00", "title": "Re: order", "text": "thanks",
         "who": {"email": "karim@example.com"}, "participants": [["CC", "Anna Roy", "anna@example.com"]]},
    )  # fmt: skip


def test_a_customer_is_found_by_a_phone_typed_in_bengali_digits(service: Served) -> None:
    tell_of_karim(service)
    found = service.ask(
        """query ($by: CustomerBy!) { customer(by: $by) { displayName email phone city kind relationship
           birthday { year month day }
           lifecycle { stage standing because { rule facts touchpoints { id kind } } history { axis after } }
           value { revenue { amount currency } orders averageOrder { amount } notConverted { amount } }
           timeline { totalCount nodes { __typename kind channel occurredAt timePrecision amount { amount currency }
             ... on Invoice { number lines { nodes { description amount { amount } product { sku } } } }
             ... on EmailMessage { subject text participants { role name identifier } }
             ... on FormSubmission { form fields } } } } }""",
        by={"identifier": {"kind": "phone", "value": "০১৭১১-২৩৪৫৬৭"}},
    )["customer"]
    assert found["displayName"] == "করিম উদ্দিন"
    assert (found["email"], found["phone"]) == ("karim@example.com", "+8801711234567")
    assert (found["kind"], found["relationship"], found["city"]) == ("PERSON", "CUSTOMER", "Sylhet")
    assert found["birthday"] == {"year": 1990, "month": 5, "day": 17}
    assert found["value"]["revenue"] == {"amount": "1200.50", "currency": "BDT"}
    assert (found["value"]["orders"], found["value"]["averageOrder"]) == (1, {"amount": "1200.50"})
    assert found["lifecycle"]["stage"] == "CUSTOMER"
    assert [each["kind"] for each in found["lifecycle"]["because"]["touchpoints"]] == ["invoice"]
    timeline = found["timeline"]["nodes"]
    assert found["timeline"]["totalCount"] == 3
    assert [each["__typename"] for each in timeline] == ["EmailMessage", "Invoice", "FormSubmission"]
    assert timeline[0]["participants"] == [{"role": "CC", "name": "Anna Roy", "identifier": "anna@example.com"}]
    assert (timeline[1]["number"], timeline[1]["timePrecision"]) == ("INV-1042", "DAY")
    assert timeline[1]["occurredAt"] == "2026-03-01T12:00:00.000000Z"
    assert [line["product"]["sku"] for line in timeline[1]["lines"]["nodes"]] == ["F1", "C1"]
    assert timeline[2]["fields"] == {"q": "😀"}


def test_without_pii_contact_data_is_masked(service: Served) -> None:
    tell_of_karim(service)
    token = service.new_token("read")
    found = service.ask(
        """{ customers { nodes { displayName name email phone birthday { day } traits { name value }
             identifiers { nodes { kind value display masked } }
             timeline { nodes { title text properties participants { name identifier }
               ... on EmailMessage { subject attachments } ... on FormSubmission { fields form } } } } } }""",
        token,
    )["customers"]["nodes"][0]
    assert found["email"] == "k•••@e•••"
    assert found["phone"] == "•••67"
    assert found["displayName"] == found["name"] == "ক••• উ•••"
    assert found["birthday"] is None
    assert {trait["value"] for trait in found["traits"]} == {None}
    assert all(each["masked"] and "•" in each["value"] for each in found["identifiers"]["nodes"])
    for each in found["timeline"]["nodes"]:
        assert (each["title"], each["text"], each["properties"]) == (None, None, None)
    mail, _, form = found["timeline"]["nodes"]
    assert mail["subject"] is None
    assert mail["participants"][0]["name"] == "A••• R•••"
    assert "anna" not in mail["participants"][0]["identifier"]
    assert (form["fields"], form["form"]) == (None, "contact")


def test_without_pii_nothing_masked_can_be_searched_or_ordered(lite: Served) -> None:
    token = lite.new_token("read")
    for document in (
        '{ customers(filter: {search: "karim"}) { nodes { id } } }',
        "{ customers(orderBy: {field: NAME}) { nodes { id } } }",
        '{ customers(filter: {birthday: {next: "P7D"}}) { nodes { id } } }',
        '{ customers(filter: {not: {traits: [{name: "city", equals: "Sylhet"}]}}) { nodes { id } } }',
        '{ touchpoints(filter: {search: "INV-1"}) { nodes { id } } }',
    ):
        code, message = lite.refusal(document, token)
        assert code == "FORBIDDEN"
        assert "pii" in message


def test_search_finds_any_word_in_any_script(service: Served) -> None:
    tell_of_karim(service)
    service.tell(
        {"kind": "call", "channel": "PHONE", "who": {"phone": "+923001234567"}, "traits": {"name": "عائشہ خان"}},
        {
            "kind": "call",
            "channel": "PHONE",
            "who": {"email": "renee@kitchen.example"},
            "traits": {"name": "Renée Dupont"},
        },
    )
    for text, names in {
        "করিম": ["করিম উদ্দিন"],
        "উদ্": ["করিম উদ্দিন"],
        "karim@example.com": ["করিম উদ্দিন"],
        "01711-234567": ["করিম উদ্দিন"],
        "০১৭১১২৩৪৫৬৭": ["করিম উদ্দিন"],
        "inv-1042": ["করিম উদ্দিন"],
        "خان": ["عائشہ خان"],
        "renee dup": ["Renée Dupont"],
        "RENÉE": ["Renée Dupont"],
        "kitchen": ["Renée Dupont"],
        "karim dupont": [],
        "%": [],
    }.items():
        document = "query ($text: String!) { customers(filter: {search: $text}) { totalCount nodes { displayName } } }"
        found = service.ask(document, text=text)["customers"]
        assert [each["displayName"] for each in found["nodes"]] == names, text
        assert found["totalCount"] == len(names)
    found = service.ask('{ touchpoints(filter: {search: "INV 1042"}) { nodes { kind } } }')["touchpoints"]["nodes"]
    assert [each["kind"] for each in found] == []
    found = service.ask('{ touchpoints(filter: {search: "inv-1042"}) { nodes { kind } } }')["touchpoints"]["nodes"]
    assert "invoice" in {each["kind"] for each in found}


def test_a_former_id_still_names_the_customer(service: Served) -> None:
    service.tell(
        {"kind": "call", "who": {"email": "a@example.com"}},
        {"kind": "call", "who": {"email": "b@example.com"}},
    )
    ids = [each["id"] for each in service.ask("{ customers { nodes { id } } }")["customers"]["nodes"]]
    service.tell({"kind": "form", "who": {"email": "a@example.com", "phone": "+8801711000001"}})
    service.tell({"kind": "form", "who": {"email": "b@example.com", "phone": "+8801711000001"}})
    (left,) = service.ask("{ customers { nodes { id formerIds } } }")["customers"]["nodes"]
    assert {left["id"], *left["formerIds"]} == set(ids)
    for each in ids:
        named = service.ask("query ($id: ID!) { customer(by: {id: $id}) { id } node(id: $id) { id } }", id=each)
        assert named["customer"]["id"] == named["node"]["id"] == left["id"]


def test_filters_over_customers(service: Served) -> None:
    tell_of_karim(service)
    promised = {"kind": "FOLLOW_UP", "reference": "f1", "title": "Ring back", "open": True}
    service.tell(
        {"kind": "call", "channel": "PHONE", "at": "2026-01-01T09:00:00+00:00", "who": {"email": "b@example.com"},
         "matters": [{**promised, "due": "2026-01-05T09:00:00+00:00"}]},
    )  # fmt: skip
    document = "query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { email } } }"
    karim, other = ["karim@example.com"], ["b@example.com"]
    for wanted, expected in (
        ({"stages": ["CUSTOMER"]}, karim),
        ({"not": {"stages": ["CUSTOMER"]}}, other),
        ({"or": [{"stages": ["CUSTOMER"]}, {"kinds": ["ORGANISATION"]}]}, karim),
        ({"or": []}, []),
        ({"and": [{"kinds": ["PERSON"]}, {"lastTouch": {"until": "2026-02-01T00:00:00Z"}}]}, other),
        ({"did": [{"what": {"kinds": ["invoice"], "amount": {"min": "1000"}}}]}, karim),
        ({"did": [{"what": {"kinds": ["invoice"]}, "atLeast": 2}]}, []),
        ({"did": [{"what": {"kinds": ["call"]}, "atLeast": 0, "atMost": 0}]}, karim),
        ({"didNot": [{"kinds": ["invoice"]}]}, other),
        ({"revenue": {"min": "1200.50", "max": "1200.50"}}, karim),
        ({"revenue": {"min": "1", "currency": "USD"}}, []),
        ({"traits": [{"name": "city", "equals": "Sylhet"}]}, karim),
        ({"traits": [{"name": "city", "exists": False}]}, other),
        ({"matters": {"kinds": ["FOLLOW_UP"], "overdue": True}}, other),
        ({"birthday": {"from": "2026-05-15T00:00:00Z", "until": "2026-05-20T00:00:00Z"}}, karim),
        ({"relationships": ["SUPPLIER"]}, []),
        ({"tags": ["vip"]}, []),
        ({"owner": "usr_nobody"}, []),
    ):
        found = service.ask(document, filter=wanted)["customers"]["nodes"]
        assert [each["email"] for each in found] == expected, wanted


def test_filters_over_touchpoints(service: Served) -> None:
    tell_of_karim(service)
    product = service.ask(
        '{ touchpoints(filter: {kinds: ["invoice"]}) {'
        " nodes { ... on Invoice { lines { nodes { product { id } } } } } } }"
    )["touchpoints"]["nodes"][0]["lines"]["nodes"][0]["product"]["id"]
    document = "query ($filter: TouchpointFilter) { touchpoints(filter: $filter) { nodes { kind } } }"
    for wanted, expected in (
        ({"channels": ["EMAIL"]}, ["email"]),
        ({"directions": ["OUTBOUND"]}, []),
        ({"automated": False, "kinds": ["form", "email"]}, ["email", "form"]),
        ({"occurred": {"from": "2026-03-02T00:00:00Z"}}, ["email"]),
        ({"products": [product]}, ["invoice"]),
        ({"properties": [{"name": "number", "equals": "INV-1042"}]}, ["invoice"]),
        ({"properties": [{"name": "form", "in": ["contact", "other"]}]}, ["form"]),
        ({"properties": [{"name": "number", "exists": True}]}, ["invoice"]),
        ({"properties": [{"name": "fields", "equals": {"q": "😀"}}]}, ["form"]),
        ({"sources": [service.source], "not": {"kinds": ["invoice"]}}, ["email", "form"]),
        ({"amount": {"max": "5"}}, []),
    ):
        found = service.ask(document, filter=wanted)["touchpoints"]["nodes"]
        assert [each["kind"] for each in found] == expected, wanted


def test_an_organisation_has_its_own_timeline_and_one_with_its_people(service: Served) -> None:
    anna = {"email": "anna@firm.example"}
    service.tell(
        {"kind": "invoice", "at": "2026-03-01", "title": "to the firm", "amount": "10.00", "who": {"contact": "42"},
         "traits": {"name": "Firm Ltd"}},
        {"kind": "call", "channel": "PHONE", "at": "2026-03-02T09:00:00+00:00", "title": "Anna for the firm",
         "who": {"contact": "42", **anna}, "traits": {"job_title": "Buyer"}},
        {"kind": "form", "channel": "WEB", "at": "2026-03-03T09:00:00+00:00", "title": "Anna alone", "who": anna},
    )  # fmt: skip
    what = """query ($by: CustomerBy!) { customer(by: $by) { kind
      own: timeline { totalCount nodes { title } }
      whole: timeline(scope: WITH_PEOPLE) { totalCount nodes { title organisation { kind } } }
      organisation { kind } affiliations { title person { email } organisation { kind } because { title } }
      value { revenue { amount } } journey { steps { channel touchpoints } firstTouch { title } } } }"""
    number = {"kind": "contact", "value": "42", "source": service.source}
    firm = service.ask(what, by={"identifier": number})["customer"]
    assert firm["kind"] == "ORGANISATION"
    assert [each["title"] for each in firm["own"]["nodes"]] == ["Anna for the firm", "to the firm"]
    assert [each["title"] for each in firm["whole"]["nodes"]] == ["Anna alone", "Anna for the firm", "to the firm"]
    assert (firm["own"]["totalCount"], firm["whole"]["totalCount"]) == (2, 3)
    assert firm["value"]["revenue"]["amount"] == "10.00"
    assert [each["person"]["email"] for each in firm["affiliations"]] == ["anna@firm.example"]
    assert firm["affiliations"][0]["because"] == [{"title": "Anna for the firm"}]
    assert [each["channel"] for each in firm["journey"]["steps"]] == ["ACCOUNTING", "PHONE"]
    person = service.ask(what, by={"identifier": {"kind": "email", "value": "ANNA@firm.example"}})["customer"]
    assert person["kind"] == "PERSON"
    assert [each["title"] for each in person["own"]["nodes"]] == ["Anna alone", "Anna for the firm"]
    assert person["own"]["totalCount"] == person["whole"]["totalCount"] == 2
    assert person["organisation"] == {"kind": "ORGANISATION"}
    assert (person["affiliations"][0]["title"], person["value"]["revenue"]["amount"]) == ("Buyer", "0.00")
    assert person["journey"]["firstTouch"]["title"] == "Anna for the firm"


def test_a_number_that_two_sources_minted_needs_its_source(service: Served) -> None:
    service.tell({"kind": "invoice", "who": {"contact": "42"}, "traits": {"name": "One"}})
    what = "query ($by: CustomerBy!) { customer(by: $by) { name } }"
    alone = {"identifier": {"kind": "contact", "value": "42"}}
    assert service.ask(what, by=alone)["customer"] == {"name": "One"}
    first = service.source
    made = service.ask(
        'mutation { createSource(input: {name: "More books", connector: "test.sheet"}) { source { id } } }'
    )
    service.source = made["createSource"]["source"]["id"]
    service.tell({"kind": "invoice", "who": {"contact": "42"}, "traits": {"name": "Two"}})
    assert service.ask(what, by=alone)["customer"] is None
    for source, name in ((first, "One"), (service.source, "Two")):
        by = {"identifier": {"kind": "contact", "value": "42", "source": source}}
        assert service.ask(what, by=by)["customer"] == {"name": name}


def test_a_customer_is_named_in_one_way(lite: Served) -> None:
    for by in ({}, {"id": "cus_x", "touchpoint": "tp_x"}, {"id": None}):
        answer = lite.post("query ($by: CustomerBy!) { customer(by: $by) { id } }", {"by": by})
        assert answer.status_code == 422, answer.text
    assert lite.ask('{ customer(by: {id: "cus_nobody"}) { id } }')["customer"] is None
    nobody = '{ customer(by: {identifier: {kind: "email", value: "nobody@example.com"}}) { id } }'
    assert lite.ask(nobody)["customer"] is None
    assert lite.refusal('{ customer(by: {identifier: {kind: "email", value: " "}}) { id } }')[0] == "BAD_USER_INPUT"


def test_a_touchpoint_of_a_shared_mailbox_is_nobodys_and_still_in_the_list(service: Served) -> None:
    service.tell({"kind": "email", "channel": "EMAIL", "title": "hello", "who": {"email": "info@firm.example"}})
    found = service.ask("{ touchpoints { nodes { title customer { id } identifiers { value joins blocked } } } }")
    (mail,) = found["touchpoints"]["nodes"]
    assert (mail["title"], mail["customer"]) == ("hello", None)
    assert mail["identifiers"] == [{"value": "info@firm.example", "joins": False, "blocked": "ROLE"}]


def test_node_finds_every_kind_of_object(service: Served) -> None:
    service.tell({"kind": "invoice", "at": "2026-03-01", "amount": "5.00", "who": KARIM, "properties": {"number": "1"},
                  "lines": [{"description": "Filter", "amount": "5.00", "sku": "F1"}],
                  "matters": [{"kind": "DEAL", "reference": "d1", "title": "Big", "open": True}]})  # fmt: skip
    held = service.ask(
        """{ touchpoints { nodes { id source { id } record { id run { id } } customer { id } identifiers { id }
             matters { id timeline { totalCount nodes { id } } }
             ... on Invoice { lines { nodes { id product { id } } } } } } changes(first: 1) { nodes { id } } }"""
    )
    invoice = held["touchpoints"]["nodes"][0]
    line = invoice["lines"]["nodes"][0]
    assert invoice["matters"][0]["timeline"] == {"totalCount": 1, "nodes": [{"id": invoice["id"]}]}
    expected = {
        invoice["id"]: "Invoice", invoice["source"]["id"]: "Source", invoice["record"]["id"]: "Record",
        invoice["record"]["run"]["id"]: "Run", invoice["customer"]["id"]: "Customer",
        invoice["matters"][0]["id"]: "Matter",
        invoice["identifiers"][0]["id"]: "Identifier", line["id"]: "LineItem", line["product"]["id"]: "Product",
        held["changes"]["nodes"][0]["id"]: "Change",
    }  # fmt: skip
    found = service.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=list(expected))["nodes"]
    assert {each["id"]: each["__typename"] for each in found} == expected
    hostile = ("src_'; DROP", "😀", "tp_" + "a" * 10_000, "rec_" + "9" * 30)
    for wrong in ("", "x", "cus_", "rec_x", "rec_১", "chg_1", "chg_1_x", *hostile):
        assert service.ask("query ($id: ID!) { node(id: $id) { id } }", id=wrong)["node"] is None, wrong

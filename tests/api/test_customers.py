"""One customer: names, masks, timeline, stage, value."""

from tests.api.conftest import Served

KARIM = {"email": "karim@example.com", "phone": "+8801711234567"}


def tell_of_karim(service: Served) -> None:
    service.tell(
        {"kind": "form", "channel": "WEB", "at": "2026-03-01T08:00:00+00:00", "title": "ডেলিভারি কবে?", "who": KARIM,
         "traits": {"name": "করিম উদ্দিন", "city": "Sylhet", "birthday": "1990-05-17"}, "properties": {"form": "contact", "fields": {"q": "😀"}}},
        {"kind": "invoice", "at": "2026-03-01", "title": "INV-1042", "who": KARIM, "amount": "1200.50",
         "properties": {"number": "INV-1042"},
         "lines": [{"description": "Filter", "amount": "200.50", "sku": "F1"}, {"description": "Cooker", "amount": "1000.00", "sku": "C1"}]},
        {"kind": "email", "channel": "EMAIL", "at": "2026-03-02T10:00:00+00:00", "title": "Re: order", "text": "thanks", "who": {"email": "Karim+x@example.com"},
         "participants": [["CC", "Anna Roy", "anna@example.com"]]},
    )  # fmt: skip


def test_a_customer_is_found_by_a_phone_typed_in_bengali_digits(service: Served) -> None:
    tell_of_karim(service)
    found = service.ask(
        """query ($by: CustomerBy!) { customer(by: $by) { displayName email phone city kind relationship
           birthday { year month day } lifecycle { stage standing because { rule facts touchpoints { id kind } } history { axis after } }
           value { revenue { amount currency } orders averageOrder { amount } notConverted { amount } }
           timeline { totalCount nodes { __typename kind channel occurredAt timePrecision amount { amount currency }
             ... on Invoice { number lines { nodes { description amount { amount } product { sku } } } }
             ... on EmailMessage { subject text participants { role name identifier } }
             ... on FormSubmission { form fields } } } } }""",
        by={"identifier": {"kind": "phone", "value": "০১৭১১-২৩৪৫৬৭"}},
    )["customer"]
    assert found["displayName"] == "করিম উদ্দিন"
    assert (found["email"], found["phone"]) == ("Karim+x@example.com", "+8801711234567")
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
    assert found["email"] == "K•••@e•••"
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
    service.tell({"kind": "call", "channel": "PHONE", "at": "2026-01-01T09:00:00+00:00", "who": {"email": "b@example.com"},
                  "matters": [{"kind": "FOLLOW_UP", "reference": "f1", "title": "Ring back", "open": True, "due": "2026-01-05T09:00:00+00:00"}]})  # fmt: skip
    document = "query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { email } } }"
    karim, other = ["Karim+x@example.com"], ["b@example.com"]
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
        '{ touchpoints(filter: {kinds: ["invoice"]}) { nodes { ... on Invoice { lines { nodes { product { id } } } } } } }'
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

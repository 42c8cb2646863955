"""Who is who over GraphQL: why two customers are not one, explanations in pages, and the identity rules."""

from __future__ import annotations

from typing import Any

from hub.identity.rule_set import default_text
from tests.api.conftest import Served

PHONE = "+8801711234567"
WHY = """query ($a: ID!, $b: ID!) { whyNotMerged(a: $a, b: $b) {
  reason sentence a { id } b { id }
  shared { identifier { kind value } reason count limit examples }
  conflicts { kind namespace a { value } b { value } }
  refused { reason link { a { kind } b { kind } touchpoint { title } } }
  decisions { kind reason decidedBy }
  chain { customer { displayName } identifier { kind value } touchpoint { title } }
  alike { kind a b } truncated } }"""
SPLIT = """mutation ($input: SplitCustomerInput!) { splitCustomer(input: $input) {
  operation moved moves { id before after touchpoint { title } } changes { customer touchpointsBefore touchpointsAfter }
  userErrors { message } } }"""
PREVIEW = """query ($rules: String!) { previewIdentityRules(rules: $rules) {
  text differences { key before after } claims examined truncated switchedOn switchedOff
  switches { identifier { kind value } before after } merged split moved regrouped
  regroupings { kind before after touchpoints } changed
  changes { customer touchpointsBefore touchpointsAfter stageBefore stageAfter revenueBefore { amount }
    revenueAfter { amount currency } } } }"""
APPLY = """mutation ($input: ApplyIdentityRulesInput!) { applyIdentityRules(input: $input) {
  preview { merged } receipt { processed } userErrors { code message path hint } } }"""


def call(title: str, name: str = "", **who: str) -> dict[str, Any]:
    """A call; a phone in its identifiers is that of the person."""
    return {"kind": "call", "channel": "PHONE", "title": title, "who": who, "traits": {"name": name} if name else {}}


def customers(service: Served) -> dict[str, str]:
    """Ids of customers by the title of a touchpoint of theirs."""
    found = service.ask("{ touchpoints { nodes { title customer { id } } } }")["touchpoints"]["nodes"]
    return {each["title"]: each["customer"]["id"] for each in found if each["customer"]}


def why(service: Served, a: str, b: str, token: str | None = None) -> Any:
    ids = customers(service)
    return service.ask(WHY, token, a=ids[a], b=ids[b])["whyNotMerged"]


# Why not one ------------------------------------------------------------------------------------------------------


def test_a_phone_of_two_names_is_told_with_its_cap(service: Served) -> None:
    service.tell(
        call("k", "Karim Uddin", email="karim@example.com", phone=PHONE),
        call("a", "Anna Rahman", email="anna@example.com", phone=PHONE),
    )
    told = why(service, "k", "a")
    assert (told["reason"], told["sentence"]) == (
        "SHARED",
        "Both have the same phone, but it is seen with 2 names, and 1 at most may be.",
    )
    assert told["shared"] == [
        {"identifier": {"kind": "phone", "value": PHONE}, "reason": "SEVERAL_NAMES", "count": 2, "limit": 1,
         "examples": ["anna rahman", "karim uddin"]}
    ]  # fmt: skip
    assert (told["conflicts"], told["refused"], told["chain"], told["truncated"]) == ([], [], [], False)
    masked = why(service, "k", "a", service.new_token("read"))
    assert masked["shared"][0]["examples"] == ["a••• r•••", "k••• u•••"]
    assert masked["shared"][0]["identifier"]["value"] == "•••67"
    assert masked["sentence"] == told["sentence"]


def test_a_role_mailbox_is_told(service: Served) -> None:
    service.tell(
        call("k", email="info@example.com", phone=PHONE), call("a", email="info@example.com", phone="+8801711234568")
    )
    told = why(service, "k", "a")
    assert (told["reason"], told["sentence"]) == (
        "SHARED",
        "Both have the same e-mail address, but it is a mailbox that several people read.",
    )
    assert [(each["reason"], each["count"]) for each in told["shared"]] == [("ROLE", None)]


def test_two_contact_numbers_are_told_with_the_refused_link(service: Served) -> None:
    """Two firms: a contact number is an organisation's, as is a VAT number."""
    service.tell(
        {"kind": "invoice", "title": "k", "amount": "1.00", "at": "2026-01-01",
         "who": {"contact": "7", "vat": "DE123456789"}},
        {"kind": "invoice", "title": "a", "amount": "1.00", "at": "2026-01-02",
         "who": {"contact": "8", "vat": "DE123456789"}},
    )  # fmt: skip
    told = why(service, "k", "a")
    assert (told["reason"], told["sentence"]) == (
        "UNIQUE",
        "Each has a contact number of its own, of which a customer has one only.",
    )
    assert told["conflicts"] == [
        {"kind": "contact", "namespace": service.source, "a": [{"value": "7"}], "b": [{"value": "8"}]}
    ]
    assert told["refused"] == [
        {"reason": "UNIQUE", "link": {"a": {"kind": "contact"}, "b": {"kind": "vat"}, "touchpoint": {"title": "a"}}}
    ]
    assert [(each["identifier"]["kind"], each["reason"]) for each in told["shared"]] == [("vat", None)]
    assert [(each["identifier"] or {}).get("kind") for each in told["chain"]] == ["vat", None]


def test_a_split_is_told_with_who_and_why_and_its_dry_run_says_what_moves(service: Served) -> None:
    service.tell(call("k", email="a@example.com"), call("a", email="a@example.com"))
    one = customers(service)["k"]
    taken = service.ask("{ touchpoints { nodes { id title } } }")["touchpoints"]["nodes"]
    given = {
        "customer": one, "touchpoints": [each["id"] for each in taken if each["title"] == "a"], "reason": "his sister",
    }  # fmt: skip
    dry = service.ask(SPLIT, input={**given, "dryRun": True})["splitCustomer"]
    (move,) = dry["moves"]
    assert (dry["operation"], dry["moved"], move["before"], move["touchpoint"]) == (None, 1, one, {"title": "a"})
    assert customers(service) == {"k": one, "a": one}
    done = service.ask(SPLIT, input=given)["splitCustomer"]
    assert done["moves"] == dry["moves"]
    assert customers(service) == {"k": one, "a": move["after"]}
    told = why(service, "k", "a")
    assert (told["reason"], told["sentence"]) == ("DECISION", "Somebody decided that they are not the same.")
    assert told["decisions"] == [{"kind": "NOT_SAME", "reason": "his sister", "decidedBy": "test"}]


def test_the_way_through_others_is_told(service: Served) -> None:
    service.tell(
        {"kind": "invoice", "title": "one", "amount": "1.00", "at": "2026-01-01",
         "who": {"contact": "7", "vat": "DE1"}},
        {"kind": "invoice", "title": "two", "amount": "1.00", "at": "2026-01-02",
         "who": {"contact": "8", "vat": "DE1", "vat.2": "DE2"}},
        {"kind": "invoice", "title": "three", "amount": "1.00", "at": "2026-01-03",
         "who": {"contact": "9", "vat": "DE2"}},
    )  # fmt: skip
    told = why(service, "one", "three")
    assert told["reason"] == "CHAIN"
    assert [(each["touchpoint"]["title"], (each["identifier"] or {}).get("value")) for each in told["chain"]] == [
        ("one", "DE1"),
        ("two", "DE2"),
        ("three", None),
    ]


def test_what_is_nearly_the_same_is_told(service: Served) -> None:
    service.tell(
        call("k", "Karim Uddin", email="karim.uddin@example.com"),
        call("a", "UDDIN Karim", email="karimuddin@other.example"),
    )
    told = why(service, "k", "a")
    assert (told["reason"], told["sentence"]) == (
        "ALIKE",
        "They have nothing in common that joins; a name that is nearly the same does not.",
    )
    assert told["alike"] == [
        {"kind": "name", "a": "karim uddin", "b": "karim uddin"},
        {"kind": "email", "a": "karim.uddin@example.com", "b": "karimuddin@other.example"},
    ]
    masked = why(service, "k", "a", service.new_token("read"))["alike"]
    assert [each["a"] for each in masked] == ["k••• u•••", "k•••@e•••"]


def test_nothing_one_and_two_sides_are_told(service: Served) -> None:
    service.tell(
        call("k", email="k@example.com"),
        call("a", email="a@example.com"),
        {"kind": "invoice", "title": "firm", "amount": "1.00", "who": {"contact": "7"}},
    )
    assert why(service, "k", "a")["sentence"] == "They have nothing in common."
    assert why(service, "k", "k")["reason"] == "ONE"
    sides = why(service, "k", "firm")
    assert (sides["reason"], sides["chain"]) == ("SIDES", [])
    ids = customers(service)
    assert service.refusal(WHY, a=ids["k"], b="cus_nobody") == ("NOT_FOUND", "There is no customer 'cus_nobody'.")


# Explanations in pages ----------------------------------------------------------------------------------------


def test_an_explanation_comes_in_pages_both_ways(service: Served) -> None:
    service.tell(
        *[
            {**call(f"t{number}", phone=PHONE, email=f"e{number}@example.com"), "at": f"2026-03-0{number + 1}"}
            for number in range(5)
        ]
    )
    one = customers(service)["t0"]
    page = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
      explainIdentity(customer: $id) {
        links(first: $first, after: $after, last: $last, before: $before) {
          totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
          nodes { a { value } touchpoint { title } } } } }"""

    def links(**window: Any) -> Any:
        return service.ask(page, id=one, **window)["explainIdentity"]["links"]

    def shown(found: Any) -> list[str]:
        return [each["touchpoint"]["title"] for each in found["nodes"]]

    whole = links()
    assert (whole["totalCount"], shown(whole)) == (5, ["t0", "t1", "t2", "t3", "t4"])
    first = links(first=2)
    assert (shown(first), first["pageInfo"]["hasNextPage"]) == (["t0", "t1"], True)
    second = links(first=2, after=first["pageInfo"]["endCursor"])
    assert shown(second) == ["t2", "t3"]
    rest = links(first=2, after=second["pageInfo"]["endCursor"])
    assert (shown(rest), rest["pageInfo"]["hasNextPage"]) == (["t4"], False)
    back = links(last=2, before=rest["pageInfo"]["startCursor"])
    assert (shown(back), back["pageInfo"]["hasPreviousPage"]) == (["t2", "t3"], True)
    assert shown(links(first=0)) == []


def test_a_customer_of_a_thousand_identifiers_is_explained(lite: Served) -> None:
    for start in range(0, 1000, 250):
        lite.tell(
            *[
                call(f"t{number}", email="a@example.com", phone=f"+8801711{number:06}")
                for number in range(start, start + 250)
            ]
        )
    one = lite.ask('{ customer(by: {identifier: {kind: "email", value: "a@example.com"}}) { id } }')["customer"]["id"]
    told = lite.ask(
        "query ($id: ID!) { explainIdentity(customer: $id) { truncated claims { totalCount } links(first: 500) "
        "{ totalCount nodes { a { value } b { value } touchpoint { title } } } "
        "refused { nodes { reason link { b { value } } } } } }",
        id=one,
    )["explainIdentity"]
    assert told["truncated"] is False
    assert (told["claims"]["totalCount"], told["links"]["totalCount"]) == (1000, 999)
    assert len({each["touchpoint"]["title"] for each in told["links"]["nodes"]}) == 500
    # A customer has a thousand identifiers at most: its address and 999 phones.
    assert [each["reason"] for each in told["refused"]["nodes"]] == ["SIZE"]


# The rules ------------------------------------------------------------------------------------------------------


def family(service: Served) -> dict[str, str]:
    service.tell(
        call("k", "Karim", email="karim@example.com", phone=PHONE),
        {"kind": "invoice", "title": "a", "amount": "5.00", "direction": "OUTBOUND", "traits": {"name": "Anna"},
         "who": {"email": "anna@example.com", "phone": PHONE}},
    )  # fmt: skip
    return customers(service)


def test_rules_are_previewed_applied_and_taken_back(service: Served) -> None:
    ids = family(service)
    text = "most_phone_names = 2"
    rules = "{ identityRules { version number decidedBy reason text } }"
    assert service.ask(rules)["identityRules"] == {
        "version": "1", "number": "0", "decidedBy": None, "reason": None, "text": default_text(),
    }  # fmt: skip
    seen = service.ask(PREVIEW, rules=text)["previewIdentityRules"]
    assert seen.pop("text") == default_text().replace("most_phone_names = 1", text)
    assert seen == {
        "differences": [{"key": "most_phone_names", "before": "1", "after": "2"}],
        "claims": 2, "examined": 2, "truncated": False, "switchedOn": 1, "switchedOff": 0,
        "switches": [{"identifier": {"kind": "phone", "value": PHONE}, "before": "SEVERAL_NAMES", "after": None}],
        "merged": 1, "split": 0, "moved": 1, "regrouped": 1,
        "regroupings": [{"kind": "MERGED", "before": ids["a"], "after": ids["k"], "touchpoints": 1}],
        "changed": 2,
        "changes": [
            {"customer": ids["a"], "touchpointsBefore": 1, "touchpointsAfter": 0, "stageBefore": "CUSTOMER",
             "stageAfter": None, "revenueBefore": {"amount": "5.00"},
             "revenueAfter": {"amount": "0.00", "currency": "BDT"}},
            {"customer": ids["k"], "touchpointsBefore": 1, "touchpointsAfter": 2, "stageBefore": "LEAD",
             "stageAfter": "CUSTOMER", "revenueBefore": {"amount": "0.00"},
             "revenueAfter": {"amount": "5.00", "currency": "BDT"}},
        ],
    }  # fmt: skip
    dry = service.ask(APPLY, input={"rules": text, "reason": "few phones here", "dryRun": True})["applyIdentityRules"]
    assert dry == {"preview": {"merged": 1}, "receipt": None, "userErrors": []}
    assert customers(service) == ids
    done = service.ask(APPLY, input={"rules": text, "reason": "few phones here"})["applyIdentityRules"]
    assert done == {"preview": None, "receipt": {"processed": True}, "userErrors": []}
    assert customers(service) == {"k": ids["k"], "a": ids["k"]}
    stands = service.ask(rules)["identityRules"]
    assert (stands["decidedBy"], stands["reason"]) == ("test", "few phones here")
    service.ask(APPLY, input={"rules": default_text(), "reason": "back"})
    assert customers(service) == ids


def test_an_explanation_uses_the_rules_that_stand(service: Served) -> None:
    service.ask(APPLY, input={"rules": "most_identifiers = 2", "reason": "r"})
    service.tell(call("k", email="a@example.com", phone=PHONE), call("a", email="b@example.com", phone=PHONE))
    told = why(service, "k", "a")
    assert (told["reason"], told["sentence"]) == ("SIZE", "Together they would have more than 2 identifiers.")
    explained = service.ask(
        "query ($id: ID!) { explainIdentity(customer: $id) { refused { nodes { reason } } } }",
        id=customers(service)["k"],
    )["explainIdentity"]
    assert explained["refused"]["nodes"] == [{"reason": "SIZE"}]


def test_wrong_rules_are_refused_with_line_and_key(lite: Served) -> None:
    code, message = lite.refusal(PREVIEW, rules="\nmost_phone_name = 2")
    assert (code, message) == (
        "BAD_USER_INPUT",
        "The identity rules are wrong at line 2, most_phone_name: there is no such key; did you mean most_phone_names?",
    )
    (fault,) = lite.ask(APPLY, input={"rules": "most_names = 0", "reason": "r"})["applyIdentityRules"]["userErrors"]
    assert (fault["code"], fault["path"]) == ("BAD_USER_INPUT", ["rules", "most_names"])


def test_only_who_manages_sees_and_sets_rules(lite: Served) -> None:
    token = lite.new_token("read", "pii", "analyse", "write")
    assert lite.refusal("{ identityRules { text } }", token)[0] == "FORBIDDEN"
    assert lite.refusal(PREVIEW, token, rules="")[0] == "FORBIDDEN"
    assert lite.refusal(WHY, lite.new_token("manage"), a="cus_a", b="cus_b")[0] == "FORBIDDEN"

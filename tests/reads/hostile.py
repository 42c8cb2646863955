"""A hub full of what is hard to write as JSON, to sort, to page and to compare: everything came by real writes."""

from __future__ import annotations

import random
from typing import Any

from tests.api.conftest import Served

SAID = (
    "plain", "", " ", "Ångström naïve", "করিম উদ্দিন", "محمد \u202eالعربية", "שלום", "日本語テスト", "नमस्ते", "Ελληνικά",
    "👩‍👩‍👧‍👦 🇧🇩 e\u0301", 'quote " and \\ back\\\\slash \\"', "tab\tline\nreturn\r\b\f", "\x01 \x02 \x1f \x7f",
    "\u2028\u2029\ufeff",
    "</script><!--", "'; DROP TABLE customer; --", "%_*?", "\\u0041 \\x01", "null", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010ffff", "x" * 300,
    "$1 :name @x ${y} %s {0}", "\\", '"', "é" * 50, "\ud7ff\ue000\uffff", "a\u00a0b\u200bc",
)  # fmt: skip
"""Text of every script, and characters that JSON, SQL or a terminal treat as special."""
CURRENCIES = ("BDT", "JPY", "KWD", "CLF", "EUR", "USD", "XAU")
"""With no minor digits, two, three and four, and one that nobody pays in."""
AMOUNTS = ("0", "1", "-1", "10", "999999999", "-250")
INSTANTS = (
    "1970-01-01T00:00:00+00:00", "1969-12-31T23:59:59.999999+00:00", "2026-03-01T09:00:00+00:00",
    "2026-03-01T09:00:00.000001+00:00", "2026-02-28", "2024-02-29", "2025-12-31T18:00:00+06:00",
    "2026-01-31T09:05:00.123000+00:00", "1900-01-01T00:00:00+00:00", "2026-03-29T01:30:00+00:00",
)  # fmt: skip
TIE = "2026-04-01T12:00:00+00:00"
CHANNELS = ("EMAIL", "PHONE", "WEB", "SOCIAL", "ACCOUNTING", "CHAT", "IN_PERSON", "OTHER")
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("email", {"subject": "Re: ☎", "attachments": [{"name": "a\u2028.pdf", "type": "application/pdf", "size": 12}]}),
    ("email", {"subject": None, "attachments": []}), ("email", {}),
    ("call", {"seconds": 0, "answered": False}), ("call", {"seconds": 2147483647}), ("call", {"seconds": 2147483648}),
    ("call", {"seconds": "soon", "answered": "yes"}), ("call", {"seconds": 1.5}),
    ("invoice", {"number": "INV-1", "due_on": "2026-03-15"}), ("invoice", {"number": 7, "due_on": "2026-01-31"}),
    ("invoice", {"number": "", "tax": "1.00"}), ("credit_note", {"settles": "INV-1"}),
    ("payment", {"settles": "INV-1", "method": "bKash"}), ("refund", {}), ("order", {}), ("quote", {}),
    ("form", {"form": "f", "url": "https://x.org/?a=\"b\"", "fields": {"\\": ["\u2028", None, 1.0, 1e300, {"": []}]}}),
    ("form", {"fields": "none"}), ("form", {}), ("post", {"network": "mastodon", "url": "https://m.org/1"}),
    ("message", {}), ("survey", {"score": 9, "metric": "nps"}), ("survey", {"score": "3.5", "metric": "csat"}),
    ("meeting", {}), ("note", {"big": 12345678901234567890, "small": 1e-7, "deep": [[[{}]]], "no": None}),
    ("test.scan", {"true": True, "zero": -0.0, "é": "ü"}), ("profile", {}), ("referral", {}), ("subscription", {}),
)  # fmt: skip
"""Kinds of every type, with properties that fit, are absent, or are of another type than declared."""


def fill(service: Served, people: int = 12, each: int = 7, seed: int = 1) -> None:
    """Fill a hub. The same at every call, but for ids and the time of writing."""
    pick = random.Random(seed)
    rows = [*reference(), *crowd(), *(row(pick, person) for person in range(people) for _ in range(each))]
    pick.shuffle(rows)
    service.tell(*reference(), *rows)
    service.tell(*late(pick, people))
    corrections(service)


def row(pick: random.Random, person: int) -> dict[str, Any]:
    """Something that a person did; whatever may be left out sometimes is."""
    kind, properties = pick.choice(KINDS)
    said: dict[str, Any] = {
        "kind": kind, "channel": pick.choice(CHANNELS), "direction": pick.choice(("INBOUND", "OUTBOUND", "INTERNAL")),
        "at": pick.choice((TIE, *INSTANTS)), "title": pick.choice(SAID), "automated": pick.random() < 0.2,
        "properties": {**properties, **({pick.choice(SAID): pick.choice(SAID)} if pick.random() < 0.3 else {})},
        "who": who(pick, person), "currency": pick.choice(CURRENCIES),
    }  # fmt: skip
    more = (
        ("text", 0.5, pick.choice(SAID)),
        ("amount", 0.7, pick.choice(AMOUNTS)),
        ("cost", 0.2, pick.choice(AMOUNTS)),
        ("campaign", 0.3, pick.choice(("spring", '"quoted"', "nobody's"))),
        ("quantity", 0.2, [pick.choice(("1", "0.5", "-3", "1000000")), pick.choice(("points", "kg", ""))]),
        ("origin", 0.4, origin(pick)),
        ("traits", 0.5, traits(pick, person)),
        ("participants", 0.3, [["CC", pick.choice(SAID), "cc@x.org"], ["AGENT", "", "seller@hub.org"]]),
        ("matters", 0.4, [matter(pick, person)]),
        ("lines", 0.2, lines(pick)),
    )
    return said | {name: value for name, chance, value in more if pick.random() < chance}


def who(pick: random.Random, person: int) -> dict[str, str]:
    """With what a person is named: sometimes nothing, sometimes what a whole family shares."""
    known = {
        "email": f"p{person}@x.org", "phone": f"+88017112345{person // 2:02}", "email.2": f"Other.{person}@Ünïcode.org",
        "contact": f"c{person}", "vat": f"BD{person:09}",
    }  # fmt: skip
    return {name: known[name] for name in pick.sample(sorted(known), pick.choice((0, 1, 1, 1, 2, 2, 3)))}


def origin(pick: random.Random) -> dict[str, str]:
    names = ("source", "medium", "campaign", "term", "content", "click_id", "referrer", "landing_page")
    return {name: pick.choice(SAID) for name in pick.sample(names, 3)}


def traits(pick: random.Random, person: int) -> dict[str, Any]:
    known = {
        "name": pick.choice((f"Person {person} Family", *SAID)), "city": pick.choice(SAID), "country": "BD",
        "language": pick.choice(("bn", "en", "")),
        "birthday": pick.choice(("1990-02-29", "1988-02-29", "--12-31", "x")),
        "company": pick.choice(SAID), "job_title": "CEO", "postcode": "3100",
    }  # fmt: skip
    return {name: known[name] for name in pick.sample(sorted(known), pick.randrange(1, 5))}


def matter(pick: random.Random, person: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "kind": pick.choice(("DEAL", "CASE", "ORDER", "INVOICE", "FOLLOW_UP", "LOYALTY")),
        "reference": f"m{person}-{pick.randrange(3)}",
    }
    more = (
        ("title", pick.choice(SAID)), ("state", pick.choice(("new", "won", "\u2028", "open"))), ("pipeline", "sales"),
        ("open", pick.random() < 0.5), ("amount", [pick.choice(AMOUNTS), pick.choice(CURRENCIES)]),
        ("outcome", pick.choice(("WON", "LOST"))), ("due", "2026-03-05T09:00:00+00:00"), ("owner", "anna"),
    )  # fmt: skip
    return said | {name: value for name, value in more if pick.random() < 0.5}


def lines(pick: random.Random) -> list[dict[str, str]]:
    skus = ("C1", "F1", "\\")
    return [
        {"description": pick.choice(SAID) or "-", "amount": pick.choice(AMOUNTS), "sku": pick.choice(skus)}
        for _ in range(pick.randrange(1, 4))
    ]


def reference() -> list[dict[str, Any]]:
    """Campaigns, users, spend and exchange rates; for some currencies there is no rate."""
    return [
        {"defines": "spring", "title": "Spring \u2028 \"sale\"", "spent": "100", "starts": "2026-02-01"},
        {"defines": '"quoted"', "title": "\\"},
        {"user": "anna", "name": "Anna 👩", "email": "anna@hub.org"},
        {"user": "seller", "name": "", "email": "seller@hub.org"},
        {"spend": "12.50", "on": "2026-02-01", "channel": "EMAIL", "campaign": "spring"},
        {"rates": [["USD", "BDT", "2026-02-27", "121.5"], ["EUR", "BDT", "2026-02-27", "131.123456"],
                   ["JPY", "BDT", "2020-01-01", "0.8"], ["KWD", "BDT", "2026-01-01", "395.7"]]},
    ]  # fmt: skip


def crowd() -> list[dict[str, Any]]:
    """Equal in all that lists are ordered by, and a customer with many touchpoints at one moment."""
    same = {"kind": "form", "channel": "WEB", "at": TIE, "title": "same"}
    twins = [{**same, "who": {"email": f"twin{number}@x.org"}, "traits": {"name": "Twin"}} for number in range(6)]
    busy = [{**same, "who": {"email": "busy@x.org"}, "title": f"{number}"} for number in range(25)]
    bought = [
        {"kind": "invoice", "at": f"2026-0{month}-03", "amount": "100.00", "title": f"B{month}",
         "direction": "OUTBOUND", "who": {"email": "busy@x.org", "vat": "BD999999999"}}
        for month in (1, 2, 3)
    ]  # fmt: skip
    return [*twins, *busy, *bought, *whole(), {"title": "no kind"}, {**same, "who": {}}]


def whole() -> list[dict[str, Any]]:
    """What chance may leave out, of somebody who does all of it, at an organisation."""
    who_ = {"email": "whole@x.org", "vat": "BD888888888", "contact": "c88"}
    paid = [
        {"kind": "invoice", "at": f"2026-0{month}-03", "amount": "100.25", "direction": "OUTBOUND", "who": who_,
         "properties": {"number": f"W-{month}", "due_on": f"2026-0{month}-20", "tax": "1.5"}, "lines": [
            {"description": SAID[5], "amount": "60.25", "sku": "C1", "category": "\u2028"},
            {"description": "-", "amount": "40.00", "sku": "\\"}]}
        for month in (1, 2, 3)
    ]  # fmt: skip
    paid += [
        {"kind": "payment", "at": f"2026-0{month}-{day}", "amount": "100.25", "who": who_, "cost": "1.10",
         "properties": {"settles": f"W-{month}", "number": f"P-{month}", "method": "bKash"}, "origin": {"medium": "m"}}
        for month, day in ((1, 10), (2, 28))
    ]  # fmt: skip
    asked = [
        {"kind": "survey", "at": f"2026-02-0{day}T09:00:00+00:00", "quantity": [score, unit], "who": who_}
        for day, (score, unit) in enumerate((("9", "nps"), ("6.5", "nps"), ("10", "nps"), ("4.125", "csat")), start=1)
    ]
    posts = [
        {"kind": "post", "channel": "SOCIAL", "who": who_, "title": SAID[6], "campaign": "spring", "cost": "2",
         "properties": {"network": "mastodon", "url": "https://m.org/1?a=b#c"}},
        {"kind": "form", "channel": "WEB", "who": who_, "cost": "3", "currency": "USD", "traits": {
            "name": "Whole Person", "birthday": "1988-02-29", "company": SAID[4], "job_title": SAID[7]},
         "origin": {"referrer": "https://a.org/x#y?z", "landing_page": "https://b.org/?u=1", "source": "news"},
         "properties": {"form": "f", "url": "https://b.org/p?q#r", "fields": {"a": [1.0, {}], "b": None}}},
        {"kind": "call", "channel": "PHONE", "who": who_, "properties": {"seconds": 61, "answered": True}},
    ]  # fmt: skip
    case = [
        {"kind": "email", "channel": "EMAIL", "direction": way, "at": f"2026-03-0{day}T09:00:00+00:00", "who": who_,
         "matters": [{"kind": "CASE", "reference": "whole", "state": state, "owner": "anna", "open": day < 4}]}
        for day, (way, state) in enumerate(
            (("INBOUND", "new"), ("OUTBOUND", "asked"), ("INBOUND", "new"), ("OUTBOUND", "done")), start=1)
    ]  # fmt: skip
    return [*paid, *asked, *posts, *case]


def late(pick: random.Random, people: int) -> list[dict[str, Any]]:
    """What makes two customers one after both had ids, and rows sent again that say something else."""
    joins = [
        {"kind": "form", "at": TIE, "who": {"email": "twin0@x.org", "phone": "+8801911000000"}},
        {"kind": "form", "at": TIE, "who": {"email": "twin1@x.org", "phone": "+8801911000000"}},
    ]
    again = [{**row(pick, pick.randrange(people)), "key": f"r{number}"} for number in (40, 50, 60)]
    gone = [{"title": "no kind any more", "key": f"r{number}"} for number in (41, 51, 61)]
    return [*joins, *again, *gone]


def corrections(service: Served) -> None:
    """What people decided and said: merges, splits, tags, owners, stages, notes, segments, withdrawals."""
    held = service.ask(
        "{ customers(first: 60) { nodes { id email timeline(first: 3) { nodes { id record { id } } } } }"
        " all: customers(filter: {kinds: [ORGANISATION]}) { nodes { id } } }"
    )
    nodes = held["customers"]["nodes"]
    by_email = {each["email"]: each for each in nodes}
    twins = [by_email[f"twin{number}@x.org"]["id"] for number in (2, 3, 4)]
    busy = by_email["busy@x.org"]
    for document, given in (
        ("mergeCustomers(input: $input) { userErrors { message } }", {"customers": twins[:2], "reason": "\"same\""}),
        ("mergeCustomers(input: $input) { userErrors { message } }", {"customers": twins[1:], "reason": "\u2028"}),
        ("splitCustomer(input: $input) { userErrors { message } }",
         {"customer": busy["id"], "touchpoints": [busy["timeline"]["nodes"][0]["id"]], "reason": "another"}),
        ("describeCustomers(input: $input) { userErrors { message } }",
         {"customers": [each["id"] for each in nodes[:3]], "addTags": ["vip", "\u2028", "\\\""], "name": SAID[5]}),
        ("describeCustomers(input: $input) { userErrors { message } }",
         {"customers": [nodes[4]["id"]], "relationship": "SUPPLIER", "traits": {"odd \u2028": [1.0, None, "\\"]}}),
        ("decideStage(input: $input) { userErrors { message } }",
         {"customers": [nodes[5]["id"]], "stage": "ADVOCATE", "reason": SAID[11]}),
        ("logTouchpoint(input: $input) { userErrors { message } }",
         {"key": "k1", "kind": "call", "direction": "INBOUND", "title": SAID[12], "text": SAID[13],
          "identifiers": [{"kind": "social", "namespace": "mastodon", "value": "https://m.org/users/anna"}]}),
        ("changeMatter(input: $input) { userErrors { message } }",
         {"key": "k2", "customer": busy["id"], "kind": "DEAL", "title": SAID[10], "dueAt": "2026-03-05T09:00:00Z"}),
        ("saveSegment(input: $input) { userErrors { message } }",
         {"name": "Segment \u2028 \"a\"", "filter": {"stages": ["LEAD", "CUSTOMER"]}}),
        ("withdrawRecord(input: $input) { userErrors { message } }",
         {"record": busy["timeline"]["nodes"][1]["record"]["id"], "reason": "wrong"}),
        ("scorePortfolio(input: $input) { userErrors { message } }", {}),
    ):  # fmt: skip
        name = document.partition("(")[0]
        kind = name[0].upper() + name[1:] + "Input"
        answer = service.ask(f"mutation ($input: {kind}!) {{ done: {document} }}", input=given)["done"]
        assert answer["userErrors"] == [], (name, answer)
    service.client.portal.call(service.hub.scoring.scored)  # type: ignore[union-attr]
    service.tell({"kind": "form", "who": {"email": "last@x.org"}, "title": "after all"})

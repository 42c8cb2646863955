"""Deals, cases and follow-ups that people open, change and close in the hub."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Served

CHANGE = """mutation ($input: ChangeMatterInput!) { changeMatter(input: $input) {
  matter { id kind title pipeline state outcome open amount { amount currency } owner { name } openedAt dueAt closedAt
    customer { id } organisation { id } timeline { nodes { kind title text direction participants { name } } }
    source { connector } }
  receipt { sequence processed } userErrors { code message path } } }"""


def change(service: Served, **given: Any) -> dict[str, Any]:
    done: dict[str, Any] = service.ask(CHANGE, input=given)["changeMatter"]
    if done["receipt"]:
        service.sequence = done["receipt"]["sequence"]
    return done


def changed(service: Served, **given: Any) -> dict[str, Any]:
    done = change(service, **given)
    assert done["userErrors"] == []
    assert done["receipt"]["processed"]
    matter: dict[str, Any] = done["matter"]
    return matter


def customers(service: Served) -> dict[str, str]:
    nodes = service.ask("{ customers { nodes { id displayName } } }")["customers"]["nodes"]
    return {each["displayName"]: each["id"] for each in nodes}


def ann(service: Served) -> str:
    service.tell({"kind": "form", "channel": "WEB", "who": {"email": "ann@example.com"}})
    return customers(service)["ann@example.com"]


def test_a_deal_is_opened_moved_on_and_won(service: Served) -> None:
    customer = ann(service)
    deal = changed(
        service, key="d1", customer=customer, kind="DEAL", title="রান্নাঘর", pipeline="Retail", state="talking",
        amount={"amount": "900", "currency": "BDT"}, dueAt="2026-04-01T09:00:00+06:00", text="Wants it by April",
    )  # fmt: skip
    assert (deal["kind"], deal["title"], deal["pipeline"], deal["state"]) == ("DEAL", "রান্নাঘর", "Retail", "talking")
    assert (deal["open"], deal["outcome"], deal["closedAt"]) == (True, None, None)
    assert deal["amount"] == {"amount": "900.00", "currency": "BDT"}
    assert (deal["dueAt"], deal["customer"]["id"]) == ("2026-04-01T03:00:00.000000Z", customer)
    assert deal["source"]["connector"] == "hub.desk"
    assert deal["timeline"]["nodes"] == [
        {"kind": "deal", "title": "রান্নাঘর", "text": "Wants it by April", "direction": "INTERNAL",
         "participants": [{"name": "test"}]}
    ]  # fmt: skip
    offer = changed(service, key="d2", matter=deal["id"], state="offer", amount={"amount": "850", "currency": "BDT"})
    assert (offer["id"], offer["state"], offer["amount"]["amount"]) == (deal["id"], "offer", "850.00")
    won = changed(service, key="d3", matter=deal["id"], state="signed", outcome="WON")
    assert (won["state"], won["outcome"], won["open"]) == ("signed", "WON", False)
    assert won["closedAt"] >= won["openedAt"]
    assert [each["kind"] for each in won["timeline"]["nodes"]] == ["note", "note", "deal"]
    assert won["customer"]["id"] == customer
    again = changed(service, key="d4", matter=deal["id"], open=True)
    assert (again["open"], again["outcome"], again["closedAt"]) == (True, None, None)


def test_the_same_key_opens_one_matter(service: Served) -> None:
    customer = ann(service)
    given = {"key": "f1", "customer": customer, "kind": "FOLLOW_UP", "title": "Ring back"}
    first = change(service, **given)
    again = change(service, **given)
    assert first["matter"]["id"] == again["matter"]["id"]
    assert again["matter"]["openedAt"] == first["matter"]["openedAt"]
    corrected = changed(service, **{**given, "title": "Ring Ann back"})
    assert (corrected["id"], corrected["title"]) == (first["matter"]["id"], "Ring Ann back")
    assert service.ask("{ matters { totalCount } touchpoints { totalCount } }") == {
        "matters": {"totalCount": 1},
        "touchpoints": {"totalCount": 2},
    }


def test_a_matter_of_a_source_is_changed_by_people(service: Served) -> None:
    service.tell(
        {"kind": "case", "channel": "OTHER", "who": {"email": "ann@example.com"}, "at": "2026-03-01T09:00:00+00:00",
         "matters": [{"kind": "CASE", "reference": "c1", "title": "Broken lid", "state": "new", "open": True}]},
        {"kind": "form", "channel": "WEB", "who": {"email": "bob@example.com"}},
    )  # fmt: skip
    (case,) = service.ask("{ matters { nodes { id } } }")["matters"]["nodes"]
    done = changed(service, key="k", matter=case["id"], state="sent a new one", outcome="RESOLVED")
    assert (done["title"], done["state"], done["outcome"]) == ("Broken lid", "sent a new one", "RESOLVED")
    assert done["customer"]["id"] == customers(service)["ann@example.com"]
    bob = customers(service)["bob@example.com"]
    assert change(service, key="k2", matter=case["id"], customer=bob, state="x")["userErrors"] == [
        {"code": "BAD_USER_INPUT", "message": "The matter is somebody else's.", "path": ["customer"]}
    ]


def test_what_people_opened_follows_a_merge_and_a_split(service: Served) -> None:
    service.tell(
        {"kind": "form", "channel": "WEB", "who": {"email": "ann@example.com"}},
        {"kind": "form", "channel": "WEB", "who": {"email": "bob@example.com"}},
    )
    known = customers(service)
    ann_, bob = known["ann@example.com"], known["bob@example.com"]
    deal = changed(service, key="d", customer=bob, kind="DEAL", title="Pots")
    changed(service, key="e", matter=deal["id"], state="offer")
    merged = service.ask(
        "mutation ($ids: [ID!]!) { mergeCustomers(input: {customers: $ids, reason: "
        '"same desk"}) { operation receipt { sequence } userErrors { message } } }',
        ids=[ann_, bob],
    )["mergeCustomers"]
    service.sequence = merged["receipt"]["sequence"]
    whose = "query ($id: ID!) { node(id: $id) { ... on Matter { state customer { id } } } }"
    assert service.ask(whose, id=deal["id"])["node"] == {"state": "offer", "customer": {"id": ann_}}
    undone = service.ask(
        "mutation ($id: ID!) { undoLinkDecision(input: {operation: $id, reason: "
        '"no"}) { receipt { sequence } userErrors { message } } }',
        id=merged["operation"],
    )["undoLinkDecision"]
    service.sequence = undone["receipt"]["sequence"]
    assert service.ask(whose, id=deal["id"])["node"] == {"state": "offer", "customer": {"id": bob}}


def test_what_is_wrong_with_a_change_is_said(lite: Served) -> None:
    customer = ann(lite)
    deal = changed(lite, key="d", customer=customer, kind="DEAL", title="Pots")["id"]
    for given, path, message in (
        ({"title": "x"}, ["matter"], "Say which matter, or which kind to open."),
        ({"kind": "DEAL"}, ["title"], "Say what the new matter is about: give a title."),
        ({"kind": "DEAL", "title": "x"}, ["customer"], "Say whom it is about: give a customer or a touchpoint."),
        ({"kind": "DEAL", "title": "x", "customer": "cus_x"}, ["customer"], "There is no such customer."),
        ({"kind": "DEAL", "title": "x", "touchpoint": "tp_x"}, ["touchpoint"], "There is no such touchpoint."),
        ({"matter": "mat_x", "state": "x"}, ["matter"], "There is no such matter."),
        ({"matter": deal}, ["matter"], "Say what changes."),
        ({"matter": deal, "kind": "CASE"}, ["kind"], "The matter is a DEAL: a kind is given to open one."),
        ({"matter": deal, "owner": "nobody"}, ["owner"], "There is no user 'nobody'."),
        ({"matter": deal, "open": True, "outcome": "WON"}, ["outcome"],
         "A matter that has an outcome is not open: give one of them."),
    ):  # fmt: skip
        done = change(lite, key="k", **given)
        assert (done["matter"], done["receipt"]) == (None, None)
        assert [(each["path"], each["message"]) for each in done["userErrors"]] == [(path, message)]
    assert change(lite, key="", matter=deal, state="x")["userErrors"][0]["path"] == ["key"]
    dry = change(lite, key="k", matter=deal, state="offer", dryRun=True)
    assert (dry["receipt"], dry["userErrors"]) == (None, [])
    assert lite.ask("{ touchpoints { totalCount } }")["touchpoints"]["totalCount"] == 2


# Lists ------------------------------------------------------------------------------------------------------------


def deals(service: Served) -> None:
    """Four matters of one customer: an early deal, a won one, a case that is late, a bill in another currency."""
    who = {"email": "ann@example.com"}

    def told(kind: str, at: str, reference: str, **claim: Any) -> dict[str, Any]:
        return {"kind": "note", "channel": "OTHER", "who": who, "at": at,
                "matters": [{"kind": kind, "reference": reference, "title": reference, **claim}]}  # fmt: skip

    taka = ("900", "BDT")
    service.tell(
        told("DEAL", "2025-01-01", "d1", pipeline="Retail", state="talking", open=True, owner="rina", amount=taka),
        told("DEAL", "2025-02-01", "d2", pipeline="Retail", state="talking", open=True, owner="Moses", amount=taka),
        told("DEAL", "2025-02-11", "d2", state="signed", outcome="WON", amount=("950", "BDT")),
        told("CASE", "2025-03-01", "c1", open=True, due="2025-03-05T12:00:00+00:00"),
        told("CONTRACT", "2025-04-01", "k1", open=True, due="2125-03-05T12:00:00+00:00", amount=("5", "USD")),
    )


def found(service: Served, arguments: str, **variables: Any) -> list[str]:
    document = f"query {{ matters({arguments}) {{ nodes {{ title }} totalCount }} }}"
    page = service.ask(document, **variables)["matters"]
    assert page["totalCount"] is not None
    return [each["title"] for each in page["nodes"]]


def test_each_filter_of_matters(service: Served) -> None:
    deals(service)
    for wanted, titles in (
        ("kinds: [DEAL, CASE]", ["c1", "d2", "d1"]),
        ("kinds: [CONTRACT]", ["k1"]),
        ("open: true", ["k1", "c1", "d1"]),
        ("open: false", ["d2"]),
        ("overdue: true", ["c1"]),
        ("overdue: false", ["k1", "d2", "d1"]),
        ('owner: "rina"', ["d1"]),
        ('owner: "Moses", open: false', ["d2"]),
        ('pipeline: "Retail"', ["d2", "d1"]),
        ('states: ["talking", "open"]', ["k1", "c1", "d1"]),
        ('due: {until: "2126-01-01T00:00:00Z"}', ["k1", "c1"]),
        ('due: {from: "2025-03-06T00:00:00Z"}', ["k1"]),
        ('opened: {from: "2025-02-01T00:00:00Z", until: "2025-03-02T00:00:00Z"}', ["c1", "d2"]),
        ('closed: {until: "2126-01-01T00:00:00Z"}', ["d2"]),
        ('closed: {last: "P100Y"}', ["d2"]),
        ('closed: {from: "2025-02-12T00:00:00Z"}', []),
    ):
        assert found(service, f"filter: {{{wanted}}}") == titles, wanted
        of_customer = service.ask(
            f"{{ customers(filter: {{matters: {{{wanted}}}}}) {{ totalCount nodes {{ matters(filter: {{{wanted}}}) "
            "{ nodes { title } } } } }"
        )["customers"]
        assert [each["title"] for held in of_customer["nodes"] for each in held["matters"]["nodes"]] == titles


def test_each_order_of_matters_goes_both_ways(service: Served) -> None:
    deals(service)
    for field, titles in (
        ("OPENED", ["d1", "d2", "c1", "k1"]),
        ("DUE", ["c1", "k1", "?", "?"]),
        ("AMOUNT", ["?", "?", "d1", "d2"]),
        ("CLOSED", ["?", "?", "?", "d2"]),
    ):
        up = found(service, f"orderBy: {{field: {field}, direction: ASC}}")
        assert [title if known != "?" else "?" for title, known in zip(up, titles, strict=True)] == titles
        assert sorted(up) == ["c1", "d1", "d2", "k1"]
        assert found(service, f"orderBy: {{field: {field}}}") == up[::-1]
        for way, expected in (("ASC", up), ("DESC", up[::-1])):
            assert walked(service, field, way, "first", "after", "endCursor", "hasNextPage") == expected
            assert walked(service, field, way, "last", "before", "startCursor", "hasPreviousPage") == expected[::-1]


def walked(service: Served, field: str, way: str, size: str, place: str, end: str, more: str) -> list[str]:
    """All titles, one page of one at a time."""
    titles: list[str] = []
    cursor = None
    while True:
        page = service.ask(
            f"query ($at: String) {{ matters({size}: 1, {place}: $at, orderBy: {{field: {field}, direction: {way}}}) "
            f"{{ nodes {{ title }} pageInfo {{ {end} {more} }} }} }}",
            at=cursor,
        )["matters"]
        titles += [each["title"] for each in page["nodes"]]
        cursor = page["pageInfo"][end]
        if not page["pageInfo"][more]:
            return titles


def test_a_cursor_of_one_order_is_none_of_another(lite: Served) -> None:
    deals(lite)
    page = lite.ask("{ matters(first: 1, orderBy: {field: DUE}) { pageInfo { endCursor } } }")["matters"]
    code, message = lite.refusal(
        "query ($at: String) { matters(after: $at) { totalCount } }", at=page["pageInfo"]["endCursor"]
    )
    assert (code, message) == ("BAD_USER_INPUT", "after is not a cursor of this list.")


def test_a_matter_tells_its_history(service: Served) -> None:
    deals(service)
    nodes = service.ask(
        """{ matters(filter: {kinds: [DEAL]}) { nodes { title ownerName owner { name } stateSince daysOpen closedAfter
             answeredAfter balance { value unit } states { state stays days }
             history { at from to open outcome days touchpoint { occurredOn } } } } }"""
    )["matters"]["nodes"]
    won, early = nodes
    assert won["history"] == [
        {"at": "2025-02-01T12:00:00.000000Z", "from": None, "to": "talking", "open": True, "outcome": None,
         "days": 10.0, "touchpoint": {"occurredOn": "2025-02-01"}},
        {"at": "2025-02-11T12:00:00.000000Z", "from": "talking", "to": "signed", "open": False, "outcome": "WON",
         "days": None, "touchpoint": {"occurredOn": "2025-02-11"}},
    ]  # fmt: skip
    assert won["states"] == [{"state": "talking", "stays": 1, "days": 10.0}, {"state": "signed", "stays": 1, "days": 0}]
    assert (won["ownerName"], won["owner"], won["closedAfter"], won["daysOpen"]) == ("Moses", None, 10.0, 10.0)
    assert won["stateSince"] == "2025-02-11T12:00:00.000000Z"
    assert (early["closedAfter"], early["answeredAfter"], early["balance"]) == (None, None, None)
    assert early["daysOpen"] > 365
    assert early["states"][0]["days"] == pytest.approx(early["daysOpen"], abs=0.01)


def test_an_owner_whom_the_hub_hears_of_later_is_found(service: Served) -> None:
    deals(service)
    service.tell({"user": "rina", "name": "Rina Akter", "email": "rina@shop.example", "kind": "note"})
    (deal,) = service.ask('{ matters(filter: {owner: "rina"}) { nodes { owner { id name } ownerName } } }')["matters"][
        "nodes"
    ]
    assert (deal["owner"]["name"], deal["ownerName"]) == ("Rina Akter", "rina")
    assert found(service, f'filter: {{owner: "{deal["owner"]["id"]}"}}') == ["d1"]
    mine = changed(service, key="k", customer=customers(service)["ann@example.com"], kind="FOLLOW_UP", title="Ring",
                   owner="RINA@shop.example")  # fmt: skip
    assert mine["owner"]["name"] == "Rina Akter"


def test_a_loyalty_account_has_a_balance(service: Served) -> None:
    card = {"kind": "loyalty", "channel": "IN_PERSON", "who": {"email": "ann@example.com"},
            "matters": [{"kind": "LOYALTY", "reference": "card 1", "open": True}]}  # fmt: skip
    service.tell({**card, "quantity": ("120.5", "points")}, {**card, "quantity": ("-20", "points")})
    (node,) = service.ask("{ matters { nodes { balance { value unit } } } }")["matters"]["nodes"]
    assert node["balance"] == {"value": "100.5", "unit": "points"}


def test_the_day_of_a_colleague(service: Served) -> None:
    """What is due within a day and what is late, of one user; and which of their deals were closed lately."""
    service.tell({"user": "rina", "name": "Rina Akter", "email": "rina@shop.example", "kind": "note",
                  "who": {"email": "ann@example.com"}})  # fmt: skip
    customer = customers(service)["ann@example.com"]

    def promise(key: str, days: float, owner: str = "rina", **more: Any) -> None:
        due = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        changed(service, **{"key": key, "title": key, "customer": customer, "kind": "FOLLOW_UP", "owner": owner,
                            "dueAt": due, **more})  # fmt: skip

    promise("soon", 0.5)
    promise("late", -2)
    promise("later", 3)
    promise("done", 0.5, open=False)
    promise("sold", 9, kind="DEAL", outcome="WON")
    nodes = service.ask("{ matters { nodes { owner { id } } } }")["matters"]["nodes"]
    (me,) = {each["owner"]["id"] for each in nodes}
    found = service.ask(
        """query Today($me: ID!) {
             due: matters(filter: {kinds: [FOLLOW_UP, CASE], open: true, owner: $me, due: {next: "P1D"}}) { ...of }
             late: matters(filter: {kinds: [FOLLOW_UP, CASE], overdue: true, owner: $me}) { ...of }
             sold: matters(filter: {kinds: [DEAL], owner: $me, closed: {last: "P3M"}}) { ...of } }
           fragment of on MatterConnection { nodes { title overdue } }""",
        me=me,
    )
    assert {name: [(each["title"], each["overdue"]) for each in held["nodes"]] for name, held in found.items()} == {
        "due": [("soon", False)],
        "late": [("late", True)],
        "sold": [("sold", False)],
    }


FEED = """query ($after: String) { changes(after: $after, kinds: [MATTER_CHANGED]) {
  nodes { kind from to historical matter { id } touchpoint { kind } } pageInfo { endCursor } } }"""


def feed(service: Served, after: str | None = None) -> tuple[list[tuple[Any, ...]], str | None]:
    """(from, to, kind of touchpoint, matter) of what became of matters since a cursor, and the cursor to go on from."""
    found = service.ask(FEED, after=after)["changes"]
    lines = [
        (each["from"], each["to"], (each["touchpoint"] or {}).get("kind"), (each["matter"] or {}).get("id"))
        for each in found["nodes"]
    ]
    return lines, found["pageInfo"]["endCursor"] or after


def test_the_feed_tells_what_state_each_matter_comes_into(service: Served) -> None:
    assert feed(service)[0] == []
    deal = changed(service, key="d1", customer=ann(service), kind="DEAL", title="Kitchen", state="talking")["id"]
    opened, place = feed(service)
    assert opened == [(None, "talking", "deal", deal)]
    steps: list[tuple[dict[str, Any], list[tuple[str, str, str, str]]]] = [
        ({"key": "d2", "title": "Another kitchen"}, []),
        ({"key": "d3", "state": "offer"}, [("talking", "offer", "note", deal)]),
        ({"key": "d4", "outcome": "WON"}, [("offer", "offer", "note", deal)]),
        ({"key": "d5", "open": True, "state": "talking"}, [("offer", "talking", "note", deal)]),
        ({"key": "d3", "text": "Never mind."}, []),  # in the past of what it is now
        ({"key": "d5", "text": "Sorry, it is won."}, [("talking", "talking", "note", deal)]),
    ]
    for given, expected in steps:
        changed(service, matter=deal, **given)
        found, place = feed(service, place)
        assert found == expected, given
    everything = service.ask(FEED)["changes"]["nodes"]
    assert [each["historical"] for each in everything] == [False] * 5


def test_the_feed_tells_of_matters_that_nothing_speaks_of_any_more(service: Served) -> None:
    told = {"key": "r1", "kind": "note", "channel": "OTHER", "at": "2026-01-01", "who": {"email": "ann@example.com"}}
    deal = {"kind": "DEAL", "reference": "D1", "state": "talk", "open": True}
    service.tell({**told, "matters": [deal]}, {**told, "key": "r2", "at": "2026-01-02", "matters": [deal]})
    (line,), place = feed(service)
    assert line[:3] == (None, "talk", "note")
    service.tell({**told, "at": "2026-01-03", "matters": [deal]})
    assert feed(service, place)[0] == []
    service.tell(told, {**told, "key": "r2"})
    assert feed(service, place)[0] == [("talk", None, None, None)]


WHOLE = """{ id kind title pipeline state outcome open amount { amount currency } owner { name } dueAt
  customer { id } organisation { id } source { connector } history { from to open outcome } states { state stays } }"""
DRY = """mutation ($input: ChangeMatterInput!) { changeMatter(input: $input) {
  matter %s receipt { sequence } userErrors { message path } } }"""


def test_a_dry_run_shows_the_matter_as_it_would_be(service: Served) -> None:
    service.tell({"user": "rina", "name": "Rina Akter", "email": "rina@shop.example", "kind": "note"})
    customer = ann(service)
    service.tell(
        {"kind": "note", "channel": "OTHER", "at": "2026-01-01T09:00:00+00:00", "who": {"email": "ann@example.com"},
         "matters": [{"kind": "DEAL", "reference": "D1", "title": "Kitchen", "state": "talk", "open": True,
                      "amount": ("900", "BDT")}]},
    )  # fmt: skip
    (deal,) = service.ask("{ matters { nodes { id } } }")["matters"]["nodes"]
    (touchpoint,) = service.ask('{ touchpoints(filter: {kinds: ["form"]}) { nodes { id } } }')["touchpoints"]["nodes"]
    due = "2026-12-01T09:00:00Z"
    for given in (
        {"key": "a", "matter": deal["id"], "state": "signed", "outcome": "WON", "owner": "rina"},
        {"key": "a", "matter": deal["id"], "state": "refused", "outcome": "LOST"},
        {"key": "b", "customer": customer, "kind": "FOLLOW_UP", "title": "Ring", "dueAt": due},
        {"key": "c", "touchpoint": touchpoint["id"], "kind": "CASE", "title": "Late"},
    ):
        before = service.ask("{ touchpoints { totalCount } matters { nodes { id state } } changes { nodes { id } } }")
        dry = service.ask(DRY % WHOLE, input={**given, "dryRun": True})["changeMatter"]
        assert (dry["receipt"], dry["userErrors"]) == (None, [])
        assert before == service.ask(
            "{ touchpoints { totalCount } matters { nodes { id state } } changes { nodes { id } } }"
        )
        done = changed(service, **given)
        is_ = service.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on Matter {WHOLE} }} }}", id=done["id"])["node"]
        assert dry["matter"] == is_
        again = service.ask(DRY % WHOLE, input={**given, "dryRun": True})["changeMatter"]
        assert again["matter"] == is_

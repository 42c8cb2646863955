"""Deals, cases and follow-ups that people open, change and close in the hub."""

from typing import Any

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

"""Segments: filters that are kept under a name, and may be built on each other."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Served

SAVE = """mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) {
  segment { id name description filter savedBy memberCount memberCountAtLeast members { totalCount
    nodes { email } edges { cursor } } }
  receipt { processed } userErrors { code message path hint } } }"""
DELETE = """mutation ($input: DeleteSegmentInput!) { deleteSegment(input: $input) {
  segment receipt { processed } userErrors { code message path } } }"""


def shops(service: Served) -> None:
    service.tell(
        {"kind": "form", "channel": "WEB", "who": {"email": "lead@example.com"}, "at": "2026-03-02T09:00:00+00:00"},
        {"kind": "invoice", "amount": "100.00", "who": {"email": "small@example.com"}},
        {"kind": "invoice", "amount": "900.00", "who": {"email": "large@example.com"}},
    )


def save(service: Served, name: str, filter: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: A002
    answer: dict[str, Any] = service.ask(SAVE, input={"name": name, "filter": filter, **more})["saveSegment"]
    return answer


def emails(service: Served, filter: dict[str, Any]) -> list[str]:  # noqa: A002
    document = "query ($filter: CustomerFilter) { customers(filter: $filter) { nodes { email } } }"
    return sorted(each["email"] for each in service.ask(document, filter=filter)["customers"]["nodes"])


def test_a_segment_holds_whom_its_filter_finds(service: Served) -> None:
    shops(service)
    wanted = {
        "revenue": {"min": "50.50", "currency": "BDT"}, "stages": ["CUSTOMER"], "lastTouch": {"last": "P400D"},
        "did": [{"what": {"kinds": ["invoice"], "occurred": {"from": "2026-01-01T00:00:00+06:00"}}, "atLeast": 1}],
        "or": [{"kinds": ["PERSON"]}, {"not": {"tags": ["old"]}}],
    }  # fmt: skip
    done = save(service, " Buyers ", wanted, description="Who bought")
    assert (done["userErrors"], done["receipt"]) == ([], {"processed": True})
    found = done["segment"]
    assert (found["name"], found["description"], found["savedBy"]) == ("Buyers", "Who bought", "test")
    assert found["filter"] == {
        **wanted, "lastTouch": {"last": "P400D"},
        "did": [{"what": {"kinds": ["invoice"], "occurred": {"from": "2025-12-31T18:00:00.000000Z"}}, "atLeast": 1}],
    }  # fmt: skip
    assert (found["memberCount"], found["memberCountAtLeast"], found["members"]["totalCount"]) == (2, 2, 2)
    listed = service.ask("{ segments { id name filter } }")["segments"]
    assert [(each["id"], each["filter"]) for each in listed] == [(found["id"], found["filter"])]
    again = service.ask("query ($id: ID!) { node(id: $id) { ... on Segment { name } } }", id=found["id"])
    assert again == {"node": {"name": "Buyers"}}
    # What is read is what may be sent again, and is kept once.
    same = save(service, "Buyers", found["filter"], description="Who bought")
    assert (same["segment"]["id"], same["receipt"]) == (found["id"], None)


def test_a_list_is_narrowed_by_a_segment_and_by_one_built_on_it(service: Served) -> None:
    shops(service)
    buyers = save(service, "Buyers", {"stages": ["CUSTOMER"]})["segment"]["id"]
    large = save(service, "Large", {"segment": buyers, "revenue": {"min": "500"}})["segment"]
    assert [each["email"] for each in large["members"]["nodes"]] == ["large@example.com"]
    assert emails(service, {"segment": large["id"]}) == ["large@example.com"]
    assert emails(service, {"not": {"segment": large["id"]}}) == ["lead@example.com", "small@example.com"]
    assert emails(service, {"or": [{"segment": large["id"]}, {"stages": ["LEAD"]}]}) == [
        "large@example.com",
        "lead@example.com",
    ]
    changed = save(service, "Buyers", {"stages": ["LEAD"]}, id=buyers)["segment"]
    assert (changed["id"], changed["memberCount"]) == (buyers, 1)
    assert emails(service, {"segment": large["id"]}) == []


def test_a_segment_of_suppliers_is_listed_without_asking_for_suppliers_again(service: Served) -> None:
    shops(service)
    ids = service.ask("{ customers { nodes { id email } } }")["customers"]["nodes"]
    supplier = next(each["id"] for each in ids if each["email"] == "lead@example.com")
    service.ask(
        "mutation ($input: DescribeCustomersInput!) { describeCustomers(input: $input) { receipt { processed } } }",
        input={"customers": [supplier], "relationship": "SUPPLIER"},
    )
    segment = save(service, "Suppliers", {"relationships": ["SUPPLIER"]})["segment"]
    assert segment["memberCount"] == 1
    assert emails(service, {"segment": segment["id"]}) == ["lead@example.com"]
    assert emails(service, {}) == ["large@example.com", "small@example.com"]


def test_segments_never_contain_themselves(service: Served) -> None:
    a = save(service, "A", {"stages": ["LEAD"]})["segment"]["id"]
    b = save(service, "B", {"not": {"segment": a}})["segment"]["id"]
    c = save(service, "C", {"or": [{"and": [{"segment": b}]}]})["segment"]["id"]
    for inner in (a, b, c):
        (error,) = save(service, "A", {"segment": inner}, id=a)["userErrors"]
        assert (error["message"], error["path"]) == ("The segment would contain itself.", ["filter", "segment"])
    (error,) = save(service, "D", {"segment": "seg_nothing"})["userErrors"]
    assert (error["code"], error["message"]) == ("NOT_FOUND", "There is no segment 'seg_nothing'.")
    assert service.refusal('{ customers(filter: {segment: "seg_x"}) { nodes { id } } }')[0] == "NOT_FOUND"


def test_a_segment_is_made_of_so_many_at_most(lite: Served) -> None:
    last = save(lite, "0", {})["segment"]["id"]
    for name in "12345":
        done = save(lite, name, {"and": [{"segment": last}, {"segment": last}]})
        last = done["segment"]["id"] if done["segment"] else last
    assert done["userErrors"][0]["message"] == "A segment may be made of 50 segments at most."


def test_names_are_taken_once(lite: Served) -> None:
    save(lite, "Regulars", {"stages": ["LOYAL"]})
    (error,) = save(lite, "regulars", {"stages": ["LEAD"]})["userErrors"]
    assert (error["message"], error["hint"]) == (
        "There is a segment named 'Regulars' already.",
        "Give its id to change it.",
    )
    assert save(lite, "  ", {})["userErrors"][0]["path"] == ["name"]
    assert save(lite, "X", {"lastTouch": {"last": "P1D", "next": "P1D"}})["userErrors"][0]["path"] == ["filter"]
    assert save(lite, "X", {}, id="seg_y")["userErrors"][0]["code"] == "NOT_FOUND"


def test_a_deleted_segment_is_gone_unless_others_are_built_on_it(service: Served) -> None:
    a = save(service, "A", {"stages": ["LEAD"]})["segment"]["id"]
    b = save(service, "B", {"segment": a})["segment"]["id"]

    def delete(segment: str) -> dict[str, Any]:
        answer: dict[str, Any] = service.ask(DELETE, input={"segment": segment, "reason": "spring is over"})
        return dict(answer["deleteSegment"])

    assert delete(a)["userErrors"][0]["message"] == "The segment 'B' is built on this one; change that first."
    assert delete(b)["receipt"] == {"processed": True}
    assert delete(a)["segment"] == a
    assert service.ask("{ segments { id } }")["segments"] == []
    assert delete(a)["userErrors"][0]["code"] == "NOT_FOUND"
    assert service.ask("query ($id: ID!) { node(id: $id) { id } }", id=a)["node"] is None
    assert save(service, "A", {"stages": ["LEAD"]})["segment"]["id"] != a


def test_a_filter_by_contact_data_needs_the_scope_for_it(service: Served) -> None:
    shops(service)
    save(service, "Small ones", {"search": "small"})
    reader = service.new_token("read")
    assert service.ask("{ segments { name filter } }", reader)["segments"] == [{"name": "Small ones", "filter": None}]
    answer = service.answer("{ segments { name memberCount members { nodes { id } } } }", reader)
    assert answer["data"]["segments"] == [{"name": "Small ones", "memberCount": None, "members": None}]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    writer = service.new_token("write")
    refused = service.answer(SAVE, writer, input={"name": "Again", "filter": {"search": "small"}})["errors"][0]
    assert refused["extensions"]["code"] == "FORBIDDEN"

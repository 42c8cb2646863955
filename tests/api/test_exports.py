"""Whole lists over HTTP: exact rows, masks, filters, and going on after a cut at any byte."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from hub.api import export_formats, exports
from hub.api.auth import Principal
from hub.api.export_formats import FORMATS
from tests.api.conftest import Served, served

ADA, BOB = "ada@example.org", "bob@example.org"


def tell_people(service: Served) -> None:
    """Two people: one bought for 1200.50, one asked something."""
    service.tell(
        {
            "kind": "invoice", "who": {"email": ADA}, "amount": "1200.50", "title": "Invoice 7",
            "text": 'She said "so",\r\n=1+1',
            "traits": {"name": "Ada Lovelace", "city": "London"}, "properties": {"note": "=SUM(A1)"},
        },
        {"kind": "form", "channel": "WEB", "who": {"email": BOB}, "at": "2026-03-02T09:00:00+00:00", "title": "নমস্কার"},
    )  # fmt: skip


def export(service: Served, path: str, token: str = "", **params: Any) -> Any:
    """The answer to a request for an export."""
    headers = {"Authorization": f"Bearer {token or service.token}", "Accept-Encoding": "identity"}
    return service.client.get(f"/export/{path}", params=params, headers=headers)


def rows(text: str) -> list[dict[str, str]]:
    """The rows of CSV."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(text: str) -> list[dict[str, Any]]:
    """The objects of NDJSON."""
    return [json.loads(line) for line in text.splitlines()]


def test_touchpoints_as_ndjson_have_exact_values(service: Served) -> None:
    tell_people(service)
    answer = export(service, "touchpoints.ndjson")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert answer.headers["content-disposition"] == 'attachment; filename="touchpoints.ndjson"'
    assert answer.headers["cache-control"] == "no-store"
    first, second = lines(answer.text)
    ids = service.ask("{ touchpoints(orderBy: OLDEST_FIRST) { nodes { id customer { id } recordedAt } } }")
    nodes = ids["touchpoints"]["nodes"]
    assert first == {
        "id": nodes[0]["id"], "kind": "invoice", "channel": "ACCOUNTING", "direction": "INBOUND",
        "automated": False, "historical": False, "occurred_at": "2026-03-01T09:00:00.000000Z",
        "occurred_on": "2026-03-01", "time_precision": "INSTANT", "recorded_at": nodes[0]["recordedAt"],
        "customer": nodes[0]["customer"]["id"], "organisation": None, "source": service.source, "campaign": None,
        "source_name": "Books", "campaign_name": None,
        "title": "Invoice 7",
            "text": 'She said "so",\r\n=1+1', "amount": "1200.50", "currency": "BDT",
        "cost": None, "cost_currency": None, "quantity": None, "quantity_unit": None, "origin_source": None,
        "origin_medium": None, "origin_campaign": None, "origin_term": None, "origin_content": None,
        "origin_click_id": None, "origin_referrer": None, "origin_landing_page": None, "document": None,
        "settles": None, "due_on": None, "properties": {"note": "=SUM(A1)"}, "cursor": first["cursor"],
    }  # fmt: skip
    assert (second["id"], second["title"], second["amount"]) == (nodes[1]["id"], "নমস্কার", None)


def test_csv_is_harmless_to_spreadsheets_unless_asked(service: Served) -> None:
    tell_people(service)
    answer = export(service, "touchpoints.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    told = rows(answer.text)
    assert [row["title"] for row in told] == ["Invoice 7", "নমস্কার"]
    assert told[0]["text"] == 'She said "so",\r\n=1+1'
    assert (told[0]["amount"], told[0]["automated"], told[1]["amount"]) == ("1200.50", "false", "")
    service.tell({"kind": "form", "who": {"email": ADA}, "title": "=cmd|' /C calc'!A0", "text": "+8801700000000"})
    head = answer.text[: answer.text.index("\r\n") + 2]
    (last,) = rows(head + export(service, "touchpoints.csv", after=told[1]["cursor"]).text)
    assert (last["title"], last["text"]) == ("'=cmd|' /C calc'!A0", "+8801700000000")
    left = export(service, "touchpoints.csv", formulas="1", bom="1").content
    assert left.startswith("\ufeffid,kind,".encode())
    assert rows(left.decode("utf-8-sig"))[2]["title"] == "=cmd|' /C calc'!A0"


def test_without_pii_contact_data_is_masked_as_in_the_graph(service: Served) -> None:
    tell_people(service)
    token = service.new_token("analyse", "read")
    (ada,) = [row for row in lines(export(service, "customers.ndjson", token).text) if row["revenue"] == "1200.50"]
    graph = service.ask(
        "query ($id: ID!) { customer(by: {id: $id}) { displayName name email phone city } }", token, id=ada["id"]
    )["customer"]
    assert ada["email"] != ADA
    assert [ada[name] for name in ("display_name", "name", "email", "phone", "city")] == list(graph.values())
    for row in lines(export(service, "touchpoints.ndjson", token).text):
        assert (row["title"], row["text"], row["properties"]) == (None, None, None)
    told = export(service, "customers.csv", token).text + export(service, "matters.csv", token).text
    assert ADA not in told
    assert "Lovelace" not in told


def test_customers_and_purchases_have_exact_values(service: Served) -> None:
    tell_people(service)
    ada, bob = lines(export(service, "customers.ndjson").text)
    assert (ada["email"], ada["name"], ada["city"], ada["revenue"], ada["currency"]) == (
        ADA, "Ada Lovelace", "London", "1200.50", "BDT",
    )  # fmt: skip
    assert (ada["stage"], ada["acquired_channel"], ada["last_touch_at"]) == (
        "CUSTOMER", "ACCOUNTING", "2026-03-01T09:00:00.000000Z",
    )  # fmt: skip
    assert (bob["email"], bob["stage"], bob["revenue"]) == (BOB, "LEAD", "0.00")
    (bought,) = lines(export(service, "purchases.ndjson").text)
    assert {name: bought[name] for name in ("customer", "purchased_at", "kind", "amount", "converted", "currency")} == {
        "customer": ada["id"], "purchased_at": "2026-03-01T09:00:00.000000Z", "kind": "invoice", "amount": "1200.50",
        "converted": "1200.50", "currency": "BDT",
    }  # fmt: skip


def test_filters_are_those_of_the_lists(service: Served) -> None:
    tell_people(service)
    only = {"filter": json.dumps({"kinds": ["form"]})}
    assert [row["title"] for row in lines(export(service, "touchpoints.ndjson", **only).text)] == ["নমস্কার"]
    posted = service.client.post(
        "/export/customers.ndjson", json={"search": "lovelace"}, headers={"Authorization": f"Bearer {service.token}"}
    )
    assert [row["email"] for row in lines(posted.text)] == [ADA]
    assert lines(export(service, "purchases.ndjson", **only).text) == []
    assert export(service, "matters.csv", filter='{"open": true}').text.count("\r\n") == 1


def test_what_may_not_be_asked_is_said_before_the_first_row(service: Served) -> None:
    tell_people(service)

    def refused(path: str, token: str = "", **params: Any) -> tuple[int, str, str]:
        answer = export(service, path, token, **params)
        (error,) = answer.json()["errors"]
        return answer.status_code, error["extensions"]["code"], error["message"]

    analyst = service.new_token("analyse")
    assert refused("customers.csv", service.new_token("read", "pii"))[:2] == (403, "FORBIDDEN")
    assert refused("customers.csv", analyst, filter='{"search": "ada"}')[:2] == (403, "FORBIDDEN")
    assert refused("secrets.csv")[0] == 404
    assert refused("customers.xml")[0] == 404
    assert refused("customers.csv", filter="{")[2] == "filter is not JSON."
    assert refused("customers.csv", filter='{"nobody": 1}')[0] == 400
    assert refused("customers.csv", after="x")[2] == "after is the cursor of a row of this export."
    assert refused("customers.csv", after="99.1")[1] == "EXPORT_OVER"
    assert refused("customers.parquet", after="1.1")[0] == 400
    assert refused("customers.csv", colour="red")[2].startswith("There is no parameter 'colour'")


def test_parquet_holds_types(service: Served) -> None:
    tell_people(service)
    answer = export(service, "touchpoints.parquet")
    table = parquet.read_table(io.BytesIO(answer.content))
    assert str(table.schema.field("occurred_at").type) == "timestamp[us, tz=UTC]"
    first = table.to_pylist()[0]
    assert (str(first["amount"]), first["currency"]) == ("1200.5000", "BDT")
    assert (first["occurred_on"].isoformat(), first["automated"]) == ("2026-03-01", False)
    assert "cursor" not in table.column_names


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_cut_at_any_byte_gives_each_row_exactly_once(
    service: Served, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    from hub.cli.resuming import whole

    monkeypatch.setattr(exports, "_TOGETHER", 2)
    tell_people(service)
    service.tell(
        *({"kind": "form", "who": {"email": f"p{n}@example.org"}, "text": 'a "b"\r\n3.4\r\n'} for n in range(3))
    )
    everything = export(service, f"touchpoints.{form}").content
    tails: dict[str, bytes] = {}
    for cut in range(len(everything) + 1):
        kept, cursor = whole(io.BytesIO(everything[:cut]), form)
        if cursor not in tails:
            tails[cursor] = export(service, f"touchpoints.{form}", **({"after": cursor} if cursor else {})).content
        assert everything[:kept] + tails[cursor] == everything
    assert len(tails) == 6


def test_the_end_of_time_cuts_and_says_so_in_the_log_of_exports(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_TOGETHER", 1)
    tell_people(service)
    assert len(lines(export(service, "touchpoints.ndjson").text)) == 2
    app: Any = service.client.app
    (route,) = [each for each in app.routes if each.path == "/export/{list}.{format}"]
    monkeypatch.setattr(route.endpoint.__self__._exports, "_longest", 0.0)
    (first,) = lines(export(service, "touchpoints.ndjson", filter='{"automated": false}').text)
    assert first["title"] == "Invoice 7"
    answer = service.client.get("/export", headers={"Authorization": f"Bearer {service.token}"}).json()["exports"]
    assert [(each["list"], each["format"], each["filter"], each["rows"], each["outcome"]) for each in answer] == [
        ("touchpoints", "ndjson", {"automated": False}, 1, "CUT"),
        ("touchpoints", "ndjson", None, 2, "DONE"),
    ]
    assert all(each["contacts"] and each["name"] == "test" for each in answer)
    told = service.client.get("/export", headers={"Authorization": f"Bearer {service.new_token('analyse')}"})
    assert told.status_code == 403


def test_only_so_many_exports_are_written_at_once(hub_folder: Path) -> None:
    with served(str(hub_folder)) as service:
        service.hub.limits = service.hub.limits.model_copy(update={"exports": 1})
        app: Any = service.client.app
        (route,) = [each for each in app.routes if each.path == "/export/{list}.{format}"]
        held = route.endpoint.__self__._exports
        held._under_way = held._at_once
        answer = export(service, "customers.csv")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_answers_are_compressed_for_who_takes_it(service: Served) -> None:
    service.tell(*({"kind": "form", "who": {"email": f"p{n}@example.org"}} for n in range(9)))
    headers = {"Authorization": f"Bearer {service.token}", "Accept-Encoding": "gzip"}
    answer = service.client.get("/export/touchpoints.csv", headers=headers)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(rows(answer.text)) == 9


@pytest.mark.long
def test_an_export_takes_no_more_memory_when_it_is_ten_times_as_long(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_TOGETHER", 500)
    monkeypatch.setattr(export_formats, "_LARGEST_GROUP", 1_000)

    def peak(form: str) -> int:
        async def take() -> int:
            made = await exports.Exports(service.hub).begin(who, exports.Asked("touchpoints", form))
            tracemalloc.start()
            async with aclosing(made.parts) as parts:
                async for _ in parts:
                    pass
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return most

        return int(service.client.portal.call(take))  # type: ignore[union-attr]

    who = Principal("test", "", ("analyse", "pii"))
    few = 2_000
    many = [{"kind": "form", "who": {"email": f"p{n % 50}@example.org"}, "text": "x" * 500} for n in range(10 * few)]
    for first in range(0, few, 500):
        service.tell(*many[first : first + 500])
    before = {form: peak(form) for form in FORMATS}
    for first in range(few, 10 * few, 500):
        service.tell(*many[first : first + 500])
    for form, least in before.items():
        assert peak(form) < 1.5 * least, form

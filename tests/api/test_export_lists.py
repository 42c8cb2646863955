"""Lines, tags, traits and scores as lists of their own; every list says the same in every format."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as parquet
import pytest

from hub.api import exports
from hub.store.exported import LISTS, Kind
from tests.api.conftest import Served
from tests.api.test_exports import export, lines, rows

ANN, BOB = {"email": "ann@x.org"}, {"email": "bob@x.org"}


def tell_sales(service: Served) -> None:
    """Two documents with lines, one with a third of a litre; traits that differ; tags that look like formulas."""
    service.tell(
        {"kind": "invoice", "who": ANN, "amount": "12.35", "at": "2026-02-01T09:00:00+00:00",
         "traits": {"city": "Dhaka", "name": "Ann Ali"},
         "matters": [{"kind": "DEAL", "reference": "D-1", "state": "won", "outcome": "WON", "amount": ["5", "BDT"]}],
         "lines": [{"sku": "T", "description": "=1+1", "category": "drinks", "amount": "10.001",
                    "quantity": "0.333333333333"},
                   {"sku": "R", "description": "Rice", "amount": "2.35", "quantity": "7"}]},
        {"kind": "invoice", "who": BOB, "amount": "3", "at": "2026-02-03T09:00:00+00:00",
         "quantity": ["2.50", "points"], "traits": {"city": "ঢাকা"},
         "lines": [{"sku": "R", "description": "Rice", "amount": "3", "quantity": "1"}]},
        {"kind": "form", "who": ANN, "at": "2026-02-04T09:00:00+00:00", "traits": {"city": "Sylhet"}},
    )  # fmt: skip
    nodes = service.ask("{ customers { nodes { id email } } }")["customers"]["nodes"]
    for email, tags in (("ann@x.org", ["vip", "=cmd|1", "a.b,c"]), ("bob@x.org", ["রান্না"])):
        done = service.ask(
            "mutation ($input: DescribeCustomersInput!) { describeCustomers(input: $input) { receipt { sequence } } }",
            input={"customers": [each["id"] for each in nodes if each["email"] == email], "addTags": tags},
        )["describeCustomers"]
    service.sequence = done["receipt"]["sequence"]
    service.ask("mutation { scorePortfolio(input: {}) { run { id } } }")
    service.client.portal.call(service.hub.scoring.scored)  # type: ignore[union-attr]


def ids(service: Served) -> dict[str, str]:
    return {each["email"]: each["id"] for each in lines(export(service, "customers.ndjson").text)}


def test_lines_are_as_their_source_wrote_them(service: Served) -> None:
    tell_sales(service)
    told = lines(export(service, "lines.ndjson").text)
    document = service.ask("{ touchpoints(orderBy: OLDEST_FIRST) { nodes { id } } }")["touchpoints"]["nodes"][0]["id"]
    assert {**told[0], "id": "", "product": "", "cursor": ""} == {
        "id": "", "touchpoint": document, "position": 0, "kind": "invoice",
        "occurred_at": "2026-02-01T09:00:00.000000Z", "customer": ids(service)["ann@x.org"],
        "organisation": None, "product": "", "sku": "T", "name": "=1+1", "category": "drinks",
        "description": "=1+1", "quantity": "0.333333333333", "unit_price": "10.001", "amount": "10.001", "tax": None,
        "currency": "BDT", "cursor": "",
    }  # fmt: skip
    assert [(row["sku"], row["position"], row["amount"]) for row in told] == [
        ("T", 0, "10.001"), ("R", 1, "2.35"), ("R", 0, "3"),
    ]  # fmt: skip
    only = json.dumps({"occurred": {"from": "2026-02-02T00:00:00Z"}})
    assert [row["amount"] for row in lines(export(service, "lines.ndjson", filter=only).text)] == ["3"]


def test_tags_and_traits_are_a_row_each(service: Served) -> None:
    tell_sales(service)
    who = {id_: email.partition("@")[0] for email, id_ in ids(service).items()}
    tags = [(who[row["customer"]], row["tag"]) for row in lines(export(service, "tags.ndjson").text)]
    assert sorted(tags) == [("ann", "=cmd|1"), ("ann", "a.b,c"), ("ann", "vip"), ("bob", "রান্না")]
    traits = [
        (who[row["customer"]], row["name"], row["position"], row["value"], row["decided"])
        for row in lines(export(service, "traits.ndjson").text)
    ]
    assert sorted(traits) == [
        ("ann", "city", 0, "Sylhet", False), ("ann", "city", 1, "Dhaka", False), ("ann", "name", 0, "Ann Ali", False),
        ("bob", "city", 0, "ঢাকা", False),
    ]  # fmt: skip
    only = json.dumps({"search": "bob"})
    assert [row["value"] for row in lines(export(service, "traits.ndjson", filter=only).text)] == ["ঢাকা"]
    masked = lines(export(service, "traits.ndjson", service.new_token("analyse")).text)
    assert [row["value"] for row in masked] == [None] * 4
    assert export(service, "tags.csv", service.new_token("read", "pii")).status_code == 403


def test_scores_are_those_of_the_graph(service: Served) -> None:
    tell_sales(service)
    shown = service.ask(
        "{ customers { nodes { id scores { abcClass recency frequency monetary computedAt } } } }"
    )["customers"]["nodes"]  # fmt: skip
    told = [
        {"id": row["customer"], "scores": {"abcClass": row["abc_class"], "recency": row["recency_score"],
         "frequency": row["frequency_score"], "monetary": row["monetary_score"], "computedAt": row["computed_at"]}}
        for row in lines(export(service, "scores.ndjson").text)
    ]  # fmt: skip
    assert len(told) == 2
    assert sorted(told, key=str) == sorted((each for each in shown if each["scores"]), key=str)


def cell(kind: Kind, value: Any) -> str:
    """A value of Parquet as CSV writes it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}" if value else "0"
        case _:
            return json.dumps(json.loads(value)) if kind is Kind.JSON else str(value)


def told_in(kind: Kind, text: Any) -> str:
    """The same of what CSV or NDJSON holds: numbers without the zeros they end with."""
    if text in (None, ""):
        return ""
    if kind in (Kind.MONEY, Kind.EXACT):
        number = Decimal(text)
        return f"{number.normalize():f}" if number else "0"
    if kind is Kind.JSON:
        return json.dumps(json.loads(text))
    return str(text).lower() if isinstance(text, bool) else str(text)


def test_a_list_says_the_same_in_every_format(service: Served) -> None:
    tell_sales(service)
    for name, wanted in LISTS.items():
        kinds = {column.name: column.kind for column in wanted.columns}
        in_csv = rows(export(service, f"{name}.csv", formulas="1").text)
        in_ndjson = lines(export(service, f"{name}.ndjson").text)
        in_parquet = parquet.read_table(io.BytesIO(export(service, f"{name}.parquet").content)).to_pylist()
        assert len(in_parquet) >= 1, name
        assert [row.pop("cursor") for row in in_csv] == [row.pop("cursor") for row in in_ndjson]
        expected = [{each: cell(kinds[each], value) for each, value in row.items()} for row in in_parquet]
        assert [{each: told_in(kinds[each], value) for each, value in row.items()} for row in in_csv] == expected
        for row in in_ndjson:
            row.update(
                {each: json.dumps(row[each]) for each in row if kinds[each] is Kind.JSON and row[each] is not None}
            )
        assert [{each: told_in(kinds[each], value) for each, value in row.items()} for row in in_ndjson] == expected


def test_each_row_comes_exactly_once_wherever_an_export_is_cut(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_TOGETHER", 2)
    tell_sales(service)
    for name in ("lines", "tags", "traits", "scores"):
        whole = export(service, f"{name}.csv").text
        for row in rows(whole):
            assert (
                export(service, f"{name}.csv", after=row["cursor"]).text == whole.partition(f",{row['cursor']}\r\n")[2]
            )
        for wrong in ("1.1.1.1.1", "1.x", "1.1.zz", "1.1.-1", "1"):
            assert export(service, f"{name}.csv", after=wrong).json()["errors"][0]["message"] == (
                "after is the cursor of a row of this export."
            )


def test_tags_and_lines_are_harmless_to_spreadsheets(service: Served) -> None:
    tell_sales(service)
    assert {row["tag"] for row in rows(export(service, "tags.csv").text)} == {"'=cmd|1", "a.b,c", "vip", "রান্না"}
    first = rows(export(service, "lines.csv").text)[0]
    assert (first["description"], first["name"], first["quantity"]) == ("'=1+1", "'=1+1", "0.333333333333")

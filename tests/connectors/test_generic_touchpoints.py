"""JSON lines that already are touchpoints, in the graph's own words."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, build_schema

import connectors.generic
from connectors.generic.touchpoints import SaidTouchpoint, TouchpointLines
from hub import sdk
from tests.conftest import ROOT

SAMPLE = Path(connectors.generic.__file__).parent / "samples" / "touchpoints.ndjson"
LEAST = {"kind": "call", "channel": "PHONE", "direction": "INBOUND", "occurredAt": "2026-03-01T10:00:00+06:00"}


def connector(path: Path = SAMPLE) -> TouchpointLines:
    return TouchpointLines(TouchpointLines.Settings.model_validate({"path": path}))


def rows(path: Path = SAMPLE) -> list[sdk.Row]:
    async def read() -> list[sdk.Row]:
        stream = connector(path).streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [row async for page in stream.pages(None) for row in page.rows]

    return asyncio.run(read())


def told(**members: Any) -> sdk.Touchpoint:
    said = {name: value for name, value in {**LEAST, **members}.items() if value is not None}
    (one,) = connector().streams()[0].touchpoints(sdk.Row("k", json.dumps(said).encode()))
    assert isinstance(one, sdk.Touchpoint)
    return one


def test_the_sample_gives_its_touchpoints() -> None:
    assert list(connector().check()) == []
    found = rows()
    assert [(row.key, row.deleted) for row in found] == [
        ("crm-1", False),
        ("crm-2", False),
        ("crm-3", False),
        ("crm-4", False),
        ("crm-5", True),
    ]
    stream = connector().streams()[0]
    call, quote, invoice, review = (next(iter(stream.touchpoints(row))) for row in found[:4])
    assert call == sdk.Touchpoint(
        kind="call",
        channel=sdk.Channel.PHONE,
        direction=sdk.Direction.INBOUND,
        occurred_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
        title="ডেলিভারি কবে?",
        identifiers=(sdk.phone("০১৭১১-২৩৪৫৬৭", "BD"), sdk.email("nasrin@mail.example")),
        traits={"name": "নাসরিন আক্তার", "city": "ঢাকা"},
        participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "Karim"),),
        properties={"seconds": 240, "answered": True},
    )
    price = sdk.Money(Decimal("1200.50"), "EUR")
    assert isinstance(quote, sdk.Touchpoint)
    assert (quote.occurred_at, quote.amount, quote.identifiers[0]) == (date(2026, 3, 3), price, sdk.contact("K-9"))
    assert quote.matters == (
        sdk.MatterClaim(
            kind=sdk.MatterKind.DEAL, reference="D-5", title="Kitchen for the bistro", state="offered", open=True,
            amount=price, due=date(2026, 4, 1),
        ),
    )  # fmt: skip
    assert isinstance(invoice, sdk.Touchpoint)
    assert invoice.lines == (
        sdk.Line(description="Oven", quantity=Decimal(1), unit_price=price, amount=price, sku="OV-1"),
    )
    assert isinstance(review, sdk.Touchpoint)
    assert (review.quantity, review.origin, review.identifiers) == (
        sdk.Quantity(Decimal(5), "stars"),
        sdk.Origin(source="newsletter", medium="email", campaign="spring"),
        (sdk.social("mastodon", "https://lahore.example/users/aisha"),),
    )


def test_what_a_line_says_has_the_names_of_the_graph() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    touchpoint = schema.type_map["Touchpoint"]
    assert isinstance(touchpoint, GraphQLInterfaceType)
    ours = {field.alias or name for name, field in SaidTouchpoint.model_fields.items()}
    apart = {"version", "deleted", "traits", "lines", "document", "part", "anchor"}
    assert ours - apart <= set(touchpoint.fields)


def test_profiles_count_as_no_contact_unless_the_line_says_so() -> None:
    assert (told(kind="profile").automated, told(kind="profile", automated=False).automated) == (True, False)
    assert (told().automated, told(automated=True).automated) == (False, True)


def test_amounts_keep_every_digit() -> None:
    payload = json.dumps({**LEAST, "amount": {"amount": 0, "currency": "bdt"}}).encode()
    payload = payload.replace(b'"amount": 0', b'"amount": 90071992547409.931')
    (one,) = connector().streams()[0].touchpoints(sdk.Row("k", payload))
    assert isinstance(one, sdk.Touchpoint)
    assert one.amount == sdk.Money(Decimal("90071992547409.931"), "BDT")


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"kind": None}, "kind: is missing"),
        ({"kind": "Call!"}, "kind: string should match pattern"),
        ({"channel": "FAX"}, "channel: input should be 'EMAIL', 'PHONE'"),
        ({"occurredAt": "2026-03-01T10:00:00"}, "occurredAt: '2026-03-01T10:00:00' has no offset from UTC"),
        ({"occurredAt": "soon"}, "occurredAt: 'soon' is not a time like 2026-03-01T09:30:00+06:00"),
        ({"occurredAt": 1772357400}, "occurredAt: not a time like"),
        ({"ammount": 1}, "ammount: there is no such member"),
        ({"amount": 12}, "amount: input should be a valid dictionary"),
        ({"amount": {"amount": "x", "currency": "EUR"}}, "amount.amount: 'x' is not a number"),
        ({"amount": {"amount": "1", "currency": "euro"}}, "amount.currency: string should match pattern"),
        ({"identifiers": [{"kind": "email"}]}, "identifiers.0.value: is missing"),
        ({"matters": [{"kind": "DEAL", "reference": ""}]}, "matters.0.reference: string should have at least 1"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_place(members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(sdk.RowUnreadable) as raised:
        told(**members)
    assert raised.value.message.startswith(sentence)
    assert raised.value.path == sentence.partition(":")[0]


def test_a_line_without_an_id_is_named_by_its_content_and_one_with_a_number_by_that(tmp_path: Path) -> None:
    path = tmp_path / "crm.ndjson"
    path.write_text("".join(json.dumps({**LEAST, **more}) + "\n" for more in ({}, {}, {"id": 7, "version": 3})))
    first, second, third = rows(path)
    assert (first.key[:4], first.key[:-2], first.key[-2:], second.key[-2:]) == ("row/", second.key[:-2], "/1", "/2")
    assert (third.key, third.version) == ("7", "3")
    assert connector(path).streams()[0].key(third.payload) == "7"


def test_a_file_of_something_else_is_told_from_its_members(tmp_path: Path) -> None:
    path = tmp_path / "crm.ndjson"
    path.write_text('{"id": 1, "type": "call"}\n')
    assert next(connector(path).check()) == "no object in crm.ndjson has a member 'kind'; there are: id, type"

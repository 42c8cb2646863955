"""accounting.tryton against answers that were recorded from a Tryton, and with ``--long`` against one that runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.accounting.tryton.connector import Tryton
from hub import sdk
from hub.testing import NOW, ConnectorSuite
from tests.connectors import books
from tests.connectors.sparing import Sparing
from tests.connectors.tryton_server import SAMPLES, SETTINGS
from tests.connectors.tryton_server import Tryton as Server

PAID, PARTLY, CREDIT, DRAFT, FOREIGN = SAMPLES["invoices"][:5]


class TestTrytonKit(Sparing, ConnectorSuite):
    connector = Tryton
    settings = SETTINGS
    provider = staticmethod(Server().answer)
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time and an id, which Tryton knows for ever"}


def stream(
    name: str = "invoices", server: Server | None = None, now: Callable[[], datetime] = lambda: NOW, **settings: Any
) -> Any:
    outside = sdk.Outside(now=now, transport=httpx.MockTransport((server or Server()).answer))
    bound = Tryton(Tryton.Settings.model_validate(SETTINGS | settings), outside)
    return next(each for each in bound.streams() if each.name == name)


def meant(said: Any, name: str = "invoices", **settings: Any) -> list[sdk.Touchpoint]:
    row = sdk.Row(str(said["id"]), json.dumps(said).encode())
    return [each for each in stream(name, **settings).touchpoints(row) if isinstance(each, sdk.Touchpoint)]


def told(touchpoint: sdk.Touchpoint) -> tuple[Any, ...]:
    amount = touchpoint.amount
    assert amount is not None
    references = [each.reference for each in touchpoint.matters]
    return touchpoint.kind, str(amount.amount), amount.currency, touchpoint.part, references


def pulled(server: Server, cursor: sdk.Cursor | None = None, name: str = "invoices") -> list[sdk.Page]:
    async def everything() -> list[sdk.Page]:
        return [page async for page in stream(name, server).pages(cursor)]

    return asyncio.run(everything())


def changed(said: Any, **members: Any) -> Any:
    return deepcopy(said) | members


def decimal(text: str) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": text}


# What records mean --------------------------------------------------------------------------------------------------


def test_an_invoice_gives_all_its_facts() -> None:
    invoice, payment = meant(PAID)
    assert told(invoice) == ("invoice", "240.00", "USD", "invoice", ["1"])
    assert (invoice.occurred_at, invoice.direction, invoice.title) == (date(2026, 11, 22), "OUTBOUND", "1")
    assert invoice.matters[0].due == date(2026, 12, 22)
    assert invoice.identifiers == (
        sdk.contact("2"), sdk.vat("BE0897290877"), sdk.email("nasrin@nakshi.example"), sdk.phone("+8801711234567"),
    )  # fmt: skip
    assert invoice.traits == {
        "company": "নকশি ট্রেডার্স",
        "street": "ধানমন্ডি ২৭",
        "postcode": "1205",
        "city": "ঢাকা",
    }
    assert invoice.properties == {"number": "1", "due_on": "2026-12-22", "status": "paid", "tax": "20.00"}
    assert invoice.lines[0] == sdk.Line(
        description="নকশি কাঁথা", quantity=Decimal(5), unit_price=sdk.Money(Decimal(40), "USD"),
        amount=sdk.Money(Decimal("200.00"), "USD"), sku="NK-1",
    )  # fmt: skip
    assert told(payment) == ("payment", "240.00", "USD", "payment:5", ["1"])


def test_a_credit_note_belongs_to_the_invoice_it_was_made_of() -> None:
    (credit,) = meant(CREDIT)
    assert told(credit) == ("credit_note", "100.00", "USD", "credit_note", ["2"])
    assert (credit.properties["settles"], credit.properties["tax"]) == ("2", "0.00")
    assert (credit.lines[0].quantity, credit.lines[0].amount.amount) == (Decimal(1), Decimal("100.00"))
    both = [*CREDIT["origin_invoices"], {"id": 1, "number": "1"}]
    assert told(meant(changed(CREDIT, origin_invoices=both))[0])[4] == []


def test_money_given_back_is_a_refund_of_a_credit_note_and_a_reversal_of_an_invoice() -> None:
    back = [PAID["payment_lines"][0] | {"debit": decimal("100.00"), "credit": decimal("0")}]
    assert told(meant(changed(CREDIT, payment_lines=back))[1]) == ("refund", "100.00", "USD", "payment:5", ["3"])
    assert told(meant(changed(PAID, payment_lines=back))[1]) == ("reversal", "100.00", "USD", "payment:5", ["1"])


def test_another_currency_is_that_of_the_payment_too() -> None:
    invoice, payment = meant(FOREIGN)
    assert told(invoice)[:3] == ("invoice", "60.00", "EUR")
    assert told(payment)[:3] == ("payment", "60", "EUR")
    assert invoice.lines[0].description == "جمدانی 🧵"


@pytest.mark.parametrize(
    "members", [{"state": "draft"}, {"state": "validated"}, {"state": "cancelled"}, {"type": "in"}], ids=range(4)
)
def test_what_is_not_posted_or_not_ours_means_nothing(members: dict[str, str]) -> None:
    assert meant(changed(PAID, **members)) == []


def test_what_tryton_did_not_have_is_a_problem() -> None:
    with pytest.raises(sdk.RowUnreadable, match="'disputed' is no state known here"):
        meant(changed(PAID, state="disputed"))
    with pytest.raises(sdk.RowUnreadable, match="has no date"):
        meant(changed(PAID, invoice_date=None))
    with pytest.raises(sdk.RowUnreadable, match="invoice_date"):
        meant(changed(PAID, invoice_date={"__class__": "date", "year": 2026, "month": 13, "day": 1}))


def test_a_party_is_a_firm_or_a_person() -> None:
    person = meant(FOREIGN, contact_is="person")[0]
    assert person.identifiers == (sdk.contact("3", sdk.Side.PERSON), sdk.email("sana@mail.example"))
    assert person.traits["name"] == "ثنا خان"
    assert meant(PAID, contact_is="person")[0].traits["company"] == "নকশি ট্রেডার্স"


def test_a_firm_is_reached_by_its_first_address_only() -> None:
    said = deepcopy(PAID)
    said["party"]["contact_mechanisms"].append({"type": "email", "value": "karim@nakshi.example"})
    assert len(meant(said)[0].identifiers) == 4
    said["party"]["identifiers"] = []
    assert sdk.email("karim@nakshi.example") in meant(said, contact_is="person")[0].identifiers


def test_merged_parties_are_one() -> None:
    (merged,) = meant(SAMPLES["parties"][0], "parties")
    assert (merged.kind, merged.alias, merged.identifiers) == ("profile", True, (sdk.contact("4"), sdk.contact("2")))


# How it is asked ----------------------------------------------------------------------------------------------------


def test_pages_go_by_ids_and_the_next_pull_by_time() -> None:
    server = Server()
    pages = pulled(server)
    assert [[row.key for row in page.rows] for page in pages] == [["1", "2"], ["3", "4"], ["5", "6"], []]
    assert [page.cursor for page in pages[:2]] == [{"after": each, "began": NOW.isoformat()} for each in (2, 4)]
    assert pages[-1].cursor == {"since": NOW.isoformat()}
    assert [domain[1] for domain in server.asked] == [["id", ">", each] for each in (0, 2, 4, 6)]
    server.asked.clear()
    pulled(server, {"since": "2026-03-01T12:00:00+00:00"})
    before = {"__class__": "datetime", "year": 2026, "month": 3, "day": 1, "hour": 11, "minute": 50, "second": 0}
    places = ["write_date", "create_date", "party.write_date", "party.identifiers.write_date"]
    places += ["party.contact_mechanisms.write_date", "party.addresses.write_date"]
    assert server.asked[0] == [
        ["type", "=", "out"],
        ["id", ">", 0],
        ["OR", *([each, ">=", before | {"microsecond": 0}] for each in places)],
    ]
    assert pulled(server, {"since": "2030-01-01T00:00:00+00:00"})[0].rows == []


def test_what_is_written_during_a_pull_comes_with_the_next_one() -> None:
    server = Server()
    long_ago = {"write_date": written(2025), "create_date": written(2025)}
    server.held["invoices"] = [changed(each, **long_ago) for each in SAMPLES["invoices"]]

    clock = (NOW + timedelta(hours=each) for each in count())

    async def go() -> Any:
        pages = stream("invoices", server, now=lambda: next(clock)).pages(None)
        await anext(pages)
        server.held["invoices"][0] |= {"write_date": written(*NOW.timetuple()[:5])}
        return [page async for page in pages][-1].cursor

    assert [row.key for page in pulled(server, asyncio.run(go())) for row in page.rows] == ["1"]


def written(*at: int) -> dict[str, Any]:
    names = "year month day hour minute second microsecond".split()
    return {"__class__": "datetime"} | dict(zip(names, [*at, *(1, 1, 1, 0, 0, 0, 0)[len(at) :]], strict=False))


def test_a_server_that_does_not_page_forward_ends_the_pull() -> None:
    server = Server()
    everything = json.dumps(SAMPLES["invoices"][:2])
    server.answer = lambda request: httpx.Response(200, content=everything)  # type: ignore[method-assign]
    with pytest.raises(sdk.SourceFailed, match="does not page forward"):
        pulled(server)


@pytest.mark.parametrize("server", ["tryton.example", "https://a.example/db", "ftp://a.example"])
def test_a_server_is_an_address(server: str) -> None:
    with pytest.raises(ValueError, match="name a server"):
        Tryton.Settings.model_validate(SETTINGS | {"server": server})


def checked(answer: Callable[[httpx.Request], httpx.Response], **settings: Any) -> list[str]:
    outside = sdk.Outside(now=lambda: NOW, transport=httpx.MockTransport(answer))
    return list(Tryton(Tryton.Settings.model_validate(SETTINGS | settings), outside).check())


def test_a_check_asks_for_an_invoice_and_never_over_plain_http() -> None:
    server = Server()
    assert checked(server.answer, server="http://tryton.example") == [
        "server: use https, so that nobody on the way reads the key."
    ]
    assert server.asked == []
    assert checked(server.answer) == []
    assert server.asked == [[["type", "=", "out"], ["id", ">", 0]]]
    assert checked(server.answer, key="of-somebody-else") == [
        "key: tryton.example does not take our credentials (401 Unauthorized)."
    ]
    assert checked(server.answer, database="other") == ["server: tryton.example answered 404 Not Found."]


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        (httpx.Response(200, content=b"<html>"), ["server: The answer holds no JSON list."]),
        (httpx.Response(429, headers={"Retry-After": "300"}), []),
    ],
    ids=["a page for people", "busy"],
)
def test_a_check_says_what_is_no_tryton_and_is_silent_about_a_busy_one(
    answer: httpx.Response, faults: list[str]
) -> None:
    assert checked(lambda _: answer) == faults


# What it comes to ---------------------------------------------------------------------------------------------------


async def worth(hub: Any, source: str) -> Any:
    return await books.worth(hub, "USD"), await books.worth(hub, "EUR")


USD = {"নকশি ট্রেডার্স": (6, "240.00", "270.00", "0.00", 1)}
EUR = {"ثنا خان": (2, "60.00", "60.00", "0.00", 1)}


def test_books_come_to_what_each_customer_was_billed_and_paid(tmp_path: Path) -> None:
    usd, eur = books.in_a_hub(Tryton, SETTINGS, Server().answer, tmp_path, worth)
    assert {name: usd[name] for name in USD} == USD
    assert {name: eur[name] for name in EUR} == EUR

"""accounting.xero against a server as Xero's documentation describes it, and Xero's own examples."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.accounting.xero.connector import Objects, Xero
from connectors.accounting.xero.dates import instant
from connectors.accounting.xero.notices import Notices
from hub import sdk
from hub import testing as kit
from hub.ingest import mapping
from hub.ingest.hub import Hub
from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.connectors import books
from tests.connectors.sparing import Sparing
from tests.connectors.xero_server import KEY, SAMPLES, SETTINGS, TENANT
from tests.connectors.xero_server import Xero as Server
from tests.outside.worlds import World

LISTS = {
    "contacts": "Contacts", "invoices": "Invoices", "credit_notes": "CreditNotes", "payments": "Payments",
    "prepayments": "Prepayments", "overpayments": "Overpayments", "quotes": "Quotes",
    "bank_transactions": "BankTransactions",
}  # fmt: skip
SANA, RAHIM, MERGED = (next(each["ContactID"] for each in SAMPLES["Contacts"] if name in each["Name"])
                       for name in ("Sana", "রহিম", "S. Khan"))  # fmt: skip


def signed(payload: Any, key: str = KEY) -> sdk.Delivery:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()
    return kit.delivery(body, {"content-type": "application/json", "x-xero-signature": signature})


class TestXeroKit(Sparing, ConnectorSuite):
    connector = Xero
    settings = SETTINGS
    provider = staticmethod(Server(size=4).answer)
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time, which Xero knows for ever"}

    def expired(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connect/token":
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(401)

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"notices": [signed(SAMPLES["notices"])]}


# What an object means -----------------------------------------------------------------------------------------------


def bound(outside: sdk.Outside | None = None, **settings: Any) -> Xero:
    return Xero(Xero.Settings.model_validate(SETTINGS | settings), outside)


def stream(name: str, outside: sdk.Outside | None = None, **settings: Any) -> Any:
    return next(each for each in bound(outside, **settings).streams() if each.name == name)


def meaning(name: str, said: Any, **settings: Any) -> list[sdk.Touchpoint]:
    row = sdk.Row(next((said[each] for each in said if each.endswith("ID")), "1"), json.dumps(said).encode())
    return [each for each in stream(name, **settings).touchpoints(row) if isinstance(each, sdk.Touchpoint)]


def sample(name: str, **changes: Any) -> dict[str, Any]:
    """The sample of a list that has all of these, or the first."""
    found = (each for each in SAMPLES[LISTS[name]] if all(each.get(key) == value for key, value in changes.items()))
    return dict(next(found))


def test_an_invoice_is_billed_with_its_lines_its_day_and_its_due_day() -> None:
    said = sample("invoices", InvoiceNumber="INV-0001")
    assert meaning("invoices", said) == [
        sdk.Touchpoint(
            kind="invoice",
            channel=sdk.Channel.ACCOUNTING,
            direction=sdk.Direction.OUTBOUND,
            occurred_at=date(2026, 1, 10),
            title="INV-0001",
            part="invoice",
            amount=sdk.Money(Decimal("115.0"), "NZD"),
            identifiers=(sdk.contact(RAHIM),),
            traits={"company": "রহিম টেক্সটাইল"},
            matters=(
                sdk.MatterClaim(
                    kind=sdk.MatterKind.INVOICE, reference=said["InvoiceID"], title="INV-0001", due=date(2026, 1, 24)
                ),
            ),
            lines=(
                sdk.Line(
                    description="হাতে বোনা শাড়ি",
                    quantity=Decimal("2.0"),
                    unit_price=sdk.Money(Decimal("50.0"), "NZD"),
                    amount=sdk.Money(Decimal("100.0"), "NZD"),
                    tax=sdk.Money(Decimal("15.0"), "NZD"),
                    sku="SARI",
                ),
            ),
            properties={"number": "INV-0001", "due_on": "2026-01-24", "status": "PAID", "tax": "15.0"},
        )
    ]


def shown(name: str) -> list[tuple[str, str, str, str]]:
    """Kind, part, amount and what is settled, of everything a list's samples mean."""
    found = books.shown(each for said in SAMPLES[LISTS[name]] for each in meaning(name, said))
    return [(kind, part.partition(":")[0], amount, settled) for kind, part, amount, settled in found]


def test_drafts_voided_ones_and_those_of_suppliers_are_of_no_customer() -> None:
    assert shown("invoices") == [
        ("invoice", "invoice", "115.0 NZD", ""),
        ("invoice", "invoice", "460.0 NZD", ""),
        ("invoice", "invoice", "12000.0 JPY", ""),
    ]
    assert shown("payments") == [
        ("payment", "payment", "115.0 NZD", "INV-0001"),
        ("payment", "payment", "100.0 NZD", "INV-0002"),
        ("refund", "refund", "40.0 NZD", ""),
    ]


def test_a_credit_or_an_advance_is_shared_among_the_invoices_it_was_allocated_to() -> None:
    assert shown("credit_notes") == [
        ("credit_note", "to", "160.0 NZD", "INV-0002"),
        ("credit_note", "credit_note", "40.0 NZD", ""),
    ]
    assert shown("prepayments") == [
        ("payment", "to", "2000.0 JPY", "INV-0005"),
        ("payment", "payment", "3000.0 JPY", ""),
    ]
    assert shown("overpayments") == [("payment", "payment", "5.0 NZD", "")]
    lines = [len(each.lines) for each in meaning("credit_notes", sample("credit_notes", CreditNoteNumber="CN-0001"))]
    assert lines == [1, 0]


def test_money_received_for_a_sale_without_an_invoice_is_its_bill_and_its_payment() -> None:
    """Not interest, no deposit that is a prepayment, nothing that was deleted, and no fee that was held back."""
    id_ = SAMPLES["BankTransactions"][0]["BankTransactionID"]
    assert shown("bank_transactions") == [
        ("invoice", "invoice", "46.0 NZD", ""),
        ("payment", "payment", "46.0 NZD", id_),
    ]
    bill, money = meaning("bank_transactions", sample("bank_transactions"))
    assert [(each.description, each.amount.amount) for each in bill.lines] == [("Scarf", Decimal("46.0"))]
    assert [each.reference for each in (*bill.matters, *money.matters)] == [id_, id_]
    assert (bill.properties["tax"], bill.occurred_at, money.identifiers) == ("6.0", date(2026, 2, 7), bill.identifiers)
    assert bill.properties["due_on"] == "2026-02-07"


def test_money_received_is_with_its_tax_and_only_of_the_accounts_that_are_named() -> None:
    said = sample("bank_transactions") | {"LineAmountTypes": "Exclusive"}
    assert [each.amount.amount for each in meaning("bank_transactions", said) if each.amount] == [Decimal("52.0")] * 2
    assert meaning("bank_transactions", said, sales_accounts=["999"]) == []
    assert meaning("bank_transactions", said | {"Type": "SPEND"}) == []
    assert meaning("bank_transactions", said | {"Type": "RECEIVE-TRANSFER"}) == []
    assert "bank_transactions" not in [each.name for each in bound(sales_accounts=[]).streams()]


@pytest.mark.parametrize("member", ["CreditNote", "Prepayment", "Overpayment"])
def test_a_refund_belongs_to_the_credit_it_pays_back_however_it_names_it(member: str) -> None:
    said = sample("payments", PaymentType="ARCREDITPAYMENT")
    del said["Invoice"]
    (refund,) = meaning("payments", said | {member: {f"{member}ID": "c-1", "CurrencyCode": "NZD"}})
    assert (refund.kind, refund.matters) == (
        "refund", (sdk.MatterClaim(kind=sdk.MatterKind.OTHER, reference="c-1"),),
    )  # fmt: skip


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_what_is_taken_back_or_not_yet_issued_means_nothing(status: str) -> None:
    assert meaning("invoices", sample("invoices", Status="PAID") | {"Status": status}) == []
    assert meaning("credit_notes", sample("credit_notes", Status="PAID") | {"Status": status}) == []
    assert meaning("prepayments", sample("prepayments") | {"Status": status}) == []


def test_words_that_xero_did_not_have_are_problems() -> None:
    good = {name: sample(name) for name in ("payments", "quotes")} | {"invoices": sample("invoices", Status="PAID")}
    for name, change, problem in (
        ("invoices", {"Status": "FROZEN"}, "'FROZEN' is no status known here"),
        ("invoices", {"Type": "ACCMAYBE"}, "'ACCMAYBE' is no type of document known here"),
        ("payments", {"PaymentType": "GIFT"}, "'GIFT' is no type of payment known here"),
        ("payments", {"Invoice": {}}, "what the payment is for names no currency"),
        ("quotes", {"Status": "LOST"}, "'LOST' is no status known here"),
        ("invoices", {"Date": f"/Date({'9' * 15})/"}, f"Date: '/Date({'9' * 15})/' is no time as Xero writes it"),
    ):
        with pytest.raises(sdk.RowUnreadable) as fault:
            meaning(name, good[name] | change)
        assert fault.value.message == problem


def test_a_contact_is_a_firm_with_its_people() -> None:
    first, second = meaning("contacts", sample("contacts", ContactID=RAHIM))
    assert first.identifiers == (
        sdk.contact(RAHIM), sdk.vat("BIN-000123456-0101"), sdk.email("rahim@rahimtextile.example"),
        sdk.phone("+880 1 711234567"),
    )  # fmt: skip
    assert dict(first.traits) == {
        "company": "রহিম টেক্সটাইল", "name": "রহিম উদ্দিন", "street": "১২ কারওয়ান বাজার", "postcode": "1215",
        "city": "ঢাকা", "country": "Bangladesh",
    }  # fmt: skip
    assert (first.kind, first.automated, first.occurred_at) == (
        "profile", True, datetime(2026, 1, 5, 9, 0, 0, 123000, UTC),
    )  # fmt: skip
    assert (second.part, second.traits, second.identifiers) == (
        "person:nasrin@rahimtextile.example", {"name": "নাসরিন আক্তার"},
        (sdk.contact(RAHIM), sdk.email("nasrin@rahimtextile.example")),
    )  # fmt: skip


def test_where_contacts_are_people_a_contact_is_one_person() -> None:
    (only,) = meaning("contacts", sample("contacts", ContactID=RAHIM), contact_is="person")
    assert only.identifiers[0] == sdk.contact(RAHIM, sdk.Side.PERSON)
    assert only.traits["name"] == "রহিম টেক্সটাইল"
    (bill,) = meaning("invoices", sample("invoices", Status="PAID"), contact_is="person")
    assert bill.identifiers == (sdk.contact(bill.identifiers[0].value, sdk.Side.PERSON),)


def test_who_only_supplies_is_no_customer_and_who_was_merged_is_the_other_one() -> None:
    assert meaning("contacts", sample("contacts", IsSupplier=True, IsCustomer=False)) == []
    (merged,) = meaning("contacts", sample("contacts", ContactID=MERGED))
    assert (merged.alias, dict(merged.traits)) == (True, {})
    assert merged.identifiers[:2] == (sdk.contact(MERGED), sdk.contact(SANA))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/Date(1539993600000+0000)/", datetime(2018, 10, 20, tzinfo=UTC)),
        ("/Date(1539993600000)/", datetime(2018, 10, 20, tzinfo=UTC)),
        ("/Date(-1000+0000)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("/Date(1539946800000+1300)/", datetime(2018, 10, 19, 11, tzinfo=UTC)),
        ("2019-03-05T18:59:06", datetime(2019, 3, 5, 18, 59, 6, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_xero_writes_them(written: str, read: datetime) -> None:
    assert instant(written) == read


def test_a_day_is_the_one_of_the_zone_it_is_written_in() -> None:
    (bill,) = meaning("invoices", sample("invoices", Status="PAID") | {"Date": "/Date(1539946800000+1300)/"})
    assert bill.occurred_at == date(2018, 10, 20)


def test_the_page_shows_settings_that_work_and_every_setting() -> None:
    text = (ROOT / "docs" / "connectors" / "accounting.xero.md").read_text(encoding="utf-8")
    shown = json.loads(text.partition("```json\n")[2].partition("```")[0])
    settings = Xero.Settings.model_validate({"client_secret": "asked", "refresh_token": "asked", **shown})
    assert [each for each in type(settings).model_fields if f"`{each}`" not in text] == []


# Pulling ------------------------------------------------------------------------------------------------------------


def pulled(name: str, outside: sdk.Outside, cursor: sdk.Cursor | None = None, **settings: Any) -> list[sdk.Page]:
    async def pull() -> list[sdk.Page]:
        asked = stream(name, outside, **settings)
        assert isinstance(asked, Objects)
        return [page async for page in asked.pages(cursor)]

    return asyncio.run(pull())


def test_the_list_is_asked_for_anew_from_the_last_time_of_each_page() -> None:
    server = Server(size=2)
    pages = pulled("payments", World(server.answer).outside())
    assert server.asked == [
        "Payments  1",
        "Payments 2026-01-22T07:59:59 1",
        "Payments 2026-01-30T07:59:59 1",
        "Payments 2026-02-01T07:59:59 1",
    ]
    assert len({row.key for page in pages for row in page.rows}) == 5
    assert pages[-1].cursor == {"since": "2026-02-01T09:00:00+00:00"}


def test_what_changes_during_a_pull_pushes_nothing_out_of_sight() -> None:
    server, world = Server(size=2), None
    held = server.held["Payments"]

    def answer(request: httpx.Request) -> httpx.Response:
        given = server.answer(request)
        if len(server.asked) == 1 and held[0]["Reference"] != "changed":
            held.append(held.pop(0) | {"UpdatedDateUTC": "/Date(1772366400000+0000)/", "Reference": "changed"})
        return given

    world = World(answer)
    rows = [row for page in pulled("payments", world.outside()) for row in page.rows]
    assert {row.key for row in rows} == {each["PaymentID"] for each in SAMPLES["Payments"]}
    assert b'"changed"' in rows[-1].payload


def test_many_of_one_second_are_paged_by_number() -> None:
    held = [sample("payments") | {"PaymentID": f"p-{number}"} for number in range(7)]
    server = Server(size=2, held={"Payments": held})
    rows = [row.key for page in pulled("payments", World(server.answer).outside()) for row in page.rows]
    assert sorted(set(rows)) == [f"p-{number}" for number in range(7)]
    assert [each.rpartition(" ")[2] for each in server.asked] == ["1", "1", "2", "3", "4"]


def test_the_next_pull_reads_the_last_five_minutes_again() -> None:
    server = Server()
    assert pulled("payments", World(server.answer).outside(), {"since": "2026-02-01T09:00:00+00:00"})
    assert server.asked == ["Payments 2026-02-01T08:55:00 1"]


def test_a_pull_that_was_broken_off_goes_on_at_its_page() -> None:
    server = Server(size=2)
    (*_, page) = pulled("payments", World(server.answer).outside())[:2]
    server.asked.clear()
    assert page.cursor is not None
    pulled("payments", World(server.answer).outside(), page.cursor)
    assert server.asked[0] == "Payments 2026-01-30T07:59:59 1"


def test_archived_contacts_are_asked_for_too_and_one_that_is_to_be_forgotten_is_not_kept() -> None:
    server = Server(held={"Contacts": [sample("contacts", ContactID=RAHIM) | {"ContactStatus": "GDPRREQUEST"}]})
    world = World(server.answer)
    (page,) = pulled("contacts", world.outside())
    (row,) = page.rows
    assert (row.key, row.payload, row.deleted, row.version) == (RAHIM, b"", True, "2026-01-05T09:00:00.123000")
    assert world.requests[-1].url.params["includeArchived"] == "true"


def test_each_refresh_token_is_kept_before_it_is_used_once() -> None:
    server, asked = Server(), []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connect/token":
            asked.append(request.content.decode())
            assert request.headers["authorization"] == "Basic " + base64.b64encode(b"app:kit-client-secret").decode()
        return server.answer(request)

    world = World(answer)
    for _ in range(2):
        pulled("quotes", world.outside())
    assert asked == [f"grant_type=refresh_token&refresh_token=kit-refresh-{number}" for number in (0, 1)]
    assert json.loads(world.kept["oauth"])["newest"] == "kit-refresh-2"


def test_the_limit_of_a_day_is_told_and_waited_for_by_the_clock() -> None:
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connect/token":
            return server.answer(request)
        return httpx.Response(429, headers={"retry-after": "40000", "x-rate-limit-problem": "day"})

    with pytest.raises(sdk.RetryLater) as later:
        pulled("invoices", World(answer).outside())
    assert 40_000 <= later.value.after < 40_120


def test_what_did_not_change_may_be_answered_with_nothing() -> None:
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        return server.answer(request) if request.url.path == "/connect/token" else httpx.Response(304)

    cursor = {"since": "2026-02-01T09:00:00+00:00"}
    (page,) = pulled("invoices", World(answer).outside(), cursor)
    assert (page.rows, page.cursor) == ([], {"since": "2026-02-01T08:55:00+00:00"})


# Being told ---------------------------------------------------------------------------------------------------------


REFUSED = sdk.Reception(reply=sdk.Reply(401))


def told(delivery: sdk.Delivery, **settings: Any) -> sdk.Reception:
    notices = stream("notices", **settings)
    assert isinstance(notices, Notices)
    return notices.receive(delivery)


def test_a_genuine_notice_is_kept_and_has_the_source_pulled() -> None:
    reception = told(signed(SAMPLES["notices"]))
    first = SAMPLES["notices"]["events"][0]
    assert reception.rows[0].key == (f"{TENANT}/INVOICE/{first['resourceId']}/UPDATE/2026-03-01T11:59:58.371")
    assert (len(reception.rows), reception.reply.status, reception.pull_within) == (2, 200, 150)


def test_an_intent_to_receive_is_answered_200_when_signed_rightly_and_401_when_not() -> None:
    intent = {"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r4nd0m"}
    reception = told(signed(intent))
    assert (reception.rows, reception.reply, reception.pull_within) == ([], sdk.Reply(200), None)
    for forged in (
        signed(intent, "another key"),
        replace(signed(intent), body=b"{}"),
        replace(signed(intent), headers={"x-xero-signature": "AAAA"}),
        replace(signed(intent), headers={}),
    ):
        assert told(forged) == REFUSED
    assert told(signed(intent), webhook_keys=[]) == REFUSED
    assert told(replace(signed(SAMPLES["notices"]), body=b'{"events": []}')) == REFUSED


def test_while_the_key_is_changed_both_hold() -> None:
    for key in "old", "new":
        assert told(signed(SAMPLES["notices"], key), webhook_keys=["old", "new"]).rows


def test_notices_of_other_organisations_of_the_app_are_let_pass() -> None:
    reception = told(signed(SAMPLES["notices"]), tenant_id="another")
    assert (reception.rows, reception.pull_within) == ([], None)


@pytest.mark.parametrize(
    "body", [b"", b"[", b"{}", b"[]", b"null", b"7", b'{"events": 7}', b'{"events": [7, {}, null]}', b"\xff\x00"]
)
def test_what_is_genuine_and_makes_no_sense_is_kept_with_its_problem(body: bytes) -> None:
    rows = told(signed(body)).rows
    assert rows
    for row in rows:
        with pytest.raises(sdk.RowUnreadable):
            list(stream("notices").touchpoints(row))


# In a hub -----------------------------------------------------------------------------------------------------------


async def worth(hub: Hub, _: str = "") -> dict[str, tuple[Any, ...]]:
    return await books.worth(hub, "NZD")


def in_a_hub(server: Server, address: Path, look: Callable[[Hub, str], Any], *, backwards: bool = False) -> Any:
    return books.in_a_hub(Xero, SETTINGS, server.answer, address, look, backwards=backwards)


RAHIMS, SANAS = (5, "115.00", "120.00", "0.00", 1), (11, "260.00", "100.00", "200.00", 2)
"""The one paid what was billed, and five too much. The other had 460.00 billed, was credited 160.00 of it and 40.00
more, which were paid back, paid 100.00, and owes what is left."""


@pytest.mark.parametrize("backwards", [False, True])
def test_money_comes_to_whom_it_is_of_in_any_order(hub_folder: Path, *, backwards: bool) -> None:
    found = in_a_hub(Server(), hub_folder, worth, backwards=backwards)
    assert found == {
        "রহিম টেক্সটাইল": RAHIMS,
        "Sana Khan Interiors": SANAS,
        "বৈশাখী মেলা": (2, "46.00", "46.00", "0.00", 1),
    }


def test_what_is_voided_and_paid_later_is_so_after_the_next_pull(hub_folder: Path) -> None:
    server = Server()
    later = {"UpdatedDateUTC": "/Date(1772366400000+0000)/"}
    settled = sample("payments") | {
        **later, "PaymentID": "p-9", "Amount": 200.0, "Status": "AUTHORISED", "PaymentType": "ACCRECPAYMENT",
        "Invoice": {"InvoiceID": sample("invoices", InvoiceNumber="INV-0002")["InvoiceID"],
                    "InvoiceNumber": "INV-0002", "CurrencyCode": "NZD"},
    }  # fmt: skip

    async def look(hub: Hub, source: str) -> Any:
        server.held["Invoices"].append(sample("invoices", InvoiceNumber="INV-0005") | later | {"Status": "VOIDED"})
        server.held["Payments"].append(settled)
        assert (await hub.door.take(source, "notices", signed(SAMPLES["notices"]))).status == 200
        await hub.sync(source)
        await hub.pulled(source)
        return (await worth(hub))["Sana Khan Interiors"]

    assert in_a_hub(server, hub_folder, look) == (11, "260.00", "300.00", "0.00", 1)


# Xero's own examples ------------------------------------------------------------------------------------------------


def found_in(example: Any) -> Iterator[tuple[str, sdk.Row]]:
    """The rows of an answer, by stream; of most answers none, since they hold no list that is asked for."""
    body = json.dumps(example).encode()
    for name, member in LISTS.items():
        try:
            payloads = sdk.items(body, member)
        except sdk.SourceFailed:
            continue
        for payload in payloads:
            id_ = stream(name)._endpoint.id
            yield name, sdk.Row(json.loads(payload)[id_], payload)


@pytest.mark.shared
def test_all_182_examples_of_xero_are_read_or_have_the_right_problem(shared_data: Path) -> None:
    examples = json.loads((shared_data / "webhooks" / "xero_examples.json").read_text(encoding="utf-8"))
    kinds, problems, answers = Counter[str](), Counter[str](), Counter[bool]()
    for example in examples:
        rows = list(found_in(example["example"]))
        answers[bool(rows)] += 1
        for name, row in rows:
            try:
                for each in stream(name).touchpoints(row):
                    if isinstance(each, sdk.Touchpoint):
                        mapping.check(each, ZoneInfo("UTC"))
                    kinds[f"{name} {each.kind if isinstance(each, sdk.Touchpoint) else 'product'}"] += 1
            except sdk.RowUnreadable as problem:
                problems[f"{example['path']}: {problem.message}"] += 1
    assert len(examples) == 182
    assert answers == {True: 36, False: 146}
    assert kinds == {
        "contacts profile": 9, "invoices invoice": 5, "invoices product": 1, "credit_notes credit_note": 2,
        "payments payment": 4, "payments refund": 1, "prepayments payment": 3, "overpayments payment": 3,
        "quotes quote": 1, "quotes product": 1,
    }  # fmt: skip
    # Contacts inside of a group are named, not told of; nobody asks for them there.
    assert problems == {"/ContactGroups/{ContactGroupID}/Contacts: UpdatedDateUTC: Field required": 2}

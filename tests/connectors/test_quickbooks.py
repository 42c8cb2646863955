"""accounting.quickbooks against a server as Intuit's documentation describes it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.accounting.quickbooks.connector import Objects, QuickBooks
from connectors.accounting.quickbooks.notices import Notices
from hub import sdk
from hub import testing as kit
from hub.ingest.hub import Hub
from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.connectors import books
from tests.connectors.quickbooks_server import REALM, SAMPLES, SETTINGS, TOKEN
from tests.connectors.quickbooks_server import QuickBooks as Server
from tests.connectors.sparing import Sparing
from tests.outside.worlds import World

KINDS = {
    "customers": "Customer", "invoices": "Invoice", "payments": "Payment", "credit_memos": "CreditMemo",
    "sales_receipts": "SalesReceipt", "refund_receipts": "RefundReceipt", "estimates": "Estimate",
}  # fmt: skip


def signed(payload: Any, token: str = TOKEN) -> sdk.Delivery:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = base64.b64encode(hmac.digest(token.encode(), body, hashlib.sha256)).decode()
    return kit.delivery(body, {"content-type": "application/json", "intuit-signature": signature})


class TestQuickBooksKit(Sparing, ConnectorSuite):
    connector = QuickBooks
    settings = {**SETTINGS, "page_size": 3}
    provider = staticmethod(Server().answer)
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time; one that is too old is queried for"}

    def expired(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/oauth2"):
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(401)

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"notices": [signed(SAMPLES["older"]), signed(SAMPLES["newer"])]}


# What an object means -----------------------------------------------------------------------------------------------


def bound(outside: sdk.Outside | None = None, **settings: Any) -> QuickBooks:
    return QuickBooks(QuickBooks.Settings.model_validate(SETTINGS | settings), outside)


def stream(name: str, outside: sdk.Outside | None = None, **settings: Any) -> Any:
    return next(each for each in bound(outside, **settings).streams() if each.name == name)


def meaning(name: str, said: Any, **settings: Any) -> list[sdk.Touchpoint]:
    row = sdk.Row(said["Id"], json.dumps(said).encode())
    return [each for each in stream(name, **settings).touchpoints(row) if isinstance(each, sdk.Touchpoint)]


def sample(name: str, id_: str) -> dict[str, Any]:
    return dict(next(each for each in SAMPLES[KINDS[name]] if each["Id"] == id_))


def test_an_invoice_is_billed_with_its_lines_its_day_and_its_due_day() -> None:
    (bill,) = meaning("invoices", sample("invoices", "130"))
    assert bill == sdk.Touchpoint(
        kind="invoice",
        channel=sdk.Channel.ACCOUNTING,
        direction=sdk.Direction.OUTBOUND,
        occurred_at=date(2026, 1, 10),
        title="1037",
        part="invoice",
        amount=sdk.Money(Decimal("115.0"), "USD"),
        identifiers=(sdk.contact("1"),),
        traits={"company": "রহিম টেক্সটাইল"},
        matters=(sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference="130", title="1037", due=date(2026, 1, 24)),),
        lines=(
            sdk.Line(
                description="হাতে বোনা শাড়ি",
                quantity=Decimal(2),
                unit_price=sdk.Money(Decimal("50.0"), "USD"),
                amount=sdk.Money(Decimal("100.0"), "USD"),
                sku="7",
            ),
        ),
        properties={"number": "130", "due_on": "2026-01-24", "tax": "15.0", "invoice_number": "1037"},
    )


def shown(name: str) -> list[tuple[str, str, str, str]]:
    """Kind, part, amount and what is settled, of everything that the samples of a kind mean."""
    return books.shown(each for said in SAMPLES[KINDS[name]] for each in meaning(name, said))


def test_what_each_kind_means() -> None:
    assert {name: shown(name) for name in KINDS if name != "customers"} == {
        "invoices": [
            ("invoice", "invoice", "115.0 USD", ""),
            ("invoice", "invoice", "460.0 USD", ""),
            ("invoice", "invoice", "12000 JPY", ""),
        ],
        "payments": [
            ("payment", "to:130", "115.0 USD", "130"),
            ("payment", "payment", "5.0 USD", ""),
            ("payment", "to:132", "100.0 USD", "132"),
            ("payment", "to:132", "50.0 USD", "132"),  # the rest of what it settled came from a credit
        ],
        "credit_memos": [("credit_note", "credit_note", "200.0 USD", "")],
        "sales_receipts": [("invoice", "invoice", "30.0 USD", ""), ("payment", "payment", "30.0 USD", "140")],
        "refund_receipts": [("credit_note", "credit_note", "30.0 USD", ""), ("refund", "refund", "30.0 USD", "")],
        "estimates": [("quote", "quote", "460.0 USD", "")],
    }


def test_what_is_voided_means_nothing_and_what_is_of_nothing_does() -> None:
    assert meaning("invoices", sample("invoices", "136")) == []
    assert len(meaning("invoices", sample("invoices", "136") | {"PrivateNote": "A present"})) == 1


def test_discounts_and_lines_of_groups_are_lines() -> None:
    (bill,) = meaning("invoices", sample("invoices", "132"))
    assert [(each.description, str(each.amount.amount)) for each in bill.lines] == [
        ("Curtains", "500.0"), ("Regular customer", "-40.0"),
    ]  # fmt: skip
    (bill,) = meaning("invoices", sample("invoices", "137"))
    assert [(each.description, str(each.amount.amount), each.amount.currency) for each in bill.lines] == [
        ("تکیہ", "12000", "JPY")
    ]


def test_a_credit_memo_that_names_its_invoice_takes_from_it() -> None:
    (credit,) = meaning("credit_memos", sample("credit_memos", "134") | {"InvoiceRef": {"value": "132"}})
    assert (credit.properties["settles"], credit.matters[0].reference) == ("132", "132")


def test_documents_that_name_no_currency_are_in_the_companys_own() -> None:
    with pytest.raises(sdk.RowUnreadable) as fault:
        meaning("invoices", sample("invoices", "130"), currency="")
    assert (fault.value.message, fault.value.hint) == (
        "the document names no currency", "set currency of the source",
    )  # fmt: skip


def test_a_customer_is_a_firm_with_its_addresses() -> None:
    (card,) = meaning("customers", sample("customers", "1"))
    assert card.identifiers == (
        sdk.contact("1"), sdk.email("rahim@rahimtextile.example"), sdk.email("office@rahimtextile.example"),
        sdk.phone("+880 1711-234567"),
    )  # fmt: skip
    assert dict(card.traits) == {
        "company": "রহিম টেক্সটাইল", "name": "রহিম উদ্দিন", "street": "১২ কারওয়ান বাজার", "city": "ঢাকা",
        "country": "Bangladesh", "postcode": "1215",
    }  # fmt: skip
    (person,) = meaning("customers", sample("customers", "2"), contact_is="person")
    assert (person.identifiers[0], person.traits["name"]) == (sdk.contact("2", sdk.Side.PERSON), "ثنا خان")


def test_the_page_shows_settings_that_work_and_every_setting() -> None:
    text = (ROOT / "docs" / "connectors" / "accounting.quickbooks.md").read_text(encoding="utf-8")
    shown = json.loads(text.partition("```json\n")[2].partition("```")[0])
    settings = QuickBooks.Settings.model_validate({"client_secret": "asked", "refresh_token": "asked", **shown})
    assert [each for each in type(settings).model_fields if f"`{each}`" not in text] == []


# Pulling ------------------------------------------------------------------------------------------------------------


def pulled(name: str, server: Server, cursor: sdk.Cursor | None = None, **settings: Any) -> list[sdk.Page]:
    async def pull() -> list[sdk.Page]:
        asked = stream(name, World(server.answer).outside(), **settings)
        assert isinstance(asked, Objects)
        return [page async for page in asked.pages(cursor)]

    return asyncio.run(pull())


def test_at_first_everything_is_queried_for_in_order_of_time() -> None:
    server = Server()
    pages = pulled("payments", server, page_size=2)
    ask = "select * from Payment {}orderby MetaData.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 2"
    since = [f"where MetaData.LastUpdatedTime >= '2026-{day}T07:59:59Z' " for day in ("01-28", "01-30", "02-01")]
    assert server.asked == [ask.format(each) for each in ("", *since)]
    assert {row.key for page in pages for row in page.rows} == {"131", "133", "135", "138"}
    assert pages[-1].cursor == {"since": "2026-03-01T12:00:00+00:00"}  # when it was begun, by their clock


def test_inactive_customers_are_asked_for_too() -> None:
    (page,) = pulled("customers", Server())
    assert [row.key for row in page.rows] == ["1", "2", "3"]


def test_then_what_has_changed_is_asked_for_and_what_was_deleted() -> None:
    server = Server(now="2026-03-01T04:20:00-08:00")
    gone = {"domain": "QBO", "status": "Deleted", "Id": "131",
            "MetaData": {"LastUpdatedTime": "2026-03-01T04:10:00-08:00"}}  # fmt: skip
    server.held["Payment"].append(gone)
    (page,) = pulled("payments", server, {"since": "2026-03-01T12:00:00+00:00"})
    (row,) = page.rows
    assert (row.key, row.payload, row.deleted, row.version) == ("131", b"", True, "2026-03-01T12:10:00/9999999999")
    assert server.asked == ["cdc Payment 2026-03-01T11:55:00Z"]
    assert page.cursor == {"since": "2026-03-01T12:20:00+00:00"}


def test_nothing_changed_is_an_empty_page() -> None:
    (page,) = pulled("estimates", Server(), {"since": "2026-03-01T12:00:00+00:00"})
    assert (page.rows, page.cursor) == ([], {"since": "2026-03-01T12:00:00+00:00"})


def test_after_a_month_and_when_too_much_has_changed_it_is_queried_for_again() -> None:
    server = Server()
    (page,) = pulled("payments", server, {"since": "2026-01-29T00:00:00+00:00"})
    assert [row.key for row in page.rows] == ["133", "138"]
    assert [each.split(" ")[0] for each in server.asked] == ["select"]
    changed = [
        sample("payments", "131") | {"Id": str(number), "MetaData": {"LastUpdatedTime": "2026-02-28T10:00:00-08:00"}}
        for number in range(1200)
    ]
    server = Server({"Payment": [{**changed[0], "Id": "gone", "status": "Deleted"}, *changed]})
    pages = pulled("payments", server, {"since": "2026-02-28T12:00:00+00:00"})
    assert len({row.key for page in pages for row in page.rows if not row.deleted}) == 1200
    assert [row.key for row in pages[0].rows] == ["gone"]
    assert [each.split(" ")[0] for each in server.asked] == ["cdc", "select", "select", "select"]
    assert pages[-1].cursor == {"since": "2026-03-01T12:00:00+00:00"}


def test_of_two_changes_in_a_second_the_later_one_stands() -> None:
    twice = [sample("payments", "131") | {"SyncToken": token} for token in ("9", "10")]
    (page,) = pulled("payments", Server({"Payment": twice}))
    assert [row.version for row in page.rows] == ["2026-01-20T08:00:00/0000000009", "2026-01-20T08:00:00/0000000010"]


def test_a_sandbox_is_another_server() -> None:
    assert bound(sandbox=True).settings.server == "https://sandbox-quickbooks.api.intuit.com"


# Being told ---------------------------------------------------------------------------------------------------------


def told(delivery: sdk.Delivery, **settings: Any) -> sdk.Reception:
    notices = stream("notices", **settings)
    assert isinstance(notices, Notices)
    return notices.receive(delivery)


def test_both_forms_of_bodies_are_kept_and_have_the_source_pulled() -> None:
    older, newer = told(signed(SAMPLES["older"])), told(signed(SAMPLES["newer"]))
    assert [row.key for row in older.rows] == [
        f"{REALM}/Customer/2/Merge/2026-02-28T10:00:00+00:00", f"{REALM}/Payment/131/Update/2026-03-01T11:59:58+00:00",
    ]  # fmt: skip
    assert [row.key for row in newer.rows] == [each["id"] for each in SAMPLES["newer"]]
    assert (older.pull_within, newer.pull_within, newer.reply.status) == (30, 30, 200)


def test_customers_that_were_merged_are_one_in_either_form() -> None:
    for name, at in (
        ("older", datetime(2026, 2, 28, 10, 0, 0, 0, UTC)),
        ("newer", datetime(2026, 2, 28, 10, 0, 1, 0, UTC)),
    ):
        found = [each for row in told(signed(SAMPLES[name])).rows for each in stream("notices").touchpoints(row)]
        assert [(each.kind, each.alias, each.identifiers, each.occurred_at) for each in found] == [
            ("profile", True, (sdk.contact("2"), sdk.contact("3")), at)
        ]


def test_a_forged_delivery_is_refused() -> None:
    genuine = signed(SAMPLES["older"])
    for forged in (
        signed(SAMPLES["older"], "another token"),
        replace(genuine, body=genuine.body.replace(b"Merge", b"Split")),
        replace(genuine, headers={"intuit-signature": "AAAA"}),
        replace(genuine, headers={}),
    ):
        with pytest.raises(sdk.SignatureWrong):
            told(forged)
    with pytest.raises(sdk.SignatureWrong):
        told(genuine, verifier_tokens=[])
    for token in "old", "new":
        assert told(signed(SAMPLES["older"], token), verifier_tokens=["old", "new"]).rows


def test_notices_of_other_companies_of_the_app_are_let_pass() -> None:
    for form in "older", "newer":
        reception = told(signed(SAMPLES[form]), realm_id="1")
        assert (reception.rows, reception.pull_within) == ([], None)


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"{}", b"null", b"7", b"[7]", b"[{}]", b"\xff\x00", b'{"eventNotifications": [7]}',
     b'{"eventNotifications": [{"realmId": "%s"}]}' % REALM.encode(),
     b'{"eventNotifications": [{"realmId": "%s", "dataChangeEvent": {"entities": [7]}}]}' % REALM.encode()],
)  # fmt: skip
def test_what_is_genuine_and_makes_no_sense_is_kept_with_its_problem(body: bytes) -> None:
    rows = told(signed(body)).rows
    assert rows
    for row in rows:
        with pytest.raises(sdk.RowUnreadable):
            list(stream("notices").touchpoints(row))


def test_an_empty_delivery_is_none() -> None:
    for body in b"[]", b'{"eventNotifications": []}':
        assert told(signed(body)).rows == []


# In a hub -----------------------------------------------------------------------------------------------------------


RAHIMS, SANAS, NOBODYS = (
    (8, "115.00", "150.00", "0.00", 2),
    (7, "260.00", "150.00", "110.00", 2),
    (1, "0.00", "0.00", "0.00", 0),
)
"""The one was billed 145.00 of which 30.00 were taken back and paid back, and paid 5.00 too much. The other was billed
460.00, credited 200.00, paid 150.00 and owes the rest; and has a bill in yen."""


@pytest.mark.parametrize("backwards", [False, True])
def test_money_comes_to_whom_it_is_of_in_any_order(hub_folder: Path, *, backwards: bool) -> None:
    async def look(hub: Hub, source: str) -> Any:
        before = await books.worth(hub, "USD")
        assert (await hub.door.take(source, "notices", signed(SAMPLES["older"]))).status == 200
        return before, await books.worth(hub, "USD")

    before, merged = books.in_a_hub(QuickBooks, SETTINGS, Server().answer, hub_folder, look, backwards=backwards)
    assert before == {"রহিম টেক্সটাইল": RAHIMS, "Sana Khan Interiors": SANAS, "S. Khan 🏠 (deleted)": NOBODYS}
    assert merged == {"রহিম টেক্সটাইল": RAHIMS, "Sana Khan Interiors": (9, *SANAS[1:])}

"""accounting.stripe: asked and told, what each object means, and whose it is."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.accounting.stripe.connector import Objects, Stripe
from connectors.accounting.stripe.objects import money
from hub import sdk
from hub import testing as kit
from hub.client import Client
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from hub.sealing import new_key
from hub.settings import Company
from hub.testing import ConnectorSuite
from hub.values import RevenueBasis
from tests.connectors.sparing import Sparing
from tests.connectors.stripe_server import KEY, SAMPLES, Server
from tests.outside.listening import served
from tests.outside.worlds import World
from tests.settled import settled
from tests.signatures.vectors import digest

SECRET, OLD = "whsec_stripe_new", "whsec_stripe_old"
SETTINGS = {"key": KEY, "signing_secrets": [SECRET, OLD]}
SEAL = new_key()


def written(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=2).encode()


def happened(held: dict[str, Any], type_: str = "") -> dict[str, Any]:
    """An event that tells of an object."""
    about = {"id": f"evt_{held['id']}", "object": "event", "created": 1775000200, "livemode": True}
    return {**about, "type": type_ or f"{held['object']}.created", "data": {"object": held}}


def signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    made = digest(secret.encode(), f"{int(at.timestamp())}.".encode() + body).hex()
    return {"stripe-signature": f"t={int(at.timestamp())},v1={made},v0=ignored"}


class TestStripe(Sparing, ConnectorSuite):
    connector = Stripe
    settings = SETTINGS
    # The other objects come by deliveries, which costs less.
    provider = Server(page=1, missing=set(SAMPLES["lists"]) - {"customers", "refunds"}).app
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time: by the clock it is seen what Stripe forgot"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        listed = [each for held in SAMPLES["lists"].values() for each in held]
        bodies = [written(each) for each in (*SAMPLES["events"], *map(happened, listed))]
        return {"objects": [kit.delivery(body, signed(body, kit.NOW)) for body in bodies]}

    @pytest.mark.long
    def test_no_delivery_makes_the_door_fall(self) -> None:
        super().test_no_delivery_makes_the_door_fall()


def bound(outside: sdk.Outside | None = None, **settings: Any) -> Stripe:
    return Stripe(Stripe.Settings.model_validate(SETTINGS | settings), outside)


def stream(**settings: Any) -> Objects:
    (found,) = bound(**settings).streams()
    assert isinstance(found, Objects)
    return found


def meant(said: dict[str, Any], **settings: Any) -> list[sdk.Touchpoint]:
    found = stream(**settings).touchpoints(sdk.Row(said.get("id", "?"), written(said)))
    return [each for each in found if isinstance(each, sdk.Touchpoint)]


def sample(path: str, id_: str, **changes: Any) -> dict[str, Any]:
    (found,) = [each for each in SAMPLES["lists"][path] if each["id"] == id_]
    return {**found, **changes}


def eur(amount: str) -> sdk.Money:
    return sdk.Money(Decimal(amount), "EUR")


# What each object means ---------------------------------------------------------------------------------------------

TOMAS = sdk.Identifier("stripe_customer", "cus_Tomas")
BEGAN = datetime(2026, 3, 31, 23, 33, 20, tzinfo=UTC)


def said(*touchpoints: sdk.Touchpoint) -> list[tuple[str, str, str]]:
    return [
        (each.kind, each.part, f"{each.amount.amount:f} {each.amount.currency}" if each.amount else "")
        for each in touchpoints
    ]


def test_every_sample_means_what_it_says() -> None:
    assert {each["id"]: said(*meant(each)) for held in SAMPLES["lists"].values() for each in held} == {
        "prod_Saree": [],
        "cus_Farzana": [("profile", "profile", "")],
        "cus_Tomas": [("profile", "profile", "")],
        "sub_Club": [("contract", "contract", ""), ("contract", "end", "")],
        "qt_Loom": [("quote", "quote", "900.00 EUR")],
        "in_Club1": [("invoice", "invoice", "75.00 EUR")],
        "in_Wrong": [("invoice", "invoice", "2500.00 BDT"), ("credit_note", "void", "2500.00 BDT")],
        "ch_Club1": [("payment", "payment", "75.00 EUR")],
        "ch_Guest": [("invoice", "sale", "12000 JPY"), ("payment", "payment", "12000 JPY")],
        "ch_Failed": [("accounting.failed_payment", "failure", "75.00 EUR")],
        "ch_Kuwait": [("invoice", "sale", "45.500 KWD"), ("payment", "payment", "45.500 KWD")],
        "re_Guest": [("refund", "refund", "2000 JPY"), ("credit_note", "credit", "2000 JPY")],
        "cn_Club1": [("credit_note", "credit_note", "15.00 EUR")],
        "dp_Kuwait": [
            ("case", "case", ""),
            ("reversal", "reversal", "45.500 KWD"),
            ("credit_note", "credit", "45.500 KWD"),
        ],
        "cs_live_Guest": [("order", "order", "12000 JPY")],
    }


def test_a_customer_is_known_by_id_mail_and_phone() -> None:
    (profile,) = meant(sample("customers", "cus_Farzana"))
    assert profile == sdk.Touchpoint(
        kind="profile",
        channel=sdk.Channel.ACCOUNTING,
        direction=sdk.Direction.INTERNAL,
        occurred_at=BEGAN,
        part="profile",
        automated=True,
        identifiers=(
            sdk.Identifier("stripe_customer", "cus_Farzana"),
            sdk.email("farzana@shop.example"),
            sdk.phone("+8801711234567", "BD"),
        ),
        traits={
            "name": "ফারজানা হক", "street": "১২ ধানমন্ডি", "postcode": "1209", "city": "ঢাকা", "country": "BD",
            "language": "bn",
        },
    )  # fmt: skip


def test_a_customer_may_be_an_organisation() -> None:
    (profile,) = meant(sample("customers", "cus_Tomas"), customer_is="organisation")
    assert profile.identifiers == (sdk.contact("cus_Tomas"), sdk.email("tomas@atelier.example"))
    assert profile.traits == {"company": "Tomás 🌻"}


def test_an_invoice_has_its_lines_tax_and_contract() -> None:
    (bill,) = meant(sample("invoices", "in_Club1"))
    assert bill == sdk.Touchpoint(
        kind="invoice",
        channel=sdk.Channel.ACCOUNTING,
        direction=sdk.Direction.OUTBOUND,
        occurred_at=BEGAN + timedelta(seconds=110),
        title="7FE1103-0001",
        part="invoice",
        amount=eur("75.00"),
        identifiers=(TOMAS, sdk.email("tomas@atelier.example")),
        traits={"name": "Tomás 🌻"},
        matters=(
            sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference="in_Club1", title="7FE1103-0001"),
            sdk.MatterClaim(kind=sdk.MatterKind.CONTRACT, reference="sub_Club"),
        ),
        lines=(
            sdk.Line(
                description="1 × Club (at €75.00 / month)",
                quantity=Decimal(1),
                unit_price=eur("75.0000"),
                amount=eur("75.00"),
                tax=eur("11.97"),
                sku="prod_Saree",
            ),
        ),
        properties={"number": "in_Club1", "invoice_number": "7FE1103-0001", "tax": "11.97", "status": "paid"},
    )
    sent, _ = meant(sample("invoices", "in_Wrong"))
    assert (sent.matters[0].due, sent.properties["due_on"]) == (date(2026, 4, 14), "2026-04-14")


@pytest.mark.parametrize(
    "changes",
    [
        {"tax": None, "total_tax_amounts": None, "total_taxes": [{"amount": 1000}, {"amount": 197}]},
        {"subscription": None, "parent": {"subscription_details": {"subscription": {"id": "sub_Club"}}}},
        {"created": None, "date": 1775000100},
        {"status": None},
        {"status_transitions": None, "effective_at": None, "finalized_at": 1775000110},
    ],
    ids=["taxes of 2025", "parent of 2025", "date of 2017", "no status in 2017", "finalized_at of 2018"],
)  # fmt: skip
def test_an_invoice_reads_alike_in_all_renderings(changes: dict[str, Any]) -> None:
    assert meant(sample("invoices", "in_Club1", **changes)) == meant(sample("invoices", "in_Club1"))


def test_a_draft_says_nothing_and_a_voided_invoice_takes_its_rest_back() -> None:
    assert meant(sample("invoices", "in_Wrong", status="draft")) == []
    bill, void = meant(sample("invoices", "in_Wrong", pre_payment_credit_notes_amount=50000))
    assert (bill.amount, void.amount) == (sdk.Money(Decimal("2500.00"), "BDT"), sdk.Money(Decimal("2000.00"), "BDT"))
    assert (void.occurred_at - BEGAN, void.properties["settles"]) == (timedelta(seconds=900), "in_Wrong")
    assert void.matters[0].outcome is sdk.MatterOutcome.CANCELLED


def test_what_was_paid_outside_of_stripe_is_a_payment() -> None:
    bill = sample("invoices", "in_Club1", charge=None, paid_out_of_band=True)
    for changes in {}, {"amount_paid": 0}:
        found = meant({**bill, **changes})
        assert said(*found) == [("invoice", "invoice", "75.00 EUR"), ("payment", "payment", "75.00 EUR")]
    recorded = next(each for each in SAMPLES["events"] if each["type"] == "invoice_payment.paid")["data"]["object"]
    assert meant(recorded) == []  # its charge is told of as well
    assert said(*meant({**recorded, "payment": {"type": "payment_record"}})) == [("payment", "payment", "75.00 EUR")]


def test_a_charge_settles_its_invoice_and_one_without_is_a_sale() -> None:
    (paid,) = meant(sample("charges", "ch_Club1"))
    assert (paid.properties["number"], paid.properties["settles"]) == ("ch_Club1", "in_Club1")
    assert [(each.kind.value, each.reference) for each in paid.matters] == [
        ("INVOICE", "in_Club1"),
        ("OTHER", "ch_Club1"),
    ]
    assert paid.identifiers == (TOMAS,)
    sale, payment = meant(sample("charges", "ch_Guest"))
    assert (sale.properties["number"], payment.properties["settles"]) == ("ch_Guest", "ch_Guest")
    assert (payment.identifiers, payment.traits["name"]) == ((sdk.email("bilal@post.example"),), "بلال احمد")


def test_an_account_may_be_the_customer() -> None:
    (paid,) = meant(sample("charges", "ch_Club1", customer=None, customer_account="acct_Tomas"))
    assert paid.identifiers == (sdk.Identifier("stripe_customer", "acct_Tomas"),)


def test_what_is_only_reserved_or_on_its_way_is_no_payment() -> None:
    assert meant(sample("charges", "ch_Guest", captured=False)) == []
    assert meant(sample("charges", "ch_Guest", status="pending", paid=False)) == []
    part = meant(sample("charges", "ch_Guest", amount_captured=5000))
    assert said(*part) == [("invoice", "sale", "5000 JPY"), ("payment", "payment", "5000 JPY")]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [("succeeded", 2), ("pending", 2), (None, 2), ("failed", 0), ("canceled", 0), ("requires_action", 0)],
)
def test_a_refund_that_did_not_happen_takes_nothing_back(status: str | None, kinds: int) -> None:
    assert len(meant(sample("refunds", "re_Guest", status=status))) == kinds


@pytest.mark.parametrize(
    ("status", "outcome", "kinds"),
    [
        ("warning_needs_response", None, ["case"]),
        ("under_review", None, ["case", "reversal", "credit_note"]),
        ("lost", sdk.MatterOutcome.LOST, ["case", "reversal", "credit_note"]),
        ("won", sdk.MatterOutcome.WON, ["case"]),
        ("warning_closed", sdk.MatterOutcome.RESOLVED, ["case"]),
    ],
)
def test_a_dispute_takes_back_what_the_bank_has(status: str, outcome: Any, kinds: list[str]) -> None:
    found = meant(sample("disputes", "dp_Kuwait", status=status))
    assert [each.kind for each in found] == kinds
    assert (found[0].matters[0].outcome, found[0].matters[0].open) == (outcome, outcome is None)


def test_a_credit_note_takes_back_what_its_refunds_do_not() -> None:
    for changes, amount in (
        ({"refunds": [{"refund": "re_1", "amount_refunded": 1000}]}, "5.00"),
        ({"refunds": [{"refund": "re_1", "amount_refunded": 1500}]}, "0.00"),
        ({"refund": "re_1", "out_of_band_amount": 200}, "2.00"),
        ({"refund": "re_1"}, "0.00"),
    ):
        (note,) = meant(sample("credit_notes", "cn_Club1", **changes))
        assert (note.amount, note.properties["total"]) == (eur(amount), "15.00")
    assert meant(sample("credit_notes", "cn_Club1", status="void")) == []


def test_the_end_of_a_subscription_says_why() -> None:
    _, end = meant(sample("subscriptions", "sub_Club"))
    assert (end.text, end.direction, end.automated) == ("بہت مہنگا", sdk.Direction.INBOUND, False)
    assert end.properties["feedback"] == "too_expensive"
    _, failed = meant(sample("subscriptions", "sub_Club", cancellation_details={"reason": "payment_failed"}))
    assert (failed.direction, failed.automated) == (sdk.Direction.INTERNAL, True)
    assert meant(sample("subscriptions", "sub_Club", status="incomplete_expired")) == []


@pytest.mark.parametrize(
    ("amount", "currency", "worth"),
    [
        (12345, "usd", "123.45"), (12345, "jpy", "12345"), (12345, "kwd", "12.345"), (500, "isk", "5.00"),
        (500, "ugx", "5.00"), (500, "mga", "500"), (-7, "bdt", "-0.07"),
    ],
)  # fmt: skip
def test_amounts_have_the_digits_that_stripe_gives_their_currency(amount: int, currency: str, worth: str) -> None:
    assert f"{money(amount, currency).amount:f}" == worth


def test_tests_count_only_where_they_are_wanted() -> None:
    tried = sample("customers", "cus_Tomas", livemode=False)
    assert (len(meant(tried)), len(meant(tried, tests=True))) == (0, 1)
    row = sdk.Row("re_Guest", written(sample("refunds", "re_Guest")), {"livemode": "false"})
    assert (list(stream().touchpoints(row)), len(list(stream(tests=True).touchpoints(row)))) == ([], 2)


def test_a_row_that_is_no_object_says_why() -> None:
    for payload in (b"", b"[]", b"7", b'{"id": "x"}', b'{"object": "charge", "id": "ch_1"}'):
        with pytest.raises(sdk.RowUnreadable):
            list(stream().touchpoints(sdk.Row("x", payload)))


@pytest.mark.shared
def test_all_176_kinds_of_objects_come_in_without_a_problem(shared_data: Path) -> None:
    resources = json.loads((shared_data / "webhooks" / "stripe" / "fixtures3.json").read_text(encoding="utf-8"))[
        "resources"
    ]
    found: dict[str, list[str]] = {}
    for name, held in resources.items():
        event = {
            "id": f"evt_{name}",
            "object": "event",
            "type": f"{name}.updated",
            "created": 1,
            "data": {"object": held},
        }
        body = written({**event, "livemode": False})
        (row,) = stream(tests=True).receive(kit.delivery(body, signed(body, kit.NOW))).rows
        assert row.payload in body
        found[name] = [getattr(each, "kind", "product") for each in stream(tests=True).touchpoints(row)]
    assert len(found) == 176
    assert {name: kinds for name, kinds in found.items() if kinds} == {
        "credit_note": ["credit_note"], "customer": ["profile"], "dispute": ["case"], "product": ["product"],
        "refund": ["refund", "credit_note"], "subscription": ["contract"],
    }  # fmt: skip
    # The others of those that are read are in states of which there is nothing to say yet.
    for name, state, kinds in (
        ("charge", {"captured": True}, ["payment"]),
        ("invoice", {"status": "open"}, ["invoice"]),
        ("quote", {"status": "open"}, ["quote"]),
        ("checkout.session", {"status": "complete"}, ["order"]),
    ):
        assert [each.kind for each in meant({**resources[name], **state}, tests=True)] == kinds


# Being told ---------------------------------------------------------------------------------------------------------


def told(event: dict[str, Any], secret: str = SECRET, **settings: Any) -> sdk.Reception:
    body = written(event)
    return stream(**settings).receive(kit.delivery(body, signed(body, kit.NOW, secret)))


def event(type_: str) -> dict[str, Any]:
    return dict(next(each for each in SAMPLES["events"] if each["type"] == type_))


def test_an_event_is_its_object_byte_for_byte_and_as_new_as_the_event() -> None:
    (row,) = told(event("invoice.paid")).rows
    assert (row.key, row.version, row.deleted, row.envelope) == ("in_Club1", "177500012032", False, {})
    assert json.loads(row.payload) == sample("invoices", "in_Club1")
    assert row.payload in written(event("invoice.paid"))
    (gone,) = told(event("customer.deleted")).rows
    assert (gone.key, gone.deleted) == ("cus_Gone", True)


def test_of_one_second_the_state_that_is_further_stands() -> None:
    states = [
        ("invoice.created", "draft"), ("invoice.updated", "draft"), ("invoice.finalized", "open"),
        ("invoice.updated", "open"), ("invoice.paid", "paid"), ("invoice.voided", "void"), ("invoice.deleted", "void"),
    ]  # fmt: skip
    versions = []
    for type_, status in states:
        held = sample("invoices", "in_Club1", status=status)
        (row,) = told({**event("invoice.paid"), "type": type_, "data": {"object": held}}).rows
        versions.append(int(row.version or 0))
    in_order = [versions[place] for place in (0, 1, 3, 2, 4, 5, 6)]
    assert in_order == sorted(set(versions))


def test_an_event_without_an_object_of_its_own_is_kept_whole() -> None:
    (row,) = told(event("balance.available")).rows
    assert (row.key, json.loads(row.payload)) == ("evt_7", event("balance.available"))
    assert list(stream().touchpoints(row)) == []
    thin = {
        "id": "evt_v2",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error",
        "created": "2026-03-01T00:00:00Z",
    }
    (kept,) = told(thin).rows
    assert kept.key == "evt_v2"
    assert list(stream().touchpoints(kept)) == []


def test_a_charge_that_does_not_say_of_which_invoice_it_is_waits_to_be_asked_for() -> None:
    (row,) = told(event("charge.succeeded")).rows
    assert (row.key, list(stream().touchpoints(row))) == ("evt_5", [])


def test_either_secret_is_good_while_one_is_rolled() -> None:
    assert told(event("invoice.paid"), OLD).rows
    with pytest.raises(sdk.SignatureWrong):
        told(event("invoice.paid"), "whsec_other")
    with pytest.raises(sdk.SignatureWrong):
        told(event("invoice.paid"), signing_secrets=[])


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (299, True), (301, False), (-3600, True)])
def test_a_delivery_holds_for_five_minutes_and_a_slow_clock_is_forgiven(seconds: int, good: bool) -> None:
    body = written(event("invoice.paid"))
    delivery = kit.delivery(body, signed(body, kit.NOW - timedelta(seconds=seconds)))
    if good:
        assert stream().receive(delivery).rows
    else:
        with pytest.raises(sdk.SignatureWrong):
            stream().receive(delivery)


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=x,v1=y", "v1=00", "t=1", "=,=", "t=1,v0=00", ",", "t=" + "9" * 30])
def test_a_malformed_signature_is_refused(header: str) -> None:
    body = written(event("invoice.paid"))
    for headers in ({"stripe-signature": header}, {}):
        with pytest.raises(sdk.SignatureWrong):
            stream().receive(kit.delivery(body, headers))


def test_what_was_changed_on_the_way_is_refused() -> None:
    body = written(event("invoice.paid"))
    with pytest.raises(sdk.SignatureWrong):
        stream().receive(kit.delivery(body.replace(b"7500", b"7501"), signed(body, kit.NOW)))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": 7}', b"\xff", b'{"id": "evt", "data": 7}', b"[" * 3000])
def test_signed_nonsense_is_kept_with_its_problem(body: bytes) -> None:
    (row,) = stream().receive(kit.delivery(body, signed(body, kit.NOW))).rows
    with pytest.raises(sdk.RowUnreadable):
        list(stream().touchpoints(row))


def test_events_of_other_accounts_are_answered_and_not_kept() -> None:
    of_another = {**event("invoice.paid"), "account": "acct_other"}
    assert (told(of_another).reply.status, told(of_another).rows) == (200, ())
    assert told(of_another, account="acct_other").rows
    assert told(event("invoice.paid"), account="acct_other").rows == ()


def test_who_looks_at_the_address_is_answered() -> None:
    for method, status in (("GET", 200), ("HEAD", 200), ("PUT", 405)):
        assert stream().receive(kit.delivery(b"", {}, method=method)).reply.status == status


# Asking -------------------------------------------------------------------------------------------------------------


def world(server: Server, at: datetime = kit.NOW) -> World:
    transport = httpx.ASGITransport(server.app)

    async def answer(request: httpx.Request) -> httpx.Response:
        given = await transport.handle_async_request(request)
        await given.aread()
        return given

    return World(answer, at)


def pulled(server: Server, cursor: sdk.Cursor | None = None, at: datetime = kit.NOW, **settings: Any) -> list[sdk.Page]:
    async def pull() -> list[sdk.Page]:
        (asked,) = bound(world(server, at).outside(), **settings).streams()
        assert isinstance(asked, sdk.PullStream)
        return [page async for page in asked.pages(cursor)]

    return asyncio.run(pull())


def test_at_first_every_list_is_read_to_its_end() -> None:
    server = Server(page=1)
    pages = pulled(server)
    keys = [row.key for page in pages for row in page.rows]
    assert sorted(keys) == sorted(each["id"] for held in SAMPLES["lists"].values() for each in held)
    assert pages[-1].cursor == {"since": "2026-06-01T09:30:00+00:00"}
    assert pages[2].cursor == {"begun": "2026-06-01T09:30:00+00:00", "list": 1, "after": "cus_Farzana"}
    assert server.asked[3] == "subscriptions?status=all&limit=100"
    assert server.asked[-1] == "checkout/sessions?status=complete&limit=100"
    assert server.headers[0]["stripe-version"] == "2025-02-24.acacia"


def test_an_api_that_lacks_a_list_gives_the_others() -> None:
    server = Server()
    server.missing = {"quotes", "checkout/sessions"}
    assert len(pulled(server)) == 9


def test_a_key_that_may_not_read_something_says_what() -> None:
    server = Server()
    server.forbidden = {"credit_notes"}
    with pytest.raises(sdk.SignInAgain, match="The key may not read credit notes: give the restricted key"):
        pulled(server)


def test_later_only_events_are_read_back_to_the_last_pull_and_ten_minutes_further() -> None:
    server, refunded = Server(page=2), BEGAN + timedelta(seconds=86400)
    cursor = {"since": (refunded + timedelta(minutes=10)).isoformat()}
    first, second, end = pulled(server, cursor, at=datetime(2026, 4, 25, tzinfo=UTC))
    assert [(row.key, row.deleted) for row in first.rows] == [("ch_Guest", False), ("cus_Gone", True)]
    assert first.cursor == {**cursor, "begun": "2026-04-25T00:00:00+00:00", "list": 0, "after": "evt_3"}
    assert [row.key for row in second.rows] == ["re_Guest"]
    assert end.cursor == {"since": "2026-04-25T00:00:00+00:00"}
    assert server.asked == ["events?limit=100", "events?starting_after=evt_3&limit=100"]


def test_a_charge_is_asked_for_where_its_event_does_not_say_of_which_invoice_it_is() -> None:
    server = Server()
    (page, _) = pulled(server, {"since": "2026-03-31T23:30:00+00:00"}, at=datetime(2026, 4, 20, tzinfo=UTC))
    charges = [row for row in page.rows if row.key == "ch_Club1"]
    assert [json.loads(row.payload)["invoice"] for row in charges] == ["in_Club1"]
    assert "evt_5" in [row.key for row in page.rows]
    assert "charges/ch_Club1?" in server.asked


def test_after_29_days_everything_is_listed_again() -> None:
    with pytest.raises(sdk.CursorExpired):
        pulled(Server(), {"since": "2026-05-03T09:29:00+00:00"})
    assert pulled(Server(), {"since": "2026-05-03T09:31:00+00:00"})


def test_where_the_object_a_list_was_left_at_is_gone_the_pull_begins_again() -> None:
    with pytest.raises(sdk.CursorExpired):
        pulled(Server(), {"begun": "2026-06-01T09:00:00+00:00", "list": 1, "after": "cus_deleted"})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"key": "pk_live_1"}, "key is a publishable key, which may read nothing: make a restricted key"),
        ({"key": "rk_test_1"}, "key is of test mode: take one of live mode, or say that tests count"),
        ({"key": " \n"}, "key is empty, or has signs that no key of Stripe has"),
        ({"account": "cus_1"}, "an account's id begins with acct_"),
        ({"api": "api.stripe.com"}, "write the address of a server, like https://api.stripe.com"),
    ],
)
def test_settings_that_cannot_work_are_told_in_a_sentence(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as error:
        bound(**settings)
    assert error.value.errors()[0]["msg"].removeprefix("Value error, ") == problem


def test_a_check_asks_for_a_customer_and_never_over_plain_http() -> None:
    server = Server()
    assert list(bound(world(server).outside(), api="http://stripe.example").check()) == [
        "api: use https, so that nobody on the way reads the key."
    ]
    assert server.asked == []
    assert list(bound(world(server).outside()).check()) == []
    assert server.asked == ["customers?limit=1"]
    assert list(bound(world(server).outside(), key="rk_live_other").check()) == [
        "key: api.stripe.com does not take our credentials (401 Unauthorized)."
    ]
    server.forbidden = {"customers"}
    assert list(bound(world(server).outside()).check()) == [
        "key: The key may not read customers: give the restricted key the permission Read for it."
    ]
    server.missing, server.forbidden = {"customers"}, set()
    assert list(bound(world(server).outside()).check()) == ["api: api.stripe.com answered 404 Not Found."]


# In a hub -----------------------------------------------------------------------------------------------------------

VALUES = """query Values($currency: Currency!) { customers(first: 40) { edges { node {
  id name timeline(first: 20) { edges { node { id kind } } }
  value(currency: $currency) { revenue { amount } outstanding { amount } overdue { amount } orders }
} } } }"""


async def values(hub: Hub, currency: str) -> dict[str, tuple[str, str, int, list[str]]]:
    """By name: revenue, what is owed, purchases, and the kinds of what happened."""
    found = await Client.of(hub).execute(VALUES, {"currency": currency})
    return {
        node["name"]: (
            node["value"]["revenue"]["amount"],
            node["value"]["outstanding"]["amount"],
            node["value"]["orders"],
            sorted(each["node"]["kind"] for each in node["timeline"]["edges"]),
        )
        for node in (edge["node"] for edge in found["customers"]["edges"])
    }


async def deliver(hub: Hub, source: str, said: dict[str, Any]) -> None:
    body = written(said)
    now = datetime.now(UTC)
    delivery = replace(kit.delivery(body, signed(body, now)), received_at=now)
    assert (await hub.deliver(source, "objects", delivery)).status == 200


def dealings(name: str, invoice: str | None = None) -> list[dict[str, Any]]:
    """A customer, a payment, a refund of a part of it that names only the charge, and the invoice if there is one."""
    customer = sample("customers", "cus_Tomas", id=f"cus_{name}", name=name, email=f"{name}@shop.example")
    charge = sample("charges", "ch_Club1", id=f"ch_{name}", customer=f"cus_{name}", invoice=invoice)
    refund = sample("refunds", "re_Guest", id=f"re_{name}", charge=f"ch_{name}", amount=3000, currency="eur")
    bill = sample("invoices", "in_Club1", id=invoice, customer=f"cus_{name}", customer_email=None, customer_name=None)
    return [happened(held) for held in (customer, charge, refund, bill) if held["id"]]


@pytest.mark.parametrize("basis", [RevenueBasis.BILLED, pytest.param(RevenueBasis.CASH, marks=pytest.mark.long)])
def test_a_refund_that_names_only_its_charge_lands_on_the_right_customer(
    sparing_address: str, basis: RevenueBasis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")

    async def main(api: str) -> None:
        company = Company(currency="EUR", revenue_basis=basis)
        async with await Hub.open(sparing_address, registry(), company, secret_key=SEAL) as hub:
            source = (await hub.create_source("Shop", "accounting.stripe", {**SETTINGS, "api": api})).ids[0]
            told: list[tuple[str, str | None, tuple[int, ...]]] = [
                ("billed", "in_1", (0, 3, 1, 2)), ("backwards", "in_2", (2, 1, 3, 0)), ("late", "in_3", (2, 3, 0, 1)),
            ]  # fmt: skip
            told += [(f"alone{place}", None, order) for place, order in enumerate(itertools.permutations(range(3)))]
            for name, invoice, in_order in told:
                for place in in_order:
                    await deliver(hub, source, dealings(name, invoice)[place])
                    await settled(hub)
            kinds = ["credit_note", "invoice", "payment", "profile", "refund"]
            assert await values(hub, "EUR") == {name: ("45.00", "0.00", 1, kinds) for name, _, _ in told}

    with served(Server().app) as address:
        asyncio.run(main(address))


@pytest.mark.parametrize("basis", RevenueBasis)
def test_no_sale_counts_twice_whoever_tells_of_it_and_however_often(
    sparing_address: str, basis: RevenueBasis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")

    async def main(api: str) -> None:
        company = Company(currency="EUR", revenue_basis=basis)
        async with await Hub.open(sparing_address, registry(), company, secret_key=SEAL) as hub:
            source = (await hub.create_source("Shop", "accounting.stripe", {**SETTINGS, "api": api})).ids[0]
            for each in (*SAMPLES["events"], *reversed(SAMPLES["events"])):
                await deliver(hub, source, each)
            for _ in range(2):
                await hub.sync(source)
                await hub.pulled(source)
            await settled(hub)
            billed = basis is RevenueBasis.BILLED
            books = ["accounting.failed_payment", "contract", "contract", "credit_note", "invoice", "payment"]
            taken_back = ["case", "credit_note", "credit_note", "invoice", "invoice", "payment", "profile", "reversal"]
            assert await values(hub, "EUR") == {
                "Tomás 🌻": ("60.00" if billed else "75.00", "0.00", 1, [*books, "profile", "quote"]),
                "ফারজানা হক": ("0.00", "0.00", 0, taken_back),
                "بلال احمد": ("0.00", "0.00", 1, ["credit_note", "invoice", "order", "payment", "refund"]),
            }
            others = {"JPY": ("0", "0", "10000"), "KWD": ("0.000", "0.000", "0.000"), "BDT": ("0.00", "0.00", "0.00")}
            for currency, revenues in others.items():
                assert tuple(each[0] for each in (await values(hub, currency)).values()) == revenues
            async with hub.reader.snapshot() as snapshot:
                runs = await snapshot.all("SELECT state, received, changed FROM run WHERE kind = 'PULL' ORDER BY num")
            assert [tuple(run) for run in runs] == [("OK", 15, 0), ("OK", 0, 0)]

    with served(Server(page=3).app) as address:
        asyncio.run(main(address))


def registry() -> Registry:
    return Registry({**load_registry().connectors, "accounting.stripe": Stripe}, {})

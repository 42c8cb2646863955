"""Any signed webhook: what is taken, how it is split, what it is known by, and what the mapping makes of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import ValidationError

from connectors import generic
from connectors.generic.webhook import Deliveries, Webhook
from hub import sdk
from hub import testing as kit
from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.signatures.test_handshakes import AMAZON, CERTIFICATE, TOPIC, certificate, message
from tests.signatures.vectors import NOW, SECONDS, SENDERS, delivery, digest

SECRET = "it's a secret"


def webhook(outside: sdk.Outside | None = None, **settings: Any) -> Deliveries:
    given = {"scheme": "github", "secrets": [SECRET], "columns": {"email": "who.email"}} | settings
    stream = Webhook(Webhook.Settings.model_validate(given), outside).streams()[0]
    assert isinstance(stream, Deliveries)
    return stream


def fault(**settings: Any) -> str:
    with pytest.raises(ValidationError) as error:
        webhook(**settings)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


def signed(body: bytes | str | Mapping[str, Any] | list[Any], case: str = "github", **headers: str) -> sdk.Delivery:
    """A delivery as a sender signs it."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else written(body)
    request = SENDERS[case][1].delivery(SECRET if case == "github" else "", content)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(request, headers={**request.headers, **named})


def written(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


def rows(stream: Deliveries, request: sdk.Delivery) -> list[sdk.Row]:
    reception = stream.receive(request)
    assert reception.reply.status == 200
    return list(reception.rows)


def meant(stream: Deliveries, request: sdk.Delivery) -> list[sdk.Touchpoint]:
    found = [mapped for row in rows(stream, request) for mapped in stream.touchpoints(row)]
    return [each for each in found if isinstance(each, sdk.Touchpoint)]


def unread(stream: Deliveries, row: sdk.Row) -> str:
    with pytest.raises(sdk.RowUnreadable) as problem:
        list(stream.touchpoints(row))
    return problem.value.message


# One delivery -----------------------------------------------------------------------------------------------------


def test_a_delivery_is_one_row_byte_for_byte_and_one_touchpoint() -> None:
    stream = webhook(
        kind="order", channel="web", direction="inbound",
        columns={"email": "who.email", "name": "who.name", "amount": "total", "currency": "currency", "time": "at"},
        properties=["lines"],
    )  # fmt: skip
    body = (
        '{ "at": "2026-02-28T10:00:00+06:00",\n "who": {"email": "নাসরিন@example.com", "name": "عائشہ 👋"},'
        ' "total": 1250.10, "currency": "BDT", "lines": [{"sku": "a"}] }'
    ).encode()
    (row,) = rows(stream, signed(body))
    assert row.payload == body
    assert list(stream.touchpoints(row)) == [
        sdk.Touchpoint(
            kind="order",
            channel=sdk.Channel.WEB,
            direction=sdk.Direction.INBOUND,
            occurred_at=datetime(2026, 2, 28, 4, 0, tzinfo=UTC),
            amount=sdk.Money(Decimal("1250.1"), "BDT"),
            identifiers=(sdk.email("নাসরিন@example.com"),),
            traits={"name": "عائشہ 👋"},
            properties={"lines": [{"sku": "a"}]},
        )
    ]


def test_a_wrong_signature_yields_nothing_at_all() -> None:
    stream, request = webhook(), signed({"who": {"email": "a@x.org"}})
    for wrong in replace(request, body=request.body + b" "), replace(request, headers={}):
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(wrong)


def test_what_says_no_time_happened_when_it_came() -> None:
    (found,) = meant(webhook(), signed({"who": {"email": "a@x.org"}}))
    assert found.occurred_at == NOW


def test_the_same_delivery_again_is_the_same_row_whatever_its_headers_say() -> None:
    stream, said = webhook(), {"who": {"email": "a@x.org"}}
    (first,) = rows(stream, signed(said, x_github_delivery="1"))
    (again,) = rows(stream, replace(signed(said, x_github_delivery="2"), received_at=NOW + timedelta(hours=1)))
    assert first.key == again.key
    assert stream.nature is sdk.Nature.EVENTS


def test_a_row_is_known_by_its_key_else_by_the_id_of_its_delivery_else_by_its_content() -> None:
    said = {"id": "evt_1", "who": {"email": "a@x.org"}}
    standard: dict[str, Any] = {"scheme": "standard", "secrets": [SENDERS["standard"][1].secret]}
    assert [row.key for row in rows(webhook(columns={"key": "id"}), signed(said))] == ["evt_1"]
    assert [row.key for row in rows(webhook(**standard), signed(said, "standard"))] == ["msg_1"]
    by_header = webhook(columns={"key": "@header.x-delivery"})
    assert [row.key for row in rows(by_header, signed(said, x_delivery="d-7"))] == ["d-7"]
    (row,) = rows(webhook(), signed(said))
    assert row.key.startswith("row/")


def test_states_are_versions_of_one_thing_with_a_time_of_their_own() -> None:
    stream = webhook(nature="states", columns={"key": "id", "time": "updated", "version": "updated"}, volatile=["sent"])
    assert stream.nature is sdk.Nature.STATES
    assert stream.volatile == {"sent"}
    (row,) = rows(stream, signed({"id": 7, "updated": "2026-01-01T00:00:00Z"}))
    # Nothing in the envelope differs from one attempt to the next: the digest of a state covers it.
    assert (row.key, row.envelope, row.version) == ("7", {}, "2026-01-01T00:00:00+00:00")
    sentence = "states need columns.key and a time of their own in columns.time"
    assert fault(nature="states", columns={"time": "at"}) == sentence
    assert fault(nature="states", columns={"key": "id", "time": "@received"}) == sentence
    assert fault(nature="states", columns={"key": "id"}) == (
        "no column says when: name one in columns.time, or give a date in occurred_on"
    )


# Lists ------------------------------------------------------------------------------------------------------------

TWO = [{"id": 1, "who": {"email": "a@x.org"}}, {"id": 2, "who": {"email": "b@x.org"}, "n": 1.50}]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('[{"id":1}, {"id": 2, "n": 1.50}]', ""),
        ('{"events": [{"id":1}, {"id": 2, "n": 1.50}], "more": [3]}', "events"),
        ('{"entry": [{"changes": [{"id":1}]}, {"changes": [{"id": 2, "n": 1.50}]}]}', "entry.changes"),
        ('{"data": {"items": [{"id":1}, {"id": 2, "n": 1.50}]}}', "data.items"),
        ('{"Message": "[{\\"id\\":1}, {\\"id\\": 2, \\"n\\": 1.50}]"}', "Message"),
    ],
)
def test_the_elements_of_a_list_are_rows_each_as_it_is_written(body: str, path: str) -> None:
    found = rows(webhook(rows=path, columns={"key": "id"}), signed(body))
    assert [(row.key, row.payload) for row in found] == [("1", b'{"id":1}'), ("2", b'{"id": 2, "n": 1.50}')]


def test_copies_within_a_list_are_told_apart_and_the_same_list_again_is_not() -> None:
    stream, body = webhook(), [{"a": 1}, {"a": 1}, {"a": 2}]
    keys = [row.key for row in rows(stream, signed(body))]
    assert len(set(keys)) == 3
    assert [row.key for row in rows(stream, signed(body))] == keys


def test_elements_of_a_delivery_with_an_id_are_known_by_it() -> None:
    stream = webhook(scheme="standard", secrets=[SENDERS["standard"][1].secret])
    assert [row.key for row in rows(stream, signed(TWO, "standard"))] == ["msg_1/0", "msg_1/1"]


def test_mandrill_posts_its_list_in_a_form() -> None:
    stream = webhook(scheme="mandrill", columns={"key": "id", "email": "who.email"})
    (row,) = rows(stream, signed(written(TWO[0]), "mandrill"))
    assert (row.key, json.loads(row.payload)) == ("1", TWO[0])
    (found,) = stream.touchpoints(row)
    assert isinstance(found, sdk.Touchpoint)
    assert found.identifiers == (sdk.email("a@x.org"),)


def test_a_posted_form_is_an_object_of_its_fields() -> None:
    stream = webhook(
        scheme="basic", secrets=["hub:pass"], columns={"email": "data[email]", "name": "data[merges][FNAME]"}
    )
    body = urlencode({"type": "subscribe", "data[email]": "a@x.org", "data[merges][FNAME]": "আনিকা"}).encode()
    headers = {"authorization": "Basic aHViOnBhc3M=", "content-type": "application/x-www-form-urlencoded"}
    (found,) = meant(stream, delivery(body, headers))
    assert (found.identifiers, found.traits) == ((sdk.email("a@x.org"),), {"name": "আনিকা"})


def test_mailgun_is_known_by_its_token_which_is_all_it_signs() -> None:
    mailgun: dict[str, Any] = {"scheme": "mailgun", "columns": {"email": "event-data.who.email"}}
    stream = webhook(**mailgun)
    (row,) = rows(stream, signed({"who": {"email": "a@x.org"}}, "mailgun"))
    (replayed,) = rows(stream, signed({"who": {"email": "mallory@x.org"}}, "mailgun"))
    assert row.key == replayed.key == "9d1b0c" * 8
    assert stream.nature is sdk.Nature.EVENTS  # so the first stands, and the other is shown as a problem
    assert fault(scheme="mailgun", columns={"key": "event-data.id"}).startswith("mailgun signs its token alone")


# What cannot be split, or read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the delivery is not JSON: Expecting value at character 1"),
        (b"not json", "the delivery is not JSON: Expecting value at character 1"),
        (b'{"a": "\xff"}', "the delivery is not UTF-8 at byte 8"),
        (b"[1, 2", "the delivery has no list that can be read"),
        (b"12", "the delivery is a single value, not a JSON object"),
        (b"[" * 5000, "the delivery has no list that can be read"),
    ],
)
def test_what_cannot_be_split_is_one_row_with_the_whole_body(body: bytes, sentence: str) -> None:
    stream = webhook()
    (row,) = rows(stream, signed(body))
    assert row.payload == body
    assert unread(stream, row) == sentence


def test_what_has_no_list_is_kept_and_read_when_the_settings_are_right() -> None:
    wrong, right = webhook(rows="events"), webhook(rows="items", columns={"key": "id", "email": "who.email"})
    (row,) = rows(wrong, signed({"items": TWO}))
    assert unread(wrong, row) == "the delivery has no list at events"
    found = [each for each in right.touchpoints(row) if isinstance(each, sdk.Touchpoint)]
    assert [each.document for each in found] == ["1", "2"]
    assert [each.identifiers for each in found] == [(sdk.email("a@x.org"),), (sdk.email("b@x.org"),)]


def test_an_element_that_is_no_object_is_a_row_of_its_own_with_a_problem() -> None:
    stream = webhook()
    first, second = rows(stream, signed('[{"who": {"email": "a@x.org"}}, 17]'))
    assert len(list(stream.touchpoints(first))) == 1
    assert unread(stream, second) == "the delivery is a single value, not a JSON object"


def test_a_list_without_elements_is_no_row_and_no_problem() -> None:
    assert rows(webhook(rows="events"), signed({"events": [], "firstEventSequence": 0})) == []


def test_a_packed_body_is_signed_packed_and_read_unpacked() -> None:
    stream, said = webhook(), {"who": {"email": "a@x.org"}}
    (row,) = rows(stream, signed(gzip.compress(written(said)), content_encoding="gzip"))
    assert row.payload == written(said)
    bomb = signed(gzip.compress(b" " * 30_000_000), content_encoding="gzip")
    with pytest.raises(sdk.TooLarge):
        stream.receive(bomb)
    broken = signed(gzip.compress(written(said))[:-9], content_encoding="gzip")
    (kept,) = rows(stream, broken)
    assert kept.payload == broken.body
    assert unread(stream, kept) == "The body ends in the middle of its gzip."


# Several kinds ----------------------------------------------------------------------------------------------------

KINDS: dict[str, Any] = {
    "select": "type",
    "columns": {"email": "data.email", "time": "created"},
    "date_format": "unix",
    "mappings": {
        "invoice.*": {
            "kind": "invoice", "channel": "accounting", "columns": {"amount": "data.total", "currency": "data.cur"},
        },
        "invoice.paid": {"kind": "payment", "channel": "accounting"},
        "call": {"kind": "call", "channel": "phone", "direction": "inbound"},
    },
    "ignored": ["ping", "test.*"],
}  # fmt: skip


def told(kind: str) -> dict[str, Any]:
    data = {"email": "a@x.org", "total": "12.00", "cur": "EUR"}
    return {"type": kind, "created": 1772366400, "data": data, "api_version": "2031-01-01.unheard"}


def test_the_selected_member_chooses_the_mapping_the_closest_one() -> None:
    stream = webhook(**KINDS)
    found = [meant(stream, signed(told(kind))) for kind in ("invoice.sent", "invoice.paid", "call")]
    assert [[(each.kind, each.occurred_at) for each in one] for one in found] == [
        [("invoice", NOW)], [("payment", NOW)], [("call", NOW)]
    ]  # fmt: skip
    assert found[0][0].amount == sdk.Money(Decimal("12.00"), "EUR")
    assert found[0][0].identifiers == found[2][0].identifiers == (sdk.email("a@x.org"),)


def test_what_is_ignored_is_kept_and_means_nothing_and_what_is_unknown_is_a_problem() -> None:
    stream = webhook(**KINDS)
    for kind in "ping", "test.run":
        (row,) = rows(stream, signed(told(kind)))
        assert list(stream.touchpoints(row)) == []
    (row,) = rows(stream, signed(told("customer.created")))
    assert unread(stream, row) == "type says 'customer.created', and there is no mapping for that"


def test_a_header_may_choose() -> None:
    stream = webhook(select="@header.x-topic", mappings={"orders/*": {"kind": "order"}}, columns={"email": "email"})
    (found,) = meant(stream, signed({"email": "a@x.org"}, x_topic="orders/create"))
    assert found.kind == "order"


def test_star_keeps_what_the_body_says_and_nothing_of_the_delivery() -> None:
    stream = webhook(properties="*", columns={"email": "email", "title": "@header.x-topic"})
    (found,) = meant(stream, signed({"email": "a@x.org", "n": 1}, x_topic="orders/create"))
    assert (found.title, found.properties) == ("orders/create", {"n": 1})


# CloudEvents ------------------------------------------------------------------------------------------------------

EVENT = {"specversion": "1.0", "id": "A-1", "source": "/shop", "type": "order.paid", "time": "2026-03-01T11:00:00Z"}
CLOUD: dict[str, Any] = {"kind": "order", "columns": {"email": "data.email", "time": "time", "title": "type"}}


@pytest.mark.parametrize("mode", ["structured", "batch", "binary", "base64"])
def test_a_cloudevent_means_the_same_in_every_mode(mode: str) -> None:
    data = {"email": "a@x.org"}
    structured, headers = "application/cloudevents+json; charset=utf-8", {}
    body: Any = {**EVENT, "data": data}
    match mode:
        case "structured":
            headers = {"content_type": structured}
        case "batch":
            body, headers = [body], {"content_type": "application/cloudevents-batch+json"}
        case "base64":
            body = {**EVENT, "datacontenttype": "application/json", "data_base64": "eyJlbWFpbCI6ImFAeC5vcmcifQ=="}
            headers = {"content_type": structured}
        case "binary":
            body, headers = data, {f"ce_{name}": value for name, value in EVENT.items()}
    stream = webhook(**CLOUD)
    (row,) = rows(stream, signed(body, **headers))
    assert row.key == "/shop/A-1"
    (found,) = stream.touchpoints(row)
    assert found == sdk.Touchpoint(
        kind="order", channel=sdk.Channel.OTHER, direction=sdk.Direction.INTERNAL, title="order.paid",
        occurred_at=datetime(2026, 3, 1, 11, tzinfo=UTC), identifiers=(sdk.email("a@x.org"),),
    )  # fmt: skip


def test_an_id_longer_than_a_key_may_be_is_known_by_its_digest() -> None:
    stream = webhook(**CLOUD)
    (row,) = rows(stream, signed({**EVENT, "id": "i" * 5000}))
    (other,) = rows(stream, signed({**EVENT, "id": "i" * 5000 + "j"}))
    assert row.key.startswith("long/")
    assert (len(row.key), row.key != other.key) == (69, True)


# Handshakes and looks ---------------------------------------------------------------------------------------------


def test_who_only_looks_is_told_what_is_here() -> None:
    stream = webhook(scheme="path")
    look = stream.receive(replace(delivery(b"", {}), method="GET"))
    assert (look.reply.status, look.rows) == (200, ())
    preflight = stream.receive(replace(delivery(b"", {}), method="OPTIONS"))
    assert (preflight.reply.status, dict(preflight.reply.headers)) == (204, {"allow": "POST"})
    assert stream.receive(replace(delivery(b"", {}), method="DELETE")).reply.status == 405


def test_meta_asks_with_the_verify_token_of_the_settings() -> None:
    stream = webhook(scheme="meta", verify_token="meatyhamhock")
    query = {"hub.mode": "subscribe", "hub.challenge": "77", "hub.verify_token": "meatyhamhock"}
    assert stream.receive(replace(delivery(b"", {}), method="GET", query=query)).reply.body == b"77"


def test_xero_gets_401_without_a_body_for_a_wrong_signature_and_200_for_its_intent_to_receive() -> None:
    stream = webhook(scheme="xero", rows="events")
    intent = signed({"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r"}, "xero")
    assert stream.receive(intent) == sdk.Reception([])
    forged = replace(intent, headers={**intent.headers, "x-xero-signature": "AAAA"})
    assert stream.receive(forged) == sdk.Reception(reply=sdk.Reply(401))


# Amazon SNS -------------------------------------------------------------------------------------------------------


class Amazon:
    """Amazon, as far as it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.kept: dict[str, str] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return httpx.Response(200, content=certificate())

    def outside(self) -> sdk.Outside:
        async def keep(name: str, value: str) -> None:
            self.kept[name] = value

        return sdk.Outside(transport=httpx.MockTransport(self), keep=keep, credentials=dict(self.kept))


def notified(said: Mapping[str, str]) -> sdk.Delivery:
    return delivery(written(said), {"content-type": "text/plain; charset=UTF-8"})


def test_sns_comes_again_until_its_certificate_is_here_which_no_delivery_waits_for() -> None:
    amazon = Amazon()
    sns: dict[str, Any] = {"scheme": "sns", "secrets": [], "topics": [TOPIC], "columns": {"title": "eventType"}}
    stream = webhook(amazon.outside(), **sns)
    first = stream.receive(notified(message()))
    assert (first.rows, first.reply.status, first.reply.headers["retry-after"]) == ((), 503, "20")
    assert amazon.asked == []
    assert stream.receive(notified(message())).then is None  # it is being fetched already
    assert first.then is not None
    asyncio.run(_done(first))
    assert amazon.asked == [CERTIFICATE]
    (row,) = rows(stream, notified(message()))
    assert (row.key, row.payload) == ("22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", b'{"eventType":"Click"}')
    (found,) = stream.touchpoints(row)
    assert isinstance(found, sdk.Touchpoint)
    assert found.title == "Click"
    # It was kept: a hub that is opened again need not ask.
    assert len(rows(webhook(amazon.outside(), **sns), notified(message()))) == 1
    with pytest.raises(sdk.SignatureWrong):
        stream.receive(notified({**message(), "Message": "{}"}))


def test_a_subscription_is_confirmed_for_an_expected_topic_after_the_answer() -> None:
    amazon = Amazon()
    amazon.kept[f"certificate {CERTIFICATE}"] = certificate().decode()
    stream = webhook(amazon.outside(), scheme="sns", secrets=[], topics=[TOPIC])
    reception = stream.receive(notified(message("SubscriptionConfirmation")))
    assert (reception.reply.status, reception.rows, amazon.asked) == (200, (), [])
    asyncio.run(_done(reception))
    assert amazon.asked == [f"{AMAZON}/?Action=ConfirmSubscription&Token=2336412f37"]
    with pytest.raises(sdk.SignatureWrong, match="another topic"):
        stream.receive(notified(message("SubscriptionConfirmation", TopicArn=TOPIC + "2")))
    assert fault(scheme="sns", secrets=[], topics=[]).startswith("topics is empty")


async def _done(reception: sdk.Reception) -> None:
    assert reception.then is not None
    await reception.then()


# Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"scheme": "", "signature": None}, "give scheme, the name of the sender, or signature, how it signs"),
        ({"secrets": []}, "secrets is empty: without one nothing can be verified"),
        ({"secrets": [" "]}, "a secret is empty"),
        ({"scheme": "sendgrid"}, "a secret is not a P-256 public key in Base64"),
        ({"select": "type"}, "select names the member by which one of mappings is chosen: give both or neither"),
        (
            {"scheme": "", "signature": {"header": "x-s", "signed": "{bod}"}},
            "{bod} in signed is none of {body} {id} {timestamp} {url} {method}",
        ),
        (
            {"scheme": "", "signature": {"header": "x-s", "signed": "{timestamp}{body}"}},
            "timestamp names where it is exactly when signed has {timestamp} in it",
        ),
        (
            {"scheme": "", "signature": {"header": "x-s", "signed": "{method}"}},
            "signed has neither {body} nor {posted} in it: anybody could send anything",
        ),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    assert fault(**settings) == sentence


def test_an_unknown_scheme_is_told_which_there_are() -> None:
    assert fault(scheme="acme").startswith("'acme' is none of basic, bearer, frappe, github, linkedin, mailgun")


def test_a_sender_without_a_name_is_described() -> None:
    signature = {
        "header": "Paddle-Signature;h1", "signed": "{timestamp}:{body}", "timestamp": "Paddle-Signature;ts",
        "tolerance": 5,
    }  # fmt: skip
    stream = webhook(scheme="", signature=signature)
    body = written({"who": {"email": "a@x.org"}})
    made = digest(SECRET.encode(), f"{SECONDS}:".encode() + body).hex()
    request = delivery(body, {"paddle-signature": f"ts={SECONDS};h1={made}"})
    assert len(rows(stream, request)) == 1
    with pytest.raises(sdk.SignatureWrong):
        stream.receive(replace(request, received_at=NOW + timedelta(seconds=6)))


def test_the_examples_of_the_documents_work() -> None:
    text = (ROOT / "docs/connectors/generic.webhook.md").read_text(encoding="utf-8")
    told_, settings, described = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    stream = webhook(**settings | {"secrets": [SENDERS["standard"][1].secret]})
    (found,) = meant(stream, signed(told_, "standard"))
    assert (found.kind, found.amount) == ("order", sdk.Money(Decimal("1250.50"), "BDT"))
    webhook(**described | {"scheme": ""})
    schemes = re.findall(r"^\| `(\w+)`", (ROOT / "docs/webhooks.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*schemes} == {*sdk.signatures.SCHEMES, "sns", "scheme"}  # the last is the heading


# Real deliveries --------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_every_recorded_delivery_of_github_is_read(shared_data: Path) -> None:
    stream = webhook(
        select="@header.x-github-event", mappings={"*": {"kind": "github.action"}}, network="github",
        columns={"handle": "sender.login", "social_id": "sender.id", "title": "@header.x-github-event"},
    )  # fmt: skip
    files = sorted((shared_data / "webhooks/github_octokit").rglob("*.json"))
    found, keys = [], set()
    for file in files:
        (row,) = rows(stream, signed(file.read_bytes(), x_github_event=file.parent.name))
        assert row.payload == file.read_bytes()
        keys.add(row.key)
        found += list(stream.touchpoints(row))
    assert (len(files), len(found)) == (273, 273)
    assert len(keys) == len({file.read_bytes() for file in files})


# The acceptance kit -----------------------------------------------------------------------------------------------

SAMPLE = Path(generic.__file__).parent / "samples" / "webhook.json"


class TestWebhookKit(ConnectorSuite):
    connector = Webhook
    settings = {
        "scheme": "github", "secrets": [SECRET], "select": "type", "date_format": None, "region": "BD",
        "columns": {
            "key": "id", "time": "at", "email": "data.email", "phone": "data.phone", "name": "data.name",
            "text": "data.note",
        },
        "mappings": {
            "order.*": {
                "kind": "order", "channel": "web", "direction": "inbound",
                "columns": {"amount": "data.total", "currency": "data.currency"},
                "matter": {"kind": "ORDER", "reference": "data.order"},
            },
            "call.*": {"kind": "call", "channel": "phone", "direction": "inbound", "properties": ["data.seconds"]},
        },
        "ignored": ["ping"],
    }  # fmt: skip
    does_not_apply = {"provider": "senders send; nothing is asked"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        body = SAMPLE.read_bytes()
        signature = "sha256=" + digest(SECRET.encode(), body).hex()
        return {"deliveries": [kit.delivery(body, {"x-hub-signature-256": signature})]}

"""What mail vendors tell: who may tell it, what it is known by, and what each of them means."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import ValidationError

import connectors.email
from connectors.email.engagement.connector import Engagement, Notices
from connectors.email.engagement.notice import Notice, notices
from connectors.email.engagement.vendors import VENDORS
from connectors.generic.webhooks.splitting import said
from hub import sdk
from hub import testing as kit
from hub.ingest import mapping
from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.signatures.test_handshakes import CERTIFICATE, TOPIC, certificate, message
from tests.signatures.vectors import NOW, SECONDS, SENDERS, URL, b64, delivery, digest

SAMPLES: dict[str, Any] = json.loads(
    (Path(connectors.email.__file__).parent / "samples" / "engagement.json").read_text(encoding="utf-8")
)
SECRET = "a long random word"
TOKEN = {"authorization": f"Bearer {SECRET}"}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = b64(KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
SECRETS = {
    "resend": SENDERS["svix"][1].secret,
    "sendgrid": SENDERS["sendgrid"][1].public(SENDERS["sendgrid"][1].secret),
    "postal": PUBLIC,
}


def engagement(vendor: str, *, certified: bool = True, **settings: Any) -> Notices:
    given = {"topics": [TOPIC]} if vendor == "amazon_ses" else {"secrets": [SECRETS.get(vendor, SECRET)]}
    outside = sdk.Outside(credentials={f"certificate {CERTIFICATE}": certificate().decode()} if certified else {})
    stream = Engagement(Engagement.Settings.model_validate({"vendor": vendor, **given, **settings}), outside).streams()[
        0
    ]
    assert isinstance(stream, Notices)
    return stream


def fault(**settings: Any) -> str:
    with pytest.raises(ValidationError) as error:
        Engagement.Settings.model_validate(settings)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


def written(payload: object) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


def sent(vendor: str, payload: Any, id_: str = "", **changes: Any) -> sdk.Delivery:
    """A delivery as the vendor makes it of a payload."""
    body = written(payload)
    headers = {"content-type": "application/json"}
    match vendor:
        case "amazon_ses":
            given = {"MessageId": id_} if id_ else {}
            times = {"Timestamp": changes.pop("timestamp")} if "timestamp" in changes else {}
            body = written(message(Message=body.decode(), **given, **times))
            headers = {"content-type": "text/plain; charset=UTF-8"}
        case "mailgun":
            token = id_ or "9d1b0c" * 8
            made = digest(SECRET.encode(), f"{SECONDS}{token}".encode()).hex()
            body = written({**payload, "signature": {"timestamp": SECONDS, "token": token, "signature": made}})
        case "mailersend":
            headers["signature"] = digest(SECRET.encode(), body).hex()
        case "mailtrap":
            headers["mailtrap-signature"] = digest(SECRET.encode(), body).hex()
        case "mandrill":
            headers = {"content-type": "application/x-www-form-urlencoded"}
            signed = f"{URL}mandrill_events{body.decode()}".encode()
            headers["x-mandrill-signature"] = b64(digest(SECRET.encode(), signed, "sha1"))
            body = urlencode({"mandrill_events": body.decode()}).encode()
        case "postal":
            headers["x-postal-signature-256"] = b64(KEY.sign(body, padding.PKCS1v15(), hashes.SHA256()))
        case "resend":
            key = base64.b64decode(SECRETS["resend"].removeprefix("whsec_"))
            id_ = id_ or "msg_1"
            made = b64(digest(key, f"{id_}.{SECONDS}.".encode() + body))
            headers |= {"svix-id": id_, "svix-timestamp": SECONDS, "svix-signature": f"v1,{made}"}
        case "sendgrid":
            return replace(SENDERS["sendgrid"][1].delivery(body=body), **changes)
        case "unisender_go":
            made = hashlib.md5(written({**payload, "auth": SECRET}), usedforsecurity=False).hexdigest()
            body = written({**payload, "auth": made})
        case _:
            headers |= TOKEN
    return delivery(body, headers, **changes)


def rows(vendor: str, payload: Any = None, **settings: Any) -> list[sdk.Row]:
    reception = engagement(vendor, **settings).receive(sent(vendor, SAMPLES[vendor] if payload is None else payload))
    assert reception.reply.status == 200
    return list(reception.rows)


def meant(vendor: str, payload: Any = None, **settings: Any) -> list[sdk.Touchpoint]:
    stream = engagement(vendor, **settings)
    found = [each for row in rows(vendor, payload, **settings) for each in stream.touchpoints(row)]
    return [each for each in found if isinstance(each, sdk.Touchpoint)]


# Who may tell it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_genuine_delivery_is_taken_and_a_forged_one_is_not(vendor: str) -> None:
    stream, genuine = engagement(vendor), sent(vendor, SAMPLES[vendor])
    reception = stream.receive(genuine)
    assert (reception.reply.status, reception.rows != ()) == (200, True)
    forgeries = [replace(genuine, headers={"content-type": "application/json"}, body=written(SAMPLES[vendor]))]
    if vendor == "amazon_ses":
        forgeries.append(replace(genuine, body=genuine.body.replace(b"rahim", b"karim")))
        forgeries.append(replace(genuine, body=genuine.body.replace(TOPIC.encode(), TOPIC.encode() + b"2")))
    elif stream.vendor.schemes[:1] == sdk.signatures.SCHEMES["basic"]:
        forgeries.append(replace(genuine, headers={"authorization": "Bearer another"}))
        forgeries.append(replace(genuine, headers={}, query={"secret": SECRET[:-1]}))
    elif vendor == "mailgun":  # which signs its token alone
        forgeries.append(replace(genuine, body=genuine.body.replace(b"9d1b0c", b"9d1b0d")))
    else:
        forgeries.append(replace(genuine, body=genuine.body.replace(b"shop.example", b"shop.exemple")))
    for forged in forgeries:
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(forged)


@pytest.mark.parametrize(
    ("vendor", "after"), [("amazon_ses", 24 * 3600), ("mailgun", 24 * 3600), ("resend", 300), ("sendgrid", 300)]
)
def test_where_the_time_is_signed_a_stale_delivery_is_refused(vendor: str, after: int) -> None:
    stream, genuine = engagement(vendor), sent(vendor, SAMPLES[vendor])
    assert stream.receive(replace(genuine, received_at=NOW + timedelta(seconds=after - 60))).rows
    for seconds in after + 61, -361:
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(replace(genuine, received_at=NOW + timedelta(seconds=seconds)))


GARBAGE = (
    b"", b"[", b"{}", b"[]", b"null", b"7", b'"x"', b"[[]]", b"[null, 7]", b"\xff\x00", b'{"a": "\\ud800"}',
    b"[" * 5000,
    b'{"events": 7, "Message": "{", "msys": [], "mandrill_events": {}, "events_by_user": [{"events": [7]}]}',
)  # fmt: skip


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_delivery_that_makes_no_sense_is_refused_or_when_genuine_kept_with_its_problem(vendor: str) -> None:
    stream, genuine, kept = engagement(vendor), sent(vendor, SAMPLES[vendor]), 0
    for body in GARBAGE:
        for headers in genuine.headers, {**genuine.headers, **signed_anew(vendor, body)}, {}:
            try:
                found = stream.receive(replace(genuine, body=body, headers=headers)).rows
            except sdk.SignatureWrong:
                continue
            for row in found:
                kept += 1
                with pytest.raises(sdk.RowUnreadable):
                    list(stream.touchpoints(row))
    signs_its_own_form = ("amazon_ses", "mailgun", "mandrill", "unisender_go")
    assert (kept > 8) == (vendor not in signs_its_own_form)


def signed_anew(vendor: str, body: bytes) -> dict[str, str]:
    match vendor:
        case "mailersend" | "mailtrap":
            name = "signature" if vendor == "mailersend" else "mailtrap-signature"
            return {name: digest(SECRET.encode(), body).hex()}
        case "postal":
            return {"x-postal-signature-256": b64(KEY.sign(body, padding.PKCS1v15(), hashes.SHA256()))}
        case "sendgrid":
            return dict(SENDERS["sendgrid"][1].delivery(body=body).headers)
        case "resend":
            return dict(SENDERS["svix"][1].delivery(body=body).headers)
    return {}


def test_who_signs_nothing_is_known_by_a_user_a_token_or_a_secret_address() -> None:
    stream, body = engagement("postmark"), written(SAMPLES["postmark"])
    for headers, changes in (
        ({"authorization": f"Basic {b64(SECRET.encode())}"}, {}),
        ({"authorization": f"Bearer {SECRET}"}, {}),
        ({}, {"query": {"secret": SECRET}}),
        ({}, {"rest": SECRET}),
    ):
        assert len(stream.receive(delivery(body, headers, **changes)).rows) == 1


def test_postal_signs_by_its_key_which_may_be_written_as_in_dns() -> None:
    body = written(SAMPLES["postal"])
    old = b64(KEY.sign(body, padding.PKCS1v15(), hashes.SHA1()))  # noqa: S303 (what older Postals sign with)
    pem = f"-----BEGIN PUBLIC KEY-----\n{PUBLIC[:64]}\n{PUBLIC[64:]}\n-----END PUBLIC KEY-----\n"
    for secret in PUBLIC, pem, f"v=DKIM1; t=s; h=sha256; p={PUBLIC};":
        stream = engagement("postal", secrets=[secret])
        assert len(stream.receive(delivery(body, {"x-postal-signature": old})).rows) == 1
        with pytest.raises(sdk.SignatureWrong):  # the newer signature is not passed over for the older
            stream.receive(delivery(body, {"x-postal-signature": old, "x-postal-signature-256": "%"}))


def test_mailguns_older_form_posts_are_read_in_both_encodings() -> None:
    token = "9d1b0c" * 8
    made = digest(SECRET.encode(), f"{SECONDS}{token}".encode()).hex()
    fields = {
        "event": "dropped", "recipient": "rahim@shop.example", "code": "605", "description": "Not delivering",
        "Message-Id": "<m-3@hub.example>", "timestamp": SECONDS, "token": token, "signature": made, "order": "A-17",
    }  # fmt: skip
    parts = "".join(
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    bodies = {
        "application/x-www-form-urlencoded": urlencode(fields),
        "multipart/form-data; boundary=XX": f"{parts}--XX--\r\n",
    }
    stream = engagement("mailgun")
    for kind, body in bodies.items():
        (row,) = stream.receive(delivery(body.encode(), {"content-type": kind})).rows
        (found,) = stream.touchpoints(row)
        assert (row.key, found.kind, found.part, found.occurred_at) == (token, "email.failure", RAHIM, NOW)
        assert found.properties["thread"] == "m-3@hub.example"
        assert found.properties["metadata"] == {"order": "A-17"}


def test_amazons_certificate_is_fetched_while_no_delivery_waits() -> None:
    stream = engagement("amazon_ses", certified=False)
    reception = stream.receive(sent("amazon_ses", SAMPLES["amazon_ses"]))
    assert (reception.rows, reception.reply.status, reception.then is not None) == ((), 503, True)


def test_who_looks_at_the_address_is_answered() -> None:
    for method in "GET", "HEAD", "OPTIONS":
        reception = engagement("mandrill").receive(delivery(b"", {}, method=method))
        assert (reception.reply.status, reception.rows) == (200, ())
    assert engagement("mandrill").receive(delivery(b"", {}, method="PUT")).reply.status == 405


# What it is known by ------------------------------------------------------------------------------------------------

KEYS = {
    "amazon_ses": ["22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"],
    "brevo": ["<m-2@smtp.example>/unique_proxy_open/nasrin@shop.example/1772366340000/"],
    "mailersend": ["64aa01"],
    "mailgun": ["9d1b0c" * 8],
    "mailjet": [
        "90071992547409931/bounce/rahim@shop.example/1772366340/",
        "90071992547409932/open/sana@shop.example/1772366350/",
    ],
    "mailtrap": ["ev-1", "ev-2"],
    "mandrill": ["9a01/open/1772366340/", "row/5a0c59bb77e2d63c"],
    "postal": ["5d5c-1"],
    "postmark": ["0a3c-5/Bounce/17/rahim@shop.example/"],
    "resend": ["msg_1"],
    "sendgrid": ["sg-1", "sg-2"],
    "sparkpost": ["sp-1", "sp-2"],
    "unisender_go": [
        "1a3Q2V/clicked/sana@shop.example/2026-03-01 11:59:00/https://shop.example/orders/17", "row/7a113db2b54a65ed"
    ],
}  # fmt: skip


def test_a_notice_is_known_by_the_vendors_id_or_by_what_tells_it_from_others() -> None:
    assert {vendor: [row.key for row in rows(vendor)] for vendor in VENDORS} == KEYS


def test_a_very_long_id_is_known_by_its_digest() -> None:
    (row,) = rows("postal", {**SAMPLES["postal"], "uuid": "x" * 301})
    assert row.key.startswith("row/")


# What it means ------------------------------------------------------------------------------------------------------

RAHIM, SANA, NASRIN = "about:rahim@shop.example", "about:sana@shop.example", "about:nasrin@shop.example"
MEANT = {
    "amazon_ses": [("bounce", RAHIM, 0), ("bounce", SANA, 0)],
    "brevo": [("read_receipt", NASRIN, 0)],
    "mailersend": [("email.click", SANA, 0.5)],
    "mailgun": [("bounce", RAHIM, 0.25)],
    "mailjet": [("bounce", RAHIM, 0), ("read_receipt", SANA, 10)],
    "mailtrap": [("email.click", SANA, 0), ("email.delay", RAHIM, 1)],
    "mandrill": [("read_receipt", SANA, 0)],
    "postal": [("email.delivery_notice", SANA, 0.5)],
    "postmark": [("bounce", RAHIM, 0.123456)],
    "resend": [("email.click", SANA, 0)],
    "sendgrid": [("read_receipt", NASRIN, 0), ("email.failure", RAHIM, 1)],
    "sparkpost": [("read_receipt", SANA, 0), ("bounce", RAHIM, 1)],
    "unisender_go": [("email.click", SANA, 0)],
}


def test_every_vendors_sample_means_what_it_says() -> None:
    first = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
    found = {
        vendor: [(each.kind, each.part, (each.occurred_at - first).total_seconds()) for each in meant(vendor)]
        for vendor in VENDORS
    }
    assert found == MEANT


def test_a_bounce_says_of_which_mail_to_whom_and_why() -> None:
    (found,) = meant("mailgun")
    assert found == sdk.Touchpoint(
        kind="bounce",
        channel=sdk.Channel.EMAIL,
        direction=sdk.Direction.INBOUND,
        occurred_at=datetime(2026, 3, 1, 11, 59, 0, 250000, tzinfo=UTC),
        title="আপনার অর্ডার A-17",
        part=RAHIM,
        automated=True,
        identifiers=(sdk.email("rahim@shop.example"),),
        properties={
            "original_message_id": "m-3@hub.example", "thread": "m-3@hub.example", "subject": "আপনার অর্ডার A-17",
            "action": "bounced", "status": "5.1.1", "reason": "5.1.1 no such mailbox here", "hard": True,
            "reject_reason": "bounced", "tags": ["receipt"], "metadata": {"order": "A-17"},
        },
    )  # fmt: skip


def test_a_mail_sent_by_amazon_has_the_message_id_that_amazon_gave_it() -> None:
    def thread(**mail: Any) -> str:
        given = {"messageId": "1", "destination": ["sana@shop.example"], **mail}
        (found,) = meant("amazon_ses", {"eventType": "Click", "click": {}, "mail": given})
        return str(found.properties["thread"])

    assert [each.properties["thread"] for each in meant("amazon_ses")] == ["0100018f-aa11@eu-west-1.amazonses.com"] * 2
    assert thread(sourceArn="arn:aws:ses:us-east-1:1:identity/x.example") == "1@email.amazonses.com"
    assert thread(headers=[{"name": "Message-ID", "value": "<m-1@hub.example>"}]) == "m-1@hub.example"
    assert thread() == "1"


def test_what_a_machine_opened_or_clicked_is_automated_and_what_a_person_did_is_not() -> None:
    machines = {
        "sendgrid": [{"event": "open", "sg_machine_open": True}, {"event": "open", "sg_machine_open": False}],
        "brevo": [{"event": "proxy_open"}, {"event": "opened"}],
        "sparkpost": [
            {"msys": {"track_event": {"type": "open", "user_agent_parsed": {"is_prefetched": machine}}}}
            for machine in (True, False)
        ],
    }
    for vendor, payload in machines.items():
        assert [each.automated for each in meant(vendor, payload)] == [True, False], vendor
    bots = [{"event-data": {"event": "clicked", "client-info": {"bot": bot}}} for bot in ("apple", "none", "")]
    assert [each.automated for bot in bots for each in meant("mailgun", bot)] == [True, False, False]


def test_a_mail_that_went_out_is_one_touchpoint_for_each_who_got_it() -> None:
    data = {"email_id": "e-1", "to": ["Rahim <rahim@shop.example>", "sana@shop.example"], "subject": "Hello"}
    found = meant("resend", {"type": "email.sent", "created_at": "2026-03-01T11:59:00Z", "data": data})
    assert [(each.kind, each.direction, each.part, each.identifiers) for each in found] == [
        ("email", sdk.Direction.OUTBOUND, f"to:{address}", (sdk.email(address),))
        for address in ("rahim@shop.example", "sana@shop.example")
    ]


def test_an_opening_that_may_be_anybodys_is_nobodys_and_names_whom_it_may_be() -> None:
    mail = {"messageId": "1", "destination": ["rahim@shop.example", "sana@shop.example"]}
    (found,) = meant("amazon_ses", {"eventType": "Open", "open": {}, "mail": mail})
    assert found.identifiers == ()
    assert [each.identifier for each in found.participants] == mail["destination"]


def test_a_held_mail_waits_and_one_that_postal_could_not_deliver_came_back() -> None:
    def kind(**payload: Any) -> list[str]:
        return [each.kind for each in meant("postal", {"event": "x", "uuid": "1", "payload": payload})]

    mail = {"to": "sana@shop.example", "direction": "outgoing"}
    assert kind(status="Held", message=mail) == ["email.delay"]
    assert kind(status="HardFail", message=mail) == ["bounce"]
    assert kind(status="Sent", message={**mail, "direction": "incoming"}) == []


def test_what_says_no_time_happened_when_it_came() -> None:
    (found,) = meant("brevo", {"event": "click", "email": "sana@shop.example", "date": "2026-03-01 09:00:00"})
    assert found.occurred_at == NOW


def test_trials_of_the_address_mean_nothing() -> None:
    assert meant("sparkpost", [{"msys": {}}]) == []
    stream = engagement("amazon_ses")
    said_ = "Successfully validated SNS topic for Amazon SES event publishing."
    (row,) = stream.receive(delivery(written(message(Message=said_)), {})).rows
    assert list(stream.touchpoints(row)) == []


def test_a_message_of_amazon_that_is_no_json_is_kept_with_its_problem() -> None:
    stream = engagement("amazon_ses")
    for text, problem in ("{", "Message is not JSON"), ("Hello", "Message is not JSON"), ("[]", "Message is a list"):
        (row,) = stream.receive(delivery(written(message(Message=text)), {})).rows
        with pytest.raises(sdk.RowUnreadable, match=problem):
            list(stream.touchpoints(row))


def test_what_no_table_knows_is_a_problem_that_names_it() -> None:
    stream = engagement("resend")
    (row,) = rows("resend", {"type": "email.teleported", "data": {"to": ["sana@shop.example"]}})
    with pytest.raises(sdk.RowUnreadable) as problem:
        list(stream.touchpoints(row))
    assert problem.value.message == "'email.teleported' is nothing that this vendor is known to tell"


STRANGE: tuple[Any, ...] = (
    None,
    True,
    7,
    1e300,
    -1,
    "x",
    "9" * 400,
    "[",
    "{}",
    "\ud800\x00",
    [],
    {},
    [[7]],
    [{"a": None}],
)


def changed(held: Any) -> Iterator[Any]:
    """A payload with each of its members missing, and each in turn something strange."""
    for name in list(held) if isinstance(held, dict) else range(len(held)) if isinstance(held, list) else ():
        if isinstance(held, dict):
            yield {other: value for other, value in held.items() if other != name}
        for inner in (*STRANGE, *changed(held[name])):
            yield {**held, name: inner} if isinstance(held, dict) else [*held[:name], inner, *held[name + 1 :]]


@pytest.mark.parametrize("vendor", VENDORS)
def test_whatever_a_vendor_changes_is_read_or_said_to_be_unreadable(vendor: str) -> None:
    stream, (first, *_), read = engagement(vendor), rows(vendor), 0
    said_ = json.loads(first.payload)
    inner = json.loads(said_["Message"]) if vendor == "amazon_ses" else said_
    for payload in changed(inner):
        content = {**said_, "Message": json.dumps(payload)} if vendor == "amazon_ses" else payload
        with suppress(sdk.RowUnreadable):
            for each in stream.touchpoints(replace(first, payload=json.dumps(content).encode())):
                mapping.check(each, ZoneInfo("UTC"))
                read += 1
    assert read > 100


# Settings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"vendor": "postmark"}, "secrets is empty: without one nothing can be verified"),
        ({"vendor": "amazon_ses"}, "topics is empty: a message of Amazon SNS is yours when its topic is"),
        ({"vendor": "sendgrid", "secrets": ["x"]}, "a secret is not a P-256 public key in Base64"),
        ({"vendor": "postal", "secrets": ["x"]}, "a secret is not what this vendor's deliveries can be proved by"),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    assert fault(**settings) == sentence


def test_an_unknown_vendor_is_told_which_there_are() -> None:
    assert fault(vendor="pigeon").startswith("'pigeon' is none of amazon_ses, brevo, mailersend, mailgun")


def test_the_page_names_every_vendor_and_its_example_works() -> None:
    text = (ROOT / "docs/connectors/email.engagement.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \(", text, re.MULTILINE) == list(VENDORS)
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        Engagement.Settings.model_validate(json.loads(block))


# The vendors' own examples ------------------------------------------------------------------------------------------

NAMES = {
    "message_id": "message_id", "event_id": "id", "recipient": "recipient", "reject_reason": "reject_reason",
    "description": "description", "mta_response": "response", "user_agent": "user_agent", "click_url": "url",
}  # fmt: skip


def told(case: Mapping[str, Any]) -> list[Notice]:
    """What is read of an example, which is sent as its vendor sends it."""
    vendor, payload, expected = case["vendor"], case["payload"], case["expected"]
    if case["legacy"]:
        return told_by_form(payload, expected)
    settings = {"initial_opens": case["case"] == "initial_open_event_as_opened"}
    id_ = expected.get("event_id") or ""
    changes: dict[str, Any] = {}
    if vendor == "amazon_ses":
        at = "2018-03-26T17:58:59.675Z"
        changes = {"timestamp": at, "received_at": datetime.fromisoformat(at)}
    if vendor == "unisender_go":
        name = {"event_name": payload.pop("event_name")}
        payload = {"auth": "", "events_by_user": [{"events": [{**name, "event_data": payload}]}]}
    stream = engagement(vendor, **settings)
    found = stream.receive(sent(vendor, payload, id_, **changes)).rows
    assert sum(len(list(stream.touchpoints(row))) for row in found) >= (expected.get("event_type") != "unknown")
    return [each for row in found for each in notices(stream.vendor.tables, said(row.payload, row.envelope))]


def told_by_form(payload: Mapping[str, Any], expected: Mapping[str, Any]) -> list[Notice]:
    """The sender's own fields are posted beside Mailgun's, also of the same names: before a signature, else after."""
    signed = ("timestamp", "token", "signature")
    given = {name: value for name, value in expected.get("metadata", {}).items() if payload.get(name) != value}
    fields = [(name, value) for name, value in given.items() if name in signed]
    fields += [
        *({"signature": "0a" * 32} | dict(payload)).items(),
        *((name, value) for name, value in given.items() if name not in signed),
    ]
    form = {"content-type": "application/x-www-form-urlencoded", "@id": payload.get("token", "")}
    content = said(urlencode(fields, doseq=True).encode(), form)
    return list(notices(VENDORS["mailgun"].tables, content))


def differing(notice: Notice, expected: Mapping[str, Any]) -> dict[str, Any]:
    """What is not as expected. Ids are texts, and what is empty is not there."""
    found: dict[str, Any] = {name: getattr(notice, own) for name, own in NAMES.items()}
    found |= {"event_type": notice.word, "tags": list(notice.tags), "metadata": dict(notice.metadata)}
    wanted = {name: str(value) if name.endswith("_id") and value else value for name, value in expected.items()}
    if at := wanted.pop("timestamp", None):
        instant = datetime.fromisoformat(at)
        found["timestamp"] = notice.at if instant.microsecond or not notice.at else notice.at.replace(microsecond=0)
        wanted["timestamp"] = instant
    return {name: (value, found[name]) for name, value in wanted.items() if (value or None) != (found[name] or None)}


@pytest.mark.shared
def test_all_124_recorded_notices_give_the_expected_fields(shared_data: Path) -> None:
    cases = json.loads((shared_data / "webhooks" / "email_vendor_events_expected.json").read_text(encoding="utf-8"))
    wrong = {}
    for case in cases:
        found = [differing(each, case["expected"]) for each in told(case)]
        if {} not in found:
            wrong[f"{case['vendor']} {case['case']}"] = found
    assert wrong == {}
    assert len(cases) == 124
    assert {case["vendor"] for case in cases} == {*VENDORS}


# The acceptance kit -------------------------------------------------------------------------------------------------


class TestEngagementKit(ConnectorSuite):
    connector = Engagement
    settings = {"vendor": "mailtrap", "secrets": [SECRET]}
    does_not_apply = {"provider": "vendors send; nothing is asked"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"notices": [replace(sent("mailtrap", SAMPLES["mailtrap"]), received_at=kit.NOW)]}

"""What mail vendors tell: who may tell it, what it is known by, and what each of them means."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
from hub.testing import ConnectorSuite
from tests.signatures.test_handshakes import CERTIFICATE, TOPIC, certificate, message
from tests.signatures.vectors import SECONDS, SENDERS, URL, b64, delivery, digest

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


def engagement(vendor: str, **settings: Any) -> Notices:
    given = {"topics": [TOPIC]} if vendor == "amazon_ses" else {"secrets": [SECRETS.get(vendor, SECRET)]}
    outside = sdk.Outside(credentials={f"certificate {CERTIFICATE}": certificate().decode()})
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
    return [each for row in rows(vendor, payload, **settings) for each in stream.touchpoints(row)]


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

"""The vendors: what proves that a delivery is theirs, and where a mail is in it.

Sources: the vendors' own descriptions of how they post received mail.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.email.header import clean
from connectors.email.inbound.arrival import Arrival, File, Posted, address, made
from connectors.email.message import Mail
from connectors.members import object_of, objects_in, posted_object, text_in
from hub import sdk

_SCHEMES = sdk.signatures.SCHEMES
_SET_UP = ("Successfully validated SNS topic", "AMAZON_SES_SETUP_NOTIFICATION")
_COMMON = {"messageId": "Message-ID", "replyTo": "Reply-To", "returnPath": "Return-Path"}
"""Names of Amazon's; the others are as in the header, in lower case."""
_DKIM = re.compile(r":\s*(\w+)")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who receives the mail. ``read``: of a body and its content type, the mail; None where it tells of none."""

    read: Callable[[bytes, str], Arrival | None]
    signed: tuple[sdk.signatures.Scheme, ...] = ()
    is_key: Callable[[str], bool] = lambda secret: False
    """Whether a secret is a key of ``signed``; some are public. Any other is a password."""
    one_time: bool = False
    """The signature does not cover the mail: whatever comes under a token that was used is not believed."""


# Mailgun ------------------------------------------------------------------------------------------------------------


def _mailgun(body: bytes, content_type: str) -> Arrival:
    form = Posted(body, content_type)
    raw = form.content("body-mime")
    if raw is not None:
        fields = list(Mail(raw, headers_only=True).message.items())
    else:
        fields = [*_pairs(form.text("message-headers"))]
        if not fields:
            raise sdk.RowUnreadable("there is neither body-mime nor message-headers in it")
    said = {name.lower(): value.strip() for name, value in reversed(fields)}
    return Arrival(
        mail=raw if raw is not None else made(fields, form.text("body-plain"), form.text("body-html"), form.files),
        whole=raw is not None,
        recipients=_listed(form.text("recipient")),
        verdict=_verdict(
            spam={"yes": True, "no": False}.get(said.get("x-mailgun-sflag", "").lower()),
            spam_score=said.get("x-mailgun-sscore"),
            spf=said.get("x-mailgun-spf"),
            dkim=said.get("x-mailgun-dkim-check-result"),
        ),
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """A list of names and values, written as JSON."""
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        raise sdk.RowUnreadable("message-headers is not JSON", path="message-headers") from None
    for pair in found if isinstance(found, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, str) for each in pair):
            yield clean(pair[0]), clean(pair[1])


# Postmark -----------------------------------------------------------------------------------------------------------


def _postmark(body: bytes, _: str) -> Arrival:
    told = posted_object(body)
    fields = [(text_in(each, "Name"), text_in(each, "Value")) for each in objects_in(told, "Headers")]
    said = {name.lower(): value for name, value in reversed(fields)}
    raw = text_in(told, "RawEmail")
    if not raw and not (said or told.get("FromFull") or told.get("From")):
        raise sdk.RowUnreadable("there is neither RawEmail nor From in it")
    return Arrival(
        mail=raw.encode("utf-8", "replace") if raw else _of_postmark(told, fields),
        whole=bool(raw),
        recipients=_listed(text_in(told, "OriginalRecipient")),
        verdict=_verdict(
            spam={"yes": True, "no": False}.get(said.get("x-spam-status", "").partition(",")[0].strip().lower()),
            spam_score=said.get("x-spam-score"),
            spf=said.get("received-spf", "").partition(" ")[0],
        ),
        provider_id=f"postmark:{text_in(told, 'MessageID')}" if text_in(told, "MessageID") else "",
    )


def _of_postmark(told: Mapping[str, Any], fields: list[tuple[str, str]]) -> bytes:
    named = {name.lower() for name, _ in fields}
    people = {"From": [told.get("FromFull")], **{each: told.get(f"{each}Full") for each in ("To", "Cc", "Bcc")}}
    head = [(each, ", ".join(_mailboxes(found)) or text_in(told, each)) for each, found in people.items()]
    head += [
        (each, text_in(told, member)) for each, member in (("Reply-To", "ReplyTo"), ("Subject",) * 2, ("Date",) * 2)
    ]
    files = [
        File(text_in(each, "Name"), text_in(each, "ContentType"), _decoded(text_in(each, "Content")))
        for each in objects_in(told, "Attachments")
    ]
    return made(
        [*((name, value) for name, value in head if value and name.lower() not in named), *fields],
        text_in(told, "TextBody"),
        text_in(told, "HtmlBody"),
        files,
    )


def _mailboxes(found: object) -> list[str]:
    people = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [address(text_in(each, "Name"), text_in(each, "Email")) for each in people if text_in(each, "Email")]


# SendGrid -----------------------------------------------------------------------------------------------------------


def _sendgrid(body: bytes, content_type: str) -> Arrival:
    form = Posted(body, content_type)
    raw, head = form.content("email"), form.content("headers")
    if raw is None and head is None:
        raise sdk.RowUnreadable("there is neither email nor headers in it")
    envelope = _json(form.text("envelope"))
    charsets = {name: value for name, value in _json(form.text("charsets")).items() if isinstance(value, str)}
    dkim = _DKIM.findall(form.text("dkim").lower())
    return Arrival(
        mail=raw if raw is not None else _of_sendgrid(form, head or b"", charsets),
        whole=raw is not None,
        recipients=_addresses(envelope.get("to")),
        verdict=_verdict(
            spam_score=form.text("spam_score"),
            spf=form.text("SPF"),
            dkim="pass" if "pass" in dkim else next(iter(dkim), ""),
        ),
    )


def _of_sendgrid(form: Posted, head: bytes, charsets: Mapping[str, str]) -> bytes:
    fields = list(Mail(head + b"\n\n", headers_only=True).message.items())
    named = {name.lower() for name, _ in fields}
    beside = [(name.capitalize(), form.text(name, charsets.get(name, ""))) for name in ("from", "to", "cc", "subject")]
    fields += [(name, value) for name, value in beside if value and name.lower() not in named]
    plain, html = (form.text(name, charsets.get(name, "")) for name in ("text", "html"))
    return made(fields, plain, html, form.files)


# Amazon SES ---------------------------------------------------------------------------------------------------------


def _amazon_ses(body: bytes, _: str) -> Arrival | None:
    message = text_in(posted_object(body), "Message")
    if message.startswith(_SET_UP[0]):
        return None
    told = posted_object(message.encode("utf-8", "replace"))
    mail, receipt = told.get("mail"), told.get("receipt")
    if told.get("notificationType") != "Received" or not isinstance(mail, dict) or not isinstance(receipt, dict):
        raise sdk.RowUnreadable("the notification is not of a mail that was received", path="notificationType")
    if mail.get("messageId") == _SET_UP[1]:
        return None
    action = receipt.get("action")
    content = text_in(told, "content")
    encoded = text_in(action, "encoding").upper() == "BASE64"
    raw = _decoded(content) if encoded else content.encode("utf-8", "replace")
    lies = (
        f"s3://{text_in(action, 'bucketName')}/{text_in(action, 'objectKey')}" if text_in(action, "objectKey") else ""
    )
    verdicts = {
        name: text_in(receipt.get(f"{name}Verdict"), "status") for name in ("spam", "virus", "spf", "dkim", "dmarc")
    }
    words = {"PASS": False, "FAIL": True}
    return Arrival(
        mail=raw or made(_amazons_head(mail), "", "", ()),
        whole=bool(raw),
        recipients=_addresses(receipt.get("recipients")),
        verdict=_verdict(
            spam=words.get(verdicts["spam"]),
            virus=words.get(verdicts["virus"]),
            **{name: verdicts[name] for name in ("spf", "dkim", "dmarc")},
            stored_at="" if raw else lies,
        ),
        provider_id=f"ses:{text_in(mail, 'messageId')}",
    )


def _amazons_head(mail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The mail's header; where it is cut off, what Amazon tells of it in a few words."""
    fields = [(text_in(each, "name"), text_in(each, "value")) for each in objects_in(mail, "headers")]
    named = {name.lower() for name, _ in fields}
    common = mail.get("commonHeaders")
    for name, value in (common if isinstance(common, dict) else {}).items():
        known = _COMMON.get(name, name.capitalize())
        if known.lower() not in named:
            fields.append((known, ", ".join(_addresses(value)) if isinstance(value, list) else clean(str(value))))
    return fields


# What they have in common -------------------------------------------------------------------------------------------


def _raw(body: bytes, _: str) -> Arrival:
    return Arrival(mail=body)


def _verdict(**said: object) -> dict[str, Any]:
    """Properties in words that all vendors share; what is not told is left out."""
    found: dict[str, Any] = {}
    for name, value in said.items():
        if name == "spam_score":
            number = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
            value = float(number[0]) if number else None
        elif isinstance(value, str) and name != "stored_at":
            value = value.strip().lower()
        if value not in (None, ""):
            found[name] = value
    return found


def _json(text: str) -> dict[str, Any]:
    """An object written into a field; empty when it is none."""
    try:
        return object_of(text.encode())
    except sdk.RowUnreadable:
        return {}


def _addresses(found: object) -> tuple[str, ...]:
    return tuple(clean(each) for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise sdk.RowUnreadable("what should be Base64 is not") from None


VENDORS: Mapping[str, Vendor] = {
    "amazon_ses": Vendor(read=_amazon_ses),
    "mailgun": Vendor(
        read=_mailgun, signed=_SCHEMES["mailgun"], is_key=lambda secret: True, one_time=True
    ),
    "postmark": Vendor(read=_postmark),
    "raw": Vendor(
        read=_raw, signed=_SCHEMES["standard"], is_key=lambda secret: secret.startswith(("whsec_", "whpk_"))
    ),
    "sendgrid": Vendor(
        read=_sendgrid, signed=_SCHEMES["sendgrid"],
        is_key=lambda secret: sdk.signatures.unusable(_SCHEMES["sendgrid"], secret) is None,
    ),
}  # fmt: skip
"""By the setting ``vendor``. ``raw`` is whoever posts the mail itself."""

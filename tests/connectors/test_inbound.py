"""Mail that is received elsewhere and posted here: who may post it, and that it means what it means in a mailbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

import connectors.email
from connectors.email.correspondence import Correspondence
from connectors.email.header import text_of
from connectors.email.inbound.connector import Inbound, Messages
from connectors.email.inbound.vendors import VENDORS
from connectors.email.mailbox import MailboxSettings
from connectors.email.mailbox import Messages as Mailbox
from connectors.email.mbox import letters, line_above
from connectors.email.message import Mail, part_bytes
from hub import sdk
from hub import testing as kit
from hub.testing import ConnectorSuite
from tests.signatures.test_handshakes import CERTIFICATE, TOPIC, certificate, message
from tests.signatures.vectors import NOW, SECONDS, SENDERS, b64, delivery, digest

FOLDER = Path(connectors.email.__file__).parent / "samples"
SAMPLES: dict[str, Any] = json.loads((FOLDER / "inbound.json").read_text(encoding="utf-8"))
with (FOLDER / "inbox.mbox").open("rb") as _file:
    MAILS = [letter.raw for letter in letters(_file, 1_000_000)]
SECRET = "a long random word"
TOKEN = "9d1b0c" * 8
WEBHOOK = SENDERS["standard"][1]
SENDGRID = SENDERS["sendgrid"][1]
OURS = ("@shop.example",)
Post = Callable[[bytes], sdk.Delivery]


def inbound(vendor: str, *, certified: bool = True, **settings: Any) -> Messages:
    given = {"topics": [TOPIC]} if vendor == "amazon_ses" else {"secrets": [SECRET]}
    outside = sdk.Outside(credentials={f"certificate {CERTIFICATE}": certificate().decode()} if certified else {})
    made = Inbound.Settings.model_validate({"vendor": vendor, "own_addresses": OURS, **given, **settings})
    (stream,) = Inbound(made, outside).streams()
    assert isinstance(stream, Messages)
    return stream


def fault(**settings: Any) -> str:
    with pytest.raises(ValidationError) as error:
        Inbound.Settings.model_validate(settings)
    return error.value.errors()[0]["msg"].removeprefix("Value error, ")


# How vendors post ---------------------------------------------------------------------------------------------------


def form(fields: Mapping[str, str | bytes]) -> sdk.Delivery:
    return delivery(urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"})


def parts(
    fields: Mapping[str, str | bytes],
    files: Mapping[str, tuple[str, str, bytes]] | None = None,
    boundary: str = "xYzZY",
) -> sdk.Delivery:
    """As multipart; ``files``: name, type and content by field."""
    body = b""
    for name, value in fields.items():
        value = value if isinstance(value, bytes) else value.encode()
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
    for name, (file, kind, content) in (files or {}).items():
        about = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        body += f"{about}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"
    return delivery(
        body + f"--{boundary}--\r\n".encode(), {"content-type": f"multipart/form-data; boundary={boundary}"}
    )


def signed(token: str = TOKEN, at: str = SECONDS) -> dict[str, str]:
    """Mailgun's signature."""
    return {"timestamp": at, "token": token, "signature": digest(SECRET.encode(), f"{at}{token}".encode()).hex()}


def worded(plain: sdk.Delivery) -> sdk.Delivery:
    return replace(plain, headers={**plain.headers, "authorization": f"Basic {b64(SECRET.encode())}"})


def notified(told: Mapping[str, Any]) -> sdk.Delivery:
    body = json.dumps(message(Message=json.dumps(told, ensure_ascii=False))).encode()
    return delivery(body, {"content-type": "text/plain; charset=UTF-8"})


def _ses(raw: bytes) -> sdk.Delivery:
    sample = SAMPLES["amazon_ses"]
    action = {"type": "SNS", "topicArn": TOPIC, "encoding": "BASE64"}
    return notified({**sample, "receipt": {**sample["receipt"], "action": action}, "content": b64(raw)})


def _standard(raw: bytes) -> sdk.Delivery:
    made = WEBHOOK.delivery(body=raw)
    return replace(made, headers={**made.headers, "content-type": "message/rfc822"})


def _json(told: Mapping[str, Any]) -> sdk.Delivery:
    return delivery(json.dumps(told, ensure_ascii=False).encode(), {"content-type": "application/json; charset=utf-8"})


WHOLE: Mapping[str, tuple[str, Post]] = {
    "amazon_ses": ("amazon_ses", _ses),
    "mailgun": ("mailgun", lambda raw: form({"recipient": "sales@in.shop.example", "body-mime": raw, **signed()})),
    "mailgun, parts": ("mailgun", lambda raw: parts({"body-mime": raw, **signed()})),
    "mailgun, file": (
        "mailgun", lambda raw: parts(signed(), {"body-mime": ("message.mime", "application/octet-stream", raw)})
    ),
    "postmark": ("postmark", lambda raw: worded(_json({**SAMPLES["postmark"], "RawEmail": raw.decode()}))),
    "raw": ("raw", lambda raw: worded(delivery(raw, {"content-type": "message/rfc822"}))),
    "sendgrid": ("sendgrid", lambda raw: worded(parts({"email": raw, "SPF": "pass"}))),
}  # fmt: skip
"""The mail itself, in each vendor's envelope."""


def _sendgrid_fields() -> sdk.Delivery:
    sample = {**SAMPLES["sendgrid"]}
    charsets = json.loads(sample["charsets"])
    return worded(parts({name: value.encode(charsets.get(name, "utf-8")) for name, value in sample.items()}))


def told(vendor: str) -> sdk.Delivery:
    """What a vendor tells of a mail that it does not hand over."""
    match vendor:
        case "mailgun":
            files = {"attachment-1": ("শাড়ি.jpg", "image/jpeg", b"\xff\xd8\xff")}
            return parts({**SAMPLES["mailgun"], **signed()}, files)
        case "postmark":
            return worded(_json(SAMPLES["postmark"]))
        case "sendgrid":
            return _sendgrid_fields()
    return notified(SAMPLES["amazon_ses"])


TELLING = ("amazon_ses", "mailgun", "postmark", "sendgrid")


def genuine(vendor: str) -> sdk.Delivery:
    return told(vendor) if vendor in TELLING else WHOLE[vendor][1](MAILS[0])


def row(vendor: str, posted: sdk.Delivery, **settings: Any) -> sdk.Row:
    reception = inbound(vendor, **settings).receive(posted)
    assert reception.reply.status == 200
    (found,) = reception.rows
    return found


def meant(vendor: str, posted: sdk.Delivery, **settings: Any) -> list[sdk.Touchpoint]:
    found = list(inbound(vendor, **settings).touchpoints(row(vendor, posted, **settings)))
    assert all(isinstance(each, sdk.Touchpoint) for each in found)
    return [each for each in found if isinstance(each, sdk.Touchpoint)]


# Who may post it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_genuine_delivery_is_taken_and_a_forged_one_is_not(vendor: str) -> None:
    stream, good = inbound(vendor), genuine(vendor)
    assert len(stream.receive(good).rows) == 1
    unproved = {name: value for name, value in good.headers.items() if name != "authorization"}
    forgeries = {
        "amazon_ses": [good.body.replace(b"Anna", b"Nina"), good.body.replace(TOPIC.encode(), TOPIC.encode() + b"2")],
        "mailgun": [good.body.replace(b"9d1b0c", b"9d1b0d"), good.body.replace(b'name="token"', b'name="tokem"')],
    }.get(vendor, [good.body])
    for body in (*forgeries, b"", b"{}", b"[", b"\xff\x00"):
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(replace(good, headers=unproved, body=body))
    if vendor in ("postmark", "raw", "sendgrid"):
        for headers in {"authorization": "Bearer another"}, {"authorization": "Basic ="}:
            with pytest.raises(sdk.SignatureWrong):
                stream.receive(replace(good, headers={**unproved, **headers}))


@pytest.mark.parametrize(
    ("vendor", "secret", "sender", "after"),
    [
        ("amazon_ses", "", None, 24 * 3600),
        ("mailgun", SECRET, None, 24 * 3600),
        ("raw", WEBHOOK.secret, WEBHOOK, 300),
        ("sendgrid", SENDGRID.public(SENDGRID.secret), SENDGRID, 300),
    ],
)
def test_where_the_time_is_signed_a_stale_delivery_is_refused(
    vendor: str, secret: str, sender: Any, after: int
) -> None:
    settings: dict[str, Any] = {"secrets": [secret]} if secret else {}
    stream = inbound(vendor, **settings)
    plain = MAILS[0] if vendor == "raw" else genuine(vendor).body
    good = genuine(vendor) if sender is None else sender.delivery(body=plain)
    good = replace(good, headers={**good.headers, "content-type": genuine(vendor).headers["content-type"]})
    assert stream.receive(replace(good, received_at=NOW + timedelta(seconds=after - 70))).rows
    for seconds in after + 61, -361:
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(replace(good, received_at=NOW + timedelta(seconds=seconds)))
    if sender is not None:
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(replace(good, body=good.body + b"\n"))


def test_a_public_key_opens_no_door() -> None:
    public = SENDGRID.public(SENDGRID.secret)
    for vendor, key in ("sendgrid", public), ("raw", SENDERS["standard, ed25519"][1].public("whsk_" + b64(b"k" * 32))):
        stream = inbound(vendor, secrets=[key])
        for shown in {"authorization": f"Bearer {key}"}, {"authorization": f"Basic {b64(key.encode())}"}:
            with pytest.raises(sdk.SignatureWrong):
                stream.receive(replace(genuine(vendor), headers=shown))
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(replace(genuine(vendor), headers={}, query={"secret": key}))


@pytest.mark.parametrize("vendor", ["postmark", "raw", "sendgrid"])
def test_who_signs_nothing_is_known_by_a_user_a_token_or_a_secret_address(vendor: str) -> None:
    plain = genuine(vendor)
    kind = {"content-type": plain.headers["content-type"]}
    for headers, changes in (
        ({"authorization": f"Basic {b64(SECRET.encode())}"}, {}),
        ({"authorization": f"Bearer {SECRET}"}, {}),
        ({}, {"query": {"secret": SECRET}}),
        ({}, {"rest": SECRET}),
    ):
        assert len(inbound(vendor).receive(replace(plain, headers={**kind, **headers}, **changes)).rows) == 1


@pytest.mark.parametrize("vendor", ["mailgun", "postmark", "sendgrid"])
def test_what_is_genuine_and_makes_no_sense_is_kept_with_its_problem(vendor: str) -> None:
    stream, kept = inbound(vendor), 0
    for body in b"", b"[", b"{}", b"[]", b"null", b"\xff\x00", b'{"Headers": 7, "From": []}', b"[" * 5000, b"a=1&b":
        for kind in "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "":
            posted = worded(delivery(body, {"content-type": kind}))
            if vendor == "mailgun":
                posted = form({"message-headers": body, **signed()})
            for found in stream.receive(posted).rows:
                kept += 1
                with pytest.raises(sdk.RowUnreadable):
                    list(stream.touchpoints(found))
    assert kept == 36


@pytest.mark.parametrize("post", ["amazon_ses", "mailgun", "postmark", "sendgrid"])
def test_half_letters_and_zeros_stop_no_mail(post: str) -> None:
    """JSON may write what is no text; beside a very long number it is read by another parser, which takes it."""
    odd = "x\ud800\x00y"
    many = {"long": 12345678901234567890}
    match post:
        case "mailgun":
            fields = [["From", "a@x.example"], ["Date", "Sun, 1 Mar 2026 11:59:00 +0000"], ["Subject", odd], [odd, odd]]
            posted = form({"message-headers": json.dumps(fields), "body-plain": "x\x00", **signed()})
        case "postmark":
            sample = {**SAMPLES["postmark"], **many, "Subject": odd, "TextBody": odd, "MessageID": odd}
            sample |= {"OriginalRecipient": odd, "Attachments": [{"Name": odd, "ContentType": odd, "Content": "eA=="}]}
            posted = worded(delivery(json.dumps(sample).encode(), {"content-type": "application/json"}))
        case "sendgrid":
            sample = {**SAMPLES["sendgrid"], "envelope": json.dumps({"to": [odd], **many}), "text": "x\x00"}
            posted = worded(parts(sample))
        case _:
            sample = SAMPLES["amazon_ses"]
            told_of = {**sample, **many, "mail": {**sample["mail"], "messageId": odd, "headers": []}}
            told_of["mail"]["commonHeaders"] = {**sample["mail"]["commonHeaders"], "subject": odd, "to": [odd]}
            posted = delivery(json.dumps(message(Message=json.dumps(told_of))).encode(), {})
    (found,) = meant(post, posted)
    json.dumps([found.title, found.text, dict(found.properties)], ensure_ascii=False).encode()
    json.dumps(dict(row(post, posted).envelope), ensure_ascii=False).encode()


def test_a_subscription_of_another_topic_is_not_confirmed() -> None:
    for topic, confirmed in (TOPIC, True), (f"{TOPIC}2", False):
        posted = delivery(json.dumps(message("SubscriptionConfirmation", TopicArn=topic)).encode(), {})
        if confirmed:
            reception = inbound("amazon_ses").receive(posted)
            assert (reception.rows, reception.then is not None) == ((), True)
        else:
            with pytest.raises(sdk.SignatureWrong):
                inbound("amazon_ses").receive(posted)


def test_amazons_certificate_is_fetched_while_no_delivery_waits() -> None:
    reception = inbound("amazon_ses", certified=False).receive(told("amazon_ses"))
    assert (reception.rows, reception.reply.status, reception.then is not None) == ((), 503, True)


def test_who_looks_at_the_address_is_answered() -> None:
    for method in "GET", "HEAD", "OPTIONS":
        reception = inbound("postmark").receive(delivery(b"", {}, method=method))
        assert (reception.reply.status, reception.rows) == (200, ())
    assert inbound("postmark").receive(delivery(b"", {}, method="PUT")).reply.status == 405


def test_settings_that_prove_nothing_are_refused_in_a_sentence() -> None:
    assert fault(vendor="pigeon").startswith("'pigeon' is none of amazon_ses, mailgun")
    assert fault(vendor="mailgun") == "secrets is empty: without one nothing can be verified"
    assert fault(vendor="postmark", secrets=[" "]) == "a secret is empty"
    assert fault(vendor="mailgun", secrets=[" "]) == "a secret is empty"
    assert fault(vendor="amazon_ses") == "topics is empty: a message of Amazon SNS is yours when its topic is"
    assert fault(vendor="raw", secrets=["whpk_short"]).startswith("a secret is not")


# The mail itself ----------------------------------------------------------------------------------------------------


def same(found: sdk.Touchpoint, row_key: str) -> sdk.Touchpoint:
    """Without what only the vendor knows."""
    assert found.document in (None, row_key)
    known = {"spam", "spam_score", "virus", "spf", "dkim", "dmarc", "provider_id"}
    kept = {name: value for name, value in found.properties.items() if name not in known}
    return replace(found, document=None, properties=kept)


def in_a_mailbox(raw: bytes) -> tuple[str, list[sdk.Touchpoint]] | str:
    """The key and the touchpoints of a mail in a file, or its problem."""
    stream = Mailbox(MailboxSettings(path=FOLDER, own_addresses=OURS))
    key = stream.key(raw)
    try:
        return key, [each for each in stream.touchpoints(sdk.Row(key, raw)) if isinstance(each, sdk.Touchpoint)]
    except sdk.RowUnreadable as problem:
        return problem.message


def by_post(post: str, raw: bytes) -> tuple[str, list[sdk.Touchpoint]] | str:
    vendor, posted = WHOLE[post]
    found = row(vendor, posted(raw))
    key = Correspondence(()).key(found.payload)
    assert found.key == (TOKEN if vendor == "mailgun" else key)
    assert found.payload == raw
    try:
        touched = inbound(vendor).touchpoints(found)
        return key, [same(each, key) for each in touched if isinstance(each, sdk.Touchpoint)]
    except sdk.RowUnreadable as problem:
        return problem.message


@pytest.mark.parametrize("post", WHOLE)
def test_a_mail_is_the_same_whether_it_lies_in_a_file_or_is_posted(post: str) -> None:
    for raw in (*MAILS, MAILS[0].replace(b"\n", b"\r\n")):
        assert by_post(post, raw) == in_a_mailbox(raw)


def test_what_a_mail_servers_pipe_puts_above_a_mail_is_no_part_of_it() -> None:
    line = b"From rahima@post.example Tue Feb  3 04:15:00 2026\n"
    undated = MAILS[0].replace(b"Date: ", b"X-Date: ")
    found = row("raw", worded(delivery(line + undated, {})))
    assert found.payload == undated
    (touched,) = inbound("raw").touchpoints(found)
    assert isinstance(touched, sdk.Touchpoint)
    assert touched.occurred_at == datetime(2026, 2, 3, 4, 15, tzinfo=UTC)


def test_a_mail_without_any_date_stands_when_it_was_posted() -> None:
    undated = b"From: Anna <anna@post.example>\nTo: sales@shop.example\n\nHi\n"
    assert [each.occurred_at for each in meant("raw", worded(delivery(undated, {})))] == [NOW]


def test_mailguns_token_is_good_once_and_a_mail_to_two_addresses_is_one() -> None:
    first, other = form({"body-mime": MAILS[0], **signed()}), form({"body-mime": MAILS[1], **signed()})
    assert row("mailgun", first).key == row("mailgun", other).key == TOKEN
    again = form({"body-mime": MAILS[0], "recipient": "support@in.shop.example", **signed("0" * 50)})
    assert row("mailgun", again).key == "0" * 50
    assert meant("mailgun", first) == meant("mailgun", again)
    assert meant("mailgun", first)[0].document == Correspondence(()).key(MAILS[0])


def test_where_a_mail_was_received_is_ours() -> None:
    copied = (
        b"From: sales@shop.example\nTo: anna@post.example, dropbox@in.other.example\n"
        b"Date: Mon, 2 Feb 2026 10:00:00 +0000\nMessage-ID: <1@shop.example>\n\nHello\n"
    )
    posted = form({"recipient": "dropbox@in.other.example", "body-mime": copied, **signed()})
    (found,) = meant("mailgun", posted)
    assert (found.direction, found.part) == (sdk.Direction.OUTBOUND, "to:anna@post.example")


# Fields instead of the mail -----------------------------------------------------------------------------------------

FIRST = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)


def test_mailguns_fields_make_the_mail_they_come_from() -> None:
    (found,) = meant("mailgun", told("mailgun"))
    assert found == sdk.Touchpoint(
        kind="email",
        channel=sdk.Channel.EMAIL,
        direction=sdk.Direction.INBOUND,
        occurred_at=FIRST,
        title="শাড়ির দাম",
        part="from:rahima@post.example",
        document=found.document,
        text="লাল শাড়িটির দাম কত? 🌸",
        identifiers=(sdk.email("rahima@post.example"),),
        traits={"name": "রহিমা খাতুন"},
        participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "Shop", "sales@shop.example"),),
        properties={
            "message_id": "mg-1@post.example",
            "thread": "mg-1@post.example",
            "subject": "শাড়ির দাম",
            "attachments": [
                {
                    "name": "শাড়ি.jpg",
                    "type": "image/jpeg",
                    "size": 3,
                    "sha256": "6e568e1f67fba258184c78181539e5e8fdee447e49bb706fc0ea34fbf12336a5",
                }
            ],
            "spam": False,
            "spam_score": -0.4,
            "spf": "pass",
            "dkim": "pass",
        },
    )
    assert (found.document or "").startswith("mg-1@post.example/")


def test_postmarks_fields_make_the_mail_they_come_from() -> None:
    (found,) = meant("postmark", told("postmark"))
    assert (found.occurred_at, found.part, found.text) == (FIRST, "from:sana@post.example", "شکریہ، مل گیا۔")
    assert (found.document, found.traits) == (None, {"name": "ثنا خان"})
    assert found.participants == (
        sdk.Participant(sdk.ParticipantRole.AGENT, "Shop, sales", "sales@shop.example"),
        sdk.Participant(sdk.ParticipantRole.CC, "", "bilal@post.example"),
    )
    properties = dict(found.properties)
    (attachment,) = properties.pop("attachments")
    assert (attachment["name"], attachment["type"], attachment["size"]) == ("رسید.txt", "text/plain", 7)
    assert properties == {
        "message_id": "pm-1@post.example",
        "in_reply_to": "s1@shop.example",
        "references": ["r1@post.example", "s1@shop.example"],
        "thread": "r1@post.example",
        "subject": "Re: آپ کا آرڈر",
        "provider_id": "postmark:73e6d360-66eb-11e1-8e72-a8904824019b",
        "spam": False,
        "spam_score": -0.1,
        "spf": "pass",
    }


def test_sendgrids_fields_make_the_mail_they_come_from() -> None:
    (found,) = meant("sendgrid", told("sendgrid"))
    assert (found.occurred_at, found.part, found.text) == (FIRST, "from:ivan@post.example", "Welche Größe ist das?")
    assert (found.title, found.traits) == ("Größe", {"name": "Иван"})
    assert found.properties == {
        "message_id": "sg-1@post.example",
        "thread": "sg-1@post.example",
        "subject": "Größe",
        "spam_score": 0.011,
        "spf": "pass",
        "dkim": "pass",
    }


def test_of_a_mail_that_lies_in_s3_everything_but_its_text_is_known() -> None:
    (found,) = meant("amazon_ses", told("amazon_ses"))
    assert (found.occurred_at, found.part, found.text, found.title) == (FIRST, "from:anna@post.example", None, "দাম?")
    assert found.properties == {
        "message_id": "ses-1@post.example",
        "thread": "ses-1@post.example",
        "subject": "দাম?",
        "provider_id": "ses:d6iitobk75ur44p8kdnnp7g2n800",
        "spam": False,
        "virus": False,
        "spf": "pass",
        "dkim": "gray",
        "dmarc": "pass",
        "stored_at": "s3://shop-mail/in/d6iitobk75ur44p8kdnnp7g2n800",
    }
    cut = {**SAMPLES["amazon_ses"], "mail": {**SAMPLES["amazon_ses"]["mail"], "headersTruncated": True, "headers": []}}
    (brief,) = meant("amazon_ses", notified(cut))
    assert brief == found


def test_what_amazon_says_while_it_is_set_up_means_nothing() -> None:
    validated = delivery(json.dumps(message(Message="Successfully validated SNS topic for Amazon SES.")).encode(), {})
    sample = SAMPLES["amazon_ses"]
    setup = notified({**sample, "mail": {**sample["mail"], "messageId": "AMAZON_SES_SETUP_NOTIFICATION"}})
    assert [meant("amazon_ses", each) for each in (validated, setup)] == [[], []]
    bounced = row("amazon_ses", notified({"notificationType": "Bounce", "mail": {}}))
    with pytest.raises(sdk.RowUnreadable, match="not of a mail that was received"):
        list(inbound("amazon_ses").touchpoints(bounced))


def test_a_mail_told_again_in_other_words_of_the_delivery_has_the_same_key() -> None:
    plain = {name: value.encode("latin-1") if name == "text" else value for name, value in SAMPLES["sendgrid"].items()}
    first, again = (row("sendgrid", worded(parts(plain, boundary=boundary))) for boundary in ("xYzZY", "other"))
    assert (first.key, first.payload != again.payload) == (again.key, True)


def test_a_name_cannot_write_a_header_of_its_own() -> None:
    evil = {**SAMPLES["postmark"], "Subject": "x\r\nFrom: karim@post.example\r\n\r\nBody", "TextBody": "Hi"}
    evil["FromFull"] = {"Email": "sana@post.example", "Name": 'S"\r\nTo: "<karim@post.example>'}
    (found,) = meant("postmark", worded(_json(evil)))
    assert [each.value for each in found.identifiers] == ["sana@post.example"]
    assert (found.text, found.title) == ("Hi", "x From: karim@post.example Body")


def test_spam_is_said_and_left_out_where_that_is_wanted() -> None:
    sample = SAMPLES["amazon_ses"]
    for name in "spamVerdict", "virusVerdict":
        bad = notified({**sample, "receipt": {**sample["receipt"], name: {"status": "FAIL"}}})
        (found,) = meant("amazon_ses", bad)
        assert found.properties[name.removesuffix("Verdict")] is True
        assert meant("amazon_ses", bad, leave_out_spam=True) == []
    assert len(meant("amazon_ses", told("amazon_ses"), leave_out_spam=True)) == 1


# Public data --------------------------------------------------------------------------------------------------------


def public(folder: Path) -> Iterator[bytes]:
    for name in ("sisimai", "cpython_test_email", "mikel_mail", "stalwart", "talon", "spamassassin"):
        for path in sorted((folder / "email" / name).rglob("*")):
            raw = path.read_bytes() if path.is_file() and path.suffix in (".eml", ".txt", "") else b""
            if raw:
                yield raw[len(line_above(raw)) :]


@pytest.mark.shared
@pytest.mark.long
@pytest.mark.parametrize("post", WHOLE)
def test_public_mails_mean_the_same_in_every_vendors_envelope(shared_data: Path, post: str) -> None:
    told_of: Counter[str] = Counter()
    for raw in public(shared_data):
        if post == "postmark":
            try:
                raw.decode()
            except UnicodeDecodeError:
                told_of["not UTF-8"] += 1
                continue
        expected, found = in_a_mailbox(raw), by_post(post, raw)
        if expected == "the mail has no readable date" and not isinstance(found, str):
            expected = found  # when it was posted is known
        assert found == expected
        told_of["problems" if isinstance(found, str) else "mails"] += 1
    legacy = {"mails": 2115, "problems": 26, "not UTF-8": 92}  # which JSON cannot carry
    assert told_of == (legacy if post == "postmark" else {"mails": 2206, "problems": 27})


def in_fields(raw: bytes) -> sdk.Delivery:
    """A mail as Mailgun tells it in fields: header values decoded, the text, and every other part as a file."""
    mail = Mail(raw)
    bodies = {id(part) for kind in mail._bodies for part in kind}
    apart = [part for part in mail.parts() if id(part) not in bodies]
    return parts(
        {
            "message-headers": json.dumps([[name, text_of(str(value))] for name, value in mail.message.items()]),
            "body-plain": mail.body,
            **signed(),
        },
        {f"attachment-{n}": (f"file-{n}", part.get_content_type(), part_bytes(part)) for n, part in enumerate(apart)},
    )


@pytest.mark.shared
@pytest.mark.long
def test_public_mails_told_in_fields_mean_what_they_mean_whole(shared_data: Path) -> None:
    compared: Counter[str] = Counter()
    for raw in public(shared_data):
        whole = in_a_mailbox(raw)
        if isinstance(whole, str):
            continue
        said = [
            [
                (each.kind, each.direction, each.part, each.occurred_at, each.title, each.text, each.automated)
                for each in touched
            ]
            for touched in (whole[1], meant("mailgun", in_fields(raw)))
        ]
        compared["same" if said[0] == said[1] else "another address"] += 1
    assert compared == {"same": 2140, "another address": 3}  # addresses in bytes that are no text


@pytest.mark.shared
def test_what_sendgrid_really_posted_is_read(shared_data: Path) -> None:
    folder = shared_data / "webhooks" / "sendgrid_inbound"
    found = {}
    for path in sorted(folder.glob("*.txt")):
        body = path.read_bytes().replace(b"\n", b"\r\n")
        if body:
            posted = worded(delivery(body, {"content-type": "multipart/form-data; boundary=xYzZY"}))
            (touched,) = meant("sendgrid", posted)
            assert (touched.part, touched.text) == ("from:test@example.com", "Hello Twilio SendGrid!")
            assert (touched.properties["spf"], touched.properties["dkim"]) == ("pass", "pass")
            files = [file["name"] for file in touched.properties.get("attachments", ())]
            found[path.stem] = (touched.title, touched.occurred_at.isoformat(), files)
    assert found == {
        "default_data": ("Inbound Parse Test Data", "2016-08-11T01:10:13+00:00", []),
        "raw_data": ("Inbound Parse Test Raw Data", "2016-08-10T21:44:21+00:00", []),
        "raw_data_with_attachments": (
            "Inbound Parse Test Raw Data with Attachment", "2016-08-15T20:47:21+00:00", ["SendGrid.jpg"],
        ),
    }  # fmt: skip


# The kit ------------------------------------------------------------------------------------------------------------


class TestInboundKit(ConnectorSuite):
    connector = Inbound
    settings = {"vendor": "sendgrid", "secrets": [SECRET], "own_addresses": list(OURS)}
    does_not_apply = {"provider": "vendors post; nothing is asked"}
    body_is_signed = False

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        posted = [WHOLE["sendgrid"][1](raw) for raw in MAILS[:2]]
        return {"messages": [replace(each, received_at=kit.NOW) for each in (*posted, told("sendgrid"))]}


@pytest.mark.long
class TestMailgunKit(ConnectorSuite):
    connector = Inbound
    settings = {"vendor": "mailgun", "secrets": [SECRET], "own_addresses": list(OURS)}
    does_not_apply = {
        "provider": "vendors post; nothing is asked",
        "payloads_are_what_the_source_sent": "a form percent-encodes the mail, which is kept as it came to the vendor",
        "a_wrong_signature_is_refused": "the proof stands in the body, where the kit does not look for it",
    }
    body_is_signed = False

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        posted: dict[str, str | bytes] = {**signed(at=str(int(kit.NOW.timestamp()))), "body-mime": MAILS[0]}
        return {"messages": [replace(form(posted), received_at=kit.NOW)]}


@pytest.mark.long
class TestPostmarkKit(ConnectorSuite):
    connector = Inbound
    settings = {"vendor": "postmark", "secrets": [SECRET], "own_addresses": list(OURS)}
    does_not_apply = {
        "provider": "vendors post; nothing is asked",
        "payloads_are_what_the_source_sent": "JSON writes the mail as a text, which is kept as it came to the vendor",
    }
    body_is_signed = False

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        unread = ("HtmlBody", "StrippedTextReply")  # the text is in TextBody
        fields = {name: value for name, value in SAMPLES["postmark"].items() if name not in unread}
        posted = (WHOLE["postmark"][1](MAILS[0]), worded(_json(fields)))
        return {"messages": [replace(each, received_at=kit.NOW) for each in posted]}


@pytest.mark.long
class TestRawKit(ConnectorSuite):
    connector = Inbound
    settings = {"vendor": "raw", "secrets": [WEBHOOK.secret], "own_addresses": list(OURS)}
    does_not_apply = {"provider": "mail servers post; nothing is asked"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        at = str(int(kit.NOW.timestamp()))
        return {"messages": [replace(WEBHOOK.delivery(body=raw, at=at), received_at=kit.NOW) for raw in MAILS]}

"""What senders ask before they send, and what they get; messages of Amazon SNS with a certificate of our own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from hub import sdk
from tests.signatures.vectors import NOW, delivery

handshake = sdk.signatures.handshake


def asked(query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **changes: Any) -> Any:
    return replace(delivery(b"", headers or {}), **{"method": "GET", "query": query or {}, **changes})


def test_meta_gets_its_challenge_back_for_the_right_verify_token_alone() -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "meatyhamhock"}
    reply = handshake("meta", asked(query), ["app secret"], "meatyhamhock")
    assert reply is not None
    assert (reply.status, reply.body) == (200, b"1158201444")
    assert reply.headers["content-type"].startswith("text/plain")
    for token in "another", "", None:
        with pytest.raises(sdk.SignatureWrong):
            handshake("meta", asked(query), ["app secret"], token)
    with pytest.raises(sdk.SignatureWrong):
        handshake("meta", asked({**query, "hub.challenge": "<script>"}), ["app secret"], "meatyhamhock")
    assert handshake("meta", asked(), ["app secret"], "meatyhamhock") is None


def test_x_gets_proof_that_we_know_the_secret() -> None:
    reply = handshake("x", asked({"crc_token": "MTkxMDAw-_="}), ["consumer secret", "old"])
    expected = base64.b64encode(hmac.new(b"consumer secret", b"MTkxMDAw-_=", hashlib.sha256).digest()).decode()
    assert reply is not None
    assert json.loads(reply.body) == {"response_token": f"sha256={expected}"}


def test_no_handshake_signs_a_body_for_a_forger() -> None:
    for sender, name in ("x", "crc_token"), ("linkedin", "challengeCode"):
        for body in '{"for_user_id":"1"}', "[1]", '"text"', "", "a" * 300:
            with pytest.raises(sdk.SignatureWrong):
                handshake(sender, asked({name: body}), ["secret"])


def test_linkedin_gets_its_code_and_the_answer() -> None:
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    reply = handshake("linkedin", asked({"challengeCode": code, "applicationId": "1"}), ["client secret"])
    expected = hmac.new(b"client secret", code.encode(), hashlib.sha256).hexdigest()
    assert reply is not None
    assert json.loads(reply.body) == {"challengeCode": code, "challengeResponse": expected}


def test_slack_gets_its_challenge_back_in_the_body() -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"}).encode()
    reply = handshake("slack", delivery(body, {}), ["secret"])
    assert reply is not None
    assert reply.body == b"3eZbrw1aB"
    about_it = json.dumps({"type": "message", "text": "url_verification"}).encode()
    assert handshake("slack", delivery(about_it, {}), ["secret"]) is None


def test_a_sender_of_cloudevents_may_send() -> None:
    headers = {"webhook-request-origin": "events.example", "webhook-request-rate": "120"}
    reply = handshake("standard", asked(headers=headers, method="OPTIONS"), ["whsec_AAAA"])
    assert reply is not None
    assert dict(reply.headers) == {
        "allow": "POST", "webhook-allowed-origin": "events.example", "webhook-allowed-rate": "120"
    }  # fmt: skip
    assert handshake("standard", asked(method="OPTIONS"), ["whsec_AAAA"]) is None


# Amazon SNS -------------------------------------------------------------------------------------------------------

TOPIC = "arn:aws:sns:eu-west-1:123456789012:MyTopic"
AMAZON = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{AMAZON}/SimpleNotificationService-{'0a' * 16}.pem"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_KEY.public_key())
    made = made.serial_number(1).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    return made.sign(_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def message(kind: str = "Notification", version: str = "2", **changes: str) -> dict[str, str]:
    said = {
        "Type": kind, "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": TOPIC, "Subject": "নমস্কার",
        "Message": '{"eventType":"Click"}', "Timestamp": "2026-03-01T11:59:00.000Z", "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
    }  # fmt: skip
    if kind != "Notification":
        del said["Subject"]
        said |= {"Token": "2336412f37", "SubscribeURL": f"{AMAZON}/?Action=ConfirmSubscription&Token=2336412f37"}
    said |= changes
    names = sorted(
        {*said} & {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
    )
    signed = "".join(f"{name}\n{said[name]}\n" for name in names)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 (what SNS signs with by default)
    return {**said, "Signature": base64.b64encode(_KEY.sign(signed.encode(), padding.PKCS1v15(), algorithm)).decode()}


def parsed(said: Mapping[str, str]) -> sdk.signatures.Notification:
    return sdk.signatures.notification(json.dumps(said).encode())


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_message_of_sns_is_verified_by_its_certificate(kind: str, version: str) -> None:
    said = message(kind, version)
    found = parsed(said)
    assert (found.topic, found.certificate) == (TOPIC, CERTIFICATE)
    assert found.verify(certificate(), NOW).id == said["MessageId"]
    assert found.confirms == (said["SubscribeURL"] if kind == "SubscriptionConfirmation" else None)
    for name in {*said} & {"Message", "Subject", "Timestamp", "TopicArn", "SubscribeURL", "Token", "MessageId"}:
        changed = parsed({**said, name: said[name].replace(said[name][-1], "7", 1) + "1"})
        with pytest.raises(sdk.SignatureWrong):
            changed.verify(certificate(), NOW)


def test_a_message_of_sns_is_stale_after_a_day() -> None:
    found = parsed(message())
    found.verify(certificate(), NOW + timedelta(hours=23))
    for at in NOW + timedelta(hours=25), NOW - timedelta(minutes=10):
        with pytest.raises(sdk.SignatureWrong):
            found.verify(certificate(), at)


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "0a" * 16 + ".pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-" + "0a" * 16 + ".pem",
        "https://evil.example/https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "0a" * 16 + ".pem",
        "https://sns.eu-west-1.amazonaws.com/?Action=ListTopics&x=.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-" + "0a" * 16 + ".pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-" + "0a" * 16 + ".pem",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_a_certificate_of_somebody_else_is_not_even_asked_for(address: str) -> None:
    with pytest.raises(sdk.SignatureWrong, match="not an address of Amazon"):
        parsed(message(SigningCertURL=address))


def test_a_subscription_is_confirmed_at_amazon_only() -> None:
    assert parsed(message("SubscriptionConfirmation", SubscribeURL="https://evil.example/")).confirms is None


@pytest.mark.parametrize(
    "broken", [b"", b"[]", b"{}", b"\xff", b'{"Type":"Notification"}', b'{"Type":["Notification"]}']
)
def test_what_is_no_message_of_sns_is_refused(broken: bytes) -> None:
    with pytest.raises(sdk.SignatureWrong):
        sdk.signatures.notification(broken)
    with pytest.raises(sdk.SignatureWrong):
        parsed(message(SignatureVersion="3"))
    with pytest.raises(sdk.SignatureWrong):
        parsed(message()).verify(b"no certificate", NOW)

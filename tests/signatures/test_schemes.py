"""Every scheme: genuine, forged, one byte off, stale, malformed, rotated; and what vendors publish themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import standardwebhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import sdk
from tests.signatures.vectors import BODY, NOW, SECONDS, SENDERS, Sender, b64, delivery, digest

CASES = pytest.mark.parametrize("case", SENDERS)
verify = sdk.signatures.verify


def sender(case: str) -> tuple[tuple[sdk.signatures.Scheme, ...], Sender]:
    name, found = SENDERS[case]
    return sdk.signatures.SCHEMES[name], found


def refused(schemes: tuple[sdk.signatures.Scheme, ...], request: sdk.Delivery, *secrets: str) -> str:
    with pytest.raises(sdk.SignatureWrong) as refusal:
        verify(schemes, request, secrets)
    return refusal.value.message


@CASES
def test_a_genuine_delivery_is_taken(case: str) -> None:
    schemes, who = sender(case)
    verify(schemes, who.delivery(), [who.public(who.secret)])


@CASES
def test_another_secret_is_refused(case: str) -> None:
    schemes, who = sender(case)
    assert refused(schemes, who.delivery(), who.public(who.other)) == "The signature is wrong."


@CASES
def test_while_a_secret_is_changed_the_old_and_the_new_one_hold(case: str) -> None:
    schemes, who = sender(case)
    both = [who.public(who.other), who.public(who.secret)]
    verify(schemes, who.delivery(), both)
    verify(schemes, who.delivery(who.other), both)


@pytest.mark.parametrize("case", [case for case in SENDERS if not case.startswith("mailgun")])
def test_one_letter_of_the_signature_off_is_refused_wherever_it_is(case: str) -> None:
    schemes, who = sender(case)
    request = who.delivery()
    places = [each.signature.split(";")[0] for each in schemes]
    header = next(place for place in places if place in request.headers)
    whole = request.headers[header]
    signed = whole.rfind("=", 0, -2) + 1 if "=" in whole[:-2] else whole.find(",") + 1
    if header == "stripe-signature":
        signed = whole.index("v1=", 20) + 3
    for at in range(signed, len(whole.rstrip("=").removesuffix(",v0=ignored"))):
        for other in "A", "b", "0":
            if whole[at] != other and whole[at].lower() != other.lower():
                headers = {**request.headers, header: whole[:at] + other + whole[at + 1 :]}
                refused(schemes, replace(request, headers=headers), who.public(who.secret))


@CASES
def test_one_byte_of_the_body_off_is_refused_where_the_body_is_signed(case: str) -> None:
    schemes, who = sender(case)
    request = who.delivery()
    changed = [replace(request, body=bytes([*request.body[:at], request.body[at] ^ 1, *request.body[at + 1 :]]))
               for at in range(0, len(request.body), 7)]  # fmt: skip
    changed += [replace(request, body=request.body + b"\n"), replace(request, body=b"")]
    if who.covered and who.kind == "application/json":
        for each in changed:
            refused(schemes, each, who.public(who.secret))


@CASES
def test_a_delivery_of_another_time_is_stale_where_the_time_is_signed(case: str) -> None:
    schemes, who = sender(case)
    late = replace(who.delivery(), received_at=NOW + timedelta(seconds=301))
    on_time = replace(who.delivery(), received_at=NOW + timedelta(seconds=299))
    verify(schemes, on_time, [who.public(who.secret)])
    if who.stamped:
        assert refused(schemes, late, who.public(who.secret)) == (
            "The delivery was signed 301 seconds ago; 300 are allowed."
        )


def test_a_clock_ahead_is_refused_but_by_stripe_which_looks_back_only() -> None:
    for case in "standard", "slack", "sendgrid":
        schemes, who = sender(case)
        ahead = replace(who.delivery(), received_at=NOW - timedelta(seconds=301))
        assert "ahead of time" in refused(schemes, ahead, who.public(who.secret))
    schemes, who = sender("stripe")
    verify(schemes, replace(who.delivery(), received_at=NOW - timedelta(days=1)), [who.secret])


def test_another_time_than_the_signed_one_does_not_make_an_old_delivery_new() -> None:
    for case, header in ("standard", "webhook-timestamp"), ("slack", "x-slack-request-timestamp"):
        schemes, who = sender(case)
        request = who.delivery(at=str(int(SECONDS) - 4000))
        fresh = replace(request, headers={**request.headers, header: SECONDS})
        assert refused(schemes, fresh, who.secret) == "The signature is wrong."


@CASES
@pytest.mark.parametrize(
    "text", ["", " ", "=", "v1,", "sha256=", "t=,v1=", "v0=", "Basic ", "é" * 9, "\x00", "9" * 9000]
)
def test_a_malformed_header_is_refused_and_raises_nothing_else(case: str, text: str) -> None:
    schemes, who = sender(case)
    request = who.delivery()
    for header in request.headers:
        if header != "content-type":
            refused(schemes, replace(request, headers={**request.headers, header: text}), who.public(who.secret))
    bare = {"content-type": who.kind}
    if "body" not in schemes[0].signature:
        assert "has no header" in refused(schemes, replace(request, headers=bare), who.public(who.secret))


HEADERS = sorted({each.signature.split(";")[0] for several in sdk.signatures.SCHEMES.values() for each in several}
                 | {"webhook-id", "webhook-timestamp", "x-slack-request-timestamp", "content-type"})  # fmt: skip


@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), st.text(st.characters(max_codepoint=255), max_size=80)),
    body=st.binary(max_size=200),
    rest=st.text(max_size=20),
    query=st.dictionaries(st.sampled_from(["secret", "token"]), st.text(max_size=20)),
)
@settings(deadline=None)
def test_nothing_but_a_refusal_comes_of_anything(
    headers: dict[str, str], body: bytes, rest: str, query: dict[str, str]
) -> None:
    request = replace(delivery(body, headers), rest=rest, query=query)
    for case, (name, who) in SENDERS.items():
        secrets = [who.public(who.secret)]
        refused(sdk.signatures.SCHEMES[name], request, *secrets), case
    with pytest.raises(sdk.SignatureWrong):
        sdk.signatures.notification(body)


def test_secrets_in_the_path_or_the_query_are_compared() -> None:
    schemes, plain = sdk.signatures.SCHEMES["path"], delivery(BODY, {})
    for right in replace(plain, rest="s3cret"), replace(plain, query={"token": "s3cret"}):
        verify(schemes, right, ["s3cret"])
    for wrong in plain, replace(plain, rest="s3cret/more"), replace(plain, query={"secret": "s3cre"}):
        refused(schemes, wrong, "s3cret")


def test_what_no_signature_covers_is_no_id() -> None:
    schemes, who = sender("github")
    request = who.delivery()
    headers = {**request.headers, "x-github-delivery": "72d3162e"}
    assert verify(schemes, replace(request, headers=headers), [who.secret]) == sdk.signatures.Genuine("", None)
    schemes, who = sender("standard")
    assert verify(schemes, who.delivery(), [who.secret]) == sdk.signatures.Genuine("msg_1", NOW)


def test_a_blank_that_came_with_copying_a_secret_does_no_harm() -> None:
    schemes, who = sender("github")
    verify(schemes, who.delivery(), [who.secret + " \n"])


# What vendors publish ---------------------------------------------------------------------------------------------


def test_github_slack_and_sendgrid_verify_by_their_own_examples() -> None:
    github = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    verify(sdk.signatures.SCHEMES["github"], delivery(b"Hello, World!", github), ["It's a Secret to Everybody"])
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    slack = {
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "x-slack-request-timestamp": "1531420618",
    }
    at = datetime.fromtimestamp(1531420618, UTC)
    verify(sdk.signatures.SCHEMES["slack"], delivery(body, slack, received_at=at), ["8f742231b10e8888abcd99yyyzzz85a5"])
    said = {
        "email": "hello@world.com", "event": "dropped", "reason": "Bounced Address",
        "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
        "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
        "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>", "timestamp": 1600112492,
    }  # fmt: skip
    body = json.dumps([said], sort_keys=True, separators=(",", ":")).encode() + b"\r\n"
    name = "x-twilio-email-event-webhook"
    signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
    key = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eN"
        "Ec6wEA3F+g=="
    )
    at = datetime.fromtimestamp(1600112502, UTC)
    sendgrid = {f"{name}-signature": signature, f"{name}-timestamp": "1600112502"}
    verify(sdk.signatures.SCHEMES["sendgrid"], delivery(body, sendgrid, received_at=at), [key])
    wrong = delivery(body[:-2], sendgrid, received_at=at)
    assert refused(sdk.signatures.SCHEMES["sendgrid"], wrong, key) == "The signature is wrong."


@pytest.mark.shared
def test_the_vectors_of_standard_webhooks(shared_data: Path) -> None:
    said = json.loads((shared_data / "webhooks/standard_webhooks/vectors.json").read_text())
    at = datetime.fromtimestamp(said["timestamp"], UTC)
    body = said["payload"].encode()
    right = {
        "webhook-id": said["msg_id"], "webhook-timestamp": str(said["timestamp"]),
        "webhook-signature": said["signature"],
    }  # fmt: skip
    assert sdk.signatures.sign([said["secret"]], said["msg_id"], at, body) == right
    schemes = sdk.signatures.SCHEMES["standard"]

    def request(received: datetime = at, **changed: str | None) -> sdk.Delivery:
        given_ = {**right, **{name.replace("_", "-"): text for name, text in changed.items()}}
        return delivery(body, {name: text for name, text in given_.items() if text is not None}, received_at=received)

    for secret in said["secret"], said["secret"].removeprefix("whsec_"):
        verify(schemes, request(), [secret])
    verify(schemes, request(webhook_signature=f"v1,AAAA v2,{said['signature']} {said['signature']}"), [said["secret"]])
    wrong = [
        request(at + timedelta(seconds=301)), request(at - timedelta(seconds=301)), request(webhook_id=None),
        request(webhook_timestamp=None), request(webhook_signature=None), request(webhook_timestamp="yesterday"),
        request(webhook_signature="v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="),
        request(webhook_signature=said["signature"].replace("v1,", "v2,")),
    ]  # fmt: skip
    for each in wrong:
        refused(schemes, each, said["secret"])


def test_what_we_sign_the_library_of_the_standard_takes_and_the_other_way_round() -> None:
    secret = sdk.signatures.new_secret()
    library = standardwebhooks.Webhook(secret)
    now = datetime.now(UTC)
    ours = sdk.signatures.sign([sdk.signatures.new_secret(), secret], "msg_2", now, BODY)
    assert library.verify(BODY, ours) == json.loads(BODY)
    theirs = {
        "webhook-id": "msg_3", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": library.sign("msg_3", now, BODY.decode()),
    }  # fmt: skip
    request = delivery(BODY, theirs, received_at=now)
    assert verify(sdk.signatures.SCHEMES["standard"], request, [secret]).id == "msg_3"


def test_ed25519_signs_as_the_example_of_the_standard() -> None:
    key = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
    made = sdk.signatures.sign(
        [key], "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
    )
    assert made["webhook-signature"] == (
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
    )


# Secrets ----------------------------------------------------------------------------------------------------------


NOT_STANDARD = "a secret is not a key in Base64 (whsec_...) or an Ed25519 public key in Base64 (whpk_...)"


@pytest.mark.parametrize(
    ("name", "secret", "problem"),
    [
        ("github", "", "a secret is empty"),
        ("github", "anything", None),
        ("standard", "whsec_!!!", NOT_STANDARD),
        ("standard", "whpk_AAAA", NOT_STANDARD),
        ("sendgrid", "MFkw", "a secret is not a P-256 public key in Base64"),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_one_is_told_to_who_configures_it(name: str, secret: str, problem: str | None) -> None:
    assert sdk.signatures.unusable(sdk.signatures.SCHEMES[name], secret) == problem


@pytest.mark.parametrize("key", ["whsk_", "whsk_AAAA", "whsec_", "whsec_###"])
def test_signing_with_what_is_no_key_is_a_fault_of_the_settings(key: str) -> None:
    with pytest.raises(sdk.ConfigWrong):
        sdk.signatures.sign([key], "msg_1", NOW, BODY)


# Configured -------------------------------------------------------------------------------------------------------


def test_a_scheme_of_ones_own_signs_method_address_body_and_milliseconds() -> None:
    kinds = sdk.signatures
    scheme = kinds.Scheme(
        signature="x-sign", encoding=kinds.Encoding.BASE64, algorithm="sha512", key=kinds.KeyForm.HEX, prefix="hmac ",
        signed="{method}{url}{body}{timestamp}", timestamp="x-sign;at", ticks=1000, past=60, future=60,
    )  # fmt: skip
    key = bytes(range(16))
    request = delivery(BODY, {})
    at = f"{SECONDS}250"
    signed = b"POST" + request.url.encode() + BODY + at.encode()
    headers = {"x-sign": "hmac " + b64(digest(key, signed, "sha512"))}
    scheme = replace(scheme, timestamp="x-time")
    genuine = verify([scheme], replace(request, headers={**headers, "x-time": at}), [key.hex()])
    assert genuine.at == NOW + timedelta(milliseconds=250)
    elsewhere = replace(request, headers={**headers, "x-time": at}, url="https://other.example/")
    assert refused((scheme,), elsewhere, key.hex()) == "The signature is wrong."

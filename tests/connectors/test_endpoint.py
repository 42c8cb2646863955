"""A web form's address: what comes in, what it means, what the sender gets back, and what robots get."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.webforms.endpoint import Endpoint, Submissions
from hub import sdk

SITE = "https://shop.example"
NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
URLENCODED = {"origin": SITE, "content-type": "application/x-www-form-urlencoded"}
JSON = {"origin": SITE, "content-type": "application/json"}


def endpoint(**settings: Any) -> Submissions:
    stream = Endpoint(Endpoint.Settings.model_validate({"origins": [SITE]} | settings)).streams()[0]
    assert isinstance(stream, Submissions)
    return stream


def delivery(body: bytes = b"", headers: dict[str, str] | None = None, **changes: Any) -> sdk.Delivery:
    request: dict[str, Any] = {
        "method": "POST",
        "path": "/in/site/submissions",
        "query": {},
        "headers": URLENCODED if headers is None else headers,
        "body": body,
        "client": "203.0.113.7",
        "received_at": NOON,
        "secret": b"the source's own",
    }
    return sdk.Delivery(**(request | changes))


def posted(fields: dict[str, str], **changes: Any) -> sdk.Delivery:
    return delivery(urlencode(fields).encode(), **changes)


def touchpoint(stream: Submissions, request: sdk.Delivery) -> sdk.Touchpoint:
    (row,) = stream.receive(request).rows
    (found,) = stream.touchpoints(row)
    return found


def multipart(*parts: tuple[str, bytes]) -> bytes:
    return b"".join(
        f"--XX\r\nContent-Disposition: form-data; {about}\r\n\r\n".encode() + data + b"\r\n" for about, data in parts
    ) + (b"--XX--\r\n")


MULTIPART = {"origin": SITE, "content-type": "multipart/form-data; boundary=XX"}

# What a submission means ------------------------------------------------------------------------------------------


def test_a_plain_form_becomes_a_touchpoint_of_its_sender() -> None:
    fields = {
        "first_name": "Anna",
        "last_name": "Ortiz",
        "E-Mail": "Anna@X.org",
        "tel": "+49 30 1234567",
        "organization": "Acme",
        "message": "  Is it in stock?\r\nAnna",
        "size": "L",
        "website_url": "",
    }
    assert touchpoint(endpoint(form="Contact"), posted(fields)) == sdk.Touchpoint(
        kind="form",
        channel=sdk.Channel.WEB,
        direction=sdk.Direction.INBOUND,
        occurred_at=NOON,
        title="Contact",
        text="Is it in stock?\r\nAnna",
        identifiers=(sdk.email("Anna@X.org"), sdk.phone("+49 30 1234567")),
        traits={"name": "Anna Ortiz", "company": "Acme"},
        properties={
            "form": "Contact",
            "fields": {name: value for name, value in fields.items() if name != "website_url"},
        },
    )


def test_a_form_made_for_hubspot_may_post_here_instead() -> None:
    page = {"hutk": "5f3c2a", "pageUri": "https://shop.example/offer?utm_campaign=spring", "pageName": "Offer"}
    agreed = {"consent": {"consentToProcess": True, "text": "I agree that you store my data."}}
    listed = [{"objectTypeId": "0-1", "name": name, "value": value} for name, value in WORLD.items()]
    body = json.dumps({"fields": listed, "context": page, "legalConsentOptions": agreed}).encode()
    found = touchpoint(endpoint(), delivery(body, headers={"origin": SITE, "content-type": "application/json"}))
    assert found.identifiers == (sdk.email("anika@x.org"), sdk.phone("০১৭১২-৩৪৫৬৭৮"), sdk.cookie("5f3c2a"))
    assert (found.text, found.title, found.campaign) == (WORLD["message"], "Offer", "spring")
    assert found.properties["url"] == "https://shop.example/offer"
    assert found.properties["consent"] == {
        "given": True, "text": "I agree that you store my data.", "at": NOON.isoformat(),
    }  # fmt: skip


WORLD = {
    "name": "আনিকা রহমান",
    "email": "anika@x.org",
    "phone": "০১৭১২-৩৪৫৬৭৮",
    "message": "عائشہ نے پوچھا 👩‍👩‍👧 \u202eRTL\u202c",
    "city": "ঢাকা",
}


@pytest.mark.parametrize("way", ["urlencoded", "raw", "multipart", "json", "beacon"])
def test_every_way_to_post_gives_the_same_meaning_in_any_script(way: str) -> None:
    body, headers = {
        "urlencoded": (urlencode(WORLD).encode(), URLENCODED),
        "raw": ("&".join(f"{name}={value}" for name, value in WORLD.items()).encode(), URLENCODED),
        "multipart": (multipart(*((f'name="{name}"', value.encode()) for name, value in WORLD.items())), MULTIPART),
        "json": (json.dumps(WORLD).encode(), JSON),
        "beacon": (json.dumps(WORLD, ensure_ascii=False).encode(), JSON | {"content-type": "text/plain;charset=UTF-8"}),
    }[way]
    request = delivery(body, headers)
    found = touchpoint(endpoint(region="BD"), request)
    assert found.traits == {"name": "আনিকা রহমান", "city": "ঢাকা"}
    assert found.identifiers == (sdk.email("anika@x.org"), sdk.phone("০১৭১২-৩৪৫৬৭৮", "BD"))
    assert found.text == WORLD["message"]
    assert found.properties == {"fields": WORLD}
    (row,) = endpoint().receive(request).rows
    assert row.payload == body


def test_the_row_is_the_body_and_its_envelope_reads_it() -> None:
    headers = URLENCODED | {"referer": f"{SITE}/contact", "user-agent": "x", "cookie": "session=secret"}
    (row,) = endpoint().receive(delivery(b"email=a%40x.org", headers)).rows
    assert row.payload == b"email=a%40x.org"
    assert row.envelope == {
        "content-type": "application/x-www-form-urlencoded",
        "received-at": "2026-03-01T12:00:05+00:00",
        "origin": SITE,
        "referer": f"{SITE}/contact",
        "verdict": "ok",
    }


def test_a_page_in_an_old_encoding_is_read() -> None:
    assert touchpoint(endpoint(), delivery(b"name=Jos%E9+M%FCller")).traits == {"name": "José Müller"}
    headers = URLENCODED | {"content-type": "application/x-www-form-urlencoded; charset=iso-8859-2"}
    assert touchpoint(endpoint(), delivery(b"name=Luk%E1%B9", headers)).traits == {"name": "Lukáš"}


def test_files_are_described() -> None:
    body = multipart(
        ('name="email"', b"a@x.org"),
        ('name="cv"; filename="ছবি.png"\r\nContent-Type: image/png', b"\x89PNG"),
        ('name="letter"; filename=""\r\nContent-Type: application/octet-stream', b""),
    )
    assert touchpoint(endpoint(), delivery(body, MULTIPART)).properties == {
        "fields": {"email": "a@x.org"},
        "attachments": [
            {
                "field": "cv",
                "name": "ছবি.png",
                "type": "image/png",
                "size": 4,
                "sha256": sha256(b"\x89PNG").hexdigest(),
            }
        ],
    }


def test_json_keeps_digits_and_flattens_what_is_nested() -> None:
    body = (
        b'{"fields": {"email": "a@x.org"}, "number": 12345678901234567890.10, "ok": true, "no": null, "tags": ["a", 2]}'
    )
    found = touchpoint(endpoint(), delivery(body, JSON))
    assert found.identifiers == (sdk.email("a@x.org"),)
    assert found.properties["fields"] == {
        "fields.email": "a@x.org",
        "number": "12345678901234567890.10",
        "ok": "true",
        "tags": ["a", "2"],
    }


def test_declared_fields_stand_before_usual_names() -> None:
    stream = endpoint(fields={"kontakt": "email", "name": "company", "phone": "property"})
    found = touchpoint(
        stream, posted({"email": "other@x.org", "kontakt": "a@x.org", "name": "Acme", "phone": "+49301234567"})
    )
    assert found.identifiers == (sdk.email("a@x.org"),)
    assert found.traits == {"company": "Acme"}


def test_what_is_no_address_is_kept_as_a_property_only() -> None:
    found = touchpoint(endpoint(), posted({"email": "none", "phone": "call me", "birthday": "in May", "nps": "11"}))
    assert (found.identifiers, found.traits, found.quantity) == ((), {}, None)
    assert found.properties["fields"] == {"email": "none", "phone": "call me", "birthday": "in May", "nps": "11"}


def test_scores_are_quantities() -> None:
    assert touchpoint(endpoint(), posted({"nps": "১০"})).quantity == sdk.Quantity(Decimal(10), "nps")
    assert touchpoint(endpoint(), posted({"csat": "4"})).quantity == sdk.Quantity(Decimal(4), "csat")


def test_campaign_and_click_come_from_the_pages_address() -> None:
    page = f"{SITE}/offer?utm_source=news&utm_medium=email&utm_campaign=spring&utm_term=t&utm_content=c&gclid=Cj0"
    found = touchpoint(
        endpoint(), posted({"email": "a@x.org", "page_url": page, "referrer": "https://search.example/?q=x"})
    )
    assert found.origin == sdk.Origin(
        source="news",
        medium="email",
        campaign="spring",
        term="t",
        content="c",
        click_id="Cj0",
        referrer="https://search.example/",
        landing_page=f"{SITE}/offer",
    )
    assert found.campaign == "spring"
    assert (found.properties["click_id_kind"], found.properties["url"]) == ("gclid", f"{SITE}/offer")


def test_campaign_fields_stand_before_the_address_and_the_referer_is_the_last_resort() -> None:
    headers = URLENCODED | {"referer": f"{SITE}/a?utm_source=referer&msclkid=m"}
    found = touchpoint(endpoint(), posted({"utm_source": "field", "utm_id": "77"}, headers=headers))
    assert found.origin == sdk.Origin(source="field", click_id="m", landing_page=f"{SITE}/a")
    assert found.campaign == "77"
    assert touchpoint(endpoint(), posted({"email": "a@x.org"})).origin is None


def test_a_value_in_the_address_is_cut_and_one_that_is_no_address_is_left_out() -> None:
    page = f"{SITE}/{'p' * 900}?utm_source={'s' * 900}"
    found = touchpoint(endpoint(), posted({"page_url": page, "referrer": "javascript:alert(1)"}))
    assert found.origin == sdk.Origin(source="s" * 500, landing_page=f"{SITE}/{'p' * (499 - len(SITE))}")


def test_consent_is_recorded_with_its_words_and_time() -> None:
    stream = endpoint(consent="terms", consent_text="I agree to be called.")
    at = "2026-03-01T12:00:05+00:00"
    agreed = touchpoint(stream, posted({"terms": "on", "anonymous_id": "c-1"}))
    assert agreed.properties["consent"] == {"given": True, "text": "I agree to be called.", "at": at}
    assert agreed.identifiers == (sdk.cookie("c-1"),)
    refused = touchpoint(stream, posted({"email": "a@x.org", "anonymous_id": "c-1"}))
    assert refused.properties["consent"] == {"given": False, "text": "I agree to be called.", "at": at}
    assert refused.identifiers == (sdk.email("a@x.org"),)
    own_words = touchpoint(endpoint(), posted({"consent": "میں متفق ہوں"}))
    assert own_words.properties["consent"] == {"given": True, "text": "میں متفق ہوں", "at": at}


# Keys -------------------------------------------------------------------------------------------------------------


def key(stream: Submissions, request: sdk.Delivery) -> str:
    return stream.receive(request).rows[0].key


def test_the_same_content_within_ten_minutes_is_one_submission() -> None:
    first = key(endpoint(), posted({"email": "a@x.org", "message": "Hi"}))
    soon, late = NOON + timedelta(minutes=9), NOON + timedelta(minutes=10)
    assert key(endpoint(), posted({"message": "Hi ", "email": "a@x.org"}, received_at=soon)) == first
    assert key(endpoint(), posted({"email": "a@x.org", "message": "Hi"}, received_at=late)) != first
    assert key(endpoint(), posted({"email": "b@x.org", "message": "Hi"})) != first


def test_the_forms_own_id_is_the_key_whenever_it_comes() -> None:
    sent = {"submission_id": "0B9F5E1C-6F4E-4D0B-8E55-2B1F0C6C0D11", "email": "a@x.org"}
    again = posted(sent, received_at=NOON + timedelta(days=300))
    assert key(endpoint(), posted(sent)) == key(endpoint(), again) == "0b9f5e1c-6f4e-4d0b-8e55-2b1f0c6c0d11"
    assert touchpoint(endpoint(), posted(sent)).properties == {"fields": {"email": "a@x.org"}}
    assert key(endpoint(), posted({"submission_id": "1", "email": "a@x.org"})) != key(
        endpoint(), posted({"submission_id": "1", "email": "b@x.org"})
    )


def test_a_visitors_id_identifies_and_is_nothing_that_was_filled_in() -> None:
    found = touchpoint(endpoint(), posted({"email": "a@x.org", "visitor_id": "3mo5v0q1r9xk2"}))
    assert found.identifiers == (sdk.email("a@x.org"), sdk.cookie("3mo5v0q1r9xk2"))
    assert found.properties == {"fields": {"email": "a@x.org"}}
    robot = posted({"visitor_id": "3mo5v0q1r9xk2", "website_url": "http://spam"})
    assert list(endpoint().touchpoints(endpoint().receive(robot).rows[0])) == []


# Robots -----------------------------------------------------------------------------------------------------------


def test_a_filled_honeypot_is_answered_as_success_kept_and_says_nothing() -> None:
    stream = endpoint()
    person, robot = posted({"email": "a@x.org"}), posted({"email": "a@x.org", "website_url": "http://spam"})
    (row,) = stream.receive(robot).rows
    assert (row.envelope["verdict"], row.payload, list(stream.touchpoints(row))) == ("honeypot", robot.body, [])
    assert stream.receive(robot).reply.status == stream.receive(person).reply.status == 200
    assert json.loads(stream.receive(robot).reply.body).keys() == {"ok", "id"}


def token(stream: Submissions, at: datetime, **changes: Any) -> str:
    reply = stream.receive(delivery(method="GET", query={"token": "1"}, received_at=at, **changes)).reply
    assert reply.status == 200
    return str(json.loads(reply.body)["token"])


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(1, "too_fast"), (3, "ok"), (86_400, "ok"), (86_401, "no_token"), (-5, "no_token")]
)
def test_a_form_sent_faster_than_a_person_can_is_spam(seconds: int, verdict: str) -> None:
    stream = endpoint(time_trap_seconds=3)
    fields = {"email": "a@x.org", "_t": token(stream, NOON - timedelta(seconds=seconds))}
    (row,) = stream.receive(posted(fields)).rows
    assert row.envelope["verdict"] == verdict
    assert [each.properties for each in stream.touchpoints(row)] == (
        [{"fields": {"email": "a@x.org"}}] if verdict == "ok" else []
    )


def test_a_forged_or_missing_token_is_spam() -> None:
    stream = endpoint(time_trap_seconds=3)
    good, long_ago = token(stream, NOON - timedelta(seconds=60)), NOON - timedelta(seconds=60)
    forged = [
        "",
        "x",
        "1.2",
        "১.x",
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        f"{int(good.partition('.')[0]) - 60}.{good.partition('.')[2]}",
        token(stream, long_ago, secret=b"another source's"),
    ]
    for each in forged:
        (row,) = stream.receive(posted({"email": "a@x.org", "_t": each})).rows
        assert row.envelope["verdict"] == "no_token"


def test_a_person_who_was_too_fast_and_sends_again_is_heard() -> None:
    stream = endpoint(time_trap_seconds=3)
    shown = token(stream, NOON)
    fast = posted({"email": "a@x.org", "_t": shown}, received_at=NOON + timedelta(seconds=1))
    slow = posted({"email": "a@x.org", "_t": shown}, received_at=NOON + timedelta(seconds=9))
    assert key(stream, fast) == f"spam/{key(stream, slow)}"
    assert len(list(stream.touchpoints(stream.receive(slow).rows[0]))) == 1


# Answers ----------------------------------------------------------------------------------------------------------


def test_a_script_is_answered_in_json_and_its_page_may_read_it() -> None:
    reception = endpoint().receive(delivery(b'{"email": "a@x.org"}', JSON))
    assert reception.reply.status == 200
    assert json.loads(reception.reply.body) == {"ok": True, "id": reception.rows[0].key}
    assert reception.reply.headers == {
        "content-type": "application/json",
        "cache-control": "no-store",
        "access-control-allow-origin": SITE,
        "vary": "Origin",
    }


BROWSER = URLENCODED | {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_plain_form_is_led_on_or_thanked() -> None:
    fields = {"email": "a@x.org"}
    thanked = endpoint().receive(posted(fields, headers=BROWSER)).reply
    assert (thanked.status, thanked.headers["content-type"]) == (200, "text/html; charset=utf-8")
    led = endpoint(redirect=f"{SITE}/ধন্যবাদ").receive(posted(fields, headers=BROWSER)).reply
    assert led.status == 303
    assert led.headers["location"] == f"{SITE}/%E0%A6%A7%E0%A6%A8%E0%A7%8D%E0%A6%AF%E0%A6%AC%E0%A6%BE%E0%A6%A6"
    script = BROWSER | {"accept": "application/json, text/html;q=0.5"}
    assert endpoint(redirect=f"{SITE}/thanks").receive(posted(fields, headers=script)).reply.status == 200


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        (f"{SITE}/done?x=1#y", f"{SITE}/done?x=1#y"),
        ("/done", f"{SITE}/done"),
        ("https://evil.example/", "https://thanks.example/"),
        ("//evil.example/", "https://thanks.example/"),
        ("/\\evil.example/", f"{SITE}/%5Cevil.example/"),
        (f"{SITE}.evil.example/", "https://thanks.example/"),
        (f"{SITE}@evil.example/", "https://thanks.example/"),
        (f"{SITE}\\@evil.example/", "https://thanks.example/"),
        ("javascript:alert(1)", "https://thanks.example/"),
        (f"{SITE}/\r\nset-cookie: a=b", f"{SITE}/%0D%0Aset-cookie:%20a=b"),
        ("http://[", "https://thanks.example/"),
    ],
)
def test_a_redirect_leads_to_allowed_sites_only(wanted: str, location: str) -> None:
    stream = endpoint(redirect="https://thanks.example/")
    reply = stream.receive(posted({"email": "a@x.org", "_redirect": wanted}, headers=BROWSER)).reply
    assert (reply.status, reply.headers["location"]) == (303, location)


def test_a_preflight_is_answered_for_allowed_sites() -> None:
    asked = {"origin": SITE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    reply = endpoint().receive(delivery(method="OPTIONS", headers=asked)).reply
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers == {
        "access-control-allow-origin": SITE,
        "vary": "Origin",
        "access-control-allow-methods": "POST, GET, OPTIONS",
        "access-control-allow-headers": "content-type, accept",
        "access-control-max-age": "7200",
    }
    refused = endpoint().receive(delivery(method="OPTIONS", headers=asked | {"origin": "https://evil.example"})).reply
    assert refused.status == 403
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": f"{SITE}.evil.example"},
        {"origin": "http://shop.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "referer": f"{SITE}/"},
        {"referer": "https://evil.example/"},
        {"referer": "http://["},
        {},
    ],
)
def test_a_post_from_elsewhere_is_refused_with_a_sentence(headers: dict[str, str]) -> None:
    reception = endpoint().receive(posted({"email": "a@x.org"}, headers=headers))
    assert (reception.rows, reception.reply.status) == ((), 403)
    assert reception.reply.body == (
        b"This form takes no posts from here; its owner lists the allowed sites in the setting origins.\n"
    )


def test_a_star_lets_everybody_in_and_a_referer_stands_for_a_missing_origin() -> None:
    assert endpoint(origins=["*"]).receive(posted({"email": "a@x.org"}, headers={})).reply.status == 200
    assert endpoint().receive(posted({"email": "a@x.org"}, headers={"referer": f"{SITE}/form"})).reply.status == 200
    assert endpoint(origins=["HTTPS://Shop.Example/"]).receive(posted({"email": "a@x.org"})).reply.status == 200
    open_redirect = posted({"email": "a@x.org", "_redirect": "https://evil.example/"}, headers=BROWSER)
    assert endpoint(origins=["*"]).receive(open_redirect).reply.status == 200


def test_other_methods_are_refused() -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        reply = endpoint().receive(delivery(method=method)).reply
        assert (reply.status, reply.headers["allow"]) == (405, "POST, OPTIONS")


# Bad input --------------------------------------------------------------------------------------------------------


def test_a_post_of_ten_megabytes_is_refused_with_a_sentence() -> None:
    reception = endpoint().receive(delivery(b"message=" + b"x" * 10_000_000))
    assert (reception.rows, reception.reply.status) == ((), 413)
    assert reception.reply.body == b"The form is larger than the 262,144 bytes that are taken here.\n"
    assert endpoint().receive(delivery(b"message=" + b"x" * (262_144 - 8))).reply.status == 200


XML = {"content-type": "text/xml", "origin": SITE}
LONE = {"content-type": "multipart/form-data", "origin": SITE}


@pytest.mark.parametrize(
    ("body", "headers", "status", "why"),
    [
        (b'{"email": ', JSON, 400, "the body is not JSON"),
        (b"\xff\xfe\x00{", JSON, 400, "the body is not JSON"),
        (b"[" * 100_000, JSON, 400, "the body is not JSON"),
        (b"[1]", JSON, 400, "the JSON is no object of fields"),
        (b'{"a":' * 7 + b"1" + b"}" * 7, JSON, 400, "the JSON is nested more than 5 deep"),
        (b"hello", JSON | {"content-type": "text/plain"}, 400, "the body is not JSON"),
        (b"&".join(b"f%d=1" % n for n in range(201)), URLENCODED, 400, "the form has more than 200 fields"),
        (json.dumps(dict.fromkeys(map(str, range(201)), 1)).encode(), JSON, 400, "the form has more than 200 fields"),
        (multipart(*[('name="f"', b"1")] * 201), MULTIPART, 400, "the form has more than 200 fields"),
        (multipart(('name="f"', b"1"))[:-8], MULTIPART, 400, "the multipart body ends in the middle"),
        (b"garbage", MULTIPART, 400, "the multipart body is broken"),
        (b"garbage", LONE, 400, "the multipart body names no boundary"),
        (b"<a/>", XML, 415, "a form cannot be posted as 'text/xml'; use urlencoded, multipart or JSON"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence_and_kept(
    body: bytes, headers: dict[str, str], status: int, why: str
) -> None:
    stream = endpoint()
    reception = stream.receive(delivery(body, headers))
    (row,) = reception.rows
    assert (reception.reply.status, row.payload) == (status, body)
    said = reception.reply.body.decode()
    assert f"The form was kept but cannot be read: {why}." in (json.loads(said)["error"] if said[0] == "{" else said)
    with pytest.raises(sdk.RowUnreadable) as problem:
        list(stream.touchpoints(row))
    assert problem.value.message == why


def test_a_form_without_fields_is_refused() -> None:
    for body, headers in ((b"", URLENCODED), (b"{}", JSON), (multipart(), MULTIPART)):
        reception = endpoint().receive(delivery(body, headers))
        assert (reception.rows, reception.reply.status) == ((), 400)


def test_what_no_database_takes_is_taken_out() -> None:
    found = touchpoint(endpoint(), delivery(rb'{"na\u0000me": "A\u0000\ud800B", "\udfff": "x"}', JSON))
    assert found.traits == {"name": "A?B"}
    assert found.properties["fields"] == {"name": "A?B", "?": "x"}


@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", MULTIPART["content-type"], "", "x/y;"]))
def test_no_body_makes_the_door_fall(body: bytes, kind: str) -> None:
    stream = endpoint(time_trap_seconds=3)
    reception = stream.receive(delivery(body, {"origin": SITE, "content-type": kind}))
    assert reception.reply.status in (200, 400, 415)
    for row in reception.rows:
        try:
            assert len(list(stream.touchpoints(row))) <= 1
        except sdk.RowUnreadable:
            assert reception.reply.status != 200


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=8))
def test_whatever_is_typed_is_kept(fields: dict[str, str]) -> None:
    body = json.dumps({"typed": fields, "email": "a@x.org"}).encode()
    found = touchpoint(endpoint(honeypot="trap"), delivery(body, JSON))
    assert sdk.email("a@x.org") in found.identifiers
    assert json.dumps(dict(found.properties)).isascii()


def test_settings_that_cannot_work_are_refused_or_told() -> None:
    with pytest.raises(ValidationError, match=r"'shop\.example' is not an origin like https://shop.example"):
        endpoint(origins=["shop.example"])
    with pytest.raises(ValidationError, match="'/thanks' is not an address"):
        endpoint(redirect="/thanks")
    assert list(Endpoint(Endpoint.Settings()).check()) == [
        'origins is empty, so every post is refused; name the site, e.g. https://shop.example, or say ["*"]'
    ]


def test_a_submission_that_a_partner_sends_by_the_mutation_is_read() -> None:
    payload = b'{"email": "a@x.org", "submitted_at": "2026-03-01T12:00:00+06:00"}'
    (found,) = endpoint().touchpoints(sdk.Row("1", payload))
    assert found.occurred_at == datetime(2026, 3, 1, 6, tzinfo=UTC)
    with pytest.raises(sdk.RowUnreadable, match="neither the envelope nor submitted_at says when"):
        list(endpoint().touchpoints(sdk.Row("1", b"email=a%40x.org")))

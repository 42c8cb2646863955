"""Calls of tracking libraries: what comes in and what is answered, what each means, and the documented examples."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import connectors.generic
from connectors.generic.segment import Messages, Segment
from hub import sdk
from hub import testing as kit
from hub.testing import ConnectorSuite

SAMPLE = Path(connectors.generic.__file__).parent / "samples" / "segment.json"
KEY = "a-write-key-of-this-source"
NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
BASIC = {"authorization": f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}"}
DONE, JSON = b'{"success": true}', "application/json"


def segment(**settings: Any) -> Messages:
    stream = Segment(Segment.Settings.model_validate({"write_keys": [KEY]} | settings)).streams()[0]
    assert isinstance(stream, Messages)
    return stream


def delivery(call: str, body: bytes, headers: dict[str, str] | None = None, **changes: Any) -> sdk.Delivery:
    request: dict[str, Any] = {
        "method": "POST", "path": f"/in/web/v1/{call}", "query": {}, "headers": BASIC if headers is None else headers,
        "body": body, "client": "203.0.113.7", "received_at": NOON, "secret": b"the source's own", "rest": call,
        "url": f"https://hub.example/in/web/v1/{call}",
    }  # fmt: skip
    return sdk.Delivery(**(request | changes))


def sent(call: str, said: Any, stream: Messages | None = None, **changes: Any) -> sdk.Reception:
    return (stream or segment()).receive(delivery(call, json.dumps(said, ensure_ascii=False).encode(), **changes))


def one(call: str, said: Any, **settings: Any) -> sdk.Touchpoint:
    """The touchpoint of a single call."""
    stream = segment(**settings)
    (row,) = sent(call, {"userId": "u", **said}, stream).rows
    (found,) = stream.touchpoints(row)
    return found


def problem(row: sdk.Row) -> str:
    with pytest.raises(sdk.RowUnreadable) as raised:
        list(segment().touchpoints(row))
    return raised.value.message


def refused(reception: sdk.Reception) -> tuple[int, str]:
    said = json.loads(reception.reply.body)
    assert said["success"] is False
    return reception.reply.status, said["message"]


# What comes in ------------------------------------------------------------------------------------------------


def test_each_message_of_a_batch_is_a_row_byte_for_byte_under_its_own_id() -> None:
    body = SAMPLE.read_bytes()
    reception = segment().receive(delivery("batch", body))
    assert (reception.reply.status, reception.reply.body) == (200, DONE)
    assert [row.key for row in reception.rows] == ["m-1", "m-2", "m-3", "m-4", "m-5", "m-6", "m-7"]
    assert all(row.payload in body for row in reception.rows)
    assert b'"total": 1250.50,' in reception.rows[2].payload
    assert reception.rows[0].envelope["sent-at"] == "2026-03-01T09:31:00.000Z"
    assert json.loads(reception.rows[0].envelope["context"])["locale"] == "bn-BD"


@pytest.mark.parametrize(
    ("call", "type_"),
    [("identify", "identify"), ("i", "identify"), ("t", "track"), ("p", "page"), ("s", "screen"), ("g", "group"),
     ("a", "alias"), ("track/", "track")],
)  # fmt: skip
def test_single_calls_say_their_type_by_their_path_also_in_short(call: str, type_: str) -> None:
    (row,) = sent(call, {"messageId": "1", "userId": "u"}).rows
    assert row.envelope["type"] == type_


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (BASIC, {}),
        ({"authorization": f"Bearer {KEY}"}, {}),
        ({"authorization": "Bearer token-of-oauth"}, {"writeKey": KEY}),
        ({}, {"writeKey": KEY}),
    ],
)
def test_the_key_may_come_in_the_header_or_in_the_body(headers: dict[str, str], said: dict[str, Any]) -> None:
    assert sent("track", {"userId": "u", "event": "X", **said}, headers=headers).reply.body == DONE
    assert sent("batch", {"batch": [{"userId": "u"}], **said}, headers=headers).reply.body == DONE


def test_browsers_write_the_key_into_each_message_of_a_batch() -> None:
    assert len(sent("b", {"batch": [{"writeKey": KEY, "type": "page", "anonymousId": "a"}]}, headers={}).rows) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Basic %%%"}, {"authorization": "Basic /w=="}, {"authorization": "Bearer "},
     {"authorization": "Digest x"}, {"authorization": f"Bearer {KEY}x"}],
)  # fmt: skip
def test_without_a_key_of_the_source_nothing_is_kept(headers: dict[str, str]) -> None:
    for call, body in (("track", b'{"event": "X", "userId": "u"}'), ("batch", b'{"batch": [{"a": 1}]}'), ("t", b"{")):
        reception = segment().receive(delivery(call, body, headers))
        assert reception.rows == ()
        assert refused(reception) == (401, "The write key is none of this source's.")


def test_a_source_without_keys_lets_nobody_in_and_says_so() -> None:
    reception = sent("track", {"writeKey": "", "userId": "u"}, segment(write_keys=[]), headers={})
    assert reception.reply.status == 401
    checked = Segment(Segment.Settings(write_keys=[]))
    assert list(checked.check()) == [
        "write_keys is empty, so every message is refused; give a long random word for each library"
    ]


def test_one_bad_message_of_a_batch_loses_none_of_the_others() -> None:
    good = {"type": "track", "event": "X", "userId": "u", "messageId": "good"}
    large = {**good, "messageId": "large", "properties": {"x": "y" * 32768}}
    bad: list[Any] = [7, {"type": "trick", "messageId": "odd"}, {"type": "track", "userId": "u"}, large]
    reception = sent("batch", {"batch": [good, *bad, {**good, "messageId": "last"}]})
    assert reception.reply.body == DONE
    assert len(reception.rows) == 6
    first, *others, last = reception.rows
    assert [len(list(segment().touchpoints(row))) for row in (first, last)] == [1, 1]
    assert [problem(row) for row in others] == [
        "the line is a single value, not a JSON object",
        "'trick' is no type of message",
        "a track call without the name of what happened",
        "the message has 32,861 bytes, more than the 32,768 that are read",
    ]


def test_what_is_too_large_is_refused_in_segments_words() -> None:
    large = {"userId": "u", "event": "X", "properties": {"x": "y" * 33000}}
    assert refused(sent("track", large)) == (400, "The body is larger than the 32,768 bytes that are taken here.")
    batch = {"batch": [large] * 16}
    assert refused(sent("batch", batch)) == (400, "The body is larger than the 512,000 bytes that are taken here.")
    packed = gzip.compress(json.dumps(batch).encode())
    reception = segment().receive(delivery("batch", packed, {**BASIC, "content-encoding": "gzip"}))
    assert refused(reception) == (400, "The body is larger than 512,000 bytes when it is unpacked.")


def test_a_packed_batch_is_read_and_kept_unpacked() -> None:
    packed = gzip.compress(SAMPLE.read_bytes())
    reception = segment().receive(delivery("batch", packed, {**BASIC, "content-encoding": "gzip"}))
    assert reception.rows == segment().receive(delivery("batch", SAMPLE.read_bytes())).rows
    broken = segment().receive(delivery("batch", packed[:-9], {**BASIC, "content-encoding": "gzip"}))
    assert refused(broken)[0] == 400


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"batch": {}}', b'{"batch": [1,]}', b"\xff{}", b"{" * 9, b'{"batch"', b"[" * 99999]
)
def test_a_body_that_cannot_be_split_is_one_record_with_a_problem(body: bytes) -> None:
    reception = segment().receive(delivery("batch", body))
    assert refused(reception) == (400, "The body is not JSON of the form that is expected here.")
    (row,) = reception.rows
    assert row.payload == body
    assert problem(row)


def test_the_same_message_sent_again_is_the_same_row_with_or_without_an_id() -> None:
    stream, later = segment(), NOON + timedelta(minutes=1)
    for said in ({"messageId": "1"}, {"timestamp": "2026-01-01T00:00:00Z"}, {}):
        first, again = (
            sent("track", {"userId": "u", "event": "X", "sentAt": at, **said}, stream, received_at=at_)
            for at, at_ in (("2026-03-01T12:00:00Z", NOON), ("2026-03-01T12:01:00Z", later))
        )
        assert first.rows[0].key == again.rows[0].key
    (long,) = sent("track", {"messageId": "x" * 101, "userId": "u", "event": "X"}).rows
    assert len(long.key) == 69


def test_equal_messages_without_id_and_time_are_two_after_ten_minutes() -> None:
    keys = {
        sent("track", {"userId": "u", "event": "X"}, received_at=NOON + timedelta(minutes=m)).rows[0].key
        for m in (0, 1, 11)
    }
    assert len(keys) == 2


# Browsers -----------------------------------------------------------------------------------------------------


def test_a_preflight_is_answered_and_another_site_is_refused() -> None:
    site = {"origin": "https://shop.example"}
    stream = segment(origins=["https://Shop.example/"])
    preflight = stream.receive(delivery("t", b"", site, method="OPTIONS"))
    assert preflight.reply.status == 204
    assert preflight.reply.headers["access-control-allow-origin"] == "https://shop.example"
    assert "authorization" in preflight.reply.headers["access-control-allow-headers"]
    elsewhere = stream.receive(delivery("t", b"{}", {**BASIC, "origin": "https://evil.example"}))
    assert refused(elsewhere)[0] == 403
    assert stream.receive(delivery("t", b'{"userId":"u"}', BASIC)).reply.status == 200


def test_a_beacon_comes_as_text_and_its_answer_can_be_read() -> None:
    body = json.dumps({"writeKey": KEY, "anonymousId": "a", "type": "page"}).encode()
    reception = segment().receive(delivery("p", body, {"content-type": "text/plain", "origin": "https://x.example"}))
    assert reception.reply.headers["access-control-allow-origin"] == "https://x.example"
    assert len(reception.rows) == 1


def test_analytics_js_is_told_where_to_send() -> None:
    reception = segment().receive(delivery(f"projects/{KEY}/settings", b"", {}, method="GET"))
    said = json.loads(reception.reply.body)["integrations"]["Segment.io"]
    assert (said["apiKey"], said["apiHost"], said["protocol"]) == (KEY, "hub.example/in/web/v1", "https")
    for place in ("projects/other/settings", "projects", "track"):
        assert segment().receive(delivery(place, b"", {}, method="GET")).reply.status == 404


def test_other_calls_are_refused_with_what_there_is() -> None:
    status, sentence = refused(sent("tracks", {}))
    assert (status, sentence.partition(";")[0]) == (404, "There is no call 'tracks'")
    assert segment().receive(delivery("track", b"{}", method="PUT")).reply.status == 405
    assert sent("m", {"series": []}).rows == []


# What it means ------------------------------------------------------------------------------------------------


def sample() -> list[sdk.Touchpoint]:
    stream = segment(currency="BDT", region="BD")
    rows = stream.receive(delivery("batch", SAMPLE.read_bytes())).rows
    return [touchpoint for row in rows for touchpoint in stream.touchpoints(row)]


def test_identify_says_who_somebody_is() -> None:
    # The clock of the sender is two and a half hours behind: sent at 09:31:00, here at 12:00:05.
    assert sample()[0] == sdk.Touchpoint(
        kind="profile",
        channel=sdk.Channel.WEB,
        direction=sdk.Direction.INTERNAL,
        occurred_at=datetime(2026, 3, 1, 11, 59, 5, tzinfo=UTC),
        automated=True,
        origin=ORIGIN,
        campaign="boishakh",
        identifiers=(
            sdk.user("u-1"), sdk.cookie("a-1"), sdk.email("nasrin@shop.example"), sdk.phone("০১৭১১-২৩৪৫৬৭", "BD"),
        ),
        traits={
            "name": "নাসরিন আক্তার", "language": "bn-BD", "birthday": "1990-05-17", "city": "ঢাকা", "postcode": "1205",
            "country": "BD", "plan": "gold",
        },
    )  # fmt: skip


ORIGIN = sdk.Origin(
    source="newsletter", medium="email", campaign="boishakh", referrer="https://mail.example/inbox",
    landing_page="https://shop.example/cart",
)  # fmt: skip


def test_a_completed_order_has_its_lines_and_is_a_matter() -> None:
    order = sample()[2]
    assert (order.kind, order.title, order.amount) == ("order", "Order Completed", sdk.Money(Decimal("1250.5"), "BDT"))
    (line,) = order.lines
    assert (line.description, line.sku, line.quantity) == ("চা পাতা 🍵", "T-1", Decimal(2))
    assert (line.unit_price.amount, line.amount.amount) == (Decimal("575.25"), Decimal("1150.50"))
    (claim,) = order.matters
    assert (claim.kind, claim.reference, claim.outcome) == (sdk.MatterKind.ORDER, "1001", sdk.MatterOutcome.WON)
    assert order.properties["number"] == "1001"
    assert order.properties["shipping"] == 100


@pytest.mark.parametrize(("sale", "direction"), [("payment", "INBOUND"), ("invoice", "OUTBOUND")])
def test_a_completed_order_may_be_what_counts_as_revenue(sale: str, direction: str) -> None:
    told = one("track", {"event": "Order Completed", "properties": {"order_id": 7, "revenue": "9.90"}}, sale=sale)
    assert (told.kind, told.direction, told.amount) == (sale, direction, sdk.Money(Decimal("9.90"), "USD"))
    back = one("track", {"event": "Order Refunded", "properties": {"order_id": 7, "total": 9.9, "currency": "eur"}})
    assert (back.kind, back.amount) == ("refund", sdk.Money(Decimal("9.9"), "EUR"))
    assert back.properties["settles"] == told.properties["number"] == "7"
    assert back.matters[0].outcome is sdk.MatterOutcome.CANCELLED


def test_a_group_names_the_firm_and_what_somebody_is_there() -> None:
    group = sample()[3]
    assert group.identifiers == (sdk.user("u-2"), sdk.group("g-1"))
    assert group.traits == {"company": "Lahore Textiles", "name": "عائشہ خان", "job_title": "مینیجر"}
    assert group.properties["group"] == {"name": "Lahore Textiles", "industry": "Textiles"}


def test_an_alias_states_that_two_ids_are_one() -> None:
    alias = sample()[6]
    assert alias.alias
    assert alias.identifiers == (sdk.user("u-2"), sdk.user("a-9"), sdk.cookie("a-9"))


def test_a_sign_up_brings_the_address_that_was_typed() -> None:
    form = sample()[4]
    assert (form.kind, form.identifiers) == ("form", (sdk.user("u-2"), sdk.email("ayesha@lahore.example")))
    assert form.traits == {"name": "عائشہ خان"}


def test_what_has_no_kind_keeps_its_name_as_title() -> None:
    tracked = sample()[5]
    assert (tracked.kind, tracked.title) == ("generic.tracked", "Report Shared")
    assert tracked.properties == {"title": "\u202eRTL\u202c 👩‍👩‍👧", "event": "Report Shared"}


def test_a_page_is_a_view_with_its_address_and_a_screen_is_one_in_an_app() -> None:
    page = sample()[1]
    assert (page.kind, page.title, page.identifiers) == ("page_view", "বাজারের থলে", (sdk.cookie("a-1"),))
    assert page.properties["url"] == "https://shop.example/cart"
    screen = one("screen", {"name": "Home", "properties": {"feed": "private"}})
    assert (screen.kind, screen.channel, screen.title) == ("page_view", sdk.Channel.APP, "Home")
    assert screen.properties == {"feed": "private", "screen": "Home"}


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ({}, "12:00:05"),
        ({"timestamp": "2026-03-01T09:00:00Z"}, "09:00:00"),
        ({"timestamp": 1772355600}, "09:00:00"),
        ({"timestamp": 1772355600000}, "09:00:00"),
        ({"timestamp": "2026-03-01T09:00:00Z", "sentAt": "2026-03-01T09:00:03Z"}, "12:00:02"),
        ({"originalTimestamp": "2026-03-01T15:00:00+06:00", "sentAt": "2026-03-01T09:00:03Z"}, "12:00:02"),
        ({"timestamp": "2026-03-01T09:00:00Z", "sentAt": "2026-03-01T08:00:00Z"}, "12:00:05"),
        (
            {
                "timestamp": "2026-03-01T10:00:00Z",
                "receivedAt": "2026-03-01T10:00:01Z",
                "sentAt": "2026-03-01T11:00:00Z",
            },
            "10:00:00",
        ),
    ],
)
def test_a_wrong_clock_does_no_harm_and_history_keeps_its_time(said: dict[str, Any], at: str) -> None:
    assert f"{one('track', {'event': 'X', **said}).occurred_at:%H:%M:%S}" == at


@pytest.mark.parametrize("time", ["soon", True, 1e300, [1]])
def test_a_time_that_is_none_is_a_problem(time: Any) -> None:
    (row,) = sent("track", {"userId": "u", "event": "X", "timestamp": time}).rows
    assert problem(row) == f"{str(time)!r} is not a time"


def test_a_batch_gives_its_context_to_each_message_and_the_messages_own_stands_before_it() -> None:
    stream = segment()
    said = {
        "context": {"groupId": "g", "device": {"type": "ios"}},
        "batch": [{"type": "track", "event": "X", "userId": "u", "context": {"groupId": "own"}}],
    }
    (row,) = sent("batch", said, stream).rows
    (found,) = stream.touchpoints(row)
    assert (found.channel, found.identifiers) == (sdk.Channel.APP, (sdk.user("u"), sdk.group("own")))


@pytest.mark.parametrize(
    ("event", "kind", "channel", "direction", "automated"),
    [
        ("Email Delivered", "email", "EMAIL", "OUTBOUND", True),
        ("Email Opened", "read_receipt", "EMAIL", "INBOUND", True),
        ("email  link clicked", "generic.tracked", "EMAIL", "INBOUND", False),
        ("Email Bounced", "bounce", "EMAIL", "INBOUND", True),
        ("Email Marked as Spam", "complaint", "EMAIL", "INBOUND", False),
        ("Unsubscribed", "unsubscription", "EMAIL", "INBOUND", False),
        ("Signed In", "sign_in", "APP", "INBOUND", False),
        ("Coupon Applied", "redemption", "APP", "INBOUND", False),
        ("Live Chat Message Received", "chat", "CHAT", "OUTBOUND", False),
        ("Message Sent", "generic.tracked", "APP", "INBOUND", False),
        ("Application Crashed", "generic.tracked", "APP", "INBOUND", True),
        ("Push Notification Received", "generic.tracked", "APP", "OUTBOUND", True),
    ],
)
def test_documented_names_are_the_shared_kinds(
    event: str, kind: str, channel: str, direction: str, automated: bool
) -> None:
    found = one("track", {"event": event})
    assert (found.kind, found.channel, found.direction, found.automated) == (kind, channel, direction, automated)


def test_robots_and_servers_that_pass_on_what_they_know_are_no_contact() -> None:
    assert one("page", {"context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}).automated
    assert one("track", {"event": "X", "context": {"active": False}}).automated
    assert not one("track", {"event": "X", "context": {"userAgent": "Mozilla/5.0 (X11; Linux)"}}).automated


def test_consent_is_kept_with_each_call_and_a_change_of_it_is_a_touchpoint_for_each_purpose() -> None:
    stream = segment()
    context = {"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}}
    assert one("track", {"event": "X", "context": context}).properties["consent"] == context["consent"]
    event = "Segment Consent Preference Updated"
    (row,) = sent("track", {"userId": "u", "event": event, "context": context}, stream).rows
    found = list(stream.touchpoints(row))
    assert [(each.kind, each.part, each.properties["given"]) for each in found] == [
        ("consent", "Advertising", False), ("consent", "Analytics", True),
    ]  # fmt: skip


def test_moving_within_a_site_is_no_origin_and_a_click_is_one() -> None:
    def origin(url: str, referrer: str) -> sdk.Origin | None:
        return one("page", {"context": {"page": {"url": url, "referrer": referrer}}}).origin

    assert origin("https://a.example/2", "https://a.example/1") is None
    found = origin("https://a.example/?gclid=G1", "")
    assert found is not None
    assert found.click_id == "G1"
    other = origin("https://a.example/", "https://search.example/q?secret=1")
    assert other is not None
    assert other.referrer == "https://search.example/q"


@pytest.mark.parametrize(
    "said", [{"properties": []}, {"context": "x"}, {"event": {}}, {"properties": {"conversation_id": []}},
             {"event": "Order Completed", "properties": {"total": "much"}},
             {"event": "Order Completed", "properties": {"total": 1, "currency": "euros"}},
             {"event": "Order Completed", "properties": {"products": [{"price": 1, "quantity": "x"}]}}],
)  # fmt: skip
def test_members_of_another_form_are_a_problem_and_no_crash(said: dict[str, Any]) -> None:
    (row,) = sent("track", {"userId": "u", "event": "X", **said}).rows
    assert problem(row)


# The documented examples --------------------------------------------------------------------------------------


@pytest.mark.shared
def test_the_75_documented_examples_import_without_a_problem_or_with_the_right_one(shared_data: Path) -> None:
    examples = json.loads((shared_data / "webhooks" / "segment_spec_payloads.json").read_text())
    stream = segment()
    kinds: Counter[str] = Counter()
    problems = {}
    for number, example in enumerate(examples):
        (row,) = sent("batch", {"batch": [example["payload"]]}, stream).rows
        try:
            kinds.update(touchpoint.kind for touchpoint in stream.touchpoints(row))
        except sdk.RowUnreadable as error:
            problems[number] = error.message
    nobody = "the message names nobody: it has neither userId nor anonymousId"
    assert problems == dict.fromkeys((53, 55, 57), nobody)  # the fragments of page, screen and track without an id
    assert kinds == {
        "generic.tracked": 49, "chat": 7, "profile": 6, "page_view": 2, "form": 1, "sign_in": 1, "order": 1,
        "bounce": 1, "email": 1, "complaint": 1, "read_receipt": 1, "unsubscription": 1,
    }  # fmt: skip


# The acceptance kit -------------------------------------------------------------------------------------------


class TestSegmentKit(ConnectorSuite):
    connector = Segment
    settings = {"write_keys": [KEY], "currency": "BDT", "region": "BD"}
    body_is_signed = False
    does_not_apply = {"provider": "libraries send; nothing is asked"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"v1": [kit.delivery(SAMPLE.read_bytes(), {**BASIC, "content-type": JSON}, rest="batch")]}

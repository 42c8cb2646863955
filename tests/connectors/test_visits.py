"""What the script of a site tells, and how it is handed out. What it does in a browser: tests/demo/test_visits.py."""

import base64
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from connectors.webforms.endpoint import Endpoint
from connectors.webforms.script import INTEGRITY, SCRIPT
from connectors.webforms.visits import Visits
from hub import sdk

SITE = "https://shop.example"
NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
HEADERS = {"origin": SITE, "content-type": "text/plain;charset=UTF-8", "user-agent": "Mozilla/5.0 Chrome/140.0"}
SAID = {"id": "0f8fad5bd9cb469fa165", "visitor": "3mo5v0q1r9xk2", "page": f"{SITE}/shop", "title": "দোকান 🫖"}


def visits(**settings: Any) -> Visits:
    stream = Endpoint(Endpoint.Settings.model_validate({"origins": [SITE]} | settings)).streams()[1]
    assert isinstance(stream, Visits)
    return stream


def delivery(said: Any = SAID, **changes: Any) -> sdk.Delivery:
    request: dict[str, Any] = {
        "method": "POST",
        "path": "/in/src_1/visits/",
        "query": {},
        "headers": HEADERS,
        "body": said if isinstance(said, bytes) else json.dumps(said).encode(),
        "client": "203.0.113.7",
        "received_at": NOON,
        "secret": b"",
        "url": "https://hub.example/in/src_1/visits?x",
    }
    return sdk.Delivery(**(request | changes))


def touchpoint(said: Any = SAID, **changes: Any) -> sdk.Touchpoint:
    (row,) = visits().receive(delivery(said, **changes)).rows
    (found,) = visits().touchpoints(row)
    return found


# The script -------------------------------------------------------------------------------------------------------


def test_the_script_has_at_most_2048_bytes() -> None:
    assert len(SCRIPT) == 2_038 <= 2_048


def test_the_script_that_sites_have_pinned_stays_as_it_is() -> None:
    # Once it is released, another script is another file, with another number.
    assert "sha256-" + base64.b64encode(sha256(SCRIPT).digest()).decode() == INTEGRITY
    assert INTEGRITY == "sha256-0D8ojD9Onn45nkCVopCB9aMlmAoF0E/WVSx2Z/den/s="


def test_the_script_may_be_kept_for_a_year_and_read_by_any_site() -> None:
    reply = visits(origins=[]).receive(delivery(b"", method="GET", rest="1.js", headers={})).reply
    assert (reply.status, reply.body, reply.headers) == (
        200,
        SCRIPT,
        {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": "public, max-age=31536000, immutable",
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        },
    )
    assert visits().receive(delivery(b"", method="GET", rest="2.js")).reply.status == 404


def test_who_opens_the_address_sees_the_line_to_paste() -> None:
    reply = visits().receive(delivery(b"", method="GET", headers={})).reply
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.body.decode() == (
        f'<script async src="https://hub.example/in/src_1/visits/1.js" integrity="{INTEGRITY}" '
        'crossorigin="anonymous"></script>\n'
    )


# What it tells ----------------------------------------------------------------------------------------------------


def test_a_page_that_was_looked_at_is_a_page_view() -> None:
    page = f"{SITE}/offer?utm_source=news&utm_medium=email&utm_campaign=spring&gclid=Cj0"
    said = {**SAID, "page": page, "referrer": "https://search.example/?q=x", "shelf": {"row": 3}}
    assert touchpoint(said) == sdk.Touchpoint(
        kind="page_view",
        channel=sdk.Channel.WEB,
        direction=sdk.Direction.INBOUND,
        occurred_at=NOON,
        title="দোকান 🫖",
        origin=sdk.Origin(
            source="news",
            medium="email",
            campaign="spring",
            click_id="Cj0",
            referrer="https://search.example/",
            landing_page=f"{SITE}/offer",
        ),
        campaign="spring",
        identifiers=(sdk.cookie("3mo5v0q1r9xk2"),),
        properties={
            "shelf": {"row": 3},
            "url": f"{SITE}/offer",
            "referrer": "https://search.example/",
            "click_id_kind": "gclid",
        },
    )


def test_moving_within_the_site_is_no_origin() -> None:
    assert touchpoint({**SAID, "referrer": f"{SITE}/"}).origin is None
    assert touchpoint().properties == {"url": f"{SITE}/shop"}


@pytest.mark.parametrize(("given", "title"), [(True, "given"), (False, "withdrawn")])
def test_what_the_visitor_said_is_kept_with_its_words(given: bool, title: str) -> None:
    found = touchpoint({**SAID, "consent": given, "text": "میں متفق ہوں"})
    assert (found.kind, found.title, found.origin) == ("consent", f"Consent to visits {title}", None)
    assert found.properties == {
        "purpose": "visits", "given": given, "wording": "میں متفق ہوں", "url": f"{SITE}/shop",
    }  # fmt: skip


def test_neither_network_address_nor_user_agent_is_kept() -> None:
    (row,) = visits().receive(delivery()).rows
    assert (row.key, row.payload) == (SAID["id"], json.dumps(SAID).encode())
    assert row.envelope == {"received-at": "2026-03-01T12:00:05+00:00", "origin": SITE}


@pytest.mark.parametrize(
    ("agent", "automated"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0", True),
        ("python-requests/2.32", True),
        ("Mozilla/5.0 (Linux; Android 15; Cubot X30) Chrome/140.0", False),
        ("", False),
    ],
    ids=["crawler", "headless", "program", "phone", "none"],
)
def test_robots_are_automated(agent: str, automated: bool) -> None:
    assert touchpoint(headers={**HEADERS, "user-agent": agent}).automated is automated


def test_a_visit_without_an_id_is_the_same_within_ten_minutes() -> None:
    def key(**changes: Any) -> str:
        return visits().receive(delivery({"visitor": "3mo5v0q1r9xk2"}, **changes)).rows[0].key

    assert key() == key(received_at=NOON + timedelta(minutes=9)) != key(received_at=NOON + timedelta(minutes=10))


def test_a_visit_that_comes_by_the_mutation_tells_its_time() -> None:
    (found,) = visits().touchpoints(sdk.Row("1", json.dumps({**SAID, "at": "2026-03-01T12:00:00+06:00"}).encode()))
    assert found.occurred_at == datetime(2026, 3, 1, 6, tzinfo=UTC)
    with pytest.raises(sdk.RowUnreadable, match="neither the envelope nor at says when"):
        list(visits().touchpoints(sdk.Row("1", json.dumps(SAID).encode())))


# What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (delivery(headers={"origin": "https://evil.example"}), 403),
        (delivery(headers={}), 403),
        (delivery(method="PUT"), 405),
        (delivery(b" " * 16_385), 413),
        (delivery(b"[1]"), 400),
        (delivery(b"\xff{"), 400),
        (delivery({**SAID, "visitor": ""}), 400),
        (delivery({**SAID, "visitor": "short"}), 400),
        (delivery({**SAID, "visitor": "আট অক্ষরের বেশি"}), 400),
        (delivery({**SAID, "visitor": ["3mo5v0q1r9xk2"]}), 400),
    ],
    ids=["site", "nowhere", "method", "size", "list", "bytes", "none", "short", "script", "type"],
)
def test_what_is_no_visit_is_refused_and_not_kept(request_: sdk.Delivery, status: int) -> None:
    reception = visits().receive(request_)
    assert (reception.rows, reception.reply.status) == ((), status)


def test_a_preflight_is_answered_for_allowed_sites() -> None:
    reply = visits().receive(delivery(b"", method="OPTIONS")).reply
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (204, SITE)


def test_one_address_may_tell_of_so_many_visits_in_a_minute() -> None:
    source = Endpoint(Endpoint.Settings.model_validate({"origins": [SITE], "visits_per_minute": 2}))

    def told(client: str, at: datetime = NOON) -> int:
        stream = source.streams()[1]
        assert isinstance(stream, Visits)
        return stream.receive(delivery(client=client, received_at=at)).reply.status

    assert [told("203.0.113.7") for _ in range(3)] == [204, 204, 429]
    assert told("203.0.113.8") == 204
    assert [told(f"2001:db8:1:2::{n}") for n in range(3)] == [204, 204, 429]
    assert told("2001:db8:1:3::1") == 204
    assert [told(client) for client in ("::ffff:203.0.113.9", "203.0.113.9", "::ffff:203.0.113.9")] == [204, 204, 429]
    assert [told(client) for client in ("fe80::1%eth0", "fe80::2%eth0", "fe80::3", "", "a-socket")] == [
        204, 204, 429, 204, 204,
    ]  # fmt: skip
    assert told("203.0.113.7", NOON + timedelta(minutes=1)) == 204
    assert {visits(visits_per_minute=0).receive(delivery()).reply.status for _ in range(400)} == {204}

"""Visits of people who agreed, as the script of ``visits-1.js`` tells them, and the script itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from connectors.members import object_of, text_in
from connectors.objects import Object
from connectors.robots import is_robot
from connectors.webforms import script, visit
from connectors.webforms.answer import PREFLIGHT, for_scripts, refusal, welcome
from hub import sdk

WITHIN = 600
"""Seconds in which the same content is the same visit, when it carries no id."""
LARGEST = 16 * 1024
"""Bytes of one visit."""
_ID = re.compile(r"[\w.~-]{8,200}", re.ASCII)
_FOR_ALL = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}
_READ = frozenset(("id", "visitor", "page", "title", "referrer", "consent", "text", "at"))
"""Members that have a place of their own in the touchpoint."""


class Visits(sdk.PushStream):
    """One row for each page that was looked at, and for each yes and no to that.

    ``has_room``: whether the address may send one more now.
    """

    name = "visits"
    nature = sdk.Nature.EVENTS

    def __init__(self, origins: list[str], has_room: Callable[[str, datetime], bool]) -> None:
        self._origins = origins
        self._has_room = has_room

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Hand out the script, or the line that embeds it; take one visit."""
        if delivery.method == "GET":
            return sdk.Reception(reply=_handed_out(delivery))
        headers = delivery.headers
        if not welcome(headers, self._origins):
            sentence = "No visits are taken from here; the owner of the hub lists the allowed sites in origins."
            return sdk.Reception(reply=refusal(403, sentence, headers, {"vary": "Origin"}))
        cross_origin = for_scripts(headers)
        if delivery.method == "OPTIONS":
            return sdk.Reception(reply=sdk.Reply(204, headers={**cross_origin, **PREFLIGHT}))
        if status := self._fault(delivery):
            return sdk.Reception(reply=sdk.Reply(status, headers={**cross_origin, **_WHY[status]}))
        try:
            said = _read(delivery.body)
        except sdk.RowUnreadable as problem:
            # Nobody typed it, so nothing is lost with it.
            return sdk.Reception(reply=refusal(400, f"{problem.message}.", headers, cross_origin))
        row = sdk.Row(_key(said, delivery), delivery.body, _envelope(delivery))
        return sdk.Reception([row], sdk.Reply(204, headers=cross_origin))

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """A page view, or what the visitor said when asked."""
        said, envelope = _read(row.payload), row.envelope
        at = envelope.get("received-at") or text_in(said, "at")
        if not at:
            raise sdk.RowUnreadable("neither the envelope nor at says when the visit was", path="at")
        given, page = said.get("consent"), text_in(said, "page")
        shared = {**{name: value for name, value in said.items() if name not in _READ}, "url": visit.address(page)}
        if isinstance(given, bool):
            told = {**shared, "purpose": "visits", "given": given, "wording": text_in(said, "text")[: visit.LONGEST]}
            title, came_from, campaign = f"Consent to visits {'given' if given else 'withdrawn'}", None, ""
        else:
            referrer = text_in(said, "referrer")
            came_from, campaign, click = visit.brought({}, page, referrer)
            told = {**shared, "referrer": visit.address(referrer), "click_id_kind": click}
            title = text_in(said, "title")[: visit.LONGEST]
        yield sdk.Touchpoint(
            kind="consent" if isinstance(given, bool) else "page_view",
            channel=sdk.Channel.WEB,
            direction=sdk.Direction.INBOUND,
            occurred_at=sdk.instant(at),
            automated=envelope.get("robot") == "yes",
            title=title,
            origin=came_from,
            campaign=campaign or None,
            identifiers=(sdk.cookie(text_in(said, "visitor")),),
            properties={name: value for name, value in told.items() if value != ""},
        )

    def _fault(self, delivery: sdk.Delivery) -> int:
        """The status with which a visit is refused before it is read; 0 when it is not."""
        if delivery.method != "POST":
            return 405
        if len(delivery.body) > LARGEST:
            return 413
        return 0 if self._has_room(delivery.client, delivery.received_at) else 429


_WHY: Mapping[int, Mapping[str, str]] = {405: {"allow": "GET, POST, OPTIONS"}, 413: {}, 429: {"retry-after": "60"}}


def _handed_out(delivery: sdk.Delivery) -> sdk.Reply:
    if delivery.rest == script.NAME:
        cached = {
            "content-type": "text/javascript; charset=utf-8",
            "cache-control": "public, max-age=31536000, immutable",
        }
        return sdk.Reply(200, script.SCRIPT, {**_FOR_ALL, **cached})
    if delivery.rest:
        return sdk.Reply(404, b"There is no such script.\n", {**_FOR_ALL, "content-type": "text/plain; charset=utf-8"})
    line = script.snippet(delivery.url).encode()
    return sdk.Reply(200, line, {**_FOR_ALL, "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache"})


def _read(body: bytes) -> Object:
    said = object_of(body)
    if not _ID.fullmatch(text_in(said, "visitor")):
        raise sdk.RowUnreadable("visitor is no id of 8 to 200 letters and digits", path="visitor")
    return said


def _envelope(delivery: sdk.Delivery) -> dict[str, str]:
    """When, where from, and whether a robot came; no address and no user agent, which would say more than was asked."""
    envelope = {"received-at": delivery.received_at.isoformat(), "origin": delivery.headers.get("origin", "")}
    return {**envelope, "robot": "yes"} if is_robot(delivery.headers.get("user-agent", "")) else envelope


def _key(said: Object, delivery: sdk.Delivery) -> str:
    given = text_in(said, "id")
    if _ID.fullmatch(given):
        return given
    window = int(delivery.received_at.timestamp()) // WITHIN
    return hashlib.sha256(delivery.body + str(window).encode()).hexdigest()[:32]

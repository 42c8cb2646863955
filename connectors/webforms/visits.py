"""Visits of people who agreed, as the script of ``visits-1.js`` tells them, and the script itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from connectors.members import object_of, text_in
from connectors.objects import Object
from connectors.robots import is_robot
from connectors.webforms import arrival, script
from connectors.webforms.answer import PREFLIGHT, for_scripts, refusal, welcome
from connectors.webforms.body import WITHIN
from hub import sdk

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
        if reply := self._refused(delivery, cross_origin):
            return sdk.Reception(reply=reply)
        try:
            said = _read(delivery.body)
        except sdk.RowUnreadable as problem:
            # Nobody typed it, so nothing is lost with it.
            return sdk.Reception(
                reply=refusal(400, f"The visit cannot be read: {problem.message}.", headers, cross_origin)
            )
        row = sdk.Row(_key(said, delivery), delivery.body, _envelope(delivery))
        return sdk.Reception([row], sdk.Reply(204, headers=cross_origin))

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """A page view, or what the visitor said when asked."""
        said, envelope = _read(row.payload), row.envelope
        at = envelope.get("received-at") or text_in(said, "at")
        if not at:
            raise sdk.RowUnreadable("neither the envelope nor at says when the visit was", path="at")
        more = {name: value for name, value in said.items() if name not in _READ}
        view = sdk.Touchpoint(
            kind="page_view",
            channel=sdk.Channel.WEB,
            direction=sdk.Direction.INBOUND,
            occurred_at=sdk.instant(at),
            automated=envelope.get("robot") == "yes",
            title=text_in(said, "title")[: arrival.LONGEST],
            identifiers=(sdk.cookie(text_in(said, "visitor")),),
            properties={**more, "url": arrival.address(text_in(said, "page"))},
        )
        given = said.get("consent")
        found = _answered(view, said, given) if isinstance(given, bool) else _viewed(view, said)
        yield replace(found, properties={name: value for name, value in found.properties.items() if value != ""})

    def _refused(self, delivery: sdk.Delivery, cross_origin: Mapping[str, str]) -> sdk.Reply | None:
        """What is answered to something that is not even read; None when it is."""
        if delivery.method != "POST":
            allow = {**cross_origin, "allow": "GET, POST, OPTIONS"}
            return refusal(405, "A visit is told here with POST.", delivery.headers, allow)
        if len(delivery.body) > LARGEST:
            sentence = f"The visit is larger than the {LARGEST:,} bytes that are taken here."
            return refusal(413, sentence, delivery.headers, cross_origin)
        if not self._has_room(delivery.client, delivery.received_at):
            sentence = "More visits come from this address than are taken in a minute."
            return refusal(429, sentence, delivery.headers, {**cross_origin, "retry-after": "60"})
        return None


def _viewed(view: sdk.Touchpoint, said: Object) -> sdk.Touchpoint:
    referrer = text_in(said, "referrer")
    origin, campaign, click = arrival.brought({}, text_in(said, "page"), referrer)
    more = {"referrer": arrival.address(referrer), "click_id_kind": click}
    return replace(view, origin=origin, campaign=campaign or None, properties={**view.properties, **more})


def _answered(view: sdk.Touchpoint, said: Object, given: bool) -> sdk.Touchpoint:
    words = {"purpose": "visits", "given": given, "wording": text_in(said, "text")[: arrival.LONGEST]}
    title = f"Consent to visits {'given' if given else 'withdrawn'}"
    return replace(view, kind="consent", title=title, properties={**view.properties, **words})


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

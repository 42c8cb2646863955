"""The HTTP interface that Segment's and RudderStack's libraries speak: any of them, pointed here, is a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from connectors.cells import CellSettings, is_code
from connectors.generic.tracking import meaning, message
from connectors.generic.tracking.names import TRACKED
from connectors.generic.tracking.reception import (
    BATCHES,
    SHORT,
    Refused,
    answer,
    known,
    presented,
    project,
    refusal,
    rows,
)
from connectors.webforms.answer import for_scripts, origin_of
from hub import sdk

_PREFLIGHT = {
    "access-control-allow-methods": "POST, GET, OPTIONS",
    "access-control-allow-headers": "content-type, authorization, content-encoding, x-retry-count, anonymousid",
    "access-control-max-age": "7200",
}


class SegmentSettings(sdk.Settings):
    """Settings of ``generic.segment``."""

    write_keys: list[sdk.Secret] = Field(
        default_factory=list,
        description="Keys that libraries are set up with. That of a browser can be read by anybody.",
    )
    origins: list[str] = Field(
        default_factory=lambda: ["*"], description='Sites whose browsers may send, e.g. https://shop.example; "*": all.'
    )
    currency: str = Field("USD", pattern="^[A-Za-z]{3}$", description="Of amounts that come without one.")
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    channel: sdk.Channel = Field(sdk.Channel.APP, description="Of messages that tell neither a page nor a device.")
    sale: Literal["order", "invoice", "payment"] = Field(
        "order",
        description="What a completed order is: an order; or, where no ledger tells it, what counts as revenue.",
    )
    max_message_bytes: int = Field(32 * 1024, ge=1024, le=1024 * 1024, description="Largest message.")
    max_batch_bytes: int = Field(500 * 1024, ge=1024, le=4 * 1024 * 1024, description="Largest batch, unpacked.")


class Messages(sdk.PushStream):
    """Calls of a tracking library; the paths are ``/in/<source>/v1/<call>``."""

    name = "v1"
    nature = sdk.Nature.EVENTS
    volatile = frozenset({"sentAt", "writeKey", "receivedAt", "_metadata"})

    def __init__(self, settings: SegmentSettings) -> None:
        self._settings = settings
        self._cells = CellSettings(currency=settings.currency, region=settings.region)

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Take the messages of a call, or answer a browser's preflight and question for settings."""
        headers = delivery.headers
        cross_origin = for_scripts(headers)
        try:
            self._welcome(headers)
            if delivery.method == "OPTIONS":
                return sdk.Reception(reply=sdk.Reply(204, headers={**cross_origin, **_PREFLIGHT}))
            if delivery.method == "GET":
                return sdk.Reception(reply=answer(200, self._project(delivery), cross_origin))
            return sdk.Reception(self._take(delivery), answer(200, {"success": True}, cross_origin))
        except Refused as problem:
            return sdk.Reception(problem.rows, refusal(problem, cross_origin))

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """What the message means."""
        settings, size = self._settings, len(row.payload)
        if size > settings.max_message_bytes:
            raise sdk.RowUnreadable(
                f"the message has {size:,} bytes, more than the {settings.max_message_bytes:,} that are read",
                hint="the setting max_message_bytes may allow more",
            )
        yield from meaning.touchpoints(message.read(row, self._cells), settings.region, settings.channel, settings.sale)

    def _keys(self) -> list[str]:
        return [key.get_secret_value() for key in self._settings.write_keys]

    def _take(self, delivery: sdk.Delivery) -> list[sdk.Row]:
        if delivery.method != "POST":
            raise Refused(405, "Messages are sent here with POST.")
        call = delivery.rest.strip("/")
        call = SHORT.get(call, call)
        if call == "m":  # what browsers measure of themselves
            return []
        if call not in (*message.TYPES, *BATCHES):
            raise Refused(404, f"There is no call {call[:40]!r}; there are: {', '.join((*message.TYPES, *BATCHES))}.")
        return rows(delivery, call, self._keys(), self._settings.max_message_bytes, self._settings.max_batch_bytes)

    def _project(self, delivery: sdk.Delivery) -> Mapping[str, object]:
        before, _, rest = delivery.rest.partition("/")
        key, _, what = rest.partition("/")
        if (
            before != "projects"
            or what.strip("/") != "settings"
            or not known([key, *presented(delivery)], self._keys())
        ):
            raise Refused(404, "There is nothing to be read here.")
        return project(delivery, key)

    def _welcome(self, headers: Mapping[str, str]) -> None:
        """A server says no origin and has only its key; a browser says where the page is from. Raises ``Refused``."""
        allowed = {each.lower().rstrip("/") for each in self._settings.origins}
        here = headers.get("origin", "")
        if here and "*" not in allowed and origin_of(here) not in allowed:
            raise Refused(403, "This source takes nothing from this site; its setting origins lists the others.")


class Segment(sdk.Connector):
    """Messages of tracking libraries."""

    name = "generic.segment"
    title = "What sites, apps and servers tell by the libraries of Segment or RudderStack, pointed at the hub"
    documentation = "docs/connectors/generic.segment.md"
    Settings = SegmentSettings
    destinations = ()
    kinds = (
        sdk.KindDeclaration(
            TRACKED,
            "Something that a site or app tracked",
            {"type": "object", "properties": {"event": {"type": "string"}}},
        ),
    )
    settings: SegmentSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Messages(self.settings)]

    def check(self) -> Iterator[str]:
        """Without a key nobody is let in; short ones are guessed."""
        keys = [key.get_secret_value() for key in self.settings.write_keys]
        if not keys:
            yield "write_keys is empty, so every message is refused; give a long random word for each library"
        if any(len(key) < 16 for key in keys):
            yield "a write key has fewer than 16 characters; give a long random word"
        if not is_code(self.settings.currency):
            yield f"{self.settings.currency!r} is not a currency code such as EUR"

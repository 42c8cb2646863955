"""What Xero tells by webhook: which object has changed, and not how."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from connectors.accounting.xero.settings import XeroSettings
from connectors.objects import content_key
from connectors.said import Said
from hub import sdk

_SOON = 150.0
"""Seconds. With pulls this far apart all day long, Xero's 5,000 requests a day are enough."""


class Notice(Said):
    """One thing told."""

    resource_id: str = Field(alias="resourceId")
    tenant_id: str = Field(alias="tenantId")
    event_category: str = Field(alias="eventCategory")
    event_type: str = Field(alias="eventType")
    event_date: str = Field(alias="eventDateUtc")

    @property
    def key(self) -> str:
        """What tells it from others: Xero gives it no id of its own."""
        return f"{self.tenant_id}/{self.event_category}/{self.resource_id}/{self.event_type}/{self.event_date}"


class Notices(sdk.PushStream):
    """Notices of the source's organisation. They mean nothing by themselves: the object is asked for."""

    name = "notices"
    nature = sdk.Nature.EVENTS

    def __init__(self, settings: XeroSettings) -> None:
        self._settings = settings

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Verify a delivery and split it. Xero's intent to receive is one without notices, signed rightly or not."""
        try:
            sdk.signatures.verify(sdk.signatures.SCHEMES["xero"], delivery, self._settings.webhook_keys)
        except sdk.SignatureWrong:
            return sdk.Reception(reply=sdk.Reply(401))  # without a body, as Xero wants every answer
        body = delivery.content()
        try:
            told = sdk.items(body, "events")
        except sdk.SourceFailed:  # it is genuine, and nobody need send it again
            told = [body]
        rows = [row for row in map(self._row, told) if row]
        return sdk.Reception(rows, pull_within=_SOON if rows else None)

    def _row(self, payload: bytes) -> sdk.Row | None:
        try:
            notice = sdk.read(Notice, payload)
        except sdk.RowUnreadable:
            return sdk.Row(content_key(payload, None), payload)
        if notice.tenant_id != self._settings.tenant_id:  # an app tells of all its organisations at one address
            return None
        return sdk.Row(notice.key, payload)

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        """Nothing, unless it cannot be read: that is shown."""
        sdk.read(Notice, row.payload)
        return ()

"""The address to which Meta posts what happens."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.objects import content_key
from connectors.posting import looked_at
from connectors.social.meta import comments, conversation, told, whatsapp
from connectors.social.meta.settings import SCHEMES, MetaSettings
from hub import sdk

_SOON = 10.0
"""Seconds after which a lead that was told of is fetched: it comes without its answers."""
_NETWORKS = {"page": "facebook", "instagram": "instagram"}


class Notices(sdk.PushStream):
    """One row for each message, comment or other thing told, in the state that was told last."""

    name = "notices"
    nature = sdk.Nature.STATES

    def __init__(self, settings: MetaSettings) -> None:
        self._settings = settings

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Answer Meta's question for the verify token; verify a delivery and split it."""
        settings = self._settings
        if answer := sdk.signatures.handshake("meta", delivery, settings.app_secrets, settings.verify_token):
            return sdk.Reception(reply=answer)
        if looked := looked_at(delivery, "Notices are"):
            return looked
        sdk.signatures.verify(SCHEMES, delivery, settings.app_secrets)
        body = delivery.content()
        try:
            rows = told.rows(body, settings.accounts)
        except (sdk.RowUnreadable, sdk.SourceFailed):  # it is genuine, and nobody need send it again
            rows = [sdk.Row(content_key(body, None), body)]
        leads = settings.page and any(row.envelope.get("field") == "leadgen" for row in rows)
        return sdk.Reception(rows, pull_within=_SOON if leads else None)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """What is told of a customer; nothing of what nobody here knows the meaning."""
        about = row.envelope
        kind, field, account = about.get("object", ""), about.get("field", ""), about.get("account", "")
        if not kind:
            raise sdk.RowUnreadable("this is no notice of the form that Meta describes")
        if kind == "whatsapp_business_account":
            yield from _whatsapp(row)
        elif kind in _NETWORKS:
            if field in ("messaging", "standby"):
                said = sdk.read(conversation.Conversed, row.payload)
                yield from conversation.touchpoints(said, _NETWORKS[kind], account)
            else:
                yield from _changed(row, field, _NETWORKS[kind], account)


def _changed(row: sdk.Row, field: str, network: str, account: str) -> Iterator[sdk.Touchpoint]:
    if field in ("comments", "live_comments", "feed", "mention", "ratings"):
        change = sdk.read(comments.Change, row.payload)
        yield from comments.touchpoints(change, network, account, row.envelope.get("at", ""))
    elif field.startswith("mess"):  # as Instagram tells it where one signs in there
        said = sdk.read(conversation.InChange, row.payload)
        yield from conversation.touchpoints(said.value, network, account)


def _whatsapp(row: sdk.Row) -> Iterator[sdk.Touchpoint]:
    part, number = row.envelope.get("part", ""), row.envelope.get("number", "")
    contact = sdk.read(whatsapp.Account, row.envelope.get("contact", "{}").encode())
    if part == "statuses":
        yield from whatsapp.statuses(sdk.read(whatsapp.Status, row.payload), contact, number)
    elif part:
        said = sdk.read(whatsapp.Message, row.payload)
        yield from whatsapp.messages(said, contact, number, ours=part == "message_echoes")

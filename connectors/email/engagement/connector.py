"""What becomes of mail that a vendor sends for the company, as the vendor tells it by webhook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from connectors.email.correspondence import NOTICE
from connectors.email.engagement.notice import Notice, key, notices
from connectors.email.engagement.vendors import VENDORS, Vendor
from connectors.generic.webhooks.certificates import Certificates
from connectors.generic.webhooks.splitting import pieces, said
from connectors.objects import content_key
from connectors.posting import check_secrets, looked_at, one_of
from hub import sdk

_LONGEST_KEY, _LONGEST_REASON = 300, 500
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_TEXT = {"type": "string"}
_OF_MAIL = {"thread": _TEXT, "original_message_id": _TEXT, "provider_id": _TEXT, "subject": _TEXT, "action": _TEXT}
CLICK, DELAY, FAILURE = "email.click", "email.delay", "email.failure"


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: str
    direction: sdk.Direction = sdk.Direction.INBOUND
    automated: bool = False


_OUT = sdk.Direction.OUTBOUND
_MEANINGS = {
    "queued": _Meaning("email", _OUT, automated=True),
    "sent": _Meaning("email", _OUT, automated=True),
    "delivered": _Meaning(NOTICE.name, automated=True),
    "deferred": _Meaning(DELAY, automated=True),
    "bounced": _Meaning("bounce", automated=True),
    "rejected": _Meaning(FAILURE, automated=True),
    "failed": _Meaning(FAILURE, automated=True),
    "opened": _Meaning("read_receipt"),
    "clicked": _Meaning(CLICK),
    "complained": _Meaning("complaint", automated=True),
    "unsubscribed": _Meaning("unsubscription"),
    "subscribed": _Meaning("subscription"),
    "autoresponded": _Meaning("auto_reply", automated=True),
}
_MARKED = {("queued", "held"): _MEANINGS["deferred"], ("failed", "hard"): _MEANINGS["bounced"]}


class EngagementSettings(sdk.Settings):
    """Settings of ``email.engagement``."""

    vendor: Annotated[str, one_of(VENDORS)] = Field(description=f"Who sends the mail: {', '.join(VENDORS)}.")
    secrets: list[sdk.Secret] = Field(
        default_factory=list, description="What deliveries are proved by; while it is changed, the old and the new."
    )
    topics: list[str] = Field(default_factory=list, description="ARNs of the topics of Amazon SNS that are yours.")
    initial_opens: bool = Field(
        False, description="Whether SparkPost's initial_open is an open: where it does not tell open as well."
    )

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        vendor = VENDORS[self.vendor]
        if self.vendor == "amazon_ses":
            if not self.topics:
                raise ValueError("topics is empty: a message of Amazon SNS is yours when its topic is")
        elif not self.secrets:
            raise ValueError("secrets is empty: without one nothing can be verified")
        for secret in self.secrets:
            if vendor.proof and not vendor.takes(secret.get_secret_value().strip()):
                raise ValueError("a secret is not what this vendor's deliveries can be proved by")
        if vendor.schemes:
            check_secrets(vendor.schemes, self.secrets)
        return self


class Notices(sdk.PushStream):
    """What the vendor told: one row for each thing it told of a mail."""

    name = "notices"
    nature = sdk.Nature.EVENTS

    def __init__(self, settings: EngagementSettings, outside: sdk.Outside) -> None:
        self._settings = settings
        self.vendor = _vendor(settings)
        self._certificates = Certificates(outside)

    # Receiving --------------------------------------------------------------------------------------------------

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Verify a delivery and split it. Whoever looks at the address before saving it is answered."""
        if answer := looked_at(delivery, "Notices are"):
            return answer
        if self._settings.vendor == "amazon_ses":
            return self._certificates.receive(delivery, self._settings.topics, lambda id_: self._rows(delivery, id_))
        return sdk.Reception(self._rows(delivery, self._verified(delivery).id))

    def _verified(self, delivery: sdk.Delivery) -> sdk.signatures.Genuine:
        secrets = [secret.get_secret_value().strip() for secret in self._settings.secrets]
        if self.vendor.proof:
            return self.vendor.proof(delivery, secrets)
        return sdk.signatures.verify(self.vendor.schemes, delivery, secrets)

    def _rows(self, delivery: sdk.Delivery, id_: str) -> list[sdk.Row]:
        """The rows of a delivery. What cannot be split is kept whole: it is genuine, and nobody need send it again."""
        kind = delivery.headers.get("content-type", "")
        kind = kind if "boundary" in kind else kind.lower()
        envelope = {"@received": delivery.received_at.isoformat()} | ({"@id": id_} if id_ else {})
        if not kind.startswith("application/json"):
            envelope["content-type"] = kind
        body = delivery.content()
        try:
            found = pieces(body, kind, self.vendor.rows)
        except sdk.RowUnreadable:
            found = [body]
        if found != [body]:
            envelope["piece"] = self.vendor.rows or "[]"
        return [self._row(payload, envelope) for payload in found]

    def _row(self, payload: bytes, envelope: dict[str, str]) -> sdk.Row:
        try:
            known_by = key(self.vendor.tables, said(payload, envelope))
        except sdk.RowUnreadable:
            known_by = ""
        if not 0 < len(known_by) <= _LONGEST_KEY:
            known_by = content_key(payload, None)
        return sdk.Row(known_by, payload, envelope)

    # Meaning ----------------------------------------------------------------------------------------------------

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """One touchpoint for each recipient."""
        content = said(row.payload, row.envelope)
        for notice in notices(self.vendor.tables, content):
            if notice.word != "unknown":
                yield _touchpoint(notice, row.envelope.get("@received", ""))


def _vendor(settings: EngagementSettings) -> Vendor:
    vendor = VENDORS[settings.vendor]
    if not settings.initial_opens:
        return vendor
    opens = {"initial_open": "opened", "amp_initial_open": "opened"}
    return replace(vendor, tables=tuple(replace(each, words={**each.words, **opens}) for each in vendor.tables))


def _touchpoint(notice: Notice, received: str) -> sdk.Touchpoint:
    meaning = _MARKED.get((notice.word, notice.mark)) or _MEANINGS[notice.word]
    about = "to" if meaning.kind == "email" else "about"
    return sdk.Touchpoint(
        kind=meaning.kind,
        channel=sdk.Channel.EMAIL,
        direction=meaning.direction,
        occurred_at=notice.at or sdk.instant(received),
        title=notice.subject,
        part=f"{about}:{notice.recipient.lower()}",
        automated=meaning.automated or notice.mark == "machine",
        identifiers=(sdk.email(notice.recipient),) if notice.recipient else (),
        participants=tuple(sdk.Participant(sdk.ParticipantRole.TO, one.name, one.address) for one in notice.among),
        properties=_properties(notice, meaning.kind),
    )


def _properties(notice: Notice, kind: str) -> dict[str, Any]:
    """What the shared kinds call it; ids without their angle brackets, as connectors of mail write them."""
    mail_id, provider_id = notice.mail_id.strip("<>"), notice.message_id.strip("<>")
    status = _STATUS.search(notice.response)
    description = notice.description.strip()[:_LONGEST_REASON]
    reason = notice.response.strip()[:_LONGEST_REASON] or description
    properties = {
        "message_id" if kind == "email" else "original_message_id": mail_id,
        "thread": mail_id or provider_id,
        "provider_id": provider_id if provider_id != mail_id else "",
        "subject": notice.subject,
        "action": notice.word,
        "status": status[0] if status else "",
        "reason": reason,
        "description": description if description != reason else "",
        "reject_reason": notice.reject_reason,
        "hard": {"hard": True, "soft": False}.get(notice.mark) if kind == "bounce" else None,
        "list": notice.list,
        "url": notice.url,
        "user_agent": notice.user_agent,
        "tags": list(notice.tags),
        "metadata": dict(notice.metadata),
    }
    return {name: value for name, value in properties.items() if value not in ("", None, [], {})}


class Engagement(sdk.Connector):
    """An address for what one vendor tells."""

    name = "email.engagement"
    title = "What mail vendors tell of mail they sent: delivered, opened, clicked, bounced, complained, unsubscribed"
    documentation = "docs/connectors/email.engagement.md"
    Settings = EngagementSettings
    destinations = ()
    kinds = (
        NOTICE,
        sdk.KindDeclaration(
            CLICK,
            "Link in a mail that was clicked",
            {"type": "object", "properties": {**_OF_MAIL, "url": _TEXT, "user_agent": _TEXT}},
        ),
        sdk.KindDeclaration(
            DELAY, "Mail that waits to be delivered", {"type": "object", "properties": {**_OF_MAIL, "reason": _TEXT}}
        ),
        sdk.KindDeclaration(
            FAILURE, "Mail that was not sent", {"type": "object", "properties": {**_OF_MAIL, "reason": _TEXT}}
        ),
    )
    settings: EngagementSettings

    def __init__(self, settings: EngagementSettings, outside: sdk.Outside | None = None) -> None:
        super().__init__(settings, outside)
        self._notices = Notices(settings, self.outside)

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [self._notices]

"""Mail as it is received by somebody else and posted here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Any, Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from connectors.email.correspondence import NOTICE, Correspondence, is_undated, row_of
from connectors.email.inbound.arrival import Arrival, Posted
from connectors.email.inbound.vendors import VENDORS
from connectors.email.mbox import Letter, line_above, with_lf
from connectors.generic.webhooks.certificates import Certificates
from connectors.objects import content_key
from connectors.posting import WORDS, check_secrets, looked_at, one_of
from hub import sdk

_TOLD, _VERDICT, _RECIPIENTS = "told", "verdict", "recipients"


class InboundSettings(sdk.Settings):
    """Settings of ``email.inbound``."""

    vendor: Annotated[str, one_of(VENDORS)] = Field(
        description=f"Who receives the mail and posts it: {', '.join(VENDORS)}."
    )
    secrets: list[sdk.Secret] = Field(
        default_factory=list, description="What deliveries are proved by; while it is changed, the old and the new."
    )
    topics: list[str] = Field(default_factory=list, description="ARNs of the topics of Amazon SNS that are yours.")
    own_addresses: tuple[str, ...] = Field(
        default=(), description="Addresses of the company, or whole domains as @example.org. Plus tags are ignored."
    )
    leave_out_spam: bool = Field(
        False, description="Whether mail that the vendor holds for spam or a virus is kept as a record only."
    )

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        if self.vendor == "amazon_ses":
            if not self.topics:
                raise ValueError("topics is empty: a message of Amazon SNS is yours when its topic is")
        elif not self.secrets:
            raise ValueError("secrets is empty: without one nothing can be verified")
        for schemes, secrets in self.proofs():
            check_secrets(schemes, secrets)
        return self

    def proofs(self) -> Iterator[tuple[Sequence[sdk.signatures.Scheme], list[sdk.Secret]]]:
        """Schemes, each with the secrets that are good for it: a key of signatures is no password."""
        vendor = VENDORS[self.vendor]
        keys = [secret for secret in self.secrets if vendor.is_key(secret.get_secret_value().strip())]
        yield vendor.signed, keys
        yield WORDS, [secret for secret in self.secrets if secret not in keys]


class Messages(sdk.PushStream):
    """The mails that were received."""

    name = Correspondence.name
    nature = Correspondence.nature

    def __init__(self, settings: InboundSettings, outside: sdk.Outside) -> None:
        self._settings = settings
        self.vendor = VENDORS[settings.vendor]
        self._certificates = Certificates(outside)

    # Receiving --------------------------------------------------------------------------------------------------

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Verify a delivery and take the mail out of it. Whoever looks at the address before saving it is answered."""
        if answer := looked_at(delivery, "Mail is"):
            return answer
        if self._settings.vendor == "amazon_ses":
            return self._certificates.receive(delivery, self._settings.topics, lambda _: [self._row(delivery, "")])
        return sdk.Reception([self._row(delivery, self._verified(delivery).id)])

    def _verified(self, delivery: sdk.Delivery) -> sdk.signatures.Genuine:
        if self.vendor.one_time:
            delivery = _signed_alone(delivery)
        refusal = sdk.SignatureWrong("The delivery is not proved in any way expected here.")
        for schemes, secrets in self._settings.proofs():
            if secrets:
                try:
                    return sdk.signatures.verify(schemes, delivery, secrets)
                except sdk.SignatureWrong as problem:
                    refusal = problem
        raise refusal

    def _row(self, delivery: sdk.Delivery, id_: str) -> sdk.Row:
        """The mail, or what is told of it. What cannot be read is kept whole: it is genuine, and nobody need send it
        again."""
        kind, content = delivery.headers.get("content-type", ""), delivery.content()
        token = id_ if self.vendor.one_time else ""
        told = {_TOLD: kind}
        try:
            arrival = self.vendor.read(content, kind)
        except sdk.RowUnreadable:
            arrival = None
        if arrival is None:
            return sdk.Row(token or content_key(content, None), content, told)
        row = _row_of(arrival, delivery.received_at)
        if not arrival.whole:
            if "arrived" in row.envelope:
                told["arrived"] = row.envelope["arrived"]
            row = sdk.Row(row.key, content, told)
        return replace(row, key=token or row.key)

    # Meaning ----------------------------------------------------------------------------------------------------

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the same mail means in a mailbox, and what the vendor holds of it."""
        mail = self._mail(row)
        if mail is None:
            return
        verdict: dict[str, Any] = json.loads(mail.envelope.get(_VERDICT, "{}"))
        if self._settings.leave_out_spam and (verdict.get("spam") or verdict.get("virus")):
            return
        ours = (*self._settings.own_addresses, *mail.envelope.get(_RECIPIENTS, "").split("\n"))
        document = mail.key if mail.key != row.key else None
        for mapped in Correspondence(ours).touchpoints(mail):
            if isinstance(mapped, sdk.Touchpoint):
                mapped = replace(mapped, document=document, properties={**mapped.properties, **verdict})
            yield mapped

    def _mail(self, row: sdk.Row) -> sdk.Row | None:
        """The row as a mailbox would have it: the mail, under the mail's own key."""
        if _TOLD not in row.envelope:
            return replace(row, key=Correspondence(()).key(row.payload))
        arrival = self.vendor.read(row.payload, row.envelope[_TOLD])
        if arrival is None:
            return None
        mail = _row_of(arrival, None)
        return replace(mail, envelope={**mail.envelope, **row.envelope})


def _signed_alone(delivery: sdk.Delivery) -> sdk.Delivery:
    """A posted form without what is not signed: a large mail would be read once for each field that is."""
    try:
        form = Posted(delivery.body, delivery.headers.get("content-type", ""))
        fields = {name: form.text(name) for name in ("timestamp", "token", "signature")}
    except sdk.RowUnreadable:
        fields = {}
    return replace(
        delivery, body=urlencode(fields).encode(), headers={"content-type": "application/x-www-form-urlencoded"}
    )


def _row_of(arrival: Arrival, received_at: datetime | None) -> sdk.Row:
    line = line_above(arrival.mail)
    raw = arrival.mail[len(line) :]
    whole = with_lf(raw)
    letter = Letter(raw, len(whole), hashlib.sha256(whole).hexdigest(), line.strip())
    envelope = {
        _RECIPIENTS: "\n".join(arrival.recipients),
        _VERDICT: json.dumps(arrival.verdict) if arrival.verdict else "",
        "provider_id": arrival.provider_id,
        "arrived": format_datetime(received_at) if received_at and is_undated(letter) else "",
    }
    return row_of(letter, **{name: value for name, value in envelope.items() if value})


class Inbound(sdk.Connector):
    """An address for mail that somebody receives for the company."""

    name = "email.inbound"
    title = "Mail that a vendor or a mail server receives for you and posts: Mailgun, Postmark, SendGrid, Amazon SES"
    documentation = "docs/connectors/email.inbound.md"
    Settings = InboundSettings
    destinations = ()
    kinds = (NOTICE,)
    settings: InboundSettings

    def __init__(self, settings: InboundSettings, outside: sdk.Outside | None = None) -> None:
        super().__init__(settings, outside)
        self._messages = Messages(settings, self.outside)

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream: the messages."""
        return [self._messages]

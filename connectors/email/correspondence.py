"""What a mail means: whose touchpoint it is, whether the mail lay in a file or on a server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from connectors.email import header
from connectors.email.bounce import About
from connectors.email.header import Address
from connectors.email.mbox import Letter, with_lf
from connectors.email.message import Mail
from connectors.email.reply import reply_text
from connectors.email.report import DELIVERY_NOTICE, Report, is_automated, recognise
from hub import sdk

_SNIPPET = 2000
NOTICE = sdk.KindDeclaration(
    DELIVERY_NOTICE,
    "Mail that arrived, as a server reports",
    {"action": {"type": "string"}, "status": {"type": "string"}},
)
"""The kind that connectors of mail declare beside the shared ones."""


class Correspondence:
    """What a stream of mails has in common with every other. Every mail is a row. Mails never change: another content
    under the same Message-ID is another mail."""

    name = "messages"
    nature = sdk.Nature.EVENTS

    def __init__(self, own_addresses: Sequence[str]) -> None:
        self.own = frozenset(_canonical(one) for one in own_addresses)

    def key(self, payload: bytes) -> str:
        """The key of a mail, the same wherever the mail lies."""
        return key_of(payload, hashlib.sha256(with_lf(payload)).hexdigest())

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        """One touchpoint for each correspondent: who wrote to us, or each one we wrote to."""
        mail = Mail(row.payload)
        if not mail.readable:
            raise sdk.RowUnreadable("the mail has no header", hint="it is kept as received")
        report = recognise(mail)
        occurred_at = (
            mail.occurred_at(row.envelope.get("from_line", ""))
            or (report.original_at if report else None)
            or header.date(row.envelope.get("arrived", ""))
        )
        if occurred_at is None:
            raise sdk.RowUnreadable("the mail has no readable date", path="Date")
        about = _base(mail, row, occurred_at, report)
        if report is not None and report.kind != "auto_reply":
            return [_about(about, one) for one in report.about] or [replace(about, part="about:")]
        return self._correspondence(mail, about)

    def _correspondence(self, mail: Mail, about: sdk.Touchpoint) -> list[sdk.Touchpoint]:
        senders = mail.addresses("from") or mail.addresses("sender") or mail.addresses("return-path")
        to, cc = mail.addresses("to"), mail.addresses("cc", "bcc")
        if not senders:  # "From: <>": it belongs to nobody until a person says whose it is
            return [replace(about, part="from:", text=_snippet(mail, ""), participants=self._participants((), to, cc))]
        sender = senders[0]
        about = replace(about, text=_snippet(mail, sender.name))
        if not self._is_own(sender):
            present = self._participants((), to, cc)
            return [_with_subject(about, f"from:{sender.address.lower()}", sender, present)]
        about = replace(about, direction=sdk.Direction.OUTBOUND)
        customers = [one for one in to if not self._is_own(one)]
        if not customers and (to or cc) and all(self._is_own(one) for one in (*to, *cc)):
            return []  # a mail among colleagues is no contact with a customer
        present = self._participants((sender,), [one for one in to if self._is_own(one)], cc)
        return [_with_subject(about, f"to:{one.address.lower()}", one, present) for one in customers] or [
            replace(about, part="to:", participants=present)
        ]

    def _is_own(self, one: Address) -> bool:
        address = _canonical(one.address)
        return address in self.own or "@" + address.rpartition("@")[2] in self.own

    def _participants(
        self, senders: Iterable[Address], to: Iterable[Address], cc: Iterable[Address]
    ) -> tuple[sdk.Participant, ...]:
        roles = sdk.ParticipantRole
        return tuple(
            sdk.Participant(roles.AGENT if self._is_own(one) else role, one.name, one.address)
            for role, group in ((roles.FROM, senders), (roles.TO, to), (roles.CC, cc))
            for one in group
        )


def _canonical(address: str) -> str:
    local, at, domain = address.strip().lower().rpartition("@")
    return local.partition("+")[0] + at + domain


def row_of(letter: Letter, **envelope: str) -> sdk.Row:
    """The row of a mail, with what is known of it beside its bytes."""
    if letter.truncated:
        envelope.update(truncated=str(letter.size), sha256=letter.sha256)
    if letter.from_line and is_undated(letter):
        envelope["from_line"] = header.decode(letter.from_line)
    return sdk.Row(key_of(letter.raw, letter.sha256), letter.raw, envelope)


def is_undated(letter: Letter) -> bool:
    """Whether no header says when the mail was sent. Only then other dates are kept, so that a copy is the same."""
    return Mail(letter.raw, headers_only=True).occurred_at() is None


def key_of(raw: bytes, sha256: str) -> str:
    """Message-ID and digest; the digest alone where there is no Message-ID. ``raw`` may be the mail's head only."""
    message_id = Mail(raw, headers_only=True).id
    return f"{message_id}/{sha256[:16]}" if message_id else sha256


def _base(mail: Mail, row: sdk.Row, occurred_at: datetime, report: Report | None) -> sdk.Touchpoint:
    """What all touchpoints of one mail have in common."""
    subject = mail.field("subject")
    return sdk.Touchpoint(
        kind=report.kind if report else "email",
        channel=sdk.Channel.EMAIL,
        direction=sdk.Direction.INBOUND,
        occurred_at=occurred_at,
        title=subject,
        automated=report is not None or is_automated(mail),
        properties=_properties(mail, row, subject, report),
    )


def _properties(mail: Mail, row: sdk.Row, subject: str, report: Report | None) -> dict[str, Any]:
    whole = "truncated" not in row.envelope
    original_id = report.original_id if report else ""
    # the parts of a report are the report, not files somebody sent
    attachments = mail.attachments() if report is None or report.kind == "auto_reply" else []
    before = (*mail.references[:1], mail.in_reply_to, original_id, mail.id, row.key)
    properties: dict[str, Any] = {
        "message_id": mail.id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "thread": next(one for one in before if one),
        "subject": subject,
        "list_id": mail.field("list-id"),
        "original_message_id": original_id,
        "attachments": [asdict(one) if whole else {"name": one.name, "type": one.type} for one in attachments],
        "provider_id": row.envelope.get("provider_id", ""),
        "provider_thread": row.envelope.get("provider_thread", ""),
        "labels": [label for label in row.envelope.get("labels", "").split("\n") if label],
    }
    if not whole:
        properties["truncated"] = int(row.envelope["truncated"])
    return {name: value for name, value in properties.items() if value not in ("", [])}


def _about(touchpoint: sdk.Touchpoint, about: About) -> sdk.Touchpoint:
    """A report's touchpoint is about the one who did not get, or complained about, or read our mail."""
    said = {"status": about.status, "action": about.action, "reason": about.diagnostic}
    properties = {**touchpoint.properties, **{name: value for name, value in said.items() if value}}
    if touchpoint.kind == "bounce":
        properties["hard"] = about.hard
    return replace(
        touchpoint,
        part=f"about:{about.recipient.lower()}",
        identifiers=(sdk.email(about.recipient),),
        properties=properties,
    )


def _with_subject(
    touchpoint: sdk.Touchpoint, part: str, subject: Address, participants: tuple[sdk.Participant, ...]
) -> sdk.Touchpoint:
    traits = {"name": subject.name} if _is_name(subject) else {}
    return replace(
        touchpoint,
        part=part,
        identifiers=(sdk.email(subject.address),),
        traits=traits,
        participants=participants,
    )


def _is_name(one: Address) -> bool:
    """Whether a display name names somebody: many programs put the address there."""
    name = one.name
    return (
        1 < len(name) <= 100
        and "@" not in name
        and any(map(str.isalpha, name))
        and (name.lower() != one.address.partition("@")[0].lower())
    )


def _snippet(mail: Mail, sender: str) -> str | None:
    text = reply_text(mail.body, sender)
    return (text if len(text) <= _SNIPPET else text[: _SNIPPET - 1] + "…") or None

"""What is written on WhatsApp, and what became of what we wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from connectors.said import Said
from connectors.social.meta.told import moment
from hub import sdk

NETWORK = "whatsapp"
DELIVERED, FAILED = "social.delivery", "social.failure"
_FILES = ("image", "video", "audio", "document", "sticker")


class Profile(Said):
    """What people show of themselves; the username is theirs to change."""

    name: str = ""
    username: str = ""


class Account(Said):
    """Who a message is from or to. Since 2026 people may hide their number: the user id is what stays, until the number
    changes; it means something to one business portfolio only."""

    profile: Profile = Field(default_factory=Profile)
    wa_id: str = ""
    user_id: str = ""
    parent_user_id: str = ""


class Text(Said):
    """A text."""

    body: str = ""


class File(Said):
    """A file, which Meta keeps."""

    caption: str = ""
    filename: str = ""
    mime_type: str = ""


class Pressed(Said):
    """A button, or a line of a list, that was pressed."""

    id: str = ""
    title: str = ""
    text: str = ""
    payload: str = ""
    description: str = ""
    body: str = ""


class Interactive(Said):
    """The answer to something with buttons, a list or a flow."""

    button_reply: Pressed = Field(default_factory=Pressed)
    list_reply: Pressed = Field(default_factory=Pressed)
    nfm_reply: Pressed = Field(default_factory=Pressed)

    def pressed(self) -> Pressed:
        """The one of them that there is."""
        return next((each for each in (self.button_reply, self.list_reply) if each.id or each.title), self.nfm_reply)


class Location(Said):
    """A place."""

    name: str = ""
    address: str = ""
    latitude: str = ""
    longitude: str = ""

    def written(self) -> str:
        """Its name and address, or where on the earth it is."""
        where = ", ".join(filter(None, (self.latitude, self.longitude)))
        return "\n".join(filter(None, (self.name, self.address))) or where


class Context(Said):
    """The message that is answered."""

    id: str = ""


class Reaction(Said):
    """What somebody put on a message."""

    message_id: str = ""
    emoji: str = ""


class Referral(Said):
    """The ad or post that led here."""

    source_url: str = ""
    source_id: str = ""
    source_type: str = ""
    headline: str = ""
    click_id: str = Field("", alias="ctwa_clid")

    def origin(self) -> sdk.Origin | None:
        """Where somebody came from."""
        if not self.source_id and not self.click_id:
            return None
        medium = "paid" if self.source_type == "ad" else "social"
        return sdk.Origin(
            source="facebook", medium=medium, content=self.source_id, click_id=self.click_id, referrer=self.source_url
        )


class System(Said):
    """What WhatsApp itself says: another number, another user id."""

    type: str = ""
    wa_id: str = ""
    user_id: str = ""
    parent_user_id: str = ""
    previous_user_id: str = ""
    previous_parent_user_id: str = ""

    def ids(self) -> list[str]:
        """The user ids before and after."""
        return [self.previous_user_id, self.previous_parent_user_id, self.user_id, self.parent_user_id]


class Number(Said):
    """A phone number on a card."""

    phone: str = ""


class Card(Said):
    """A card with somebody's numbers: of anybody, or of the sender, where that was asked for."""

    phones: tuple[Number, ...] = ()


class Edit(Said):
    """What a message says now."""

    message: Message


class Message(Said):
    """A message, in or out."""

    sender: str = Field("", alias="from")
    from_user_id: str = ""
    from_parent_user_id: str = ""
    to: str = ""
    to_user_id: str = ""
    to_parent_user_id: str = ""
    timestamp: str = ""
    type: str = ""
    text: Text = Field(default_factory=Text)
    image: File | None = None
    video: File | None = None
    audio: File | None = None
    document: File | None = None
    sticker: File | None = None
    location: Location = Field(default_factory=Location)
    button: Pressed = Field(default_factory=Pressed)
    interactive: Interactive = Field(default_factory=Interactive)
    reaction: Reaction | None = None
    context: Context = Field(default_factory=Context)
    referral: Referral = Field(default_factory=Referral)
    system: System | None = None
    origin: str = ""
    contacts: tuple[Card, ...] = ()
    edit: Edit | None = None

    def files(self) -> list[File]:
        """The files of it."""
        return [each for name in _FILES if (each := getattr(self, name))]

    def written(self) -> str:
        """What a person reads of it."""
        pressed = self.interactive.pressed()
        texts = (self.text.body, self.location.written(), self.button.text, pressed.title or pressed.body)
        return next(filter(None, (*texts, *(each.caption for each in self.files()))), "")


class Problem(Said):
    """Why a message was not delivered."""

    title: str = ""
    message: str = ""


class Status(Said):
    """What became of a message of ours."""

    id: str = ""
    status: str = ""
    timestamp: str = ""
    recipient_id: str = ""
    recipient_user_id: str = ""
    recipient_parent_user_id: str = ""
    recipient_type: str = ""
    errors: tuple[Problem, ...] = ()


_BECAME = {
    "sent": ("direct_message", sdk.Direction.OUTBOUND, True),
    "delivered": (DELIVERED, sdk.Direction.INBOUND, True),
    "read": ("read_receipt", sdk.Direction.INBOUND, False),
    "played": ("read_receipt", sdk.Direction.INBOUND, False),
    "failed": (FAILED, sdk.Direction.INBOUND, True),
}


def messages(said: Message, contact: Account, number: str, *, ours: bool) -> Iterator[sdk.Touchpoint]:
    """A message, a reaction, or what WhatsApp says of a person; ``number`` is the one of ours."""
    system = said.system
    if ours:
        ids, phones = [said.to_user_id, said.to_parent_user_id], [said.to]
    else:
        ids, phones = [said.from_user_id, said.from_parent_user_id], [said.sender or contact.wa_id]
    ids += [contact.user_id, contact.parent_user_id, *(system.ids() if system else ())]
    phones += [system.wa_id] if system else _own(said)
    kind = _kind(said)
    identifiers = _identifiers(ids, phones)
    if not kind or not identifiers:
        return
    held = said.edit.message if said.edit else said
    about = {
        "in_reply_to": said.reaction.message_id if said.reaction else said.context.id,
        "reaction": said.reaction.emoji if said.reaction else "",
        "postback": said.button.payload or said.interactive.pressed().id,
        "attachments": [{"name": each.filename or name, "type": each.mime_type} for name, each in _named(held)],
        "edited": said.edit is not None,
    }
    yield sdk.Touchpoint(
        kind=kind,
        channel=sdk.Channel.CHAT,
        direction=sdk.Direction.OUTBOUND if ours else sdk.Direction.INBOUND,
        occurred_at=_time(said.timestamp),
        automated=system is not None,
        text=held.written() or None,
        origin=said.referral.origin(),
        identifiers=identifiers,
        **_about(contact, number, about),
    )


def statuses(said: Status, contact: Account, number: str) -> Iterator[sdk.Touchpoint]:
    """What became of a message; of one to a group it is nobody's."""
    ids = [said.recipient_user_id, said.recipient_parent_user_id, contact.user_id, contact.parent_user_id]
    identifiers = _identifiers(ids, [said.recipient_id])
    if said.status not in _BECAME or said.recipient_type == "group" or not identifiers:
        return
    kind, direction, automated = _BECAME[said.status]
    reason = next((each.message or each.title for each in said.errors), "")
    yield sdk.Touchpoint(
        kind=kind,
        channel=sdk.Channel.CHAT,
        direction=direction,
        occurred_at=_time(said.timestamp),
        automated=automated,
        identifiers=identifiers,
        **_about(contact, number, {"original_message_id": said.id, "status": said.status, "reason": reason}),
    )


def _kind(said: Message) -> str:
    """Nothing for what says nothing of a person: that a code has changed, that a chat was opened."""
    if said.system:
        told = ("user_changed_number", "customer_changed_number", "user_changed_user_id")
        return "profile" if said.system.type in told else ""
    if said.type == "request_welcome":
        return ""
    return "reaction" if said.reaction else "direct_message"


def _own(said: Message) -> list[str]:
    """The sender's own number, where somebody who hides it has given it when asked."""
    return [each.phone for card in said.contacts for each in card.phones] if said.origin == "contact_request" else []


def _identifiers(ids: list[str], phones: list[str]) -> tuple[sdk.Identifier, ...]:
    """User ids first: they are for certain. Numbers come without their plus."""
    found = [sdk.social(NETWORK, each) for each in dict.fromkeys(filter(None, ids))]
    numbers = dict.fromkeys(re.sub(r"[\s()+.-]", "", each) for each in phones)
    found += [sdk.phone(f"+{each}") for each in numbers if each.isascii() and each.isdecimal()]
    return tuple(found)


def _named(said: Message) -> Iterator[tuple[str, File]]:
    return ((name, each) for name in _FILES if (each := getattr(said, name)))


def _about(contact: Account, number: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What messages and statuses say alike."""
    profile = contact.profile
    handle = f"@{profile.username.removeprefix('@')}" if profile.username else ""
    held = {"network": NETWORK, "handle": handle, **properties}
    return {
        "traits": {"name": profile.name} if profile.name else {},
        "participants": (sdk.Participant(sdk.ParticipantRole.AGENT, "", number),) if number else (),
        "properties": {name: value for name, value in held.items() if value},
    }


def _time(text: str) -> Any:
    at = moment(text)
    if at is None:
        raise sdk.RowUnreadable("'timestamp' is no time", path="timestamp")
    return at

"""What was said, reacted and read in Messenger, and in Instagram's messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from connectors.said import Said
from connectors.social.meta.told import moment
from hub import sdk


class Party(Said):
    """Who sends or receives, by an id that means something to one Page or account only."""

    id: str = ""


class Held(Said):
    """Where a file is, or what a template says."""

    title: str = ""


class Attachment(Said):
    """A picture, sound, place, or a story that names us."""

    type: str = ""
    payload: Held = Field(default_factory=Held)


class Answered(Said):
    """The message that is answered."""

    mid: str = ""


class Chosen(Said):
    """What a button that was pressed means to its maker."""

    payload: str = ""


class Referral(Said):
    """What led somebody here: an ad has an id, a link a word of its maker."""

    ref: str = ""
    source: str = ""
    ad_id: str = ""

    def origin(self, network: str) -> sdk.Origin | None:
        """Where somebody came from, if by an ad or a link with a word."""
        if not self.ad_id and not self.ref:
            return None
        medium = "paid" if self.ad_id else self.source.lower()
        return sdk.Origin(source=network, medium=medium, campaign=self.ref, content=self.ad_id)


class Message(Said):
    """A message, or its text after an edit."""

    mid: str = ""
    text: str = ""
    is_echo: bool = False
    attachments: tuple[Attachment, ...] = ()
    reply_to: Answered = Field(default_factory=Answered)
    quick_reply: Chosen = Field(default_factory=Chosen)
    referral: Referral = Field(default_factory=Referral)


class Postback(Said):
    """A button that was pressed; ``title`` is what stands on it."""

    mid: str = ""
    title: str = ""
    payload: str = ""
    referral: Referral = Field(default_factory=Referral)


class Reaction(Said):
    """What somebody put on a message."""

    mid: str = ""
    reaction: str = ""
    emoji: str = ""


class Read(Said):
    """Until when, in milliseconds, or which message, was read."""

    watermark: str = ""
    mid: str = ""


class Conversed(Said):
    """One thing told of a conversation; it has one of the last five."""

    sender: Party = Field(default_factory=Party)
    recipient: Party = Field(default_factory=Party)
    timestamp: int
    message: Message | None = None
    message_edit: Message | None = None
    postback: Postback | None = None
    reaction: Reaction | None = None
    read: Read | None = None


class InChange(Said):
    """The same, told as a change of an account."""

    value: Conversed


def touchpoints(said: Conversed, network: str, account: str) -> Iterator[sdk.Touchpoint]:
    """What is told, as a touchpoint of the person that is not ``account``, which is ours."""
    at, message = moment(said.timestamp), said.message or said.message_edit
    ours = said.sender.id == account or bool(message and message.is_echo)
    who = said.recipient.id if ours else said.sender.id
    kind, properties = _meaning(said)
    if not kind or not who or (ours and not message):
        return
    if at is None:
        raise sdk.RowUnreadable("'timestamp' is no time", path="timestamp")
    referral = next((each.referral for each in (said.message, said.postback) if each), Referral())
    yield sdk.Touchpoint(
        kind=kind,
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.OUTBOUND if ours else sdk.Direction.INBOUND,
        occurred_at=at,
        text=(message.text if message else said.postback.title if said.postback else "") or None,
        origin=None if ours else referral.origin(network),
        identifiers=(sdk.social(f"{network}:{account}", who),),
        properties={name: value for name, value in {"network": network, **properties}.items() if value},
    )


def _meaning(said: Conversed) -> tuple[str, Mapping[str, Any]]:
    """The kind and its properties; no kind where it says nothing of a customer."""
    if message := said.message or said.message_edit:
        kinds = {each.type for each in message.attachments}
        files = [{"name": each.payload.title or each.type, "type": each.type} for each in message.attachments]
        about = {"in_reply_to": message.reply_to.mid, "postback": message.quick_reply.payload, "attachments": files}
        return "mention" if "story_mention" in kinds else "direct_message", about
    if said.postback:
        return "direct_message", {"postback": said.postback.payload}
    if said.reaction:
        return "reaction", {"reaction": said.reaction.emoji or said.reaction.reaction, "in_reply_to": said.reaction.mid}
    return ("read_receipt", {"original_message_id": said.read.mid}) if said.read else ("", {})

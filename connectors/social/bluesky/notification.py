"""What a notification of Bluesky means: who did what to our account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from pydantic import AwareDatetime, Field

from connectors.said import Said
from connectors.social.bluesky.post import Record, web_address
from connectors.social.notification import POST
from hub import sdk

NETWORK = "bluesky"
_KINDS = {
    "mention": "mention",
    "quote": "mention",
    "reply": "reply",
    "subscribed-post": POST.name,
    "like": "reaction",
    "repost": "reaction",
    "like-via-repost": "reaction",
    "repost-via-repost": "reaction",
    "follow": "follow",
}
"""What a person did with us, or what we asked to hear of. Other reasons say nothing about a customer: that we were
verified, that somebody joined Bluesky, and what a later version may invent."""
_REACTIONS = {"like": "like", "like-via-repost": "like", "repost": "share", "repost-via-repost": "share"}
_NO_HANDLE = "handle.invalid"
_BOT = "bot"


class Label(Said):
    """What somebody, ``src``, says of an account or a post; ``neg`` takes it back."""

    src: str = ""
    val: str = ""
    neg: bool = False


class Author(Said):
    """The account that acted. Its DID is for ever; its handle is a domain name that it may give up."""

    did: str = ""
    handle: str = ""
    name: str = Field("", alias="displayName")
    labels: tuple[Label, ...] = ()

    def is_bot(self) -> bool:
        """Whether it says of itself that it is automated."""
        return any(each.val == _BOT and each.src == self.did and not each.neg for each in self.labels)


class Notification(Said):
    """One notification. Members that are not named here are kept in the record and not read."""

    uri: str
    reason: str
    subject: str = Field("", alias="reasonSubject")
    indexed_at: AwareDatetime = Field(alias="indexedAt")
    author: Author = Field(default_factory=Author)
    record: Record = Field(default_factory=Record)
    labels: tuple[Label, ...] = ()

    @property
    def reaction(self) -> str:
        """What was done to our post, where nothing was written."""
        return _REACTIONS.get(self.reason, "")


def touchpoints(said: Notification, own: str, own_handle: str) -> Iterator[sdk.Touchpoint]:
    """What one notification says; ``own`` is our DID."""
    kind = _KINDS.get(said.reason)
    if kind is None or said.author.did == own:
        return
    if not said.author.did:
        raise sdk.RowUnreadable("'author' names nobody", path="author")
    language = said.record.langs[0] if said.record.langs else ""
    traits = {"name": " ".join(said.author.name.split()), "language": language}
    yield sdk.Touchpoint(
        kind=kind,
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.INBOUND,
        # Not the author's own time, which may be any: the network, too, goes by this one.
        occurred_at=said.indexed_at.astimezone(UTC),
        automated=said.author.is_bot() or kind == POST.name,
        text=said.record.written() or None,
        identifiers=(sdk.social(NETWORK, said.author.did),),
        traits={name: value for name, value in traits.items() if value},
        participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "", own_handle),) if own_handle else (),
        properties=_properties(said, language),
    )


def _properties(said: Notification, language: str) -> dict[str, Any]:
    record, handle = said.record, said.author.handle
    labels = [each.val for each in record.labels.values]
    labels += [each.val for each in said.labels if not each.neg]
    about = {
        "network": NETWORK,
        "handle": f"@{handle}" if handle and handle != _NO_HANDLE else "",
        "url": _where(said),
        "in_reply_to": record.reply.parent.uri,
        "thread": record.reply.root.uri,
        "language": language,
        "reaction": said.reaction,
        "quote": said.reason == "quote",
        "labels": list(dict.fromkeys(filter(None, labels))),
        "attachments": list(record.files()),
    }
    return {name: value for name, value in about.items() if value not in ("", False, [])}


def _where(said: Notification) -> str:
    """The post that was written; of a reaction, ours; of a follow, the profile."""
    if said.reason == "follow":
        return f"https://bsky.app/profile/{said.author.did}"
    if not said.reaction:
        return web_address(said.uri)
    subject = said.record.subject
    liked = subject.get("uri") if isinstance(subject, dict) else None
    return web_address(liked if isinstance(liked, str) and liked else said.subject)

"""What a notification of a Mastodon server means: who did what to our account, and the text a person would read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field

from connectors.email.markup import html_to_text
from connectors.said import Said
from hub import sdk

NETWORK = "mastodon"
POST = sdk.KindDeclaration(
    "social.post",
    "Post to everybody",
    {
        "type": "object",
        "properties": {
            "network": {"type": "string"},
            "handle": {"type": "string"},
            "url": {"type": "string", "format": "uri"},
            "in_reply_to": {"type": "string"},
            "language": {"type": "string"},
            "poll": {"type": "boolean", "description": "Whether it is a poll that has ended."},
        },
    },
)
_KINDS = {
    "mention": "mention",
    "quote": "mention",
    "status": POST.name,
    "poll": POST.name,
    "favourite": "reaction",
    "reblog": "reaction",
    "follow": "follow",
    "follow_request": "follow",
}
"""What a person did with us, or what we asked to hear of. Other types say nothing about a customer: edits of posts that
we shared, reports and warnings of moderators, and what a later server may invent."""
_REACTIONS = {"favourite": "like", "reblog": "share"}
_TO_ALL = frozenset({"status", "poll"})


class Emoji(Said):
    """A picture that a server shows for a short code in a name."""

    shortcode: str


class Account(Said):
    """An account as a server shows it. ``id`` is that server's own; ``uri`` is the same everywhere."""

    id: str = ""
    acct: str = ""
    uri: str = ""
    url: str = ""
    display_name: str = ""
    bot: bool = False
    emojis: tuple[Emoji, ...] = ()
    moved: Account | None = None

    def handle(self, server: str) -> str:
        """``@name@server``; a server leaves itself out of the names of its own accounts."""
        if not self.acct or "@" in self.acct:
            return f"@{self.acct}" if self.acct else ""
        return f"@{self.acct}@{urlsplit(self.uri or self.url).hostname or server}"

    def name(self) -> str:
        """The name it shows, without the codes of pictures."""
        name = self.display_name
        for emoji in self.emojis:
            name = name.replace(f":{emoji.shortcode}:", " ")
        return " ".join(name.split())

    def identifiers(self, server: str) -> Iterator[sdk.Identifier]:
        """The stable address of the account and of the one it moved to, which its server has verified.

        Servers before 4.2 tell no address; then the handle has to do, which its owner may give up.
        """
        if self.uri:
            yield sdk.social(NETWORK, self.uri)
        elif self.acct:
            yield sdk.handle(NETWORK, self.handle(server))
        if self.moved:
            yield from self.moved.identifiers(server)


class Attachment(Said):
    """A picture, film or sound of a post."""

    type: str = ""
    url: str = ""
    description: str = ""


class Post(Said):
    """A post: a ``status``, as Mastodon calls it. ``content`` is HTML."""

    uri: str = ""
    url: str = ""
    content: str = ""
    spoiler_text: str = ""
    visibility: str = ""
    in_reply_to_id: str = ""
    in_reply_to_account_id: str = ""
    language: str = ""
    media_attachments: tuple[Attachment, ...] = ()


class Notification(Said):
    """One notification. Members that are not named here are kept in the record and not read."""

    id: str
    type: str
    created_at: AwareDatetime
    account: Account = Field(default_factory=Account)
    status: Post = Field(default_factory=Post)


def touchpoints(said: Notification, server: str, own: str, own_handle: str) -> Iterator[sdk.Touchpoint]:
    """What one notification says; ``own`` is the server's id of our account."""
    account = said.account
    identifiers = tuple(account.identifiers(server))
    ours = own and own in (account.id, account.moved.id if account.moved else "")
    if said.type not in _KINDS or ours:
        return
    if not identifiers:
        raise sdk.RowUnreadable("'account' names nobody", path="account")
    post, name, spoken = said.status, account.name(), said.type not in _REACTIONS
    yield sdk.Touchpoint(
        kind=_kind(said.type, post, own),
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.INBOUND,
        occurred_at=said.created_at.astimezone(UTC),
        automated=bool(account.bot) or said.type in _TO_ALL,
        title=post.spoiler_text if spoken else "",
        text=(html_to_text(post.content) or None) if spoken else None,
        identifiers=identifiers,
        traits={key: value for key, value in (("name", name), ("language", _language(said))) if value},
        participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "", own_handle),) if own_handle else (),
        properties=_properties(said, post, server),
    )


def _kind(act: str, post: Post, own: str) -> str:
    if act != "mention":
        return _KINDS[act]
    if post.visibility == "direct":
        return "direct_message"
    return "reply" if own and post.in_reply_to_account_id == own else "mention"


def _language(said: Notification) -> str:
    """The language a person writes in; of a reaction the post is ours."""
    return said.status.language if said.type not in _REACTIONS else ""


def _properties(said: Notification, post: Post, server: str) -> dict[str, Any]:
    about = {
        "network": NETWORK,
        "handle": said.account.handle(server),
        "url": post.url or post.uri,
        "in_reply_to": post.in_reply_to_id if said.type not in _REACTIONS else "",
        "language": _language(said),
        "reaction": _REACTIONS.get(said.type, ""),
        "visibility": post.visibility,
        "quote": said.type == "quote",
        "poll": said.type == "poll",
        "requested": said.type == "follow_request",
    }
    if said.type not in _REACTIONS and post.media_attachments:
        about["attachments"] = [_file(each) for each in post.media_attachments]
    return {name: value for name, value in about.items() if value not in ("", False)}


def _file(attachment: Attachment) -> dict[str, str]:
    name = urlsplit(attachment.url).path.rpartition("/")[2]
    return {"name": attachment.description or name, "type": attachment.type}

"""What people write at a Page or under what an Instagram account shows: comments, posts, reviews, reactions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from connectors.said import Said
from connectors.social.meta.told import moment
from hub import sdk


class Writer(Said):
    """Who acted. The id means something to one Page or account only."""

    id: str = ""
    name: str = ""
    username: str = ""


class Media(Said):
    """What a comment on Instagram is under; ``ad_id`` where that is an ad."""

    id: str = ""
    ad_id: str = ""


class Value(Said):
    """What has changed. Pages and Instagram write the same things under other names."""

    item: str = ""
    verb: str = ""
    writer: Writer = Field(default_factory=Writer, alias="from")
    sender_id: str = ""
    sender_name: str = ""
    reviewer_id: str = ""
    reviewer_name: str = ""
    id: str = ""
    post_id: str = ""
    comment_id: str = ""
    parent_id: str = ""
    message: str = ""
    text: str = ""
    review_text: str = ""
    rating: float | None = None
    recommendation_type: str = ""
    reaction_type: str = ""
    created_time: str = ""
    media: Media = Field(default_factory=Media)

    def who(self) -> Writer:
        """Who acted, under whichever name; empty where Meta keeps it back."""
        if self.writer.id:
            return self.writer
        return Writer(id=self.reviewer_id or self.sender_id, name=self.reviewer_name or self.sender_name)


class Change(Said):
    """One change at an account."""

    field: str = ""
    value: Value = Field(default_factory=Value)


def touchpoints(said: Change, network: str, account: str, told_at: str) -> Iterator[sdk.Touchpoint]:
    """What a change says of who wrote; nothing of what we wrote, or of whom Meta keeps back. ``told_at`` is when it was
    told, for Instagram says nothing else."""
    value, kind = said.value, _kind(said)
    who = value.who()
    if not kind or not who.id or who.id == account:
        return
    at = moment(value.created_time) or (
        sdk.instant(value.created_time or told_at) if value.created_time or told_at else None
    )
    if at is None:
        raise sdk.RowUnreadable("nothing says when it was", path="value.created_time")
    yield sdk.Touchpoint(
        kind=kind,
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.INBOUND,
        occurred_at=at,
        text=(value.message or value.text or value.review_text) or None,
        identifiers=(sdk.social(f"{network}:{account}", who.id),),
        traits={"name": who.name} if who.name else {},
        properties=_properties(value, who, network, kind),
    )


def _kind(said: Change) -> str:
    """What it is; empty for what says nothing of a customer."""
    field, value = said.field, said.value
    if field in ("comments", "live_comments"):
        return "reply"
    if field == "mention":
        return "mention"
    if field == "ratings":
        return "review" if value.item == "rating" else "reply" if value.item == "comment" else ""
    if field != "feed" or value.verb not in ("add", "edit", "edited"):
        return ""
    written = {"comment": "reply", "reaction": "reaction", "like": "reaction"}
    visitors = dict.fromkeys(("status", "post", "photo", "video", "share"), "mention")
    return {**visitors, **written}.get(value.item, "")


def _properties(value: Value, who: Writer, network: str, kind: str) -> dict[str, Any]:
    post = value.post_id or value.media.id
    about: dict[str, Any] = {
        "network": network,
        "handle": f"@{who.username}" if who.username else "",
        "url": f"https://www.facebook.com/{value.comment_id or post}" if network == "facebook" and post else "",
        "in_reply_to": value.parent_id or post if kind in ("reply", "reaction") else "",
        "thread": post if kind == "reply" else "",
        "reaction": (value.reaction_type or value.item) if kind == "reaction" else "",
        "ad": value.media.ad_id,
    }
    if kind == "review":
        about |= {"rating": value.rating, "recommendation": value.recommendation_type.lower()}
    return {name: held for name, held in about.items() if held not in ("", None)}

"""A post as a person reads it: with its links written out, its pictures named, and where it can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from connectors.said import Said

_AT = re.compile(r"at://(did:[a-z]+:[\w.:%-]+)/([\w.]+)/([\w.~:-]+)")
_SHOWN_AT = {"app.bsky.feed.post": "post", "app.bsky.feed.generator": "feed", "app.bsky.graph.list": "lists"}


class Span(Said):
    """A part of a text, counted in bytes of UTF-8."""

    start: int = Field(alias="byteStart")
    end: int = Field(alias="byteEnd")


class Feature(Said):
    """What a part of a text is: a link has a ``uri``; mentions and tags read as they are written."""

    uri: str = ""


class Facet(Said):
    """A part of a text that is more than text."""

    index: Span
    features: tuple[Feature, ...] = ()


class Blob(Said):
    """A file of a post."""

    type: str = Field("", alias="mimeType")
    size: int | None = None


class Image(Said):
    """A picture; ``alt`` is the author's own description."""

    alt: str = ""
    image: Blob = Field(default_factory=Blob)


class External(Said):
    """A page that a post shows as a card."""

    uri: str = ""


class Embed(Said):
    """What a post carries: pictures, a film, a card, another post, or that with one of the others as ``media``."""

    images: tuple[Image, ...] = ()
    video: Blob | None = None
    alt: str = ""
    external: External = Field(default_factory=External)
    media: Embed | None = None

    def parts(self) -> Iterator[Embed]:
        """It, and what it carries in turn."""
        yield self
        if self.media:
            yield from self.media.parts()


class SelfLabel(Said):
    """What an author says of the own post, like a warning."""

    val: str = ""


class SelfLabels(Said):
    """What an author says of the own post."""

    values: tuple[SelfLabel, ...] = ()


class Ref(Said):
    """Another record, by its address."""

    uri: str = ""


class ReplyTo(Said):
    """Where a post stands in a thread."""

    root: Ref = Field(default_factory=Ref)
    parent: Ref = Field(default_factory=Ref)


class Record(Said):
    """What somebody wrote into the own repository: a post, or a like, repost or follow, which have a ``subject``."""

    text: str = ""
    facets: tuple[Facet, ...] = ()
    embed: Embed = Field(default_factory=Embed)
    langs: tuple[str, ...] = ()
    labels: SelfLabels = Field(default_factory=SelfLabels)
    reply: ReplyTo = Field(default_factory=ReplyTo)
    subject: Any = None

    def written(self) -> str:
        """The text with its links whole: apps show them shortened, or under other words."""
        raw = self.text.encode(errors="replace")
        until = len(raw)
        for facet in sorted(self.facets, key=lambda each: each.index.start, reverse=True):
            start, end = facet.index.start, facet.index.end
            uri = next((each.uri for each in facet.features if each.uri), "")
            if uri and 0 <= start < end <= until:
                shown = raw[start:end].decode(errors="replace")
                raw = raw[:start] + _link(shown, uri).encode(errors="replace") + raw[end:]
                until = start
        text = raw.decode(errors="replace").strip()
        cards = (part.external.uri for part in self.embed.parts())
        return "\n\n".join([*filter(None, [text]), *(card for card in cards if card and card not in text)])

    def files(self) -> Iterator[dict[str, Any]]:
        """Its pictures and films, named as their author describes them."""
        for part in self.embed.parts():
            for each in part.images:
                yield _file(each.alt or "image", each.image)
            if part.video:
                yield _file(part.alt or "video", part.video)


def web_address(uri: str) -> str:
    """Where a browser shows a record; its own address where none does."""
    found = _AT.fullmatch(uri)
    if not found or found[2] not in _SHOWN_AT:
        return uri
    return f"https://bsky.app/profile/{found[1]}/{_SHOWN_AT[found[2]]}/{found[3]}"


def _link(shown: str, uri: str) -> str:
    """The address alone where it is what was shown, be it shortened."""
    plain = shown.strip().removesuffix("…").removesuffix("...")
    return uri if _bare(uri).startswith(_bare(plain)) else f"{shown} ({uri})"


def _bare(address: str) -> str:
    return (address.partition("://")[2] or address).removeprefix("www.")


def _file(name: str, blob: Blob) -> dict[str, Any]:
    size = {"size": blob.size} if blob.size is not None and blob.size >= 0 else {}
    return {"name": name, "type": blob.type, **size}

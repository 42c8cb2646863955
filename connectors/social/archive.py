"""``social.archive``: exports of any social network, as one JSON object a line (docs/connectors/social.archive.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.compressed import faults_told, opened
from connectors.ndjson import Line, Lines
from connectors.objects import files
from connectors.reading import ahead
from hub import sdk

_PAGE_ROWS = 500
_PAGE_BYTES = 16_000_000
_KINDS = {
    "mention": "mention",
    "reply": "reply",
    "direct_message": "direct_message",
    "follow": "follow",
    "unfollow": "unfollow",
    "like": "reaction",
    "share": "reaction",
    "review": "review",
}


class ArchiveSettings(sdk.Settings):
    """Where the export lies and which accounts are ours."""

    path: Path = Field(description="A file of JSON lines, or a folder of files named .ndjson or .jsonl.")
    own_accounts: tuple[str, ...] = Field(
        default=(), description="Accounts of the company: stable ids, or handles with @, on any network."
    )


class Posts(sdk.PullStream):
    """Every line is a row: the newest of lines with the same network and id stands."""

    name = "posts"
    nature = sdk.Nature.STATES

    def __init__(self, settings: ArchiveSettings) -> None:
        self.settings = settings
        self.own = frozenset(_plain(one) for one in settings.own_accounts)

    def key(self, payload: bytes) -> str:
        """``network/id``; of a line that says neither, its SHA-256."""
        return _key(payload) or hashlib.sha256(payload).hexdigest()

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Pages of at most 500 lines or 16 MB. Files are read in a thread."""
        return ahead(self._pages(cursor or {}))

    def _pages(self, cursor: sdk.Cursor) -> Generator[sdk.Page, None, None]:
        rows: list[sdk.Row] = []
        held = done = 0
        found = files(self.settings.path)
        places = {name: place for name, place in cursor.items() if name in found}
        total = sum(path.stat().st_size for path in found.values()) or 1
        for name, path in found.items():
            with faults_told(path):
                about = path.stat()
                known = places.get(name, {})
                if (known.get("size"), known.get("changed")) != (about.st_size, about.st_mtime_ns):
                    # A place without a digest is of an earlier version.
                    with Lines.at(path, "utf-8", known if "digest" in known else {}) as lines:
                        for line in lines.after():
                            rows.append(_row(line))
                            held += len(line.raw)
                            if len(rows) >= _PAGE_ROWS or held >= _PAGE_BYTES:
                                places[name] = lines.place()
                                yield sdk.Page(rows, dict(places), done=min((done + lines.on_disk) / total, 1.0))
                                rows, held = [], 0
                        places[name] = lines.place() | {"size": about.st_size, "changed": about.st_mtime_ns}
                done += about.st_size
        yield sdk.Page(rows, dict(places), done=1.0)

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        """One touchpoint: what the other account did to ours, or ours to it."""
        where = f"line {row.envelope['line']}: " if "line" in row.envelope else ""
        if "truncated" in row.envelope:
            raise sdk.RowUnreadable(f"{where}{row.envelope['truncated']} bytes are more than a line may have")
        try:
            return self._meaning(_object(row.payload))
        except sdk.RowUnreadable as error:
            raise sdk.RowUnreadable(where + error.message, path=error.path, hint=error.hint) from None

    def _meaning(self, said: dict[str, Any]) -> list[sdk.Touchpoint]:
        network, act = _needed(said, "network").lower(), _needed(said, "type").lower()
        if act not in _KINDS:
            raise sdk.RowUnreadable(f"{act!r} is not a known type", path="type", hint=", ".join(_KINDS))
        author, addressee = _account(said, "from"), _account(said, "to")
        outbound = self._is_own(author)
        subject, other = (addressee, author) if outbound else (author, addressee)
        if self._is_own(subject):
            return []  # one of our accounts to another is no contact with a customer
        identifiers = tuple(_identifiers(network, subject))
        if not identifiers:
            who = "to" if outbound else "from"
            raise sdk.RowUnreadable(f"{who!r} names no account", path=who, hint="it needs an id or a handle")
        direction = sdk.Direction.OUTBOUND if outbound else sdk.Direction.INBOUND
        name = _text(subject, "name")
        language = "" if outbound else _text(said, "language")
        touchpoint = replace(
            _base(said, network, act, direction, subject),
            identifiers=identifiers,
            traits={key: value for key, value in (("name", name), ("language", language)) if value},
            participants=self._participants(other, outbound=outbound),
        )
        return [touchpoint]

    def _participants(self, other: dict[str, Any], *, outbound: bool) -> tuple[sdk.Participant, ...]:
        identifier = _text(other, "handle") or _text(other, "id")
        if not identifier and not _text(other, "name"):
            return ()
        role = sdk.ParticipantRole.FROM if outbound else sdk.ParticipantRole.TO
        role = sdk.ParticipantRole.AGENT if self._is_own(other) else role
        return (sdk.Participant(role, _text(other, "name"), identifier),)

    def _is_own(self, account: dict[str, Any]) -> bool:
        names = (_plain(_text(account, "id")), _plain("@" + _text(account, "handle").lstrip("@")))
        return any(name in self.own for name in names)


class Archive(sdk.Connector):
    """Mentions, messages, follows and reviews from exports of any network."""

    name = "social.archive"
    title = "Posts, messages, follows and reviews from exports of any network"
    documentation = "docs/connectors/social.archive.md"
    Settings = ArchiveSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream: the posts."""
        return [Posts(self.settings)]

    def check(self) -> Iterator[str]:
        """What is wrong with the path."""
        try:
            for path in files(self.settings.path).values():
                with faults_told(path), opened(path) as file:
                    file.read(1)
        except (sdk.ConfigWrong, sdk.SourceFailed) as error:
            yield error.message


def _base(
    said: dict[str, Any], network: str, act: str, direction: sdk.Direction, subject: dict[str, Any]
) -> sdk.Touchpoint:
    rating = _rating(said) if act == "review" else None
    about = {
        "network": network,
        "url": _text(said, "url"),
        "in_reply_to": _text(said, "in_reply_to"),
        "language": _text(said, "language"),
        "handle": _text(subject, "handle"),
        "reaction": act if _KINDS[act] == "reaction" else "",
        "rating": float(rating) if rating is not None else "",
        "best_rating": 5 if rating is not None else "",
    }
    return sdk.Touchpoint(
        kind=_KINDS[act],
        channel=sdk.Channel.SOCIAL,
        direction=direction,
        occurred_at=_instant(_needed(said, "at")),
        text=_text(said, "text") or None,
        quantity=sdk.Quantity(rating, "stars") if rating is not None else None,
        campaign=_text(said, "campaign") or None,
        properties={name: value for name, value in about.items() if value != ""},
    )


def _plain(account: str) -> str:
    """An id as it is, a handle without regard to case."""
    return account.lower() if account.startswith("@") else account


def _row(line: Line) -> sdk.Row:
    if line.sha256:
        about = {"line": str(line.number), "truncated": str(line.size), "sha256": line.sha256}
        return sdk.Row(line.sha256, line.raw, about)
    if key := _key(line.raw):
        return sdk.Row(key, line.raw)
    # The line number helps to find what cannot be read; a readable line is the same wherever it stands.
    return sdk.Row(hashlib.sha256(line.raw).hexdigest(), line.raw, {"line": str(line.number)})


def _key(payload: bytes) -> str:
    """``network/id``, or empty."""
    try:
        said = _object(payload)
    except sdk.RowUnreadable:
        return ""
    network, number = _text(said, "network").lower(), _text(said, "id")
    return f"{network}/{number}" if network and number else ""


def _object(payload: bytes) -> dict[str, Any]:
    try:
        said = json.loads(payload.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise sdk.RowUnreadable(f"the line is not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise sdk.RowUnreadable(f"the line is not JSON: {error.msg} at character {error.colno}") from None
    except (ValueError, RecursionError):
        raise sdk.RowUnreadable("the line is not JSON that can be read") from None
    if not isinstance(said, dict):
        raise sdk.RowUnreadable("the line is not a JSON object")
    return said


def _text(said: dict[str, Any], name: str) -> str:
    """A member as text, without what no database takes (NUL, half surrogates); empty when it is missing."""
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool):  # many exports write ids as numbers
        return str(value)
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()


def _needed(said: dict[str, Any], name: str) -> str:
    value = _text(said, name)
    if not value:
        raise sdk.RowUnreadable(f"{name!r} is missing", path=name)
    return value


def _account(said: dict[str, Any], name: str) -> dict[str, Any]:
    """``from`` or ``to``; a bare text is a handle."""
    value = said.get(name)
    if isinstance(value, dict):
        return value
    return {"handle": value} if isinstance(value, str) else {}


def _instant(text: str) -> datetime:
    """An instant with its offset: an export that leaves it out would be hours wrong, and nobody would see it."""
    try:
        value = datetime.fromisoformat(sdk.digits(text))
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise sdk.RowUnreadable(f"{text!r} is not a time like 2026-03-01T09:30:00+06:00", path="at") from None
    raise sdk.RowUnreadable(f"{text!r} has no offset from UTC", path="at", hint="write 2026-03-01T09:30:00+06:00")


def _rating(said: dict[str, Any]) -> Decimal | None:
    """One to five, or None where the review has no rating."""
    value = said.get("rating")
    if value is None:
        return None
    try:
        rating = Decimal(sdk.digits(str(value)))
    except InvalidOperation:
        rating = Decimal(0)
    if not rating.is_finite() or not 1 <= rating <= 5:
        raise sdk.RowUnreadable(f"{value!r} is not a rating from 1 to 5", path="rating")
    return rating


def _identifiers(network: str, account: dict[str, Any]) -> Iterator[sdk.Identifier]:
    """The stable id, else the handle, which its owner may give up; and what contact data the export has."""
    if number := _text(account, "id"):
        yield sdk.social(network, number)
    elif name := _text(account, "handle"):
        yield sdk.handle(network, name)
    if address := _text(account, "email"):
        yield sdk.email(address)
    if phone := _text(account, "phone"):
        yield sdk.phone(phone)

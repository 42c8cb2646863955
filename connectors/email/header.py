"""Reading header fields as they come: encoded words, raw bytes, addresses, dates. Nothing here raises on bad input."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>(),;:\"]+[^\s@<>(),;:\".]")
_ID = re.compile(r"<([^<>\s]+)>")
_LONGEST = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox named in a header: the decoded display name, and the address as written."""

    name: str
    address: str


def decode(data: bytes, charset: str = "") -> str:
    """Text in any charset: the one declared when it is known and fits, else UTF-8, else Windows-1252.

    Declared charsets are often unknown or wrong; a wrong letter is better than a lost mail.
    """
    for name in (charset.strip().strip("\"'"), "utf-8"):
        try:
            return clean(data.decode(name)) if name else clean(data.decode("utf-8"))
        except (LookupError, ValueError):
            continue
    return clean(data.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Without what no database takes: NUL and half surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def text_of(value: str) -> str:
    """A header field as people read it: unfolded, encoded words and raw 8-bit bytes decoded, one line."""
    value = _eight_bit(_FOLD.sub(" ", value))
    if "=?" in value:
        value = _BETWEEN_WORDS.sub(r"\1", value)
        value = "".join(_decoded_words(value))
    return _CONTROL.sub("", clean(value)).strip()


def plain(value: str) -> str:
    """A header field unfolded, as text that can be encoded, encoded words left alone."""
    return _CONTROL.sub("", _eight_bit(_FOLD.sub(" ", value)))


def _eight_bit(value: str) -> str:
    return value if value.isascii() else decode(value.encode("utf-8", "surrogateescape"))


def _decoded_words(value: str) -> Iterator[str]:
    """Neighbours of the same charset are joined as bytes first: many mailers cut inside a letter."""
    at, held, charset = 0, b"", ""
    for match in _WORD.finditer(value):
        same = match.start() == at and match[1].lower() == charset
        if held and not same:
            yield decode(held, charset)
            held = b""
        yield value[at : match.start()]
        held += _word_bytes(match[2], match[3])
        at, charset = match.end(), match[1].lower()
    if held:
        yield decode(held, charset)
    yield value[at:]


def _word_bytes(encoding: str, word: str) -> bytes:
    raw = word.encode("utf-8", "replace")
    try:
        if encoding in "bB":
            return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
        return binascii.a2b_qp(raw, header=True)
    except (binascii.Error, ValueError):
        return raw


def addresses(value: str) -> list[Address]:
    """The mailboxes of a From, To or Cc field; what holds no address is left out."""
    found = []
    for piece in _pieces(_eight_bit(_FOLD.sub(" ", value))):
        if "@" not in piece or len(piece) > _LONGEST:
            continue
        inside = re.search(r"<([^<>]*)>\s*$", piece) or re.search(r"<([^<>]*)>", piece)
        address = _ADDRESS.search(inside[1].replace(" ", "") if inside else _without_comments(piece))
        if address is None:
            address, inside = _ADDRESS.search(piece), None
        if address is not None:
            found.append(Address(_display_name(piece, inside), clean(address[0])))
    return found


def _pieces(value: str) -> Iterator[str]:
    """Cut at commas and semicolons outside quotes, comments and angle brackets; a group's name falls off."""
    start, depth, quoted, escaped = 0, 0, False, False
    for at, char in enumerate(value):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and depth == 0:
            quoted = not quoted
        elif not quoted and char in "(<":
            depth += 1
        elif not quoted and char in ")>":
            depth = max(0, depth - 1)
        elif not quoted and depth == 0 and char in ",;:":
            if char != ":":
                yield value[start:at]
            start = at + 1
    rest = value[start:]
    # a quote or bracket that never closes must not swallow the addresses behind it
    yield from (re.split("[,;]", rest) if quoted or depth else (rest,))


def _without_comments(piece: str) -> str:
    return re.sub(r"\([^()]*\)", " ", piece)


def _display_name(piece: str, inside: re.Match[str] | None) -> str:
    if inside is not None:
        name = piece[: inside.start()].strip()
    else:
        comment = re.search(r"\(([^()]*)\)", piece)
        name = comment[1] if comment else ""
    name = re.sub(r"\\(.)", r"\1", name.strip().strip('"')).strip()
    return " ".join(text_of(name).strip("\"' ").split())


def message_ids(value: str) -> list[str]:
    """The ids of a Message-ID, In-Reply-To or References field, without ``<>``, in order, each once."""
    ids = [clean(one) for one in _ID.findall(_eight_bit(_FOLD.sub("", value))) if "@" in one or len(one) > 5]
    return list(dict.fromkeys(ids))


def own_id(value: str) -> str:
    """The one id of a Message-ID field, also where the ``<>`` are missing."""
    ids = message_ids(value)
    if ids:
        return ids[0]
    words = text_of(value).strip("<> ").split()
    return words[0] if words else ""


def date(value: str) -> datetime | None:
    """The instant of a Date field as UTC (without a zone: UTC), or None when it cannot be read.

    A year of three digits counts from 1900 (RFC 5322, section 4.3), also as ``0102``; before 1971 there was no mail.
    """
    text = _FOLD.sub(" ", value[:_LONGEST]).strip()
    for attempt in (text, re.sub(r"\s*\(.*$", "", text), text.replace(".", ":")):
        try:
            when = parsedate_to_datetime(attempt)
            if 100 <= when.year < 200:
                when = when.replace(year=when.year + 1900)
            if when.year > 1970:
                return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError, IndexError):
            continue
    return None


def from_line_date(line: str) -> datetime | None:
    """The instant in the ``From sender date`` line of an mbox, which is UTC unless it says otherwise."""
    match = re.search(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*$", line[:_LONGEST])
    return date(match[0]) if match else None

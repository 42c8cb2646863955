"""Mails as they lie in an mbox."""

from __future__ import annotations

import base64
import hashlib
import html
from datetime import UTC, datetime, timedelta

from rupali.people import Person
from rupali.texts import TEXTS
from rupali.world import COUNTS, END, number, pick

SHOP, SALES, TANIA = "hello@rupali.example", "sales@rupali.example", "tania@rupali.example"


NAMES = {SHOP: "Rupali Kitchen", SALES: "Rupali Kitchen Sales", TANIA: "Tania Rahman"}


MAILS: list[tuple[datetime, bytes]] = []


def encoded(text: str) -> str:
    """A header value (RFC 2047)."""
    return text if text.isascii() else f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def mailbox(address: str, name: str = "") -> str:
    """An address with its name."""
    name = name or NAMES.get(address, "")
    return f"{encoded(name)} <{address}>" if name else address


def part(text: str, kind: str = "text/plain") -> str:
    """A text part with its header."""
    head = f'Content-Type: {kind}; charset="utf-8"\n'
    if text.isascii():
        return f"{head}Content-Transfer-Encoding: 7bit\n\n{text}\n"
    body = base64.encodebytes(text.encode()).decode()
    return f"{head}Content-Transfer-Encoding: base64\n\n{body}"


def mixed(boundary: str, *parts: str) -> str:
    """A mail of several parts."""
    inside = "".join(f"--{boundary}\n{one}" for one in parts)
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


def attachment(name: str, kind: str, content: bytes) -> str:
    """A file with its header."""
    body = base64.encodebytes(content).decode()
    return (
        f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
        f"Content-Transfer-Encoding: base64\n\n{body}"
    )


def mail(
    at: datetime,
    sender: str,
    to: str,
    subject: str,
    body: str,
    *,
    answers: str = "",
    cc: str = "",
    more: str = "",
    counted: int = 1,
) -> str:
    """Add a mail and return its Message-ID. ``body`` begins with its own Content-Type."""
    digest = hashlib.sha256(f"{at}{sender}{to}{subject}".encode()).hexdigest()[:16]
    domain = sender.rpartition("@")[2].strip("<> ")
    message_id = f"<{digest}@{domain}>"
    head = [
        f"From: {sender}",
        f"To: {to}",
        *([f"Cc: {cc}"] if cc else []),
        f"Subject: {encoded(subject)}",
        f"Date: {at:%a, %d %b %Y %H:%M:%S +0600}",
        f"Message-ID: {message_id}",
        *([f"In-Reply-To: {answers}", f"References: {answers}"] if answers else []),
        *([more] if more else []),
        "MIME-Version: 1.0",
    ]
    text = "\n".join(head) + "\n" + body
    lines = [">" + line if line.lstrip(">").startswith("From ") else line for line in text.rstrip("\n").split("\n")]
    utc = at.astimezone(UTC)
    envelope = sender.rpartition("<")[2].rstrip(">")
    raw = f"From {envelope} {utc:%a %b %d %H:%M:%S %Y}\n" + "\n".join(lines) + "\n\n"
    if at < END:
        MAILS.append((at, raw.encode()))
        COUNTS["EMAIL"] += counted
    return message_id


def quoted(text: str, at: datetime, who: str) -> str:
    """The text below an answer."""
    return f"\n\nOn {at:%a, %d %b %Y at %H:%M}, {who} wrote:\n" + "\n".join(f"> {line}" for line in text.split("\n"))


def thread(person: Person, at: datetime, subject: str = "", text: str = "", name: str = "", *, length: int = 0) -> None:
    """They ask, we answer, and often they thank us."""
    words = TEXTS[person.language]
    asked, question = pick(words["questions"])
    subject, question = subject or asked, text or question
    name = name or person.written()
    signed = f"{question}\n\n-- \n{name}"
    theirs = mailbox(person.email, name)
    first = mail(at, theirs, mailbox(SHOP), subject, part(signed))
    length = length or pick([1, 2, 2, 2, 3, 3])
    if length < 2:
        return
    then = at + timedelta(hours=number(1, 20), minutes=number(1, 50))
    reply = pick(words["answers"])
    ours = mailbox(pick([SHOP, SALES]))
    body = f"{reply}\n\nTania Rahman\nRupali Kitchen" + quoted(signed, at, theirs.partition(" <")[0])
    second = mail(then, ours, theirs, f"Re: {subject}", part(body), answers=first)
    if length > 2:
        later = then + timedelta(hours=number(1, 30))
        thanks = f"{pick(words['thanks'])}\n\n{name}" + quoted(reply, then, "Rupali Kitchen")
        mail(later, theirs, mailbox(SHOP), f"Re: {subject}", part(thanks), answers=second)


def newsletter(at: datetime, subject: str, text: str, people: list[Person]) -> None:
    """A list mail of ours: shown on timelines, never counted as contact."""
    for index, person in enumerate(people):
        page = f"<html><body><h1>{html.escape(subject)}</h1><p>{html.escape(text)}</p></body></html>"
        mail(
            at + timedelta(seconds=7 * index),
            mailbox(SHOP),
            mailbox(person.email, person.name),
            subject,
            part(page, "text/html"),
            more="List-Id: Rupali Kitchen news <news.rupali.example>\nList-Unsubscribe: <mailto:leave@rupali.example>"
            "\nPrecedence: bulk",
        )

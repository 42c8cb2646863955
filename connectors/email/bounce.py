"""Who did not get a mail, and why: read from a delivery status (RFC 3464), or from what servers write in free text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message

from connectors.email import header
from connectors.email.message import Mail, part_bytes, part_text

READ = 20_000
"""Characters of a report that are searched: what matters stands at its beginning."""
ARRIVED = ("delivered", "relayed", "expanded")
"""Actions of a delivery status that tell of success."""
_I = re.IGNORECASE
DAEMON = re.compile(
    r"(?:mailer-?daemon|post_?master|mail-?daemon|mdaemon|mailadmin|mail[-.]?(?:delivery)?[-.]?system|double-bounce"
    r"|bounces?)$",
    _I,
)
_ENCLOSED = re.compile(
    r"^[ \t>|*-]*(?:-{2,}.{0,80}(?:original message|copy of|message header|returned message|undelivered|unsent message"
    r"|mail header|message text|rejected message|body of).*"
    r"|(?:your )?original (?:message|mail)(?: headers?)?(?: follows| was)?.{0,20}:?"
    r"|.{0,40}(?:copy of (?:the|your) (?:original )?(?:message|mail)|headers? of the original).*"
    r"|={3,} .*message.*)$|^[>|]? {0,3}(?:received: from|return-path:) .*$|^[>|]? ?message-id: .*$",
    _I | re.MULTILINE,
)
_AT = r"[<\"'(\[]?(?:mailto:)?(?<![\w.+=-])([^\s@<>()\[\],;:\"']+@[^\s@<>()\[\],;:\"'|]+\w)"
_NOT_TO = (
    r"(?:addresses? (?:had|failed)|could not be delivered to|unable to deliver|deliver(?:y|ed)? to|message to"
    r"|following (?:recipient|address|user)|recipient(?:\(?s\)?)?|was not delivered|did not reach|not be sent"
    r"|failed permanently|undeliverable to|mail to|addressed to)"
)
RCPT_TO = re.compile(rf"rcpt to:\s*{_AT}", _I)
_NAMED = [
    re.compile(pattern, _I | re.MULTILINE)
    for pattern in (
        r"^[ \t>]*(?:final|original|failed|intended)?[- ]?recipients?(?: address| name)?\s*[:=]\s*(?:rfc822;)?\s*"
        + _AT,
        rf"^<{_AT}>:",
        rf"^[45]\d\d {_AT}>\.\.\.",
        rf"rcpt to:\s*{_AT}",
        rf"{_NOT_TO}[^@\n]{{0,120}}(?:\n[ \t]*){{0,4}}[^@\n]{{0,30}}{_AT}",
        rf"^[45]\d\d[ -][^@\n]{{0,80}}{_AT}",
        rf"^[ \t>]*{_AT}>?\.*\s*(?:$|[:(]|on \d|user unknown|deferred|not found)",
        rf"\b(?:to|for)[:=]\s*{_AT}",
        rf"(?:user|account|mailbox|recipient|address|host)\W[^@\n]{{0,60}}{_AT}",
        rf"{_AT}>?[^@\n]{{0,80}}(?:unknown|not (?:found|exist|listed|accept|deliver)|rejected|full|disabled|failed)",
    )
]
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
_WHOM = r"(?:user|recipient|account|mailbox|address|alias|person|customer|host|domain)s?"
_NO_SUCH = re.compile(
    rf"{_WHOM}\b.{{0,40}}(?:unknown|not found|does ?n[o']t exist|not exist|no longer|invalid|unrecognized"
    r"|not recognized|not a valid|undefined|not listed|not our customer|not known)"
    r"|(?:unknown|no such|invalid|bad|non-?existent|unrouteable|not a known) "
    rf"(?:local |virtual |or \w+ |e-?mail |destination )*(?:{_WHOM}|name)"
    r"|does not exist|doesn't have a .{0,40} account|has moved|does not accept (?:any )?mail|null ?mx|user doesn't"
    r"|nobody by that name|name service error|domain is not reachable",
    _I | re.DOTALL,
)
_SOFT = re.compile(
    r"gr[ae]ylist|quota|mailbox (?:is )?full|temporar|suspended|disabled|inactive|blocked|spam|sender|spf|too many"
    r"|access denied|malformed|blacklist|procmail",
    _I,
)
_HARD_STATUS = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4")


@dataclass(frozen=True, slots=True)
class About:
    """One recipient a report speaks of. ``hard``: the address itself does not exist and never will."""

    recipient: str
    status: str = ""
    action: str = ""
    diagnostic: str = ""
    hard: bool = False


def fields(part: Message) -> list[Message]:
    """The blocks of fields in a report part."""
    payload = part.get_payload()
    blocks = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    if any(block.keys() for block in blocks):
        return blocks
    text = part_text(part).replace("\r\n", "\n").strip()
    return [Mail(block.encode("utf-8", "replace")).message for block in re.split(r"\n\s*\n", text)]


def first(blocks: Iterable[Message], *names: str) -> str:
    """The first of the named fields that any block has, or empty."""
    return next((str(block[name]) for name in names for block in blocks if block[name]), "")


def address(value: str) -> str:
    """The address of ``rfc822; <anna@x.org>``, or empty."""
    found = header.addresses(value.rpartition(";")[2])
    return found[0].address if found else ""


class Original:
    """The mail a report is about, as far as the report encloses it."""

    def __init__(self, raw: bytes) -> None:
        mail = Mail(raw.lstrip(), headers_only=True)
        self.id = mail.id
        self.at = mail.occurred_at()
        self.to = [one.address for one in mail.addresses("to", "x-original-to", "delivered-to")]
        self.sender = {one.address.lower() for one in mail.addresses("from", "return-path", "reply-to")}


def is_enclosed_mail(part: Message) -> bool:
    """Whether a part is a mail, or the header of one."""
    return part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")


def original_of(mail: Mail) -> Original:
    """The mail that a report encloses, in a part of its own or below its text."""
    for part in mail.parts():
        if is_enclosed_mail(part):
            return Original(part_bytes(part))
    _, enclosed = _split(mail)
    lines = [line.lstrip("> |\t") if re.match(r"[\s>|]+[A-Za-z-]+:", line) else line for line in enclosed.split("\n")]
    at = next((n for n, line in enumerate(lines) if re.match(r"[A-Za-z][A-Za-z-]+:", line)), len(lines))
    return Original("\n".join(lines[at : at + 200]).encode("utf-8", "replace"))


def _split(mail: Mail) -> tuple[str, str]:
    """The text of a free report before and after the mail it encloses."""
    body = mail.body[:READ]
    match = _ENCLOSED.search(body)
    return (body[: match.start()], body[match.start() :]) if match else (body, "")


def from_status(part: Message, mail: Mail, original: Original) -> Iterator[About]:
    """What a delivery status says of each recipient."""
    seen = set()
    text = _split(mail)[0]
    for block in fields(part):
        # the recipient as we wrote it, not the mailbox it was forwarded to
        recipient = (
            address(first([block], "original-recipient"))
            or address(first([block], "final-recipient"))
            or address(first([block], "x-actual-recipient"))
        )
        if not recipient and first([block], "final-recipient", "action"):
            recipient = next(iter(_named(text, mail, original)), "") or next(iter(original.to), "")
        if recipient and recipient.lower() not in seen:
            seen.add(recipient.lower())
            diagnostic = header.text_of(first([block], "diagnostic-code"))
            status = header.text_of(first([block], "status")).split(" ")[0]
            action = header.text_of(first([block], "action")).lower().split(" ")[0]
            yield _about(recipient, status, action, diagnostic or _diagnostic(text))


def from_text(mail: Mail, original: Original) -> Iterator[About]:
    """What a report in free text says, as far as it can be made out."""
    text = _split(mail)[0]
    declared = [one.address for one in mail.addresses("x-failed-recipients")]
    recipients = declared or _named(text, mail, original) or _declared_inside(mail) or original.to[:1]
    diagnostic = _diagnostic(text)
    status = _STATUS.search(diagnostic) or _STATUS.search(text)
    action = "delayed" if re.search(r"delay|warning", mail.field("subject"), _I) else "failed"
    for recipient in dict.fromkeys(one.lower() for one in recipients):
        yield _about(recipient, status[1] if status else "", action, diagnostic)


def _named(text: str, mail: Mail, original: Original) -> list[str]:
    """The addresses a free text says it could not deliver to: those of the surest pattern that finds any."""
    ours = original.sender | {one.address.lower() for one in mail.addresses("to", "from")}
    for pattern in _NAMED:
        found = [match[1].strip(".") for match in pattern.finditer(text)]
        found = [one for one in found if one.lower() not in ours and not DAEMON.match(one.partition("@")[0])]
        if found:
            return list(dict.fromkeys(one.lower() for one in found))
    return []


def _declared_inside(mail: Mail) -> list[str]:
    """The recipient that a report inside the report declares: some gateways wrap the one they got."""
    said = mail.lines(rb"(?:original|final)-recipient:")
    return [one for one in map(address, said) if one][:1]


def _diagnostic(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    for pattern in (REPLY_CODE, _STATUS, _NO_SUCH):
        line = next((line for line in lines if pattern.search(line)), "")
        if line:
            return line
    return ""


def _about(recipient: str, status: str, action: str, diagnostic: str) -> About:
    return About(recipient, status, action, diagnostic[:500], _is_hard(status, action, diagnostic))


def _is_hard(status: str, action: str, diagnostic: str) -> bool:
    """An address that does not exist, not merely a refused mail: that may pass."""
    if action == "delayed" or action in ARRIVED or status.startswith(("2", "4")):
        return False
    if _NO_SUCH.search(diagnostic):
        return not _SOFT.search(diagnostic)
    return status in _HARD_STATUS and not _SOFT.search(diagnostic)

"""Mail that a machine wrote about mail: bounces, complaints, read receipts, automatic answers.

Reports in the standard forms (RFC 3464 delivery status, RFC 5965 feedback, RFC 8098 disposition) are read by field;
the many free forms by what the well known servers write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message

from connectors.email import header
from connectors.email.message import Mail, part_bytes, part_text

_I = re.IGNORECASE
_DAEMON = re.compile(
    r"(?:mailer-?daemon|post_?master|mail-?daemon|mdaemon|mailadmin|mail[-.]?(?:delivery)?[-.]?system|double-bounce"
    r"|bounces?)$",
    _I,
)
_NO_REPLY = re.compile(r"(?:no|do-?not)[-_.]?reply|notifications?$|automail|auto-?(?:mailer|reply)", _I)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|returned (?:mail|to sender)|returning to sender|mail (?:delivery|could not|failed|system error)"
    r"|deliver.{0,40}(?:fail|error|problem|delay|status|notification|impossible|temporar)|mail returned"
    r"|(?:failure|warning|failed|delayed|error).{0,20}(?:notice|mail|message|deliver)|user unknown|not delivered"
    r"|could not be (?:sent|deliver)|unable to deliver|^failure|^fail\b|dsn:|bounce|rejected|message status|^warning:"
    r"|unzustellbar|nicht zugestellt|non[- ]?remis|no se puede entregar|недоставлен|配信|メールエラー",
    _I,
)
_AUTO_SUBJECT = re.compile(
    r"auto(?:matic)?[- ]?(?:reply|response|re:|antwort)|out of (?:the )?office|autoreply|abwesenheit|vacation\b"
    r"|automatische antwort|réponse automatique|respuesta automática|স্বয়ংক্রিয় উত্তর|স্বয়ংক্রিয় উত্তর|خودکار جواب",
    _I,
)
_COMPLAINT_SUBJECT = re.compile(r"complaint about message from", _I)
_ENCLOSED = re.compile(
    r"^[\s>|*-]*(?:-{2,}.{0,80}(?:original message|copy of|message header|returned message|undelivered|unsent message"
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
_RCPT_TO = re.compile(rf"rcpt to:\s*{_AT}", _I)
_NAMED = [
    re.compile(pattern, _I | re.MULTILINE)
    for pattern in (
        r"^[\s>]*(?:final|original|failed|intended)?[- ]?recipients?(?: address| name)?\s*[:=]\s*(?:rfc822;)?\s*" + _AT,
        rf"^<{_AT}>:",
        rf"^[45]\d\d {_AT}>\.\.\.",
        rf"rcpt to:\s*{_AT}",
        rf"{_NOT_TO}[^@\n]{{0,120}}(?:\n\s*){{0,4}}[^@\n]{{0,30}}{_AT}",
        rf"^[45]\d\d[ -][^@\n]{{0,80}}{_AT}",
        rf"^[\s>]*{_AT}>?\.*\s*(?:$|[:(]|on \d|user unknown|deferred|not found)",
        rf"\b(?:to|for)[:=]\s*{_AT}",
        rf"(?:user|account|mailbox|recipient|address|host)\W[^@\n]{{0,60}}{_AT}",
        rf"{_AT}>?[^@\n]{{0,80}}(?:unknown|not (?:found|exist|listed|accept|deliver)|rejected|full|disabled|failed)",
    )
]
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
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
DELIVERY_NOTICE = "email.delivery_notice"
_ARRIVED = ("delivered", "relayed", "expanded")
_HARD_STATUS = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4")


@dataclass(frozen=True, slots=True)
class About:
    """One recipient a report speaks of. ``hard``: the address itself does not exist and never will."""

    recipient: str
    status: str = ""
    action: str = ""
    diagnostic: str = ""
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A machine's mail about mail. ``kind`` is the kind of its touchpoints; ``about`` may be empty."""

    kind: str
    about: tuple[About, ...] = ()
    original_id: str = ""
    """Message-ID of the mail it is about, where the report says so."""
    original_at: datetime | None = None
    """When that mail was sent: the best there is where the report itself has no date."""


def recognise(mail: Mail) -> Report | None:
    """What report a mail is, or None for every other mail. The surest signs come first."""
    parts = {part.get_content_type(): part for part in reversed(list(mail.parts()))}
    if "message/disposition-notification" in parts:
        fields = _fields(parts["message/disposition-notification"])
        return Report("read_receipt", tuple(_read_by(fields)), header.own_id(_first(fields, "original-message-id")))
    feedback, status = parts.get("message/feedback-report"), parts.get("message/delivery-status")
    if feedback is None and _COMPLAINT_SUBJECT.match(mail.field("subject")):
        feedback = mail.message
    if feedback is None and status is None and not _is_free_bounce(mail):
        return Report("auto_reply") if is_auto_reply(mail) else None
    original = _original(mail, list(mail.parts()))
    if feedback is not None:
        return Report("complaint", tuple(_complained(feedback, original)), original.id, original.at)
    about = tuple(_from_status(status, mail, original)) if status is not None else ()
    about = about or tuple(_from_text(mail, original))
    failed = tuple(one for one in about if one.action not in _ARRIVED)
    return Report("bounce" if failed or not about else DELIVERY_NOTICE, failed or about, original.id, original.at)


def is_auto_reply(mail: Mail) -> bool:
    """Whether a machine answered (RFC 3834, and the older signs)."""
    if mail.field("auto-submitted").lower().startswith(("auto-replied", "auto-notified")):
        return not (_from_daemon(mail) and _BOUNCE_SUBJECT.search(mail.field("subject")))
    if any(mail.raw_field(name) for name in ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-autogenerated")):
        return not _from_daemon(mail)
    if mail.field("precedence").lower() == "auto_reply":
        return True
    return bool(_AUTO_SUBJECT.match(mail.field("subject")))


def is_automated(mail: Mail) -> bool:
    """Whether a machine or a list sent it: such mail is shown and never counts as contact."""
    declared = mail.field("auto-submitted").lower()
    if declared and not declared.startswith("no"):
        return True
    if any(mail.raw_field(name) for name in ("list-id", "list-post", "list-unsubscribe")):
        return True
    if mail.field("precedence").lower() in ("bulk", "list", "junk", "auto_reply"):
        return True
    return any(
        _DAEMON.match(local := one.address.partition("@")[0]) or _NO_REPLY.match(local)
        for one in mail.addresses("from")
    )


def _from_daemon(mail: Mail) -> bool:
    senders = mail.addresses("from") or mail.addresses("return-path")
    if not senders:
        return bool(re.search("mailer-daemon|postmaster", mail.field("from"), _I))
    return any(_DAEMON.match(one.address.partition("@")[0]) for one in senders)


def _is_free_bounce(mail: Mail) -> bool:
    """A bounce in no standard form: from a daemon or an empty sender, and it says that a mail did not arrive."""
    if mail.raw_field("x-failed-recipients"):
        return True
    if not _from_daemon(mail):
        empty_sender = mail.raw_field("return-path").strip() == "<>"
        return bool(_BOUNCE_SUBJECT.search(mail.field("subject"))) and (empty_sender or is_automated(mail))
    said = mail.body[:20_000]
    return bool(_BOUNCE_SUBJECT.search(mail.field("subject")) or (_REPLY_CODE.search(said) and _RCPT_TO.search(said)))


def _fields(part: Message) -> list[Message]:
    """The blocks of fields in a report part."""
    payload = part.get_payload()
    blocks = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    if any(block.keys() for block in blocks):
        return blocks
    text = part_text(part).replace("\r\n", "\n").strip()
    return [Mail(block.encode("utf-8", "replace")).message for block in re.split(r"\n\s*\n", text)]


def _first(blocks: Iterable[Message], *names: str) -> str:
    return next((str(block[name]) for name in names for block in blocks if block[name]), "")


def _address(value: str) -> str:
    """The address of ``rfc822; <anna@x.org>``, or empty."""
    found = header.addresses(value.rpartition(";")[2])
    return found[0].address if found else ""


class _Original:
    """The mail a report is about, as far as the report encloses it."""

    def __init__(self, raw: bytes) -> None:
        mail = Mail(raw.lstrip(), headers_only=True)
        self.id = mail.id
        self.at = mail.occurred_at()
        self.to = [one.address for one in mail.addresses("to", "x-original-to", "delivered-to")]
        self.sender = {one.address.lower() for one in mail.addresses("from", "return-path", "reply-to")}


def _original(mail: Mail, parts: list[Message]) -> _Original:
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            return _Original(part_bytes(part))
    _, enclosed = _split(mail)
    lines = [line.lstrip("> |\t") if re.match(r"[\s>|]+[A-Za-z-]+:", line) else line for line in enclosed.split("\n")]
    at = next((n for n, line in enumerate(lines) if re.match(r"[A-Za-z][A-Za-z-]+:", line)), len(lines))
    return _Original("\n".join(lines[at : at + 200]).encode("utf-8", "replace"))


def _split(mail: Mail) -> tuple[str, str]:
    """The text of a free report before and after the mail it encloses."""
    match = _ENCLOSED.search(mail.body)
    return (mail.body[: match.start()], mail.body[match.start() :]) if match else (mail.body, "")


def _from_status(part: Message, mail: Mail, original: _Original) -> Iterator[About]:
    seen = set()
    text = _split(mail)[0]
    for block in _fields(part):
        # the recipient as we wrote it, not the mailbox it was forwarded to
        recipient = (
            _address(_first([block], "original-recipient"))
            or _address(_first([block], "final-recipient"))
            or _address(_first([block], "x-actual-recipient"))
        )
        if not recipient and _first([block], "final-recipient", "action"):
            recipient = next(iter(_named(text, mail, original)), "") or next(iter(original.to), "")
        if recipient and recipient.lower() not in seen:
            seen.add(recipient.lower())
            diagnostic = header.text_of(_first([block], "diagnostic-code"))
            status = header.text_of(_first([block], "status")).split(" ")[0]
            action = header.text_of(_first([block], "action")).lower().split(" ")[0]
            yield _about(recipient, status, action, diagnostic or _diagnostic(text))


def _from_text(mail: Mail, original: _Original) -> Iterator[About]:
    text = _split(mail)[0]
    declared = [one.address for one in mail.addresses("x-failed-recipients")]
    recipients = declared or _named(text, mail, original) or _declared_inside(mail) or original.to[:1]
    diagnostic = _diagnostic(text)
    status = _STATUS.search(diagnostic) or _STATUS.search(text)
    action = "delayed" if re.search(r"delay|warning", mail.field("subject"), _I) else "failed"
    for recipient in dict.fromkeys(one.lower() for one in recipients):
        yield _about(recipient, status[1] if status else "", action, diagnostic)


def _named(text: str, mail: Mail, original: _Original) -> list[str]:
    """The addresses a free text says it could not deliver to: those of the surest pattern that finds any."""
    ours = original.sender | {one.address.lower() for one in mail.addresses("to", "from")}
    for pattern in _NAMED:
        found = [match[1].strip(".") for match in pattern.finditer(text[:20_000])]
        found = [one for one in found if one.lower() not in ours and not _DAEMON.match(one.partition("@")[0])]
        if found:
            return list(dict.fromkeys(one.lower() for one in found))
    return []


def _declared_inside(mail: Mail) -> list[str]:
    """The recipient that a report inside the report declares: some gateways wrap the one they got."""
    fields = mail.lines(rb"(?:original|final)-recipient:")
    return [one for one in map(_address, fields) if one][:1]


def _diagnostic(text: str) -> str:
    lines = [" ".join(line.split()) for line in text[:20_000].split("\n")]
    for pattern in (_REPLY_CODE, _STATUS, _NO_SUCH):
        line = next((line for line in lines if pattern.search(line)), "")
        if line:
            return line
    return ""


def _about(recipient: str, status: str, action: str, diagnostic: str) -> About:
    return About(recipient, status, action, diagnostic[:500], _is_hard(status, action, diagnostic))


def _is_hard(status: str, action: str, diagnostic: str) -> bool:
    """An address that does not exist, not merely a refused mail: that may pass."""
    if action == "delayed" or action in _ARRIVED or status.startswith(("2", "4")):
        return False
    if _NO_SUCH.search(diagnostic):
        return not _SOFT.search(diagnostic)
    return status in _HARD_STATUS and not _SOFT.search(diagnostic)


def _complained(part: Message, original: _Original) -> Iterator[About]:
    blocks = _fields(part)
    stated = _address(_first(blocks, "original-rcpt-to", "removal-recipient", "x-original-rcpt-to"))
    recipient = stated or next(iter(original.to), "")
    if recipient:
        yield About(recipient, action=header.text_of(_first(blocks, "feedback-type")).lower())


def _read_by(fields: list[Message]) -> Iterator[About]:
    recipient = _address(_first(fields, "original-recipient")) or _address(_first(fields, "final-recipient"))
    if recipient:
        yield About(recipient, action=header.text_of(_first(fields, "disposition")).rpartition(";")[2].strip().lower())

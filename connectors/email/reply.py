"""What a person wrote in a mail: without what they quote and without their signature.

No standard says how quotations look, so this goes by what mail programs write, in several languages. It is careful:
where nothing would remain before a quoted block (a bare forward), the block stays.
"""

from __future__ import annotations

import re

_READ = 100_000
_WROTE = (
    r"wrote|writes|schrieb|schreef|skrev|kirjoitti|a écrit|escribió|escreveu|ha scritto|napisał\(?a?\)?|napsal\(?a?\)?"
    r"|написала?|пишет|пише|yazdı|লিখেছেন|লিখেছে|লিখেছিলেন|لکھا|لکھتے ہیں|تحریر کیا|كتب|کتب|نوشت|लिखा"
    r"|写道|さん[はが].*書"
)
_ATTRIBUTION = re.compile(rf"(?:{_WROTE})(?!\w)(?:.{{0,40}}[:：]|\s*)$", re.IGNORECASE)
_ATTRIBUTION_ABOVE_QUOTE = re.compile(r".*(?:@|\d[.:/-]\d).*[:：]$")
_ATTRIBUTION_START = re.compile(
    r"(?:On|Am|Op|Le|El|Il|Em|Den|Dnia|Dne|W dniu|Le|في|في يوم|مورخہ|بتاریخ|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|"
    r"\d{4}年|[\w.+-]+@|\S.*\d{1,2}:\d\d)",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"[\s>*_-]*-{2,}\s*(?:Original Message|Original Appointment|Reply Message|Ursprüngliche Nachricht"
    r"|Originalnachricht|Message d'origine|Mensaje original|Messaggio originale|Mensagem original"
    r"|Oorspronkelijk bericht|Oprindelig meddelelse|Ursprungligt meddelande|Исходное сообщение|মূল বার্তা|اصل پیغام)"
    r"\s*-*",
    re.IGNORECASE,
)
_LABELS = {
    "from": r"From|Von|De|Da|Van|Från|Fra|Od|От|Kimden|প্রেরক|থেকে|منجانب|از طرف|از|من|差出人|发件人",
    "other": (
        r"Sent|Date|To|Cc|Subject|Importance|Gesendet|Datum|An|Betreff|Kopie|Envoyé|À|Objet|Enviado|Enviada|Para|Asunto"
        r"|Assunto|Inviato|Data|A|Oggetto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Sendt|Til|Emne|Wysłano|Do|Temat"
        r"|Отправлено|Дата|Кому|Тема|Gönderilen|Kime|Konu|প্রেরিত|তারিখ|প্রতি|প্রাপক|বিষয়|বিষয়"
        r"|بھیجا گیا|تاریخ|بنام|بخدمت|موضوع|إلى|التاريخ|الموضوع|送信日時|宛先|件名|发送时间|收件人|主题"
    ),
}
_BLOCK_START = re.compile(rf"\s*\*?(?:{_LABELS['from']})\s?:\s?\*?\s*\S", re.IGNORECASE)
_BLOCK_MORE = re.compile(rf"\s*\*?(?:{_LABELS['other']})\s?:\*?(?:\s|$)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:_{5,}|-{5,}|\*{5,}|={5,})\s*$")
_SIGNATURE = re.compile(r"\s*(?:--|—|–|__)\s*$")
_LIST_FOOTER = re.compile(r"\s*_{20,}\s*$")
_DEVICE = re.compile(
    r"\s*(?:Sent (?:from|via) (?:my|a|Yahoo|Outlook|Mail|Samsung|Proton) ?[^,.:;]{0,50}|Get Outlook for \w+.*"
    r"|Sent with \w+.*|Von meinem .{3,40} gesendet|Gesendet (?:von|mit) .{3,40}|Envoyé (?:de|depuis) .{3,40}"
    r"|Enviado desde .{3,40}|Inviato da .{3,40}|আমার .{2,40} থেকে পাঠানো|میرے .{2,40} سے بھیجا گیا)\.?\s*$",
    re.IGNORECASE,
)
_DASH_NAME = re.compile(r"(?:-|-- ?)[^\W\d_][\w.']*(?: [^\W\d_][\w.']*){0,2}\s*$")
_CLOSING = re.compile(r"\s*[^\W\d_][^,.:;!?]{1,40}[,،]\s*$")


def reply_text(body: str, sender: str = "") -> str:
    """The reply in ``body``. ``sender`` is the writer's display name, by which an unmarked signature is known."""
    lines = [line.rstrip() for line in body[:_READ].split("\n")]
    lines = _before_quoted_block(lines)
    lines = _without_quoted_lines(lines)
    lines = _without_signature(lines, sender)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _before_quoted_block(lines: list[str]) -> list[str]:
    """Cut where the original begins below a rule or a block of its headers, if something stands before."""
    for at, line in enumerate(lines):
        if _RULE.match(line) or (_BLOCK_START.match(line) and _is_header_block(lines, at)):
            before = lines[:at]
            while before and (not before[-1].strip() or _SEPARATOR.match(before[-1])):
                before.pop()
            return before or lines
    return lines


def _is_header_block(lines: list[str], at: int) -> bool:
    following = [line for line in lines[at + 1 : at + 7] if line.strip()]
    return sum(bool(_BLOCK_MORE.match(line)) for line in following) >= 2


def _without_quoted_lines(lines: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if _is_quoted(lines[at]):
            at += 1
            continue
        length = _attribution(lines, at)
        if length:
            at += length
            following = next((line for line in lines[at:] if line.strip()), "")
            if not _is_quoted(following):
                # the program quotes without marks: what follows is the original, unless it would be everything
                return kept if any(line.strip() for line in kept) else lines[at:]
            continue
        kept.append(lines[at])
        at += 1
    return kept


def _is_quoted(line: str) -> bool:
    return line.lstrip(" |").startswith(">")


def _attribution(lines: list[str], at: int) -> int:
    """How many lines from ``at`` say "On Monday Anna wrote:", wrapped over up to three lines; 0 when they do not."""
    joined = ""
    dated = _ATTRIBUTION_START.match(lines[at].strip())
    for length in range(1, 4):
        line = lines[at + length - 1].strip() if at + length <= len(lines) else ""
        if not line or _is_quoted(line) or len(joined) > 300:
            return 0
        joined = f"{joined} {line}".strip()
        if dated and _ATTRIBUTION.search(joined) and re.search(r"\d|@", joined):
            return length
        if length == 1 and (_ATTRIBUTION_ABOVE_QUOTE.match(line) or _BLOCK_MORE.match(line)):
            following = next((line for line in lines[at + 1 : at + 4] if line.strip()), "")
            if _is_quoted(following):
                return length
    return 0


def _without_signature(lines: list[str], sender: str) -> list[str]:
    for at, line in enumerate(lines):
        if _SIGNATURE.match(line) or (_LIST_FOOTER.match(line) and len(lines) - at <= 12):
            lines = lines[:at]
            break
    lines = _without_blank_end(lines)
    while len(lines) > 1 and (_DEVICE.match(lines[-1]) or _DASH_NAME.match(lines[-1])):
        lines = _without_blank_end(lines[:-1])
    return _without_name(lines, sender)


def _without_name(lines: list[str], sender: str) -> list[str]:
    """A name that stands alone near the end, as the sender writes it, begins a signature."""
    name = sender.casefold().strip()
    for at in range(max(1, len(lines) - 10), len(lines)) if name else ():
        if lines[at].strip(" ,.*").casefold() in (name, name.split()[0]):
            if _CLOSING.match(lines[at - 1]) and at > 1:
                at -= 1
            return _without_blank_end(lines[:at])
    return lines


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]

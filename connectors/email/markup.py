"""An HTML mail as the text a person would read, with what it quotes marked as quoted."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_LIMIT = 300_000
_SILENT = frozenset({"head", "script", "style", "title", "template", "noscript"})
_BLOCKS = re.compile(
    r"(?:address|article|aside|blockquote|center|dd|div|dl|dt|fieldset|footer|form|h[1-6r]|header|li|main|ol|p|pre|section"
    r"|table|td|tr|ul)$"
)
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_QUOTES = re.compile(
    r"gmail_quote|gmail_extra|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|divRplyFwdMsg|appendonsend"
    r"|OLK_SRC_BODY_SECTION|protonmail_quote|stopSpelling|mail-editor-reference-message|reply-intro"
)
_UNCLOSED = re.compile(r"<[^<>]*(?![^<>]|>)")
_REST_QUOTES = ("divRplyFwdMsg", "appendonsend", "stopSpelling")


def html_to_text(html: str) -> str:
    """Visible text of an HTML mail, of its first 300,000 characters. Quoted lines begin with ``> ``."""
    html = html[:_LIMIT]
    if _is_tangled(html):
        return _without_tags(html)
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # html.parser says so about some broken declarations
        return _without_tags(html)
    return _squeeze("".join(reader.text))


def _is_tangled(html: str) -> bool:
    """Thousands of tags that never close keep html.parser busy for minutes; nobody writes such a mail in earnest."""
    return len(_UNCLOSED.findall(html)) > 1000 or html.count("&") > 50_000


def _without_tags(html: str) -> str:
    return _squeeze(unescape(re.sub(r"<[^<>]*>", " ", html)))


def _squeeze(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.silent = 0
        self.open: list[tuple[str, bool]] = []  # tags that are open, and whether each begins a quotation
        self.quoted = 0
        self.rest_quoted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        if tag in _VOID:
            if tag in ("br", "hr"):
                self._new_line()
            if tag == "hr" and ("id", "stopSpelling") in attrs:
                self.rest_quoted = True
            return
        about = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        self.rest_quoted = self.rest_quoted or any(mark in about for mark in _REST_QUOTES)
        quotes = tag == "blockquote" or bool(_QUOTES.search(about))
        self.open.append((tag, quotes))
        self.quoted += quotes
        if _BLOCKS.match(tag):
            self._new_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        # a tag that was never opened closes nothing; one left open inside is closed with its parent
        for depth in range(len(self.open) - 1, max(-1, len(self.open) - 50), -1):
            if self.open[depth][0] == tag:
                self.quoted -= sum(quotes for _, quotes in self.open[depth:])
                del self.open[depth:]
                break
        if _BLOCKS.match(tag):
            self._new_line()
            if tag == "p":
                self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(re.sub(r"\s+", " ", data) if data.strip() else " ")

    def _new_line(self) -> None:
        self.text.append("\n> " if self.quoted or self.rest_quoted else "\n")

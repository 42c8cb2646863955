"""Names and words in any script, folded for comparison and search. What is shown is never touched by this."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hub.reading import digits

# NFC and NFKC keep these apart although people type either; the Urdu form stands (Unicode 14, chapter 9).
_LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ه": "ہ", "ھ": "ہ", "ة": "ہ", "أ": "ا", "إ": "ا", "ٱ": "ا", "ـ": None}
)
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_KHANDA_TA = re.compile("ত্\u200d")
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f\u0900-\u0dff]+[^\W_]*)*")
_TITLES = frozenset(
    "mr mrs ms miss dr prof sir madam md mst mohd begum bibi sahib saheb "
    "জনাব জনাবা মিস মিসেস মোঃ মো মোছাঃ মোছা ডাঃ ড ডা سید جناب محترمہ صاحب ڈاکٹر".split()
)


def fold(text: str) -> str:
    """Text without case, accents, compatibility forms, variants of Arabic letters, vowel points and invisible marks.

    Digits become ASCII. Signs that carry meaning (Bengali vowel signs, virama) stay.
    """
    if text.isascii():
        return text.casefold()
    joined = _KHANDA_TA.sub("ৎ", unicodedata.normalize("NFC", text))
    plain = unicodedata.normalize("NFKD", joined).casefold()
    kept = "".join(char for char in plain if not _dropped(char))
    return digits(unicodedata.normalize("NFC", kept).translate(_LETTERS))


def _dropped(char: str) -> bool:
    """Accents of Latin, Greek and Cyrillic, Arabic vowel points, joiners and direction marks."""
    if "\u0300" <= char <= "\u036f" or "\u064b" <= char <= "\u065f" or char == "\u0670":
        return True
    return unicodedata.category(char) == "Cf"


def words(text: str) -> list[str]:
    """The folded words of a text, in order. A word is a run of letters, digits and the signs that belong to them."""
    if text.isascii():
        return _ASCII_WORD.findall(text.casefold())
    found: list[str] = []
    current: list[str] = []
    for char in fold(text):
        if char.isalnum() or unicodedata.category(char) in {"Mn", "Mc"}:
            current.append(char)
        elif current:
            found.append("".join(current))
            current = []
    if current:
        found.append("".join(current))
    return found


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """The words of a name in sorted order, without titles: equal for "Uddin, Karim" and "karim UDDIN".

    Empty when nothing is left that could be a name (no letters, or something like an e-mail address).
    """
    if "@" in name:
        return ""
    kept = sorted({word for word in words(name) if word not in _TITLES and not word.isdigit()})
    return " ".join(kept)


@lru_cache(maxsize=65536)
def script(key: str) -> str:
    """The script of the first letter of a name key, e.g. ``LATIN``, ``BENGALI``, ``ARABIC``."""
    for char in key:
        if char.isalpha():
            return unicodedata.name(char, "UNKNOWN").split(" ", 1)[0]
    return ""

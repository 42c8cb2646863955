"""Identity rules as data: a TOML text, checked key by key, read as changes to what stands, and written out whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from hub.errors import InputWrong
from hub.identity.names import fold
from hub.identity.normalise import RANKS
from hub.identity.rules import Rules

LONGEST = 500_000
"""Characters of a rule set."""
_MOST_ENTRIES = 10_000
_AT = re.compile(r" \(at (line \d+), column \d+\)$")


class _Wrong(Exception):
    """What is allowed, as the end of a sentence; the reader of the text adds where."""


@dataclass(frozen=True, slots=True)
class _Count:
    least: int
    most: int

    def __call__(self, given: Any) -> int:
        if not isinstance(given, int) or isinstance(given, bool) or not self.least <= given <= self.most:
            raise _Wrong(f"must be a whole number from {self.least:,} to {self.most:,}")
        return given


@dataclass(frozen=True, slots=True)
class _Texts:
    entry: Callable[[str], str]

    def __call__(self, given: Any) -> frozenset[str]:
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise _Wrong('must be a list of texts, like ["one", "two"]')
        if len(given) > _MOST_ENTRIES:
            raise _Wrong(f"may have {_MOST_ENTRIES:,} entries at most")
        return frozenset(self.entry(each.strip()) for each in given)


def _version(given: Any) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= 40 or not given.isprintable():
        raise _Wrong('must be a text of at most 40 characters, like "2"')
    return given


def _value(given: str) -> str:
    if not given:
        raise _Wrong("holds an empty text, which joins nobody anyway")
    return fold(given)


def _mailbox(given: str) -> str:
    if "@" in given or " " in given or not given:
        raise _Wrong(f'holds {given!r}: give what stands before the @, like "info"')
    return given.lower()


def _kind(given: str) -> str:
    if given not in RANKS:
        raise _Wrong(f"holds {given!r}; it may hold {', '.join(RANKS)}")
    return given


_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "version": _version,
    "most_stronger": _Count(1, 1_000_000),
    "most_names": _Count(1, 1_000_000),
    "most_phone_names": _Count(1, 1_000_000),
    "most_identifiers": _Count(1, 10_000),
    "blocked_values": _Texts(_value),
    "role_mailboxes": _Texts(_mailbox),
    "personal_mailboxes": _Texts(_mailbox),
    "never_join": _Texts(_kind),
}


@cache
def default_text() -> str:
    """The TOML of the rules that stand in a hub that never changed them."""
    return files("hub.identity").joinpath("identity.toml").read_text("utf-8")


def read_rules(text: str, standing: Rules | None = None) -> Rules:
    """The rules of a text whose missing keys are as in ``standing``, or as shipped.

    Raises ``InputWrong`` with one sentence that names line and key and says what is allowed.
    """
    if len(text) > LONGEST:
        raise InputWrong(f"The identity rules are longer than {LONGEST:,} characters.", path="rules")
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _AT.search(str(error))
        said = _AT.sub("", str(error))
        where = f", {place[1]}" if place else ""
        raise InputWrong(
            f"The identity rules are not TOML{where}: {said}.", path="rules", hint="A line reads: most_names = 20"
        ) from None
    changes: dict[str, Any] = {}
    for key, value in given.items():
        where = f"line {_line(text, key)}, {key}"
        if key not in _KEYS:
            raise InputWrong(
                f"The identity rules are wrong at {where}: there is no such key{_meant(key, _KEYS)}",
                path=f"rules.{key}",
                hint=f"There are {', '.join(_KEYS)}.",
            )
        try:
            changes[key] = _KEYS[key](value)
        except _Wrong as fault:
            raise InputWrong(f"The identity rules are wrong at {where}: it {fault}.", path=f"rules.{key}") from None
    return replace(standing or Rules(), **changes)


def write_rules(rules: Rules) -> str:
    """The whole rule set as TOML, with the comments of the shipped one. Reading it gives the same rules."""
    text = default_text()
    for each in fields(Rules):
        written = f"{each.name} = {_written(getattr(rules, each.name))}"
        text = re.sub(rf"^{each.name} = .*$", lambda _, line=written: line, text, flags=re.MULTILINE)  # type: ignore[misc]
    return text


def differences(before: Rules, after: Rules) -> list[tuple[str, str, str]]:
    """(key, before, after) of the keys whose values differ, written as in the text."""
    pairs = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(Rules))
    return [(key, _written(was), _written(now)) for key, was, now in pairs if was != now]


def _written(value: str | int | frozenset[str]) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    return f"[{', '.join(_quoted(each) for each in sorted(value))}]"


def _quoted(text: str) -> str:
    # What TOML wants escaped in a basic string.
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def _line(text: str, key: str) -> int:
    """The line of the text that gives a key, as a value or as a table."""
    given = re.compile(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if given.match(line)), 1)


def _meant(given: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(given.lower().replace("-", "_"), known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else "."

"""What people type: settings as JSON, secrets, times, names of files."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from getpass import getpass
from pathlib import Path
from typing import Any

import orjson

from hub.clock import now
from hub.errors import InputWrong
from hub.secret_settings import MARK

_SPAN = re.compile(r"(\d{1,5})\s*([hdwy])", re.ASCII)
_GAP = re.compile(r"(\d{1,5})\s*([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "y": 365 * 24}


def settings(given: str | None, secrets: Sequence[str] = ()) -> dict[str, Any]:
    """Settings of a connector: JSON, a file that holds it, or - for what comes by stdin. Raises ``InputWrong``.

    ``secrets`` are put into them, see ``put_secret``.
    """
    held = _settings(given)
    for each in secrets:
        put_secret(held, each)
    return held


def put_secret(settings: dict[str, Any], given: str) -> None:
    """Put a secret into settings: NAME asks for it, NAME=env:VARIABLE and NAME=file:PATH say where it is.

    NAME has dots where it is inside of something; NAME[] adds to a list, and NAME[]=keep leaves one there.
    Raises ``InputWrong``.
    """
    name, _, where = given.partition("=")
    path = name.removesuffix("[]").split(".")
    if not all(path):
        raise InputWrong(f"--secret {given[:60]}: give the name of a setting.")
    inner = settings
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
        if not isinstance(inner, dict):
            raise InputWrong(f"--secret {name}: {part} is no object.")
    secret = _secret(name, where)
    if not secret:
        raise InputWrong(f"--secret {name}: nothing was given.")
    if name.endswith("[]"):
        inner.setdefault(path[-1], []).append(secret)
    else:
        inner[path[-1]] = secret


def _secret(name: str, where: str) -> str:
    kind, _, place = where.partition(":")
    if not where:
        if sys.stdin.isatty():
            return getpass(f"{name}: ")
        return sys.stdin.readline().rstrip("\n")
    if where == "keep":
        return MARK
    if kind == "env" and place in os.environ:
        return os.environ[place]
    if kind == "env":
        raise InputWrong(f"--secret {name}: the environment has no {place[:60]}.")
    if kind == "file":
        return text_of(Path(place)).rstrip("\r\n")
    raise InputWrong(
        f"--secret {name}: what a command says stands in the shell's history.",
        hint=f"--secret {name} asks for it; --secret {name}=env:VARIABLE and {name}=file:PATH say where it is.",
    )


def _settings(given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    if given == "-":
        return _object(sys.stdin.buffer.read(), "stdin")
    if given.lstrip().startswith("{"):
        return _object(given.encode(), "--settings")
    try:
        content = Path(given).read_bytes()
    except FileNotFoundError:
        raise InputWrong(
            f"There is no file {given}.", hint="--settings is a JSON file, or JSON itself: --settings '{...}'."
        ) from None
    except OSError as error:
        raise InputWrong(f"{given} cannot be read: {error.strerror}.") from None
    return _object(content, given)


def _object(content: bytes, place: str) -> dict[str, Any]:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InputWrong(f"{place} is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    if not isinstance(said, dict):
        raise InputWrong(f'{place} is not a JSON object, like {{"path": "mail.mbox"}}.')
    return said


def every(given: str | None) -> str | None:
    """The time between two pulls as GraphQL takes it; None for ``default``. Raises ``InputWrong``."""
    if given is None or given == "default":
        return None
    if given == "never":
        return "PT0S"
    span = _GAP.fullmatch(given.strip())
    if span is None or not int(span[1]):
        raise InputWrong(f"{given[:60]!r} is no time between pulls: give 30s, 15m, 6h, 1d, never or default.")
    return f"PT{int(span[1]) * _SECONDS[span[2]]}S"


def moment_given(given: str | None) -> str | None:
    """A time as GraphQL takes it, from a date or a time of this machine's zone. Raises ``InputWrong``."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise InputWrong(f"{given!r} is no time: give a date like 2026-01-31, or 2026-01-31T09:00.") from None
    at = at if at.tzinfo else at.astimezone()
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def expiry(given: str | None) -> str | None:
    """A time to come as GraphQL takes it, from a span like 30d or a date. Raises ``InputWrong``."""
    if given is None:
        return None
    span = _SPAN.fullmatch(given.strip())
    try:
        at = now() + timedelta(hours=int(span[1]) * _HOURS[span[2]]) if span else datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        raise InputWrong(f"{given!r} is no time: give 12h, 30d, 8w, 1y or a date like 2027-01-31.") from None
    at = at if at.tzinfo else at.astimezone()
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def text_of(file: Path) -> str:
    """The text of a file. Raises ``InputWrong``."""
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise InputWrong(f"There is no file {file}.") from None
    except OSError as error:
        raise InputWrong(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputWrong(f"{file} is not UTF-8 text.") from None

"""What people type: settings as JSON, times to come, names of files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from hub.clock import now
from hub.errors import InputWrong

_SPAN = re.compile(r"(\d{1,5})\s*([hdwy])", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "y": 365 * 24}


def settings(given: str | None) -> dict[str, Any]:
    """Settings of a connector: JSON itself, or the name of a file that holds it. Raises ``InputWrong``."""
    if given is None:
        return {}
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

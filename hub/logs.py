"""The log of a process that serves or works: as text or JSON, one line after the other, whoever wrote them.

No secret of a source stands in it, and of what an exception says nothing that it repeats: a customer's data may be in
there. Nobody can write a line of their own into it, and each line of a request carries the request's id.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

from hub.secret_settings import discreet

ACCESS = "hub.access"
"""The log of requests."""
Format = Literal["text", "json"]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of requests."""

_hidden: set[str] = set()
_OWN = ("hub", "connectors")
"""Libraries are heard from WARNING on whatever the level is: some write at DEBUG what they send and receive."""
_BREAKS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x09: "\t", 0x0A: "\\n", 0x0D: "\\r", 0x2028: "\\u2028", 0x2029: "\\u2029",
}  # fmt: skip
_REPEATED = re.compile(
    r"""DETAIL:.*|'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|`[^`]*`?|“[^”]*”?"""
    r"""|[^\s,;<>()'"]+@[^\s,;<>()'"]+|\+?\d(?:[ ()./-]?\d){5,}""",
    re.DOTALL,
)
"""What an exception may repeat of the data it was raised over."""


def hide(secrets: Iterable[str]) -> None:
    """From now on these are blacked out, also in the traces of connectors and libraries."""
    _hidden.update(secrets)


class Discreet(logging.Formatter):
    """Writes lines without what is hidden."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; its trace follows on lines of its own, which begin with spaces."""
        said = [record.getMessage(), *(f"{name}={value}" for name, value in _fields(record).items())]
        line = f"{_at(record)} {record.levelname} {record.name}: {' '.join(said).translate(_BREAKS)}"
        return discreet("\n  ".join([line, *trace(record)]), list(_hidden))


class DiscreetJson(logging.Formatter):
    """Writes lines without what is hidden, each a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said: dict[str, Any] = {
            "time": _at(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            said["trace"] = list(trace(record))
        return discreet(json.dumps(said, default=str), list(_hidden))


def trace(record: logging.LogRecord) -> Iterator[str]:
    """Where an exception came from and what kind it is; of its message what it does not repeat of anybody's data."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        yield from _told(error)


def _told(error: BaseException) -> Iterator[str]:
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        yield f"{code.co_filename}:{frame.tb_lineno} in {code.co_name}"
        frame = frame.tb_next
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_faceless(str(error))}"
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for each in [*getattr(error, "exceptions", ()), *([cause] if cause else ())]:
        yield "which came of:"
        yield from _told(each)


def _faceless(message: str) -> str:
    return _REPEATED.sub("…", message).translate(_BREAKS)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """What is known of a line beside its message."""
    fields: dict[str, Any] = dict(getattr(record, "fields", {}))
    if found := request_id.get():
        fields["request"] = found
    return fields


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def speak(form: Format = "text", level: Level = "WARNING", *, access: bool = False) -> None:
    """Let the log of this process be written to stderr; with ``access`` a line for each request."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetJson() if form == "json" else Discreet())
    logging.basicConfig(handlers=[handler])
    for name in _OWN:
        logging.getLogger(name).setLevel(level)
    logging.getLogger().setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger(ACCESS).setLevel(logging.INFO if access else logging.CRITICAL)

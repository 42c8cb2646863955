"""The log of a process that serves or works: no secret of a source stands in it, whoever wrote the line."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from hub.secret_settings import discreet

_hidden: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """From now on these are blacked out, also in the traces of connectors and libraries."""
    _hidden.update(secrets)


class Discreet(logging.Formatter):
    """Writes lines without what is hidden."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its trace."""
        return discreet(super().format(record), list(_hidden))


def speak() -> None:
    """Let the log of this process be written to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])

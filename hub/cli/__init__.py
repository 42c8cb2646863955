"""The command line: a client of the hub's own GraphQL."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence

from hub.cycles import look_seldom
from hub.errors import HubError, InputWrong, NotAllowed, RetryLater

WRONG, LATER, FAILED = 2, 3, 1
"""Exit codes: the input or the configuration is wrong; try again later; anything else."""

TERMINATED = 128 + signal.SIGTERM
"""The exit code that a shell shows of whoever SIGTERM ended."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command ``hub``. What goes wrong is one sentence; HUB_DEBUG=1 shows where."""
    look_seldom()
    if os.getpid() == 1:
        # The first process of a container is not ended, as others are, by a signal that it does not take.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    # Every command's imports, so that the entry point alone costs nothing.
    from hub.cli.commands import app

    if not os.environ.get("HUB_DEBUG"):
        # What a command has to say it says itself; `serve` and `demo` let the log speak.
        logging.getLogger("hub").addHandler(logging.NullHandler())
    try:
        app(args=None if arguments is None else list(arguments), prog_name="hub")
    except HubError as error:
        _end(error.message, error.hint, exit_code(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (a person at a terminal is told a sentence, whatever happens)
        _end(f"Something went wrong here: {error!r}.", "HUB_DEBUG=1 shows where.", FAILED)


def exit_code(error: HubError) -> int:
    """What a script may tell an error by."""
    if isinstance(error, InputWrong | NotAllowed):
        return WRONG
    return LATER if isinstance(error, RetryLater) else FAILED


def _end(sentence: str, hint: str | None, code: int) -> None:
    if os.environ.get("HUB_DEBUG"):
        raise
    sys.stderr.write(f"hub: {sentence}\n" + (f"     {hint}\n" if hint else ""))
    sys.exit(code)

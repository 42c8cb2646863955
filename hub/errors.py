"""Errors, named by what the caller should do.

::

    HubError                 one clear sentence, safe to show to a client
    |-- InputWrong           the sender should change the request        (HTTP 400, exit 2)
    |   |-- ConfigWrong      the settings of a source or the environment are wrong
    |   |-- RowUnreadable    one row cannot be read; the rest goes on
    |   |-- NotFound         the named thing does not exist
    |   `-- TooLarge         the request is larger than the hub takes    (HTTP 413)
    |-- NotAllowed           the token does not carry the scope          (HTTP 403)
    |   `-- SignatureWrong   the delivery is not proved to be its sender's (HTTP 401)
    |-- RetryLater           try again after ``after`` seconds           (HTTP 503)
    |   `-- StorageFull      the disk is full or the folder read-only
    `-- SourceFailed         the source itself failed; the checkpoint stands, the next run resumes
        |-- SignInAgain      its credentials are no good any more: its owner must give new ones
        `-- CursorExpired    it does not know the cursor any more; the pull begins again without one
"""

from __future__ import annotations


class HubError(Exception):
    """Base of all errors the hub raises on purpose. ``message`` is safe to show; ``code`` is stable."""

    code = "INTERNAL"

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        """Where in the input the fault is, e.g. ``paid_at``."""
        self.hint = hint
        """What to do about it."""


class InputWrong(HubError):
    """The sender should change the request."""

    code = "BAD_USER_INPUT"


class ConfigWrong(InputWrong):
    """The settings of a source, or the environment, are wrong."""

    code = "CONFIG_WRONG"


class RowUnreadable(InputWrong):
    """One row cannot be read. It is kept with this as its problem; the rest goes on."""

    code = "UNREADABLE"


class NotFound(InputWrong):
    """The named thing does not exist, or the caller may not know that it does."""

    code = "NOT_FOUND"


class TooLarge(InputWrong):
    """The request is larger than the hub takes."""

    code = "TOO_LARGE"


class NotAllowed(HubError):
    """The token is missing, or does not carry the scope the field asks for."""

    code = "FORBIDDEN"


class SignatureWrong(NotAllowed):
    """The delivery is not proved to be its sender's: unsigned, signed by another secret, or too long ago."""

    code = "SIGNATURE_WRONG"


class RetryLater(HubError):
    """The hub is busy or cannot store right now; nothing was kept. Try again after ``after`` seconds."""

    code = "RETRY_LATER"

    def __init__(self, message: str, *, after: float = 1.0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.after = after


class StorageFull(RetryLater):
    """The disk is full, or the hub's folder is read-only."""

    code = "STORAGE_FULL"


class SourceFailed(HubError):
    """The source itself failed. What was received stays, the checkpoint stands, the next run resumes."""

    code = "SOURCE_FAILED"


class SignInAgain(SourceFailed):
    """The source's credentials are no good any more. Nothing is tried again until its owner has given new ones."""

    code = "SIGN_IN_AGAIN"


class CursorExpired(SourceFailed):
    """The source does not know the cursor any more. The pull begins again without one; known rows change nothing."""

    code = "CURSOR_EXPIRED"

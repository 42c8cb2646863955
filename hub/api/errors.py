"""Errors as clients see them: one clear sentence and a stable code, never a trace of the inside."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable
from typing import Any, TypeVar

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from hub.api.graph import described, object_type
from hub.errors import HubError, InputWrong, RetryLater
from hub.logs import request_id

T = TypeVar("T")

_log = logging.getLogger(__name__)
_FOUND = re.compile(r"(,? [Ff]ound:?|(?<=value):) [\[{].*", re.DOTALL)
"""How GraphQL ends an error by repeating an object that was sent: there may be a secret in it."""


class FellBehind(HubError):
    """A client does not read what it asked for. ``cursor``: from where it may go on."""

    code = "FELL_BEHIND"

    def __init__(self, seconds: float, cursor: str) -> None:
        super().__init__(f"An answer was not read within {seconds:g} seconds.", hint="Go on with the cursor as after.")
        self.cursor = cursor


@object_type
class UserError:
    """What the sender should change."""

    code: str = described("A stable word for the fault.")
    message: str = described("One clear sentence.")
    path: list[str] = described("Where in the input the fault is.")
    hint: str | None = described("What to do about it.")


async def tried(write: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """The outcome of a write, or what the sender should change. Other errors go on up."""
    try:
        return await write, []
    except InputWrong as error:
        return None, [user_error(error)]


def user_error(error: InputWrong) -> UserError:
    """An error that the sender can mend."""
    path = error.path.split(".") if error.path else []
    return UserError(code=error.code, message=error.message, path=path, hint=error.hint)


def clean(error: GraphQLError) -> None:
    """Give an error its code, and hide what went wrong inside; the log keeps that under a reference."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        _forget(cause)
        cause = cause.original_error
    if (foreseen := _foreseen(cause)) is not None:
        cause, error.message = foreseen, foreseen.message
    if isinstance(cause, HubError):
        error.extensions = {**(error.extensions or {}), **described_error(cause)}
    elif cause is None:
        error.message = _FOUND.sub(".", error.message)
        code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
        error.extensions = {"code": code, **(error.extensions or {})}
    else:
        told = internal(cause)
        error.message, error.extensions = told["message"], told["extensions"]
    if reference := request_id.get():
        error.extensions["reference"] = reference
    _forget(error)
    if cause is not None:
        _forget(cause)


def _forget(error: BaseException) -> None:
    """Let go of where it was raised: there whatever a client sent is still at hand, the error itself too, so that all
    of it would stay in memory until everything is looked through, which is rare."""
    error.__traceback__ = None


def _foreseen(error: Exception | None) -> InputWrong | None:
    """What libraries raise because of what was sent."""
    match error:
        case RecursionError():
            return InputWrong("The input is nested too deeply.")
        case InvalidOperationTypeError():
            return InputWrong("Only queries may be sent this way.")
        case CannotGetOperationTypeError():
            return InputWrong(f"The document has no operation {error.operation_name or ''}".rstrip() + ".")
    return None


def described_error(error: HubError) -> dict[str, object]:
    """The extensions of an error the hub raised on purpose."""
    told: dict[str, object] = {"code": error.code}
    if error.path:
        told["inputPath"] = error.path.split(".")
    if error.hint:
        told["hint"] = error.hint
    if isinstance(error, FellBehind):
        told["cursor"] = error.cursor
    if isinstance(error, RetryLater):
        told["retryAfter"] = error.after
    if reference := request_id.get():
        told["reference"] = reference
    return told


def internal(error: BaseException) -> dict[str, Any]:
    """The error that a client sees of one nobody foresaw, which is in the log under its reference."""
    message = unexpected(error, reference := request_id.get() or secrets.token_hex(6))
    return {"message": message, "extensions": {"code": "INTERNAL", "reference": reference}}


def unexpected(error: BaseException, reference: str = "") -> str:
    """Log an error nobody foresaw; the answer is the sentence for the client, with the reference in the log."""
    reference = reference or request_id.get() or secrets.token_hex(6)
    _log.error("reference %s", reference, exc_info=error)
    return f"Something went wrong here; reference {reference}."

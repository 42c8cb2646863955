"""One document, its variables and who asks become an answer, whatever brought them here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from hub import traces
from hub.api.auth import Principal
from hub.api.context import Context
from hub.api.errors import described_error, internal
from hub.api.limits import allowance
from hub.api.rates import RateLimited
from hub.api.short import Short, short
from hub.api.subgraph import schema_of
from hub.api.trusted import NOTHING, NotTrusted, Resolved
from hub.api.watching import named, ran, watched
from hub.errors import HubError, InputWrong, RetryLater

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

_REFUSED = {NotTrusted.code: 403}
_LATER = {RateLimited.code: 429}
"""The status of errors after which one may ask again, where it is not 503."""
READS = frozenset({OperationType.QUERY})
EVERYTHING = frozenset({OperationType.QUERY, OperationType.MUTATION})


@dataclass(slots=True)
class Request:
    """What a client asks. Not frozen, as making it would take three times as long."""

    query: str
    """The text of the document, or the id of one (``trusted.asked``)."""
    variables: Mapping[str, Any] | None = None
    operation: str | None = None
    priced: bool = False
    """Whether the answer is to tell what it cost."""
    as_json: bool = False
    """Whether the answer is only sent on as JSON: its data may be JSON already (``orjson.Fragment``)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer and its HTTP status."""

    content: dict[str, Any]
    status: int = 200
    retry_after: float | None = None
    """Seconds after which it may go well, where the hub cannot do it now."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What HTTP says beside it."""
    found: Resolved = NOTHING
    """The document that was run."""


@watched
async def execute(
    hub: Hub,
    principal: Principal,
    request: Request,
    allowed: frozenset[OperationType] = EVERYTHING,
    again: Callable[[], Awaitable[Principal]] | None = None,
) -> Answer:
    """Run one operation. Nothing that goes wrong inside leaves here as an exception.

    ``again`` looks up who asks where that has not been done since the token came; it may raise ``NotSignedIn``.
    """
    schema, shorter = schema_of(hub), Short()
    if request.as_json and hub.compiled_reads:
        shorter = await short(hub, schema, principal, request, writes=OperationType.MUTATION in allowed)
        if shorter.content is not None:
            named(shorter.name)
            return Answer(shorter.content, headers=shorter.allowance, found=shorter.found)
    if again is not None:
        principal = await again()
    context = Context(hub, principal)
    context.priced, context.as_json = request.priced, request.as_json and not shorter.tried
    try:
        result = await schema.execute(
            request.query,
            variable_values=dict(request.variables) if request.variables else None,
            context_value=context,
            operation_name=request.operation,
            allowed_operation_types=allowed,
        )
    except CannotGetOperationTypeError as error:
        unknown = request.operation is not None
        reason = error.as_http_error_reason() if unknown else "The document has no operation."
        return refused(InputWrong(reason), 422)
    except InvalidOperationTypeError:
        return refused(InputWrong("Only queries may be sent this way."), 405)
    except Exception as error:  # noqa: BLE001 (the last line of defence: nothing of the inside may leave)
        return Answer({"errors": [internal(error)]}, 500)
    finally:
        await context.renew()
    return replace(_answer(result, allowance(hub, principal)), found=context.found)


async def shortly(hub: Hub, principal: Principal, request: Request) -> Short | None:
    """Run a read that nothing speaks against answering at once; None for all others."""
    begun = perf_counter()
    with traces.span("operation") as span:
        shorter = await short(hub, schema_of(hub), principal, request, writes=True)
        if shorter.content is None:
            return None
        ran(shorter.name, principal.token, perf_counter() - begun, span)
    return shorter


def _answer(result: ExecutionResult, headers: Mapping[str, str]) -> Answer:
    content: dict[str, Any] = {}
    errors: list[GraphQLError] = result.errors or []
    if errors:
        content["errors"] = [error.formatted for error in errors]
    # Variables that do not fit are found when the operation starts: then no field has been asked.
    unasked = result.data is None and errors and all(error.path is None for error in errors)
    if errors and not result.data and (after := (errors[0].extensions or {}).get("retryAfter")) is not None:
        return Answer(content, _LATER.get(str((errors[0].extensions or {}).get("code")), 503), after, headers)
    if isinstance(result, PreExecutionError) or unasked:
        unread = 400 if isinstance(errors[0], GraphQLSyntaxError) else 422
        return Answer(content, _REFUSED.get(str((errors[0].extensions or {}).get("code")), unread), headers=headers)
    content["data"] = result.data
    if result.extensions:
        content["extensions"] = result.extensions
    return Answer(content, headers=headers)


def refused(error: HubError, status: int) -> Answer:
    """A request that was not run."""
    after = error.after if isinstance(error, RetryLater) else None
    return Answer({"errors": [{"message": error.message, "extensions": described_error(error)}]}, status, after)

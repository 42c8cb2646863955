"""What stands before each operation, whatever brought it: limits, price, rate and time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from graphql import ExecutionResult, GraphQLError, execute_sync
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from hub.api.deadlines import Deadlines
from hub.api.preparing import Prepared, Preparer, in_thread
from hub.api.rates import Rates
from hub.api.shape import CONDITIONS, Shape, beyond, many_conditions
from hub.api.trusted import Resolved, persisted, resolved
from hub.api.turns import Turns, small
from hub.errors import InputWrong, RetryLater
from hub.limits import Limits
from hub.store.conditions import MOST_CONDITIONS

if TYPE_CHECKING:
    from types import TracebackType

    from graphql import GraphQLSchema

    from hub.api.auth import Principal
    from hub.ingest.hub import Hub

LARGE = 5000
"""The cost from which on an answer is large, and put together in turns."""
MOST_LARGE = 2
"""Large answers that are worked on at once: one reading connection at least is left for the small ones."""
CHECKED = 2_000
"""Values of variables that are looked at in a millisecond or two."""
FEW = 10
"""Variables that are looked at in no time."""
_LARGEST_PAGE = Limits.model_fields["page_size_limit"].default
"""Entries of a page that the fields themselves allow."""
_NO_TEXT = re.compile("[\ud800-\udfff]")
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


class Gate:
    """The limits of one hub in this process, with what they have to remember."""

    def __init__(self, limits: Limits, schema: GraphQLSchema) -> None:
        self.limits = limits
        self.documents = Preparer(schema, limits)
        self.rates = Rates(limits.rate_limit)
        self.turns = Turns()
        self.deadlines = Deadlines()
        self.large = asyncio.Semaphore(MOST_LARGE)

    def admit(
        self, prepared: Prepared, found: Resolved, operation: str | None, variables: Mapping[str, Any], who: Principal
    ) -> tuple[Shape, int]:
        """The operation that is asked for and its price, which is taken. Raises ``GraphQLError``, ``RateLimited``."""
        limits = self.limits
        if operation is None and len(prepared.operations) > 1:
            raise GraphQLError("Say by operationName which of the operations to run.")
        if prepared.nul:
            raise GraphQLError("Text may not have the character U+0000 in it.")
        shape = prepared.operations[operation or next(iter(prepared.operations))]
        if limits.page_size_limit < _LARGEST_PAGE and shape.largest_page(variables) > limits.page_size_limit:
            raise _wrong(InputWrong(f"A page has at most {limits.page_size_limit} entries.", path="first"))
        price = shape.priced(variables)
        document = found.document
        most = limits.max_cost if document is None or document.max_cost is None else document.max_cost
        if price > most and who.token:  # without one it is the hub itself that asks
            raise beyond(
                "max_cost",
                f"This may come to {price:,} values, and at most {most:,} may be asked for at once. "
                "Ask for smaller pages, or for fewer fields.",
            )
        self.rates.take(who.token, price)
        return shape, price


_gates: WeakKeyDictionary[Hub, Gate] = WeakKeyDictionary()


def gate(hub: Hub, schema: GraphQLSchema) -> Gate:
    """The gate of a hub; another one when it was given other limits."""
    found = _gates.get(hub)
    if found is None or found.limits is not hub.limits:
        found = _gates[hub] = Gate(hub.limits, schema)
    return found


def allowance(hub: Hub, principal: Principal) -> Mapping[str, str]:
    """The headers that say how much a token may still ask for."""
    found = _gates.get(hub)
    return found.rates.headers(principal.token) if found else {}


class Limited(SchemaExtension):
    """Reads, measures, validates and prices the operation before it runs, and stops it when its time is up."""

    _gate: Gate
    _prepared: Prepared
    _shape: Shape | None = None
    _ends: float
    _price = 0

    async def on_parse(self) -> AsyncIterator[None]:
        """In place of parsing and validating."""
        running = self.execution_context
        who = running.context.principal
        self._gate = gate(running.context.hub, running.schema._schema)  # noqa: SLF001 (graphql-core's own)
        limits = self._gate.limits
        self._ends = running.context.ends = asyncio.get_running_loop().time() + limits.request_seconds
        self._gate.rates.demand(who.token)
        await check_variables(running.variables or {}, limits)
        introspects = not who.grants.isdisjoint(limits.introspection)
        async with self._in_time():
            await self._prepare(introspects=introspects)
        running.graphql_document = self._prepared.document
        yield

    async def _prepare(self, *, introspects: bool) -> None:
        running = self.execution_context
        hub, who = running.context.hub, running.context.principal
        writes = OperationType.MUTATION in running.allowed_operations
        found = await resolved(hub, who, running.query or "", writes=writes)
        running.query = found.text
        self._prepared = await self._gate.documents.prepared(found.text, introspects=introspects)
        if found.new and not self._prepared.errors:
            found = await persisted(hub, who, found.text)
        running.context.found = found

    def on_validate(self) -> Iterator[None]:
        """What the document asks for, with its variables."""
        running = self.execution_context
        running.pre_execution_errors = self._prepared.errors
        if not self._prepared.errors:
            context, named = running.context, running._provided_operation_name  # noqa: SLF001
            self._shape, self._price = self._gate.admit(
                self._prepared, context.found, named, running.variables or {}, context.principal
            )
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Around the resolvers."""
        running = self.execution_context
        if running.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        async with self._in_time():
            if self._shape is not None and self._shape.introspects_only:
                # The schema is large, and looking it through takes longer than others may wait.
                running.result = await in_thread(self._introspected)
            if self._price <= LARGE:
                yield
                return
            small.no_more()
            running.context.turns = self._gate.turns
            async with self._gate.large:
                yield

    def _introspected(self) -> ExecutionResult:
        running = self.execution_context
        schema, document = running.schema._schema, self._prepared.document  # noqa: SLF001 (graphql-core's own)
        return execute_sync(schema, document, variable_values=running.variables, operation_name=running.operation_name)

    def _in_time(self) -> InTime:
        return InTime(self._gate.deadlines, self._ends)

    def get_results(self) -> dict[str, Any]:
        """The price, for who asks."""
        return {"cost": self._price} if self.execution_context.context.priced else {}


class InTime:
    """Cancels what runs within it when the time is up, and says so.

    It tells apart who cancelled as ``asyncio.timeout_at`` does, which takes three times as long: as long as any other
    part of a short answer.
    """

    _task: asyncio.Task[Any] | None = None
    _late = False

    def __init__(self, deadlines: Deadlines, ends: float | None) -> None:
        self._deadlines = deadlines
        self._ends = ends

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if self._ends is None or task is None:
            return
        self._task, self._cancelling = task, task.cancelling()
        self._deadlines.keep(self, self._ends, self._end)

    def _end(self) -> None:
        if self._task is not None:
            self._late = True
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None:
            return
        self._deadlines.over(self)
        if self._late and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise RetryLater("This took too long. Ask for less at once.", after=1) from None


def _wrong(error: InputWrong) -> GraphQLError:
    return GraphQLError(error.message, original_error=error)


async def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Raises ``GraphQLError`` for variables that are beyond a limit, or hold text that is none.

    Of many values a part is looked at before everybody else has a turn.
    """
    if len(variables) < min(FEW, limits.max_variables) and all(map(_is_plain, variables.items())):
        return
    for _ in _checked(variables, limits):
        await asyncio.sleep(0)


def _is_plain(variable: tuple[str, Any]) -> bool:
    """Whether a variable is a text, and nothing is wrong with it."""
    name, value = variable
    return type(value) is str and value.isascii() and name.isascii() and "\0" not in value and "\0" not in name


def _checked(variables: Mapping[str, Any], limits: Limits) -> Iterator[None]:
    values = conditions = 0
    waiting: list[tuple[Any, int, bool]] = [(variables, 0, True)]
    while waiting:
        if values % CHECKED == CHECKED - 1:
            yield
        value, depth, searched = waiting.pop()
        values += 1
        if isinstance(value, str):
            _check_text(value, searched=searched)
        elif isinstance(value, list):
            if len(value) > limits.max_list:
                raise beyond("max_list", f"A list in the variables has at most {limits.max_list:,} entries.")
            waiting.extend((each, depth + 1, searched) for each in value)
        elif isinstance(value, dict):
            conditions += _conditions(value)
            _check_counts(values + len(waiting) + len(value), depth, conditions, limits)
            yield from _members(value, depth + 1, searched, waiting)
        _check_counts(values + len(waiting), depth, conditions, limits)


def _members(
    value: Mapping[str, Any], depth: int, searched: bool, waiting: list[tuple[Any, int, bool]]
) -> Iterator[None]:
    for place, (name, each) in enumerate(value.items(), 1):
        _check_text(name)
        # Payloads are bytes, and may have it.
        waiting.append((each, depth, searched and name != "payload"))
        if place % CHECKED == 0:
            yield


def _check_counts(values: int, depth: int, conditions: int, limits: Limits) -> None:
    if values > limits.max_variables:
        raise beyond("max_variables", f"The variables have more than {limits.max_variables:,} values.")
    if depth > limits.max_variable_depth:
        raise beyond("max_variable_depth", f"The variables are nested more than {limits.max_variable_depth} deep.")
    if conditions > MOST_CONDITIONS:
        raise many_conditions()


def _conditions(value: Mapping[str, Any]) -> int:
    """How many filters a filter is made of."""
    inner = [value[name] for name in CONDITIONS & value.keys()]
    return sum(len(each) if isinstance(each, list) else 1 for each in inner)


def _check_text(text: str, *, searched: bool = True) -> None:
    """PostgreSQL cannot hold U+0000 in text, so that both databases refuse it; half of a character is no text."""
    if searched and "\0" in text:
        raise GraphQLError("Text may not have the character U+0000 in it.")
    if not text.isascii() and _NO_TEXT.search(text):
        raise GraphQLError("Text may not have half of a surrogate pair in it.")


def shortened(errors: list[GraphQLError], limits: Limits, *, introspects: bool) -> None:
    """At most so many errors, and without suggestions for who may not introspect."""
    del errors[limits.max_errors :]
    for error in errors:
        if not introspects:
            error.message = _SUGGESTION.sub("", error.message)

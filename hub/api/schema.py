"""The schema: types, limits, and what surrounds each operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError

from hub.api.compiled import CompiledReads
from hub.api.context import Context, Info, Socket
from hub.api.errors import clean
from hub.api.limits import Limited, shortened
from hub.api.live import Subscription
from hub.api.mutations.root import Mutation
from hub.api.queries.root import Query
from hub.api.scalars import SCALARS
from hub.api.scopes import guard
from hub.api.turns import InTurns, small
from hub.api.types.touchpoints import TYPES
from hub.api.watching import ended
from hub.errors import HubError


class Operation(SchemaExtension):
    """Gives each operation its own context on a socket, and lets go of what it held."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Around the whole operation."""
        given = self.execution_context.context
        if isinstance(given, Socket):
            self.execution_context.context = given.context()
        begun = perf_counter()
        try:
            with small.request():
                yield
        finally:
            await self.context.end()
            ended(self.execution_context, self.context.principal.token, perf_counter() - begun)

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """A slow reader must hold no snapshot."""
        await self.context.renew()
        yield

    def get_results(self) -> dict[str, Any]:
        """How far the processor had come in what the answer shows."""
        processed = self.context.processed
        return {} if processed is None else {"processed": str(processed)}

    @property
    def context(self) -> Context:
        """The operation's context."""
        context: Context = self.execution_context.context
        return context


class Schema(strawberry.Schema):
    """Strawberry's schema, every field guarded and every error clean."""

    async def _prepare_operation_async(self, context: ExecutionContext, extensions_runner: Any) -> Any:
        """What the limits refuse is told like any other error before the operation, on every transport."""
        try:
            return await super()._prepare_operation_async(context, extensions_runner)
        except (GraphQLError, HubError) as error:
            told = error if isinstance(error, GraphQLError) else GraphQLError(error.message, original_error=error)
            return PreExecutionError(data=None, errors=[told])

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Give each error its code; only the first of many are told."""
        context = execution_context.context if execution_context else None
        if isinstance(context, Context):
            limits = context.hub.limits
            shortened(errors, limits, introspects=not context.principal.grants.isdisjoint(limits.introspection))
        for error in errors:
            clean(error)


def made(query: type[Query]) -> Schema:
    """A schema with this root of reads, every field guarded."""
    schema = Schema(
        query=query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(TYPES.values()),
        config=StrawberryConfig(scalar_map=SCALARS, info_class=Info),
        extensions=[Operation, CompiledReads, Limited],
        execution_context_class=InTurns,
    )
    guard(schema._schema)  # noqa: SLF001 (the one place where every field can be reached)
    return schema


schema = made(Query)


def print_schema_text() -> str:
    """The schema in the schema definition language, as ``schema.graphql`` holds it."""
    described = '"""Of what is given, exactly one thing."""\n'
    return schema.as_str().replace("directive @oneOf", f"{described}directive @oneOf") + "\n"


__all__ = ["Schema", "made", "print_schema_text", "schema"]

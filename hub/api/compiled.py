"""Reads that become one statement, whose JSON goes to the client as the database wrote it.

``HUB_COMPILED_READS`` (``on`` or ``off``) says whether a served hub tries; in a process it is ``hub.compiled_reads``,
which may be set at any time. ``compiled`` itself looks at no switch, so that a document can be run both ways in one
snapshot: both read from ``await context.snapshot()`` and tell the time by ``context.now()``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import orjson
from graphql import (
    ExecutionResult,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    parse,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.arguments import convert_argument
from strawberry.types.graphql import OperationType

from hub.api import scopes
from hub.api.comparing import compare
from hub.api.context import Context
from hub.api.graph import Column
from hub.api.limits import InTime, gate
from hub.api.preparing import in_thread
from hub.api.queries.customers import meant
from hub.api.types import filters as asked
from hub.api.types.company import Hub as Shown
from hub.errors import HubError
from hub.reads.binds import Asking, Where
from hub.reads.computed import computed
from hub.reads.dialects import Postgres, Sqlite
from hub.reads.operations import Bounded, Compiler, Operation, Unplanned
from hub.reads.plan import World
from hub.reads.tree import Unsupported
from hub.settings import Company
from hub.store import conditions, matter_tables, outgoing_tables, portraits, rollup_tables, sync_tables
from hub.store.customers import holder
from hub.store.projection import PROJECTION
from hub.store.reader import SqliteReader
from hub.store.sql import Query
from hub.store.truth import TRUTH
from hub.values import Relationship

if TYPE_CHECKING:
    from strawberry import Schema

    from hub.api.auth import Principal
    from hub.ingest.hub import Hub

MOST_ASKERS = 1000
"""Tokens whose owners are remembered."""
_POISON = 1
"""The byte that stands where ordinary execution would have an error. No JSON has it."""


async def compiled(
    context: Context, document: str, operation: str | None, variables: Mapping[str, Any] | None
) -> bytes | None:
    """The JSON of ``data`` of a valid document; None when it is to be run the ordinary way.

    ``operation``: the name of the operation of a document that has several. Nothing that this answers may differ from
    ordinary execution: what would end in an error, or is not foreseen, is None too.
    """
    from hub.api.subgraph import schema_of

    reads = reads_of(context.hub, schema_of(context.hub))
    found = reads.compiler.operation(document, operation, parse(document))
    return None if found is None else await reads.read(context, found, variables or {})


class CompiledReads(SchemaExtension):
    """Answers an operation by one statement where that can be, on whatever transport it came."""

    async def on_execute(self) -> AsyncIterator[None]:
        """In place of the resolvers; or beside them, when the two are to be compared."""
        running = self.execution_context
        context: Context = running.context
        hub = context.hub
        if not hub.compiled_reads or running.result or running.operation_type is not OperationType.QUERY:
            yield
            return
        reads = reads_of(hub, running.schema)
        compared = reads.owes_comparison()
        held = self._operation(reads) if context.as_json or compared else None
        data = None
        if held is not None:
            # What cancels here would not be told: the extensions around are only asked once all of them have begun.
            deadlines = gate(hub, running.schema._schema).deadlines  # noqa: SLF001 (graphql-core's own)
            async with InTime(deadlines, context.ends):
                data = await reads.read(context, held, running.variables or {})
        if data is not None and not compared:
            running.result = ExecutionResult(data=cast("Any", orjson.Fragment(data)), errors=None)
        yield
        if data is not None and held is not None and compared:
            compare(held, data, running.result)

    def _operation(self, reads: Reads) -> Operation | None:
        running = self.execution_context
        if running.query is None or running.graphql_document is None:
            return None
        named = running._provided_operation_name  # noqa: SLF001
        held = reads.compiler.operation(running.query, named, running.graphql_document)
        if held is not None and not held.asked:
            # Many a document is asked once and never again: a plan for it would be made for nothing.
            held.asked = True
            return None
        return held


class Reads:
    """The compiled reads of one hub."""

    def __init__(self, hub: Hub, schema: Schema) -> None:
        self._hub = hub
        self.schema = schema
        dialect = Sqlite() if isinstance(hub.reader, SqliteReader) else Postgres()
        fixed = {"_currency": f"'{hub.company.currency}'"}
        self._answered = 0
        self._owed = 0
        self._askers: Bounded[str, tuple[Principal, Asking]] = Bounded(MOST_ASKERS)
        self.compiler = Compiler(_world(schema, hub.company), dialect, fixed, _solid)

    def sampled(self) -> bool:
        """Whether this answer is to be that of the ordinary way, compared with the other."""
        self._answered += 1
        if not self._hub.compared_reads or self._answered % self._hub.compared_reads:
            return False
        self._owed += 1
        return True

    def owes_comparison(self) -> bool:
        """Whether an operation that begins the ordinary way is one that was sampled."""
        self._owed, owed = max(0, self._owed - 1), self._owed
        return owed > 0

    def query(
        self, who: Principal, operation: Operation, variables: Mapping[str, Any], *, quick: bool, make: bool = True
    ) -> Query | None:
        """The one statement that answers an operation, or what is usual of it; None where there is none. Without
        ``make`` it may raise ``Unplanned``."""
        try:
            return self.compiler.query(
                operation, variables, who.grants, self._asking(who), contacts=who.sees_contacts, make=make, quick=quick
            )
        except (HubError, Unsupported):
            return None

    async def planned(
        self, who: Principal, operation: Operation, variables: Mapping[str, Any], *, quick: bool = True
    ) -> Query | None:
        """The same. A plan that is not there yet is made beside the event loop."""
        try:
            return self.query(who, operation, variables, quick=quick, make=False)
        except Unplanned:
            return await in_thread(partial(self.query, quick=quick), who, operation, variables)

    async def read(self, context: Context, operation: Operation, variables: Mapping[str, Any]) -> bytes | None:
        """The JSON of ``data`` in the snapshot of a context; None when the ordinary way has to be gone."""
        tried = ""
        for quick in (True, False):
            query = await self.planned(context.principal, operation, variables, quick=quick)
            if query is None or query.text == tried:
                return None
            rows = await (await context.snapshot()).attempt(query)
            if rows is None:
                await context.renew()
            elif (data := whole(rows[0][0])) is not None:
                return data
            tried = query.text
        return None

    def _asking(self, who: Principal) -> Asking:
        """What statements need of whoever asks."""
        held = self._askers.get(who.digest)
        if held is None or held[0] is not who:
            asking = Asking(self._hub.secret, who.digest, self._clock(who), partial(self._narrowed, who))
            held = self._askers.put(who.digest, (who, asking))
        return held[1]

    def _clock(self, who: Principal) -> Callable[[str], int]:
        """The present by what it is called: ``now`` in microseconds, ``today`` as a day since 1970-01-01."""
        return lambda name: Context(self._hub, who).today() if name == "today" else Context(self._hub, who).now()

    def _narrowed(self, who: Principal, what: str, given: Any) -> Where:
        """The condition of a filter as the client gave it. Raises ``HubError``, for a segment too."""
        context = Context(self._hub, who)
        info = cast("Any", _Asker(context))
        if what == "identifier":
            named = self._read(given, asked.IdentifierInput)
            namespaces, value = meant(info, named)
            return lambda query: holder(query, named.kind, namespaces, value)
        if what == "touchpoints":
            touchpoints = self._read(given, asked.TouchpointFilter)
            return partial(_said, conditions.touchpoints, asked.touchpoint_filter(info, touchpoints))
        if what == "matters":
            matters = self._read(given, asked.MatterFilter)
            return partial(_said, conditions.matters, asked.matter_filter(matters, context.now()))
        found = asked.customer_filter(info, self._read(given, asked.CustomerFilter))
        if found.relationships is None:
            found = replace(found, relationships=(Relationship.CUSTOMER,))
        return partial(_said, conditions.customers, found)

    def _read(self, given: Any, kind: type) -> Any:
        """A filter as strawberry reads it."""
        return convert_argument(given, kind, self.schema.schema_converter.scalar_registry, self.schema.config)


_reads: WeakKeyDictionary[Hub, Reads] = WeakKeyDictionary()


def reads_of(hub: Hub, schema: Schema) -> Reads:
    """The compiled reads of a hub by a schema."""
    found = _reads.get(hub)
    if found is None or found.schema is not schema:
        found = _reads[hub] = Reads(hub, schema)
    return found


def whole(data: bytes | None) -> bytes | None:
    """The JSON of an answer, if it is one in which ordinary execution would have had no error."""
    return None if data is None or _POISON in data else computed(data)


def _said(condition: Any, wanted: Any, query: Query) -> str:
    return str(condition(query, wanted))


class _Asker:
    """What filters want to know of a field's info."""

    def __init__(self, context: Context) -> None:
        self.context = context


def _world(schema: Schema, company: Company) -> World:
    graph = schema._schema  # noqa: SLF001 (strawberry shows it to nobody)
    shown = Shown.of(company)
    constants = {
        ("Hub", name): orjson.dumps(held).decode()
        for name, field in cast("GraphQLObjectType", graph.type_map["Hub"]).fields.items()
        if (held := getattr(shown, field.extensions["strawberry-definition"].python_name)) is None
        or isinstance(held, str | int)
    }
    return World(
        graph, company, _columns(graph), constants, lambda type_, name, held: _open_to(scopes.needed(type_, name), held)
    )


def _open_to(needed: frozenset[str] | None, held: frozenset[str]) -> bool:
    return needed == scopes.ANYBODY or (needed is not None and not needed.isdisjoint(held))


def _columns(graph: GraphQLSchema) -> Mapping[tuple[str, str], str]:
    """The fields that show a column of the object's row as it is, and which."""
    found = {}
    for type_ in graph.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                shown = (field.extensions or {}).get("strawberry-definition")
                if isinstance(shown, Column):
                    found[type_.name, name] = shown.attribute or shown.python_name
    return found


_TABLES = (matter_tables, outgoing_tables, portraits, rollup_tables, sync_tables)
"""Modules of tables, which are known once these are imported."""


@cache
def _solid(table: str, column: str) -> bool:
    held = PROJECTION.tables.get(table)
    held = TRUTH.tables.get(table) if held is None else held
    return held is not None and column in held.columns and not held.columns[column].nullable

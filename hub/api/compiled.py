"""Reads that become one statement, whose JSON goes to the client as the database wrote it.

``HUB_COMPILED_READS`` (``on`` or ``off``) says whether a served hub tries; in a process it is ``hub.compiled_reads``,
which may be set at any time. ``compiled`` itself looks at no switch, so that a document can be run both ways in one
snapshot: both read from ``await context.snapshot()`` and tell the time by ``context.now()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from graphql import DocumentNode, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, parse
from strawberry.types.arguments import convert_argument

from hub.api import scopes
from hub.api.context import Context
from hub.api.graph import Column
from hub.api.types import filters as asked
from hub.errors import HubError
from hub.reads.dialects import Postgres, Sqlite
from hub.reads.operations import Asking, Compiler, Where
from hub.reads.plan import World
from hub.reads.tree import Unsupported
from hub.store import conditions, matter_tables, portraits, sync_tables
from hub.store.projection import PROJECTION
from hub.store.reader import SqliteReader
from hub.store.sql import Query
from hub.store.truth import TRUTH
from hub.values import Relationship

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

_POISON = 1
_compilers: WeakKeyDictionary[Hub, Compiler] = WeakKeyDictionary()


async def compiled(
    context: Context, document: str, operation: str | None, variables: Mapping[str, Any] | None
) -> bytes | None:
    """The JSON of ``data`` of a valid document; None when it is to be run the ordinary way.

    ``operation``: the name of the operation of a document that has several. Nothing that this answers may differ from
    ordinary execution: what would end in an error, or is not foreseen, is None too.
    """
    query = statement(context, document, operation, variables or {}, parse(document))
    if query is None:
        return None
    rows = await (await context.snapshot()).query(query)
    data: bytes | None = rows[0][0]
    return None if data is None or _POISON in data else data


def statement(
    context: Context, text: str, operation: str | None, variables: Mapping[str, Any], document: DocumentNode
) -> Query | None:
    """The one statement that answers an operation of a valid document; None where there is none."""
    hub, who = context.hub, context.principal
    compiler = compiler_of(hub)
    found = compiler.operation(text, operation, document)
    if found is None:
        return None
    asking = Asking(hub.secret, partial(_narrowed, context))
    try:
        return compiler.query(found, variables, who.grants, asking, contacts=who.sees_contacts)
    except (HubError, Unsupported):
        return None


def compiler_of(hub: Hub) -> Compiler:
    """The compiler of a hub."""
    found = _compilers.get(hub)
    if found is None:
        dialect = Sqlite() if isinstance(hub.reader, SqliteReader) else Postgres()
        found = _compilers[hub] = Compiler(_world(), dialect, {"_currency": f"'{hub.company.currency}'"}, _solid)
    return found


@cache
def _world() -> World:
    from hub.api.schema import schema

    graph = schema._schema  # noqa: SLF001 (strawberry shows it to nobody)
    return World(graph, _columns(graph), lambda type_, field, held: _open_to(scopes.needed(type_, field), held))


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


_TABLES = (matter_tables, portraits, sync_tables)
"""Modules of tables, which are known once these are imported."""


@cache
def _solid(table: str, column: str) -> bool:
    held = PROJECTION.tables.get(table)
    held = TRUTH.tables.get(table) if held is None else held
    return held is not None and column in held.columns and not held.columns[column].nullable


def _narrowed(context: Context, what: str, given: Any) -> Where:
    """The condition of a filter as the client gave it. Raises ``HubError``, and ``Unsupported`` for a segment."""
    info = cast("Any", _Asker(context))
    if what == "touchpoints":
        return partial(
            _said, conditions.touchpoints, asked.touchpoint_filter(info, _read(given, asked.TouchpointFilter))
        )
    if what == "matters":
        return partial(_said, conditions.matters, asked.matter_filter(_read(given, asked.MatterFilter), context.now()))
    wanted = _read(given, asked.CustomerFilter)
    found = asked.customer_filter(info, wanted)
    if found.relationships is None:
        found = replace(found, relationships=(Relationship.CUSTOMER,))
    return partial(_said, conditions.customers, found)


def _said(condition: Any, wanted: Any, query: Query) -> str:
    return str(condition(query, wanted))


class _Asker:
    """What filters want to know of a field's info."""

    def __init__(self, context: Context) -> None:
        self.context = context


def _read(given: Any, kind: type) -> Any:
    """A filter as strawberry reads it."""
    if given is None:
        return None
    from hub.api.schema import schema

    return convert_argument(given, kind, schema.schema_converter.scalar_registry, schema.config)

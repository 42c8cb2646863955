"""Filters of customers as they are kept: JSON in the shape in which a client would send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import orjson
from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)
from graphql.utilities import coerce_input_value, validate_input_value
from strawberry.types.arguments import convert_argument

from hub.api.context import Info
from hub.api.types.filters import CustomerFilter, customer_filter
from hub.errors import InputWrong, NotFound
from hub.ingest.segments import named, parts
from hub.store import filters
from hub.values import Relationship

F = TypeVar("F")
_TYPE = "CustomerFilter"


def as_json(info: Info, wanted: CustomerFilter) -> dict[str, Any]:
    """A filter as JSON. Raises ``InputWrong`` for one that could not be read again."""
    told = _told(wanted, cast("GraphQLInputType", _graph(info).type_map[_TYPE]))
    _read(info, told)
    return cast("dict[str, Any]", told)


def _graph(info: Info) -> GraphQLSchema:
    return info.schema._schema  # noqa: SLF001 (strawberry shows it to nobody)


def _told(value: Any, type_: Any) -> Any:
    if value is None:
        return None
    held: Any = get_nullable_type(type_)
    if is_list_type(held):
        return [_told(each, held.of_type) for each in value]
    if is_input_object_type(held):
        members = {
            name: _told(getattr(value, member.extensions["strawberry-definition"].python_name), member.type)
            for name, member in held.fields.items()
        }
        return {name: member for name, member in members.items() if member is not None}
    return held.serialize(value)


def _read(info: Info, kept: Mapping[str, Any]) -> CustomerFilter:
    return read(info, kept, CustomerFilter)


def read(info: Info, kept: Mapping[str, Any], kind: type[F]) -> F:
    """The filter of its JSON. Raises ``InputWrong`` when this version of the hub does not know such filters."""

    def refuse(error: GraphQLError, path: Sequence[str | int]) -> None:
        raise InputWrong(error.message, path=".".join(["filter", *map(str, path)]))

    type_ = cast("GraphQLInputType", _graph(info).type_map[kind.__name__])
    validate_input_value(kept, type_, refuse)
    given = coerce_input_value(kept, type_)
    schema = info.schema
    found = convert_argument(given, kind, schema.schema_converter.scalar_registry, schema.config)
    return cast("F", found)


async def narrowed(info: Info, wanted: CustomerFilter | None) -> filters.CustomerFilter:
    """What the store is asked for, segments looked up. Nothing about relationships is added.

    Raises ``NotFound`` for a segment that is not there, and ``InputWrong``.
    """
    if wanted is None or not (names := list(named(_places(wanted)))):
        return customer_filter(info, wanted)
    stored = await info.context.load.segments.load(0)
    there: dict[str, Mapping[str, Any]] = {each.id: orjson.loads(each.filter) for each in stored}
    known: dict[str, int] = {}
    built: dict[str, filters.CustomerFilter] = {}

    def build(id_: str) -> None:
        for other in named(there[id_]):
            if other not in built:
                build(other)
        read = _read(info, there[id_])
        built[id_] = _of_customers(read, customer_filter(info, read, segments=built))

    for name in names:
        if name not in there:
            raise NotFound(f"There is no segment {name[:60]!r}.", path="filter.segment")
        parts(there, [name], known)  # so that it has an end
        if name not in built:
            build(name)
    return customer_filter(info, wanted, segments=built)


async def members(info: Info, segment: str) -> filters.CustomerFilter:
    """What the store is asked for, for the members of a segment."""
    return await narrowed(info, _read(info, {"segment": segment}))


async def listed(info: Info, wanted: CustomerFilter | None) -> filters.CustomerFilter:
    """The same for a list of customers, which holds CUSTOMER unless the filter or its segment says otherwise."""
    return _of_customers(wanted, await narrowed(info, wanted))


def _of_customers(wanted: CustomerFilter | None, found: filters.CustomerFilter) -> filters.CustomerFilter:
    if found.relationships is not None or (wanted is not None and wanted.segment is not None):
        return found
    return replace(found, relationships=(Relationship.CUSTOMER,))


def _places(wanted: CustomerFilter) -> dict[str, Any]:
    """Where a filter names segments, as ``named`` reads it."""
    return {
        "segment": wanted.segment,
        "and": [_places(each) for each in wanted.and_ or ()],
        "or": [_places(each) for each in wanted.or_ or ()],
        "not": None if wanted.not_ is None else _places(wanted.not_),
    }

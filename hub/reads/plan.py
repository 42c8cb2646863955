"""From a selection to the tree of what it asks for, by the map. What the map does not know is ``Unsupported``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from hub import kinds
from hub.ids import side_of
from hub.reads import groups, tables
from hub.reads.collect import Details, Selection, given
from hub.reads.model import FIELDS
from hub.reads.specs import All, ById, ByName, Grouped, Here, Listed, Other, Spec, Value
from hub.reads.tree import (
    Amount,
    Entries,
    Fact,
    Given,
    Kinds,
    Leaf,
    Many,
    Named,
    Narrowed,
    Node,
    Object,
    One,
    Page,
    Said,
    Sealed,
    Span,
    Table,
    TypeName,
    Unsupported,
)
from hub.settings import Company
from hub.store.pages import DEFAULT_SIZE, LARGEST_SIZE, Order
from hub.store.ranked import Ranked

MOST_FIELDS = 2_000
"""Of one operation, those of each type that an object may have counted: types within types multiply."""
_FORMS = {
    "String": "text", "ID": "plain", "Boolean": "flag", "Int": "whole", "Float": "real", "DateTime": "time",
    "Date": "text", "Decimal": "decimal", "Currency": "text", "JSON": "json", "TimeZone": "text",
    "Duration": "plain",
}  # fmt: skip
_PAGE_FACTS = {"hasNextPage": "next", "hasPreviousPage": "previous", "startCursor": "start", "endCursor": "end"}
_COUNTS = {"totalCount", "totalCountAtLeast"}
_NULL = Said("null")


@dataclass(frozen=True, slots=True)
class World:
    """What plans are made of. ``columns``: by type and field, what shows a column as it is."""

    schema: GraphQLSchema
    company: Company
    columns: Mapping[tuple[str, str], str]
    constants: Mapping[tuple[str, str], str]
    """By type and field: the JSON of what is always the same."""
    open_to: Callable[[str, str, frozenset[str]], bool]
    """Whether scopes open a field of a type."""


def spec_of(world: World, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Spec:
    """How a field of a type is stored. Raises ``Unsupported``."""
    for each in (type_, *type_.interfaces):
        if (found := FIELDS.get(f"{each.name}.{name}")) is not None:
            return found
    column = world.columns.get((type_.name, name))
    if column is None or type_.name not in tables.STANDS:
        raise Unsupported(f"{type_.name}.{name}")
    return Value(f"{{{column}}}")


class Planner:
    """Makes the tree of one operation for whoever has certain scopes."""

    def __init__(
        self, world: World, selection: Selection, scopes: frozenset[str], *, contacts: bool, quick: bool = False
    ) -> None:
        self._world = world
        self._quick = quick
        self._selection = selection
        self._scopes = scopes
        self._contacts = contacts
        self._fields = 0

    def root(self) -> Object:
        """The tree of the whole answer. Raises ``Unsupported``, and ``GraphQLError`` for arguments that do not fit."""
        type_ = cast("GraphQLObjectType", self._world.schema.query_type)
        return Object(self._members(type_, self._selection.root(type_), {}))

    def _members(
        self, type_: GraphQLObjectType, fields: Mapping[str, Details], here: Mapping[str, str]
    ) -> tuple[tuple[str, Node], ...]:
        return tuple((key, self._field(type_, details, here)) for key, details in fields.items())

    def _field(self, type_: GraphQLObjectType, details: Details, here: Mapping[str, str]) -> Node:
        name = details[0].node.name.value
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise Unsupported
        if name == "__typename":
            return Said(f'"{type_.name}"')
        if not self._world.open_to(type_.name, name, self._scopes):
            raise Unsupported
        if type_.name == "Money":
            return self._of_money(name, here)
        if (known := self._world.constants.get((type_.name, name))) is not None:
            return Said(known)
        return self._stored(type_, name, details, here)

    def _stored(self, type_: GraphQLObjectType, name: str, details: Details, here: Mapping[str, str]) -> Node:
        definition = type_.fields[name]
        spec = spec_of(self._world, type_, name)
        if isinstance(spec, Listed):
            return self._page(spec, definition, details)
        arguments = self._selection.arguments(definition, details[0].node)
        if isinstance(spec, ByName):
            return self._named(spec, definition, details, arguments)
        if isinstance(spec, ById):
            return self._by_id(spec, details, arguments)
        if isinstance(spec, Grouped):
            return self._groups(definition, details, arguments)
        if isinstance(spec, All):
            return self._all(spec, definition, details, arguments, here)
        if any(value is not None and not self._is_so(name, value) for name, value in arguments.items()):
            raise Unsupported
        return self._shown(spec, definition, details, here)

    def _groups(self, definition: GraphQLField, details: Details, arguments: Mapping[str, Any]) -> Node:
        type_ = cast("GraphQLObjectType", get_named_type(definition.type))
        below = self._selection.below(type_, details)
        names = {key: fields[0].node.name.value for key, fields in below.items()}
        return groups.planned(arguments, self._world.company, names, self._members(type_, below, {}))

    def _is_so(self, argument: str, value: object) -> bool:
        """Whether an argument says what is so without it."""
        return argument == "currency" and self._world.constants["Hub", "currency"] == f'"{value}"'

    def _shown(self, spec: Spec, definition: GraphQLField, details: Details, here: Mapping[str, str]) -> Node:
        named = get_named_type(definition.type)
        match spec:
            case Value():
                return self._leaf(spec, definition, named, here)
            case Here():
                if spec.contacts and not self._contacts:
                    return _NULL
                object_ = self._object(named, details, spec.columns)
                return object_ if isinstance(object_, Kinds) else Object(object_.members, spec.absent)
            case Other():
                on = [f"{spec.table.alias}.{spec.on} = {{{spec.of}}}"] if spec.on else []
                condition = " AND ".join([*on, *([spec.where] if spec.where else [])])
                return One(spec.table, condition, self._object(named, details), spec.required)
        raise Unsupported

    def _all(
        self,
        spec: All,
        definition: GraphQLField,
        details: Details,
        arguments: Mapping[str, Any],
        here: Mapping[str, str],
    ) -> Node:
        named = get_named_type(definition.type)
        leaf = bool(spec.value)
        node = Leaf(_FORMS[named.name], spec.value, True) if leaf else self._object(named, details, spec.columns)
        argument, _, column = spec.among.partition(" ")
        values = None if (held := arguments.get(argument)) is None else tuple(held)
        return Many(
            spec.table, spec.on, spec.of, spec.order, spec.where, node, spec.parents,
            None if values is None else (column, values), spec.listed.format_map(_Names(here)), spec.most,
            spec.unless,
        )  # fmt: skip

    def _leaf(self, spec: Value, definition: GraphQLField, named: GraphQLNamedType, here: Mapping[str, str]) -> Node:
        open_ = self._contacts or spec.masked is None
        value, form = (spec.shown, spec.form) if open_ else (spec.masked, spec.masked_form or spec.form)
        if not value:
            return Said("[]") if form == "files" else _NULL
        value = value.format_map(_Names(here))
        if is_list_type(get_nullable_type(definition.type)) and form not in ("files", "json"):
            raise Unsupported
        required = is_non_null_type(definition.type)
        if isinstance(named, GraphQLEnumType):
            names = tuple((str(each.value), name) for name, each in named.values.items())
            return Leaf("name", value, required, names)
        if named.name not in _FORMS:
            raise Unsupported
        return Leaf(form or _FORMS[named.name], value, required)

    def _of_money(self, name: str, here: Mapping[str, str]) -> Node:
        if not here:
            raise Unsupported
        if name == "amount" and "exact" in here:
            return Leaf("decimal", here["amount"], required=True)
        return Amount(here["amount"], here["currency"]) if name == "amount" else Leaf("text", here["currency"], True)

    def _object(
        self, type_: GraphQLNamedType, details: Details, here: Mapping[str, str] | None = None
    ) -> Object | Kinds:
        if isinstance(type_, GraphQLObjectType):
            return Object(self._members(type_, self._selection.below(type_, details), here or {}))
        if not isinstance(type_, GraphQLInterfaceType) or type_.name != "Touchpoint":
            raise Unsupported
        return self._of_kind(type_, details)

    def _of_kind(self, type_: GraphQLInterfaceType, details: Details) -> Object | Kinds:
        """An object for each type it may have, those that are alike together."""
        found = {
            each.name: Object(
                tuple(
                    (
                        key,
                        self._type_name(each)
                        if fields[0].node.name.value == "__typename"
                        else self._field(each, fields, {}),
                    )
                    for key, fields in self._selection.below(each, details).items()
                )
            )
            for each in self._world.schema.get_possible_types(type_)
        }
        other = found.pop(kinds.CUSTOM)
        branches = tuple((tables.KINDS[name], object_) for name, object_ in found.items() if object_ != other)
        return Kinds("kind", branches, other) if branches else other

    def _type_name(self, _: GraphQLObjectType) -> Node:
        return TypeName("kind", tuple((held, name) for name, held in tables.KINDS.items()), kinds.CUSTOM)

    def _named(self, spec: ByName, definition: GraphQLField, details: Details, arguments: Mapping[str, Any]) -> Node:
        by = {name: value for name, value in arguments[spec.argument].items() if value is not None}
        others = (value for name, value in arguments.items() if name != spec.argument)
        if len(by) != 1 or any(value is not None for value in others):
            raise Unsupported
        ((name, value),) = by.items()
        if name not in spec.conditions:
            raise Unsupported
        table, condition = spec.conditions[name]
        chosen = given(details[0].node, spec.argument, name, value=value)
        node = self._object(get_named_type(definition.type), details)
        return (
            self._one(table, condition, chosen, value, node)
            if condition
            else Named(table, Narrowed(name, chosen), chosen, node)
        )

    def _by_id(self, spec: ById, details: Details, arguments: Mapping[str, Any]) -> Node:
        id_ = arguments[spec.argument]
        found = tables.BY_PREFIX.get(spec.prefix or str(id_).partition("_")[0])
        if found is None or "read" not in self._scopes:
            raise Unsupported
        name, table, condition = found
        type_ = cast("GraphQLNamedType", self._world.schema.get_type(name))
        chosen = given(details[0].node, spec.argument, value=id_)
        return self._one(table, condition, chosen, id_, self._object(type_, details))

    def _one(self, table: Table, condition: str, chosen: Given, id_: str, node: Object | Kinds) -> Named:
        """By an id. To be quick, of customers only those are found whose id it is now, by what their ids tell."""
        if not self._quick or condition != tables.TODAY_OR_BEFORE or chosen.path or not isinstance(node, Object):
            return Named(table, condition, chosen, node)
        kind = tables.KIND_OF_SIDE[side_of(id_)]
        condition = f"c.id = {{given}} AND {kind.format(kind='c.kind')}"
        return Named(table, condition, chosen, _of_parent(node, kind), required=True)

    def _page(self, spec: Listed, definition: GraphQLField, details: Details) -> Node:
        node = details[0].node
        arguments = self._selection.arguments(definition, node)
        if spec.scopes and spec.scopes.isdisjoint(self._scopes):
            raise Unsupported
        for name, only in spec.only.items():
            if (arguments[name] if only is None else str(arguments[name])) != only if name in arguments else False:
                raise Unsupported
        after, before = (
            given(node, name, value=arguments[name]) if arguments.get(name) else None for name in ("after", "before")
        )
        span = Span(*_counted(arguments.get("first"), arguments.get("last")), after, before)
        wanted = arguments.get("filter")
        narrowed = None if wanted is None else Narrowed(spec.narrowed, given(node, "filter", value=wanted))
        where = spec.where or ("" if narrowed else spec.unfiltered)
        type_ = cast("GraphQLObjectType", get_named_type(definition.type))
        members = tuple(
            (key, self._of_page(type_, fields)) for key, fields in self._selection.below(type_, details).items()
        )
        parents = spec.wider if str(arguments.get("scope")) == "WITH_PEOPLE" else spec.parents
        order = spec.order if isinstance(spec.order, Order) else spec.order(arguments, self._contacts)
        if isinstance(order, Ranked) and (after or before):
            raise Unsupported  # where to begin follows from what is in the cursor
        return Page(spec.table, spec.name, parents, order, span, where, narrowed, members)

    def _of_page(self, type_: GraphQLObjectType, details: Details) -> Node:
        name = details[0].node.name.value
        if name == "__typename":
            return Said(f'"{type_.name}"')
        if not self._world.open_to(type_.name, name, self._scopes):
            raise Unsupported
        if name in _COUNTS:
            return Fact("total")
        below = cast("GraphQLObjectType", get_named_type(type_.fields[name].type))
        if name == "nodes":
            return Entries(self._object(below, details))
        fields = self._selection.below(below, details) if isinstance(below, GraphQLObjectType) else {}
        if name == "edges":
            return Entries(Object(tuple((key, self._of_edge(below, each)) for key, each in fields.items())))
        return Object(tuple((key, self._of_page_info(below, each)) for key, each in fields.items()))

    def _of_edge(self, type_: GraphQLObjectType, details: Details) -> Node:
        name = details[0].node.name.value
        if name == "__typename":
            return Said(f'"{type_.name}"')
        if not self._world.open_to(type_.name, name, self._scopes):
            raise Unsupported
        return Sealed() if name == "cursor" else self._object(get_named_type(type_.fields[name].type), details)

    def _of_page_info(self, type_: GraphQLObjectType, details: Details) -> Node:
        name = details[0].node.name.value
        return Said(f'"{type_.name}"') if name == "__typename" else Fact(_PAGE_FACTS[name])


def _of_parent(object_: Object, when: str) -> Object:
    """An object whose row is known to be a parent under a condition: what belongs to it has no other."""

    def narrow(node: Node) -> Node:
        if not isinstance(node, Page | Many):
            return node
        known = tuple(replace(each, when="") for each in node.parents if each.when == when)
        return replace(node, parents=known or node.parents)

    return replace(object_, members=tuple((key, narrow(node)) for key, node in object_.members))


class _Names(dict[str, str]):
    """What the names of a template stand for where an object names columns in its own way; others stay."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _counted(first: int | None, last: int | None) -> tuple[int, bool]:
    """How many are asked for, and whether from the end."""
    size = DEFAULT_SIZE if first is None and last is None else first if last is None else last
    if (first is not None and last is not None) or size is None or not 0 <= size <= LARGEST_SIZE:
        raise Unsupported
    return size, last is not None

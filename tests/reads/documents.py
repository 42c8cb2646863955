"""Random documents: written from the schema alone, with values that a hub has, valid nearly always."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.reads.values import Pool, Values

NEVER = {
    "Query": ("previewIdentityRules", "previewLifecycleRules", "rehearsal", "record", "tokens", "trustedDocuments"),
    "Hub": ("acceptedUpTo",),
}
"""What takes long, or tells of the process rather than of the data."""
LIKELY: Mapping[str, Mapping[str, float]] = {
    "Query": {
        "customer": 14, "customers": 14, "node": 4, "nodes": 2, "touchpoints": 5, "sources": 4, "source": 3,
        "customerStats": 5, "touchpointStats": 3, "matters": 3, "matterStats": 2, "hub": 1, "viewer": 1,
        "segments": 1, "changes": 1, "campaigns": 0.3, "asOf": 0.5,
    },
    "Customer": {
        "id": 6, "timeline": 8, "value": 5, "lifecycle": 5, "identifiers": 4, "displayName": 3, "journey": 2,
        "suggestions": 0.3, "firstTouch": 1, "lastTouch": 1,
    },
    "Touchpoint": {"id": 4, "kind": 3, "occurredAt": 3, "title": 3, "amount": 3, "customer": 0.5, "record": 0.5},
    "Source": {"name": 3, "runs": 2, "health": 2},
}  # fmt: skip
"""How much likelier a field is than others of its type: 1 by default, 0.2 among the root's."""
PAGES = {"nodes": 6.0, "edges": 3.0, "pageInfo": 2.0, "totalCount": 1.0, "totalCountAtLeast": 0.5}
MOST_FIELDS = 70
DEEPEST = 7


@dataclass
class Asked:
    """A document with its variables."""

    text: str
    variables: dict[str, Any]
    operation: str | None = None


@dataclass
class Place:
    """What stands at one place of the answer: by response name the field, its arguments, and the place below it."""

    held: dict[str, tuple[GraphQLField, str, str, Place]] = field(default_factory=dict)


class Writer:
    """Writes documents. ``allowed`` narrows types to fields; types it does not name are open."""

    def __init__(
        self, schema: GraphQLSchema, pool: Pool, pick: random.Random, allowed: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._schema = schema
        self._pick = pick
        self._pool = pool
        self._allowed = allowed or {}

    def document(self) -> Asked:
        """A document that is valid nearly always; whoever asks for it validates it."""
        self._values = Values(self._schema, self._pool, self._pick)
        self._left = self._pick.choice((5, 15, 30, MOST_FIELDS))
        self._fragments: dict[str, str] = {}
        self._ready: list[tuple[str, str, Place]] = []
        self._aliases = 20
        query = self._schema.query_type
        assert query is not None
        selection = self._selection(query, Place(), 0)
        variables = self._values.definitions
        named = variables or self._pick.random() < 0.7
        head = f"query Q({', '.join(variables)})" if variables else "query Q" if named else "query"
        several = bool(named) and self._pick.random() < 0.1
        parts = [f"{head} {selection}", *self._fragments.values()]
        if several:
            parts.insert(self._pick.choice((0, len(parts))), "query Other { viewer { name } }")
        self._pick.shuffle(parts)
        return Asked("\n".join(parts), self._values.given, "Q" if several else None)

    def _selection(self, type_: GraphQLNamedType, place: Place, depth: int) -> str:
        parts: list[str] = []
        count = 1 + min(int(self._pick.expovariate(0.35)), 3 if depth == 0 else 9)
        for _ in range(count):
            if self._left <= 0 and parts:
                break
            chance = self._pick.random()
            if chance < 0.06:
                parts.append("__typename" + self._maybe())
            elif chance < 0.16 and depth:
                parts.append(self._fragment(type_, place, depth))
            else:
                parts.append(self._field(type_, place, depth))
        return "{ " + (" ".join(part for part in parts if part) or "__typename") + " }"

    def _fragment(self, type_: GraphQLNamedType, place: Place, depth: int) -> str:
        """An inline fragment, a new named one, or one again that was written for this place."""
        if (again := [name for name, of, where in self._ready if where is place and of == type_.name]) and (
            self._pick.random() < 0.4
        ):
            return f"...{self._pick.choice(again)}{self._maybe()}"
        on = self._pick.choice(self._conditions(type_))
        if self._pick.random() < 0.6:
            condition = "" if on is type_ and self._pick.random() < 0.3 else f" on {on.name}"
            return f"...{condition}{self._maybe()} {self._selection(on, place, depth)}"
        name = self._pick.choice(("F", "on_", "Part", "type")) + str(len(self._fragments))
        self._fragments[name] = ""
        self._fragments[name] = f"fragment {name} on {on.name} {self._selection(on, place, depth)}"
        self._ready.append((name, type_.name, place))
        return f"...{name}{self._maybe()}"

    def _conditions(self, type_: GraphQLNamedType) -> list[Any]:
        """Types that something of a type may be."""
        if isinstance(type_, GraphQLInterfaceType):
            return [type_, *self._schema.get_possible_types(type_), *self._schema.get_implementations(type_).interfaces]
        return [type_, type_, *(type_.interfaces if isinstance(type_, GraphQLObjectType) else ())]

    def _field(self, type_: GraphQLNamedType, place: Place, depth: int) -> str:
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        names = self._names(type_, depth)
        if not names:
            return "__typename"
        (name,) = self._pick.choices(names, [self._weight(type_, each) for each in names])
        definition = type_.fields[name]
        again = [key for key, held in place.held.items() if held[2] == name and held[0].type == definition.type]
        self._left -= 1
        if again and self._pick.random() < 0.5:
            key = self._pick.choice(again)
            _, arguments, _, below = place.held[key]
        else:
            key, arguments = self._named(place, name), self._arguments(type_, name, definition)
            below = Place()
            place.held[key] = (definition, arguments, name, below)
        alias = "" if key == name else f"{key}: "
        of = get_named_type(definition.type)
        inner = "" if is_leaf_type(of) else " " + self._selection(of, below, depth + 1)
        return f"{alias}{name}{arguments}{self._maybe()}{inner}"

    def _names(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> list[str]:
        names = [name for name in self._allowed.get(type_.name, type_.fields) if name in type_.fields]
        names = [name for name in names if name not in NEVER.get(type_.name, ())]
        if depth >= DEEPEST or self._left < 3:
            return [name for name in names if is_leaf_type(get_named_type(type_.fields[name].type))]
        return names

    def _weight(self, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> float:
        if type_.name.endswith("Connection"):
            return PAGES.get(name, 1)
        known = LIKELY.get("Touchpoint" if "Touchpoint" in {each.name for each in type_.interfaces} else type_.name, {})
        return known.get(name, 0.2 if type_.name == "Query" else 1)

    def _named(self, place: Place, name: str) -> str:
        """A response name that is free at the place."""
        if name not in place.held and (self._pick.random() < 0.9 or not self._aliases):
            return name
        free = [key for key in ("a", "b1", "id", "data", "_", "name", "Ab_9", "nodes") if key not in place.held]
        self._aliases -= 1
        return self._pick.choice(free) if free else f"x{len(place.held)}"

    def _arguments(self, type_: GraphQLNamedType, name: str, definition: GraphQLField) -> str:
        given = [
            f"{argument}: {value}"
            for argument, value in self._values.arguments(type_.name, name, self._chosen(definition.args)).items()
        ]
        self._pick.shuffle(given)
        return f"({', '.join(given)})" if given else ""

    def _chosen(self, arguments: Mapping[str, GraphQLArgument]) -> dict[str, GraphQLArgument]:
        """Which arguments to give: those that must be, a page size mostly, of the others a few."""
        chance = {"first": 0.8, "last": 0.1, "after": 0.25, "before": 0.1, "asOf": 0.02, "groupBy": 0.9}
        chance |= {"property": 0.03, "customers": 0.1, "having": 0.15, "currency": 0.15, "timeZone": 0.15}
        return {
            name: argument
            for name, argument in arguments.items()
            if is_required_argument(argument) or self._pick.random() < chance.get(name, 0.35)
        }

    def _maybe(self) -> str:
        return self._values.condition() if self._pick.random() < 0.06 else ""

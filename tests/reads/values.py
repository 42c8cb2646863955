"""Values for arguments: what the hub has, what it has not, and everything on the edge, literal or in variables."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    is_required_argument,
    is_required_input_field,
)

NESTED = {"and", "or", "not", "did", "didNot", "what"}
"""Fields of filters that hold filters."""
SCALARS: Mapping[str, tuple[Any, ...]] = {
    "DateTime": ("2026-03-01T09:00:00Z", "2026-04-01T12:00:00.000000Z", "2026-04-01T18:00:00+06:00",
                 "1970-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "2100-12-31T23:59:59.999999Z"),
    "Date": ("2026-03-01", "2024-02-29"),
    "Duration": ("P1D", "PT0S", "P6M", "P100Y", "PT36H", "P7D"),
    "Decimal": ("0", "10.50", "-1", "999999999.99", "0.01"),
    "Currency": ("BDT", "USD", "JPY", "KWD", "CLF", "BDT"),
    "TimeZone": ("Asia/Dhaka", "UTC", "America/New_York"),
    "JSON": (None, True, 1, 1.0, 0, "Sylhet", "\u2028", [], {}, "", "ü", 12345678901234567890),
    "Boolean": (True, False),
    "Int": (0, 1, 2, 3, 5, 100),
    "Float": (0.0, 0.5, 1, 0.2, -1.5, 50.0),
}  # fmt: skip
OFTEN: Mapping[str, tuple[str, ...]] = {
    "TouchpointDimension": (
        "CUSTOMER_STAGE",
        "CUSTOMER_RELATIONSHIP",
        "CHANNEL",
        "CHANNEL",
        "KIND",
        "SOURCE",
        "CAMPAIGN",
    ),
    "TouchpointStatsOrder": ("TOUCHPOINTS", "AMOUNT", "COST"),
}
"""Values of enumerations that are asked for more than others: those for which there are rollups."""
SIZES = (0, 1, 1, 2, 2, 3, 3, 5, 5, 10, 30)
ODD = ("", "nobody", "cus_0", "tp_%", "\u2028", "'\"\\", "👩‍👩", "Ä", "_")
"""Text and ids of nothing there is."""


@dataclass
class Pool:
    """What a hub has: text and ids by what they name, and cursors by list and order."""

    named: dict[str, list[Any]] = field(default_factory=dict)
    cursors: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By type and field: the orders as they are written, and cursors of lists in them."""


@dataclass(frozen=True)
class Variable:
    """Where a variable stands in a literal."""

    name: str


class Values:
    """The values of one document, and its variables: their definitions, and what is given for them."""

    def __init__(self, schema: GraphQLSchema, pool: Pool, pick: random.Random) -> None:
        self._schema = schema
        self._pool = pool
        self._pick = pick
        self.given: dict[str, Any] = {}
        self.definitions: list[str] = []
        self._known: list[tuple[str, str]] = []

    def arguments(self, type_name: str, name: str, wanted: Mapping[str, GraphQLArgument]) -> dict[str, str]:
        """The arguments of a field, written out. Cursors are mostly of that list in that order."""
        found = {}
        fitting = self._pool.cursors.get(f"{type_name}.{name}")
        order = self._pick.choice(fitting)[0] if fitting and {"after", "before"} & wanted.keys() else None
        sized = False
        for argument, definition in wanted.items():
            if argument in {"after", "before"} and fitting and self._pick.random() < 0.95:
                cursor = self._pick.choice([each for at, each in fitting if at == order])
                found[argument] = self._placed(definition, cursor, named=argument)
            elif argument in {"first", "last"}:
                if sized and self._pick.random() < 0.9:
                    continue
                sized = True
                found[argument] = self._placed(definition, self._pick.choice(SIZES), named=argument)
            else:
                value = self._value(definition.type, f"{type_name}.{name}", argument, 0)
                found[argument] = self._placed(definition, value, named=argument)
        if order:
            found["orderBy"] = order
        elif order == "":
            found.pop("orderBy", None)
        return found

    def condition(self) -> str:
        """A directive that keeps or leaves out what it stands at."""
        name = self._pick.choice(("skip", "include"))
        keeps = self._pick.random() < 0.75
        value = (name == "include") == keeps
        type_: GraphQLInputType = GraphQLNonNull(GraphQLBoolean)
        return f" @{name}(if: {self._literal(type_, self._variable(type_, value))})"

    def _placed(self, definition: GraphQLArgument, value: Any, named: str) -> str:
        defaulted = not is_required_argument(definition)
        if self._pick.random() < 0.3:
            value = self._variable(definition.type, value, defaulted=defaulted, null=named not in {"first", "by"})
        return self._literal(definition.type, value)

    def _variable(
        self, type_: GraphQLInputType, value: Any, *, defaulted: bool = False, null: bool = True, strict: bool = False
    ) -> Any:
        """A variable in the place of a value: given, null, left out, or by its default. ``strict``: never null."""
        if isinstance(value, Variable) or _holds(value):
            return value
        place = f"{type_} {defaulted} {strict}"
        if (known := [name for name, where in self._known if where == place]) and self._pick.random() < 0.3:
            return Variable(self._pick.choice(known))
        name = f"v{len(self.definitions)}"
        bare = str(type_).removesuffix("!")
        must = str(type_).endswith("!")
        ways = ["given", "given", "strict", "default", "default over"]
        if not must or defaulted:
            ways += ["left out", *(("null", "null over") if not must and null else ())]
        way = self._pick.choice(ways)
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if value is None:
            way = "given" if not must else "left out"
        default = f" = {self._literal(inner, value)}" if way.startswith("default") else ""
        default = " = null" if way == "null over" and self._pick.random() < 0.5 else default
        strict = strict or way == "strict" or (must and not defaulted and not default)
        self.definitions.append(f"${name}: {bare}{'!' if strict else ''}{default}")
        if way in {"given", "strict", "default over", "null over"}:
            self.given[name] = value
        elif way == "null":
            self.given[name] = None
        self._known.append((name, place))
        return Variable(name)

    def _value(self, type_: GraphQLInputType, owner: str, name: str, depth: int) -> Any:
        pick = self._pick
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, owner, name, depth)
        if isinstance(type_, GraphQLList):
            if pick.random() < 0.1:
                return self._value(type_.of_type, owner, name, depth)
            return [self._value(type_.of_type, owner, name, depth) for _ in range(pick.choice((0, 1, 1, 2, 3)))]
        if isinstance(type_, GraphQLEnumType):
            often = OFTEN.get(type_.name)
            return pick.choice(often if often and pick.random() < 0.9 else list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, depth)
        assert isinstance(type_, GraphQLNamedType)
        if type_.name in {"String", "ID"}:
            return self._text(owner, name)
        return pick.choice(SCALARS[type_.name])

    def _text(self, owner: str, name: str) -> str:
        named = self._pool.named
        held = named.get(f"{owner}.{name}") or named.get(name)
        if not held or self._pick.random() < 0.07:
            return self._pick.choice(ODD)
        return str(self._pick.choice(held))

    def _object(self, type_: GraphQLInputObjectType, depth: int) -> Any:
        pick = self._pick
        if (whole := self._pool.named.get(type_.name)) and pick.random() < 0.9:
            return dict(pick.choice(whole))
        names = [name for name in type_.fields if depth < 2 or name not in NESTED]
        if type_.is_one_of:
            name = pick.choices(names, [6 if each == "id" else 1 for each in names])[0]
            value = self._value(type_.fields[name].type, type_.name, name, depth + 1)
            if pick.random() < 0.3:
                value = self._variable(GraphQLNonNull(type_.fields[name].type), value, strict=True)
            return {name: value}
        must = [name for name in names if is_required_input_field(type_.fields[name])]
        chosen = list(dict.fromkeys([*must, *pick.sample(names, min(len(names), pick.choice((0, 1, 1, 1, 2, 3))))]))
        pick.shuffle(chosen)
        made: dict[str, Any] = {}
        for name in chosen:
            of = type_.fields[name].type
            value = self._value(of, type_.name, name, depth + 1)
            if depth == 0 and pick.random() < 0.15:
                value = self._variable(of, value, defaulted=name not in must)
            elif pick.random() < 0.05 and not str(of).endswith("!"):
                value = None
            made[name] = value
        return made

    def _literal(self, type_: GraphQLInputType, value: Any) -> str:
        """A value as a GraphQL literal of a type."""
        if isinstance(value, Variable):
            return f"${value.name}"
        if value is None or value is Undefined:
            return "null"
        if isinstance(type_, GraphQLNonNull):
            return self._literal(type_.of_type, value)
        if isinstance(type_, GraphQLList):
            if isinstance(value, list):
                return "[" + ", ".join(self._literal(type_.of_type, each) for each in value) + "]"
            return self._literal(type_.of_type, value)
        if isinstance(type_, GraphQLEnumType):
            return str(value)
        if isinstance(type_, GraphQLInputObjectType):
            inner = (f"{name}: {self._literal(type_.fields[name].type, each)}" for name, each in value.items())
            return "{" + ", ".join(inner) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(orjson.dumps(each).decode() for each in value) + "]"
        return orjson.dumps(value).decode()


def _holds(value: Any) -> bool:
    """Whether a variable stands inside a value."""
    if isinstance(value, dict):
        return any(_holds(each) for each in value.values())
    return any(_holds(each) for each in value) if isinstance(value, list) else isinstance(value, Variable)

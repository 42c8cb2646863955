"""Documents that ask for everything: each field of each type that the root leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

DEEPEST = 40
"""Fields inside one another."""


def within(schema: GraphQLSchema, root: GraphQLObjectType) -> set[str]:
    """All fields that a root type leads to, as ``Type.field``."""
    found, waiting, met = set(), [root], {root.name}
    while waiting:
        kind = waiting.pop()
        for name, field in kind.fields.items():
            found.add(f"{kind.name}.{name}")
            type_ = get_named_type(field.type)
            for each in schema.get_possible_types(type_) if isinstance(type_, GraphQLInterfaceType) else [type_]:
                if isinstance(each, GraphQLObjectType) and each.name not in met:
                    met.add(each.name)
                    waiting.append(each)
    return found


class WholeGraph:
    """Writes the documents. ``arguments``: the text of what a field is given, by ``Type.field``."""

    def __init__(self, schema: GraphQLSchema, arguments: Mapping[str, str]) -> None:
        self._schema = schema
        self._arguments = arguments
        self._met: set[str] = set()
        self.asked: set[str] = set()
        """Fields that stand in one of the documents, as ``Type.field``."""

    def document(self, name: str) -> str | None:
        """The document of one root field; None for one that needs arguments which nobody gave.

        What leads on is followed once in all documents, and below ``asOf`` once more.
        """
        root = self._schema.query_type
        assert root is not None
        met = set() if name == "asOf" else self._met
        asked = self._field(root.name, name, root.fields[name], met, DEEPEST)
        return asked and f"{{ {asked} }}"

    def _field(self, owner: str, name: str, field: GraphQLField, met: set[str], left: int) -> str | None:
        place = f"{owner}.{name}"
        given = self._arguments.get(place, "")
        if not given and any(map(is_required_argument, field.args.values())):
            return None
        self.asked.add(place)
        if is_leaf_type(get_named_type(field.type)):
            return f"{name}{given}"
        below = self._below(get_named_type(field.type), met, left - 1)
        return f"{name}{given} {{ {below} }}" if below else None

    def _below(self, type_: Any, met: set[str], left: int) -> str:
        """All fields of a type; those that lead on only where the document has not been there yet."""
        kinds: list[GraphQLObjectType] = [type_]
        if isinstance(type_, GraphQLInterfaceType):
            kinds = list(self._schema.get_possible_types(type_))
        parts = ["__typename"]
        for kind in kinds:
            fields = [each for each in self._fields(kind, met, left) if each]
            parts.append(
                f"... on {kind.name} {{ {' '.join(fields)} }}" if fields and len(kinds) > 1 else " ".join(fields)
            )
        return " ".join(parts)

    def _fields(self, kind: GraphQLObjectType, met: set[str], left: int) -> list[str | None]:
        leading = {}
        found: list[str | None] = []
        for name, field in kind.fields.items():
            if is_leaf_type(get_named_type(field.type)):
                # Fields of one name may differ in type between the kinds of an interface.
                written = self._field(kind.name, name, field, met, left)
                found.append(written and f"{kind.name}_{name}: {written}")
            elif left > 0 and f"{kind.name}.{name}" not in met:
                leading[name] = field
        met.update(f"{kind.name}.{name}" for name in leading)
        for name, field in leading.items():
            written = self._field(kind.name, name, field, met, left)
            found.append(written and f"{kind.name}_{name}: {written}")
        return found

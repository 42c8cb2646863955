"""The one place that knows the inside of graphql-core's execution: what an operation selects, and with what values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    VariableNode,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from hub.reads.tree import Given, Unsupported

_GROUP_BYS = {"touchpointStats"}
"""Fields with a statement for each filter."""
Details = list[FieldDetails]
"""All places of a document that ask for one field of one object."""
_BOUND = {"id", "after", "before", "filter", "by"}
"""Arguments whose value changes nothing of a statement but the values that go with it."""


class Selection:
    """What one operation of a document selects with certain variables."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, values: VariableValues
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._values = values
        self._fragments = {
            each.name.value: FragmentDetails(each)
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def root(self, type_: GraphQLObjectType) -> dict[str, Details]:
        """The fields at the root by response key."""
        found = collect_fields(self._schema, self._fragments, self._values, type_, self._operation)
        if found.new_defer_usages:
            raise Unsupported
        return found.grouped_field_set

    def below(self, type_: GraphQLObjectType, details: Details) -> dict[str, Details]:
        """The fields below a field, for an object of a type."""
        found = collect_subfields(self._schema, self._fragments, self._values, self._operation, type_, details)
        if found.new_defer_usages:
            raise Unsupported
        return found.grouped_field_set

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """The arguments of a field. Raises ``GraphQLError``."""
        return get_argument_values(field, node, self._values)


def given(node: FieldNode, argument: str, *path: str, value: object) -> Given:
    """Where the value of an argument, or of what stands below it, comes from: a variable or the document itself."""
    found: Node | None = next((each.value for each in node.arguments or () if each.name.value == argument), None)
    left = list(path)
    while isinstance(found, ObjectValueNode) and left:
        name = left.pop(0)
        found = next((each.value for each in found.fields if each.name.value == name), None)
    return _given(found, tuple(left), value) if path else _whole(found, value)


def _whole(found: Node | None, value: object) -> Given:
    # Variables within an argument decide what the statement is: its value stays what it is now.
    return Given(variable=found.name.value) if isinstance(found, VariableNode) else Given(value)


def _given(found: Node | None, path: tuple[str, ...], value: object) -> Given:
    if isinstance(found, VariableNode):
        return Given(variable=found.name.value, path=path)
    if isinstance(found, ObjectValueNode) and isinstance(value, Mapping):
        members = {each.name.value: _given(each.value, (), value.get(each.name.value)) for each in found.fields}
        return Given(members=tuple(members.items()))
    return Given(value)


def coerced(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> VariableValues | None:
    """The variables of an operation as its types have them; None when they do not fit."""
    found = get_variable_values(schema, operation.variable_definitions or (), dict(variables), max_errors=1)
    return found if isinstance(found, VariableValues) else None


def plain(operation: OperationDefinitionNode) -> frozenset[str] | None:
    """The variables of an operation where each is a text or an id, which text fits as it is; None where not."""
    found = {each.variable.name.value: each.type for each in operation.variable_definitions or ()}
    named = {type_.type if isinstance(type_, NonNullTypeNode) else type_ for type_ in found.values()}
    simple = all(isinstance(each, NamedTypeNode) and each.name.value in ("String", "ID") for each in named)
    return frozenset(found) if simple else None


def unbound(document: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str]:
    """Variables that decide what the statement is: all but those that only stand for arguments that are bound."""
    roots = [operation, *(each for each in document.definitions if isinstance(each, FragmentDefinitionNode))]
    return frozenset(name for root in roots for name in _deciding(root.selection_set))


def _deciding(node: Node, *, whole: bool = False) -> Iterator[str]:
    """``whole``: whatever is there, as of group-bys."""
    if isinstance(node, FieldNode) and node.name.value in _GROUP_BYS:
        whole = True
    if isinstance(node, VariableNode):
        yield node.name.value
    elif (
        isinstance(node, ArgumentNode)
        and not whole
        and (node.name.value == "by" or (node.name.value in _BOUND and isinstance(node.value, VariableNode)))
    ):
        return  # looked up when the statement runs
    else:
        for name in node.keys:
            held = getattr(node, name, None)
            for each in held if isinstance(held, list | tuple) else (held,):
                if isinstance(each, Node):
                    yield from _deciding(each, whole=whole)

"""What a document would do, found by one bounded walk before it is validated: how deep, how wide, how dear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

from hub.errors import InputWrong
from hub.limits import Limits
from hub.store.conditions import MOST_CONDITIONS
from hub.store.pages import DEFAULT_SIZE

INTROSPECTION_DEPTH = 30
"""The usual introspection query is 15 deep."""
SHORT_LIST = 10
"""What a list without a page size counts as."""
CONDITIONS = {"and", "or", "not"}
"""What filters are made of filters by."""
_INTROSPECTION = {"__schema", "__type"}
SIZES = ("first", "last", "ids", "representations")
"""Arguments that say how many entries a field has."""


@dataclass(frozen=True, slots=True)
class Size:
    """A page size, or the length of a list of ids, that a variable gives."""

    variable: str
    default: int

    def of(self, variables: Mapping[str, Any]) -> int:
        """The size by these variables; what is no size is as good as left out, and refused later."""
        given = variables.get(self.variable)
        if isinstance(given, list):
            return len(given)
        return max(0, given) if isinstance(given, int) and not isinstance(given, bool) else self.default


Cost = Counter[tuple[Size, ...]]
"""A sum of products: each number times the sizes that variables give. What is known beforehand stands at ``()``."""


@dataclass(slots=True)
class Shape:
    """What one operation of a document would do."""

    cost: Cost = field(default_factory=Counter)
    pages: list[int | Size] = field(default_factory=list)
    """The page sizes that are asked for."""
    introspects: bool = False
    introspects_only: bool = True

    def priced(self, variables: Mapping[str, Any]) -> int:
        """How many values the answer has at most."""
        total = 0
        for sizes, number in self.cost.items():
            for size in sizes:
                number *= size.of(variables)
            total += number
        return total

    def largest_page(self, variables: Mapping[str, Any]) -> int:
        """The largest page that is asked for."""
        return max((size.of(variables) if isinstance(size, Size) else size for size in self.pages), default=0)


def many_conditions(node: Any = None) -> GraphQLError:
    """The refusal of a filter that is too large."""
    return GraphQLError(
        f"The filter has more than {MOST_CONDITIONS} conditions.", node, extensions={"code": InputWrong.code}
    )


def beyond(limit: str, sentence: str, node: Any = None) -> GraphQLError:
    """The refusal of what is beyond a limit; ``limit`` is the name of its setting."""
    return GraphQLError(sentence, node, extensions={"code": "LIMIT_EXCEEDED", "limit": f"HUB_{limit.upper()}"})


Found = tuple[GraphQLNamedType | None, FieldNode]
"""A field, and the type it is asked of."""


class Walk:
    """Walks the operations of a document as they would run: fragments written out, equal fields together.

    Every limit is watched on the way, so that no document makes it long. Fragments must not contain themselves.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._selections = self._aliases = self._directives = self._conditions = 0
        self._defaults: dict[str, int] = {}

    def operation(self, operation: OperationDefinitionNode) -> Shape:
        """The shape of an operation. Raises ``GraphQLError`` for one beyond a limit."""
        shape = Shape()
        self._defaults = {
            each.variable.name.value: int(each.default_value.value[:9])
            for each in operation.variable_definitions or ()
            if isinstance(each.default_value, IntValueNode)
        }
        root = self._schema.get_root_type(operation.operation)
        self._decorated(operation)
        groups = self._collected([(root, operation.selection_set)])
        if len(groups) > self._limits.max_root_fields:
            raise beyond(
                "max_root_fields", f"An operation has at most {self._limits.max_root_fields} root fields.", operation
            )
        for found in groups.values():
            introspects = found[0][1].name.value in _INTROSPECTION
            shape.introspects |= introspects
            shape.introspects_only &= introspects
            deepest = max(self._limits.max_depth, INTROSPECTION_DEPTH) if introspects else self._limits.max_depth
            shape.cost.update(self._cost(shape, found, None, deepest, deepest))
        return shape

    def _collected(self, sets: Sequence[tuple[Any, SelectionSetNode]]) -> dict[str, list[Found]]:
        """The fields of selections, those of one name together, fragments written out once."""
        groups: dict[str, list[Found]] = {}
        seen: set[str] = set()
        waiting = [(type_, each) for type_, selections in reversed(sets) for each in reversed(selections.selections)]
        while waiting:
            type_, node = waiting.pop()
            self._counted(node)
            if isinstance(node, FieldNode):
                name = (node.alias or node.name).value
                groups.setdefault(name, []).append((type_, node))
                if len(groups[name]) > self._limits.max_repeats:
                    raise beyond(
                        "max_repeats", f"A field stands at one place at most {self._limits.max_repeats} times.", node
                    )
                continue
            inner: FragmentDefinitionNode | InlineFragmentNode | None = None
            if isinstance(node, InlineFragmentNode):
                inner = node
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                inner = self._fragments.get(node.name.value)
            if inner is not None:
                named = inner.type_condition
                within = self._schema.get_type(named.name.value) if named else type_
                waiting.extend((within, each) for each in reversed(inner.selection_set.selections))
        return groups

    def _counted(self, node: Any) -> None:
        self._selections += 1
        if self._selections > self._limits.max_selections:
            raise beyond(
                "max_selections",
                f"Written out, the document has more than {self._limits.max_selections:,} selections.",
                node,
            )
        if isinstance(node, FieldNode) and node.alias:
            self._aliases += 1
            if self._aliases > self._limits.max_aliases:
                raise beyond("max_aliases", f"A document has at most {self._limits.max_aliases} aliases.", node)
        if isinstance(node, FieldNode):
            self._filtered(node)
        self._decorated(node)

    def _filtered(self, node: FieldNode) -> None:
        """Filters that are written out in the document; those in variables are counted there."""
        waiting: list[Any] = [each.value for each in node.arguments or ()]
        while waiting:
            value = waiting.pop()
            if isinstance(value, ListValueNode):
                waiting.extend(value.values)
            elif isinstance(value, ObjectValueNode):
                waiting.extend(each.value for each in value.fields)
                inner = [each.value for each in value.fields if each.name.value in CONDITIONS]
                self._conditions += sum(len(each.values) if isinstance(each, ListValueNode) else 1 for each in inner)
                if self._conditions > MOST_CONDITIONS:
                    raise many_conditions(node)

    def _decorated(self, node: Any) -> None:
        here = len(node.directives or ())
        self._directives += here
        if here > self._limits.max_field_directives:
            most = self._limits.max_field_directives
            raise beyond("max_field_directives", f"There are at most {most} directives at one place.", node)
        if self._directives > self._limits.max_directives:
            raise beyond("max_directives", f"A document has at most {self._limits.max_directives} directives.", node)

    def _cost(self, shape: Shape, found: list[Found], inherited: int | Size | None, left: int, deepest: int) -> Cost:
        """The values below equal fields, themselves included, times how many of them a list may have."""
        type_, node = found[0]
        definition = _definition(type_, node.name.value)
        sets = [(_below(parent, each), each.selection_set) for parent, each in found if each.selection_set]
        if sets and not left:
            raise beyond("max_depth", f"The depth of a document is at most {deepest} levels.", node)
        own = self._page_size(definition, node)
        if own is not None and sets and "pageInfo" in getattr(_below(type_, node), "fields", ()):
            shape.pages.append(own)
        listed = definition is not None and isinstance(get_nullable_type(definition.type), GraphQLList)
        cost: Cost = Counter({(): 1})
        for below in self._collected(sets).values():
            cost.update(self._cost(shape, below, None if listed else own, left - 1, deepest))
        if not (listed and sets):
            return cost
        times = next((each for each in (own, inherited) if each is not None), SHORT_LIST)
        if isinstance(times, Size):
            return Counter({(*sizes, times): number for sizes, number in cost.items()})
        return Counter({sizes: number * times for sizes, number in cost.items()})

    def _page_size(self, definition: GraphQLField | None, node: FieldNode) -> int | Size | None:
        """How many entries a field asks for, by one of ``SIZES``; None for one without these."""
        if definition is None or definition.args.keys().isdisjoint(SIZES):
            return None
        argument = definition.args.get("first")
        usual = argument.default_value if argument and isinstance(argument.default_value, int) else DEFAULT_SIZE
        for given in node.arguments or ():
            if given.name.value not in SIZES:
                continue
            match given.value:
                case IntValueNode(value=text):
                    return max(0, int(text[:9]))
                case ListValueNode(values=values):
                    return len(values)
                case VariableNode(name=name):
                    return Size(name.value, self._defaults.get(name.value, usual))
        return usual


def _definition(type_: Any, name: str) -> GraphQLField | None:
    return type_.fields.get(name) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else None


def _below(type_: Any, node: FieldNode) -> GraphQLNamedType | None:
    definition = _definition(type_, node.name.value)
    return get_named_type(definition.type) if definition else None

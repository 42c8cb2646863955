"""Operations that were compiled, kept by what decides their statement. The number of them is bounded.

An operation has a plan for each set of scopes and each set of values of those variables that decide what the statement
is. Values that are only bound to it, such as ids, cursors and filters, decide no more than whether they are there.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import orjson
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues

from hub.ids import side_of
from hub.reads import binds
from hub.reads.binds import Asking, Where
from hub.reads.collect import Selection, coerced, plain, unbound
from hub.reads.dialects import Dialect
from hub.reads.plan import Planner, World
from hub.reads.sql import Statement, Writer
from hub.reads.tables import BY_PREFIX
from hub.reads.tree import Narrowed, Unsupported
from hub.store.sql import Query

K = TypeVar("K")
V = TypeVar("V")

MOST_OPERATIONS = 500
MOST_PLANS = 50
"""Of one operation."""
_TEXTS = frozenset({str})


class Unplanned(Exception):
    """The operation has no plan yet."""


class Plan:
    """A statement, and what it needs of a request."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._values = [binds.value(each) for each in statement.binds]
        self._text = "".join(map(str, statement.pieces)) if not statement.filters else ""

    def example(self) -> str:
        """The statement without filters."""
        return "".join(each if isinstance(each, str) else "1 = 1" for each in self._statement.pieces)

    def query(self, variables: Mapping[str, Any], asking: Asking) -> Query:
        """The statement for one request, with its values. Raises ``Unsupported`` and ``HubError``."""
        query = Query(self._text)
        query.values += [value(variables, asking) for value in self._values]
        if self._text:
            return query
        said = [_condition(each, variables, asking)(query) for each in self._statement.filters]
        for piece in self._statement.pieces:
            query.add(piece if isinstance(piece, str) else said[piece])
        return query


def _condition(narrowed: Narrowed, variables: Mapping[str, Any], asking: Asking) -> Where:
    return asking.narrow(narrowed.what, narrowed.given.of(variables))


class Bounded(Generic[K, V]):
    """A mapping that forgets what was not used for longest."""

    def __init__(self, most: int) -> None:
        self._held: OrderedDict[K, V] = OrderedDict()
        self._most = most

    def get(self, key: K) -> V | None:
        """What is held, or None."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> V:
        """Hold a value."""
        self._held[key] = value
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return value


@dataclass(slots=True)
class Operation:
    """One operation of one document."""

    text: str
    document: DocumentNode
    definition: OperationDefinitionNode
    deciding: frozenset[str]
    """Variables whose value decides what the statement is."""
    texts: frozenset[str] | None
    """All its variables, where they are texts and ids; None where not."""
    plans: Bounded[Any, Plan | Unsupported] = field(default_factory=lambda: Bounded(MOST_PLANS))
    asked: bool = False
    """Whether it was asked for before."""
    disabled: bool = False
    """Whether it was seen to answer otherwise than ordinary execution."""

    def fits(self, variables: Mapping[str, Any]) -> bool:
        """Whether the variables are what they would be once they were coerced."""
        texts = self.texts
        return texts is not None and variables.keys() == texts and _TEXTS.issuperset(map(type, variables.values()))

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def name(self) -> str:
        """What the document calls it; empty when it has no name."""
        return self.definition.name.value if self.definition.name else ""


class Compiler:
    """Compiles operations for one schema and one database. ``fixed``: what expressions may name everywhere."""

    def __init__(
        self, world: World, dialect: Dialect, fixed: Mapping[str, str], solid: Callable[[str, str], bool]
    ) -> None:
        self.world = world
        self._dialect = dialect
        self._fixed = fixed
        self._solid = solid
        self._known: Bounded[tuple[str, str | None], Operation] = Bounded(MOST_OPERATIONS)

    def operation(self, text: str, name: str | None, document: DocumentNode) -> Operation | None:
        """The operation of a valid document that is asked for; None for one that is no query."""
        known = self._known.get((text, name))
        if known is None:
            definition = _definition(document, name)
            if definition is None or definition.operation is not OperationType.QUERY:
                return None
            held = Operation(text, document, definition, unbound(document, definition), plain(definition))
            known = self._known.put((text, name), held)
        return known

    def query(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        scopes: frozenset[str],
        asking: Asking,
        *,
        contacts: bool,
        make: bool = True,
        quick: bool = False,
    ) -> Query | None:
        """The statement that answers an operation; None when the ordinary way has to.

        A ``quick`` one answers what is usual: an id of before a merge, or one of nobody, is left to another.
        Without ``make`` it raises ``Unplanned`` where a plan would have to be made first, which takes milliseconds.
        """
        if operation.disabled:
            return None
        fits = operation.fits(variables)
        values = None if fits else coerced(self.world.schema, operation.definition, variables)
        if values is not None:
            variables = values.coerced
        elif not fits:
            return None
        key = (quick, scopes, contacts, *[_decides(name, value, operation) for name, value in variables.items()])
        plan = operation.plans.get(key)
        if plan is None:
            if not make:
                raise Unplanned
            values = values or coerced(self.world.schema, operation.definition, variables)
            made = self._planned(operation, values, scopes, contacts=contacts, quick=quick)
            plan = operation.plans.put(key, made)
        return plan.query(variables, asking) if isinstance(plan, Plan) else None

    def _planned(
        self,
        operation: Operation,
        values: VariableValues | None,
        scopes: frozenset[str],
        *,
        contacts: bool,
        quick: bool,
    ) -> Plan | Unsupported:
        if values is None:
            return Unsupported()
        try:
            selection = Selection(self.world.schema, operation.document, operation.definition, values)
            tree = Planner(self.world, selection, scopes, contacts=contacts, quick=quick).root()
            plan = Plan(Writer(self._dialect, self._fixed, self._solid).statement(tree))
            return plan if self._dialect.takes(plan.example()) else Unsupported()
        except Unsupported as reason:
            return reason
        except GraphQLError:
            return Unsupported()


def _definition(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    found = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and (name is None or (each.name and each.name.value == name))
    ]
    return found[0] if len(found) == 1 else None


def _decides(name: str, value: object, operation: Operation) -> object:
    """What of a variable decides the statement."""
    if name in operation.deciding:
        return name, value if isinstance(value, str | int | None) else orjson.dumps(value, default=str)
    if not isinstance(value, str) and isinstance(value, Mapping):
        return name, *sorted(each for each, held in value.items() if held is not None)
    text = str(value)
    prefix = text.partition("_")[0]
    return name, (prefix, side_of(text)) if prefix in BY_PREFIX else bool(value)

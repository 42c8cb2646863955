"""What a document asks for, as a tree of a few kinds of node that SQL can be written from.

Expressions are templates over the columns of the row they stand in: ``{name}``. Names that begin with ``_`` stand for
values that are the same in the whole answer: ``{_currency}``, the hub's, and ``{_today}``, the day that it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.store.pages import Order


class Unsupported(Exception):
    """The ordinary way has to answer. Nothing is wrong with the document."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to read: ``touchpoint t``, or a join with the alias of the rows meant, and columns that are computed."""

    source: str
    alias: str
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Computed columns by name; those of a table that is summed up may name columns of the row around it."""
    summed: bool = False
    """Whether all its rows make one, if there are none too."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of JSON that is known beforehand."""

    json: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of a row. ``form`` is one of ``FORMS``; ``names`` are what an enumeration allows, as stored and shown."""

    form: str
    value: str
    required: bool = False
    names: tuple[tuple[str, str], ...] = ()


FORMS = (
    "text",
    "plain",
    "flag",
    "whole",
    "real",
    "time",
    "day",
    "decimal",
    "json",
    "files",
    "page",
    "computed",
    "name",
)
"""Text, text without anything to escape, Boolean, Int, Float, DateTime, days since 1970-01-01,
decimal text, stored JSON, the names of the files in properties, the address of a page without its query,
what ``hub.reads.computed`` computes, a value of an enumeration."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency as decimal text. A quoted ``currency`` is that of all rows."""

    minor: str
    currency: str


@dataclass(frozen=True, slots=True)
class Object:
    """An object of the row at hand, its members in order."""

    members: tuple[tuple[str, Node], ...]
    absent: str = ""
    """The condition under which it is null."""


@dataclass(frozen=True, slots=True)
class One:
    """The object of one other row, that of a condition on the row here. ``required``: it must be there."""

    table: Table
    condition: str
    node: Node
    required: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """All rows whose ``on`` equals ``of`` here, in an order, each as a node."""

    table: Table
    on: str
    of: str
    order: str
    where: str
    node: Node
    parents: tuple[Parent, ...] = ()
    """Instead of ``on`` and ``of``, where there are several kinds of rows around."""
    among: tuple[str, tuple[str, ...]] | None = None
    """A column, and what it is one of."""
    listed: str = ""
    """Instead of ``of``: a JSON list of what ``on`` may be, whose order is that of the rows."""
    most: int = 0
    unless: str = ""
    """The condition under which the ordinary way answers."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """An object whose type the row's kind decides: by kinds, and for all the others."""

    column: str
    branches: tuple[tuple[tuple[str, ...], Object], ...]
    other: Object


@dataclass(frozen=True, slots=True)
class TypeName:
    """The name of the type that the row's kind decides."""

    column: str
    branches: tuple[tuple[tuple[str, ...], str], ...]
    other: str


@dataclass(frozen=True, slots=True)
class Given:
    """A value that the client gives: of a variable, below it where there is a ``path``, or written out."""

    value: object = None
    variable: str = ""
    path: tuple[str, ...] = ()
    members: tuple[tuple[str, Given], ...] = ()
    """Of an object that is written out: its members."""

    def of(self, variables: Mapping[str, object]) -> object:
        """The value by these coerced variables."""
        if self.members:
            return {name: held for name, each in self.members if (held := each.of(variables)) is not None}
        found: object = variables.get(self.variable) if self.variable else self.value
        for name in self.path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which entries of a list are asked for: ``what`` says which kind of filter it is."""

    what: str
    given: Given


@dataclass(frozen=True, slots=True)
class Named:
    """The one row that a client names, if there is one: by a condition on what is ``{given}``, or as a filter says."""

    table: Table
    by: str | Narrowed
    given: Given
    node: Node
    required: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list is asked for."""

    size: int
    backward: bool = False
    after: Given | None = None
    before: Given | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """Entries belong to the row whose ``of`` their ``on`` equals, or by a whole condition; under ``when`` alone, where
    that is said."""

    on: str = ""
    of: str = "num"
    when: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The cursor of an entry."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a page: ``next``, ``previous``, ``start`` or ``end``, as in PageInfo; ``total``, ``at_least``."""

    what: str


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a page, each as a node."""

    node: Node


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. ``name`` binds its cursors; ``members`` may hold ``Entries`` and ``Fact``."""

    table: Table
    name: str
    parents: tuple[Parent, ...]
    order: Order
    span: Span
    where: str
    narrowed: Narrowed | None
    members: tuple[tuple[str, Node], ...]


Node = Said | Leaf | Amount | Object | One | Many | Kinds | TypeName | Named | Sealed | Fact | Entries | Page

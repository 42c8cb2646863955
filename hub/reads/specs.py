"""The ways in which a field of the schema may be stored, of which ``hub.reads.model`` is made.

Expressions are templates, as in ``hub.reads.tree``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.reads.tree import Parent, Table
from hub.store.pages import Order

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """A leaf that an expression gives. ``masked``: what is shown without the right to see contact data; '' for null."""

    shown: str
    masked: str | None = None
    form: str = ""
    """One of ``tree.FORMS``, where its type does not tell."""
    masked_form: str = ""
    """The same of what is shown without that right."""


@dataclass(frozen=True, slots=True)
class Here:
    """An object that stands in the row at hand; ``columns`` are its own names for what it shows of it.

    ``contacts``: it is null without the right to see contact data.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    absent: str = ""
    contacts: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """The object of another row: the one whose ``on``, where that is said, equals ``of`` here, ``where`` holds."""

    table: Table
    on: str
    of: str
    required: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """The objects, or with ``value`` the values, of all rows that belong to the one at hand."""

    table: Table
    on: str
    order: str
    of: str = "num"
    where: str = ""
    value: str = ""
    parents: tuple[Parent, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """As of ``Here``."""
    among: str = ""
    """An argument, and after a space the column that is among its values where it is given."""
    listed: str = ""
    """A JSON list of what ``on`` may be: the rows come in its order."""
    most: int = 0
    unless: str = ""
    """The condition under which the ordinary way answers."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list."""

    table: Table
    name: str
    order: Order | Callable[[Arguments, bool], Order]
    """Where there are several: by the arguments, and whether contact data may be seen. Raises ``Unsupported``."""
    parents: tuple[Parent, ...] = ()
    where: str = ""
    narrowed: str = ""
    """The kind of its filter; ``unfiltered`` is the condition without one."""
    unfiltered: str = ""
    wider: tuple[Parent, ...] = ()
    """The parents where an organisation's people are asked for too."""
    only: Mapping[str, Any] = field(default_factory=dict)
    """Values of other arguments with which alone it is answered."""
    scopes: frozenset[str] = frozenset()
    """Scopes of which one must be held: for others it is another list. Any, when empty."""


@dataclass(frozen=True, slots=True)
class ById:
    """The object with an id, whose prefix says what it is unless that is said here."""

    argument: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class ByName:
    """One row that the client names by exactly one of several members of an argument: by each the condition on what is
    ``{given}``; '' for one that is looked up as a filter is."""

    argument: str
    conditions: Mapping[str, tuple[Table, str]]


@dataclass(frozen=True, slots=True)
class Grouped:
    """A group-by, where a rollup holds it: ``hub.reads.groups``."""


Spec = Value | Here | Other | All | Listed | ByName | ById | Grouped

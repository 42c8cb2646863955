"""How GraphQL types are written here: what a docstring says is the description that clients read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any, Literal, TypeVar, dataclass_transform

import strawberry
from strawberry.types.field import StrawberryField

from hub.api.tallies import tallies

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Column(StrawberryField):
    """A field that shows an attribute of the object's ``row`` as it is."""

    attribute: str | None = None

    def __copy__(self) -> Column:
        copied = super().__copy__()
        copied.attribute = self.attribute
        copied.init = copied.repr = copied.compare = False
        return copied

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The attribute."""
        return getattr(source.row, self.attribute or self.python_name)


class Identity(Column):
    """The global id. What is as of a moment has the moment in it, so that clients keep it apart from today's."""

    @property
    def is_basic_field(self) -> bool:
        """Not for strawberry: it would leave out ``info``."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The id."""
        held = str(source.row.id)
        return held + info.context.mark if held.startswith(OF_MOMENTS) else held


OF_MOMENTS = ("cus_", "tp_", "mat_", "idn_")
"""With what the ids of objects begin that may be as of a moment."""


def column(
    description: str, *, attribute: str | None = None, name: str | None = None, init: Literal[False] = False
) -> Any:
    """A field that shows a column of the row.

    ``attribute``: the column's name, where the field's differs; ``name``: the name in the schema, where it is a word
    that Python keeps for itself.
    """
    shown = Column(description=description, graphql_name=name)
    shown.attribute = attribute
    shown.init = shown.repr = shown.compare = init
    return shown


def identity(description: str, *, init: Literal[False] = False) -> Any:
    """The field of an object's global id."""
    shown = Identity(description=description)
    shown.init = shown.repr = shown.compare = init
    return shown


def described(description: str) -> Any:
    """A field that is given when the object is made, or an input field that must be given."""
    return strawberry.field(description=description)


def optional(description: str, default: Any = None, *, name: str | None = None) -> Any:
    """An input field that may be left out. ``name``: its name in the schema, where Python keeps that word."""
    return strawberry.field(description=description, default=default, name=name)


def argument(description: str) -> Any:
    """What to write into the ``Annotated`` type of an argument."""
    return strawberry.argument(description=description)


def field(resolver: F) -> Any:
    """A field with a resolver."""
    return strawberry.field(description=_told(resolver))(resolver)


def mutation(resolver: F) -> Any:
    """A write."""
    return strawberry.mutation(description=_told(resolver))(resolver)


def subscription(resolver: F) -> Any:
    """A live query, counted while it is open."""

    @wraps(resolver)
    async def counted(*args: Any, **named: Any) -> AsyncGenerator[Any, None]:
        with tallies.subscribed():
            async with aclosing(resolver(*args, **named)) as values:
                async for value in values:
                    yield value

    return strawberry.subscription(description=_told(resolver))(counted)


@dataclass_transform(kw_only_default=True, field_specifiers=(column, identity, described, optional, strawberry.field))
def object_type(cls: type[T]) -> type[T]:
    """An object type."""
    return strawberry.type(cls, description=_told(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(column, identity, described, optional, strawberry.field))
def interface(cls: type[T]) -> type[T]:
    """An interface."""
    return strawberry.interface(cls, description=_told(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(column, identity, described, optional, strawberry.field))
def input_type(cls: type[T]) -> type[T]:
    """An input type."""
    return strawberry.input(cls, description=_told(cls))


def _told(subject: object) -> str:
    return " ".join((subject.__doc__ or "").split())

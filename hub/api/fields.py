"""Fields of GraphQL types that show what a stored row holds."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.field import StrawberryField


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


def column(description: str, *, attribute: str | None = None, name: str | None = None) -> Any:
    """A field that shows a column of the row.

    ``attribute``: the column's name, where the field's differs; ``name``: the name in the schema, where it is a word
    that Python keeps for itself.
    """
    field = Column(description=description, graphql_name=name)
    field.attribute = attribute
    field.init = field.repr = field.compare = False
    return field


def described(description: str) -> Any:
    """A plain field or input field with its description."""
    return strawberry.field(description=description)


def optional(description: str, default: Any = None) -> Any:
    """An input field that may be left out."""
    return strawberry.field(description=description, default=default)

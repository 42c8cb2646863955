"""From rows to frozen values: what leaves the store is a dataclass, never a table row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shape(Generic[T]):
    """How rows of a statement become values of one dataclass, whose fields are named like the columns."""

    def __init__(self, value: type[T], alias: str) -> None:
        names = fields(value)  # type: ignore[arg-type]
        self._value = value
        self.columns = ", ".join(f"{alias}.{field.name}" for field in names)
        self.width = len(names)
        # SQLite gives 0 and 1 where PostgreSQL gives booleans.
        self._flags = tuple(place for place, field in enumerate(names) if field.type == "bool")

    def one(self, row: Any) -> T:
        """A value of the first columns of a row."""
        values = list(row[: self.width])
        for place in self._flags:
            values[place] = bool(values[place])
        return self._value(*values)

    def all(self, rows: Iterable[Any]) -> list[T]:
        """A value for each row."""
        return [self.one(row) for row in rows]

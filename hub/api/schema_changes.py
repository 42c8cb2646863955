"""What the clients of one schema meet in another."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLError, GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from hub.errors import InputWrong


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """What is another, in sentences, sorted."""

    breaking: list[str]
    """Documents or clients that were right are wrong now."""
    dangerous: list[str]
    """Clients go on, but may be answered what they do not know, like a new value of an enum."""


def schema_changes(before: str, after: str) -> SchemaChanges:
    """Compare two schemas, each in the schema definition language."""
    old, new = _read(before), _read(after)
    return SchemaChanges(
        breaking=sorted(change.description for change in find_breaking_changes(old, new)),
        dangerous=sorted(change.description for change in find_dangerous_changes(old, new)),
    )


def _read(text: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        raise InputWrong(f"That is not a schema: {str(error).splitlines()[0]}") from None

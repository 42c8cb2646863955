"""What was changed of a source, when and by whom."""

from __future__ import annotations

import orjson
import strawberry

from hub.api.connections import Connection
from hub.api.graph import column, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.node import Node
from hub.store.sources import StoredSourceChange


@object_type
class SourceChange(Node):
    """A change of what a source is set up with."""

    row: strawberry.Private[StoredSourceChange]
    at: DateTime = column("When it was made.", attribute="changed_at")
    by: str = column("Who made it.", attribute="changed_by")

    @field
    def fields(self) -> list[str]:
        """What was changed, like settings.password; what it was set to is not kept here."""
        names: list[str] = orjson.loads(self.row.fields)
        return names


@object_type
class SourceChangeConnection(Connection[SourceChange]):
    """A page of changes."""

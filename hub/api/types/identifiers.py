"""Identifiers."""

from __future__ import annotations

import strawberry

from hub.api.connections import Connection
from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.node import Node
from hub.api.types.sources import Source
from hub.store.identifiers import StoredIdentifier
from hub.values import Side


@object_type
class Identifier(Node):
    """Something by which a customer is recognised."""

    row: strawberry.Private[StoredIdentifier]
    kind: str = column("Its kind: email, phone, social, contact ...")
    namespace: str = column("Where it means something; empty when everywhere.")
    side: Side = column("Whether it names a person or an organisation.")
    blocked: str | None = column("Why it never joins: VALUE (a placeholder), ROLE (a shared mailbox), INVALID.")
    capped: str | None = column("Why it does not join for now: too much that differs carries it.")
    joins: bool = column("Whether touchpoints that carry it are one customer's.")
    first_seen: DateTime = column("When it was first seen.")
    last_seen: DateTime = column("When it was last seen.")

    @field
    def value(self, info: Info) -> str:
        """The canonical value, masked without the right to see contact data."""
        return self.row.value if info.context.principal.sees_contacts else self.row.masked

    @field
    def display(self, info: Info) -> str:
        """As the source wrote it, masked without the right to see contact data."""
        return self.row.display if info.context.principal.sees_contacts else self.row.masked

    @field
    def masked(self, info: Info) -> bool:
        """Whether value and display are masked here."""
        return not info.context.principal.sees_contacts

    @field
    async def source(self, info: Info) -> Source | None:
        """The source that minted it, for identifiers that mean something only there."""
        if not self.row.namespace.startswith("src_"):
            return None
        row = await info.context.load.source_by_id.load(self.row.namespace)
        return Source(row=row) if row else None


@object_type
class IdentifierConnection(Connection[Identifier]):
    """A page of identifiers."""

"""The root of all writes."""

from __future__ import annotations

import strawberry

from hub.api.mutations.entries import EntryMutations
from hub.api.mutations.ingest import IngestMutations
from hub.api.mutations.links import LinkMutations
from hub.api.mutations.sources import SourceMutations
from hub.api.mutations.tokens import TokenMutations


@strawberry.type(description="The writes.")
class Mutation(IngestMutations, EntryMutations, LinkMutations, SourceMutations, TokenMutations):
    """The writes."""

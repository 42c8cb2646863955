"""The root of all writes."""

from __future__ import annotations

from hub.api.graph import object_type
from hub.api.mutations.corrections import CorrectionMutations
from hub.api.mutations.documents import DocumentMutations
from hub.api.mutations.endpoints import EndpointMutations
from hub.api.mutations.entries import EntryMutations
from hub.api.mutations.ingest import IngestMutations
from hub.api.mutations.lifecycle import LifecycleMutations
from hub.api.mutations.links import LinkMutations
from hub.api.mutations.matters import MatterMutations
from hub.api.mutations.repairs import RepairMutations
from hub.api.mutations.rule_sets import RuleSetMutations
from hub.api.mutations.scoring import ScoringMutations
from hub.api.mutations.segments import SegmentMutations
from hub.api.mutations.snapshots import SnapshotMutations
from hub.api.mutations.sources import SourceMutations
from hub.api.mutations.suggestions import SuggestionMutations
from hub.api.mutations.tokens import TokenMutations
from hub.api.mutations.uploads import UploadMutations


@object_type
class Mutation(
    IngestMutations,
    EntryMutations,
    LifecycleMutations,
    LinkMutations,
    MatterMutations,
    RuleSetMutations,
    SuggestionMutations,
    SegmentMutations,
    ScoringMutations,
    SnapshotMutations,
    SourceMutations,
    EndpointMutations,
    CorrectionMutations,
    RepairMutations,
    TokenMutations,
    DocumentMutations,
    UploadMutations,
):
    """The writes."""

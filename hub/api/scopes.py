"""Who may see what: one table. A type or field that is not in it is shown to nobody.

Finer rules stand where the data is: masked contact data (``Principal.sees_contacts``), a partner's own sources
(``Principal.sees_source``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from hub.api.auth import Scope
from hub.errors import NotAllowed

ANYBODY = frozenset[str]()
"""Whoever has a good token."""
READERS = frozenset({Scope.READ})
MANAGERS = frozenset({Scope.MANAGE})
ANALYSTS = frozenset({Scope.ANALYSE})
WRITERS = frozenset({Scope.WRITE, Scope.MANAGE})
PARTNERS = frozenset({Scope.INGEST})
REPLAYERS = frozenset({Scope.INGEST, Scope.MANAGE})
INTAKE = frozenset({Scope.READ, Scope.INGEST, Scope.MANAGE})


def _each(scopes: frozenset[str], names: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(names.split(), scopes)


TYPES: Mapping[str, frozenset[str]] = {
    **_each(ANYBODY, "Hub Viewer PageInfo Money Receipt UserError Connector Token _Service"),
    **_each(
        READERS,
        "Snapshot "
        "Customer CustomerConnection CustomerEdge Trait Affiliation Acquisition Birthday Lifecycle Because StageChange "
        "StageTime "
        "Value MissingRate Satisfaction SurveyScore Journey JourneyStep ChannelUse StageReached "
        "EmailMessage Call Invoice Payment FormSubmission SocialPost CustomTouchpoint Attachment Origin Participant "
        "TouchpointConnection TouchpointEdge TouchpointKind Quantity LineItem LineItemConnection LineItemEdge "
        "Matter MatterConnection MatterEdge MatterChange MatterStateTime "
        "Identifier IdentifierConnection IdentifierEdge User Product Campaign "
        "IdentityExplanation IdentityClaim IdentityClaimConnection IdentityClaimEdge IdentityLink "
        "IdentityLinkConnection IdentityLinkEdge RefusedLink RefusedLinkConnection RefusedLinkEdge LinkDecision "
        "LinkDecisionConnection LinkDecisionEdge WhyNotMerged SharedIdentifier IdentityConflict IdentityStep "
        "Resemblance Change ChangeConnection ChangeEdge "
        "Prediction FittedModel FittedParameter FitWarning Holdout HoldoutErrors HoldoutRow "
        "TouchpointAdded ChangeAdded CustomerChanged "
        "Suggestion SuggestionConnection SuggestionEdge Evidence Segment Scores",
    ),
    **_each(
        INTAKE,
        "Source SourceConnection SourceEdge SourceHealth SourceStream RunStream Run RunConnection RunEdge "
        "Record RecordConnection RecordEdge Problem "
        "Replayed Rebuilt",
    ),
    **_each(ANALYSTS, "MatterStats MatterStatsRow MatterStatsKey Pipeline PipelineState PipelineStep"),
    **_each(ANALYSTS, "TouchpointStats TouchpointStatsRow TouchpointKey CustomerStats CustomerStatsRow CustomerKey"),
    **_each(ANALYSTS, "Attribution AttributionRow AttributionKey CohortTable Cohort CohortRow FunnelStep"),
    **_each(READERS | MANAGERS, "LifecycleRules"),
    **_each(
        ANALYSTS,
        "Portfolio PortfolioPlace PortfolioClass RfmCell SoldProduct ChurnTrend ChurnPeriod Survival SurvivalPoint "
        "Acquisitions AcquisitionRow AcquisitionKey CampaignResult",
    ),
    **_each(PARTNERS, "IngestPayload IngestedRow PreviewedTouchpoint"),
    **_each(REPLAYERS, "ReplayPayload Reread ProblemChange"),
    **_each(
        WRITERS,
        "LogTouchpointPayload DecideStagePayload DescribeCustomersPayload "
        "ChangeMatterPayload SaveSegmentPayload DeleteSegmentPayload",
    ),
    **_each(
        MANAGERS,
        "ScorePortfolioPayload Rehearsal RehearsedRow RehearsedTouchpoint GuessReason ImportUploadPayload "
        "TakeSnapshotPayload DropSnapshotPayload "
        "FindSuggestionsPayload WithdrawSourcePayload WithdrawRecordPayload RebuildPayload "
        "Consequences TouchpointChange FieldChange "
        "UpdateSourcePayload CheckSourcePayload SourceChange SourceChangeConnection SourceChangeEdge "
        "CreateSourcePayload SyncSourcePayload DryPull DryProblem "
        "Endpoint EndpointConnection EndpointEdge EndpointHealth EndpointChange Attempt "
        "OutgoingMessage OutgoingMessageConnection OutgoingMessageEdge CreateEndpointPayload UpdateEndpointPayload "
        "DeleteEndpointPayload ResendMessagePayload ResendMessagesPayload "
        "WithdrawRunPayload LinkPayload CustomerChange CreateTokenPayload "
        "TrustedDocument RegisteredDocument RegisterDocumentsPayload RetireDocumentPayload "
        "RevokeTokenPayload MovedTouchpoint IdentityRules IdentityRuleChange IdentitySwitch IdentityRegrouping "
        "IdentityRulesPreview ApplyIdentityRulesPayload LifecycleRulesPreview LifecycleRuleDifference LifecycleShift "
        "LifecycleExample ApplyLifecycleRulesPayload",
    ),
}
"""By type: which scopes open its fields; any one of them is enough."""

FIELDS: Mapping[str, frozenset[str]] = {
    **_each(READERS, "Query.asOf Query.snapshots"),
    **_each(MANAGERS, "Mutation.takeSnapshot Mutation.dropSnapshot Query.rehearsal Mutation.importUpload"),
    **_each(ANYBODY, "Query.viewer Query.hub Query._service"),
    **_each(
        READERS,
        "Query.segments SaveSegmentPayload.segment Query.suggestions Query.explainIdentity Query.whyNotMerged "
        "Query.customer Query.customers Query.touchpoints Query.matters Query.changes "
        "Query.touchpointKinds Record.touchpoints LogTouchpointPayload.touchpoint DescribeCustomersPayload.customers "
        "ChangeMatterPayload.matter "
        "LifecycleExample.customer LifecycleExample.because DecideStagePayload.customers "
        "LinkPayload.customers MovedTouchpoint.touchpoint IdentitySwitch.identifier "
        "Subscription.touchpointAdded Subscription.changeAdded Subscription.customerChanged CustomerChanged.customer",
    ),
    **_each(READERS | MANAGERS, "Hub.lifecycleRules"),
    **_each(INTAKE, "Subscription.sourceChanged"),
    **_each(INTAKE, "Query.node Query.nodes Query._entities Query.connectors Query.sources Query.source Query.record"),
    **_each(ANALYSTS, "Query.matterStats Query.pipeline"),
    **_each(
        ANALYSTS,
        "Query.fittedModels Query.attribution Query.cohorts Query.funnel Query.touchpointStats Query.customerStats",
    ),
    **_each(ANALYSTS, "Query.portfolio Query.acquisition Query.campaigns"),
    **_each(MANAGERS, "Source.settings Source.secretsSet Source.notifyUrl Source.changes"),
    **_each(
        MANAGERS,
        "Query.endpoints Query.endpoint Mutation.createEndpoint Mutation.updateEndpoint Mutation.rotateEndpointSecret "
        "Mutation.deleteEndpoint Mutation.testEndpoint Mutation.resendMessage Mutation.resendMessages",
    ),
    **_each(READERS, "OutgoingMessage.change"),
    **_each(MANAGERS, "Mutation.updateSource Mutation.pauseSource Mutation.checkSource"),
    **_each(PARTNERS, "Mutation.ingest"),
    **_each(REPLAYERS, "Mutation.replay"),
    **_each(
        WRITERS,
        "Mutation.logTouchpoint Mutation.decideStage Mutation.describeCustomers Mutation.changeMatter "
        "Mutation.saveSegment Mutation.deleteSegment",
    ),
    **_each(
        MANAGERS,
        "Source.pulledBy Mutation.withdrawSource Mutation.withdrawRecord Mutation.rebuild Reread.changes "
        "Mutation.scorePortfolio Mutation.findSuggestions Mutation.acceptSuggestion Mutation.refuseSuggestion "
        "Query.identityRules Query.previewIdentityRules Mutation.applyIdentityRules "
        "Query.previewLifecycleRules Mutation.applyLifecycleRules "
        "Query.tokens Mutation.createSource Mutation.syncSource Mutation.withdrawRun Mutation.mergeCustomers "
        "Mutation.splitCustomer Mutation.undoLinkDecision Mutation.createToken Mutation.revokeToken "
        "Query.trustedDocuments Mutation.registerDocuments Mutation.retireDocument",
    ),
}
"""By field, where it differs from its type; the root types have no scope of their own."""


def needed(type_name: str, field_name: str) -> frozenset[str] | None:
    """The scopes of which one opens a field; None when nobody may see it."""
    return FIELDS.get(f"{type_name}.{field_name}", TYPES.get(type_name))


def guard(schema: GraphQLSchema) -> None:
    """Put a check in front of every resolver of the schema."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                _guard(field, f"{type_.name}.{name}", needed(type_.name, name))


def _guard(field: GraphQLField, place: str, scopes: frozenset[str] | None) -> None:
    if scopes == ANYBODY:
        return
    if field.resolve is not None:
        field.resolve = _checked(field.resolve, place, scopes)
    if field.subscribe is not None:
        field.subscribe = _checked(field.subscribe, place, scopes)


def _checked(resolve: Callable[..., Any], place: str, scopes: frozenset[str] | None) -> Callable[..., Any]:
    allowed = scopes or frozenset()

    def resolved(source: Any, info: Any, /, **arguments: Any) -> Any:
        if allowed.isdisjoint(info.context.principal.grants):
            words = " or ".join(sorted(allowed)) or "no token"
            raise NotAllowed(f"{place} is open to: {words}. This token does not carry it.")
        return resolve(source, info, **arguments)

    return resolved

"""The root of all reads."""

from __future__ import annotations

from typing import Annotated, cast

import strawberry

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.queries.customers import CustomerQueries
from hub.api.queries.documents import DocumentQueries
from hub.api.queries.endpoints import EndpointQueries
from hub.api.queries.group_bys import GroupByQueries
from hub.api.queries.identity import IdentityQueries
from hub.api.queries.journeys import JourneyQueries
from hub.api.queries.lifecycle import LifecycleQueries
from hub.api.queries.matters import MatterStatsQueries
from hub.api.queries.nodes import node, nodes
from hub.api.queries.past import PastQueries
from hub.api.queries.portfolio import PortfolioQueries
from hub.api.queries.predictions import PredictionQueries
from hub.api.queries.segments import SegmentQueries
from hub.api.queries.sources import SourceQueries
from hub.api.queries.suggestions import SuggestionQueries
from hub.api.queries.tokens import TokenQueries
from hub.api.queries.touchpoints import TouchpointQueries
from hub.api.queries.uploads import UploadQueries
from hub.api.types.company import Hub, Viewer
from hub.api.types.node import Node
from hub.errors import InputWrong

MOST_NODES = 100


@object_type
class Query(
    CustomerQueries,
    SegmentQueries,
    PortfolioQueries,
    GroupByQueries,
    IdentityQueries,
    LifecycleQueries,
    PastQueries,
    SuggestionQueries,
    MatterStatsQueries,
    TouchpointQueries,
    UploadQueries,
    SourceQueries,
    EndpointQueries,
    TokenQueries,
    DocumentQueries,
    JourneyQueries,
    PredictionQueries,
):
    """The reads."""

    @field
    def viewer(self, info: Info) -> Viewer:
        """Who asks."""
        return Viewer.of(info.context.principal)

    @field
    def hub(self, info: Info) -> Hub:
        """The company's settings."""
        return Hub.of(info.context.hub.company)

    @field
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("Its id.")],  # noqa: A002
    ) -> Node | None:
        """Any object by id."""
        return await node(info, id, info.path.as_list())

    @field
    async def nodes(self, info: Info, ids: Annotated[list[strawberry.ID], argument("Their ids.")]) -> list[Node | None]:
        """Objects by id, null where there is none."""
        if len(ids) > MOST_NODES:
            raise InputWrong(f"Ask for at most {MOST_NODES} ids at once.", path="ids")
        return cast("list[Node | None]", await nodes(info, ids))

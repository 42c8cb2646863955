"""Reads about segments."""

from __future__ import annotations

from hub.api.context import Info
from hub.api.graph import field, object_type
from hub.api.types.segments import Segment


@object_type
class SegmentQueries:
    """Reads about segments."""

    @field
    async def segments(self, info: Info) -> list[Segment]:
        """All segments, by name."""
        return [Segment(row=row) for row in await info.context.load.segments.load(0)]

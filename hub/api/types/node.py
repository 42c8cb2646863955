"""The interface of everything that has a global id."""

from __future__ import annotations

import strawberry

from hub.api.fields import column


@strawberry.interface(description="An object with a global id.")
class Node:
    """An object with a global id."""

    id: strawberry.ID = column("The global id; opaque.")

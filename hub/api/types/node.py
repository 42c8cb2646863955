"""The interface of everything that has a global id."""

from __future__ import annotations

import strawberry

from hub.api.graph import column, interface


@interface
class Node:
    """An object with a global id."""

    id: strawberry.ID = column("The global id; opaque.")

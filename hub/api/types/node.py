"""The interface of everything that has a global id."""

from __future__ import annotations

import strawberry

from hub.api.graph import identity, interface


@interface
class Node:
    """An object with a global id."""

    id: strawberry.ID = identity("The global id; opaque.")

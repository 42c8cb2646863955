"""What of the schema is compiled, as the map of fields says: where random documents spend most of their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import GraphQLInterfaceType, GraphQLObjectType

from hub.reads.plan import World, spec_of
from hub.reads.tree import Unsupported

_ALWAYS = ("Connection", "Edge", "PageInfo", "Money", "Node")
"""With what the names of types end whose fields are compiled without being in the map."""


def covered(world: World) -> Mapping[str, Sequence[str]]:
    """The fields of types that are compiled; types that are not named are so whole."""
    return {
        type_.name: [name for name in type_.fields if _is_compiled(world, type_, name)]
        for type_ in world.schema.type_map.values()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not type_.name.endswith(_ALWAYS)
    }


def _is_compiled(world: World, type_: GraphQLObjectType | GraphQLInterfaceType, name: str) -> bool:
    if (type_.name, name) in world.constants:
        return True
    try:
        spec_of(world, type_, name)
    except Unsupported:
        return False
    return True

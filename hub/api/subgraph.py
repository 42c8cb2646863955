"""The hub as a subgraph of Apollo Federation: its schema, and besides what only a gateway asks for.

Everything with a global id is an entity, and its id the key. What other clients see stays without all of this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Optional, Union

import strawberry
from graphql import (
    REMOVE,
    FieldDefinitionNode,
    NamedTypeNode,
    NonNullTypeNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from hub.api.context import Info
from hub.api.graph import argument, described, field
from hub.api.queries.nodes import nodes
from hub.api.queries.root import Query
from hub.api.scalars import Representation
from hub.api.schema import Schema, made, print_schema_text, schema
from hub.api.types.as_of import AsOf, context_as_of
from hub.api.types.node import Node
from hub.api.types.touchpoints import Touchpoint
from hub.errors import InputWrong, NotAllowed

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

SPECIFICATION = "https://specs.apollo.dev/federation/v2.3"
"""The first edition in which an interface may have a key."""
SHARED = ("Money", "PageInfo")
"""Plain values that other subgraphs may have too, by the same names."""
_DEFINITION = re.compile(r"^(?P<head>(?:type|interface) (?P<name>\w+)[^{\n]*) \{$", re.MULTILINE)


def _entities() -> dict[str, type[Node]]:
    kinds = {name: getattr(each.definition, "origin", None) for name, each in schema.schema_converter.type_map.items()}
    return {
        name: kind
        for name, kind in sorted(kinds.items())
        if isinstance(kind, type) and issubclass(kind, Node) and kind is not Node
    }


ENTITIES: Mapping[str, type[Node]] = _entities()
"""Everything with a global id by the name of its type: objects, and the interface ``Touchpoint``."""
_Entity: Any = Annotated[
    Union[tuple(kind for kind in ENTITIES.values() if kind is not Touchpoint)],  # noqa: UP007 (not known before)
    strawberry.union("_Entity", description="Everything with a global id."),
]


@strawberry.type(name="_Service", description="What a gateway composes its schema from.")
class Service:
    """What a gateway composes its schema from."""

    sdl: str = described("The schema in the schema definition language, with keys.")


@dataclass(frozen=True, slots=True)
class _Key:
    """An entity that is asked for."""

    kind: type[Node]
    id: str


async def _found(
    info: Info, representations: Annotated[list[Representation], argument("Which ones, by __typename and id.")]
) -> list[Any]:
    keys = [_key(each) for each in representations]
    # Each stands at its own place, also beside those that are none.
    found = await nodes(info, [key.id if isinstance(key, _Key) else "" for key in keys])
    return [_such(key, each) for key, each in zip(keys, found, strict=True)]


def _key(said: object) -> _Key | InputWrong:
    """The key of a representation, or what is wrong with it."""
    named = said if isinstance(said, dict) else {}
    kind, id_ = ENTITIES.get(str(named.get("__typename"))), named.get("id")
    if kind is None:
        return InputWrong("__typename is not that of an entity of the hub.", path="representations")
    if not isinstance(id_, str):
        return InputWrong("An entity of the hub is named by its id, as text.", path="representations")
    return _Key(kind, id_)


def _such(key: _Key | InputWrong, found: Node | BaseException | None) -> object:
    """What stands in the list: the entity, an error, or nothing where the id is that of something else."""
    if isinstance(key, InputWrong):
        return key
    return found if isinstance(found, key.kind | BaseException) else None


@strawberry.type(name="Query", description=" ".join((Query.__doc__ or "").split()))
class SubgraphQuery(Query):
    """The reads, and what only a gateway asks for."""

    @strawberry.field(name="_service", description="The hub as a subgraph, for who may introspect.")
    def service(self, info: Info) -> Service:
        """The schema that a gateway composes. Raises ``NotAllowed``."""
        if info.context.principal.grants.isdisjoint(info.context.hub.limits.introspection):
            raise NotAllowed("This token may not introspect.")
        return Service(sdl=print_subgraph_text())

    entities: Any = strawberry.field(
        _found, name="_entities", description="Entities by their keys; null where there is none.",
        graphql_type=list[Optional[_Entity]],  # noqa: UP045 (it is not known before)
    )  # fmt: skip

    @field
    async def as_of(self, info: Info, moment: Annotated[AsOf, argument("Which.")]) -> SubgraphQuery:
        """Any reads, answered as of a moment. Lists and analyses need a snapshot as of it, one customer does not."""
        await context_as_of(info, moment)
        return SubgraphQuery()


@cache
def subgraph() -> Schema:
    """The schema of a hub behind a gateway."""
    return made(SubgraphQuery)


def schema_of(hub: Hub) -> Schema:
    """The schema that a hub answers by."""
    return subgraph() if hub.limits.federation else schema


@cache
def print_subgraph_text() -> str:
    """The schema as a gateway composes it: that of all clients with the keys of its entities, and without ``asOf``.

    Below a field that answers a whole ``Query``, a gateway would look for the fields of all other subgraphs.
    """
    text = print_ast(visit(parse(print_schema_text()), _WithoutQueries()))
    linked = f'extend schema @link(url: "{SPECIFICATION}", import: ["@key", "@shareable"])'
    return f"{linked}\n\n{_DEFINITION.sub(_told, text)}\n"


class _WithoutQueries(Visitor):
    def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> Any:
        answers = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
        return REMOVE if isinstance(answers, NamedTypeNode) and answers.name.value == "Query" else None


def _told(definition: re.Match[str]) -> str:
    name = definition["name"]
    directive = ' @key(fields: "id")' if name in ENTITIES else " @shareable" if name in SHARED else ""
    return definition["head"] + directive + " {"

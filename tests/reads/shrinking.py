"""A failing document made as small as it still fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    parse,
    print_ast,
    visit,
)
from graphql.language import Visitor

from hub.api.auth import Principal
from tests.api.conftest import Served
from tests.reads.both_ways import Compiler, Difference, Tally, run
from tests.reads.documents import Asked

MOST_TRIES = 400
_BARE = re.compile(r"\(\s*\)")


def smallest(
    service: Served, who: Principal, asked: Asked, difference: Difference, compiler: Compiler | None = None
) -> Difference:
    """The difference that the smallest document shows which was found by taking selections away."""
    tries = 0
    shrunk = True
    while shrunk:
        shrunk = False
        for smaller in _smaller(asked):
            tries += 1
            if tries > MOST_TRIES:
                return difference
            try:
                service.client.portal.call(run, service.hub, who, smaller, Tally(), compiler)  # type: ignore[union-attr]
            except Difference as found:
                asked, difference, shrunk = smaller, found, True
                break
    return difference


def _smaller(asked: Asked) -> Iterator[Asked]:
    """The document without one of its selections, arguments or directives, the largest first."""
    document = parse(asked.text)
    found: list[tuple[int, Node]] = []

    class Every(Visitor):
        def enter(self, node: Node, *_: Any) -> None:
            if node.kind in {"field", "inline_fragment", "fragment_spread", "argument", "directive", "object_field"}:
                found.append((len(print_ast(node)), node))

    visit(document, Every())
    for _, gone in sorted(found, key=lambda each: -each[0]):
        assert gone.loc is not None
        left = _BARE.sub("", asked.text[: gone.loc.start] + asked.text[gone.loc.end :])
        with suppress(GraphQLSyntaxError):
            yield _tidy(parse(left), asked)


def _declaring(operation: OperationDefinitionNode, kept: tuple[VariableDefinitionNode, ...]) -> Node:
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=kept,
        selection_set=operation.selection_set,
    )


def _tidy(document: DocumentNode, asked: Asked) -> Asked:
    """Without fragments that nothing spreads, and variables that nothing uses."""
    spread = set[str]()
    used = set[str]()

    class Uses(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            spread.add(node.name.value)

        def enter_variable_definition(self, *_: Any) -> Any:
            return False

        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            used.add(node.name.value)

    visit(document, Uses())
    texts = []
    for each in document.definitions:
        if isinstance(each, FragmentDefinitionNode) and each.name.value not in spread:
            continue
        if isinstance(each, OperationDefinitionNode):
            kept = tuple(one for one in each.variable_definitions or () if one.variable.name.value in used)
            texts.append(print_ast(_declaring(each, kept)))
        else:
            texts.append(print_ast(each))
    return Asked(
        "\n".join(texts), {name: asked.variables[name] for name in asked.variables if name in used}, asked.operation
    )

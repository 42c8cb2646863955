"""What an operation asks for below a field: for what is dear to reckon and not always wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from hub.api.context import Info


def names_below(info: Info) -> frozenset[str]:
    """The names of all fields below the one that is resolved, also of those that a directive leaves out."""
    raw = info._raw_info  # noqa: SLF001 (strawberry's own view of it costs more than what it would save)
    return frozenset(name for node in raw.field_nodes for name in _names(node.selection_set, raw.fragments))


def _names(below: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    for each in below.selections if below else ():
        if isinstance(each, FieldNode):
            yield each.name.value
        if isinstance(each, FragmentSpreadNode):
            yield from _names(fragments[each.name.value].selection_set, fragments)
        elif isinstance(each, FieldNode | InlineFragmentNode):
            yield from _names(each.selection_set, fragments)

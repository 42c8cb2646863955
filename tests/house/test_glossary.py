"""One idea, one word: what the SDK and the schema name stands in the glossary, and no synonym does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLObjectType, build_schema

from tests.conftest import ROOT
from tests.house.source_tree import Module, modules

SUFFIXES = (
    *("Edge", "Connection", "Payload", "Input", "Filter", "Order", "OrderField"),
    *("By", "Range", "Row", "Rows", "Key", "Stats", "Dimension"),
)
GRAPHQL = {"Query", "Mutation", "Subscription", "PageInfo"}
# Words for ideas that have another: a touchpoint, a source, a customer, one hub for one company.
BANNED_WORDS = {"Activity", "Event", "Interaction", "Tenant"}
BANNED_NAMES = {"Connection", "Contact", "Datasource", "Person", "Integration"}
# In Relay's sense a Connection is a page of the graph; for a source it would be a synonym.
PAGES = "hub.api.connections.Connection"


def folded(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def glossary(root: Path) -> set[str]:
    """The words of the first column, folded: ``Link decision`` covers a class LinkDecision."""
    rows = re.findall(r"^\| ([^|]+) \|", (root / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {folded(word) for row in rows for word in row.split(",")}


def unexplained_sdk_names(root: Path) -> Iterator[str]:
    words = glossary(root)
    for node in Module("hub.sdk", root / "hub" / "sdk.py").tree.body:
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            if alias.name[0].isupper() and folded(alias.name) not in words:
                yield f"hub.sdk names {alias.name}: explain it in docs/glossary.md"


def unexplained_types(root: Path) -> Iterator[str]:
    path = root / "schema.graphql"
    if not path.exists():
        return
    words = glossary(root)
    for name, type_ in build_schema(path.read_text(encoding="utf-8")).type_map.items():
        if not isinstance(type_, GraphQLObjectType | GraphQLEnumType) or name.startswith("__") or name in GRAPHQL:
            continue
        # Types of touchpoints are kinds, which the graph itself lists and describes.
        if isinstance(type_, GraphQLObjectType) and any(each.name == "Touchpoint" for each in type_.interfaces):
            continue
        if folded(name) not in words and not name.endswith(SUFFIXES):
            yield f"schema.graphql names {name}: explain it in docs/glossary.md"


def synonyms(root: Path) -> Iterator[str]:
    for name, module in modules(root, "hub", "connectors").items():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                parts = set(re.findall(r"[A-Z][a-z]+", node.name))
                full = f"{name}.{node.name}"
                if full != PAGES and (parts & BANNED_WORDS or node.name in BANNED_NAMES):
                    yield f"{full}: the glossary has another word for it"


def test_every_name_is_explained() -> None:
    assert list(unexplained_sdk_names(ROOT)) == []
    assert list(unexplained_types(ROOT)) == []


def test_no_synonym_is_a_class() -> None:
    assert list(synonyms(ROOT)) == []


def test_strange_words_are_seen(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "hub").mkdir()
    (tmp_path / "docs" / "glossary.md").write_text("| Link decision | A person said so. |\n")
    (tmp_path / "hub" / "sdk.py").write_text("from hub.values import LinkDecision, Widget, widget")
    (tmp_path / "hub" / "mail.py").write_text("class MailEvent: ...\nclass Contact: ...\nclass Contacts: ...")
    (tmp_path / "schema.graphql").write_text(
        "interface Touchpoint { id: ID } type Call implements Touchpoint { id: ID } type WidgetEdge { id: ID } "
        "type Query { call: Call edge: WidgetEdge } enum Colour { RED } type LinkDecision { id: ID colour: Colour }"
    )
    assert list(unexplained_sdk_names(tmp_path)) == ["hub.sdk names Widget: explain it in docs/glossary.md"]
    assert list(unexplained_types(tmp_path)) == ["schema.graphql names Colour: explain it in docs/glossary.md"]
    assert list(synonyms(tmp_path)) == [
        "hub.mail.MailEvent: the glossary has another word for it",
        "hub.mail.Contact: the glossary has another word for it",
    ]

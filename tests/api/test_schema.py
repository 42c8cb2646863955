"""The schema: described throughout, committed, and the shape clients rely on."""

import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    parse,
    validate,
)

from hub.api.schema import print_schema_text, schema
from tests.conftest import ROOT

SCHEMA = schema._schema
OWN_TYPES = {name: type_ for name, type_ in SCHEMA.type_map.items() if not name.startswith("__")}
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
DOCUMENTS = sorted((ROOT / "docs" / "queries").glob("*.graphql"))


def test_the_committed_schema_is_this_one() -> None:
    committed = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    assert committed == print_schema_text(), "run scripts/schema"
    build_schema(committed)


def test_everything_is_described() -> None:
    bare = []
    for name, type_ in OWN_TYPES.items():
        if name not in BUILT_IN and not type_.description:
            bare.append(name)
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                bare += [] if field.description else [f"{name}.{field_name}"]
                arguments = getattr(field, "args", {})
                bare += [f"{name}.{field_name}({key})" for key, held in arguments.items() if not held.description]
        if isinstance(type_, GraphQLEnumType):
            bare += [f"{name}.{key}" for key, value in type_.values.items() if not value.description]
    assert bare == []


def test_every_mutation_has_one_input_and_one_payload_with_receipt_and_user_errors() -> None:
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        assert list(field.args) == ["input"], name
        assert isinstance(field.args["input"].type, GraphQLNonNull), name
        payload = field.type.of_type
        assert payload.name.endswith("Payload"), name
        assert {"receipt", "userErrors"} <= set(payload.fields), name


def test_every_connection_has_edges_nodes_and_page_information() -> None:
    connections = [
        type_
        for name, type_ in OWN_TYPES.items()
        if name.endswith("Connection") and isinstance(type_, GraphQLObjectType)
    ]
    assert len(connections) >= 9
    for type_ in connections:
        assert {"edges", "nodes", "pageInfo"} <= set(type_.fields)


def test_nothing_but_the_mirror_of_a_filter_names_python() -> None:
    assert re.findall(r"\b\w+_\b(?=[:(])", print_schema_text()) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_documents_for_pages_are_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#"), "say who sends it"
    document = parse(text)
    assert len(document.definitions) == 1
    assert validate(SCHEMA, document) == []


def test_there_are_documents_for_pages() -> None:
    assert len(DOCUMENTS) >= 12

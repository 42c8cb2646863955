"""The scalars as frontends are told of them are those of the schema."""

import json
import re

from graphql import GraphQLScalarType, build_schema, is_specified_scalar_type

from tests.conftest import ROOT
from tests.frontends.conftest import PAGE, SCALARS, shown

IN_TYPESCRIPT = dict(re.findall(r'^  (\w+): "(\w+)",$', SCALARS.read_text("utf-8"), re.MULTILINE))


def own_scalars() -> set[str]:
    types = build_schema((ROOT / "schema.graphql").read_text("utf-8")).type_map.values()
    scalars = (each for each in types if isinstance(each, GraphQLScalarType))
    return {each.name for each in scalars if not is_specified_scalar_type(each)}


def test_every_scalar_has_its_type_in_typescript_and_a_sentence() -> None:
    assert set(IN_TYPESCRIPT) == own_scalars() | {"ID"}
    told = re.findall(r'\*/\n  (\w+): "\w+",$', SCALARS.read_text("utf-8"), re.MULTILINE)
    assert told == list(IN_TYPESCRIPT)


def test_relay_is_given_the_same_types() -> None:
    given = json.loads(shown("relay.config.json"))["customScalarTypes"]
    assert {"ID": "string", **given} == IN_TYPESCRIPT


def test_the_page_lists_the_same_types() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == IN_TYPESCRIPT

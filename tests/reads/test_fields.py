"""Each field that is compiled, of all the rows there are: chance may miss the one row in which it differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from hub.api.auth import Principal
from hub.api.compiled import reads_of
from hub.api.schema import schema
from tests.api.conftest import EVERYTHING, Served, served
from tests.api.test_predictions import fill, score
from tests.reads.both_ways import OWN, Tally, run
from tests.reads.covered import covered
from tests.reads.documents import Asked
from tests.reads.test_plan import both
from tests.reads.values import Pool

LISTS = {
    "Customer": "customers(first: 100, filter: {relationships: [CUSTOMER, SUPPLIER]})",
    "Touchpoint": "touchpoints(first: 200)",
    "Matter": "matters(first: 100)",
    "Source": "sources",
    "Change": "changes(first: 300)",
}
Covered = Mapping[str, Sequence[str]]
AnyObject = GraphQLObjectType | GraphQLInterfaceType


def documents(known: Covered) -> Iterator[str]:
    """A document for each field, with all that is leaf below it, and what is one step further."""
    for name, list_ in LISTS.items():
        for field in known[name]:
            if shown := below(OWN.type_map[name], field, known, 2):
                yield f"{{ {list_} {{ nodes {{ {shown} }} }} }}"
    for type_ in OWN.get_possible_types(OWN.type_map["Touchpoint"]):  # type: ignore[arg-type]
        yield f"{{ {LISTS['Touchpoint']} {{ nodes {{ ... on {type_.name} {fields(type_, known, 1)} }} }} }}"


def below(type_: object, field: str, known: Covered, depth: int) -> str:
    """A field with what is below it; empty when it needs arguments, or is too deep."""
    assert isinstance(type_, AnyObject)
    definition = type_.fields[field]
    of = get_named_type(definition.type)
    if any(map(is_required_argument, definition.args.values())):
        return ""
    if is_leaf_type(of):
        return field
    assert isinstance(of, AnyObject)
    if depth == 0:
        return ""
    if not of.name.endswith("Connection"):
        return f"{field} {fields(of, known, depth - 1)}"
    node = get_named_type(of.fields["nodes"].type)
    assert isinstance(node, AnyObject)
    return f"{field}(first: 3) {{ nodes {fields(node, known, depth - 1)} }}"


def fields(type_: AnyObject, known: Covered, depth: int) -> str:
    """What is shown of an object."""
    shown = (below(type_, field, known, depth) for field in known.get(type_.name, type_.fields))
    return f"{{ __typename {' '.join(shown)} }}"


@pytest.mark.long
@pytest.mark.parametrize("scopes", [EVERYTHING, ("read",)], ids=["everything", "masked"])
def test_each_field_of_all_rows_is_the_same_both_ways(filled: tuple[Served, Pool], scopes: tuple[str, ...]) -> None:
    service, tally = filled[0], Tally()
    for document in documents(covered(reads_of(service.hub, schema).compiler.world)):
        asked = Asked(document, {})
        service.client.portal.call(run, service.hub, Principal("test", "tok_test", scopes), asked, tally)  # type: ignore[union-attr]
    print(tally)
    assert tally.compared >= 80


@pytest.mark.long
def test_what_is_predicted_of_many_is_the_same_both_ways(hub_address: str) -> None:
    document = """query ($field: CustomerOrderField!, $way: OrderDirection!, $size: Int) {
      customers(first: $size, orderBy: { field: $field, direction: $way }) { edges { cursor node { id engagement
        scores { abcClass recency frequency monetary computedAt }
        value { averageOrder { amount } monetary { amount } recencyDays purchaseDays
          predicted { value { amount currency } pAlive expectedPurchases months ranking computedAt } } } } } }"""
    with served(hub_address) as service:
        fill(service)
        score(service)
        for field in ("PREDICTED_VALUE", "ABC_CLASS", "ENGAGEMENT", "REVENUE"):
            for way in ("ASC", "DESC"):
                edges = both(service, document, field=field, way=way, size=200)["customers"]["edges"]
                assert len(edges) == 123
                assert len([edge for edge in edges if edge["node"]["value"]["predicted"]]) == 120

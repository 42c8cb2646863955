"""Predictions over HTTP: scored by a run, shown with their own errors, ordered and filtered by."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.analysis.shoppers import purchases
from tests.api.conftest import Served

SCORE = """mutation { scorePortfolio(input: {refit: true}) { run { id kind } userErrors { message } } }"""
LISTED = """query ($first: Int, $after: String, $last: Int, $before: String, $direction: OrderDirection!) {
  customers(first: $first, after: $after, last: $last, before: $before,
            orderBy: {field: PREDICTED_VALUE, direction: $direction}) {
    nodes { id value { predicted { value { amount currency } pAlive expectedPurchases months ranking computedAt
      errors { predictor bias mae rankCorrelation } warnings { code }
      models { model holdout { ranking value { predictor rankCorrelation } byRepeats { repeats } } } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
IDS = LISTED.partition("nodes {")[0] + "nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
COUNT = "query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }"
MODELS = """{ fittedModels { model chosen customers unitDays currency firstDay lastDay logLikelihood fittedAt
  parameters { name value standardError } warnings { code parameter text }
  holdout { firstDay splitDay lastDay customers ranking purchases { predictor predicted actual } } } }"""


def fill(service: Served, customers: int = 120) -> None:
    """Customers who buy until they leave, and three who only wrote."""
    late = (date(2026, 10, 1) - date(2024, 1, 1)).days - 730
    rows: list[dict[str, Any]] = []
    for each in purchases(customers):
        (told,) = json.loads(each.payload)
        at = (date.fromisoformat(told["at"]) + timedelta(days=late)).isoformat()
        rows.append({"kind": "invoice", "at": at, "amount": told["amount"], "who": told["who"],
                     "properties": {"number": told["document"]}})  # fmt: skip
    for start in range(0, len(rows), 100):
        service.tell(*rows[start : start + 100])
    service.tell(*({"kind": "form", "channel": "WEB", "who": {"email": f"n{each}@x.org"}} for each in range(3)))


def score(service: Served) -> str:
    """Score, and wait until that has ended; the kind of the run."""
    done = service.ask(SCORE)["scorePortfolio"]
    assert done["userErrors"] == []
    service.client.portal.call(service.hub.scoring.scored)  # type: ignore[union-attr]
    return str(done["run"]["kind"])


def test_predictions_order_and_narrow_lists_and_carry_their_errors(service: Served) -> None:
    fill(service)
    before = service.ask(LISTED, first=500, direction="DESC")["customers"]["nodes"]
    assert [each["value"]["predicted"] for each in before] == [None] * 123
    assert score(service) == "SCORE"
    nodes = service.ask(LISTED, first=500, direction="DESC")["customers"]["nodes"]
    assert len(nodes) == 123
    told = [each["value"]["predicted"] for each in nodes]
    assert told[120:] == [None] * 3, "who bought nothing comes last"
    first = told[0]
    assert (first["months"], first["value"]["currency"]) == (12, "BDT")
    assert 0 <= first["pAlive"] <= 1
    assert {each["predictor"] for each in first["errors"]} == {"MODEL", "PAST_SPEND", "PAST_RATE"}
    assert [each["model"] for each in first["models"]][1] == "GAMMA_GAMMA"
    if first["ranking"] == "MODEL":
        values = [float(each["value"]["amount"]) for each in told[:120]]
        assert values == sorted(values, reverse=True)
    middle = sorted(float(each["value"]["amount"]) for each in told[:120])[60]
    ask = {"predictedValue": {"min": str(middle)}}
    assert service.ask(COUNT, filter=ask)["customers"]["totalCount"] in range(60, 64)
    sure = sum(each["pAlive"] >= 0.5 for each in told[:120])
    assert service.ask(COUNT, filter={"pAlive": {"min": 0.5}})["customers"]["totalCount"] == sure
    assert service.ask(COUNT, filter={"pAlive": {"min": 0, "max": 1}})["customers"]["totalCount"] == 120


@pytest.mark.parametrize("direction", ["DESC", "ASC"])
def test_pages_by_predicted_value_cover_everybody_once_both_ways(lite: Served, direction: str) -> None:
    fill(lite, 105)
    score(lite)
    whole = [each["id"] for each in lite.ask(IDS, first=500, direction=direction)["customers"]["nodes"]]
    assert len(set(whole)) == 108
    for size in (7, 52, 105, 106):
        ahead: list[str] = []
        after = None
        while True:
            page = lite.ask(IDS, first=size, after=after, direction=direction)["customers"]
            ahead += [each["id"] for each in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert ahead == whole
        back: list[str] = []
        before = None
        while True:
            page = lite.ask(IDS, last=size, before=before, direction=direction)["customers"]
            back = [each["id"] for each in page["nodes"]] + back
            before = page["pageInfo"]["startCursor"]
            if not page["pageInfo"]["hasPreviousPage"]:
                break
        assert back == whole


def test_the_fitted_models_are_for_analysts(lite: Served) -> None:
    fill(lite, 105)
    score(lite)
    models = lite.ask(MODELS)["fittedModels"]
    assert {each["model"] for each in models} == {"BG_NBD", "PARETO_NBD", "GAMMA_GAMMA"}
    assert [each["chosen"] for each in models] == [True, True, False]
    for each in models:
        assert each["unitDays"] == 7
        assert all(parameter["value"] > 0 for parameter in each["parameters"])
        if each["model"] != "GAMMA_GAMMA":
            assert each["holdout"]["customers"] <= 105
            assert each["holdout"]["splitDay"] < each["holdout"]["lastDay"]
    reader = lite.new_token("read")
    assert lite.refusal(MODELS, reader)[0] == "FORBIDDEN"
    assert lite.refusal(SCORE, reader)[0] == "FORBIDDEN"
    shown = lite.ask(LISTED, reader, first=1, direction="DESC")["customers"]["nodes"]
    assert shown[0]["value"]["predicted"]["pAlive"] is not None


def test_a_prediction_is_in_the_currency_of_the_hub_alone(lite: Served) -> None:
    fill(lite, 105)
    score(lite)
    asked = """{ customers(first: 1, orderBy: {field: PREDICTED_VALUE}) { nodes {
      value(currency: "USD") { predicted { pAlive } } own: value(currency: "BDT") { predicted { pAlive } } } } }"""
    (node,) = lite.ask(asked)["customers"]["nodes"]
    assert node["value"]["predicted"] is None
    assert node["own"]["predicted"]["pAlive"] is not None
    refused = lite.refusal(COUNT, filter={"predictedValue": {"min": "1", "currency": "USD"}})
    assert refused == ("BAD_USER_INPUT", "Values are predicted in the hub's currency alone.")
    assert lite.refusal(COUNT, filter={"pAlive": {"min": 2}})[1] == "A probability is between 0 and 1."


def test_nothing_is_predicted_as_of_another_moment(lite: Served) -> None:
    fill(lite, 105)
    score(lite)
    (node,) = lite.ask(IDS, first=1, direction="DESC")["customers"]["nodes"]
    asked = """query ($id: ID!) { customer(by: {id: $id}, asOf: {occurredUntil: "2099-01-01T00:00:00.000000Z"}) {
      value { orders predicted { pAlive } } } }"""
    value = lite.ask(asked, id=node["id"])["customer"]["value"]
    assert value["orders"] > 0
    assert value["predicted"] is None

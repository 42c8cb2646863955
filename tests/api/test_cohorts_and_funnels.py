"""Cohorts and funnels over a served hub, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.analysis import accounts
from hub.settings import Company
from hub.store import blocks, scans
from tests.api.conftest import Served, served

ANNA, BERT, CARL = ({"email": f"{name}@example.com"} for name in ("anna", "bert", "carl"))
FIRM = {"vat": "DE1"}


def did(kind: str, at: str, who: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "channel": "WEB", "at": at, "who": who, **more}


def bought(at: str, who: dict[str, str], amount: str, **more: Any) -> dict[str, Any]:
    return did("invoice", at, who, amount=amount, **more)


def cohorts(service: Served, arguments: str = "(periods: 12)") -> Any:
    return service.ask(
        "{ cohorts" + arguments + " { cohorts { startsOn size periods { period customers rate amount { amount currency"
        " } } } retention notConverted { amount currency } } }"
    )["cohorts"]


def counts(found: Any) -> dict[str, tuple[int, list[int]]]:
    """Size and customers of each period by the first day of a cohort."""
    return {
        each["startsOn"]: (each["size"], [period["customers"] for period in each["periods"]])
        for each in found["cohorts"]
    }


def fill(service: Served) -> None:
    service.tell(
        did("form", "2025-11-30T22:00:00+00:00", ANNA),
        bought("2025-12-31T17:59:00+00:00", ANNA, "100.00"),
        bought("2026-01-31T10:00:00+00:00", ANNA, "20.00"),
        bought("2026-01-31T11:00:00+00:00", ANNA, "5.50"),
        # The first of January where the hub is.
        bought("2025-12-31T18:00:00+00:00", BERT, "7.00"),
        bought("2026-03-05T10:00:00+00:00", BERT, "9.00", currency="EUR"),
        did("form", "2026-02-03T10:00:00+00:00", CARL),
        did("meeting", "2026-03-01T10:00:00+00:00", {**CARL, **FIRM}),
        bought("2026-03-31T10:00:00+00:00", FIRM, "1000.00"),
    )


DHAKA = Company(currency="BDT", country="BD", time_zone="Asia/Dhaka", fiscal_year_starts_in_month=2)


@pytest.fixture
def shop(hub_address: str) -> Any:
    with served(hub_address, DHAKA) as service:
        fill(service)
        yield service


def test_customers_are_grouped_by_when_they_first_bought(shop: Served) -> None:
    found = cohorts(shop)
    assert counts(found) == {
        "2025-12-01": (1, [1, 1, 0, 0]),
        "2026-01-01": (1, [1, 0, 1]),
        "2026-03-01": (1, [1]),
    }
    december = found["cohorts"][0]
    assert [period["amount"]["amount"] for period in december["periods"]] == ["100.00", "25.50", "0.00", "0.00"]
    assert [period["rate"] for period in december["periods"]] == [1.0, 1.0, 0.0, 0.0]
    assert found["retention"] == [1.0, 0.5, 0.5, 0.0]
    assert found["notConverted"] == [{"amount": "9.00", "currency": "EUR"}]

    assert counts(cohorts(shop, "(period: QUARTER)")) == {"2025-10-01": (1, [1, 1]), "2026-01-01": (2, [2])}
    assert counts(cohorts(shop, "(period: FISCAL_QUARTER)")) == {"2025-11-01": (2, [2, 1]), "2026-02-01": (1, [1])}
    began = '(periods: 1, within: {from: "2025-12-31T18:00:00Z", until: "2026-02-01T00:00:00Z"})'
    assert counts(cohorts(shop, began)) == {"2026-01-01": (1, [1, 0])}
    assert counts(cohorts(shop, "(filter: {kinds: [ORGANISATION]})")) == {"2026-03-01": (1, [1])}

    assert counts(cohorts(shop, "(by: FIRST_TOUCH)")) == {
        "2025-12-01": (1, [1, 1, 0, 0]),
        "2026-01-01": (1, [1, 0, 1]),
        "2026-02-01": (1, [0, 0]),  # what Carl's firm bought is the firm's
        "2026-03-01": (1, [1]),
    }


def funnel(service: Served, arguments: str = "") -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = service.ask(
        "{ funnel" + arguments + " { name customers conversion overall medianTime stage entered stillThere left"
        " medianStay meanStay } }"
    )["funnel"]
    return steps


STEPS = 'steps: [{kinds: ["form"]}, {kinds: ["invoice", "quote"]}, {amount: {max: "50", currency: "BDT"}}]'


def test_customers_come_from_step_to_step(shop: Served) -> None:
    first, second, third = funnel(shop, f"({STEPS})")
    assert (first["name"], first["customers"], first["conversion"], first["medianTime"]) == ("form", 2, None, None)
    assert (second["name"], second["customers"], second["conversion"]) == ("invoice, quote", 1, 0.5)
    assert second["medianTime"] == "P30DT71940S"
    assert (third["name"], third["customers"], third["conversion"], third["overall"]) == ("3", 1, 1.0, 0.5)
    assert third["medianTime"] == "P30DT57660S"
    assert (third["stage"], third["entered"], third["meanStay"]) == (None, None, None)
    assert [each["customers"] for each in funnel(shop, f'({STEPS}, within: "P31D")')] == [2, 1, 0]
    assert [each["customers"] for each in funnel(shop, f"({STEPS}, filter: {{stages: [LEAD]}})")] == [1, 0, 0]


def test_steps_of_a_firm_are_what_was_done_in_its_name(shop: Served) -> None:
    steps = '(steps: [{kinds: ["meeting"]}, {kinds: ["invoice"]}], filter: {kinds: [ORGANISATION]})'
    assert [(each["customers"], each["medianTime"]) for each in funnel(shop, steps)] == [(1, None), (1, "P30D")]


def test_the_stages_are_a_funnel(shop: Served) -> None:
    found = {each["name"]: each for each in funnel(shop)}
    assert list(found) == ["PROSPECT", "LEAD", "OPPORTUNITY", "CUSTOMER", "LOYAL", "ADVOCATE"]
    assert [each["customers"] for each in found.values()] == [4, 4, 3, 3, 1, 0]
    lead, customer, loyal = found["LEAD"], found["CUSTOMER"], found["LOYAL"]
    # Anna and Carl came by a form, the firm by its meeting; Bert bought at once.
    assert (lead["entered"], lead["stillThere"], lead["left"]) == (3, 1, 2)
    assert (lead["medianStay"], lead["meanStay"]) == ("P30DT35970S", "P30DT35970S")
    assert (customer["entered"], customer["stillThere"], customer["conversion"]) == (3, 2, 1.0)
    assert (loyal["customers"], loyal["conversion"], loyal["medianTime"]) == (1, 1 / 3, "P30DT61260S")
    assert found["ADVOCATE"]["conversion"] == 0.0


def test_an_empty_hub_has_no_cohorts_and_nobody_in_a_funnel(lite: Served) -> None:
    assert cohorts(lite) == {"cohorts": [], "retention": [], "notConverted": []}
    assert cohorts(lite, "(by: FIRST_TOUCH)")["cohorts"] == []
    assert [(each["customers"], each["conversion"]) for each in funnel(lite, f"({STEPS})")] == [
        (0, None), (0, None), (0, None),
    ]  # fmt: skip
    assert {each["customers"] for each in funnel(lite)} == {0}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ cohorts(periods: 121) { retention } }", "Ask for 0 to 120 periods."),
        ('{ funnel(within: "P1D") { name } }', "The funnel of the stages has no span."),
        ("{ funnel(steps: [" + "{}" * 11 + "]) { name } }", "A funnel has at most 10 steps."),
        ('{ funnel(steps: [{}], within: "PT0S") { name } }', "That duration is nothing."),
    ],
)
def test_what_makes_no_sense_is_refused(lite: Served, document: str, message: str) -> None:
    assert lite.refusal(document) == ("BAD_USER_INPUT", message)


def test_cohorts_and_funnels_are_for_analysts(lite: Served) -> None:
    token = lite.new_token("read", "write", "manage")
    assert lite.refusal("{ cohorts { retention } }", token)[0] == "FORBIDDEN"
    assert lite.refusal("{ funnel { name } }", token)[0] == "FORBIDDEN"


def test_a_hub_too_large_to_be_held_at_once_is_read_in_parts(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 'model: MARKOV, lookback: "P100Y"'
    document = "{ attribution(" + asked + ") { rows { key { channel } conversions removalEffect } conversions paths } }"
    whole = funnel(shop, f"({STEPS})"), funnel(shop), shop.ask(document)
    monkeypatch.setattr(accounts, "_HELD", 3)
    monkeypatch.setattr(accounts, "_TOGETHER", 1)
    monkeypatch.setattr(scans, "_TOGETHER", 2)
    monkeypatch.setattr(blocks, "_TOGETHER", 2)
    assert (funnel(shop, f"({STEPS})"), funnel(shop), shop.ask(document)) == whole


def test_more_people_than_connections_may_ask_at_once(service: Served) -> None:
    fill(service)
    document = "{ funnel { customers } cohorts { retention } }"
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: service.post(document).json(), range(24)))
    assert all(answer["data"]["funnel"][0]["customers"] == 4 for answer in answers)

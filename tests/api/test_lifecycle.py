"""Stage and standing over GraphQL: how long each stage lasted, what people decide about it, and rules that are set."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.analysis import reckonings
from hub.journey.rules import default_text, load_rules
from tests.api.conftest import Served

ANNA = {"email": "anna@example.com"}
BOTH_STAGES = (
    "{ customers { nodes { id lifecycle { stage since nextChangeAt stages { stage enteredAt latestEnteredAt exitedAt "
    "times latestDays totalDays } because { rule ruleVersion decided decidedBy reason until facts text "
    "touchpoints { id kind } } history { axis before after at because { rule decided } } } } } }"
)
DECIDE = (
    "mutation ($input: DecideStageInput!) { decideStage(input: $input) { customers { id lifecycle { stage } } "
    "receipt { processed } userErrors { code message path } } }"
)
STRICT = default_text().replace('version = "1"', 'version = "strict"').replace("at_least = 3", "at_least = 2")


def lives(service: Served, token: str | None = None) -> dict[str, dict[str, Any]]:
    return {each["id"]: each["lifecycle"] for each in service.ask(BOTH_STAGES, token)["customers"]["nodes"]}


def only(service: Served, token: str | None = None) -> dict[str, Any]:
    (life,) = lives(service, token).values()
    return life


def decide(service: Served, **given: object) -> dict[str, Any]:
    (customer,) = lives(service)
    done: dict[str, Any] = service.ask(DECIDE, input={"customers": [customer], "reason": "They asked.", **given})[
        "decideStage"
    ]
    return done


def bought(service: Served, *days: str, who: dict[str, str] = ANNA) -> None:
    service.tell(
        *({"kind": "invoice", "at": day, "title": day, "amount": "10.00", "who": who, "properties": {"number": day}}
          for day in days)
    )  # fmt: skip


def test_each_stage_says_when_it_was_entered_and_how_long_it_lasted(service: Served) -> None:
    service.tell({"kind": "form", "at": "2026-01-01T09:00:00+00:00", "who": ANNA})
    bought(service, "2026-01-11T09:00:00+00:00")
    lead, customer = only(service)["stages"]
    assert lead == {
        "stage": "LEAD", "enteredAt": "2026-01-01T09:00:00.000000Z", "latestEnteredAt": "2026-01-01T09:00:00.000000Z",
        "exitedAt": "2026-01-11T09:00:00.000000Z", "times": 1, "latestDays": 10.0, "totalDays": 10.0,
    }  # fmt: skip
    since = (datetime.now(UTC) - datetime(2026, 1, 11, 9, tzinfo=UTC)) / timedelta(days=1)
    assert (customer["stage"], customer["exitedAt"], customer["times"]) == ("CUSTOMER", None, 1)
    assert customer["latestDays"] == pytest.approx(since, abs=0.01)
    assert customer["totalDays"] == customer["latestDays"]


def test_a_stage_that_was_left_and_entered_again_adds_up(service: Served) -> None:
    service.tell({"kind": "form", "at": "2026-01-01T09:00:00+00:00", "who": ANNA})
    bought(service, "2026-01-11T09:00:00+00:00")
    service.tell(
        {"kind": "credit_note", "at": "2026-01-16T09:00:00+00:00", "title": "c", "amount": "10.00", "who": ANNA,
         "properties": {"settles": "2026-01-11T09:00:00+00:00"}},
    )  # fmt: skip
    bought(service, "2026-01-19T09:00:00+00:00")
    lead, customer = only(service)["stages"]
    assert (lead["times"], lead["latestDays"], lead["totalDays"]) == (2, 3.0, 13.0)
    assert (lead["enteredAt"], lead["latestEnteredAt"], lead["exitedAt"]) == (
        "2026-01-01T09:00:00.000000Z", "2026-01-16T09:00:00.000000Z", "2026-01-19T09:00:00.000000Z",
    )  # fmt: skip
    assert (customer["times"], customer["totalDays"] - customer["latestDays"]) == (2, pytest.approx(5.0))


def test_a_person_decides_the_stage_and_it_says_so(service: Served) -> None:
    service.tell({"kind": "form", "at": "2026-01-01T09:00:00+00:00", "who": ANNA})
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    done = decide(service, stage="LOYAL", until=until)
    assert (done["userErrors"], done["receipt"]) == ([], {"processed": True})
    assert [each["lifecycle"]["stage"] for each in done["customers"]] == ["LOYAL"]
    life = only(service)
    because = life["because"]
    assert (because["rule"], because["decided"], because["reason"]) == ("decided", True, "They asked.")
    assert because["decidedBy"] == "test"
    assert because["until"] == life["nextChangeAt"]
    assert [each["kind"] for each in because["touchpoints"]] == ["profile"]
    assert life["history"][-1]["because"] == {"rule": "decided", "decided": True}
    hidden = only(service, service.new_token("read"))["because"]
    assert (hidden["reason"], hidden["facts"]["reason"], hidden["decided"]) == (None, None, True)


def test_a_decision_is_replaced_and_taken_back(service: Served) -> None:
    service.tell({"kind": "form", "at": "2026-01-01T09:00:00+00:00", "who": ANNA})
    decide(service, stage="LOYAL")
    decide(service, stage="CUSTOMER")
    assert only(service)["stage"] == "CUSTOMER"
    decide(service)
    life = only(service)
    assert (life["stage"], life["because"]["rule"], life["because"]["decided"]) == ("LEAD", "came_to_us", False)
    assert [(each["after"], each["because"]["rule"]) for each in life["history"] if each["axis"] == "STAGE"] == [
        ("LEAD", "came_to_us"), ("LOYAL", "decided"), ("CUSTOMER", "decided"), ("LEAD", "decision_ended"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"stage": "LOYAL", "reason": " "}, ["reason"], "Say why: the reason is shown with the stage."),
        ({"stage": "LOYAL", "until": "2020-01-01T00:00:00Z"}, ["until"], "A decision ends in the future."),
        ({"until": "2999-01-01T00:00:00Z"}, ["until"], "A decision that is taken back has no end."),
        ({"stage": "LOYAL", "customers": ["cus_none"]}, ["customers", "0"], "There is no such customer."),
        ({"stage": "LOYAL", "customers": []}, ["customers"], "Decide about 1 to 500 customers at once."),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    lite: Served, given: dict[str, Any], path: list[str], message: str
) -> None:
    lite.tell({"kind": "form", "at": "2026-01-01T09:00:00+00:00", "who": ANNA})
    (error,) = decide(lite, **given)["userErrors"]
    assert (error["path"], error["message"]) == (path, message)


PREVIEW = (
    "query ($rules: String!) { previewLifecycleRules(rules: $rules) { ruleVersion customers changed "
    "differences { name before after } shifts { axis before after customers } examples { id customer { id } "
    "stageBefore stageAfter standingBefore standingAfter because { rule text } } } }"
)
APPLY = (
    "mutation ($input: ApplyLifecycleRulesInput!) { applyLifecycleRules(input: $input) { preview { changed } "
    "receipt { processed } userErrors { message path } } }"
)
RULES = "{ hub { lifecycleRules { version ruleVersion number decidedBy reason customersWaiting text } } }"


def test_a_preview_says_who_would_have_another_stage_and_writes_nothing(service: Served) -> None:
    bought(service, "2026-01-11", "2026-02-11")
    bought(service, "2026-01-12", who={"email": "other@example.com"})
    seen = service.ask(PREVIEW, rules=STRICT)["previewLifecycleRules"]
    assert (seen["customers"], seen["changed"]) == (2, 1)
    assert seen["ruleVersion"] == load_rules(STRICT).name
    assert seen["shifts"] == [{"axis": "STAGE", "before": "CUSTOMER", "after": "LOYAL", "customers": 1}]
    (example,) = seen["examples"]
    assert example["customer"]["id"] == example["id"]
    assert (example["stageBefore"], example["stageAfter"]) == ("CUSTOMER", "LOYAL")
    assert example["because"] == {"rule": "bought_often", "text": "Bought 2 times within 365 days."}
    assert [each["name"] for each in seen["differences"]] == ["stages.bought_often.at_least"]
    assert {life["stage"] for life in lives(service).values()} == {"CUSTOMER"}
    assert service.ask(RULES)["hub"]["lifecycleRules"]["number"] == "0"


def test_a_preview_that_takes_long_goes_on_and_is_given_to_who_asks_again(
    lite: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought(lite, "2026-01-11", "2026-02-11")
    monkeypatch.setattr(reckonings, "PATIENCE", 0.0)
    answer = lite.post(PREVIEW, {"rules": STRICT}).json()
    assert answer["errors"][0]["extensions"]["code"] == "RETRY_LATER"
    end = time.monotonic() + 20
    while "errors" in answer:
        assert time.monotonic() < end
        time.sleep(0.02)
        answer = lite.post(PREVIEW, {"rules": STRICT}).json()
    assert answer["data"]["previewLifecycleRules"]["changed"] == 1
    dry = lite.ask(APPLY, input={"rules": STRICT, "reason": "two are enough", "dryRun": True})
    assert dry["applyLifecycleRules"]["preview"] == {"changed": 1}


def test_rules_that_are_applied_fold_everybody_again_and_the_former_ones_undo_it(service: Served) -> None:
    bought(service, "2026-01-11", "2026-02-11")
    before = only(service)
    dry = service.ask(APPLY, input={"rules": STRICT, "reason": "two are enough", "dryRun": True})
    assert dry["applyLifecycleRules"] == {"preview": {"changed": 1}, "receipt": None, "userErrors": []}
    done = service.ask(APPLY, input={"rules": STRICT, "reason": "two are enough"})["applyLifecycleRules"]
    assert (done["receipt"], done["userErrors"]) == ({"processed": True}, [])
    wait(service)
    life = only(service)
    assert (life["stage"], life["because"]["ruleVersion"]) == ("LOYAL", load_rules(STRICT).name)
    stand = service.ask(RULES)["hub"]["lifecycleRules"]
    assert (stand["version"], stand["decidedBy"], stand["reason"]) == ("strict", "test", "two are enough")
    assert (stand["text"], stand["customersWaiting"]) == (STRICT, 0)
    service.ask(APPLY, input={"rules": default_text(), "reason": "no"})
    wait(service)
    assert only(service)["history"] == before["history"]


def wait(service: Served) -> None:
    """Until everybody is folded by the rules that stand."""
    end = time.monotonic() + 20
    while service.ask(RULES)["hub"]["lifecycleRules"]["customersWaiting"]:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_wrong_rules_are_refused_with_the_place(lite: Served) -> None:
    wrong = re.sub(r"at_risk_after_days = \d+", "at_risk_after_days = 400", default_text())
    (error,) = lite.ask(APPLY, input={"rules": wrong, "reason": "r"})["applyLifecycleRules"]["userErrors"]
    assert error["message"] == (
        "The lifecycle rules are wrong at standing: at_risk_after_days must be less than lapsed_after_days"
    )
    (error,) = lite.ask(APPLY, input={"rules": default_text(), "reason": "r"})["applyLifecycleRules"]["userErrors"]
    assert error["message"] == "These rules stand already."

"""Rules are data: what a file may say, what the hub answers to a wrong one, and how they are named."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hub.errors import ConfigWrong
from hub.journey.lifecycle import lifecycle
from hub.journey.rules import default_text, load_rules
from hub.journey.standing_rules import StandingRules
from hub.values import Channel, RevenueBasis, Stage
from tests.journey.moments import INBOUND, moment, on

STANDING = "[standing]\nat_risk_after_days = 90\nlapsed_after_days = 365\n"
VISITS = """
version = "spring"
[[stages]]
rule = "keen"
stage = "LEAD"
when = "touchpoint"
kinds = ["page_view"]
channels = ["WEB"]
at_least = 3
within_days = 7
text = "{count} visits in {days} days: {kind} by {channel}."
"""


def wrong(text: str) -> str:
    with pytest.raises(ConfigWrong) as caught:
        load_rules(text)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_the_default_rules_reach_every_stage() -> None:
    rules = load_rules()
    found = {rule.stage for rule in rules.stages}
    assert found == set(Stage)
    assert rules.version == "1"


def test_the_name_is_version_and_digest() -> None:
    rules = load_rules()
    assert rules.name == f"1+{rules.digest[:8]}"
    assert re.fullmatch("[0-9a-f]{64}", rules.digest)


def test_comments_and_layout_do_not_change_the_digest_and_the_basis_does() -> None:
    assert load_rules("# mine\n" + default_text()).digest == load_rules().digest
    assert load_rules(basis=RevenueBasis.CASH).digest != load_rules().digest
    assert load_rules(default_text().replace("= 90", "= 91")).digest != load_rules().digest


def test_a_rule_counts_touchpoints_within_days() -> None:
    rules = load_rules(VISITS + STANDING)
    views = [moment("page_view", day, INBOUND) for day in (0, 5, 8, 12)]
    life = lifecycle(views, rules, on(20))
    assert (life.stage, life.since) == (Stage.LEAD, on(12))
    assert life.because is not None
    assert life.because.text == "3 visits in 7 days: page view by WEB."
    assert life.because.facts == {"kind": "page_view", "channel": "WEB", "count": 3, "days": 7}
    assert life.because.touchpoints == ("page_view@5", "page_view@8", "page_view@12")
    assert lifecycle(views[:3], rules, on(20)).stage is None
    in_the_app = [replace(view, channel=Channel.APP) for view in views]
    assert lifecycle(in_the_app, rules, on(20)).stage is None


def test_a_kind_of_one_connector_may_be_named() -> None:
    rules = load_rules(VISITS.replace('"page_view"', '"pos.loyalty_scan"') + STANDING)
    assert rules.touchpoint[0].condition.kinds == ("pos.loyalty_scan",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = ", "The lifecycle rules are not TOML: Invalid value (at end of document)"),
        (VISITS, "The lifecycle rules are wrong at standing: Field required"),
        (STANDING, "The lifecycle rules are wrong at version: Field required"),
        (
            VISITS.replace('"page_view"', '"page_veiw"') + STANDING,
            "The lifecycle rules are wrong at stages[0].kinds[0]: there is no kind 'page_veiw'",
        ),
        (
            VISITS.replace("{days}", "{weeks}") + STANDING,
            (
                "The lifecycle rules are wrong at stages[0]: text: {weeks} is not a fact of this rule; "
                "it has channel, count, days, kind, score, sum, unit"
            ),
        ),
        (
            VISITS.replace("LEAD", "FRIEND") + STANDING,
            (
                "The lifecycle rules are wrong at stages[0].stage: Input should be "
                "'PROSPECT', 'LEAD', 'OPPORTUNITY', 'CUSTOMER', 'LOYAL' or 'ADVOCATE'"
            ),
        ),
        (
            VISITS.replace("at_least = 3", "at_least = 0") + STANDING,
            "The lifecycle rules are wrong at stages[0].at_least: Input should be greater than 0",
        ),
        (
            VISITS.replace("at_least", "atleast") + STANDING,
            "The lifecycle rules are wrong at stages[0].atleast: there is no such key",
        ),
        (
            VISITS + 'unit = "nps"\n' + STANDING,
            "The lifecycle rules are wrong at stages[0]: unit and score_at_least come together",
        ),
        (
            VISITS + VISITS.partition('"spring"')[2] + STANDING,
            "The lifecycle rules are wrong at the top: stages: two rules are named 'keen'",
        ),
        (
            VISITS + STANDING.replace("90", "365"),
            "The lifecycle rules are wrong at standing: at_risk_after_days must be less than lapsed_after_days",
        ),
        (
            VISITS.replace('when = "touchpoint"\n', "") + STANDING,
            "The lifecycle rules are wrong at stages[0]: when must be touchpoint, answer, purchase or all",
        ),
    ],
)
def test_wrong_rules_are_refused_with_one_sentence(text: str, message: str) -> None:
    assert wrong(text) == message


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (VISITS + STANDING + "[sales]\n", "version, stages, standing"),
        (VISITS + STANDING + "most_days = 3\n", "{standing}"),
        (
            VISITS.replace("at_least", "atleast") + STANDING,
            (
                "rule, stage, text, lasts_days, at_least, within_days, when, kinds, directions, channels, automated, "
                "deal_open, unit, score_at_least, sum_at_least"
            ),
        ),
    ],
    ids=["top", "standing", "stage"],
)
def test_a_misspelt_key_is_told_with_those_that_there_are(text: str, names: str) -> None:
    with pytest.raises(ConfigWrong) as caught:
        load_rules(text)
    assert caught.value.message.endswith(": there is no such key")
    assert caught.value.hint == f"There are: {names.format(standing=', '.join(StandingRules.model_fields))}."


@pytest.mark.parametrize("brace", ["{days", "days}", "{}", "{kind!r}", "{kind:>9}"])
def test_a_text_with_a_loose_brace_is_refused(brace: str) -> None:
    assert wrong(VISITS.replace("{days}", brace) + STANDING) == (
        "The lifecycle rules are wrong at stages[0]: text: braces hold the name of a fact and nothing else, like {kind}"
    )

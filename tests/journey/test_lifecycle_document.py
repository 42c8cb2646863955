"""docs/lifecycle.md says what the code does: its examples load, and the rules it names exist."""

from __future__ import annotations

import re
from pathlib import Path

from hub.journey.rules import default_text, load_rules
from hub.values import Stage, Standing

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_of_stages_can_be_added_to_the_default_rules() -> None:
    stages, _, standing = default_text().partition("[standing]")
    rules = load_rules(f"{stages}{EXAMPLES[0]}{EXAMPLES[1]}[standing]{standing}")
    assert {"keen_visitor", "card_scanned", "spender", "close"} <= {rule.rule for rule in rules.stages}


def test_the_examples_of_standing_can_replace_the_default() -> None:
    stages = default_text().partition("[standing]")[0]
    merchant, rhythm, alive = (load_rules(stages + each).standing for each in EXAMPLES[2:])
    assert (merchant.at_risk_after_days, merchant.lapsed_after_days) == (240, 720)
    assert (rhythm.at_risk_after_rhythms, rhythm.lapsed_between_days) == (2.5, (60, 720))
    assert alive.model is not None
    assert alive.model.parameters == {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


def test_every_rule_that_no_file_holds_is_explained() -> None:
    assert re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \| st", PAGE, re.MULTILINE) == [
        ("credited", ""), ("expired", ""), ("decided", ""), ("decision_ended", ""), ("contact", ""),
        ("at_risk", "lapsed"), ("won_back", ""),
    ]  # fmt: skip


def test_every_stage_and_standing_is_explained() -> None:
    assert {*Stage, *Standing} <= set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))

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
    rules = load_rules(f"{stages}{EXAMPLES[0]}[standing]{standing}")
    assert {"keen_visitor", "card_scanned"} <= {rule.rule for rule in rules.stages}


def test_the_example_of_standing_can_replace_the_default() -> None:
    rules = load_rules(default_text().partition("[standing]")[0] + EXAMPLES[1])
    assert (rules.standing.at_risk_after_days, rules.standing.lapsed_after_days) == (240, 720)


def test_every_stage_and_standing_is_explained() -> None:
    assert {*Stage, *Standing} <= set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))

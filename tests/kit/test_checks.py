"""Each check of the kit finds what it is there to find, and nothing else: one hostile connector for each."""

from __future__ import annotations

import re

import pytest

from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.kit.hostile import HOSTILE
from tests.kit.outcomes import outcome, red
from tests.kit.till import TillSuite

CHECKS = list(TillSuite.checks())


def test_there_is_a_hostile_connector_for_each_check() -> None:
    assert sorted(HOSTILE) == sorted(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_connector_is_green(check: str) -> None:
    assert outcome(TillSuite, check) == "ok"


@pytest.mark.parametrize("check", CHECKS)
def test_the_fault_that_a_check_is_for_turns_it_red(check: str) -> None:
    assert outcome(HOSTILE[check], check) not in ("ok", "-")


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS)
def test_the_fault_that_a_check_is_for_turns_no_other_red(check: str) -> None:
    assert list(red(HOSTILE[check])) == [check]


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_says_in_a_line_what_it_proves(check: str) -> None:
    said = TillSuite.checks()[check]
    assert said.endswith(".")
    assert len(said) > 30


def test_the_document_lists_the_checks() -> None:
    shown = (ROOT / "docs" / "connector.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \| (.+\.) \|$", shown, re.MULTILINE) == list(ConnectorSuite.checks().items())

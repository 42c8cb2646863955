"""The streams have teeth: whoever breaks the rule is seen within few runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.mutants import ALL, QUICK, Mutant
from tests.ingest.runs import tallied

STREAMS = (874, *range(400))
"""In 874 it matters that a decision was put back, which is rare."""
RUNS = 4


@pytest.mark.parametrize("mutant", ALL, ids=str)
def test_what_a_mutant_breaks_stands_where_it_says(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.put(monkeypatch)


@pytest.mark.parametrize("mutant", QUICK, ids=str)
def test_a_broken_rule_is_seen(mutant: Mutant, hub_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.put(monkeypatch)
    assert tallied(str(hub_folder), STREAMS, RUNS, most=1).wrong != []


@pytest.mark.long
@pytest.mark.parametrize("mutant", ALL[len(QUICK) :], ids=str)
def test_any_broken_rule_is_seen(mutant: Mutant, hub_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.put(monkeypatch)
    assert tallied(str(hub_folder), STREAMS, RUNS, most=1).wrong != []

"""Lifecycle rules at the terminal: print, check, look ahead, set."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hub.journey.rules import default_text, load_rules
from tests.cli.conftest import Ended, Run

SHEET = "id,name,email\n1,Karim Uddin,karim@example.com\n2,Anna Rahman,anna@example.com\n"
PROFILE = {
    "kind": "profile", "columns": {"key": "id", "name": "name", "email": "email"}, "occurred_on": "2026-01-01",
}  # fmt: skip
STRICT = re.sub(r'\[\[stages\]\]\nrule = "imported".*?\n\n', "", default_text(), count=1, flags=re.DOTALL)


@pytest.fixture
def filled(hub: Run, hub_folder: Path, tmp_path: Path) -> Run:
    (tmp_path / "people.csv").write_text(SHEET)
    given = ("--connector", "generic.csv", "--settings", json.dumps(PROFILE))
    ended = hub("--data", str(hub_folder), "import", "people.csv", *given)
    assert ended.code == 0, ended

    def run(*arguments: str) -> Ended:
        return hub("--data", str(hub_folder), "lifecycle", *arguments)

    return run


def test_the_rules_are_printed_ready_to_be_changed(filled: Run, tmp_path: Path) -> None:
    shown = filled("show")
    assert (shown.code, shown.out) == (0, default_text())
    (tmp_path / "rules.toml").write_text(shown.out)
    assert filled("check", "rules.toml").out.splitlines()[-1] == (
        f"The rules are right: {load_rules().name}, 13 rules of stages."
    )
    assert filled("check").out == filled("check", "rules.toml").out


def test_a_file_with_a_mistake_is_refused_with_the_place(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(default_text().replace('"subscription"', '"subscripton"'))
    ended = filled("check", "wrong.toml")
    assert ended.code != 0
    assert "The lifecycle rules are wrong at stages[2].kinds[0]: there is no kind 'subscripton'" in ended.err
    assert filled("preview", "wrong.toml").code == 2
    assert "There is no file none.toml." in filled("check", "none.toml").err


def test_rules_are_tried_and_then_set(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text(STRICT)
    seen = filled("preview", "strict.toml")
    assert seen.code == 0
    assert "2 customers of 2 would have another stage or standing." in seen.out
    assert re.search(r"^STAGE +PROSPECT +none +2$", seen.out, re.MULTILINE)
    assert seen.out.splitlines()[-1] == "Nothing was changed."
    assert filled("show").out == default_text()
    done = filled("apply", "strict.toml", "--yes", "--reason", "an import says nothing")
    assert (done.code, done.out.splitlines()[-1]) == (
        0, "Done; everybody is being folded by them. `hub lifecycle show` says who still waits.",
    )  # fmt: skip
    shown = filled("show")
    assert shown.out == STRICT
    assert "an import says nothing" in shown.err
    assert "These rules stand already." in filled("apply", "strict.toml", "--yes").err

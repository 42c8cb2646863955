"""Who is who at the terminal: explanations, why not one, merge and split with their rehearsals, identity rules."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hub.identity.rule_set import default_text
from tests.cli.conftest import Ended, Run

SHEET = (
    "id,name,email,phone\n"
    "1,Karim Uddin,karim@example.com,+8801711234567\n"
    "2,Anna Rahman,anna@example.com,+8801711234567\n"
    "3,Karim Uddin,k.uddin@other.example,\n"
)
PROFILE = {
    "kind": "profile", "columns": {"key": "id", "name": "name", "email": "email", "phone": "phone"},
    "occurred_on": "2026-01-01",
}  # fmt: skip


@pytest.fixture
def filled(hub: Run, hub_folder: Path, tmp_path: Path) -> Run:
    """A hub of three people, two of whom share a phone; the commands are told where it is."""
    (tmp_path / "people.csv").write_text(SHEET)
    ended = hub("--data", str(hub_folder), "import", "people.csv", "--settings", json.dumps(PROFILE))
    assert ended.code == 0, ended

    def run(*arguments: str) -> Ended:
        return hub("--data", str(hub_folder), *arguments)

    return run


def customers(filled: Run) -> dict[str, str]:
    """Ids by e-mail address."""
    found = {}
    for address in ("karim@example.com", "anna@example.com", "k.uddin@other.example"):
        shown = re.search(r"^  id +(\S+)$", filled("show", address).out, re.MULTILINE)
        assert shown
        found[address] = shown[1]
    return found


def test_why_not_says_what_both_have(filled: Run) -> None:
    ended = filled("why-not", "karim@example.com", "anna@example.com")
    assert ended.code == 0
    sentence, heading, shared = ended.out.splitlines()
    assert sentence == "Both have the same phone, but it is seen with 2 names, and 1 at most may be."
    assert re.split(r"  +", heading) == ["why not", "seen with", "such as", "both have"]
    assert re.split(r"  +", shared) == [
        "SEVERAL_NAMES", "2, at most 1", "anna rahman, karim uddin", "phone +8801711234567",
    ]  # fmt: skip


def test_why_not_says_what_is_nearly_the_same(filled: Run) -> None:
    ended = filled("why-not", "karim@example.com", "k.uddin@other.example")
    assert ended.out.splitlines() == [
        "They have nothing in common that joins; a name that is nearly the same does not.",
        "The same name: karim uddin",
    ]


def test_why_not_says_what_keeps_two_apart(hub: Run, hub_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(SHEET)
    settings = {**PROFILE, "columns": {**PROFILE["columns"], "contact": "id"}}  # type: ignore[dict-item]
    assert hub("--data", str(hub_folder), "import", "people.csv", "--settings", json.dumps(settings)).code == 0
    told = hub("--data", str(hub_folder), "why-not", "karim@example.com", "k.uddin@other.example").out
    assert re.search(r"^Different contact in src_\w+: 1 and 3$", told, re.MULTILINE)


def test_merge_is_rehearsed_done_explained_and_undone(filled: Run) -> None:
    before = customers(filled)
    pair = ("karim@example.com", "k.uddin@other.example")
    dry = filled("merge", *pair, "--dry-run")
    assert dry.code == 0
    lines = [re.split(r"  +", line) for line in dry.out.splitlines()]
    one, other = (before[address] for address in pair)
    assert sorted(lines[1:3]) == sorted(
        [[one, "1 → 2", "PROSPECT → PROSPECT", "0.00 USD → 0.00 USD"],
         [other, "1 → 0", "PROSPECT → none", "0.00 USD → 0.00 USD"]]
    )  # fmt: skip
    assert lines[3] == ["These move to another customer: 1 touchpoint."]
    assert (lines[5][1:], lines[6]) == ([other, one], ["Nothing was changed."])
    assert customers(filled) == before
    done = filled("merge", *pair, "--yes", "--reason", "same person")
    decision = done.out.splitlines()[-1]
    assert done.err == f"To take it back: hub undo {decision}\n"
    assert customers(filled)["k.uddin@other.example"] == one
    explained = filled("explain", "karim@example.com").out
    assert explained.splitlines()[0] == f"{one}  Karim Uddin  also {other}"
    assert re.search(rf"^SAME +{decision} .* same person$", explained, re.MULTILINE)
    assert filled("why-not", *pair).out == "They are one customer.\n"
    assert filled("undo", decision, "--yes").code == 0
    assert customers(filled) == before


def test_split_takes_a_touchpoint_out(filled: Run) -> None:
    before = customers(filled)
    filled("merge", "karim@example.com", "k.uddin@other.example", "--yes")
    touchpoint = before["k.uddin@other.example"].replace("cus_", "tp_")
    ended = filled("split", "karim@example.com", touchpoint, "--yes", "--reason", "his cousin")
    assert (ended.code, ended.out.splitlines()[-1][:4]) == (0, "dec_")
    assert customers(filled) == before
    told = filled("why-not", "karim@example.com", "k.uddin@other.example").out.splitlines()
    assert told[0] == "Somebody decided that they are not the same."
    assert re.fullmatch(r"NOT_SAME +dec_.* his cousin", told[-2])
    assert re.fullmatch(r"SAME, contradicted +dec_.* Decided at the terminal\.", told[-1])


def test_rules_are_checked_previewed_applied_and_printed(filled: Run, tmp_path: Path) -> None:
    assert filled("identity", "rules").out == default_text()
    (tmp_path / "rules.toml").write_text("most_phone_names = 2\n")
    checked = filled("identity", "check", "rules.toml").out.splitlines()
    assert (checked[1].split(), checked[2]) == (["most_phone_names", "1", "2"], "The rules are right.")
    before = customers(filled)
    seen = filled("identity", "preview", "rules.toml").out.splitlines()
    assert seen[2:4] == [
        "1 identifier would join that do not, 0 would not any more.",
        "1 customer would go into others, 0 would be split off, 1 touchpoint would move.",
    ]
    assert seen[5].split() == ["MERGED", "1", before["anna@example.com"], before["karim@example.com"]]
    assert seen[-1] == "Nothing was changed."
    assert customers(filled) == before
    done = filled("identity", "apply", "rules.toml", "--yes", "--reason", "families share phones")
    assert done.out.splitlines()[-1] == "Done."
    assert customers(filled)["anna@example.com"] == before["karim@example.com"]
    stands = filled("identity", "rules")
    assert stands.out == default_text().replace("most_phone_names = 1", "most_phone_names = 2")
    assert re.fullmatch(r"set by command line, .*: families share phones\n", stands.err)
    (tmp_path / "former.toml").write_text(default_text())
    assert filled("identity", "apply", "former.toml", "--yes").code == 0
    assert customers(filled) == before


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("identity check wrong.toml",
         "The identity rules are wrong at line 2, most_nams: there is no such key; did you mean most_names?"),
        ("identity preview wrong.toml",
         "The identity rules are wrong at line 2, most_nams: there is no such key; did you mean most_names?"),
        ("identity check none.toml", "There is no file none.toml."),
        ("identity check .", ". cannot be read: Is a directory."),
        ("identity apply same.toml --yes", "These rules stand already."),
        ("why-not karim@example.com nobody@example.com", "Nobody is known by 'nobody@example.com'."),
        ("merge Karim anna@example.com --yes", "Several customers are known by 'Karim'."),
        ("merge karim@example.com karim@example.com --yes", "These are one customer already."),
        ("merge karim@example.com anna@example.com", "Nobody is there to be asked; nothing was changed."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(filled: Run, tmp_path: Path, command: str, sentence: str) -> None:
    (tmp_path / "wrong.toml").write_text("# mine\nmost_nams = 3\n")
    (tmp_path / "same.toml").write_text("most_names = 20\n")
    ended = filled(*command.split())
    assert (ended.code, ended.err.splitlines()[0]) == (2, f"hub: {sentence}")

"""Probable duplicates at a terminal: found, shown level by level, accepted and refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Run

FIND = "69 customers: 4 suggestions, "


@pytest.fixture
def found(hub: Run, demo_folder: Path) -> Path:
    """A demo whose duplicates were looked for."""
    ended = hub("--data", str(demo_folder), "suggestions", "find")
    assert ended.out == f"{FIND}4 of them new.\n"
    assert ended.err == "To see them: hub suggestions list\n"
    return demo_folder


def lines(ended: Ended) -> list[str]:
    assert ended.code == 0, ended.err
    return ended.out.splitlines()


def id_of(hub: Run, folder: Path, who: str) -> str:
    listed = lines(hub("--data", str(folder), "suggestions", "list"))
    return next(line.split()[0] for line in listed if who in line)


def test_a_list_begins_with_the_most_probable(hub: Run, found: Path) -> None:
    heading, *rows = lines(hub("--data", str(found), "suggestions", "list"))
    assert heading.split() == ["id", "probability", "reason", "who"]
    assert [row.split()[1:3] for row in rows] == [
        ["33.33%", "SHARED_PHONE"],
        ["33.33%", "SHARED_PHONE"],
        ["26.98%", "ALIKE"],
        ["26.98%", "ALIKE"],
    ]
    assert any("Rahim Uddin" in row and row.endswith(" · 2 touchpoints without a name") for row in rows)
    assert len(lines(hub("--data", str(found), "suggestions", "list", "--min", "0.3"))) == 3
    assert hub("--data", str(found), "suggestions", "list", "--min", "0.9").err.startswith("There are no suggestions.")
    again = lines(hub("--data", str(found), "suggestions", "find"))
    assert again == [f"{FIND}0 of them new."]


def test_a_suggestion_is_shown_level_by_level(hub: Run, found: Path) -> None:
    shown = lines(hub("--data", str(found), "suggestions", "show", id_of(hub, found, "Sohel Talukder")))
    assert re.fullmatch(r"26\.98% ALIKE, found \d{4}-\d\d-\d\d \d\d:\d\d", shown[0])
    assert sum(line.strip().startswith(("a  cus_", "b  cus_")) for line in shown) == 2
    heading, prior, name, together = shown[3:]
    assert heading.split() == ["compared", "level", "bits", "by", "rarity", "a", "·", "b"]
    assert re.fullmatch(r"\(any two\) +-\d+\.\d", prior)
    assert re.fullmatch(r"name +SAME +\+\d\.\d +[+-]\d\.\d  .*sohel talukder.* · .*sohel talukder.*", name)
    assert re.fullmatch(r"together +-1\.4", together)


def test_touchpoints_of_a_shared_phone_are_listed(hub: Run, found: Path) -> None:
    shown = lines(hub("--data", str(found), "suggestions", "show", id_of(hub, found, "Rahim Uddin")))
    assert shown[2] == "  by phone 01711-000003"
    calls = [line.split() for line in shown[3:]]
    assert [call[3] for call in calls] == ["call", "call"]
    given = ("--touchpoint", calls[0][2], "--yes")
    lines(hub("--data", str(found), "suggestions", "accept", id_of(hub, found, "Rahim Uddin"), *given))
    rest = lines(hub("--data", str(found), "suggestions", "list", "--min", "0.3"))[1:]
    assert [row.split(" · ")[1] for row in rest] == ["1 touchpoint without a name"] * 2


def test_an_accepted_suggestion_is_a_merge_that_undo_takes_back(hub: Run, found: Path) -> None:
    sohel = id_of(hub, found, "Sohel Talukder")
    rehearsed = lines(hub("--data", str(found), "suggestions", "accept", sohel, "--dry-run"))
    assert rehearsed[-1] == "Nothing was changed."
    assert id_of(hub, found, "Sohel Talukder") == sohel
    refused = hub("--data", str(found), "suggestions", "accept", sohel)
    assert (refused.code, refused.err.splitlines()[0]) == (
        2,
        "hub: Nobody is there to be asked; nothing was changed.",
    )
    done = lines(hub("--data", str(found), "suggestions", "accept", sohel, "--yes"))
    assert done[:-1] == rehearsed[:-1]
    assert hub("--data", str(found), "suggestions", "show", sohel).code == 2
    lines(hub("--data", str(found), "undo", done[-1], "--yes"))
    assert id_of(hub, found, "Sohel Talukder") == sohel


def test_a_refused_suggestion_does_not_come_again_until_that_is_undone(hub: Run, found: Path) -> None:
    sohel = id_of(hub, found, "Sohel Talukder")
    done = lines(hub("--data", str(found), "suggestions", "refuse", sohel, "--yes", "--reason", "brothers"))
    assert done[1] == "These move to another customer: 0 touchpoints."
    lines(hub("--data", str(found), "suggestions", "find"))
    assert "Sohel" not in hub("--data", str(found), "suggestions", "list").out
    lines(hub("--data", str(found), "undo", done[-1], "--yes"))
    assert id_of(hub, found, "Sohel Talukder") == sohel


def test_a_suggestion_that_is_not_there_is_said_in_a_sentence(hub: Run, found: Path) -> None:
    for command in ("show", "accept", "refuse"):
        ended = hub("--data", str(found), "suggestions", command, "sug_nothing")
        assert ended.code == 2
        assert ended.err.startswith("hub: There is no suggestion 'sug_nothing', or not any more.\n")

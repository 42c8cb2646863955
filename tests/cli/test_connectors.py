"""``hub connector new``, ``check`` and ``kinds`` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.kinds import KINDS
from hub.registry import load_registry
from tests.cli.conftest import Run


def test_connectors_are_listed_with_their_pages(hub: Run) -> None:
    lines = hub("connector", "list").out.splitlines()
    assert lines[0].split(maxsplit=2) == ["connector", "documentation", "brings in"]
    said = [line.split(maxsplit=2) for line in lines[1:]]
    assert said == [[name, kind.documentation, kind.title] for name, kind in sorted(load_registry().connectors.items())]
    assert hub("connector", "show", "social.bluesky").out.splitlines()[1] == "See docs/connectors/social.bluesky.md"


def test_the_dictionary_of_kinds_has_the_shared_ones_and_those_of_connectors(hub: Run) -> None:
    said = json.loads(hub("connector", "kinds", "--json").out)
    known = {each["kind"]: each for each in said if each["connector"] is None}
    assert list(known) == list(KINDS)
    assert known["call"] == {
        "kind": "call",
        "title": "Call",
        "type": "Call",
        "channel": "PHONE",
        "connector": None,
        "properties": {
            "type": "object",
            "properties": {"seconds": {"type": "integer", "minimum": 0}, "answered": {"type": "boolean"}},
        },
    }
    declared = {(each.name, name) for name, kind in load_registry().connectors.items() for each in kind.kinds}
    assert {(each["kind"], each["connector"]) for each in said if each["connector"]} == declared


def test_a_kind_is_shown_with_its_properties_on_a_line(hub: Run) -> None:
    lines = hub("connector", "kinds").out.splitlines()
    assert lines[0].split() == ["kind", "title", "usual", "channel", "only", "in", "properties"]
    (call,) = [line for line in lines if line.startswith("call ")]
    assert call.split(maxsplit=3) == ["call", "Call", "PHONE", "seconds (integer), answered (boolean)"]


def test_a_new_package_is_written_where_the_name_or_the_folder_says(hub: Run, tmp_path: Path) -> None:
    assert hub("connector", "new", "shop.loyalty_scans").out.splitlines() == [
        "shop-loyalty-scans/pyproject.toml",
        "shop-loyalty-scans/README.md",
        "shop-loyalty-scans/shop_loyalty_scans/__init__.py",
        "shop-loyalty-scans/shop_loyalty_scans/connector.py",
        "shop-loyalty-scans/tests/test_shop_loyalty_scans.py",
        "shop-loyalty-scans/tests/samples/loyalty_scans.json",
    ]
    assert hub("connector", "new", "shop.x", "--folder", str(tmp_path / "a" / "b")).code == 0
    assert 'name = "shop.x"' in (tmp_path / "a" / "b" / "shop_x" / "connector.py").read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["shop", "Shop.visits", "shop.visits.more", "shop visits", "../x.y", "hub.x", "দোকান.x"]
)
def test_a_name_that_is_none_is_refused(hub: Run, name: str, tmp_path: Path) -> None:
    ended = hub("connector", "new", name)
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert "family" in ended.err


def test_nothing_is_written_over(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "shop-visits").mkdir()
    (tmp_path / "shop-visits" / "notes.txt").write_text("mine")
    ended = hub("connector", "new", "shop.visits")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "hub: shop-visits is not empty.")


def test_without_a_suite_the_check_says_what_is_missing(hub: Run, tmp_path: Path) -> None:
    ended = hub("connector", "check", "shop.visits")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        f"hub: No test below {tmp_path} tells the kit about shop.visits.",
    )
    assert hub("connector", "check", "--package", "nowhere").err == "hub: There is no folder nowhere.\n"


def test_a_suite_that_cannot_be_imported_is_told_in_a_sentence(hub: Run, tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("from hub.testing import ConnectorSuite\nimport no_such_library\n")
    ended = hub("connector", "check")
    assert ended.code == 2
    assert ended.err.startswith("hub: test_broken.py cannot be imported: ModuleNotFoundError")

"""Every connector of this repository is tried by the acceptance kit, and has a page."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.connector import Connector
from hub.registry import load_registry
from tests.conftest import ROOT

BUILT_IN = "hub.desk"


def untried(root: Path) -> Iterator[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tests = [path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("test_*.py"))]
    for name, place in project["entry-points"]["hub.connectors"].items():
        told = f"    connector = {place.rpartition(':')[2]}\n"
        if name != BUILT_IN and not any(told in test and "ConnectorSuite" in test for test in tests):
            yield f"{name} is in no ConnectorSuite"


def undocumented(root: Path, connectors: Mapping[str, type[Connector]]) -> Iterator[str]:
    for name, kind in sorted(connectors.items()):
        if not kind.documentation or not (root / kind.documentation).is_file():
            yield f"{name} has no page {kind.documentation}"


def test_every_connector_is_tried_by_the_kit() -> None:
    assert list(untried(ROOT)) == []


def test_a_connector_that_is_not_tried_is_seen(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("class TestA(ConnectorSuite):\n    connector = A\n")
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."hub.connectors"]\n"x.a" = "a:A"\n"x.b" = "b:B"\n')
    assert list(untried(tmp_path)) == ["x.b is in no ConnectorSuite"]


def test_every_connector_names_its_page() -> None:
    registry = load_registry()
    assert (list(undocumented(ROOT, registry.connectors)), dict(registry.broken)) == ([], {})


def test_a_connector_without_a_page_is_seen(tmp_path: Path) -> None:
    class Silent(Connector):
        """One that names no page."""

    class Wrong(Connector):
        """One whose page is not there."""

        documentation = "docs/none.md"

    assert list(undocumented(tmp_path, {"x.a": Silent, "x.b": Wrong})) == [
        "x.a has no page None",
        "x.b has no page docs/none.md",
    ]

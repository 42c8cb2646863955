"""No module imports itself by way of others."""

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.conftest import ROOT
from tests.house.source_tree import imports, modules


def cycle(root: Path) -> list[str]:
    """One import cycle among what runs at import, or nothing."""
    known = modules(root, "hub", "connectors")
    graph = {name: set(imports(module, known, at_start=True)) & known.keys() for name, module in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_there_is_no_cycle() -> None:
    assert cycle(ROOT) == []


def test_a_cycle_is_seen(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "records.py").write_text("from hub import sources")
    (tmp_path / "hub" / "sources.py").write_text("from .records import save")
    assert set(cycle(tmp_path)) == {"hub.records", "hub.sources"}


def test_an_import_inside_a_function_or_for_types_is_no_cycle(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "records.py").write_text("if TYPE_CHECKING:\n    from hub import sources")
    (tmp_path / "hub" / "sources.py").write_text("import hub.records\n\ndef f():\n    import hub.sources")
    assert cycle(tmp_path) == []

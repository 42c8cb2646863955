"""``hub.sdk`` is the authors' only door: what it names is sorted, and is exactly what it imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT
from tests.house.source_tree import Module


def sdk_faults(root: Path) -> Iterator[str]:
    tree = Module("hub.sdk", root / "hub" / "sdk.py").tree
    named: list[str] = []
    imported: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            imported |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            named = ast.literal_eval(node.value)
    if named != sorted(named):
        yield "__all__ is not sorted (capitals first, as sorted() does)"
    yield from (f"{name} is imported and not in __all__" for name in sorted(imported - set(named)))
    yield from (f"{name} is in __all__ and not imported" for name in sorted(set(named) - imported))


def test_the_sdk_is_sorted_and_complete() -> None:
    assert list(sdk_faults(ROOT)) == []


def test_a_crooked_sdk_is_seen(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "sdk.py").write_text('from hub.values import Money, Side\n__all__ = ["Side", "Line"]')
    assert list(sdk_faults(tmp_path)) == [
        "__all__ is not sorted (capitals first, as sorted() does)",
        "Money is imported and not in __all__",
        "Line is in __all__ and not imported",
    ]

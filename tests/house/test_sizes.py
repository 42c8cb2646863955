"""A module reads in one sitting, a function fits a screen, a file is named for what it holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT
from tests.house.source_tree import modules

MODULE_LINES = 400
FUNCTION_LINES = 60
NAMELESS = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}


def misshapen(root: Path) -> Iterator[str]:
    for name, module in modules(root, "hub", "connectors").items():
        if NAMELESS & set(name.split(".")[-1].split("_")):
            yield f"{name}: name the file for the noun or verb it holds"
        # A migration is a list of statements in order, read once.
        if ".migrations." in name:
            continue
        lines = len(module.text.splitlines())
        if lines > MODULE_LINES:
            yield f"{name} has {lines} lines"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{name}.{node.name} has {lines} lines"


def test_everything_reads_in_one_sitting() -> None:
    assert list(misshapen(ROOT)) == []


def test_what_is_too_long_or_nameless_is_seen(tmp_path: Path) -> None:
    (tmp_path / "hub" / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "hub" / "long.py").write_text("x = 1\n" * 401)
    (tmp_path / "hub" / "mail_utils.py").write_text("def read():\n" + "    x = 1\n" * 60)
    (tmp_path / "hub" / "migrations" / "versions" / "first.py").write_text("def upgrade():\n" + "    x = 1\n" * 500)
    assert list(misshapen(tmp_path)) == [
        "hub.long has 401 lines",
        "hub.mail_utils: name the file for the noun or verb it holds",
        "hub.mail_utils.read has 61 lines",
    ]

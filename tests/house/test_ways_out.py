"""Nobody asks another server but by the one way out, where addresses are checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT
from tests.house.source_tree import modules

CALLS = {
    "AsyncClient",
    "AsyncHTTPTransport",
    "Client",
    "HTTPTransport",
    "create_connection",
    "open_connection",
    "urlopen",
}
KNOWN = {
    "hub.client": "the command line asks the hub that the person at the terminal names",
    "hub.work.posting": "over the checked transport",
    "connectors.email.server": "connects to an address that outside.permitted has checked",
}


def other_ways(root: Path) -> Iterator[str]:
    for name, module in modules(root, "hub", "connectors").items():
        if name in KNOWN or name.startswith("hub.testing"):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and _called(node.func) in CALLS:
                yield f"{name} asks others by {ast.unparse(node.func)}: addresses are checked in outside.http"


def _called(function: ast.expr) -> str:
    """The last part of ``httpx.AsyncClient``, but not of ``Client.of``, nor of the hub's own ``Client``."""
    return function.attr if isinstance(function, ast.Attribute) else ""


def test_there_is_one_way_out() -> None:
    assert list(other_ways(ROOT)) == []


def test_another_way_is_seen(tmp_path: Path) -> None:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "shop.py").write_text("import httpx\n\nhttp = httpx.AsyncClient()\n")
    assert list(other_ways(tmp_path)) == [
        "connectors.shop asks others by httpx.AsyncClient: addresses are checked in outside.http"
    ]

"""Imports fall down the floors; the core knows no connector; a connector knows only the SDK; the middle is pure."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.house.source_tree import Module, imports, modules

FLOORS = (
    (
        "values",
        "errors",
        "settings",
        "limits",
        "identifiers",
        "inflated",
        "reading",
        "kinds",
        "money",
        "clock",
        "cycles",
        "ids",
    ),
    (
        "sealing",
        "secret_settings",
        "logs",
        "traces",
        "outside",
        "outgoing",
        "asking",
        "connector",
        "signatures",
        "sdk",
        "registry",
        "desk",
        "identity",
        "journey",
    ),
    ("store",),
    ("ingest", "reads", "analysis"),
    ("api", "work", "console"),
    ("app", "cli", "client", "demo", "report", "served", "serving", "testing", "__main__"),
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
PURE = ("hub.identity", "hub.journey")
RIM = {"asyncio", "httpx", "os", "random", "secrets", "socket", "sqlite3", "subprocess", "time", "urllib"}
RIM |= {"asyncpg", "psycopg", "sqlalchemy", "sqlmodel"}


def misplaced_imports(root: Path) -> Iterator[str]:
    known = modules(root, "hub")
    for name, module in known.items():
        if name == "hub":
            continue
        here = FLOOR.get(name.split(".")[1])
        if here is None:
            yield f"{name} stands on no floor: name it in FLOORS"
            continue
        for target in imports(module, known):
            part = target.split(".")
            if part[0] == "connectors":
                yield f"{name} imports {target}: the core knows no connector"
            elif part[0] == "hub" and len(part) > 1 and FLOOR.get(part[1], 99) > here:
                yield f"{name} imports {target}, which stands above it"


def connectors_beyond_the_sdk(root: Path) -> Iterator[str]:
    known = modules(root, "hub", "connectors")
    for name, module in modules(root, "connectors").items():
        for target in imports(module, known):
            if target.split(".")[0] == "hub" and target != "hub.sdk":
                yield f"{name} imports {target}: a connector imports hub.sdk only"


def impure_middle(root: Path) -> Iterator[str]:
    known = modules(root, "hub")
    for name, module in known.items():
        if not name.startswith(PURE):
            continue
        yield from (f"{name} imports {each}" for each in imports(module, known) if each.split(".")[0] in RIM)
        yield from (f"{name} reads the clock in line {line}" for line in _clock_reads(module))


def _clock_reads(module: Module) -> Iterator[int]:
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in ("now", "utcnow", "today")
            and "date" in ast.dump(node.value)
        ):
            yield node.lineno


Rule = Callable[[Path], Iterator[str]]
RULES: tuple[Rule, ...] = (misplaced_imports, connectors_beyond_the_sdk, impure_middle)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_stands(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


BAD = {
    "hub/values.py": "from hub.store import engine",
    "hub/store/engine.py": "def f():\n    import connectors.email",
    "hub/attic.py": "",
    "hub/identity/resolve.py": "import sqlite3\nfrom datetime import datetime\nx = datetime.now()",
    "connectors/shop.py": "from hub import sdk\nfrom hub.values import Money",
}
FAULTS: dict[Rule, list[str]] = {
    misplaced_imports: [
        "hub.attic stands on no floor: name it in FLOORS",
        "hub.store.engine imports connectors.email: the core knows no connector",
        "hub.values imports hub.store.engine, which stands above it",
    ],
    connectors_beyond_the_sdk: ["connectors.shop imports hub.values: a connector imports hub.sdk only"],
    impure_middle: ["hub.identity.resolve imports sqlite3", "hub.identity.resolve reads the clock in line 3"],
}


@pytest.mark.parametrize("rule", RULES)
def test_a_bad_house_is_seen(rule: Rule, tmp_path: Path) -> None:
    for name, text in BAD.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "hub" / "sdk.py").touch()
    assert list(rule(tmp_path)) == FAULTS[rule]

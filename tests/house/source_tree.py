"""A source tree as the house tests see it: parsed, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path


@dataclass(frozen=True)
class Module:
    """One Python file; ``name`` is dotted, a package has the name of its folder."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


def modules(root: Path, *packages: str) -> dict[str, Module]:
    """Every module of the packages under ``root``, by name."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = _module(name, path, path.stat().st_mtime_ns)
    return found


@cache
def _module(name: str, path: Path, changed: int) -> Module:
    """Each is parsed once for all tests."""
    return Module(name, path)


def imports(module: Module, known: dict[str, Module], *, at_start: bool = False) -> Iterator[str]:
    """Full names of what a module imports. ``from hub import sdk`` gives ``hub.sdk`` when that is a module.

    ``at_start``: only what runs when the module is imported: not in functions, not under ``if TYPE_CHECKING``.
    """
    for node in _nodes(module.tree, at_start=at_start):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in known else base


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    package = package[: len(package) - node.level + (1 if module.is_package else 0)]
    return ".".join(package + ([node.module] if node.module else []))


def _nodes(node: ast.AST, *, at_start: bool) -> Iterator[ast.AST]:
    waiting = [node]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if at_start and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if at_start and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            yield child
            waiting.append(child)

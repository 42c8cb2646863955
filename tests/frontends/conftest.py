"""A frontend in a folder, set up word for word as docs/frontends.md has it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.house.test_documents import shown_queries
from tests.npm.installed import installed

PAGE = ROOT / "docs" / "frontends.md"
SCALARS = ROOT / "docs" / "clients" / "scalars.ts"
PATIENCE = 120
"""Seconds that a tool may take."""

Frontend = Callable[[str], "Tools"]


class Tools:
    """The folder of a frontend beside the tools that it has installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, path: str, text: str) -> None:
        """Write a file of the frontend."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")

    def run(self, tool: str, *arguments: str) -> None:
        """Run a tool, which must find nothing wrong."""
        status, said = self.tried(tool, *arguments)
        assert status == 0, said

    def tried(self, tool: str, *arguments: str) -> tuple[int, str]:
        """How a tool ended, and what it said."""
        command = [f"node_modules/.bin/{tool}", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, check=False, encoding="utf-8"
        )
        return done.returncode, done.stdout + done.stderr


def shown(name: str) -> str:
    """A file as docs/frontends.md shows it: the box below its name."""
    found = re.search(rf"`{re.escape(name)}`[^`]*:\n\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found, f"docs/frontends.md does not show {name}"
    return found.group(1)


UNNAMED = re.compile(r"^(?:(query|mutation|subscription)\s*)?(?=[({])")


def documents() -> dict[str, str]:
    """The documents of docs/queries and those that other pages show, by operation; those without a name get one."""
    found: dict[str, str] = {}
    for _, text in shown_queries(ROOT):
        unnamed = UNNAMED.match(text)
        named = f"{unnamed[1] or 'query'} Shown{len(found)} {text[unnamed.end() :]}" if unnamed else text
        (name,) = re.findall(r"^(?:query|mutation|subscription) (\w+)", named, re.MULTILINE)
        found[name] = named
    return found


@pytest.fixture
def frontend(tmp_path: Path) -> Frontend:
    """Sets up a frontend with the schema and one set of npm's tools."""

    def made(tools: str) -> Tools:
        (tmp_path / "node_modules").symlink_to(installed(tools) / "node_modules", target_is_directory=True)
        there = Tools(tmp_path)
        there.write("package.json", '{"type": "module"}')
        there.write("schema.graphql", (ROOT / "schema.graphql").read_text("utf-8"))
        return there

    return made

"""The notebook of the documents says about the samples what it said when it was committed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "notebooks" / "five_questions.ipynb"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
HUB = [sys.executable, "-m", "hub", "--data", "demo"]


def run(folder: Path, *arguments: str) -> str:
    """What a command prints."""
    done = subprocess.run([*HUB, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Where the hub is served."""
    command = [*HUB, "serve", "--port", "0", "--no-worker"]
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://[0-9.:]+[0-9]", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.terminate()


def outputs(notebook: Any) -> list[list[Any]]:
    """What cells printed and drew."""
    return [
        [each.get("text") or each["data"].get("image/svg+xml") for each in cell.get("outputs", ())]
        for cell in notebook.cells
    ]


@pytest.mark.long
def test_the_notebook_says_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("duckdb", "ipykernel", "nbclient"):
        pytest.importorskip(library, reason=f"{library} is not installed: the notebook is not run")
    nbformat: Any = pytest.importorskip("nbformat", reason="nbformat is not installed: the notebook is not run")
    from nbclient import NotebookClient

    run(tmp_path, "demo", "--once")
    run(tmp_path, "score")
    run(tmp_path, "export", "snapshot", "june")
    secret = run(tmp_path, "token", "create", "notebook", "--scope", "read", "--scope", "analyse").split()[-1]
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    said = outputs(notebook)
    with served(tmp_path) as url:
        for name, value in {"HUB_URL": url, "HUB_TOKEN": secret, "HUB_SNAPSHOT": str(tmp_path / "june")}.items():
            monkeypatch.setenv(name, value)
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert outputs(notebook) == said
    assert "915674.56 BDT" in str(said)
    assert "the same in SQL: True" in str(said)

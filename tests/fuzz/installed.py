"""Schemathesis in an environment of its own, made once outside of the tree.

It brings a plugin for pytest, which would be loaded by every run of the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

WANTED = "schemathesis>=4.32,<5"
PATIENCE = 300
"""Seconds that an installation may take."""


def schemathesis() -> Path:
    """The command. Skips the test where the package index cannot be reached."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journey-hub-tests"
    folder = cache / f"schemathesis-{sys.version_info.major}.{sys.version_info.minor}-{WANTED.partition('=')[2]}"
    if not (folder / ".complete").exists():
        cache.mkdir(parents=True, exist_ok=True)
        _install(folder)
    return folder / "bin" / "schemathesis"


def _install(folder: Path) -> None:
    with tempfile.TemporaryFile() as said:
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", WANTED],
        )
        try:
            for command in commands:
                subprocess.run(command, check=True, stdout=said, stderr=said, timeout=PATIENCE)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pytest.skip("schemathesis: pip could not install it; is the package index reachable?")
    (folder / ".complete").touch()

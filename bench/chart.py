"""Bars: printed, and kept as a picture."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.bar import Bar
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.terminal_theme import MONOKAI

WIDTH = 110
_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def rounded(value: float) -> str:
    """A number with as many digits as a reader needs; shares keep four."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.4f}".rstrip("0").rstrip(".") if value < 1 else f"{value:.3g}"


@dataclass(frozen=True)
class Chart:
    """Bars under a title, each with its number. The goal is a bar of its own."""

    title: str
    bars: Mapping[str, float]
    unit: str = ""
    goal: float | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(title=self.title, title_justify="left", title_style="bold", box=None, expand=True, padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(ratio=1)
        shown = {**self.bars, **({} if self.goal is None else {"goal": self.goal})}
        most = max(shown.values(), default=0) or 1
        for label, value in shown.items():
            colour = "bright_black" if label == "goal" else "green"
            table.add_row(label, f"{rounded(value)}{self.unit}", Bar(most, 0, value, color=colour))
        yield table
        yield ""


def picture(name: str, charts: Iterable[Chart], path: Path) -> None:
    """Write the charts of a benchmark as one SVG, without the fonts that rich would fetch from elsewhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for each in charts:
        console.print(each)
    path.parent.mkdir(exist_ok=True)
    drawn = console.export_svg(title=name, theme=MONOKAI, unique_id=name)
    lines = (line.rstrip() for line in _FACES.sub("", drawn).replace("Fira Code, ", "").splitlines())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

"""What all commands print by: two consoles, tables, moments and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
notes = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and remarks: what a pipe should not get."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """Print rows below their headings; the columns named in ``numbers`` end at their right. No line is cut or wrapped.

    Text that people wrote belongs into the last column: terminals do not agree how wide it is.
    """
    lines = [["" if cell is None else " ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *lines, strict=True)]
    right = [name in numbers for name in columns]
    out.print(Text(_line(columns, widths, right), "dim"))
    for line in lines:
        out.print(_line(line, widths, right), markup=False)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, at_right in zip(cells, widths, right, strict=True):
        room = " " * (width - cell_len(cell))
        padded.append(room + cell if at_right else cell + room)
    return "  ".join(padded).rstrip()


class Pace(ProgressColumn):
    """Rows a second since the task began."""

    def render(self, task: Task) -> Text:
        pace = task.fields["rows"] / task.elapsed if task.elapsed else 0
        return Text(f"{pace:>7,.0f}/s", "dim")


def progress() -> Progress:
    """Bars on the error output, with rows, rows a second, time passed and time left; none where nobody watches."""
    return Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:>9,} rows"),
        Pace(),
        TimeElapsedColumn(),
        TextColumn("[dim]left"),
        TimeRemainingColumn(),
        console=notes,
        disable=not notes.is_terminal,
    )


def moment(text: str | None) -> str:
    """A time as people read it, in this machine's time zone; empty for none."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}" if text else ""


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def amount(money: Mapping[str, Any]) -> str:
    """An amount and its currency."""
    return f"{Decimal(money['amount']):,} {money['currency']}"

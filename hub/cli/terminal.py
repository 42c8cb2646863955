"""What all commands print by: two consoles, tables, moments and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
notes = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress and remarks: what a pipe should not get."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """Print rows below their headings; the columns named in ``numbers`` end at their right.

    Text that people wrote belongs into the last column: terminals do not agree how wide it is.
    """
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    out.print(made)


def progress() -> Progress:
    """Bars on the error output; none where nobody watches."""
    return Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:>9,} rows"),
        TimeElapsedColumn(),
        console=notes,
        disable=not notes.is_terminal,
    )


def moment(text: str | None) -> str:
    """A time as people read it, in this machine's time zone; empty for none."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}" if text else ""


def amount(money: Mapping[str, Any]) -> str:
    """An amount and its currency."""
    return f"{Decimal(money['amount']):,} {money['currency']}"

"""``hub sql``."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.lake import answer
from hub.cli.terminal import table


def sql(
    folder: Annotated[Path, typer.Argument(help="A folder that `hub export snapshot` wrote.")],
    query: Annotated[str, typer.Argument(help="One query in the SQL of DuckDB.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
) -> None:
    """Ask a folder of exports in SQL: customers, touchpoints, matters, purchases, lines, tags, traits, scores; and
    timeline, revenue_by_month, sold.

    \b
    Example:
      hub sql june "SELECT stage, count(*) FROM customers GROUP BY ALL"
    """
    columns, found = answer(folder, query)
    rows = [tuple(map(_plain, row)) for row in found]
    if as_csv:
        csv.writer(sys.stdout).writerows([columns, *rows])
    else:
        table(columns, rows)


def _plain(value: Any) -> Any:
    """A decimal without the zeros that it ends with because its column has room for more."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value

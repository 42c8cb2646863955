"""``hub sql``."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

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
      hub sql june "SELECT stage, count(*) FROM customers GROUP BY ALL ORDER BY ALL"
    """
    columns, rows = answer(folder, query)
    if as_csv:
        csv.writer(sys.stdout).writerows([columns, *rows])
    else:
        table(columns, rows)

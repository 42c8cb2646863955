"""``hub report``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.runs import asked
from hub.cli.terminal import out
from hub.client import Client, Json, document
from hub.errors import InputWrong


def report(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the page.")] = Path("report.html"),
    segment: Annotated[str | None, typer.Option(help="Only customers of this segment, by its id.")] = None,
) -> None:
    """Draw the portfolio as one HTML page with charts: stages, revenue, cohorts, attribution, forecast error.

    The page opens without a network. Run `hub score` before, for predictions.

    \b
    Example:
      hub report --output customers.html
    """
    from hub.report.page import html
    from hub.report.report import report as made

    wanted = {"filter": {"segment": segment} if segment else None}

    async def work(client: Client) -> Json:
        return await client.execute(document("report"), wanted)

    page = html(made(asked(context, work), datetime.now(UTC), "one segment" if segment else ""))
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputWrong(f"{output} cannot be written: {error.strerror}.") from None
    out.print(f"{output} is ready: open it in a browser.", markup=False)

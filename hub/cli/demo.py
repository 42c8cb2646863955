"""``hub demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Stop after printing.")] = False,
    data: Annotated[Path | None, typer.Option(help="Folder of the demo's hub; .demo when left out.")] = None,
    port: Annotated[int, typer.Option(help="Where to serve; the next free one when it is taken.")] = 8000,
) -> None:
    """See it work: a small company's mail, posts, books, forms and calls become timelines.

    Makes a hub, fills it through the connectors, prints one customer's timeline, and serves. A second start is quick.

    \b
    Examples:
      hub demo
      hub demo --once
      hub demo --port 8080 --data other-demo
    """
    from hub.demo import demo as company
    from hub.serving import run

    before = context.parent.params.get("data") if context.parent else None
    run(company.demo(data or before or company.FOLDER, port, once=once))

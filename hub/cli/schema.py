"""``hub schema``."""

from __future__ import annotations

from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.terminal import notes
from hub.errors import InputWrong

SHOWN = 20
"""Lines of a difference that are shown."""


def schema(
    check: Annotated[Path | None, typer.Option(metavar="FILE", help="Only compare; 1 when the file differs.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
    federation: Annotated[bool, typer.Option("--federation", help="As a subgraph of Apollo Federation.")] = False,
) -> None:
    """Print the GraphQL schema (SDL). Needs no hub.

    \b
    Examples:
      hub schema > schema.graphql
      hub schema --check schema.graphql
      hub schema --federation --output journey-hub.graphql
    """
    from hub.api.schema import print_schema_text
    from hub.api.subgraph import print_subgraph_text

    text = print_subgraph_text() if federation else print_schema_text()
    if check is not None:
        _compare(check, text)
    elif output is not None:
        try:
            output.write_text(text, "utf-8")
        except OSError as error:
            raise InputWrong(f"{output} cannot be written: {error.strerror}.") from None
    else:
        typer.echo(text, nl=False)


def _compare(file: Path, text: str) -> None:
    try:
        there = file.read_text("utf-8")
    except FileNotFoundError:
        raise InputWrong(f"There is no file {file}.", hint=f"hub schema --output {file}") from None
    if there == text:
        return
    lines = unified_diff(there.splitlines(), text.splitlines(), str(file), "the code", lineterm="", n=1)
    for line in islice(lines, SHOWN):
        notes.print(line, markup=False)
    notes.print(f"hub: {file} is not what the code says. To write it anew: hub schema --output {file}", markup=False)
    raise typer.Exit(1)

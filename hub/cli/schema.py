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
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")] = None,
    since: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Tell what changed for clients since then; 1 when it breaks them."),
    ] = None,
    federation: Annotated[bool, typer.Option("--federation", help="As a subgraph of Apollo Federation.")] = False,
) -> None:
    """Print the GraphQL schema (SDL). Needs no hub.

    \b
    Examples:
      hub schema > schema.graphql
      hub schema --check schema.graphql
      hub schema --since schema-of-our-page.graphql
      hub schema --federation --output journey-hub.graphql
    """
    from hub.api.schema import print_schema_text
    from hub.api.subgraph import print_subgraph_text

    text = print_subgraph_text() if federation else print_schema_text()
    if check is not None:
        _compare(check, text)
    elif since is not None:
        _tell(since, text)
    elif output is not None:
        try:
            output.write_text(text, "utf-8")
        except OSError as error:
            raise InputWrong(f"{output} cannot be written: {error.strerror}.") from None
    else:
        typer.echo(text, nl=False)


def _tell(file: Path, text: str) -> None:
    from hub.api.schema_changes import schema_changes

    changes = schema_changes(_read(file), text)
    for how, told in (("breaks", changes.breaking), ("may break", changes.dangerous)):
        for each in told:
            typer.echo(f"{how}: {each}")
    if changes.breaking:
        raise typer.Exit(1)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise InputWrong(f"There is no file {file}.", hint=f"hub schema --output {file}") from None


def _compare(file: Path, text: str) -> None:
    there = _read(file)
    if there == text:
        return
    lines = unified_diff(there.splitlines(), text.splitlines(), str(file), "the code", lineterm="", n=1)
    for line in islice(lines, SHOWN):
        notes.print(line, markup=False)
    notes.print(f"hub: {file} is not what the code says. To write it anew: hub schema --output {file}", markup=False)
    raise typer.Exit(1)

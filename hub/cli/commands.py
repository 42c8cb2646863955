"""The command ``hub``: what stands before a subcommand, and the subcommands in the order a newcomer meets them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hub import __version__
from hub.cli.terminal import notes
from hub.settings import misspelt, read_settings

PLACES = {
    "demo": "demo:demo",
    "serve": "serve:serve",
    "worker": "worker:worker",
    "pull": "pull:pull",
    "import": "importing:import_file",
    "show": "show:show",
    "explain": "explain:explain",
    "why-not": "explain:why_not",
    "merge": "links:merge",
    "split": "links:split",
    "undo": "undo:undo",
    "withdraw": "withdraw:withdraw",
    "restore": "withdraw:restore",
    "replay": "replay:replay",
    "rebuild": "rebuild:rebuild",
    "score": "score:score",
    "report": "report:report",
    "export": "exporting:app",
    "sql": "sql:sql",
    "attribution": "journeys:attribution",
    "cohorts": "journeys:cohorts",
    "funnel": "journeys:funnel",
    "identity": "identity:app",
    "lifecycle": "lifecycle:app",
    "snapshot": "snapshots:app",
    "suggestions": "suggestions:app",
    "connector": "connectors:app",
    "source": "sources:app",
    "endpoint": "endpoints:app",
    "secret": "keys:app",
    "token": "tokens:app",
    "documents": "trusted:app",
    "schema": "schema:schema",
}
"""Where each subcommand is: a module of this package, and in it a function, or an application of more subcommands."""


class Subcommands(Mapping[str, Any]):
    """The subcommands by name, each imported when it is asked for: none waits for the imports of the others."""

    def __getitem__(self, name: str) -> Any:
        return _subcommand(name)

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


@cache
def _subcommand(name: str) -> Any:
    module, _, attribute = PLACES[name].partition(":")
    found = getattr(import_module(f"hub.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        group = typer.main.get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


class Commands(TyperGroup):
    """The command ``hub``."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": Subcommands()})


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 done, 1 failed, 2 wrong input or configuration, 3 try again later.")
def hub(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the hub (SQLite). HUB_DATA says the same.", show_default=False),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """One customer timeline from every source, over one GraphQL schema.

    A hub lives in a folder (--data, HUB_DATA) or in PostgreSQL (HUB_DATABASE_URL).

    Commands ask the process that serves it, or open it themselves when none does.

    With HUB_URL and HUB_TOKEN they ask a hub that is served elsewhere.

    Begin with `hub demo`.
    """
    settings = read_settings()
    for name, meant in misspelt(os.environ):
        notes.print(f"{name} is no setting and is passed over. Is {meant} meant?", markup=False)
    if data is not None:
        # What is typed counts more than what the environment says.
        settings = settings.model_copy(update={"data": data, "database_url": None, "url": None})
    context.obj = settings

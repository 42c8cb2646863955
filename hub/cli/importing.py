"""``hub import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli import given, rehearsal
from hub.cli.runs import summary, sync
from hub.cli.session import ask
from hub.cli.terminal import counted, notes, out
from hub.client import Client, Json
from hub.errors import InputWrong
from hub.registry import load_registry


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file or folder that the connector reads.")],
    connector: Annotated[str, typer.Option(help="How it is read; `hub connector list` shows them.")] = "generic.csv",
    settings: Annotated[
        str | None, typer.Option(help="The connector's settings without the path: a JSON file, or JSON.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the source; the file's name when left out.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show the first rows as touchpoints; needs no hub, stores nothing.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything and count; needs no hub, stores nothing.")
    ] = False,
) -> None:
    """Bring in a file: make a source of it, and read it.

    The same file again changes nothing; one that has grown or changed brings what is new.

    The hub itself reads the file, so it must lie on the hub's machine.

    \b
    Examples:
      hub import customers.csv --settings mapping.json --preview
      hub import customers.csv --settings mapping.json
      hub import mail.mbox --connector email.mailbox --settings '{"own_addresses": ["me@shop.example"]}'
    """
    held = given.settings(settings)
    kind = load_registry().connectors.get(connector)
    if kind is not None and "path" not in kind.Settings.model_fields:
        raise InputWrong(f"{connector} reads no file.", hint="`hub source create` sets it up.")
    if not file.exists():
        raise InputWrong(f"There is no file or folder {file}.")
    held["path"] = str(file.resolve())
    if preview:
        rehearsal.preview(connector, held, context.obj.company.time_zone)
    elif dry_run:
        rehearsal.count(connector, held)
    else:
        _import(context, name or file.resolve().name, connector, held)


def _import(context: typer.Context, name: str, connector: str, settings: Json) -> None:
    async def work(client: Client) -> Json:
        made = await client.write("create_source", {"name": name, "connector": connector, "settings": settings})
        return (await sync(client, [made["source"]]))[0]

    run = ask(context, work, make=True)
    summary([run])
    if run["unreadable"]:
        notes.print(
            f"{counted(run['unreadable'], 'row')} could not be read; `hub source show {run['source']['id']}` says why."
        )
    if run["state"] != "OK":
        notes.print(f"hub: {run['error']}", markup=False)
        raise typer.Exit(1)
    if run["stored"] or run["changed"]:
        out.print(f"To take it back: hub undo {run['id']}")

"""``hub import``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import given, rehearsal
from hub.cli.guessing import company_of, guessed, guesses, save, tell
from hub.cli.runs import summary, sync
from hub.cli.session import ask
from hub.cli.terminal import counted, notes, out
from hub.cli.undo import confirm
from hub.client import Client, Json
from hub.errors import InputWrong
from hub.registry import Registry, load_registry
from hub.settings import Company

_LOOKED_AT = 1000
"""Files of a folder whose endings say how it is read."""


def import_file(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files, or folders of files of one kind.")],
    connector: Annotated[
        str | None,
        typer.Option(
            help="How they are read: `hub connector list` shows them. Left out, the endings of the names say it.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        str | None,
        typer.Option(
            help="The connector's settings without the path: a JSON file, or JSON. Left out, they are guessed from the "
            "file and shown, and you are asked."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the source; the file's name when left out.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show the first rows as touchpoints; needs no hub.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything and count; needs no hub.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take what was guessed; do not ask.")] = False,
    save_settings: Annotated[
        Path | None, typer.Option(help="Write the guessed settings into this file, to change them.")
    ] = None,
) -> None:
    """Bring in files: make a source of each, and read it.

    The same file again changes nothing; one that has grown or changed brings what is new.

    An import that was cut off goes on where it was: give the same command again.

    The hub reads the files where they lie; with HUB_URL a file is sent there.

    \b
    Examples:
      hub import customers.xlsx
      hub import customers.csv --save-settings mapping.json
      hub import customers.csv --settings mapping.json --preview
      hub import crm.ndjson --connector generic.touchpoints
      hub import mail.mbox --connector email.mailbox --settings mail.json
    """
    registry = load_registry()
    sources = _sources(files, name, connector, given.settings(settings), registry)
    rehearsed = preview or dry_run or save_settings is not None
    if settings is None:
        sources = _settled(context, sources, registry, rehearsed=rehearsed, yes=yes, save_to=save_settings)
    if not rehearsed:
        _import(context, sources)
    elif preview or dry_run:
        for source in sources:
            if len(sources) > 1:
                out.print(source["name"], markup=False)
            if preview:
                rehearsal.preview(source["connector"], source["settings"], context.obj.company.time_zone)
            else:
                rehearsal.count(source["connector"], source["settings"])
    if rehearsed:
        notes.print("Nothing was stored.")


def _sources(
    files: Sequence[Path], name: str | None, connector: str | None, settings: Json, registry: Registry
) -> list[Json]:
    if name is not None and len(files) > 1:
        raise InputWrong("--name is for one file.", hint="Without it each source has the name of its file.")
    return [_source(file, name, connector, settings, registry) for file in files]


def _settled(
    context: typer.Context,
    sources: Sequence[Json],
    registry: Registry,
    *,
    rehearsed: bool,
    yes: bool,
    save_to: Path | None,
) -> list[Json]:
    """Sources with settings guessed where their connectors can. Whoever imports sees them first, and is asked; a
    source of that name that is there already is read on as it is."""

    async def there(client: Client) -> tuple[list[Json], Company]:
        return await client.sources(), await company_of(client)

    known, company = ([], context.obj.company) if rehearsed else ask(context, there, make=True)
    settled: list[Json] = []
    for source in sources:
        kind = registry.connectors.get(source["connector"])
        same = [each for each in known if (each["name"], each["connector"]) == (source["name"], source["connector"])]
        if same or kind is None or not guesses(kind):
            settled.append(same[0] if same else source)
            continue
        path = Path(source["settings"]["path"])
        found = guessed(kind, path, company)
        settled.append({**source, "settings": {**found.settings, **source["settings"]}})
        if save_to is not None:
            save(found, save_to)
        elif not rehearsed:
            tell(found, settled[-1], company.time_zone)
            if not yes:
                confirm()
    return settled


def _source(file: Path, name: str | None, connector: str | None, settings: Json, registry: Registry) -> Json:
    """What makes a source of a file. Raises ``InputWrong``."""
    kind = registry.connectors.get(connector) if connector else None
    if kind is not None and "path" not in kind.Settings.model_fields:
        raise InputWrong(f"{connector} reads no file.", hint="`hub source create` sets it up.")
    if not file.exists():
        raise InputWrong(f"There is no file or folder {file}.")
    path = file.resolve()
    return {
        "name": name or path.name,
        "connector": connector or _reader(path, registry),
        "settings": {**settings, "path": str(path)},
    }


def _reader(path: Path, registry: Registry) -> str:
    """The connector that reads files with such a name, or those of a folder. Raises ``InputWrong``."""
    names = [path.name]
    if path.is_dir():
        names = [file.name for file in islice(path.rglob("*"), _LOOKED_AT) if file.is_file()]
    readers = {
        name for name, kind in registry.connectors.items() if any(file.lower().endswith(kind.files) for file in names)
    }
    if len(readers) == 1:
        return readers.pop()
    if readers:
        fault = f"{path.name} is a folder of several kinds of files, for {' and '.join(sorted(readers))}."
    elif path.is_dir():
        fault = f"{path.name} is a folder without a file whose name says how to read it."
    else:
        fault = f"The name {path.name} does not say how to read it."
    raise InputWrong(fault, hint="--connector says it, like --connector generic.csv; `hub connector list` shows all.")


async def _made(client: Client, source: Json, *, far: bool) -> Json:
    """A source of a file; to a hub that is served elsewhere the file is sent first."""
    if not far:
        made: Json = (await client.write("create_source", source))["source"]
        return made
    settings = dict(source["settings"])
    upload = await client.upload(Path(settings.pop("path")))
    there = {"upload": upload, "name": source["name"], "connector": source["connector"], "settings": settings}
    sent: Json = (await client.write("import_upload", there))["source"]
    return sent


def _import(context: typer.Context, sources: Sequence[Json]) -> None:
    async def work(client: Client) -> list[Json]:
        far = context.obj.url is not None
        made = [source if "id" in source else await _made(client, source, far=far) for source in sources]
        return await sync(client, made)

    runs = ask(context, work, make=True)
    summary(runs)
    for run in runs:
        if run["unreadable"]:
            notes.print(
                f"{counted(run['unreadable'], 'row')} could not be read; "
                f"`hub source show {run['source']['id']}` says why."
            )
        if run["state"] != "OK":
            notes.print(f"hub: {run['error']}", markup=False)
        elif run["stored"] or run["changed"]:
            out.print(f"To take it back: hub undo {run['id']}")
    if any(run["state"] != "OK" for run in runs):
        raise typer.Exit(1)

"""``hub source set|pause|resume|check|settings``: what a source is set up with."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from hub.cli import given
from hub.cli.pull import named
from hub.cli.session import ask
from hub.cli.terminal import moment, notes, out
from hub.client import Client, Json, document
from hub.errors import InputWrong

Name = Annotated[str, typer.Argument(help="Its name or id.")]
Settings = Annotated[
    str | None,
    typer.Option(help="A JSON file, JSON itself, or - for stdin; `hub connector show` says what there is."),
]
Secrets = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        help="NAME asks for a secret setting; NAME=env:VARIABLE and NAME=file:PATH say where it is. NAME[] is one more "
        "of a list, NAME[]=keep one that is there.",
    ),
]
Every = Annotated[str | None, typer.Option(help="How often it is pulled: 30s, 15m, 6h, 1d, never or default.")]
Notify = Annotated[str | None, typer.Option(help="Address to tell when it turns unhealthy; none for none.")]
DeletionShare = Annotated[
    float | None, typer.Option(help="Largest share of its rows that one listing may delete, 0 to 1.")
]


def values(every: str | None, notify: str | None, deletion_share: float | None) -> dict[str, Any]:
    """What was typed of a source beside its settings, as GraphQL takes it."""
    told: dict[str, Any] = {}
    if every is not None:
        told["every"] = given.every(every)
    if notify is not None:
        told["notifyUrl"] = None if notify == "none" else notify
    if deletion_share is not None:
        told["deletionShare"] = deletion_share
    return told


def change(
    context: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option("--name", help="What to call it from now on.")] = None,
    settings: Settings = None,
    secret: Secrets = None,
    every: Every = None,
    notify: Notify = None,
    deletion_share: DeletionShare = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it and say what would change.")] = False,
) -> None:
    """Change a source. What is not said stays, secrets too; null takes a setting out.

    \b
    Examples:
      hub source set "Shop mailbox" --every 15m
      hub source set "Shop mailbox" --secret password
      hub source set Shop --secret "signing_secrets[]=env:NEW" \\
        --secret "signing_secrets[]=keep"
    """
    wanted = values(every, notify, deletion_share)
    if rename is not None:
        wanted["name"] = rename
    if settings is not None or secret:
        wanted["settings"] = given.settings(settings, secret or ())
    if not wanted:
        raise InputWrong("Say what to change.", hint="hub source set --help")

    async def work(client: Client) -> Json:
        source = named(await client.sources(), name)
        return await client.write("update_source", {"source": source["id"], **wanted, "dryRun": dry_run})

    changed = ask(context, work)["changed"]
    if not changed:
        notes.print("Nothing changes.")
    for field in changed:
        out.print(field, markup=False)
    if dry_run and changed:
        notes.print("Nothing was written.")


def pause(context: typer.Context, name: Name) -> None:
    """Stop pulling a source by the clock. `hub pull` still pulls it.

    \b
    Example:
      hub source pause "Shop mailbox"
    """
    _pause(context, name, resume=False)


def resume(context: typer.Context, name: Name) -> None:
    """Go on pulling a source by the clock.

    \b
    Example:
      hub source resume "Shop mailbox"
    """
    _pause(context, name, resume=True)


def _pause(context: typer.Context, name: str, *, resume: bool) -> None:
    async def work(client: Client) -> Json:
        source = named(await client.sources(), name)
        return await client.write("pause_source", {"source": source["id"], "resume": resume})

    done = ask(context, work)
    state = "is pulled by the clock" if resume else "is paused"
    out.print(f"{done['source']['name']} {state}{'' if done['changed'] else ' already'}.", markup=False)


def check(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Its name or id.", show_default=False)] = None,
    connector: Annotated[str | None, typer.Option(help="For a source that is not there yet.")] = None,
    settings: Settings = None,
    secret: Secrets = None,
) -> None:
    """Have a connector say what is wrong with a source's settings. Nothing is stored. Ends with 1 when something is.

    \b
    Examples:
      hub source check "Shop mailbox"
      hub source check "Shop mailbox" --secret password
      hub source check --connector email.mailbox --settings mailbox.json
    """
    if (name is None) == (connector is None):
        raise InputWrong("Name a source, or a connector with --connector.")
    held = given.settings(settings, secret or ()) if settings is not None or secret else None

    async def work(client: Client) -> list[str]:
        wanted: Json = {"settings": held}
        if name is not None:
            wanted["source"] = named(await client.sources(), name)["id"]
        else:
            wanted["connector"] = connector
        problems: list[str] = (await client.write("check_source", wanted))["problems"]
        return problems

    problems = ask(context, work, make=connector is not None)
    for problem in problems:
        out.print(problem, markup=False)
    if problems:
        raise typer.Exit(1)
    notes.print("No fault was found in the settings.")


def show_settings(context: typer.Context, name: Name) -> None:
    """The settings of a source as JSON, ******** where a secret is; and when it is pulled, and what was changed.

    \b
    Example:
      hub source settings "Shop mailbox" > mailbox.json
      hub source set "Shop mailbox" --settings mailbox.json
    """

    async def work(client: Client) -> Json:
        found = named(await client.sources(), name)
        source: Json = (await client.execute(document("source_settings"), {"id": found["id"]}))["source"]
        return source

    source = ask(context, work)
    typer.echo(json.dumps(source["settings"], ensure_ascii=False, indent=2))
    notes.print(f"pulled every: {source['every'] or 'as its connector says'}", markup=False)
    if source["pausedAt"]:
        notes.print(f"paused since {moment(source['pausedAt'])}")
    notes.print(f"a listing may delete: {source['deletionShare']:.0%}")
    if source["notifyUrl"]:
        notes.print(f"tells: {source['notifyUrl']}", markup=False)
    for each in source["changes"]["nodes"]:
        notes.print(f"{moment(each['at'])}  {each['by']}: {', '.join(each['fields'])}", markup=False)

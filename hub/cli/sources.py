"""``hub source``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import configuring, given
from hub.cli.pull import named
from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.client import Client, Json, document

app = typer.Typer(no_args_is_help=True, help="The sources of this hub.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """The sources: how each does, its last run and the next, and the rows that could not be read.

    \b
    Example:
      hub source list
    """

    async def work(client: Client) -> list[Json]:
        return await client.sources()

    rows = []
    for source in ask(context, work):
        last = next(iter(source["runs"]["nodes"]), None)
        at = moment(last["startedAt"]) if last else ""
        rows.append(
            (source["id"], source["connector"], source["health"]["state"], at, moment(source["nextRunAt"]),
             source["unreadable"]["totalCount"], source["name"])
        )  # fmt: skip
    names = ("id", "connector", "health", "last run", "next run", "unreadable", "name")
    table(names, rows, numbers=("unreadable",))


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it here.")],
    connector: Annotated[str, typer.Argument(help="As `hub connector list` shows it.")],
    settings: configuring.Settings = None,
    secret: configuring.Secrets = None,
    every: configuring.Every = None,
    notify: configuring.Notify = None,
    deletion_share: configuring.DeletionShare = None,
    book_of_record: Annotated[
        bool, typer.Option("--book-of-record/--no-book-of-record", help="Whether its documents count in value.")
    ] = True,
) -> None:
    """Set up a source. Nothing is read yet.

    \b
    Examples:
      hub source create "Shop mailbox" email.mailbox --settings mailbox.json
      hub source create Team email.imap --settings team.json \\
        --secret password --every 15m
      hub source create Contact webforms.endpoint \\
        --settings '{"origins": ["https://shop.example"]}'
    """
    held = given.settings(settings, secret or ())
    others = configuring.values(every, notify, deletion_share)

    async def work(client: Client) -> Json:
        wanted = {"name": name, "connector": connector, "settings": held, "bookOfRecord": book_of_record, **others}
        return await client.write("create_source", wanted)

    source = ask(context, work, make=True)["source"]
    out.print(source["id"])
    if source["pulled"]:
        notes.print(f"To read it: hub pull {source['id']}")
    for stream in source["streams"]:
        if not stream["pulled"]:
            notes.print(f"It is told at /in/{source['id']}/{stream['stream']}", markup=False)


@app.command()
def show(context: typer.Context, name: Annotated[str, typer.Argument(help="Its name or id.")]) -> None:
    """One source: how it does, its streams and runs, and what could not be read and why.

    \b
    Example:
      hub source show "Shop mailbox"
    """

    async def work(client: Client) -> Json:
        found: Json = named(await client.sources(), name)
        source: Json = (await client.execute(document("source"), {"id": found["id"]}))["source"]
        return source

    source = ask(context, work)
    health = source["health"]
    out.print(f"{source['name']}  {source['id']}  {source['connector']}  {health['state']}", markup=False)
    since = f" Since {moment(health['since'])}." if health["since"] else ""
    out.print(f"{health['reason']}{since}", markup=False)
    after = f", next run {moment(source['nextRunAt'])}" if source["nextRunAt"] else ""
    out.print(f"set up {moment(source['createdAt'])}{after}\n")
    _tell_streams(source["streams"])
    counts = ("received", "stored", "changed", "unchanged", "unreadable")
    rows = [
        (run["id"], run["kind"], moment(run["startedAt"]), *(run[count] for count in counts),
         "WITHDRAWN" if run["withdrawnAt"] else run["state"], run["error"])
        for run in source["runs"]["nodes"]
    ]  # fmt: skip
    table(("run", "kind", "began", "received", "new", *counts[2:], "state", "error"), rows, numbers=("new", *counts))
    _tell_unreadable(source["unreadable"])


def _tell_streams(streams: list[Json]) -> None:
    rows = [
        (each["stream"], "pulled" if each["pulled"] else "told", moment(each["lastRowAt"]), each["stored"],
         each["unreadable"], each["cursor"])
        for each in streams
    ]  # fmt: skip
    table(("stream", "is", "last rows", "stored", "unreadable", "goes on at"), rows, numbers=("stored", "unreadable"))
    out.print()


def _tell_unreadable(unreadable: Json) -> None:
    if not unreadable["totalCount"]:
        return
    out.print(f"\n{counted(unreadable['totalCount'], 'row')} could not be read, and kept. The first:")
    for record in unreadable["nodes"]:
        problem = record["problem"] or {"message": "", "path": None, "hint": None}
        where = f" ({problem['path']})" if problem["path"] else ""
        hint = f"; {problem['hint']}" if problem["hint"] else ""
        said = f"{record['stream']} {record['key']}: {problem['message']}{where}{hint}"
        out.print(f"  {record['id']}  {said}", markup=False)
    notes.print("To take one out that was mended meanwhile: hub withdraw rec_...", markup=False)


app.command("check")(configuring.check)
app.command("set")(configuring.change)
app.command("pause")(configuring.pause)
app.command("resume")(configuring.resume)
app.command("settings")(configuring.show_settings)

"""``hub pull``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.runs import summary, sync
from hub.cli.session import ask
from hub.cli.terminal import notes, out, table
from hub.client import Client, Json
from hub.errors import InputWrong


def pull(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE", help="Names or ids; all sources when none is given.")
    ] = None,
    allow_deletions: Annotated[
        bool,
        typer.Option("--allow-deletions", help="This once, delete all rows that a source does not list any more."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come; stores nothing.")] = False,
) -> None:
    """Read everything new of the sources.

    A pull resumes where the last one stopped; rows that are known change nothing. Ends with 1 when a source failed, or
    gave less than it says there is.

    \b
    Examples:
      hub pull
      hub pull "Shop mailbox" Ledger
      hub pull Catalogue --dry-run
      hub pull Catalogue --allow-deletions
    """
    if allow_deletions and not sources:
        raise InputWrong("--allow-deletions is for sources that are named.")

    if dry_run:
        rehearse(context, sources or [])
        return

    async def work(client: Client) -> list[Json]:
        return await sync(client, chosen(await client.sources(), sources or []), allow_deletions=allow_deletions)

    runs = ask(context, work)
    summary(runs)
    failed = [run for run in runs if run["state"] != "OK"]
    for run in failed:
        notes.print(f"hub: {run['source']['name']}: {run['error']}", markup=False)
    if failed:
        raise typer.Exit(1)


def rehearse(context: typer.Context, wanted: list[str]) -> None:
    """Print what a pull of sources would bring, and the first problems."""

    async def work(client: Client) -> list[tuple[Json, Json]]:
        sources = chosen(await client.sources(), wanted)
        given = [{"source": source["id"], "dryRun": True} for source in sources]
        return [
            (source, (await client.write("try_sync", each))["would"])
            for source, each in zip(sources, given, strict=True)
        ]

    found = ask(context, work)
    counts = ("rows", "stored", "changed", "unchanged", "unreadable")
    rows = [
        (*(f"{would[name]:,}" for name in counts), "yes" if would["whole"] else "the first", source["name"])
        for source, would in found
    ]
    table(("rows", "new", *counts[2:], "all", "source"), rows, numbers=("new", *counts))
    for source, would in found:
        for each in would["problems"]:
            out.print(f"  {each['stream']} {each['key']}: {each['problem']['message']}", markup=False)
        for fault in would["faults"]:
            notes.print(f"hub: {source['name']}: {fault}", markup=False)
    notes.print("Nothing was stored.")
    if any(would["faults"] for _, would in found):
        raise typer.Exit(1)


def chosen(known: list[Json], wanted: list[str]) -> list[Json]:
    """The sources named; all that can be pulled when none is. Raises ``InputWrong`` for a name that none has."""
    if not wanted:
        found = [source for source in known if source["pulled"]]
        if not found:
            raise InputWrong("This hub has no source to pull.", hint="`hub source create` or `hub import` makes one.")
        return found
    return [named(known, name) for name in dict.fromkeys(wanted)]


def named(known: list[Json], wanted: str, noun: str = "source") -> Json:
    """The one of a name or id. Raises ``InputWrong`` when there is none."""
    for each in known:
        if wanted in (each["id"], each["name"]):
            return each
    same = [each for each in known if each["name"].casefold() == wanted.casefold()]
    if len(same) == 1:
        return same[0]
    names = ", ".join(each["name"] for each in known) or "none"
    raise InputWrong(f"There is no {noun} {wanted!r}. There are: {names}.")

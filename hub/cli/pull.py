"""``hub pull``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.runs import summary, sync
from hub.cli.session import ask
from hub.cli.terminal import notes
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
) -> None:
    """Read everything new of the sources.

    A pull resumes where the last one stopped; rows that are known change nothing. Ends with 1 when a source failed, or
    gave less than it says there is.

    \b
    Examples:
      hub pull
      hub pull "Shop mailbox" Ledger
      hub pull Catalogue --allow-deletions
    """
    if allow_deletions and not sources:
        raise InputWrong("--allow-deletions is for sources that are named.")

    async def work(client: Client) -> list[Json]:
        return await sync(client, chosen(await client.sources(), sources or []), allow_deletions=allow_deletions)

    runs = ask(context, work)
    summary(runs)
    failed = [run for run in runs if run["state"] != "OK"]
    for run in failed:
        notes.print(f"hub: {run['source']['name']}: {run['error']}", markup=False)
    if failed:
        raise typer.Exit(1)


def chosen(known: list[Json], wanted: list[str]) -> list[Json]:
    """The sources named; all that can be pulled when none is. Raises ``InputWrong`` for a name that none has."""
    if not wanted:
        found = [source for source in known if source["pulled"]]
        if not found:
            raise InputWrong("This hub has no source to pull.", hint="`hub source create` or `hub import` makes one.")
        return found
    return [named(known, name) for name in dict.fromkeys(wanted)]


def named(known: list[Json], wanted: str) -> Json:
    """The source of a name or id. Raises ``InputWrong`` when there is none."""
    for source in known:
        if wanted in (source["id"], source["name"]):
            return source
    same = [source for source in known if source["name"].casefold() == wanted.casefold()]
    if len(same) == 1:
        return same[0]
    names = ", ".join(source["name"] for source in known)
    raise InputWrong(f"There is no source {wanted!r}. There are: {names}.")

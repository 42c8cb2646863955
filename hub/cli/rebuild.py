"""``hub rebuild``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.runs import repair
from hub.cli.session import ask
from hub.cli.terminal import counted, out
from hub.client import Client, Json
from hub.errors import HubError


def rebuild(
    context: typer.Context,
    verify: Annotated[
        bool, typer.Option("--verify", help="Say in the end whether the result is that of before, table by table.")
    ] = False,
) -> None:
    """Work out everything anew from the stored records, and show it when it is complete.

    A hub that is served goes on all the while. A rebuild that is stopped goes on when the hub is opened again.

    With --verify, ends with 1 when the result differs from that of before.

    \b
    Examples:
      hub rebuild
      hub rebuild --verify
    """

    async def work(client: Client) -> Json:
        run = (await client.write("rebuild", {"verify": verify}))["run"]
        return await repair(client, run["id"], "Rebuilding")

    run = ask(context, work)
    if run["state"] != "OK":
        raise HubError(run["error"] or "The rebuild was stopped.")
    told = run["rebuilt"]
    rate = told["records"] / told["seconds"] if told["seconds"] else 0
    out.print(f"{counted(told['records'], 'record')} in {told['seconds']:,.1f} s, {rate:,.0f} a second.")
    if told["identical"] is None:
        return
    out.print(f"Fingerprint: {told['fingerprint']}")
    if told["identical"]:
        out.print("It is the one of before.")
    else:
        out.print(f"It is another one than before: {', '.join(told['differing'])} differ.")
        raise typer.Exit(1)

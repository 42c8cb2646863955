"""``hub snapshot``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.given import moment_given
from hub.cli.runs import ended
from hub.cli.session import ask
from hub.cli.terminal import moment, notes, out, table
from hub.client import Client, Json, document
from hub.errors import InputWrong

app = typer.Typer(no_args_is_help=True, help="Everybody as of a moment, kept so that lists and analyses can be asked.")

Occurred = Annotated[
    str | None, typer.Option("--occurred-until", help="A date or time: what happened later is left out.")
]
Known = Annotated[
    str | None, typer.Option("--known-until", help="A truth number, or a date or time: what became known later.")
]


def as_of(occurred: str | None, known: str | None) -> dict[str, Any]:
    """A moment as GraphQL takes it; empty when none is given."""
    given: dict[str, Any] = {}
    if occurred is not None:
        given["occurredUntil"] = moment_given(occurred)
    if known is not None and known.isdigit():
        given["knownUntil"] = known
    elif known is not None:
        given["knownUntilTime"] = moment_given(known)
    return given


@app.command()
def take(context: typer.Context, occurred_until: Occurred = None, known_until: Known = None) -> None:
    """Work out everybody as of a moment, beside what is shown.

    A hub that is served goes on all the while. It needs about as much disk as the hub's projection has.

    \b
    Examples:
      hub snapshot take --occurred-until 2026-01-31
      hub snapshot take --known-until 48213
    """
    given = as_of(occurred_until, known_until)
    if not given:
        raise InputWrong("Say as of when: --occurred-until, --known-until, or both.")

    async def work(client: Client) -> Json:
        taken: Json = (await client.write("take_snapshot", {"asOf": given}))["snapshot"]
        await ended(client, taken["run"], "Taking the snapshot", "The snapshot was not taken.")
        return taken

    taken = ask(context, work)
    out.print(f"{taken['id']}: what was known up to number {taken['knownUntil']}.")
    notes.print("To ask it: asOf in GraphQL. To give it up: hub snapshot drop " + taken["id"])


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the snapshots that were taken, the last first."""

    async def work(client: Client) -> list[Json]:
        found: list[Json] = (await client.execute(document("snapshots")))["snapshots"]
        return found

    rows = [
        (each["id"], each["knownUntil"], moment(each["occurredUntil"]), moment(each["takenAt"]),
         "ready" if each["ready"] else (each["run"] or {}).get("state"))
        for each in ask(context, work)
    ]  # fmt: skip
    if rows:
        table(("id", "known until", "occurred until", "taken", "state"), rows, numbers=("known until",))
    else:
        notes.print("There is no snapshot. To take one: hub snapshot take --occurred-until 2026-01-31")


@app.command()
def drop(context: typer.Context, snapshot: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Give a snapshot up, and the disk that it takes."""

    async def work(client: Client) -> None:
        await client.write("drop_snapshot", {"id": snapshot})

    ask(context, work)
    out.print(f"{snapshot} is gone.")

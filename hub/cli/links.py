"""``hub merge`` and ``hub split``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from hub.cli.session import ask
from hub.cli.terminal import notes, out
from hub.cli.undo import confirm, tell_decision
from hub.cli.who import find
from hub.client import Client, Json

Reason = Annotated[str, typer.Option(help="How you know; it is kept beside the decision.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


def merge(
    context: typer.Context,
    who: Annotated[list[str], typer.Argument(help="Two customers or more: ids, e-mail addresses, phone numbers.")],
    reason: Reason = "Decided at the terminal.",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Say that customers are one. It shows what moves and changes, then asks; it can be undone at any time.

    \b
    Examples:
      hub merge anna@mail.example 01711-234567 --dry-run
      hub merge cus_... cus_... --reason "same person, two phones"
    """

    async def given(client: Client) -> Json:
        return {"customers": [(await find(client, each))["id"] for each in who], "reason": reason}

    decide(context, "merge_customers", given, yes=yes, dry_run=dry_run)


def split(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(help="An id, an e-mail address or a phone number.")],
    touchpoints: Annotated[list[str], typer.Argument(help="Ids of the touchpoints that are somebody else's.")],
    reason: Reason = "Decided at the terminal.",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Say that touchpoints are somebody else's. It shows what moves and changes, then asks; it can be undone.

    \b
    Examples:
      hub split anna@mail.example tp_... tp_... --dry-run
      hub split cus_... tp_... --reason "that was her sister"
    """

    async def given(client: Client) -> Json:
        return {"customer": (await find(client, customer))["id"], "touchpoints": touchpoints, "reason": reason}

    decide(context, "split_customer", given, yes=yes, dry_run=dry_run)


def decide(
    context: typer.Context, document: str, given: Callable[[Client], Awaitable[Json]], *, yes: bool, dry_run: bool
) -> None:
    """Show what a decision would change, ask, and carry it out. ``given`` makes the input of the document."""

    async def rehearse(client: Client) -> tuple[Json, Json]:
        meant = await given(client)
        return meant, await client.write(document, {**meant, "dryRun": True})

    meant, seen = ask(context, rehearse)
    tell_decision(seen)
    if dry_run:
        out.print("Nothing was changed.")
        return
    if not yes:
        confirm()
    done = ask(context, lambda client: _write(client, document, meant))
    out.print(done["operation"])
    notes.print(f"To take it back: hub undo {done['operation']}")


async def _write(client: Client, document: str, given: Json) -> Json:
    return await client.write(document, given)

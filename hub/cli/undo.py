"""``hub undo``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hub.cli import consequences
from hub.cli.session import ask
from hub.cli.terminal import counted, out, table
from hub.client import Client, Json
from hub.errors import InputWrong

FIRST_MOVES = 20
"""Touchpoints that are printed."""


def undo(
    context: typer.Context,
    id_: Annotated[str, typer.Argument(metavar="ID", help="A decision (dec_...) or a run (run_...).")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Put a run back that was taken out.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept beside the decision.")] = "Taken back at the terminal.",
) -> None:
    """Take back a merge, a split or an import. It shows what changes, then asks.

    Nothing is lost: numbers, histories and ids come back as they were, and a run can be put back.

    \b
    Examples:
      hub undo dec_...
      hub undo run_... --dry-run
      hub undo run_... --restore
    """
    if id_.startswith("dec_"):
        given: Json = {"operation": id_, "reason": reason}
        document, tell = "undo_decision", tell_decision
    elif id_.startswith("run_"):
        given = {"run": id_, "reason": reason, "restore": restore}
        document, tell = "withdraw_run", _tell_run
    else:
        raise InputWrong(f"{id_!r} cannot be undone: give a decision (dec_...) or a run (run_...).")
    seen = ask(context, lambda client: _write(client, document, {**given, "dryRun": True}))
    tell(seen)
    if dry_run:
        out.print("Nothing was changed.")
        return
    if not yes:
        confirm()
    ask(context, lambda client: _write(client, document, given))
    out.print("Done.")


async def _write(client: Client, document: str, given: Json) -> Json:
    return await client.write(document, given)


def confirm() -> None:
    """Go on only when somebody says so. Raises ``InputWrong`` where nobody can."""
    if not sys.stdin.isatty():
        raise InputWrong("Nobody is there to be asked; nothing was changed.", hint="Give --yes or --dry-run.")
    typer.confirm("Do it?", abort=True)


def tell_decision(seen: Json) -> None:
    """Print how customers change by a decision, and which touchpoints move."""
    table(("customer", "touchpoints", "stage", "revenue"), consequences.change_rows(seen["changes"]))
    out.print(f"These move to another customer: {counted(seen['moved'], 'touchpoint')}.")
    moves = seen.get("moves", ())
    if moves:
        shown = [(move["id"], move["before"] or "nobody", move["after"] or "nobody") for move in moves[:FIRST_MOVES]]
        table(("touchpoint", "from", "to"), shown)
        if seen["moved"] > len(shown):
            out.print(f"... and {seen['moved'] - len(shown):,} more.")


def _tell_run(seen: Json) -> None:
    consequences.tell(seen["changes"])

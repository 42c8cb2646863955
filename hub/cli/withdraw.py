"""``hub withdraw`` and ``hub restore``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import consequences
from hub.cli.session import ask
from hub.cli.terminal import out
from hub.cli.undo import confirm
from hub.client import Client, Json
from hub.errors import InputWrong

_KINDS = {"run": "run", "src": "source", "rec": "record"}

Id = Annotated[str, typer.Argument(metavar="ID", help="A run (run_...), a source (src_...) or a record (rec_...).")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept beside it.")]


def withdraw(
    context: typer.Context, id_: Id, yes: Yes = False, dry_run: DryRun = False, reason: Reason = "Taken in wrongly."
) -> None:
    """Take a run, a source or one version of a row out of the picture. It shows what changes, then asks.

    What was received is kept, and `hub restore` puts it back.

    \b
    Examples:
      hub withdraw run_... --dry-run
      hub withdraw src_... --reason "A test account."
    """
    _correct(context, id_, restore=False, yes=yes, dry_run=dry_run, reason=reason)


def restore(
    context: typer.Context, id_: Id, yes: Yes = False, dry_run: DryRun = False, reason: Reason = "It was right."
) -> None:
    """Put back what was taken out. It shows what changes, then asks.

    \b
    Examples:
      hub restore run_...
    """
    _correct(context, id_, restore=True, yes=yes, dry_run=dry_run, reason=reason)


def _correct(context: typer.Context, id_: str, *, restore: bool, yes: bool, dry_run: bool, reason: str) -> None:
    kind = _KINDS.get(id_.partition("_")[0])
    if kind is None:
        raise InputWrong(f"{id_!r} is no run, source or record.", hint="Their ids begin with run_, src_ or rec_.")
    given: Json = {kind: id_, "reason": reason, "restore": restore}

    async def write(client: Client, *, rehearsal: bool) -> Json:
        return await client.write(f"withdraw_{kind}", {**given, "dryRun": rehearsal})

    consequences.tell(ask(context, lambda client: write(client, rehearsal=True))["changes"])
    if dry_run:
        out.print("Nothing was changed.")
        return
    if not yes:
        confirm()
    ask(context, lambda client: write(client, rehearsal=False))
    out.print("Done.")

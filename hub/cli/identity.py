"""``hub identity``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.consequences import change_rows
from hub.cli.given import text_of
from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.cli.undo import confirm
from hub.client import Client, Json, document
from hub.identity.rule_set import differences, read_rules
from hub.identity.rules import Rules

app = typer.Typer(no_args_is_help=True, help="The rules that say what joins touchpoints into one customer.")

File = Annotated[Path, typer.Argument(help="A TOML file; what it does not name stays as it stands.")]


@app.command()
def rules(context: typer.Context) -> None:
    """Print the rules that stand, ready to be changed.

    \b
    Example:
      hub identity rules > rules.toml
    """

    async def work(client: Client) -> Json:
        found: Json = (await client.execute(document("identity_rules")))["identityRules"]
        return found

    standing = ask(context, work)
    out.print(standing["text"], markup=False, end="")
    if standing["decidedBy"]:
        notes.print(
            f"set by {standing['decidedBy']}, {moment(standing['decidedAt'])}: {standing['reason']}", markup=False
        )


@app.command()
def check(file: File) -> None:
    """Say whether a file of rules is right, without a hub.

    \b
    Example:
      hub identity check rules.toml
    """
    found = differences(Rules(), read_rules(text_of(file)))
    table(("key", "shipped", "here"), found)
    out.print("The rules are right.")


@app.command()
def preview(context: typer.Context, file: File) -> None:
    """Who would merge or split by other rules, on the data of this hub. Nothing is changed.

    \b
    Example:
      hub identity preview rules.toml
    """
    _tell(_preview(context, text_of(file)))
    out.print("Nothing was changed.")


@app.command()
def apply(
    context: typer.Context,
    file: File,
    reason: Annotated[str, typer.Option(help="Why; it is kept beside the rules.")] = "Set at the terminal.",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Set rules. They apply to everything, also to what came before. It shows what changes, then asks.

    Setting the former rules again takes it back: nothing is lost.

    \b
    Example:
      hub identity apply rules.toml --reason "families share phones here"
    """
    text = text_of(file)
    _tell(_preview(context, text))
    if not yes:
        confirm()

    async def work(client: Client) -> Json:
        return await client.write("apply_identity_rules", {"rules": text, "reason": reason})

    done = ask(context, work)
    out.print("Done." if done["receipt"]["processed"] else "Done; it is being worked out.")


def _preview(context: typer.Context, text: str) -> Json:
    async def work(client: Client) -> Json:
        found: Json = (await client.execute(document("preview_identity_rules"), {"rules": text}))[
            "previewIdentityRules"
        ]
        return found

    return ask(context, work)


def _tell(seen: Json) -> None:
    table(("key", "stands", "would be"), [(each["key"], each["before"], each["after"]) for each in seen["differences"]])
    out.print(
        f"{counted(seen['switchedOn'], 'identifier')} would join that do not, "
        f"{seen['switchedOff']:,} would not any more."
    )
    out.print(
        f"{counted(seen['merged'], 'customer')} would go into others, {seen['split']:,} would be split off, "
        f"{counted(seen['moved'], 'touchpoint')} would move."
    )
    _listed(
        ("how", "touchpoints", "from", "to"),
        [
            (each["kind"], each["touchpoints"], each["before"] or "nobody", each["after"] or "nobody")
            for each in seen["regroupings"]
        ],
        seen["regrouped"],
    )
    _listed(("customer", "touchpoints", "stage", "revenue"), change_rows(seen["changes"]), seen["changed"])
    if seen["truncated"]:
        out.print(f"Only {seen['examined']:,} of {seen['claims']:,} claims were resolved again for this.")


def _listed(columns: Sequence[str], rows: Sequence[Sequence[object]], total: int) -> None:
    if rows:
        table(columns, rows, numbers=("touchpoints",) if columns[0] == "how" else ())
        if len(rows) < total:
            out.print(f"... and {total - len(rows):,} more.")

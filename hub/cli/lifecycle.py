"""``hub lifecycle``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.given import text_of
from hub.cli.runs import asked
from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.cli.undo import confirm
from hub.client import Client, Json, document

app = typer.Typer(no_args_is_help=True, help="The rules that say which stage and standing a customer has.")

File = Annotated[Path, typer.Argument(help="A TOML file: a whole set of rules.")]


@app.command()
def show(context: typer.Context) -> None:
    """Print the rules that stand, ready to be changed.

    \b
    Example:
      hub lifecycle show > rules.toml
    """
    standing = _standing(context)
    out.print(standing["text"], markup=False, end="")
    if standing["decidedBy"]:
        notes.print(
            f"set by {standing['decidedBy']}, {moment(standing['decidedAt'])}: {standing['reason']}", markup=False
        )
    if standing["customersWaiting"]:
        notes.print(f"{counted(standing['customersWaiting'], 'customer')} still to be folded by them", markup=False)


@app.command()
def check(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A TOML file; those of the hub when it is left out.")] = None,
) -> None:
    """Say whether a file of rules is right, without a hub; or whether those of the hub are.

    \b
    Example:
      hub lifecycle check rules.toml
    """
    from hub.journey.rules import load_rules

    rules = load_rules(text_of(file) if file else _standing(context)["text"])
    rows = [(rule.rule, rule.stage.value, rule.when) for rule in rules.stages]
    table(("rule", "stage", "when"), rows)
    out.print(f"The rules are right: {rules.name}, {counted(len(rules.stages), 'rule')} of stages.")


@app.command()
def preview(context: typer.Context, file: File) -> None:
    """Whose stage or standing would be another one by other rules, on the data of this hub. Nothing is changed.

    \b
    Example:
      hub lifecycle preview rules.toml
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
    """Set rules. Everybody is folded by them, also by what came before. It shows what changes, then asks.

    Setting the former rules again takes it back: nothing is lost.

    \b
    Example:
      hub lifecycle apply rules.toml --reason "two purchases are loyal"
    """
    text = text_of(file)
    _tell(_preview(context, text))
    if not yes:
        confirm()

    async def work(client: Client) -> Json:
        return await client.write("apply_lifecycle_rules", {"rules": text, "reason": reason})

    ask(context, work)
    out.print("Done; everybody is being folded by them. `hub lifecycle show` says who still waits.")


def _standing(context: typer.Context) -> Json:
    async def work(client: Client) -> Json:
        found: Json = (await client.execute(document("lifecycle_rules")))["hub"]["lifecycleRules"]
        return found

    return ask(context, work)


def _preview(context: typer.Context, text: str) -> Json:
    async def work(client: Client) -> Json:
        answer = await client.execute(document("preview_lifecycle_rules"), {"rules": text})
        found: Json = answer["previewLifecycleRules"]
        return found

    return asked(context, work)


def _tell(seen: Json) -> None:
    table(
        ("rule or setting", "stands", "would be"),
        [(each["name"], each["before"], each["after"]) for each in seen["differences"]],
    )
    out.print(f"{counted(seen['changed'], 'customer')} of {seen['customers']:,} would have another stage or standing.")
    if seen["changed"]:
        _list(seen)


def _list(seen: Json) -> None:
    """From what to what, and examples."""
    table(
        ("axis", "from", "to", "customers"),
        [
            (each["axis"], each["before"] or "none", each["after"] or "none", f"{each['customers']:,}")
            for each in seen["shifts"]
        ],
        numbers=("customers",),
    )
    table(
        ("such as", "stage", "standing", "why"),
        [
            (
                each["id"],
                _step(each["stageBefore"], each["stageAfter"]),
                _step(each["standingBefore"], each["standingAfter"]),
                each["because"]["text"] if each["because"] else "",
            )
            for each in seen["examples"]
        ],
    )


def _step(before: str | None, after: str | None) -> str:
    return (before or "none") if before == after else f"{before or 'none'} -> {after or 'none'}"

"""``hub suggestions``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Annotated

import typer
from rich.markup import escape

from hub.cli.links import DryRun, Yes, decide
from hub.cli.runs import ended
from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.client import Client, Json, document
from hub.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="Probable duplicates: found, explained, accepted or refused.")

Id = Annotated[str, typer.Argument(metavar="ID", help="As `hub suggestions list` shows it.")]
Touchpoint = Annotated[list[str] | None, typer.Option(help="Of a shared phone: only this touchpoint; may be repeated.")]


@app.command()
def find(
    context: typer.Context,
    least: Annotated[
        float, typer.Option("--min", min=0, max=1, help="From which probability on a pair is suggested.")
    ] = 0.2,
) -> None:
    """Look for probable duplicates among all customers. It changes nobody.

    \b
    Examples:
      hub suggestions find
      hub suggestions find --min 0.9
    """

    async def work(client: Client) -> Json:
        run = (await client.write("find_suggestions", {"minProbability": least}))["run"]
        return await ended(client, run, "Comparing", "The search was stopped.")

    run = ask(context, work)
    found = run["stored"] + run["unchanged"]
    out.print(f"{counted(run['received'], 'customer')}: {counted(found, 'suggestion')}, {run['stored']:,} of them new.")
    if found:
        notes.print("To see them: hub suggestions list")


@app.command("list")
def list_(
    context: typer.Context,
    first: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 50,
    least: Annotated[float, typer.Option("--min", min=0, max=1, help="Only those at least so probable.")] = 0,
) -> None:
    """The suggestions that nobody has decided yet, most probable first.

    \b
    Examples:
      hub suggestions list
      hub suggestions list --min 0.95 --first 10
    """

    async def work(client: Client) -> Json:
        asked = {"first": first, "minProbability": least or None}
        found: Json = (await client.execute(document("suggestions"), asked))["suggestions"]
        return found

    found = ask(context, work)
    if not found["nodes"]:
        notes.print("There are no suggestions. `hub suggestions find` looks for some.")
        return
    rows = [(each["id"], _percent(each), each["reason"], _both(each)) for each in found["nodes"]]
    table(("id", "probability", "reason", "who"), rows, numbers=("probability",))
    if found["pageInfo"]["hasNextPage"]:
        notes.print(f"There are more than these {len(rows)}: --first 500 shows more at once.")


@app.command()
def show(context: typer.Context, id_: Id) -> None:
    """One suggestion, level by level: what was compared, how alike it is, and what that weighs.

    Weights are bits: each bit more doubles the odds, each bit less halves them.

    \b
    Example:
      hub suggestions show sug_...
    """

    async def work(client: Client) -> Json:
        found: Json | None = (await client.execute(document("suggestion"), {"id": id_}))["node"]
        if not found:
            raise NotFound(
                f"There is no suggestion {id_!r}, or not any more.", hint="`hub suggestions list` shows what there is."
            )
        return found

    _print(ask(context, work))


@app.command()
def accept(
    context: typer.Context,
    id_: Id,
    touchpoint: Touchpoint = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "Accepted at the terminal.",
) -> None:
    """Say that the two are one customer. It shows what changes, then asks; `hub undo` takes it back.

    \b
    Examples:
      hub suggestions accept sug_... --dry-run
      hub suggestions accept sug_... --yes --reason "the same person, she said so"
    """
    decide(context, "accept_suggestion", _given(id_, touchpoint, reason), yes=yes, dry_run=dry_run)


@app.command()
def refuse(
    context: typer.Context,
    id_: Id,
    touchpoint: Touchpoint = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "Refused at the terminal.",
) -> None:
    """Say that they are not one. The suggestion does not come again; `hub undo` takes it back.

    \b
    Examples:
      hub suggestions refuse sug_... --dry-run
      hub suggestions refuse sug_... --yes --reason "brothers"
    """
    decide(context, "refuse_suggestion", _given(id_, touchpoint, reason), yes=yes, dry_run=dry_run)


def _given(suggestion: str, touchpoints: list[str] | None, reason: str) -> Callable[[Client], Awaitable[Json]]:
    async def given(_: Client) -> Json:
        return {"suggestion": suggestion, "touchpoints": touchpoints, "reason": reason}

    return given


def _percent(suggestion: Json) -> str:
    """Without ever saying that something is certain."""
    return f"{min(suggestion['probability'], 0.9999):.2%}"


def _both(suggestion: Json) -> str:
    other = suggestion["b"]
    whom = _who(other) if other else f"{counted(len(suggestion['touchpoints']), 'touchpoint')} without a name"
    return f"{_who(suggestion['a'])} · {whom}"


def _who(customer: Json) -> str:
    known = (customer["displayName"], customer["email"], customer["phone"])
    return " ".join(dict.fromkeys(each for each in known if each))


def _print(found: Json) -> None:
    out.print(f"[bold]{_percent(found)}[/] {found['reason']}, found {moment(found['foundAt'])}")
    for name in ("a", "b"):
        if found[name]:
            out.print(f"  {name}  {found[name]['id']}  {escape(_who(found[name]))}")
    if found["identifier"]:
        held = found["identifier"]
        out.print(f"  by {held['kind']} {held['display']}", markup=False)
    for each in islice(found["touchpoints"], 10):
        out.print(f"  {moment(each['occurredAt'])}  {each['id']}  {each['kind']}  {each['title']}", markup=False)
    if not found["levels"]:
        return
    rows: list[Sequence[object]] = [("(any two)", "", f"{found['prior']:+.1f}", "", "")]
    for each in found["levels"]:
        rarity = f"{each['rarity']:+.1f}" if each["rarity"] else ""
        values = f"{', '.join(each['a'])} · {', '.join(each['b'])}"
        rows.append((each["comparison"], each["level"], f"{each['weight']:+.1f}", rarity, values))
    rows.append(("together", "", f"{found['weight']:+.1f}", "", ""))
    table(("compared", "level", "bits", "by rarity", "a · b"), rows, numbers=("bits", "by rarity"))

"""``hub replay``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import consequences
from hub.cli.given import moment_given
from hub.cli.pull import named
from hub.cli.runs import repair
from hub.cli.session import ask
from hub.cli.terminal import counted, notes, out, table
from hub.cli.undo import confirm
from hub.client import Client, Json
from hub.errors import HubError


def replay(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(help="Records of this source: its name or id.")] = None,
    stream: Annotated[str | None, typer.Option(help="Records that came by this stream.")] = None,
    run: Annotated[str | None, typer.Option(help="Records that came by this run.")] = None,
    record: Annotated[str | None, typer.Option(help="This one record.")] = None,
    since: Annotated[str | None, typer.Option(help="Received since, like 2026-01-31 or 2026-01-31T09:00.")] = None,
    until: Annotated[str | None, typer.Option(help="Received before that.")] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Only records that could not be read.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Read stored records again with today's connectors. It shows what changes, then asks.

    For when a connector was repaired or reads more than before. Without options: all records.

    What changes is history: it sets nothing off.

    \b
    Examples:
      hub replay --problems
      hub replay --source Ledger --dry-run
      hub replay --record rec_123
    """
    given: Json = {
        "stream": stream, "run": run, "record": record, "onlyProblems": problems,
        "receivedAfter": moment_given(since), "receivedBefore": moment_given(until),
    }  # fmt: skip

    async def look(client: Client) -> Json:
        if source is not None:
            given["source"] = named(await client.sources(), source)["id"]
        would: Json = (await client.write("replay", {**given, "dryRun": True}))["would"]
        return would

    async def work(client: Client) -> Json:
        started = (await client.write("replay", given))["run"]
        return await repair(client, started["id"], "Reading again")

    _tell(ask(context, look))
    if dry_run:
        out.print("Nothing was changed.")
        return
    if not yes:
        confirm()
    ended = ask(context, work)
    if ended["state"] != "OK":
        raise HubError(ended["error"] or "The replay was stopped.")
    counts = [f"{number:,} {name}" for name, number in ended["replayed"].items() if number]
    out.print(f"{counted(ended['received'], 'record')} read again: {', '.join(counts) or 'nothing changes'}.")


def _tell(would: Json) -> None:
    out.print(
        f"{counted(would['records'], 'record')}: {would['solved']:,} can be read that could not, "
        f"{would['unreadable']:,} cannot that could."
    )
    if would["examined"] < would["records"]:
        notes.print(f"This is judged by the first {would['examined']:,} of them.")
    if would["problems"]:
        rows = [(each["record"], _problem(each["before"]), _problem(each["after"])) for each in would["problems"]]
        table(("record", "problem before", "problem after"), rows)
    consequences.tell(would["changes"])


def _problem(problem: Json | None) -> str:
    return problem["message"] if problem else "none"

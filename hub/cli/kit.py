"""``hub connector new`` and ``hub connector check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.terminal import counted, notes, out
from hub.errors import InputWrong

if TYPE_CHECKING:
    from hub.testing import ConnectorSuite

_SIGNS = {"GREEN": "[green]✓[/]", "RED": "[red]✗[/]"}


def new(
    name: Annotated[str, typer.Argument(help="family.name, like shop.visits.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where to write it; by default a folder of the same name.", show_default=False)
    ] = None,
    push: Annotated[bool, typer.Option("--push", help="Its source tells the hub, instead of being asked.")] = False,
) -> None:
    """Write the package of a new connector: connector, sample, test, README. It passes the kit as it is.

    \b
    Examples:
      hub connector new shop.visits
      hub connector new shop.orders --push --folder ~/connectors/orders
    """
    from hub.testing.new import write

    place = folder or Path(name.replace(".", "-").replace("_", "-"))
    for path in write(name, place, push=push):
        out.print(str(path), markup=False)
    notes.print(f'\nNext: pip install -e "{place}[test]", then hub connector check --package {place}', markup=False)


def check(
    name: Annotated[str | None, typer.Argument(help="Only this connector.", show_default=False)] = None,
    package: Annotated[Path, typer.Option(help="The folder of its package, with its tests.")] = Path(),
) -> None:
    """Run the acceptance kit: every promise of a connector, tried against a real hub.

    What is tried stands in the package's tests: subclasses of hub.testing.ConnectorSuite. pytest runs them too.

    \b
    Examples:
      hub connector check
      hub connector check shop.visits --package ~/connectors/visits
    """
    from hub.testing.running import suites

    found = [each for each in suites(package) if name is None or each.connector.name == name]
    if not found:
        raise InputWrong(
            f"No test below {package.resolve()} tells the kit about {name or 'a connector'}.",
            hint="Subclass hub.testing.ConnectorSuite in tests/test_*.py; `hub connector new` shows how.",
        )
    red = sum(_tried(each) for each in found)
    if red:
        notes.print(f"\n{counted(red, 'promise')} not kept.", markup=False)
        raise typer.Exit(1)


def _tried(suite: type[ConnectorSuite]) -> int:
    """Run one suite and say what comes of it; how many checks are red."""
    from hub.testing.running import Verdict, run

    out.print(f"\n{suite.connector.name}: {suite.connector.title}", style="bold", markup=False)
    counts = dict.fromkeys(Verdict, 0)
    unasked: dict[str, list[str]] = {}
    for outcome in run(suite):
        counts[outcome.verdict] += 1
        if outcome.verdict is Verdict.NOT_ASKED:
            unasked.setdefault(outcome.said, []).append(outcome.check)
            continue
        out.print(f"{_SIGNS[outcome.verdict]} ", end="")
        out.print(outcome.proves, markup=False)
        if outcome.said:
            out.print(f"    {outcome.check}: {outcome.said}", markup=False)
    for reason, checks in unasked.items():
        out.print(f"- not asked, as {reason}: {', '.join(checks)}", markup=False)
    out.print(
        f"{counts[Verdict.GREEN]} kept, {counts[Verdict.RED]} broken, {sum(map(len, unasked.values()))} not asked"
    )
    return counts[Verdict.RED]

"""Starting pulls and following them to their end, with progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import TypeVar

import typer
from rich.progress import Progress

from hub.cli.session import ask
from hub.cli.terminal import progress, table
from hub.client import Client, Json, document
from hub.errors import HubError, RetryLater

T = TypeVar("T")
LOOK, LOOK_LATER = 0.1, 0.5
"""Seconds between the first looks at a run, and between the others."""
_FIRST = 50
PATIENCE = 30.0
"""Seconds in which a hub that is busy is asked again: what it was told to do goes on."""
_HOLDERS = 3
"""How many processes may die over a pull until whoever follows it gives up."""
_LONG = 1800.0
"""Seconds in which an analysis is asked for again: of a large hub it takes longer than a request."""


async def sync(client: Client, sources: Sequence[Json], *, allow_deletions: bool = False) -> list[Json]:
    """Pull sources and follow their runs, until what they brought is processed; the runs as they ended."""
    ended: list[Json] = []
    asked = {source["id"]: source["name"] for source in sources}
    with progress() as shown:
        for _ in range(_HOLDERS):
            names = {}
            for source, name in asked.items():
                payload = await client.write("sync_source", {"source": source, "allowDeletions": allow_deletions})
                names[payload["run"]["id"]] = name
            await follow(client, names, shown)
            runs = await patiently(lambda names=names: client.runs(list(names)))  # type: ignore[misc]
            # Whoever pulled has died; the pull goes on in another run.
            asked = {run["source"]["id"]: run["source"]["name"] for run in runs if run["state"] == "INTERRUPTED"}
            ended += [run for run in runs if run["source"]["id"] not in asked]
            if not asked:
                break
        await work_out(client, shown)
    ids = [run["id"] for run in (*ended, *(run for run in runs if run["source"]["id"] in asked))]
    # Only now is it known which of their rows cannot be read.
    return await patiently(lambda: client.runs(ids))


async def follow(client: Client, names: Mapping[str, str], shown: Progress) -> None:
    """Show how runs go on, by the names given to them, until all have ended."""
    tasks = {id_: shown.add_task(name, total=1.0, rows=0) for id_, name in names.items()}
    async for runs in _looks(lambda: client.runs(list(names))):
        for run in runs:
            shown.update(tasks[run["id"]], completed=share(run), rows=run["received"])
        if all(run["finishedAt"] for run in runs):
            return


async def ended(client: Client, run: Json, name: str, otherwise: str) -> Json:
    """Follow a run to its end; the run as it ended. Raises ``HubError`` when that was not well."""
    with progress() as shown:
        await follow(client, {run["id"]: name}, shown)
    (found,) = await patiently(lambda: client.runs([run["id"]]))
    if found["state"] != "OK":
        raise HubError(found["error"] or otherwise)
    return found


async def work_out(client: Client, shown: Progress) -> None:
    """Show how what was accepted by now is processed, until all of it is."""
    task = shown.add_task("Working it out", total=1.0, rows=0)
    first = last = None
    async for answer in _looks(lambda: client.execute(document("progress"))):
        hub = answer["hub"]
        done = int(hub["processedUpTo"])
        if first is None or last is None:
            first, last = done, max(done, int(hub["acceptedUpTo"]))
        shown.update(
            task, completed=(done - first) / (last - first) if done < last else 1.0, rows=min(done, last) - first
        )
        if done >= last:
            return


async def _looks(ask: Callable[[], Awaitable[T]]) -> AsyncIterator[T]:
    """The answer, again and again."""
    for look in count():
        yield await patiently(ask)
        await asyncio.sleep(LOOK if look < _FIRST else LOOK_LATER)


async def patiently(ask: Callable[[], Awaitable[T]], patience: float | None = None) -> T:
    """The answer of a hub that may be busy. Raises ``RetryLater`` when it stays so; ``patience`` in seconds."""
    until = time.monotonic() + (PATIENCE if patience is None else patience)
    while True:
        try:
            return await ask()
        except RetryLater as busy:
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(busy.after)


def asked(context: typer.Context, work: Callable[[Client], Awaitable[T]]) -> T:
    """What an analysis comes to, however often it must be asked for."""
    return ask(context, lambda client: patiently(lambda: work(client), _LONG))


async def repair(client: Client, run: str, name: str) -> Json:
    """Follow a replay or a rebuild to its end; the answer is what it came to."""
    with progress() as shown:
        await follow(client, {run: name}, shown)
    node: Json = (await client.execute(document("repaired"), {"id": run}))["node"]
    return node


def share(run: Json) -> float:
    """How much of a run is done, 0 to 1; where the source does not tell, 0 until it has ended."""
    if run["finishedAt"]:
        return 1.0
    if run["done"] is not None:
        return float(run["done"])
    return min(1.0, run["received"] / run["expected"]) if run["expected"] else 0.0


def summary(runs: Sequence[Json]) -> None:
    """Print what runs came to."""
    counts = ("received", "new", "changed", "unchanged", "unreadable")
    fields = ("received", "stored", "changed", "unchanged", "unreadable")
    rows = [(*(f"{run[name]:,}" for name in fields), run["state"], run["id"], run["source"]["name"]) for run in runs]
    table((*counts, "state", "run", "source"), rows, numbers=counts)

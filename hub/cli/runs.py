"""Starting pulls and following them to their end, with progress."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from rich.progress import Progress

from hub.cli.terminal import progress, table
from hub.client import Client, Json, document

LOOK = 0.1
"""Seconds between looks at a run."""


async def sync(client: Client, sources: Sequence[Json]) -> list[Json]:
    """Pull sources and follow their runs, until what they brought is processed; the runs as they ended."""
    names = {}
    for source in sources:
        payload = await client.write("sync_source", {"source": source["id"]})
        names[payload["run"]["id"]] = source["name"]
    with progress() as shown:
        await follow(client, names, shown)
        await work_out(client, shown)
    return await client.runs(list(names))


async def follow(client: Client, names: Mapping[str, str], shown: Progress) -> None:
    """Show how runs go on, by the names given to them, until all have ended."""
    tasks = {id_: shown.add_task(name, total=1.0, rows=0) for id_, name in names.items()}
    while True:
        runs = await client.runs(list(names))
        for run in runs:
            shown.update(tasks[run["id"]], completed=share(run), rows=run["received"])
        if all(run["finishedAt"] for run in runs):
            return
        await asyncio.sleep(LOOK)


async def work_out(client: Client, shown: Progress) -> None:
    """Show how what was accepted by now is processed, until all of it is."""
    task = shown.add_task("Working it out", total=1.0, rows=0)
    first = last = None
    while True:
        hub = (await client.execute(document("progress")))["hub"]
        done = int(hub["processedUpTo"])
        if first is None or last is None:
            first, last = done, max(done, int(hub["acceptedUpTo"]))
        shown.update(
            task, completed=(done - first) / (last - first) if done < last else 1.0, rows=min(done, last) - first
        )
        if done >= last:
            return
        await asyncio.sleep(LOOK)


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

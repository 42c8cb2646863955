"""Precision, recall and F1 on labelled people: by rules through a whole hub, and suggestions beside Splink's."""

from __future__ import annotations

from pathlib import Path

from bench import suggestions
from bench.imports import COMPANY, crm_mix
from bench.measuring import Bench, Figure
from hub.ingest.hub import Hub
from hub.registry import load_registry

PRECISION, F1 = 0.995, 0.764
"""Of crm_mix by rules alone."""
SETS = ("fake_1000", "febrl_3")


async def measure(bench: Bench) -> list[Figure]:
    """The rules on each database, then the suggestions."""
    if (data := bench.data()) is None:
        bench.say("No labelled set is bundled with the hub, so nothing can be judged.")
        return [Figure("F1 crm_mix by rules", None, F1)]
    figures, bars = [], {}
    for database in bench.databases:
        ruled = await by_rules(bench, data, database)
        bars[f"crm_mix by rules, {database}"] = ruled["f1"]
        figures += [
            Figure(f"precision crm_mix by rules, {database}", ruled["precision"], PRECISION),
            Figure(f"F1 crm_mix by rules, {database}", ruled["f1"], F1),
            Figure(f"role mailboxes that join, {database}", ruled["roles"], 0, at_most=True),
        ]
    if suggestions.splink() is None:
        bench.say("Splink is not installed; HUB_SPLINK_PYTHON may name a Python that has it.")
    seconds = {}
    for name in SETS:
        for way, judged in (await suggestions.judge(bench, data, name, 1 if bench.quick else 3)).items():
            bars[f"{name}, {way}"], seconds[f"{name}, {way}"] = judged.best.f1, judged.seconds
            if way == "ours":
                figures.append(Figure(f"F1 {name}", judged.best.f1, suggestions.GOALS[name]))
    bench.chart("F1", bars)
    bench.chart("Seconds of suggestions", seconds, " s")
    return figures


async def by_rules(bench: Bench, data: Path, database: str) -> dict[str, float]:
    """crm_mix through four sources of a hub: precision, recall, F1, and how many role mailboxes joined anything."""
    async with await Hub.open(bench.fresh(database), load_registry(), COMPANY) as hub:
        async for done in crm_mix(hub, data, bench.folder()):
            bench.say(f"{database}, {done.line()}")
            found = {name: float(done.facts[name]) for name in ("precision", "recall", "f1")}
        async with hub.reader.snapshot() as snapshot:
            joined = "SELECT count(*) FROM identifier WHERE blocked = 'ROLE' AND (joins = TRUE OR customer IS NOT NULL)"
            return found | {"roles": float(await snapshot.value(joined))}

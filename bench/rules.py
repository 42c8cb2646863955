"""What each key of the identity rules changes on labelled people, how long a preview of it takes, and setting it."""

from __future__ import annotations

import time
from pathlib import Path

from bench.imports import COMPANY, crm_judged, crm_mix
from bench.measuring import Bench, Figure
from hub.identity.rule_set import default_text
from hub.ingest.hub import Hub
from hub.registry import load_registry

GOAL = 5.0
"""Seconds of a preview: an answer over HTTP may take ten."""
TEXTS = (
    "most_stronger = 2",
    "most_stronger = 100",
    "most_names = 2",
    "most_phone_names = 2",
    "most_phone_names = 1000",
    "most_identifiers = 3",
    'never_join = ["phone"]',
    'never_join = ["name+phone"]',
    'never_join = ["name+street+postcode"]',
    'never_join = ["name+birthday"]',
    'never_join = ["name+phone", "name+street+postcode", "name+birthday"]',
    'personal_mailboxes = ["info", "office", "contact", "sales", "support", "hello", "admin", "billing"]',
)


async def measure(bench: Bench) -> list[Figure]:
    """Each key on crm_mix, on each database."""
    if (data := bench.data()) is None:
        bench.say("No labelled set is bundled with the hub, so nothing can be judged.")
        return [Figure("seconds of a preview", None, GOAL, at_most=True)]
    figures = []
    for database in bench.databases:
        async with await Hub.open(bench.fresh(database), load_registry(), COMPANY) as hub:
            slowest = await _each(bench, hub, data, TEXTS[:4] if bench.quick else TEXTS)
        figures.append(Figure(f"seconds of the slowest preview, {database}", slowest, GOAL, at_most=True))
    return figures


async def _each(bench: Bench, hub: Hub, data: Path, texts: tuple[str, ...]) -> float:
    async for done in crm_mix(hub, data, bench.folder()):
        bench.say(done.line())
    file, slowest = data / "er" / "crm_mix.csv", 0.0
    for text in texts:
        began = time.perf_counter()
        seen = await hub.rules.preview(text)
        previewed = time.perf_counter() - began
        applied = await _apply(hub, text)
        precision, recall, alone = await crm_judged(hub, file)
        back = await _apply(hub, default_text())
        bench.say(
            f"{text}: precision {precision:.4f}, recall {recall:.4f}, "
            f"F1 {2 * precision * recall / (precision + recall):.4f}, {alone} nobody's; "
            f"{len(seen.switches)} identifiers switched, {seen.examined} of {seen.claims} claims resolved again, "
            f"{seen.moved} touchpoints move; preview {previewed:.2f} s, set {applied:.2f} s, back {back:.2f} s"
        )
        slowest = max(slowest, previewed)
    return slowest


async def _apply(hub: Hub, text: str) -> float:
    """Seconds from setting rules to the last customer resolved by them."""
    began = time.perf_counter()
    number = await hub.rules.apply(text, reason="bench", by="bench")
    while not await hub.wait(number, 60):
        pass
    return time.perf_counter() - began

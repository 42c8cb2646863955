"""What a correction changes, as commands print it."""

from __future__ import annotations

from collections.abc import Sequence

from hub.cli.terminal import amount, counted, out, table
from hub.client import Json

EFFECTS = ("added", "changed", "retracted", "restored")


def tell(changes: Json) -> None:
    """Print how many touchpoints come, change and go, which fields of them change, and how customers change."""
    told = [f"{changes[effect]:,} {effect}" for effect in EFFECTS if changes[effect]]
    out.print(f"Touchpoints: {', '.join(told) or 'none changes'}. Customers that change: {changes['customers']:,}.")
    fields = [
        (each["touchpoint"], field["name"], f"{_short(field['before'])} → {_short(field['after'])}")
        for each in changes["touchpoints"]
        for field in each.get("fields", ())
    ]
    if fields:
        table(("touchpoint", "field", "before → after"), fields)
    if changes["customerChanges"]:
        table(("customer", "touchpoints", "stage", "revenue"), change_rows(changes["customerChanges"]))
    for what, listed, noun in (
        (changes["customers"], changes["customerChanges"], "customer"),
        (sum(changes[effect] for effect in EFFECTS), changes["touchpoints"], "touchpoint"),
    ):
        if what > len(listed):
            out.print(f"... and {counted(what - len(listed), noun)} more.")


def change_rows(changes: Sequence[Json]) -> list[tuple[str, ...]]:
    """Customers with touchpoints, stage and revenue before and after."""
    return [
        (
            change["customer"],
            f"{change['touchpointsBefore']} → {change['touchpointsAfter']}",
            f"{change['stageBefore'] or 'none'} → {change['stageAfter'] or 'none'}",
            f"{amount(change['revenueBefore'])} → {amount(change['revenueAfter'])}",
        )
        for change in changes
    ]


def _short(text: str | None) -> str:
    return "none" if text is None else text if len(text) <= 60 else f"{text[:57]}..."

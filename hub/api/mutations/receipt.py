"""How far a write has come."""

from __future__ import annotations

from hub.api.context import Info
from hub.api.graph import described, object_type

PATIENCE = 1.0
"""Seconds a write waits for its own effect."""


@object_type
class Receipt:
    """How far a write has come; send `sequence` as header Hub-After on the next read to see it."""

    sequence: str = described("The number of the write in the order of truth.")
    processed: bool = described("Whether its effect is already shown.")


async def receipt(info: Info, sequence: int) -> Receipt | None:
    """Wait for the effect of a write, so that this answer shows it; None when nothing was written."""
    await info.context.renew()
    if sequence <= 0:
        return None
    return Receipt(sequence=str(sequence), processed=await info.context.hub.wait(sequence, PATIENCE))

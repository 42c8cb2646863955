"""What a hub has accepted is processed: what was pulled or delivered is in the customers a moment later."""

from __future__ import annotations

from hub.ingest.hub import Hub
from hub.store.ledger import accepted


async def settled(hub: Hub, seconds: float = 20) -> int:
    """Wait until everything accepted is processed, for so many seconds at most; the last number of it."""
    async with hub.reader.snapshot() as snapshot:
        last = await accepted(snapshot)
    assert await hub.wait(last, seconds)
    return last

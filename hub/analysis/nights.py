"""What a hub does every night, at three in its own time zone: score everybody, if anything was heard since."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.clock import moment
from hub.errors import HubError
from hub.ingest.hub import Hub

HOUR = 3
_LOOK = 600.0
"""Seconds between looks at the clock, which may be set meanwhile."""

_log = logging.getLogger(__name__)


def next_night(at: datetime, zone: ZoneInfo) -> datetime:
    """The next time that it is three o'clock in a zone, or what comes nearest on a night of changing clocks."""
    local = at.astimezone(zone)
    night = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    while night.astimezone(UTC) <= at:
        night += timedelta(days=1)
    return night.astimezone(UTC)


@contextlib.asynccontextmanager
async def nights(hub: Hub, clock: Callable[[], int]) -> AsyncIterator[None]:
    """Score every night while the block runs. ``clock`` gives microseconds."""
    task = asyncio.create_task(_watch(hub, clock))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _watch(hub: Hub, clock: Callable[[], int]) -> None:
    zone = ZoneInfo(hub.company.time_zone)
    night = next_night(moment(clock()), zone)
    while True:
        await asyncio.sleep(min(_LOOK, max(0.0, (night - moment(clock())).total_seconds())))
        if moment(clock()) >= night:
            await _work(hub)
            night = next_night(moment(clock()), zone)


async def _work(hub: Hub) -> None:
    """One night's work. Of several processes of a hub the one that processes does it."""
    try:
        if hub.threads.processes and await hub.scoring.stale():
            await hub.scoring.score()
            await hub.scoring.scored()
    except HubError as error:
        _log.warning("nothing was scored tonight: %s", error.message)
    except Exception:  # noqa: BLE001 (another night comes)
        _log.exception("nothing was scored tonight")

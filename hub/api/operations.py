"""For whoever runs a hub: whether it lives, whether it can answer, and its metrics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.api.answering import STOPPING, json_answer
from hub.api.metrics import MetricsEndpoint
from hub.store import measures

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

PATIENCE = 1.0
"""Seconds within which the database has to answer."""
_FRESH = 0.5
"""Seconds for which an answer about the database holds, however many ask."""


def routes(hub: Hub, *, metrics_token: str | None = None, metrics_loopback: bool = False) -> list[BaseRoute]:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    metrics = MetricsEndpoint(hub, metrics_token, loopback=metrics_loopback)
    return [
        Route("/healthz", _lives, methods=["GET"]),
        Route("/readyz", Readiness(hub).answer, methods=["GET"]),
        Route("/metrics", metrics.answer, methods=["GET"]),
    ]


async def _lives(_: Request) -> Response:
    return json_answer({"status": "ok"})


class Readiness:
    """Whether the hub can answer: 200, or 503 and what is not ready, in a word each."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asking = asyncio.Lock()
        self._found: dict[str, str] = {}
        self._asked = float("-inf")

    async def answer(self, http: Request) -> Response:
        """For whoever asks: it says nothing of the inside."""
        stopping = bool(getattr(http.app.state, STOPPING, False))
        found = {"serving": "stopping" if stopping else "ok", **await self._database()}
        ready = all(each == "ok" for each in found.values())
        return json_answer({"status": "ok" if ready else "not ready", **found}, 200 if ready else 503)

    async def _database(self) -> dict[str, str]:
        """One look for all who ask at a time."""
        clock = asyncio.get_running_loop().time
        async with self._asking:
            if clock() - self._asked >= _FRESH:
                self._found, self._asked = await self._look(), clock()
            return self._found

    async def _look(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(PATIENCE), self._hub.reader.snapshot() as snapshot:
                migrated = await measures.migrated(snapshot)
        except Exception:  # noqa: BLE001 (whatever it is, the hub cannot read, and nobody outside is told why)
            return {"database": "unreachable", "migrations": "unknown"}
        return {"database": "ok", "migrations": "ok" if migrated else "pending"}

"""Whether those who stay still may: sockets and streams end when their token expires or is revoked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from hub.api.auth import NotSignedIn, Principal, still_good
from hub.errors import RetryLater
from hub.store import tokens

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

LOOK = 1.0
"""Seconds between looks at the tokens of all who stay."""
MOST = 500
"""Sockets and streams of one token at the same time, in one process."""


class TooMany(RetryLater):
    """The token has as many sockets and streams open as it may."""

    code = "TOO_MANY_STREAMS"


class Standing:
    """Those who stay in one process: one look at the database for all of them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._staying: dict[asyncio.Event, Principal] = {}
        self._by_token: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None

    def demand(self, who: Principal) -> None:
        """Raises ``TooMany`` when the token has no room for one more."""
        if self._by_token[who.token] >= MOST:
            raise TooMany(f"This token has {MOST} live connections open already.", after=5)

    @asynccontextmanager
    async def stays(self, who: Principal) -> AsyncIterator[asyncio.Event]:
        """While somebody stays; the event is set once they may not any more. Raises ``TooMany``."""
        self.demand(who)
        ended = asyncio.Event()
        self._staying[ended] = who
        self._by_token[who.token] += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield ended
        finally:
            del self._staying[ended]
            self._by_token -= Counter({who.token: 1})
            if not self._staying and self._looking is not None:
                self._looking.cancel()
                await asyncio.wait([self._looking])
                self._looking = None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            ids = {who.token for who in self._staying.values()}
            try:
                async with self._hub.reader.snapshot() as snapshot:
                    good = await tokens.stand(snapshot, sorted(ids))
            except RetryLater:
                good = ids  # what the database does not tell now, it tells the next time
            for ended, who in self._staying.items():
                if not still_good(who) or (who.token not in good and who.token in ids):
                    ended.set()


def no_longer() -> NotSignedIn:
    """What somebody hears who may not stay."""
    return NotSignedIn("This token has expired or was revoked.")

"""How much one address may send in a minute."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from ipaddress import ip_network

MOST = 50_000
"""Addresses that are counted in one minute; from then on whoever is new is one too many."""


class Crowd:
    """Counts what came from each address in a minute of the clock; ``limit`` 0 lets everything through."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._minute = 0
        self._seen: Counter[str] = Counter()

    def has_room(self, client: str, at: datetime) -> bool:
        """Count one more of an address, and whether it may come. IPv6: all of a /64 are one, as one line has them."""
        minute = int(at.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._seen = minute, Counter()
        network = str(ip_network(f"{client}/64", strict=False)) if ":" in client else client
        if network not in self._seen and len(self._seen) >= MOST:
            return not self._limit
        self._seen[network] += 1
        return not self._limit or self._seen[network] <= self._limit

"""How much one address may send in a minute."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

MOST = 50_000
"""Addresses that are counted in one minute; from then on whoever is new is one too many."""


class Crowd:
    """Counts what came from each address in a minute of the clock; ``limit`` 0 lets everything through."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._minute = 0
        self._seen: Counter[str] = Counter()

    def has_room(self, client: str, at: datetime) -> bool:
        """Count one more of an address, and whether it may come."""
        minute = int(at.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._seen = minute, Counter()
        network = _network(client)
        if network not in self._seen and len(self._seen) >= MOST:
            return not self._limit
        self._seen[network] += 1
        return not self._limit or self._seen[network] <= self._limit


def _network(client: str) -> str:
    """All of a /64 of IPv6 are one, as one line has them."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return client

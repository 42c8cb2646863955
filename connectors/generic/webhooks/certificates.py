"""Certificates by which Amazon SNS signs: fetched once, outside of any delivery, and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hub import sdk

_LARGEST = 20_000
_KEPT = "certificate "


class Certificates:
    """Certificates by their address, which must be known to be Amazon's."""

    def __init__(self, outside: sdk.Outside) -> None:
        self._outside = outside
        self._known: dict[str, bytes] = {}
        self._asked: set[str] = set()

    def known(self, address: str) -> bytes | None:
        """A certificate (PEM) that is here already."""
        kept = (self._outside.credentials or {}).get(_KEPT + address)
        return self._known.get(address) or (kept.encode() if kept else None)

    def fetching(self, address: str) -> Callable[[], Awaitable[None]] | None:
        """What fetches it; None while that goes on for any address, so that nobody makes us ask and ask."""
        if self._asked:
            return None
        self._asked.add(address)

        async def fetch() -> None:
            try:
                async with self._outside.http() as http:
                    answer = await http.get(address)
                if len(answer.content) > _LARGEST:
                    raise sdk.SourceFailed("The certificate of Amazon SNS is larger than a certificate is.")
                self._known[address] = answer.content
                await self._outside.keep(_KEPT + address, answer.text)
            finally:
                self._asked.discard(address)

        return fetch

    def confirming(self, address: str) -> Callable[[], Awaitable[None]]:
        """What tells Amazon that the subscription is wanted."""

        async def confirm() -> None:
            async with self._outside.http() as http:
                await http.get(address)

        return confirm

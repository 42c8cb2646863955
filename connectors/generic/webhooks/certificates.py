"""Messages of Amazon SNS, and the certificates they are signed by: fetched once, outside of any delivery, and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence

from hub import sdk

_TEXT = {"content-type": "text/plain; charset=utf-8"}
_LARGEST = 20_000
_KEPT = "certificate "


class Certificates:
    """Certificates by their address, which must be known to be Amazon's."""

    def __init__(self, outside: sdk.Outside) -> None:
        self._outside = outside
        self._known: dict[str, bytes] = {}
        self._asked: set[str] = set()

    def receive(
        self, delivery: sdk.Delivery, topics: Collection[str], rows: Callable[[str], Sequence[sdk.Row]]
    ) -> sdk.Reception:
        """Verify a message of one of the topics; ``rows`` makes them by its id. Raises ``SignatureWrong``.

        Without the certificate it cannot be verified: Amazon sends it again.
        """
        message = sdk.signatures.notification(delivery.body)
        if message.topic not in topics:
            raise sdk.SignatureWrong("The message is of another topic.")
        certificate = self.known(message.certificate)
        if certificate is None:
            reply = sdk.Reply(503, b"The certificate is being fetched.\n", {**_TEXT, "retry-after": "20"})
            return sdk.Reception(reply=reply, then=self.fetching(message.certificate))
        genuine = message.verify(certificate, delivery.received_at)
        if message.confirms:
            return sdk.Reception(then=self.confirming(message.confirms))
        return sdk.Reception(rows(genuine.id) if message.members["Type"] == "Notification" else ())

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

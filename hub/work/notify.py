"""Notifications: what the hub tells others of its own accord, signed by Standard Webhooks 1.0."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self

import httpx

from hub import __version__
from hub.asking.patience import told
from hub.clock import now
from hub.errors import ConfigWrong, RetryLater, SourceFailed
from hub.outgoing import Outgoing, Reach
from hub.settings import Settings
from hub.signatures.standard import sign

_LONGEST = 15.0
"""Seconds for one attempt, in all."""
_HEADERS = {"content-type": "application/json", "user-agent": f"journey-hub/{__version__}"}


class ReceiverGone(ConfigWrong):
    """The receiver answered 410: it wants to hear nothing any more."""


class Notifier:
    """Sends notifications, one attempt at a time: whoever has one keeps it and tries again until it was taken.

    ``keys``: secrets (``whsec_...``) or private keys (``whsk_...``) that sign, each of them, so that the receiver may
    change from one to the next.
    """

    def __init__(self, keys: Sequence[str], *, reach: Reach | None = None, clock: Callable[[], datetime] = now) -> None:
        self._keys = keys
        self._reach = reach
        self._clock = clock

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the environment says: ``HUB_NOTIFY_SECRET``, ``HUB_ALLOW_PRIVATE_ADDRESSES``."""
        secret = settings.notify_secret.get_secret_value() if settings.notify_secret else ""
        return cls(
            [key for key in re.split(r"[,\s]+", secret) if key], reach=Reach.allowing(settings.allow_private_addresses)
        )

    async def __call__(self, url: str, id: str, body: bytes) -> None:  # noqa: A002 (the header's name)
        """Post a JSON body. ``id`` is the same at every attempt, so that the receiver knows it again.

        Only 2xx means that it was taken; redirects are not followed, and of an answer nothing but its head is read.
        Raises ``RetryLater`` when the receiver says how long to wait, ``ReceiverGone``, ``ConfigWrong`` when there is
        no key or the address is out of reach, and ``SourceFailed`` for all else that was not taken.
        """
        if not self._keys:
            raise ConfigWrong("Set HUB_NOTIFY_SECRET: it signs what the hub tells.")
        # Signed anew at every attempt: receivers refuse what was signed long ago.
        headers = _HEADERS | sign(self._keys, id, self._clock(), body)
        reach = self._reach or Reach.of_environment()
        try:
            async with (
                asyncio.timeout(_LONGEST),
                httpx.AsyncClient(transport=Outgoing(reach), timeout=_LONGEST, trust_env=False) as http,
                http.stream("POST", url, content=body, headers=headers) as answer,
            ):
                self._judge(answer)
        except httpx.InvalidURL:
            raise ConfigWrong("That is not an address to send notifications to.") from None
        except (httpx.TransportError, TimeoutError):
            raise SourceFailed(f"{httpx.URL(url).host} cannot be reached.") from None

    def _judge(self, answer: httpx.Response) -> None:
        host, status = answer.request.url.host, answer.status_code
        if answer.is_success:
            return
        if status == HTTPStatus.GONE:
            raise ReceiverGone(f"{host} wants no notifications any more (410 Gone).")
        message = f"{host} answered {status} to a notification."
        if wait := told(answer, self._clock()):
            raise RetryLater(message, after=wait)
        raise SourceFailed(message)

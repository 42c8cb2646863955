"""Notifications: what the hub tells others of its own accord, signed by Standard Webhooks 1.0."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self

import httpx

from hub.clock import now
from hub.errors import ConfigWrong, RetryLater, SourceFailed
from hub.outgoing import Reach
from hub.settings import Settings
from hub.work.posting import LONGEST, Post


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

        Only 2xx means that it was taken; redirects are not followed.
        Raises ``RetryLater`` when the receiver says how long to wait, ``ReceiverGone``, ``ConfigWrong`` when there is
        no key or the address is out of reach, and ``SourceFailed`` for all else that was not taken.
        """
        if not self._keys:
            raise ConfigWrong("Set HUB_NOTIFY_SECRET: it signs what the hub tells.")
        async with Post(self._reach, clock=self._clock, longest=LONGEST) as post:
            answered = await post(url, self._keys, id, body)
        host, status = httpx.URL(url).host, answered.status
        if httpx.codes.is_success(status):
            return
        if status == HTTPStatus.GONE:
            raise ReceiverGone(f"{host} wants no notifications any more (410 Gone).")
        message = f"{host} answered {status} to a notification."
        if answered.after:
            raise RetryLater(message, after=answered.after)
        raise SourceFailed(message)

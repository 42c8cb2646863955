"""Posting signed messages to others, over the one way out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx

from hub import __version__
from hub.asking.patience import told
from hub.clock import now
from hub.errors import ConfigWrong, SourceFailed
from hub.outgoing import Outgoing, Reach
from hub.signatures.standard import sign

LONGEST = 15.0
"""Seconds for one attempt, in all."""
_READ = 1024
"""Bytes that are read of an answer."""
_DRIPPING = 2.0
"""Seconds for which the beginning of an answer is waited for, once its status is known."""
_CONNECTIONS = 1000
"""Of one process, at once; who sends says how many of them one receiver may have."""
_HEADERS = {
    "content-type": "application/json",
    "user-agent": f"journey-hub/{__version__}",
    "accept-encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver answered; ``after``: how many seconds it asks to wait, ``text``: how the answer began."""

    status: int
    after: float | None
    text: str


class Post:
    """Posts to whoever the hub may reach. Use ``async with``: connections are kept for a moment and used again."""

    def __init__(
        self, reach: Reach | None = None, *, clock: Callable[[], datetime] = now, longest: float = LONGEST
    ) -> None:
        self._clock = clock
        self._longest = longest
        transport = Outgoing(reach or Reach.of_environment(), connections=_CONNECTIONS)
        # One client posts to all: what one receiver has it remember, another one must not be sent.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        self._http = httpx.AsyncClient(transport=transport, timeout=longest, trust_env=False, cookies=no_cookies)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def __call__(self, url: str, keys: Sequence[str], id: str, body: bytes) -> Answered:  # noqa: A002 (the header)
        """Post a JSON body, signed by each key. Redirects are not followed, and little of the answer is read.

        Raises ``ConfigWrong`` when there is no key or the address is none or out of reach, ``SourceFailed`` when there
        is no answer in time.
        """
        if not keys:
            raise ConfigWrong("There is no key to sign it with.")
        at = self._clock()
        try:
            # Signed anew at every attempt: receivers refuse what was signed long ago.
            headers = _HEADERS | sign(keys, id, at, body)
            async with (
                asyncio.timeout(self._longest),
                self._http.stream("POST", url, content=body, headers=headers) as answer,
            ):
                return Answered(answer.status_code, told(answer, at), await _beginning(answer))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise ConfigWrong("That is not an address to post to.") from None
        except (TimeoutError, httpx.TimeoutException):
            raise SourceFailed(f"{_host(url)} did not answer within {self._longest:g} seconds.") from None
        except httpx.TransportError as error:
            reason = "cannot be reached" if isinstance(error, httpx.ConnectError) else "broke off"
            raise SourceFailed(f"{_host(url)} {reason}.") from None


def _host(url: str) -> str:
    """The address may itself be a secret, but for its host."""
    return httpx.URL(url).host[:200]


async def _beginning(answer: httpx.Response) -> str:
    """How an answer begins, as text that any database takes; an answer that breaks off is answer enough."""
    got = b""
    with suppress(httpx.TransportError, TimeoutError):
        async with asyncio.timeout(_DRIPPING):
            async for part in answer.aiter_raw(_READ):
                got += part
                if len(got) >= _READ:
                    break
    return got[:_READ].decode("utf-8", "replace").replace("\0", "\ufffd")

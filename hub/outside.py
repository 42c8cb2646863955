"""What a connector may use of the world outside: the time, patience, HTTP, and the credentials it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from hub.asking.budgets import Allowance, Budget, Rationed
from hub.asking.client import Http
from hub.asking.oauth import Bearer, OAuth, Tokens
from hub.asking.patience import PATIENCE
from hub.clock import now
from hub.errors import SourceFailed
from hub.outgoing import Outgoing, Reach

__all__ = ["Budget", "Http", "Keep", "OAuth", "Outside"]

Keep = Callable[[str, str], Awaitable[None]]
"""Stores a credential under its name, on disk before it answers."""

_Key = tuple[str, Budget]
_SHARED: dict[_Key, Allowance] = {}
"""What is left of the budgets of this process, by their key, or by source."""


async def _kept_nowhere(name: str, value: str) -> None:
    """For a connector that nobody keeps credentials for: a dry run, a test."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The world as the hub lends it to a connector; the acceptance kit lends another, with a clock of its own.

    ``credentials`` are secrets that came after the settings (a rotated refresh token), by name; ``keep`` stores one.
    ``source``: whose pulls follow one another, so that each finds the budget as the one before left it.
    ``reach``: the addresses that may be connected to, by default those of the environment; a ``transport`` that is lent
    knows its own.
    """

    now: Callable[[], datetime] = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    transport: httpx.AsyncBaseTransport | None = None
    credentials: Mapping[str, str] | None = field(default=None, repr=False)
    keep: Keep = field(default=_kept_nowhere, repr=False)
    budget: Budget | None = None
    source: str = ""
    reach: Reach | None = None
    _allowances: dict[_Key, Allowance] = field(default_factory=dict, init=False, repr=False, compare=False)
    _tokens: list[Tokens] = field(default_factory=list, init=False, repr=False, compare=False)

    def http(
        self,
        base_url: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        oauth: OAuth | None = None,
        budget: Budget | None = None,
    ) -> Http:
        """A client for one provider, to be used by ``async with``. It asks again where that helps, keeps the budget
        (the connector's, unless another is given) and signs requests with ``oauth``.
        """
        budget = budget or self.budget
        return Http(
            base_url,
            transport=self._transport(budget),
            now=self.now,
            sleep=self.sleep,
            headers=headers,
            auth=Bearer(self._signing(), oauth) if oauth else None,
            reset=budget.reset if budget else "",
        )

    async def access_token(self, oauth: OAuth, *, instead_of: str = "") -> str:
        """An access token that still holds, for protocols other than HTTP; another than one that was refused.

        Raises ``SignInAgain``.
        """
        return await self._signing().access(oauth, instead_of=instead_of)

    def permitted(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, for a connector that speaks no HTTP: it connects to one of these, not to the name.

        It may wait for the name server: call it in a thread. Raises ``ConfigWrong`` when the hub may not connect
        there, ``SourceFailed`` when there is no such host.
        """
        try:
            return self._reached().addresses(host, port)
        except (OSError, UnicodeError):
            raise SourceFailed(f"{host[:200]} was not found.") from None

    def _reached(self) -> Reach:
        # Not before it is needed: connectors are bound often, and few ask anybody then.
        return self.reach or Reach.of_environment()

    def _transport(self, budget: Budget | None) -> httpx.AsyncBaseTransport:
        return Rationed(
            self.transport or Outgoing(self._reached()),
            self._allowance(budget) if budget else None,
            at=lambda: self.now().timestamp(),
            sleep=self.sleep,
            patience=PATIENCE,
            lent=self.transport is not None,
        )

    def _allowance(self, budget: Budget) -> Allowance:
        whose = budget.key or self.source
        # A world with a time of its own shares its budgets with nobody.
        shared = whose and self.sleep is asyncio.sleep
        return (_SHARED if shared else self._allowances).setdefault((whose, budget), Allowance(budget))

    def _signing(self) -> Tokens:
        if not self._tokens:
            # Not `or {}`: what is lent empty may fill.
            credentials = {} if self.credentials is None else self.credentials
            self._tokens.append(Tokens(self._ask, self.now, self.keep, credentials))
        return self._tokens[0]

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        async with Http("", transport=self._transport(None), now=self.now, sleep=self.sleep) as http:
            return await http.send(request)

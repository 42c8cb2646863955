"""OAuth 2: access tokens from a refresh token that changes as it is used (RFC 6749, RFC 9700)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import httpx
from pydantic import SecretStr

from hub.errors import SignInAgain, SourceFailed

_EARLY = 60.0
"""Seconds before its end from which on an access token is no longer used."""
_LIFE = 3600.0
"""Seconds that an access token lasts when the provider does not say."""


@dataclass(frozen=True, slots=True)
class OAuth:
    """How one account signs in. ``refresh_token`` is the one its owner gave; later ones are kept by the hub.

    ``basic``: the client's secret goes into the header, as QuickBooks and Xero want it, instead of into the form.
    ``name``: under which the newest refresh token is kept; two accounts of one source need two.
    """

    token_url: str
    client_id: str
    client_secret: str | SecretStr = field(default="", repr=False)
    refresh_token: str | SecretStr = field(default="", repr=False)
    scope: str = ""
    basic: bool = False
    name: str = "oauth"


@dataclass(frozen=True, slots=True)
class _Chain:
    """The newest refresh token that grew from the one an owner gave, and the one before it.

    The one before is good for a while yet (a day at Intuit, two hours at Bluesky), and needed where the newest was
    kept but an answer of the provider was not what it seemed.
    """

    seed: str
    newest: str = field(repr=False)
    before: str = field(default="", repr=False)
    at: float = 0.0

    def text(self) -> str:
        return json.dumps({"seed": self.seed, "newest": self.newest, "before": self.before, "at": self.at})


@dataclass(slots=True)
class Tokens:
    """The access tokens of one source. One is fetched at a time, and what comes with it is kept before it is used."""

    ask: Callable[[httpx.Request], Awaitable[httpx.Response]]
    now: Callable[[], datetime]
    keep: Callable[[str, str], Awaitable[None]]
    credentials: Mapping[str, str]
    _access: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)
    _kept: dict[str, str] = field(default_factory=dict, repr=False)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict, repr=False)

    async def access(self, oauth: OAuth, *, instead_of: str = "") -> str:
        """An access token that still holds; another than ``instead_of``, which the provider refused.

        Raises ``SignInAgain`` when the refresh token is no good any more.
        """
        async with self._locks.setdefault(oauth.name, asyncio.Lock()):
            token, until = self._access.get(oauth.name, ("", 0.0))
            if token == instead_of or until <= self.now().timestamp():
                token = await self._fetched(oauth)
            return token

    async def _fetched(self, oauth: OAuth) -> str:
        chain = self._chain(oauth)
        host = httpx.URL(oauth.token_url).host
        for refresh in dict.fromkeys(filter(None, (chain.newest, chain.before))):
            said = await self._said(oauth, refresh)
            if said is None:
                continue
            await self._keep(oauth, chain, refresh, str(said.get("refresh_token") or ""))
            token = str(said["access_token"])
            until = self.now().timestamp() + max(0.0, _seconds(said.get("expires_in")) - _EARLY)
            self._access[oauth.name] = (token, until)
            return token
        raise SignInAgain(f"{host} does not take our refresh token any more.")

    async def _said(self, oauth: OAuth, refresh: str) -> dict[str, Any] | None:
        """The provider's answer to a refresh token; None when it does not take it."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        form |= {"scope": oauth.scope} if oauth.scope else {}
        headers = {"accept": "application/json"}
        secret = _plain(oauth.client_secret)
        if oauth.basic:
            pair = f"{quote_plus(oauth.client_id)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": oauth.client_id} | ({"client_secret": secret} if secret else {})
        # Asked again after a reset: the refresh token that was spent then is good for a while yet.
        how = {"again": True, "expect": {400, 401}}
        answer = await self.ask(httpx.Request("POST", oauth.token_url, data=form, headers=headers, extensions=how))
        host = answer.request.url.host
        try:
            said = answer.json()
        except ValueError:
            raise SourceFailed(f"{host} answered with something that is not JSON.") from None
        if answer.status_code in (400, 401):
            error = said.get("error") if isinstance(said, dict) else None
            if error == "invalid_grant":
                return None
            if error in ("invalid_client", "unauthorized_client"):
                raise SignInAgain(f"{host} does not take our client id and secret.")
            raise SourceFailed(f"{host} refuses to give an access token.")
        if not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
            raise SourceFailed(f"{host} answered without an access token.")
        return said

    async def _keep(self, oauth: OAuth, chain: _Chain, used: str, given: str) -> None:
        """Keep a new refresh token, with the one it replaces."""
        if not given or given == chain.newest:
            return
        text = _Chain(chain.seed, given, used, self.now().timestamp()).text()
        await asyncio.shield(self.keep(oauth.name, text))  # a pull that is stopped here must not lose it
        self._kept[oauth.name] = text

    def _chain(self, oauth: OAuth) -> _Chain:
        """What was kept last, unless the owner has given another refresh token since."""
        first = _plain(oauth.refresh_token)
        seed = hashlib.sha256(first.encode()).hexdigest()[:16]
        kept = [_read(text) for text in (self._kept.get(oauth.name), self.credentials.get(oauth.name)) if text]
        grown = [chain for chain in kept if chain is not None and chain.seed == seed]
        return max(grown, key=lambda chain: chain.at, default=_Chain(seed, first))


class Bearer(httpx.Auth):
    """Signs requests with an access token, and once more with a new one when the provider refuses it."""

    def __init__(self, tokens: Tokens, oauth: OAuth) -> None:
        self._tokens = tokens
        self._oauth = oauth

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._tokens.access(self._oauth)
        request.headers["authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == 401:
            token = await self._tokens.access(self._oauth, instead_of=token)
            request.headers["authorization"] = f"Bearer {token}"
            yield request


def _plain(secret: str | SecretStr) -> str:
    return secret.get_secret_value() if isinstance(secret, SecretStr) else secret


def _read(text: str) -> _Chain | None:
    try:
        said = json.loads(text)
        return _Chain(str(said["seed"]), str(said["newest"]), str(said["before"]), float(said["at"]))
    except (ValueError, KeyError, TypeError):
        return None


def _seconds(value: object) -> float:
    """``expires_in``, which some providers send as text."""
    try:
        return float(str(value))
    except ValueError:
        return _LIFE

"""Signing in to a server of the AT Protocol with an app password, as seldom as that goes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import httpx

from connectors.social.server import answered
from hub import sdk

_KEPT = "session"
_CREATE, _REFRESH = "/xrpc/com.atproto.server.createSession", "/xrpc/com.atproto.server.refreshSession"
_OVER = frozenset({"ExpiredToken", "InvalidToken"})


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in, and the tokens that came of it. ``seed`` changes with the credentials and the server."""

    seed: str
    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    @classmethod
    def of(cls, answer: httpx.Response, seed: str) -> Self:
        """What a server answers to a sign-in. Raises ``SourceFailed``."""
        said = answered(answer)
        found = [said.get(name) for name in ("did", "handle", "accessJwt", "refreshJwt")]
        if not all(isinstance(each, str) and each for each in found):
            raise sdk.SourceFailed(f"{answer.url.host} answered without a session.")
        return cls(seed, *map(str, found))


class SignedIn:
    """Asks a server as an account.

    A server lets an account sign in some 300 times a day, so the session is kept, sealed, from pull to pull. An access
    token holds two hours, a refresh token 90 days and for one use; the new one is kept before it is used.
    """

    def __init__(self, http: httpx.AsyncClient, outside: sdk.Outside, identifier: str, password: sdk.Secret) -> None:
        self._http = http
        self._outside = outside
        self._sign_in = {"identifier": identifier, "password": password.get_secret_value()}
        told = {**self._sign_in, "server": str(http.base_url)}  # the tokens of one are nothing to another
        self._seed = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
        self._session = _read((outside.credentials or {}).get(_KEPT, ""), self._seed)

    async def session(self) -> Session:
        """The session, made when there is none. Raises ``SignInAgain``."""
        return self._session or await self._renewed()

    async def get(self, path: str, params: dict[str, Any]) -> httpx.Response:
        """What the server answers: success, or 400 to what it does not understand. Raises ``SignInAgain``."""
        answer = await self._asked(path, params, await self.session())
        if _is_over(answer):
            answer = await self._asked(path, params, await self._renewed())
        if _is_over(answer):
            raise sdk.SignInAgain(f"{answer.url.host} does not take its own tokens.")
        return answer

    async def _asked(self, path: str, params: dict[str, Any], session: Session) -> httpx.Response:
        return await self._http.get(
            path, params=params, headers=_bearer(session.access), extensions={"expect": {400, 401}}
        )

    async def _renewed(self) -> Session:
        """A session by the refresh token, or by the password where that is no good any more."""
        answer = None
        if self._session:
            # Asked again after a reset: a refresh token that was spent is good for two hours yet.
            how = {"expect": {400, 401}, "again": True}
            answer = await self._http.post(_REFRESH, headers=_bearer(self._session.refresh), extensions=how)
        if answer is None or answer.status_code != 200:
            answer = await self._http.post(_CREATE, json=self._sign_in, extensions={"again": True})
        self._session = Session.of(answer, self._seed)
        await self._outside.keep(_KEPT, json.dumps(asdict(self._session)))
        return self._session


def _is_over(answer: httpx.Response) -> bool:
    """Whether the access token is no good any more: 400 with a name for it, or 401."""
    return answer.status_code == 401 or (answer.status_code == 400 and answered(answer).get("error") in _OVER)


def _bearer(token: str) -> dict[str, str]:
    # A header takes no line breaks and no foreign letters, whatever a server called a token.
    return {"authorization": "Bearer " + "".join(sign for sign in token if "!" <= sign <= "~")}


def _read(kept: str, seed: str) -> Session | None:
    try:
        session = Session(**json.loads(kept))
    except (ValueError, TypeError):
        return None
    return session if session.seed == seed else None

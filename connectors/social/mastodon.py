"""``social.mastodon``: who mentions, answers, follows and shares an account of the fediverse, as it happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import Field, field_validator

from connectors.social.notification import POST, Notification, touchpoints
from connectors.social.server import address, answered
from connectors.tried import refused
from hub import sdk

_PATH = "/api/v1/notifications"
_OF_MODERATORS = ["admin.sign_up", "admin.report"]
"""Not about our account: reports name people who have nothing to do with us."""
_PAGE = 80
_QUIET = 90.0
"""Seconds without a heartbeat, which comes every 15, after which a stream is taken for dead."""
_NEWS = frozenset({"notification", "notifications_merged"})


class MastodonSettings(sdk.Settings):
    """Which server, and the token of the account."""

    server: str = Field(description="The server of the account: social.example.")
    access_token: sdk.Secret = Field(
        description="Of an application of the account: read:notifications, read:statuses, read:accounts."
    )

    @field_validator("server")
    @classmethod
    def _address(cls, given: str) -> str:
        return address(given, like="social.example")


class Notifications(sdk.PullStream):
    """Everything that an account is notified of, oldest first. Nothing is marked as read, nothing is deleted."""

    name = "notifications"
    nature = sdk.Nature.STATES  # counters of the accounts and posts in it go on changing
    live = True

    def __init__(self, settings: MastodonSettings, outside: sdk.Outside) -> None:
        self.settings = settings
        self.outside = outside
        self.server = urlsplit(settings.server).hostname or ""

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Pages of at most 80, from the oldest that the server still has."""
        after = str((cursor or {}).get("min_id", "0"))
        async with self._http(self.settings.server) as http:
            about = await self._ourselves(http)
            while True:
                answer = await http.get(_PATH, params=_after(after, _PAGE))
                said = sorted(((_id(payload), payload) for payload in sdk.items(answer.content)), key=_age)
                if not said:
                    return
                rows = [sdk.Row(number or self.key(payload), payload, about) for number, payload in said]
                newest = _linked(answer.links) or said[-1][0]
                if _age((newest, b"")) <= _age((after, b"")):
                    raise sdk.SourceFailed(f"{self.server} does not page forward: min_id brings what was there before.")
                after = newest
                yield sdk.Page(rows, {"min_id": after})

    async def news(self, cursor: sdk.Cursor | None) -> None:
        """Wait at the server's stream of events, whose silence after a pull would hide what came between."""
        after = str((cursor or {}).get("min_id", "0"))
        async with self._http(self.settings.server) as http:
            address = await self._streaming(http)
            async with (
                self._http(address) as streams,
                streams.stream("GET", "/api/v1/streaming/user/notification", timeout=_QUIET) as stream,
            ):
                if sdk.items((await http.get(_PATH, params=_after(after, 1))).content):
                    return
                async for line in stream.aiter_lines():
                    if line.startswith("event:") and line.removeprefix("event:").strip() in _NEWS:
                        return
        raise sdk.SourceFailed(f"{self.server} ended its stream of events.")

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        """One touchpoint, or none where a notification is not about a customer."""
        own, handle = row.envelope.get("own", ""), row.envelope.get("handle", "")
        return touchpoints(sdk.read(Notification, row.payload), self.server, own, handle)

    async def account(self) -> dict[str, str]:
        """The id and handle of the account that the token is of. Raises ``SignInAgain`` and others."""
        async with self._http(self.settings.server) as http:
            return await self._ourselves(http)

    async def _ourselves(self, http: httpx.AsyncClient) -> dict[str, str]:
        """Whose notifications these are: kept with each, so that it can be read without asking again."""
        own = answered(await http.get("/api/v1/accounts/verify_credentials"))
        handle = f"@{own.get('acct', '')}"
        return {"own": str(own.get("id", "")), "handle": handle if handle.count("@") > 1 else f"{handle}@{self.server}"}

    async def _streaming(self, http: httpx.AsyncClient) -> str:
        """Where the server's stream of events is: by its own word, and never less safe than the server itself."""
        answer = await http.get("/api/v2/instance", extensions={"expect": {404}})
        told: Any = answered(answer) if answer.status_code != 404 else {}
        for name in ("configuration", "urls", "streaming"):
            told = told.get(name) if isinstance(told, dict) else None
        address = urlsplit(told if isinstance(told, str) else "")
        scheme = {"ws": "http", "wss": "https"}.get(address.scheme, address.scheme)
        safe = scheme == "https" or self.settings.server.startswith("http:")
        return f"{scheme}://{address.netloc}" if address.netloc and safe else self.settings.server

    def _http(self, address: str) -> httpx.AsyncClient:
        token = self.settings.access_token.get_secret_value()
        # The limit is one of account and address alike, so all accounts of a server share it.
        budget = replace(Mastodon.budget, key=f"mastodon:{self.server}")
        return self.outside.http(address, headers={"Authorization": f"Bearer {token}"}, budget=budget)


class Mastodon(sdk.Connector):
    """Mentions, replies, direct messages, follows and reactions of one account."""

    name = "social.mastodon"
    title = "Mentions, messages, follows and reactions of a Mastodon account"
    documentation = "docs/connectors/social.mastodon.md"
    Settings = MastodonSettings
    destinations = ("server",)
    kinds = (POST,)
    every = 300
    budget: ClassVar[sdk.Budget] = sdk.Budget(300, 300, reset="X-RateLimit-Reset")

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream: the notifications."""
        return [Notifications(self.settings, self.outside)]

    def check(self) -> Iterator[str]:
        """Ask the server whose the token is."""
        account = Notifications(self.settings, self.outside).account
        return refused(account, self.settings.server, "server", "access_token")


def _after(cursor: str, limit: int) -> dict[str, Any]:
    """What a server's own policy keeps out of sight is asked for too: most customers are people it does not know."""
    return {"min_id": cursor, "limit": limit, "include_filtered": "true", "exclude_types[]": _OF_MODERATORS}


def _id(payload: bytes) -> str:
    """The id of a notification, or empty where it has none: it is kept then too."""
    try:
        said = json.loads(payload)
    except ValueError:
        return ""
    number = said.get("id") if isinstance(said, dict) else None
    return str(number) if isinstance(number, str | int) else ""


def _age(said: tuple[str, bytes]) -> tuple[int, str]:
    """Ids are text that grows: a longer one is later."""
    return len(said[0]), said[0]


def _linked(links: Mapping[str | None, Mapping[str, str]]) -> str:
    """The cursor that the server itself names for what is newer."""
    query = parse_qs(urlsplit(links.get("prev", {}).get("url", "")).query)
    return query.get("min_id", [""])[0]

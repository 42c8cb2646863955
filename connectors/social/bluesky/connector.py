"""``social.bluesky``: who mentions, answers, quotes, follows and likes an account of Bluesky."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import httpx
from pydantic import Field, field_validator

from connectors.social.bluesky.notification import Notification, touchpoints
from connectors.social.bluesky.session import SignedIn
from connectors.social.notification import POST
from connectors.social.server import address
from connectors.tried import refused
from hub import sdk

_PATH = "/xrpc/app.bsky.notification.listNotifications"
_PAGE = 100
_OVERLAP = timedelta(minutes=15)
"""What is read again: a notification stands where its author's clock put it, if that was slow."""


class BlueskySettings(sdk.Settings):
    """An account, and an app password of it."""

    account: str = Field(description="The handle of the account, like shop.bsky.social, or its DID.")
    app_password: sdk.Secret = Field(description="An app password of the account, like abcd-efgh-ijkl-mnop.")
    server: str = Field("https://bsky.social", description="The account's server, unless it is one of Bluesky's own.")

    @field_validator("account")
    @classmethod
    def _name(cls, given: str) -> str:
        name = given.strip().removeprefix("@")
        if not re.fullmatch(r"did:[a-z]+:[\w.:%-]+|([\w-]+\.)+[\w-]+", name):
            raise ValueError("write the whole handle, like shop.bsky.social")
        return name

    @field_validator("server")
    @classmethod
    def _address(cls, given: str) -> str:
        return address(given, like="https://bsky.social")


class Notifications(sdk.PullStream):
    """Everything that an account is notified of. Nothing is marked as read."""

    name = "notifications"
    nature = sdk.Nature.STATES  # names and labels of their authors go on changing
    volatile = frozenset({"isRead"})
    connector: Bluesky

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Pages of 100, the newest first, down to what is known: ``until``.

        A walk that was cut off is ended first, from the page ``at`` which it was; what came meanwhile is walked then.
        """
        place: dict[str, str] = dict(cursor or {})
        async with self.connector.http() as http:
            settings, outside = self.connector.settings, self.connector.outside
            signed_in = SignedIn(http, outside, settings.account, settings.app_password)
            resumed = bool(place.get("at"))
            while True:
                answer = await signed_in.get(_PATH, _asked(place))
                if answer.status_code == 400 and resumed and "at" in place:
                    del place["at"]  # forgotten there: the walk begins anew, and still goes down to the same
                    continue
                ours = await signed_in.session()
                page = self._page(answer, {"own": ours.did, "handle": f"@{ours.handle}"}, place)
                yield page
                place = dict(page.cursor or {})
                if "at" not in place:
                    if not resumed:
                        return
                    resumed = False

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """One touchpoint, or none where a notification is not about a customer."""
        own, handle = row.envelope.get("own", ""), row.envelope.get("handle", "")
        return touchpoints(sdk.read(Notification, row.payload), own, handle)

    def _page(self, answer: httpx.Response, about: dict[str, str], place: dict[str, str]) -> sdk.Page:
        """The page that was answered, and where to go on."""
        if answer.status_code != 200:
            raise sdk.SourceFailed(f"{answer.url.host} does not understand how it is asked for notifications.")
        said = sdk.items(answer.content, "notifications")
        told = [_told(each) for each in said]
        rows = [sdk.Row(key or self.key(each), each, about) for each, (key, _) in zip(said, told, strict=True)]
        times = [at for _, at in told if at]
        now = self.connector.outside.now()
        newest = place.get("newest") or (min(max(times), now).isoformat() if times else place.get("until", ""))
        until, following = place.get("until"), json.loads(answer.content).get("cursor")
        known = until and times and min(times) < sdk.instant(until) - _OVERLAP
        if known or not said or not isinstance(following, str) or not following:
            return sdk.Page(rows, {"until": newest} if newest else {}, done=1.0)
        if following == place.get("at"):
            raise sdk.SourceFailed(f"{answer.url.host} does not page: a page leads to itself.")
        return sdk.Page(rows, {**({"until": until} if until else {}), "newest": newest, "at": following})


class Bluesky(sdk.Connector):
    """Mentions, replies, quotes, follows and reactions of one account."""

    name = "social.bluesky"
    title = "Mentions, replies, quotes, follows and reactions of a Bluesky account"
    documentation = "docs/connectors/social.bluesky.md"
    Settings = BlueskySettings
    destinations = ("server",)
    kinds = (POST,)
    stream_types = (Notifications,)
    every = 300
    budget: ClassVar[sdk.Budget] = sdk.Budget(3000, 300, reset="RateLimit-Reset")
    settings: BlueskySettings

    def http(self) -> httpx.AsyncClient:
        """A client of the account's server, whose limit is one of our address: its sources share it."""
        key = f"bluesky:{urlsplit(self.settings.server).hostname}"
        return self.outside.http(self.settings.server, budget=replace(self.budget, key=key))

    def check(self) -> Iterator[str]:
        """Sign in."""
        return refused(self._sign_in, self.settings.server, "server", "app_password")

    async def _sign_in(self) -> None:
        async with self.http() as http:
            await SignedIn(http, self.outside, self.settings.account, self.settings.app_password).session()


def _asked(place: dict[str, str]) -> dict[str, str]:
    """Everybody's notifications, also where the account's app shows those of some people first."""
    at = {"cursor": place["at"]} if "at" in place else {}
    return {"limit": str(_PAGE), "priority": "false", **at}


def _told(payload: bytes) -> tuple[str, datetime | None]:
    """What names a notification, since a record may be told of for several reasons, and where it stands. Empty where
    there is none: it is kept then too."""
    said = json.loads(payload)
    said = said if isinstance(said, dict) else {}
    named, at = [said.get("uri"), said.get("reason")], said.get("indexedAt")
    key = "#".join(map(str, named)) if all(isinstance(each, str) and each for each in named) else ""
    try:
        return key, sdk.instant(at) if isinstance(at, str) else None
    except sdk.InputWrong:
        return key, None

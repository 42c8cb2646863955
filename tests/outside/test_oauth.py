"""Refresh tokens change as they are used; the newest is on disk before anything is asked with it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr

from hub.errors import RetryLater, SignInAgain, SourceFailed
from hub.outside import OAuth, Outside
from tests.outside.worlds import World

ACCOUNT = OAuth("https://id.example/token", "app", SecretStr("s3cret"), SecretStr("first"), scope="read")


@dataclass
class Provider:
    """Gives a new refresh token each time; the one before is good until the next is used, as Xero and Bluesky do."""

    good: list[str] = field(default_factory=lambda: ["first"])
    access: str = ""
    given: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[httpx.Headers] = field(default_factory=list)
    failing: list[httpx.Response] = field(default_factory=list)
    rotates: bool = True
    life: object = 1800

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "id.example":
            return self.token(request)
        if self.access and request.headers.get("authorization") == f"Bearer {self.access}":
            return httpx.Response(200, json={"rows": []})
        return httpx.Response(401)

    def token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.asked.append(form)
        self.headers.append(request.headers)
        if self.failing:
            return self.failing.pop(0)
        if form["refresh_token"] not in self.good:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.given += 1
        self.access = f"access-{self.given}"
        said: dict[str, object] = {"access_token": self.access, "token_type": "bearer", "expires_in": self.life}
        if self.rotates:
            self.good = [form["refresh_token"], f"refresh-{self.given}"]
            said["refresh_token"] = self.good[-1]
        return httpx.Response(200, json=said)


async def get(outside: Outside, oauth: OAuth = ACCOUNT) -> Any:
    async with outside.http("https://books.example", oauth=oauth) as http:
        return (await http.get("/rows")).json()


def test_a_request_is_signed_with_a_token_that_is_fetched_once() -> None:
    provider = Provider()
    world = World(provider)

    async def twice() -> None:
        outside = world.outside()
        assert await get(outside) == await get(outside) == {"rows": []}

    asyncio.run(twice())
    assert provider.asked == [
        {"grant_type": "refresh_token", "refresh_token": "first", "scope": "read", "client_id": "app",
         "client_secret": "s3cret"}
    ]  # fmt: skip


def test_the_secret_goes_into_the_header_where_the_provider_wants_it_there() -> None:
    provider = Provider()
    oauth = OAuth("https://id.example/token", "my app", "s3:cret", "first", basic=True)
    asyncio.run(get(World(provider).outside(), oauth))
    assert provider.asked == [{"grant_type": "refresh_token", "refresh_token": "first"}]
    assert provider.headers[0]["authorization"] == "Basic bXkrYXBwOnMzJTNBY3JldA=="  # my+app:s3%3Acret


def test_a_new_refresh_token_is_kept_before_anything_is_asked_with_it() -> None:
    order: list[str] = []
    provider = Provider()

    def noted(request: httpx.Request) -> httpx.Response:
        order.append(f"asked {request.url.host}")
        return provider(request)

    world = World(noted)

    async def keep(name: str, value: str) -> None:
        order.append(f"kept {json.loads(value)['newest']} after {json.loads(value)['before']} as {name}")

    async def main() -> None:
        outside = world.outside()
        await get(Outside(outside.now, outside.sleep, outside.transport, {}, keep))

    asyncio.run(main())
    assert order == ["asked id.example", "kept refresh-1 after first as oauth", "asked books.example"]


def test_what_was_kept_is_known_also_where_the_credentials_do_not_follow() -> None:
    provider = Provider()
    world = World(provider)

    async def main() -> None:
        outside = world.outside()
        fixed = Outside(outside.now, outside.sleep, outside.transport, {}, outside.keep)
        for _ in range(3):
            await get(fixed)
            provider.access = "revoked"

    asyncio.run(main())
    assert [form["refresh_token"] for form in provider.asked] == ["first", "refresh-1", "refresh-2"]


def test_a_token_that_cannot_be_kept_is_not_used() -> None:
    world = World(Provider())

    async def full(name: str, value: str) -> None:
        raise RetryLater("The disk is full.")

    async def main() -> None:
        outside = world.outside()
        await get(Outside(outside.now, outside.sleep, outside.transport, {}, full))

    with pytest.raises(RetryLater):
        asyncio.run(main())
    assert [request.url.host for request in world.requests] == ["id.example"]


def test_the_next_pull_goes_on_with_the_newest_token() -> None:
    provider = Provider()
    world = World(provider)
    for _ in range(3):
        asyncio.run(get(world.outside()))
    assert [form["refresh_token"] for form in provider.asked] == ["first", "refresh-1", "refresh-2"]


def test_a_pull_killed_between_the_answer_and_the_disk_goes_on_with_the_token_before() -> None:
    provider = Provider()
    world = World(provider)
    asyncio.run(get(world.outside()))
    before = dict(world.kept)
    asyncio.run(get(world.outside()))
    world.kept.update(before)  # as if the second had never come to the disk
    asyncio.run(get(world.outside()))
    assert [form["refresh_token"] for form in provider.asked] == ["first", "refresh-1", "refresh-1"]


def test_the_token_before_is_tried_when_the_newest_is_refused() -> None:
    provider = Provider()
    world = World(provider)
    asyncio.run(get(world.outside()))
    provider.good = ["first"]  # the provider took its new token back, as it does when its own storage fails
    asyncio.run(get(world.outside()))
    assert [form["refresh_token"] for form in provider.asked] == ["first", "refresh-1", "first"]
    assert json.loads(world.kept["oauth"])["newest"] == "refresh-2"


def test_a_token_that_its_owner_gave_anew_counts_more_than_what_was_kept() -> None:
    provider = Provider()
    world = World(provider)
    asyncio.run(get(world.outside()))
    provider.good = ["second"]
    asyncio.run(get(world.outside(), OAuth("https://id.example/token", "app", refresh_token="second")))
    assert [form["refresh_token"] for form in provider.asked] == ["first", "second"]


def test_a_refresh_token_that_is_no_good_asks_for_its_owner() -> None:
    provider = Provider(good=[])
    world = World(provider)
    with pytest.raises(SignInAgain) as again:
        asyncio.run(get(world.outside()))
    assert again.value.message == "id.example does not take our refresh token any more."
    assert len(world.requests) == 1


def test_a_client_that_is_not_known_asks_for_its_owner() -> None:
    provider = Provider(failing=[httpx.Response(401, json={"error": "invalid_client"})])
    with pytest.raises(SignInAgain) as again:
        asyncio.run(get(World(provider).outside()))
    assert again.value.message == "id.example does not take our client id and secret."


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(400, json={"error": "invalid_scope"}), "id.example refuses to give an access token."),
        (httpx.Response(400, json=["no"]), "id.example refuses to give an access token."),
        (httpx.Response(200, text="<html>"), "id.example answered with something that is not JSON."),
        (httpx.Response(200, json={"token": "s3cret"}), "id.example answered without an access token."),
        (httpx.Response(200, json=[]), "id.example answered without an access token."),
    ],
)
def test_an_answer_without_a_token_is_a_fault_of_the_source(answer: httpx.Response, message: str) -> None:
    with pytest.raises(SourceFailed) as failed:
        asyncio.run(get(World(Provider(failing=[answer])).outside()))
    assert (type(failed.value), failed.value.message) == (SourceFailed, message)


def test_a_provider_of_tokens_that_fails_for_a_while_is_asked_again() -> None:
    provider = Provider(failing=[httpx.Response(503), httpx.Response(500)])
    assert asyncio.run(get(World(provider).outside())) == {"rows": []}
    assert len(provider.asked) == 3


def test_an_access_token_is_renewed_a_minute_before_its_end() -> None:
    provider = Provider(life="1800")
    world = World(provider)

    async def main() -> list[str]:
        outside = world.outside()
        tokens = [await outside.access_token(ACCOUNT)]
        for pause in (1739, 1):
            world.at += timedelta(seconds=pause)
            tokens.append(await outside.access_token(ACCOUNT))
        return tokens

    assert asyncio.run(main()) == ["access-1", "access-1", "access-2"]


def test_an_access_token_that_was_revoked_is_renewed_once() -> None:
    provider = Provider()
    world = World(provider)

    async def main() -> None:
        outside = world.outside()
        await get(outside)
        provider.access = "revoked"
        assert await get(outside) == {"rows": []}
        provider.rotates = False
        world.answer = lambda request: provider.token(request) if request.url.path == "/token" else httpx.Response(401)
        with pytest.raises(SignInAgain):
            await get(outside)

    asyncio.run(main())
    assert provider.given == 3


def test_many_requests_at_once_fetch_one_token() -> None:
    provider = Provider()
    world = World(provider)

    async def main() -> None:
        outside = world.outside()
        await asyncio.gather(*(get(outside) for _ in range(20)))
        provider.access = "revoked"
        await asyncio.gather(*(get(outside) for _ in range(20)))

    asyncio.run(main())
    assert [form["refresh_token"] for form in provider.asked] == ["first", "refresh-1"]


def test_no_secret_shows_in_what_is_printed() -> None:
    world = World(Provider())
    asyncio.run(get(world.outside()))
    outside = world.outside()
    shown = repr(OAuth("https://id.example/token", "app", "s3cret", "first"))
    shown += repr(Outside(credentials=outside.credentials, keep=outside.keep))
    assert all(secret not in shown for secret in ("s3cret", "first", "refresh-1"))

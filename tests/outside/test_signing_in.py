"""A hub pulls with tokens that rotate: over pulls, restarts and on both databases, and nobody can read them at rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import sdk
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from tests.outside.listening import served

SECRET_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class Books(sdk.PullStream):
    """One row, which anybody who is signed in may read."""

    name = "books"

    def __init__(self, connector: Ledger) -> None:
        self.connector = connector

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        given = self.connector.settings
        oauth = sdk.OAuth(f"{given.url}/token", "app", "app-s3cret", given.refresh_token)
        async with self.connector.outside.http(given.url, oauth=oauth) as http:
            yield sdk.Page([sdk.Row("1", (await http.get("/rows")).content)])

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        return ()


class LedgerSettings(sdk.Settings):
    url: str
    refresh_token: sdk.Secret


class Ledger(sdk.Connector):
    """Books behind OAuth."""

    name = "test.ledger"
    title = "Books behind OAuth"
    Settings: ClassVar[type[sdk.Settings]] = LedgerSettings

    def streams(self) -> Sequence[sdk.Stream]:
        return [Books(self)]


class Provider:
    """Takes each refresh token once."""

    def __init__(self) -> None:
        self.good = "refresh-token-0"
        self.asked: list[str] = []
        routes = [Route("/token", self._token, methods=["POST"]), Route("/rows", self._rows)]
        self.app = Starlette(routes=routes)

    async def _token(self, request: Request) -> Response:
        given = str((await request.form())["refresh_token"])
        self.asked.append(given)
        if given != self.good:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.good = f"refresh-token-{len(self.asked)}"
        said = {"access_token": f"access-{self.good}", "refresh_token": self.good, "expires_in": 3600}
        return JSONResponse(said)

    async def _rows(self, request: Request) -> Response:
        signed = request.headers.get("authorization") == f"Bearer access-{self.good}"
        return JSONResponse({"sold": 1}) if signed else JSONResponse({}, 401)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Provider, str]]:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")
    provider = Provider()
    with served(provider.app) as url:
        yield provider, url


async def opened(address: str) -> Hub:
    registry = Registry({**load_registry().connectors, "test.ledger": Ledger}, {})
    return await Hub.open(address, registry, secret_key=SECRET_KEY)


async def pulled(hub: Hub, source: str) -> tuple[Any, ...]:
    await hub.sync(source)
    await hub.pulled(source)
    async with hub.reader.snapshot() as snapshot:
        return tuple((await snapshot.all("SELECT state, error FROM run ORDER BY num"))[-1])


def test_tokens_rotate_over_pulls_and_restarts_and_are_sealed(
    hub_address: str, provider: tuple[Provider, str], tmp_path: Path
) -> None:
    giving, url = provider

    async def main() -> list[tuple[Any, ...]]:
        async with await opened(hub_address) as hub:
            settings = {"url": url, "refresh_token": "refresh-token-0"}
            source = (await hub.create_source("Books", "test.ledger", settings)).ids[0]
            ends = [await pulled(hub, source) for _ in range(2)]
        async with await opened(hub_address) as hub:
            ends.append(await pulled(hub, source))
            async with hub.reader.snapshot() as snapshot:
                rows = await snapshot.all("SELECT sealed FROM credential")
                rows += await snapshot.all("SELECT settings FROM source")
            assert "refresh-token" not in repr([tuple(row) for row in rows])
        return ends

    assert asyncio.run(main()) == [("OK", None)] * 3
    assert giving.asked == ["refresh-token-0", "refresh-token-1", "refresh-token-2"]
    for folder, _, names in os.walk(tmp_path):
        assert [name for name in names if b"refresh-token" in (Path(folder) / name).read_bytes()] == []


def test_tokens_that_are_no_good_wait_for_their_owner(hub_address: str, provider: tuple[Provider, str]) -> None:
    giving, url = provider

    async def main() -> list[tuple[Any, ...]]:
        async with await opened(hub_address) as hub:
            settings = {"url": url, "refresh_token": "refresh-token-0"}
            source = (await hub.create_source("Books", "test.ledger", settings)).ids[0]
            ends = [await pulled(hub, source)]
            giving.good = "given-anew"  # somebody has revoked the grant, and given another
            ends.append(await pulled(hub, source))
            await hub.configuration.change(source, {"refresh_token": "given-anew"}, {}, by="test")
            ends.append(await pulled(hub, source))
            return ends

    assert asyncio.run(main()) == [
        ("OK", None),
        ("FAILED", "127.0.0.1 does not take our refresh token any more."),
        ("OK", None),
    ]
    assert giving.asked == ["refresh-token-0", "refresh-token-1", "refresh-token-0", "given-anew"]

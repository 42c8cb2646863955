"""Exports over real sockets: a cut is noticed, and who goes away holds nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from hub import sdk
from hub.api import exports
from hub.api.exports import ExportEndpoint
from hub.api.http import routes
from hub.client import Client
from hub.desk import Desk
from hub.errors import RetryLater
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.registry import Registry
from hub.settings import Company
from tests.api.conftest import Sheet
from tests.settled import settled


@asynccontextmanager
async def listening(folder: Path, rows: int) -> AsyncIterator[tuple[str, str, Any]]:
    """A hub with so many touchpoints behind a socket: its address, a token, and who writes its exports."""
    known: dict[str, type[sdk.Connector]] = {"hub.desk": Desk, "test.sheet": Sheet}
    async with await Hub.open(str(folder / "hub"), Registry(known, {}), Company()) as hub:
        source = (await hub.create_source("Books", "test.sheet", {})).ids[0]
        given = [
            GivenRow(
                b'{"key": "r%d", "kind": "form", "text": "%s", "who": {"email": "a@example.org"}}' % (n, b"x" * 9_000)
            )
            for n in range(rows)
        ]
        await hub.ingest(source, "rows", given)
        await settled(hub, 30)
        _, token = await hub.create_token("test", ["analyse", "pii", "manage"])
        held = routes(hub)
        writer = next(each.endpoint.__self__ for each in held if getattr(each, "path", "").startswith("/export/"))  # type: ignore[attr-defined]
        assert isinstance(writer, ExportEndpoint)
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=held), port=0, log_level="critical"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", token, writer._exports
        server.should_exit = True
        await serving


def test_a_cut_is_noticed_and_who_goes_away_gives_the_place_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(exports, "_TOGETHER", 1)

    async def run() -> None:
        async with listening(tmp_path, 400) as (url, token, writer):
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
                async with client.stream("GET", f"{url}/export/touchpoints.ndjson") as answer:
                    await anext(answer.aiter_bytes())
                    assert writer._under_way == 1
                async with asyncio.timeout(10):
                    while writer._under_way:  # noqa: ASYNC110 (nobody tells)
                        await asyncio.sleep(0.01)
                log = (await client.get(f"{url}/export")).json()["exports"]
                assert [each["outcome"] for each in log] == ["CUT"]
            monkeypatch.setattr(writer, "_longest", 0.0)
            async with Client.at(url, token, proxies=False) as asked:
                with pytest.raises(RetryLater, match="cut before its end"):
                    [part async for part in asked.export("touchpoints.csv", {})]

    asyncio.run(run())

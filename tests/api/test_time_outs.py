"""An operation whose time is up takes its statement with it, in the database too."""

import asyncio
import time
from typing import Any

import asyncpg
import pytest

from hub.api.auth import Principal
from hub.api.deadlines import Deadlines
from hub.api.execute import Request, execute
from hub.api.limits import InTime
from hub.errors import RetryLater
from hub.ingest.hub import Hub
from hub.limits import Limits
from hub.registry import load_registry
from hub.store.postgres_reader import _PostgresSnapshot as PostgresSnapshot
from hub.store.reader import _SqliteSnapshot as SqliteSnapshot

SLOW = {
    "postgresql": "SELECT pg_sleep(30)",
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c",
}


@pytest.mark.parametrize("document", ["{ customers { totalCount } }", '{ node(id: "cus_abcdef") { id } }'])
def test_a_statement_ends_with_its_request(hub_address: str, document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is awaited by a resolver, the second by a loader's own task."""
    remote = "://" in hub_address
    kind: Any = PostgresSnapshot if remote else SqliteSnapshot
    ask = kind.all

    async def slowly(snapshot: Any, statement: str, *values: Any) -> Any:
        if "customer" not in statement:
            return await ask(snapshot, statement, *values)
        return await ask(snapshot, SLOW["postgresql" if remote else "sqlite"])

    async def run() -> None:
        async with await Hub.open(hub_address, load_registry()) as hub:
            hub.limits = Limits(request_seconds=0.3)
            who = Principal("test", "", ("read",))
            with monkeypatch.context() as patch:
                patch.setattr(kind, "all", slowly)
                began = time.monotonic()
                # More than there are connections: each is given back.
                answers = await asyncio.gather(*(execute(hub, who, Request(document)) for _ in range(3)))
                answers += await asyncio.gather(*(execute(hub, who, Request(document)) for _ in range(3)))
                assert {answer.status for answer in answers} == {503}
                assert time.monotonic() - began < 5
            if remote:
                watching = await asyncpg.connect(hub_address)
                running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active'"
                assert await watching.fetchval(running + " AND pid <> pg_backend_pid()") == 0
                await watching.close()
            hub.limits = Limits()
            assert (await execute(hub, who, Request("{ customers { totalCount } }"))).content["data"] is not None

    asyncio.run(run())


def test_what_goes_on_beside_a_field_that_fails_keeps_no_connection(hub_address: str) -> None:
    """The second field is refused before the first has begun to read."""

    async def run() -> None:
        async with await Hub.open(hub_address, load_registry()) as hub:
            who = Principal("test", "", ("analyse",))
            for document in ("{ customerStats { rows { customers } } matters { nodes { id } } }",) * 3:
                answer = await execute(hub, who, Request(document))
                assert [each["extensions"]["code"] for each in answer.content["errors"]] == ["FORBIDDEN"]
            await asyncio.sleep(0.1)
            assert hub.reader.connections()[0] == 0

    asyncio.run(run())


def test_who_is_late_is_told_and_who_goes_away_is_not() -> None:
    async def within(ends: float | None, *, cancelled: bool = False) -> str:
        task = asyncio.current_task()
        assert task is not None
        if cancelled:
            asyncio.get_running_loop().call_later(0.01, task.cancel)
        try:
            async with InTime(Deadlines(), ends):
                await asyncio.sleep(0.03)
        except RetryLater:
            assert task.cancelling() == 0
            return "late"
        except asyncio.CancelledError:
            return "gone"
        return "in time"

    async def all_ways() -> list[str]:
        begun = asyncio.get_running_loop().time()
        ways = [
            within(None), within(begun + 5), within(begun - 1), within(begun + 0.01),
            within(None, cancelled=True), within(begun + 5, cancelled=True), within(begun - 1, cancelled=True),
        ]  # fmt: skip
        return list(await asyncio.gather(*map(asyncio.create_task, ways)))

    assert asyncio.run(all_ways()) == ["in time", "in time", "late", "late", "gone", "gone", "late"]

"""A server that is killed in the middle of a pull: the next pull resumes, and each row is there once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hub.client import Client
from tests.faults.serving import (
    PATIENCE,
    Account,
    ServedHub,
    connected,
    faults_of_files,
    founded,
    held,
    until_processed,
)

LEASE = 1
"""Seconds: as short as may be."""
ROWS = 8000
"""So many that the hub is still reading when it is killed, on a busy machine too."""


async def synced(hub: ServedHub, account: Account, sheet: Path) -> str:
    """Begin a pull of a sheet, whose source is made when it is not there; the run's id."""
    columns = {"key": "id", "name": "name"}
    settings = {"path": str(sheet), "kind": "profile", "columns": columns, "occurred_on": "2026-01-01"}
    async with Client.at(hub.url, account.token, proxies=False) as client:
        made = await client.write("create_source", {"name": "People", "connector": "generic.csv", "settings": settings})
        return str((await client.write("sync_source", {"source": made["source"]["id"]}))["run"]["id"])


def until(hub: ServedHub, statement: str, reached: Callable[[object], bool]) -> None:
    """Wait until a number that the hub holds satisfies a condition."""
    deadline = time.monotonic() + PATIENCE
    with connected(hub.address) as connection:
        while not reached(connection.execute(statement).fetchall()[0][0]):
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_killed_pull_resumes_and_takes_each_row_once(
    hub_address: str, tmp_path: Path, serving: Callable[..., ServedHub]
) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text("id,name\n" + "".join(f"{number},Person {number}\n" for number in range(ROWS)))
    account = founded(hub_address)
    hub = serving(hub_address)
    hub.settings = {"HUB_LEASE_SECONDS": str(LEASE)}
    runs = []
    for part in (0, 1500):
        hub.start()
        runs.append(asyncio.run(synced(hub, account, sheet)))
        until(hub, "SELECT count(*) FROM record", lambda count, part=part: int(str(count)) > part)  # type: ignore[misc]
        hub.kill()
        time.sleep(LEASE)  # on PostgreSQL nobody knows before that it is dead
    hub.start()
    runs.append(asyncio.run(synced(hub, account, sheet)))
    until(hub, f"SELECT state FROM run WHERE id = '{runs[-1]}'", lambda state: state != "RUNNING")
    until_processed(hub_address)
    states = dict(held(hub_address, "SELECT id, state FROM run WHERE kind = 'PULL'"))
    assert [states[run] for run in runs] == ["INTERRUPTED", "INTERRUPTED", "OK"]
    keys = Counter(key for (key,) in held(hub_address, "SELECT key FROM record"))
    assert keys == Counter(str(number) for number in range(ROWS))
    assert held(hub_address, "SELECT count(*) FROM touchpoint WHERE retracted_at IS NULL") == [(ROWS,)]
    assert faults_of_files(hub_address) == []
    hub.stop()
    assert "Traceback" not in hub.log.read_text()

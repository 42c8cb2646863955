"""Singer taps in an open hub: a pull that goes on at the state, a listing that deletes, a token that is kept sealed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.generic.singer import Singer
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.sealing import new_key
from tests.ingest.builders import COMPANY, REGISTRY
from tests.settled import settled

TAP = """#!/usr/bin/env python3
import json, pathlib, sys
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
path = pathlib.Path(arguments["--config"])
config = json.loads(path.read_text())
guests = json.loads(pathlib.Path(config["guests"]).read_text())
seen = json.loads(pathlib.Path(arguments["--state"]).read_text()) if "--state" in arguments else 0
assert config["token"] == "token" + "+" * guests["runs"], "401"
config["token"] += "+"
path.write_text(json.dumps(config))
print(json.dumps({"type": "SCHEMA", "stream": "guests", "schema": {}, "key_properties": ["id"]}))
for number in guests["there"]:
    if number > seen:
        said = {"id": number, "at": "2026-03-01", "email": f"g{number}@x.example"}
        print(json.dumps({"type": "RECORD", "stream": "guests", "record": said, "time_extracted": str(guests["runs"])}))
print(json.dumps({"type": "STATE", "value": max(guests["there"], default=0)}))
sys.exit(guests.get("code", 0))
"""


@pytest.fixture
def guests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of guests that the tap reads; who is there, and how often it was read."""
    taps = tmp_path / "taps"
    taps.mkdir()
    (taps / "tap-guests").write_text(TAP)
    (taps / "tap-guests").chmod(0o755)
    monkeypatch.setenv("HUB_TAPS", str(taps))
    return tmp_path / "guests.json"


def opened(address: str, guests: Path, listing: bool, look: Callable[[Hub, str], Awaitable[None]]) -> None:
    """Run ``look`` on the hub at an address, with a source that the tap reads."""
    registry = Registry({**REGISTRY.connectors, "generic.singer": Singer}, {})
    mapping = {"kind": "visit", "columns": {"time": "at", "email": "email"}, "listing": listing}
    settings = {
        "tap": "tap-guests", "config": {"guests": str(guests)}, "secrets": {"token": "token"}, "discover": False,
        "streams": {"guests": mapping},
    }  # fmt: skip

    async def run() -> None:
        async with await Hub.open(address, registry, COMPANY, secret_key=new_key()) as hub:
            (source,) = (await hub.create_source("Guests", "generic.singer", settings)).ids
            await look(hub, source)

    asyncio.run(run())


async def found(hub: Hub, statement: str) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement)]


async def pulled(hub: Hub, source: str, guests: Path, **said: Any) -> tuple[str, str | None]:
    """Pull; how the run ended."""
    guests.write_text(json.dumps(said))  # noqa: ASYNC240 (some bytes)
    await hub.sync(source)
    await hub.pulled(source)
    await settled(hub)
    (ended,) = await found(hub, "SELECT state, error FROM run WHERE kind = 'PULL' ORDER BY num DESC LIMIT 1")
    return ended


KEYS = "SELECT key FROM record ORDER BY number"
STANDING = "SELECT count(*) FROM touchpoint WHERE retracted_at IS NULL"


def test_a_pull_goes_on_at_the_state_with_the_token_that_the_last_one_left(hub_address: str, guests: Path) -> None:
    async def look(hub: Hub, source: str) -> None:
        assert await pulled(hub, source, guests, runs=0, there=[1, 2]) == ("OK", None)
        failed = await pulled(hub, source, guests, runs=1, there=[1, 2, 3], code=7)
        assert failed == ("FAILED", "The tap ended with code 7.")
        assert await pulled(hub, source, guests, runs=2, there=[1, 2, 3, 4]) == ("OK", None)
        assert await found(hub, KEYS) == [("1",), ("2",), ("3",), ("4",)]
        sealed = await found(hub, "SELECT sealed FROM credential WHERE name = 'config'")
        assert len(sealed) == 1
        assert "token" not in str(sealed)
        # Whoever gives a wrong token sees what the tap said of it.
        assert await pulled(hub, source, guests, runs=9, there=[]) == (
            "FAILED", "The tap ended with code 1. Its last words: AssertionError: 401",
        )  # fmt: skip

    opened(hub_address, guests, listing=False, look=look)


def test_a_row_that_a_listing_does_not_name_is_deleted_but_not_by_a_run_that_failed(
    hub_address: str, guests: Path
) -> None:
    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source, guests, runs=0, there=[1, 2, 3])
        await pulled(hub, source, guests, runs=1, there=[1, 3], code=1)
        assert await found(hub, STANDING) == [(3,)]
        assert await pulled(hub, source, guests, runs=2, there=[1, 3]) == ("OK", None)
        assert await found(hub, STANDING) == [(2,)]

    opened(hub_address, guests, listing=True, look=look)

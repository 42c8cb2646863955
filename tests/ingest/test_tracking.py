"""What tracking libraries tell, in an open hub: who is who, which firm, and the documented examples."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import connectors.generic
from connectors.generic.segment import Segment
from hub import sdk
from hub.clock import now
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.sealing import new_key
from tests.ingest.builders import COMPANY, REGISTRY
from tests.settled import settled

SAMPLE = Path(connectors.generic.__file__).parent / "samples" / "segment.json"
KEY = "a-write-key-of-this-source"
SETTINGS = {"write_keys": [KEY], "currency": "BDT", "region": "BD", "sale": "payment"}


def opened(address: str, look: Callable[[Hub, str], Awaitable[None]]) -> None:
    """Run ``look`` on the hub at an address, with a source of messages."""
    registry = Registry({**REGISTRY.connectors, "generic.segment": Segment}, {})

    async def run() -> None:
        async with await Hub.open(address, registry, COMPANY, secret_key=new_key()) as hub:
            (source,) = (await hub.create_source("Shop", "generic.segment", SETTINGS)).ids
            await look(hub, source)

    asyncio.run(run())


async def told(hub: Hub, source: str, body: bytes) -> int:
    """Deliver a batch; the status of the answer."""
    delivery = sdk.Delivery(
        "POST", "/in/Shop/v1/batch", {}, {"authorization": f"Bearer {KEY}"}, body, "", now(), b"", rest="batch"
    )
    reply = await hub.deliver(source, "v1", delivery)
    await settled(hub)
    return reply.status


async def found(hub: Hub, statement: str) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement)]


def test_people_firms_and_money_of_the_sample(hub_address: str) -> None:
    async def look(hub: Hub, source: str) -> None:
        assert await told(hub, source, SAMPLE.read_bytes()) == 200
        people = "SELECT kind, name, touchpoints FROM customer WHERE touchpoints > 0 ORDER BY kind, name"
        assert await found(hub, people) == [
            ("ORGANISATION", "Lahore Textiles", 1), ("PERSON", "عائشہ خان", 4), ("PERSON", "নাসরিন আক্তার", 3),
        ]  # fmt: skip
        assert await found(hub, "SELECT title FROM affiliation") == [("مینیجر",)]
        assert await found(hub, "SELECT count(*) FROM problem") == [(0,)]

    opened(hub_address, look)


def test_an_alias_makes_two_users_one(hub_address: str) -> None:
    def track(id_: str, user: str, **more: str) -> dict[str, str]:
        return {"type": "track", "event": "X", "messageId": id_, "userId": user, **more}

    async def look(hub: Hub, source: str) -> None:
        await told(hub, source, json.dumps({"batch": [track("1", "old"), track("2", "new")]}).encode())
        customers = "SELECT touchpoints FROM customer WHERE touchpoints > 0 ORDER BY 1"
        assert await found(hub, customers) == [(1,), (1,)]
        alias = track("3", "new", type="alias", previousId="old")
        await told(hub, source, json.dumps({"batch": [alias]}).encode())
        assert await found(hub, customers) == [(3,)]

    opened(hub_address, look)


@pytest.mark.shared
def test_the_documented_examples_in_one_batch(hub_address: str, shared_data: Path) -> None:
    async def look(hub: Hub, source: str) -> None:
        examples = json.loads((shared_data / "webhooks" / "segment_spec_payloads.json").read_text())
        body = json.dumps({"batch": [example["payload"] for example in examples]}).encode()
        for _ in range(2):
            assert await told(hub, source, body) == 200
            problems = await found(hub, PROBLEMS)
            # Three name nobody; five bear the messageId of another example, as the documents were written.
            assert problems == [("CONTRADICTS", 5), ("UNREADABLE", 3)]
            assert await found(hub, "SELECT count(*) FROM record") == [(75,)]

    opened(hub_address, look)


PROBLEMS = "SELECT code, count(*) FROM problem GROUP BY code ORDER BY code"

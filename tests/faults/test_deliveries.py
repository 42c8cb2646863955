"""Copies of one delivery, all at once, at a hub that is really served: one record, one touchpoint."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from hub import sdk
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.sealing import new_key
from tests.faults.serving import ServedHub, held, until_processed

COPIES = 50


async def _made(address: str, key: str, secret: str) -> str:
    settings = {
        "scheme": "standard", "secrets": [secret], "kind": "order", "columns": {"email": "data.email"},
        "channel": "web", "direction": "inbound",
    }  # fmt: skip
    async with await Hub.open(address, load_registry(), secret_key=key) as hub:
        return str((await hub.create_source("Shop", "generic.webhook", settings)).ids[0])


async def _sent(url: str, body: bytes, headers: dict[str, str]) -> Counter[int]:
    limits = httpx.Limits(max_connections=COPIES)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=30) as client:
        answers = await asyncio.gather(*(client.post(url, content=body, headers=headers) for _ in range(COPIES)))
        forged = await client.post(url, content=body + b" ", headers=headers)
        return Counter([*(answer.status_code for answer in answers), forged.status_code])


def test_fifty_copies_of_a_delivery_at_once_are_one_record(hub_address: str, serving: Callable[..., ServedHub]) -> None:
    key, secret = new_key(), sdk.signatures.new_secret()
    source = asyncio.run(_made(hub_address, key, secret))
    body = json.dumps({"type": "order.paid", "data": {"email": "নাসরিন@example.com"}}, ensure_ascii=False).encode()
    headers = sdk.signatures.sign([secret], "msg_1", datetime.now(UTC), body)
    hub = serving(hub_address, "env", f"HUB_SECRET_KEY={key}")
    hub.start()
    assert asyncio.run(_sent(f"{hub.url}/in/{source}/deliveries", body, headers)) == {200: COPIES, 401: 1}
    until_processed(hub_address)
    stored = held(hub_address, "SELECT key, version FROM truth.record WHERE stream = 'deliveries'")
    assert [tuple(map(str, row)) for row in stored] == [("msg_1", "1")]
    assert held(hub_address, "SELECT count(*) FROM touchpoint WHERE kind = 'order'") == [(1,)]

"""Copies of one delivery, all at once, at a hub that is really served: one record, one touchpoint."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import socket
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx

from hub import sdk
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.sealing import new_key
from tests.faults.serving import ServedHub, held, until_processed

COPIES = 50


async def _made(address: str, key: str, scheme: str, secret: str) -> str:
    settings = {
        "scheme": scheme, "secrets": [secret], "kind": "order", "columns": {"email": "data.email"},
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
    source = asyncio.run(_made(hub_address, key, "standard", secret))
    body = json.dumps({"type": "order.paid", "data": {"email": "নাসরিন@example.com"}}, ensure_ascii=False).encode()
    headers = sdk.signatures.sign([secret], "msg_1", datetime.now(UTC), body)
    hub = serving(hub_address, "env", f"HUB_SECRET_KEY={key}")
    hub.start()
    assert asyncio.run(_sent(f"{hub.url}/in/{source}/deliveries", body, headers)) == {200: COPIES, 401: 1}
    until_processed(hub_address)
    stored = held(hub_address, "SELECT key, version FROM truth.record WHERE stream = 'deliveries'")
    assert [tuple(map(str, row)) for row in stored] == [("msg_1", "1")]
    assert held(hub_address, "SELECT count(*) FROM touchpoint WHERE kind = 'order'") == [(1,)]


def test_the_address_that_a_sender_signs_is_the_public_one(hub_folder: Path, serving: Callable[..., ServedHub]) -> None:
    key, secret = new_key(), "the key of the webhook"
    source = asyncio.run(_made(str(hub_folder), key, "mandrill", secret))
    hub = serving(str(hub_folder), "env", f"HUB_SECRET_KEY={key}", "HUB_PUBLIC_URL=https://hub.example/base")
    hub.start()
    target = f"/in/{source}/deliveries/a%2Fb?q=%C3%BC+1&empty="
    posted = {"mandrill_events": '[{"event": "open"}]', "z": "ü"}
    for base, status in ("https://hub.example/base", 200), (hub.url, 401):
        signed = base + target + "".join(name + posted[name] for name in sorted(posted))
        made = base64.b64encode(hmac.digest(secret.encode(), signed.encode(), "sha1")).decode()
        headers = {"X-Mandrill-Signature": made, "X-Forwarded-Host": "evil.example"}
        answer = httpx.post(hub.url + target, data=posted, headers=headers, trust_env=False)
        assert answer.status_code == status, answer.text


def test_what_is_no_http_at_all_does_no_harm(hub_folder: Path, serving: Callable[..., ServedHub]) -> None:
    key = new_key()
    source = asyncio.run(_made(str(hub_folder), key, "path", "a secret word in the path"))
    hub = serving(str(hub_folder), "env", f"HUB_SECRET_KEY={key}")
    hub.start()
    path = f"/in/{source}/deliveries/a%20secret%20word%20in%20the%20path"
    head = f"POST {path} HTTP/1.1\r\nHost: hub\r\n".encode()
    for rest in (
        b"Content-Length: 99999999999999999999\r\n\r\n{}",
        b"Content-Length: -1\r\n\r\n{}",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"X: \x00\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"X: " + b"y" * 100_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
        b"Content-Length: 2\r\n",
    ):
        with socket.create_connection(("127.0.0.1", hub.port), timeout=10) as link:
            link.sendall(head + rest)
            link.shutdown(socket.SHUT_WR)
            answer = link.recv(100)
        assert not answer.startswith(b"HTTP/1.1 5"), (rest[:60], answer)
    good = httpx.post(hub.url + path, json={"data": {"email": "a@x.org"}}, trust_env=False)
    assert good.status_code == 200
    assert httpx.post(f"{hub.url}/in/{source}/deliveries/guess", json={}, trust_env=False).status_code == 401
    hub.stop()
    assert "Traceback" not in hub.log.read_text()

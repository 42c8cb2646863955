"""A hub as it is really served: its settings hold at its sockets, and it stops in order."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest
import websockets.sync.client
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed

from hub.api.answering import STOPPING
from hub.api.application import Application
from hub.api.http import ADDRESS
from tests.faults.serving import PATIENCE, ServedHub, founded


def test_a_served_hub_keeps_its_settings_and_stops_in_order(tmp_path: Path) -> None:
    address = str(tmp_path / "hub")
    account = founded(address)
    settings = {
        "HUB_HEADER_SECONDS": "0.4",
        "HUB_DRAIN_SECONDS": "1.5",
        "HUB_ALLOWED_ORIGINS": "https://app.example.com",
    }
    hub = ServedHub(address, tmp_path / "hub.log", settings=settings)
    hub.start()
    try:
        assert said(hub, b"GET /health HTTP/1.1\r\nhost: hub\r\n").startswith(b"HTTP/1.1 408 ")
        assert said(hub, b"GET /health HTTP/1.1\r\nx: " + b"y" * 17_000).startswith(b"HTTP/1.1 431 ")
        headers = {"authorization": f"Bearer {account.token}", "origin": "https://app.example.com"}
        with (
            httpx.Client(base_url=hub.url, headers=headers, trust_env=False) as client,
            websockets.sync.client.connect(
                f"ws{hub.url.removeprefix('http')}/graphql",
                subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            ) as live,
        ):
            live.send(json.dumps({"type": "connection_init", "payload": {"token": account.token}}))
            assert "connection_ack" in str(live.recv(5))
            answer = client.post("/graphql", json={"query": "{ hub { name } }"})
            assert (answer.status_code, answer.headers["vary"]) == (200, "Accept-Encoding, Origin")
            assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
            assert "server" not in answer.headers
            assert client.get("/readyz").status_code == 200
            hub.signal(signal.SIGTERM)
            time.sleep(0.5)
            # It is not ready any more, and still answers whoever does not know yet.
            assert client.get("/readyz").status_code == 503
            assert client.post("/graphql", json={"query": "{ hub { name } }"}).status_code == 200
            with pytest.raises(ConnectionClosed) as closed:
                live.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert hub.process is not None
        assert hub.process.wait(PATIENCE) == 0
        assert "Traceback" not in hub.log.read_text()
    finally:
        hub.end()


@pytest.mark.parametrize("begun", [False, True])
def test_who_is_given_up_when_the_hub_stops_is_told_to_ask_again(begun: bool) -> None:
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    class Slow:
        """Answers, or begins to, when the hub is gone."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if begun:
                await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.Event().wait()

    async def run() -> None:
        app = Application(lambda app: nullcontext())
        app.open([Route(ADDRESS, Slow())])
        setattr(app.state, STOPPING, True)
        scope = {"type": "http", "method": "POST", "path": ADDRESS, "headers": [], "query_string": b""}
        answering = asyncio.create_task(app(scope, receive, send))
        await asyncio.sleep(0)
        answering.cancel("the grace is over")
        with nullcontext() if not begun else pytest.raises(asyncio.CancelledError):
            await answering

    asyncio.run(run())
    assert [each.get("status") for each in told] == ([200] if begun else [503, None])
    if not begun:
        assert dict(told[0]["headers"])[b"retry-after"] == b"1"
        assert json.loads(told[1]["body"])["errors"][0]["extensions"]["code"] == "RETRY_LATER"


def said(hub: ServedHub, head: bytes) -> bytes:
    """What is answered to a head that has no end."""
    with socket.create_connection(("127.0.0.1", hub.port)) as made:
        made.settimeout(5)
        made.sendall(head)
        return made.recv(1000)

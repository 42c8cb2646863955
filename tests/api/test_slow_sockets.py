"""Sockets as they really are: slow, idle, endless, never read; and a hub that is told to stop while it answers."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import websockets.sync.client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import ConnectionClosed

from hub.api.answering import STOPPING, body, clean, json_answer
from hub.api.guarded import GuardedConfig, GuardedServer, Patience

QUICK = Patience(head=0.5, idle=0.5)
HEAD = b"POST / HTTP/1.1\r\nhost: hub\r\n"


async def echo(request: Request) -> Response:
    """How long the body was."""

    async def run(http: Request) -> Response:
        return json_answer({"read": len(await body(http, 1_000_000, 0.5))})

    return await clean(request, run)


async def slowly(request: Request) -> Response:
    """An answer that takes as long as the address says."""

    async def run(http: Request) -> Response:
        request.app.state.begun = True
        await asyncio.sleep(float(http.query_params["seconds"]))
        return json_answer({"done": True})

    return await clean(request, run)


async def large(request: Request) -> Response:
    return Response(b"x" * 30_000_000)


async def ready(request: Request) -> Response:
    return JSONResponse({}, 503 if getattr(request.app.state, STOPPING, False) else 200)


@dataclass
class Guarded:
    """A served application, and the sockets to it."""

    port: int
    server: GuardedServer
    app: Starlette
    thread: threading.Thread
    closes: list[int] = field(default_factory=list)

    def socket(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port))
        made.settimeout(5)
        return made

    def stop(self) -> None:
        self.server.should_exit = True


@contextmanager
def guarded(patience: Patience = QUICK, grace: float = 1.0, drain: float = 0.0) -> Iterator[Guarded]:
    closes: list[int] = []

    async def listen(given: WebSocket) -> None:
        await given.accept()
        try:
            await given.receive_text()
        except WebSocketDisconnect as gone:
            closes.append(gone.code)

    app = Starlette(
        routes=[
            Route("/", echo, methods=["POST"]),
            Route("/slowly", slowly),
            Route("/large", large),
            Route("/ready", ready),
            WebSocketRoute("/socket", listen),
        ]
    )
    there = socket.create_server(("127.0.0.1", 0))
    config = GuardedConfig(app, patience, log_config=None, lifespan="off", timeout_graceful_shutdown=grace)
    server = GuardedServer(config, drain, lambda: setattr(app.state, STOPPING, True))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [there]}, daemon=True)
    thread.start()
    try:
        yield Guarded(there.getsockname()[1], server, app, thread, closes)
    finally:
        server.force_exit = server.should_exit = True
        thread.join(10)
        there.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Guarded]:
    with guarded() as found:
        yield found


def everything(made: socket.socket) -> bytes:
    """What comes until the other side closes."""
    parts = []
    while part := made.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def refusal(answer: bytes) -> tuple[int, str]:
    """Status and code of a refusal, which ends the connection and is no GraphQL."""
    head, _, content = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json; charset=utf-8" in head
    assert b"connection: close" in head
    return int(head.split(b" ", 2)[1]), json.loads(content)["errors"][0]["extensions"]["code"]


def trickled(made: socket.socket, byte: bytes) -> bytes:
    """Send a byte every 50 ms until the other side has had enough; what it said."""
    made.settimeout(0.05)
    said = b""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            made.sendall(byte)
            part = made.recv(65_536)
            said += part
            if not part:
                return said
        except TimeoutError:
            continue
        except ConnectionError:
            return said
    raise AssertionError("nobody had enough")


def asks_well(guarded: Guarded) -> bool:
    with guarded.socket() as made:
        made.sendall(HEAD + b"content-length: 5\r\nconnection: close\r\n\r\nhello")
        return everything(made).endswith(b'{"read":5}')


# Slow and idle ----------------------------------------------------------------------------------------------------


def test_a_head_that_does_not_arrive_is_408(served: Guarded) -> None:
    for begun in (b"P", HEAD, HEAD + b"x-a: b", HEAD + b"content-length: 5\r\n"):
        with served.socket() as made:
            made.sendall(begun)
            assert refusal(everything(made)) == (408, "TOO_SLOW"), begun


def test_a_head_that_trickles_is_408(served: Guarded) -> None:
    with served.socket() as made:
        made.sendall(HEAD + b"x-a: ")
        assert refusal(trickled(made, b"b")) == (408, "TOO_SLOW")


def test_who_says_nothing_is_left(served: Guarded) -> None:
    with served.socket() as made:
        began = time.monotonic()
        assert everything(made) == b""
        assert 0.2 < time.monotonic() - began < 2


def test_empty_lines_keep_nobody(served: Guarded) -> None:
    with served.socket() as made:
        assert trickled(made, b"\r\n") == b""
    with served.socket() as made:
        made.sendall(HEAD + b"content-length: 5\r\n\r\nhello")
        assert made.recv(1000).endswith(b'{"read":5}')
        assert trickled(made, b"\r\n") == b""


def test_a_body_that_does_not_arrive_or_trickles_is_408(served: Guarded) -> None:
    with served.socket() as made:
        made.sendall(HEAD + b"content-length: 5\r\n\r\nhell")
        made.settimeout(5)
        assert refusal(everything(made)) == (408, "TOO_SLOW")
    with served.socket() as made:
        made.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        assert b" 408 " in trickled(made, b"1\r\nx\r\n")


def test_a_connection_is_kept_between_requests_and_closed_when_idle(served: Guarded) -> None:
    with served.socket() as made:
        for _ in range(3):
            made.sendall(HEAD + b"content-length: 5\r\n\r\nhello")
            assert made.recv(1000).endswith(b'{"read":5}')
            time.sleep(0.1)
        began = time.monotonic()
        assert everything(made) == b""
        assert time.monotonic() - began < 2


def test_an_answer_that_takes_longer_than_a_head_may_is_waited_for(served: Guarded) -> None:
    with served.socket() as made:
        made.sendall(b"GET /slowly?seconds=0.8 HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")
        assert everything(made).endswith(b'{"done":true}')


def test_who_does_not_read_is_left(served: Guarded) -> None:
    for ending in (b"", b"connection: close\r\n"):
        with socket.socket() as made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            made.connect(("127.0.0.1", served.port))
            made.sendall(b"GET /large HTTP/1.1\r\nhost: hub\r\n" + ending + b"\r\n")
            time.sleep(1.2)
            made.settimeout(5)
            # What the machine itself has taken comes; the rest does not.
            assert len(everything(made)) < 10_000_000
            assert not served.server.server_state.connections


# Too large --------------------------------------------------------------------------------------------------------


def test_headers_that_are_too_large_are_431(served: Guarded) -> None:
    many = b"".join(b"x-%d: %s\r\n" % (number, b"y" * 1000) for number in range(20))
    for headers in (b"x-a: " + b"y" * 17_000 + b"\r\n", many):
        with served.socket() as made:
            made.sendall(HEAD + headers + b"\r\n")
            assert refusal(everything(made)) == (431, "HEADERS_TOO_LARGE")
    with served.socket() as made:
        made.sendall(HEAD + b"x-a: " + b"y" * 15_000 + b"\r\ncontent-length: 0\r\n\r\n")
        assert b" 200 " in made.recv(1000)


def test_a_header_without_an_end_is_431_before_it_is_kept(served: Guarded) -> None:
    with served.socket() as made:
        made.sendall(HEAD + b"x-a: ")
        sent = 0
        try:
            while sent < 20_000_000:
                sent += made.send(b"y" * 8192)
        except ConnectionError:
            pass
        assert sent < 10_000_000


def test_an_address_that_is_too_long_is_414(served: Guarded) -> None:
    for length, status in ((9000, 414), (8000, 200)):
        with served.socket() as made:
            address = b"/slowly?seconds=0&a=" + b"x" * (length - 20)
            made.sendall(b"GET " + address + b" HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")
            answer = everything(made)
            assert int(answer.split(b" ", 2)[1]) == status
            if status == 414:
                assert refusal(answer) == (414, "ADDRESS_TOO_LONG")


def test_what_is_no_http_is_400_and_others_are_answered(served: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nbad header\r\n\r\n"):
        with served.socket() as made:
            made.sendall(nonsense)
            assert refusal(everything(made)) == (400, "BAD_REQUEST"), nonsense
    for smuggled in (
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    ):
        with served.socket() as made:
            made.sendall(HEAD + smuggled)
            assert refusal(everything(made)) == (400, "BAD_REQUEST"), smuggled
    assert asks_well(served)
    assert caplog.text == ""


def test_two_hundred_slow_sockets_keep_nobody_waiting(served: Guarded) -> None:
    slow = [served.socket() for _ in range(200)]
    for made in slow:
        made.sendall(HEAD)
    began = time.monotonic()
    assert asks_well(served)
    assert time.monotonic() - began < 1
    for made in slow:
        assert refusal(everything(made)) == (408, "TOO_SLOW")
        made.close()
    assert not served.server.server_state.connections


# Stopping ---------------------------------------------------------------------------------------------------------


def in_background(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run it beside; the result when it is asked for."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()

    def result() -> Any:
        thread.join(10)
        return results[0]

    return result


def slow_answer(guarded: Guarded, seconds: float) -> Callable[[], bytes]:
    def ask() -> bytes:
        with guarded.socket() as made:
            made.sendall(b"GET /slowly?seconds=%f HTTP/1.1\r\nhost: hub\r\n\r\n" % seconds)
            return everything(made)

    result = in_background(ask)
    while not getattr(guarded.app.state, "begun", False):
        time.sleep(0.01)
    return result


def test_answers_under_way_are_finished_when_the_hub_stops() -> None:
    with guarded(grace=5) as served:
        with served.socket() as idle:
            answer = slow_answer(served, 0.8)
            served.stop()
            assert answer().endswith(b'{"done":true}')
            assert everything(idle) == b""
        served.thread.join(5)
        assert not served.thread.is_alive()


def test_what_is_not_finished_within_the_grace_is_told_to_come_again() -> None:
    with guarded(grace=0.3) as served:
        answer = slow_answer(served, 30)
        served.stop()
        told = answer()
        assert (b" 503 " in told, b"retry-after: 1" in told.lower(), b"RETRY_LATER" in told) == (True, True, True)


def test_a_socket_is_told_that_the_hub_goes_away() -> None:
    with guarded() as served:
        with websockets.sync.client.connect(f"ws://127.0.0.1:{served.port}/socket") as made:
            assert made.response is not None
            assert "sec-websocket-extensions" not in made.response.headers
            served.stop()
            with pytest.raises(ConnectionClosed) as closed:
                made.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        served.thread.join(5)
        assert served.closes == [1001]


def test_a_hub_is_not_ready_before_it_is_gone() -> None:
    def status(there: Guarded) -> int:
        with there.socket() as made:
            made.sendall(b"GET /ready HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")
            return int(everything(made).split(b" ", 2)[1])

    with guarded(drain=2) as served:
        assert status(served) == 200
        served.stop()
        while status(served) == 200:
            time.sleep(0.05)
        assert status(served) == 503
        assert asks_well(served)
        served.thread.join(20)
        with pytest.raises(ConnectionError):
            served.socket()

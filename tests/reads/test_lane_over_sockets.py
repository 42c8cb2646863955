"""Plain reads over real sockets: what leaves as a whole is what would have left in parts."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import zstandard
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hub.api import deliveries, guarded
from hub.api.guarded import GuardedConfig, GuardedServer, Patience
from hub.app import create_app
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.settings import Settings

ORIGIN = "https://app.example.com"
SMALL = "query Small { hub { name } }"
LARGE = "query Large { hub { " + " ".join(f"{'name' * 15}{number}: name" for number in range(15)) + " } }"

FORM = "submission_id=00000001-0000-4000-8000-000000000001&email=a@x.org&message=1"
"""Stored once: what is sent again changes nothing, so that answers stay the same."""


@dataclass
class Door:
    """A served hub that answers by the lane, and how many answers left as a whole."""

    port: int
    token: str
    forms: str
    whole: list[int]

    def ask(self, document: str, headers: dict[str, str], *, parts: bool = False) -> tuple[HTTPResponse, bytes]:
        """The answer to a document. ``parts``: sent so that the lane lets it pass."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = json.dumps({"query": document}).encode()
        said = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        connection.request("POST", "/graphql", iter([body]) if parts else body, said, encode_chunked=parts)
        return _answered(connection)

    def post(self, form: str, headers: dict[str, str], *, parts: bool = False) -> tuple[HTTPResponse, bytes]:
        """The answer to a form."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        said = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://shop.example", **headers}
        body = form.encode()
        path = f"/in/{self.forms}/submissions"
        connection.request("POST", path, iter([body]) if parts else body, said, encode_chunked=parts)
        return _answered(connection)

    def processed(self) -> int:
        """The last number that is processed."""
        return int(json.loads(self.ask(SMALL, {})[1])["extensions"]["processed"])

    def request(self, document: str, more: str = "") -> bytes:
        """A request as it is sent."""
        body = json.dumps({"query": document})
        return (
            f"POST /graphql HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer {self.token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n{body}"
        ).encode()


def _answered(connection: HTTPConnection) -> tuple[HTTPResponse, bytes]:
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


@pytest.fixture(scope="module")
def door(hub_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = Path(shutil.copytree(hub_template, tmp_path_factory.mktemp("lane") / "hub"))

    async def founded() -> tuple[str, str]:
        async with await Hub.open(str(folder), load_registry()) as hub:
            written = await hub.create_source("Forms", "webforms.endpoint", {"origins": ["*"]})
            assert await hub.wait(written.sequence, 60)
            return (await hub.create_token("tests", ["read"]))[1], str(written.ids[0])

    secret, forms = asyncio.run(founded())
    settings = Settings(data=folder, compiled_reads=True, worker=False, allowed_origins=(ORIGIN,))
    there = socket.create_server(("127.0.0.1", 0))
    server = GuardedServer(GuardedConfig(create_app(settings), Patience(), log_config=None), 0.0, lambda: None)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [there]}, daemon=True)
    whole: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        real = guarded._Whole.answer

        async def answer(self: Any, head: bytes, body: bytes) -> None:
            whole.append(len(body))
            await real(self, head, body)

        patched.setattr(guarded._Whole, "answer", answer)
        thread.start()
        found = Door(there.getsockname()[1], secret, forms, whole)
        for document in (SMALL, LARGE):
            found.ask(document, {})  # the first time it is looked up
        before = found.processed()
        found.post(FORM, {})
        until = time.monotonic() + 60
        while found.processed() == before:
            assert time.monotonic() < until
            time.sleep(0.05)
        yield found
        server.should_exit = True
        thread.join(20)
    there.close()


@pytest.mark.parametrize("document", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept-Encoding": "gzip, deflate, br, zstd", "Origin": ORIGIN, "User-Agent": "Mozilla/5.0"},
        {"Accept-Encoding": "gzip", "Origin": "https://elsewhere.example"},
        {"Accept-Encoding": "identity", "Accept": "application/graphql-response+json", "Hub-After": "0"},
        {"X-Request-ID": "mine", "Connection": "close"},
    ],
    ids=["plain", "browser", "elsewhere", "program", "named"],
)
def test_an_answer_is_the_same_by_the_lane(door: Door, document: str, headers: dict[str, str]) -> None:
    before = len(door.whole)
    answers = [door.ask(document, headers, parts=parts) for parts in (False, True)]
    assert len(door.whole) == before + 1
    own = {"date", "x-request-id"}
    told = [sorted((k.lower(), v) for k, v in each.getheaders() if k.lower() not in own) for each, _ in answers]
    assert told[0] == told[1]
    assert answers[0][1] == answers[1][1]
    ids = [each.headers["X-Request-ID"] for each, _ in answers]
    assert all(ids)
    assert len(set(ids)) == (1 if "X-Request-ID" in headers else 2)
    assert all(each.status == 200 and each.headers["Date"] for each, _ in answers)


@pytest.mark.parametrize("headers", [{}, {"X-Request-ID": "mine", "Connection": "close"}], ids=["plain", "named"])
def test_an_answer_to_a_delivery_is_the_same_as_a_whole(
    door: Door, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    processed = door.processed()
    before = len(door.whole)
    whole = door.post(FORM, headers)
    assert len(door.whole) == before + 1
    monkeypatch.setattr(deliveries, "direct", lambda scope: None)
    plain = door.post(FORM, headers, parts=True)
    assert len(door.whole) == before + 1
    own = {"date", "x-request-id"}
    told = [{k.lower(): v for k, v in each.getheaders() if k.lower() not in own} for each, _ in (whole, plain)]
    assert told[0] == told[1]
    assert (whole[0].status, whole[1]) == (plain[0].status, plain[1])
    assert whole[0].status == 200
    assert door.processed() == processed
    ids = [each.headers["X-Request-ID"] for each, _ in (whole, plain)]
    assert all(ids)
    assert len(set(ids)) == (1 if "X-Request-ID" in headers else 2)


def test_a_small_answer_is_compressed_with_its_size(door: Door) -> None:
    for parts in (False, True):
        plain = door.ask(LARGE, {}, parts=parts)[1]
        packed = [door.ask(LARGE, {"Accept-Encoding": "zstd"}, parts=parts)[1] for _ in range(3)]
        assert {zstandard.ZstdDecompressor().decompress(each) for each in packed} == {plain}
        assert all(len(each) < len(plain) / 2 for each in packed)


def test_requests_that_are_sent_before_the_answer_are_answered_in_their_order(door: Door) -> None:
    before = len(door.whole)
    made = socket.create_connection(("127.0.0.1", door.port), timeout=20)
    made.sendall(door.request(LARGE) + door.request(SMALL) + door.request(LARGE, "connection: close\r\n"))
    parts = []
    while part := made.recv(65_536):
        parts.append(part)
    made.close()
    answers = b"".join(parts).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [len(each.partition(b"\r\n\r\n")[2]) for each in answers] == door.whole[before:]
    assert [b"name14" in each for each in answers] == [True, False, True]
    assert [b"connection: close" in each for each in answers] == [False, False, True]


def test_a_body_that_comes_in_pieces_is_waited_for(door: Door) -> None:
    made = socket.create_connection(("127.0.0.1", door.port), timeout=20)
    request = door.request(SMALL, "connection: close\r\n")
    for part in (request[:-20], request[-20:]):
        made.sendall(part)
        threading.Event().wait(0.05)
    answer = b""
    while part := made.recv(65_536):
        answer += part
    made.close()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["data"]["hub"]["name"]


def test_a_request_that_is_over_leaves_nothing_to_be_looked_for(door: Door) -> None:
    """Its body and headers are free at once, whichever way it was answered."""
    gc.collect()
    gc.disable()
    try:
        for parts in (False, True) * 5:
            door.ask(SMALL, {}, parts=parts)
        kept = [each for each in gc.get_objects() if type(each) is RequestResponseCycle]  # not those that stand for one
    finally:
        gc.enable()
    assert len(kept) < 5  # of ten; the last connections may not be closed yet

"""How long requests hold the event loop on SQLite: everybody else waits for as long."""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import time
from asyncio.events import Handle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.contestants.documents import HUB
from bench.filled import deliveries
from bench.stream import bare
from hub.api.application import Application
from hub.app import create_app
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.serving import _favour_answers
from hub.settings import Settings

LONGEST = 0.010
"""Seconds of the processor that one step of the event loop may take."""


@contextmanager
def as_served() -> Iterator[None]:
    """Memory is looked through as it is where a hub is served."""
    seldom, interval = gc.get_threshold(), sys.getswitchinterval()
    _favour_answers()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*seldom)
        sys.setswitchinterval(interval)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each step of the event loop took, in seconds of its thread: a busy machine adds nothing."""
    took: list[float] = []
    run = Handle._run

    def timed(self: Handle) -> None:
        begun = time.thread_time()
        run(self)
        took.append(time.thread_time() - begun)

    monkeypatch.setattr(Handle, "_run", timed)
    return took


async def ask(app: Application, token: str, body: bytes) -> bytes:
    """The body of an answer without errors."""
    headers = {
        "authorization": f"Bearer {token}", "content-type": "application/json", "content-length": str(len(body)),
    }  # fmt: skip
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/graphql", "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "state": {},
    }  # fmt: skip
    answer: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        answer.append(message)

    await app(scope, receive, send)
    assert answer[0]["status"] == 200, answer
    content: bytes = answer[1]["body"]
    assert b'"errors"' not in content
    return content


def test_no_step_of_a_request_takes_long(hub_folder: Path, steps: list[float]) -> None:
    store = bare(str(hub_folder))
    store.take(list(deliveries(60, 12)))
    store.close()

    async def held() -> dict[tuple[str, bool], float]:
        found = {}
        async with await Hub.open(str(hub_folder), load_registry()) as hub:
            _, token = await hub.create_token("tests", ("read", "pii", "analyse"))
            async with hub.reader.snapshot() as snapshot:
                id_ = await snapshot.value("SELECT min(id) FROM customer")
            app = create_app(Settings(data=hub_folder, worker=False), hub)
            async with app.router.lifespan_context(app):
                for name, document in HUB.items():
                    said = {"query": document, "operationName": name, "variables": {"id": id_} if name == "P1" else {}}
                    for compiled in (False, True):
                        hub.compiled_reads = compiled
                        each = []
                        for turn in range(7):
                            steps.clear()
                            await ask(app, token, orjson.dumps(said))
                            await asyncio.sleep(0)  # the step that this goes on in has ended too
                            each += [max(steps)] if turn > 1 else []
                        found[name, compiled] = statistics.median(each)
        return found

    with as_served():
        found = asyncio.run(held())
    assert {which: took for which, took in found.items() if took > LONGEST} == {}
    # Whatever SQLite does, it does beside.
    assert max(took for (_, compiled), took in found.items() if compiled) < LONGEST / 5

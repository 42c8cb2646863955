"""What messages say fits the JSON Schema of the documents, and the receivers shown there verify it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from hub.clock import now
from hub.ingest.outbox import TYPES
from hub.signatures.standard import new_secret, sign
from tests.conftest import ROOT
from tests.ingest.builders import row
from tests.work.outgoing import Desk, anna, desk
from tests.work.receiver import receiving

SCHEMA = json.loads((ROOT / "docs" / "message.schema.json").read_text("utf-8"))
EXAMPLES = ROOT / "docs" / "clients" / "webhook"


def test_messages_of_all_sorts_fit_the_schema(hub_folder: Path) -> None:
    fits = Draft202012Validator(SCHEMA)

    async def look(desk: Desk) -> None:
        masked = await desk.endpoint(name="masked", wants=sorted(TYPES))
        await desk.endpoint(name="all", wants=sorted(TYPES), contacts=True)
        invoice = {"kind": "invoice", "channel": "ACCOUNTING", "direction": "OUTBOUND", "amount": "100.00"}
        deal = [{"kind": "DEAL", "reference": "D-1", "state": "won", "amount": "5.00"}]
        await desk.heard(anna("a1"), anna("a2", **invoice), anna("a3", matters=deal), anna("m", at="2020-01-01"))
        await desk.heard(anna("a1", title="Another"), row("a2", deleted=True), row("b1", who={"phone": "01711234567"}))
        await desk.heard(row("c1", who={"email": "anna@x.org", "phone": "01711234567"}))
        await desk.heard(row("c1", deleted=True))
        await desk.hub.endpoints.test(masked)
        await desk.told()

    with receiving() as receiver:
        desk(str(hub_folder), look, receiver)
    told = list(receiver.taken.values())
    assert [error.message for each in told for error in fits.iter_errors(each)] == []
    assert {each["type"] for each in told} >= {
        "touchpoint.created", "touchpoint.changed", "touchpoint.retracted", "customer.merged", "customer.split",
        "customer.stage_changed", "matter.changed", "endpoint.test",
    }  # fmt: skip
    assert max(len(body) for bodies in receiver.bodies.values() for body in bodies) < 20_000
    assert set(SCHEMA["properties"]["type"]["enum"]) == {*TYPES.values(), "endpoint.test"}


@contextmanager
def running(command: Sequence[str], secret: str, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "ENDPOINT_SECRET": secret, "PORT": str(port)}
    process = subprocess.Popen(command, cwd=EXAMPLES, env=environment, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def post(port: int, headers: dict[str, Any], body: bytes) -> int:
    return httpx.post(f"http://127.0.0.1:{port}/hook", content=body, headers=headers, trust_env=False).status_code


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_receivers_of_the_documents_take_what_is_signed_once_and_nothing_else(language: str) -> None:
    port, secret, body = free_port(), new_secret(), b'{"type":"touchpoint.created","data":{"id":"chg_1_0"}}'
    command = [sys.executable, "-m", "uvicorn", "receive:app", "--port", str(port), "--log-level", "error"]
    if language == "javascript":
        if not (node := shutil.which("node")):
            pytest.skip("JavaScript: there is no Node on this machine")
        command = [node, "receive.mjs"]
    signed = sign([new_secret(), secret], "msg_1", now(), body)
    with running(command, secret, port) as process:
        assert [post(port, signed, body) for _ in range(2)] == [204, 204]
        assert post(port, signed, body.replace(b"chg_1", b"chg_2")) == 401
        assert post(port, sign([new_secret()], "msg_2", now(), body), body) == 401
        assert post(port, signed | {"webhook-timestamp": "1"}, body) == 401
        process.terminate()
        said = process.communicate(timeout=10)[0]
    assert re.findall(r"touchpoint.created \S+", said) == ["touchpoint.created chg_1_0"], "the second time it is known"

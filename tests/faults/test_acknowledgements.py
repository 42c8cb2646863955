"""An acknowledgement means disk: seen from outside, in the system calls of the server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.client import Client
from hub.store.engine import Store
from tests.faults.postgres import OwnPostgres, own_postgres
from tests.faults.sending import Sender, key
from tests.faults.serving import PATIENCE, Account, ServedHub, founded

CALLS = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
_CALL = re.compile(r"^(?P<thread>\d+) +(?P<at>\d+\.\d+) (?P<resumed><\.\.\. )?(?P<name>\w+)(?P<rest>.*)$", re.DOTALL)


def strace() -> str:
    """The path of strace, where processes may be traced."""
    path = shutil.which("strace")
    if path is None:
        pytest.skip("system calls: strace is not installed")
    if subprocess.run([path, "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("system calls: strace may not trace here")
    return path


OPTIONS = ("-f", "-yy", "-ttt", "-s", "200000", "-e", CALLS, "-e", "signal=none", "-o")


def tracing(trace: Path) -> tuple[str, ...]:
    """A command that writes down the calls of the one that follows, with what they write."""
    return (strace(), "--seccomp-bpf", *OPTIONS, str(trace))


@dataclass(frozen=True)
class Call:
    """A system call: ``begun`` and ``ended`` in seconds, and what was given to it."""

    name: str
    begun: float
    ended: float
    text: str


def calls(*traces: Path) -> list[Call]:
    """The calls of all traces, by when they began."""
    found: list[Call] = []
    for trace in traces:
        unfinished: dict[str, tuple[str, float, str]] = {}
        for line in trace.read_text(errors="replace").splitlines():
            match = _CALL.match(line)
            if match is None:
                continue
            thread, at, name, rest = match["thread"], float(match["at"]), match["name"], match["rest"]
            if match["resumed"]:
                if thread in unfinished:
                    name, begun, text = unfinished.pop(thread)
                    found.append(Call(name, begun, at, text + rest))
            elif rest.endswith("<unfinished ...>"):
                unfinished[thread] = name, at, rest
            else:
                found.append(Call(name, at, at, rest))
    return sorted(found, key=lambda call: call.begun)


def unsynced(found: Sequence[Call], said: Mapping[str, str], file: str) -> list[str]:
    """Texts that were told before the ``file`` that they were written to was synced; ``said``: how each was told."""
    written = [call for call in found if call.name == "pwrite64" and file in call.text]
    synced = [call for call in found if call.name in ("fsync", "fdatasync") and file in call.text]
    sent = [call for call in found if call.name in ("write", "writev", "sendto", "sendmsg") and "<TCP:" in call.text]
    wrong = []
    for text, told in said.items():
        first = next((call for call in written if text in call.text), None)
        answer = next((call for call in sent if told in call.text), None)
        assert first is not None, f"{text} was never written to {file}"
        assert answer is not None, f"{text} was never told"
        if not any(first.ended <= sync.begun and sync.ended <= answer.begun for sync in synced):
            wrong.append(text)
    return wrong


COUNTS = [100, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(900)])]


def acknowledged(rows: int) -> dict[str, str]:
    """What the server tells of each row once it keeps it: its key."""
    return {key(number): key(number) for number in range(rows)}


# SQLite -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", COUNTS)
def test_rows_and_forms_are_on_disk_before_they_are_acknowledged(
    tmp_path: Path, serving: Callable[..., ServedHub], rows: int
) -> None:
    address, trace = str(tmp_path / "hub"), tmp_path / "trace"
    hub = serving(address, *tracing(trace))
    sender = Sender(founded(address), [hub.url])
    hub.start()
    asyncio.run(sender.all(range(rows)))
    hub.stop()
    assert unsynced(calls(trace), acknowledged(rows), "hub.db-wal") == []


async def pulled(hub: ServedHub, account: Account, sheet: Path, rows: int) -> None:
    """Pull a sheet and ask until its run says that all rows are stored."""
    columns = {"key": "id", "name": "name"}
    settings = {"path": str(sheet), "kind": "profile", "columns": columns, "occurred_on": "2026-01-01"}
    async with Client.at(hub.url, account.token, proxies=False) as client:
        made = await client.write("create_source", {"name": "People", "connector": "generic.csv", "settings": settings})
        await client.write("sync_source", {"source": made["source"]["id"]})
        until = time.monotonic() + PATIENCE
        while not any(run["stored"] == rows for source in await client.sources() for run in source["runs"]["nodes"]):
            assert time.monotonic() < until
            await asyncio.sleep(0.02)


def test_pulled_rows_are_on_disk_before_their_run_tells_of_them(
    tmp_path: Path, serving: Callable[..., ServedHub]
) -> None:
    address, trace, sheet = str(tmp_path / "hub"), tmp_path / "trace", tmp_path / "people.csv"
    sheet.write_text("id,name\n" + "".join(f"{key(number)},Person {number}\n" for number in range(50)))
    hub = serving(address, *tracing(trace))
    account = founded(address)
    hub.start()
    asyncio.run(pulled(hub, account, sheet, 50))
    hub.stop()
    assert unsynced(calls(trace), dict.fromkeys(acknowledged(50), r"\"stored\":50"), "hub.db-wal") == []


# PostgreSQL ---------------------------------------------------------------------------------------------------


def test_sessions_that_write_wait_for_the_disk(pg_url: str) -> None:
    with closing(Store.at(pg_url)) as store:
        for session in (store.truth(), store.projection()):
            with closing(session):
                # `fsync` is the server's to say: that one really waits for the disk is seen below.
                assert session.value("SHOW synchronous_commit") == "on"


@contextmanager
def traced(server: OwnPostgres, trace: Path) -> Iterator[None]:
    """Write down the calls of all processes of the server, also of those that begin within the block."""
    pids = server.pids()
    processes = [option for pid in pids for option in ("-p", str(pid))]
    tracer = subprocess.Popen([strace(), *OPTIONS, str(trace), *processes], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    try:
        for _ in pids:
            if "attached" not in (said := tracer.stderr.readline()):
                pytest.skip(f"system calls of PostgreSQL: {said.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("rows", COUNTS)
def test_rows_and_forms_are_in_the_log_of_postgresql_before_they_are_acknowledged(
    tmp_path: Path, serving: Callable[..., ServedHub], rows: int
) -> None:
    trace, of_server = tmp_path / "trace", tmp_path / "trace-of-server"
    with own_postgres() as server:
        url = server.fresh()
        account = founded(url)
        with traced(server, of_server):
            hub = serving(url, *tracing(trace))
            sender = Sender(account, [hub.url])
            hub.start()
            asyncio.run(sender.all(range(rows)))
            hub.stop()
    assert unsynced(calls(trace, of_server), acknowledged(rows), "/pg_wal/") == []

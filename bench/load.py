"""Load over HTTP: wrk where it is installed, else a client of our own; and requests at an even pace."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from bench.measuring import percentile

LUA = Path(__file__).with_name("posts.lua")


@dataclass(frozen=True, slots=True)
class Target:
    """Where lines of a file are posted to, each as the body of one request. What stands before tabs in a line are
    headers of its own."""

    url: str
    path: str
    headers: Mapping[str, str]
    lines: Path


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: requests answered well, and milliseconds until the answer."""

    requests: int
    seconds: float
    refused: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def generator() -> str:
    """What makes the load on this machine."""
    return "wrk" if shutil.which("wrk") else "asyncio (wrk is not installed, so the client shares more of the machine)"


async def press(target: Target, connections: int, seconds: float, first: int = 0) -> Load:
    """As many requests as ``connections`` get answered, one after another on each, from line ``first`` on."""
    if shutil.which("wrk"):
        return await _wrk(target, connections, seconds, first)
    lines = iter(target.lines.read_bytes().splitlines()[first:])
    began = time.perf_counter()
    each = await asyncio.gather(*(_client(target, lines, began + seconds) for _ in range(connections)))
    return _load([one for found in each for one in found], time.perf_counter() - began)


async def _wrk(target: Target, connections: int, seconds: float, first: int) -> Load:
    headers = [f"{name}: {value}" for name, value in target.headers.items()]
    options = [f"-t1 -c{connections} -d{seconds:.0f}s --timeout 10s", f"-s {LUA} {target.url} --"]
    wrk = await asyncio.create_subprocess_exec(
        "wrk", *" ".join(options).split(), str(target.lines), str(first + 1), target.path, *headers, stdout=PIPE
    )
    told, _ = await wrk.communicate()
    return Load(**json.loads(told.splitlines()[-1]))


async def even(target: Target, rate: float, seconds: float, connections: int = 16) -> Load:
    """``rate`` requests a second at an even pace, each timed from the moment it was due, sent or not."""
    lines = islice(iter(target.lines.read_bytes().splitlines()), int(rate * seconds))
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    began = time.perf_counter()

    async def tick() -> None:
        for place, line in enumerate(lines):
            at = began + place / rate
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            due.put_nowait((at, line))
        for _ in range(connections):
            due.put_nowait(None)

    async def client() -> list[tuple[float, bool]]:
        found = []
        reader, writer = await _connect(target)
        while (asked := await due.get()) is not None:
            good = await _post(reader, writer, target, asked[1])
            found.append((time.perf_counter() - asked[0], good))
        writer.close()
        return found

    _, *each = await asyncio.gather(tick(), *(client() for _ in range(connections)))
    return _load([one for found in each for one in found or []], time.perf_counter() - began)


def _load(found: Sequence[tuple[float, bool]], seconds: float) -> Load:
    times = [1000 * took for took, good in found if good]
    return Load(len(times), seconds, len(found) - len(times), percentile(times, 0.5), percentile(times, 0.99))


async def _client(target: Target, lines: Iterator[bytes], until: float) -> list[tuple[float, bool]]:
    found = []
    reader, writer = await _connect(target)
    while (began := time.perf_counter()) < until and (line := next(lines, None)) is not None:
        good = await _post(reader, writer, target, line)
        found.append((time.perf_counter() - began, good))
    writer.close()
    return found


async def _connect(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(target.url)
    return await asyncio.open_connection(address.hostname, address.port)


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, line: bytes) -> bool:
    """Post and read the whole answer; whether it was a good one."""
    *own, body = line.split(b"\t")
    headers = "".join(f"{name}: {value}\r\n" for name, value in target.headers.items())
    headers += "".join(f"{header.decode()}\r\n" for header in own)
    head = f"POST {target.path} HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = answer.partition("content-length:")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))
    return answer[9:12].startswith("2")

"""A road between a library and a hub on which some messages are refused and some answers are lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

REFUSED, EVERY = 2, 5
"""So many requests are refused at first; of the others each fifth loses its answer."""


@dataclass
class Road:
    """What became of the requests so far, by its name: ``refused``, ``lost``, ``down`` or a status."""

    url: str
    seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> int:
        """The number of a request, from 1."""
        with self._lock:
            self.seen["all"] += 1
            return self.seen["all"]


@contextmanager
def rough_road(hub: str) -> Iterator[Road]:
    """A road to the hub's address, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_POST(self) -> None:
            turn = road.turn()
            body = self.rfile.read(int(self.headers["content-length"]))
            if turn <= REFUSED:
                road.seen["refused"] += 1
                self._answer(503, b"", {"retry-after": "1"})
                return
            kept = ("content-type", "content-encoding", "authorization")
            headers = {name: self.headers[name] for name in kept if name in self.headers}
            try:
                answer = httpx.post(f"{hub}{self.path}", content=body, headers=headers, timeout=10, trust_env=False)
            except httpx.TransportError:
                road.seen["down"] += 1
                self._answer(502, b"", {})
                return
            if turn % EVERY == 0:
                road.seen["lost"] += 1
                self.close_connection = True
                return
            road.seen[str(answer.status_code)] += 1
            self._answer(answer.status_code, answer.content, {"content-type": "application/json"})

        def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as it is called)
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    road = Road(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield road
    finally:
        server.shutdown()
        server.server_close()
        serving.join()

"""Servers on real sockets of this machine: one that only counts who comes, one that answers as it is told."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class Listener:
    """Accepts connections, on all addresses of this machine unless on one, counts them and gives each an answer."""

    def __init__(self, answer: bytes, host: str) -> None:
        self._socket = socket.create_server((host, 0), family=socket.AF_INET6, dualstack_ipv6=host == "::")
        self.port: int = self._socket.getsockname()[1]
        self.heard: list[bytes] = []
        self.answered = threading.Event()
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                self.heard.append(b"")
                peer.settimeout(5)
                try:
                    while not _whole(self.heard[-1]):
                        piece = peer.recv(65536)
                        if not piece:
                            break
                        self.heard[-1] += piece
                    peer.sendall(self._answer)
                    self.answered.set()
                except OSError:
                    pass

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


def _whole(heard: bytes) -> bool:
    head, end, body = heard.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= int(length[1] if length else 0)


@contextmanager
def listener(answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", host: str = "::") -> Iterator[Listener]:
    listening = Listener(answer, host)
    try:
        yield listening
    finally:
        listening.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """An application under uvicorn: its address."""
    there = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [there]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{there.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        there.close()


def steered(*answers: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A name server that gives these answers one after the other, the last one for ever."""
    left = list(answers)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]

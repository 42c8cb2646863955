"""A server that says recorded lines: for what the servers we can run do not do."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

Said = bytes | Sequence[bytes] | Callable[[str], "bytes | Sequence[bytes] | None"]
"""Untagged lines before ``OK``; with a last line that begins with ``NO`` or ``BAD``, that instead. None hangs up."""

USUAL: Mapping[str, Said] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN",
    "LIST": b'* LIST (\\HasNoChildren) "/" "INBOX"',
    "LOGOUT": b"* BYE",
}


class Scripted:
    """Answers each command by the first line of the script that its beginning matches (a pattern).

    ``heard``: the commands so far, without tags.
    """

    def __init__(self, script: Mapping[str, Said], greeting: bytes = b"* OK ready") -> None:
        self.script = {**script, **{name: said for name, said in USUAL.items() if name not in script}}
        self.greeting = greeting
        self.heard: list[str] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rwb") as file:
            file.write(self.greeting + b"\r\n")
            file.flush()
            while (command := file.readline()) and self._answer(file, command.decode().rstrip("\r\n")):
                file.flush()

    def _answer(self, file: Any, line: str) -> bool:
        tag, _, command = line.partition(" ")
        self.heard.append(command)
        if command.startswith("AUTHENTICATE"):
            file.write(b"+ \r\n")
            file.flush()
            self.heard.append(file.readline().decode().rstrip("\r\n"))
        if command == "IDLE":  # the lines come along with the leave to wait
            news: Any = self.script["IDLE"]
            file.write(b"+ idling\r\n" + b"".join(one + b"\r\n" for one in news))
            file.flush()
            self.heard.append(file.readline().decode().rstrip("\r\n"))
            file.write(tag.encode() + b" OK done\r\n")
            return True
        said: Any = next((said for start, said in self.script.items() if re.match(start, command)), b"")
        if callable(said):
            said = said(command)
        if said is None:
            return False
        lines = [said] if isinstance(said, bytes) else list(said)
        last = lines.pop() if lines and lines[-1].startswith((b"NO", b"BAD")) else b"OK done"
        file.write(b"".join(one + b"\r\n" for one in lines if one) + tag.encode() + b" " + last + b"\r\n")
        return not command.startswith("LOGOUT")


def fetched(number: int, uid: int, told: bytes = b"", body: bytes | None = None) -> bytes:
    """One answer to FETCH; ``body`` is sent as a literal."""
    literal = b"" if body is None else b" BODY[] {%d}\r\n%b" % (len(body), body)
    return b"* %d FETCH (UID %d%b%b)" % (number, uid, b" " + told if told else b"", literal)

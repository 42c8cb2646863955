"""The process of a tap: third-party code with a folder, an environment and limits of its own."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from connectors.lines import LIMIT
from hub import sdk

FOLDERS = "HUB_TAPS"
"""The variable that names the folders whose taps may be run, with ``:`` between: whoever runs the hub decides that."""
_CONFINED = Path(__file__).with_name("confined.py")
QUIET = 2.0
"""Seconds after which what has come so far is stored, though more may come."""
_KEPT = 4096
"""Bytes kept of a line that is too long."""
_BLOCK = 1 << 16
_WORDS, _LINE = 20, 500
"""Lines of a tap's log that are remembered, and characters of each."""
_GRACE, _ENDING = 2.0, 10.0
"""Seconds that a tap has to end when it is told to, and once it has closed its output."""
_PASSED_ON = ("TZ", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_MEGABYTE = 1 << 20


class Limits(sdk.Settings):
    """What a tap may use before it is stopped."""

    memory_mb: int = Field(2048, ge=64, description="Of address space; each of its processes.")
    processor_seconds: int = Field(3600, ge=1, description="Of processor time.")
    seconds: int = Field(6 * 3600, ge=1, description="In all, from its start to its end.")
    silent_seconds: int = Field(900, ge=1, description="Without a line.")
    file_mb: int = Field(1024, ge=1, description="Of any file it writes.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a tap. Of one above the limit ``raw`` holds the first bytes; size and SHA-256 are of the whole."""

    raw: bytes
    size: int = 0
    sha256: str = ""


def found(tap: str) -> str:
    """The path of a tap's program: in one of the folders, or in an environment there that has its name.

    Raises ``ConfigWrong``.
    """
    folders = [Path(each) for each in os.environ.get(FOLDERS, "").split(os.pathsep) if each]
    if not folders:
        raise sdk.ConfigWrong(
            "taps are not run by this hub",
            path="settings.tap",
            hint=f"whoever runs the hub names the folders of taps in {FOLDERS}",
        )
    for folder in folders:
        for path in (folder / tap, folder / tap / "bin" / tap):
            if path.is_file() and os.access(path, os.X_OK):
                return str(path.absolute())
    raise sdk.ConfigWrong(f"there is no program {tap!r} in the folders of {FOLDERS}", path="settings.tap")


class Running:
    """A tap that runs. ``lines`` are what it writes; ``words`` the last of what it logs."""

    def __init__(self, process: asyncio.subprocess.Process, limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self._words: deque[str] = deque(maxlen=_WORDS)
        self._logging = asyncio.create_task(self._log())
        # The process is a real one, also where a connector is lent a clock that is none.
        self._until = asyncio.get_running_loop().time() + limits.seconds

    async def lines(self, longest: int = LIMIT) -> AsyncIterator[Line | None]:
        """The lines in order; None when none has come for some seconds. Raises ``SourceFailed`` past a limit."""
        gathered, size, digest = bytearray(), 0, None
        async for block in self._blocks():
            if block is None:
                yield None
                continue
            *ended, rest = block.split(b"\n")
            for piece in ended:
                gathered += piece
                if digest is not None:
                    digest.update(piece)
                    yield Line(bytes(gathered[:_KEPT]), size + len(piece), digest.hexdigest())
                else:
                    yield Line(bytes(gathered))
                gathered, size, digest = bytearray(), 0, None
            gathered += rest
            if digest is not None:
                digest.update(rest)
                size += len(rest)
                del gathered[_KEPT:]
            elif len(gathered) > longest:
                digest, size = hashlib.sha256(gathered), len(gathered)
        if gathered:
            yield Line(bytes(gathered[:_KEPT]), size, digest.hexdigest()) if digest else Line(bytes(gathered))

    async def _blocks(self) -> AsyncIterator[bytes | None]:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 (it was asked for)
        loop, heard = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        while True:
            now = loop.time()
            if now > self._until:
                raise sdk.SourceFailed(f"The tap was stopped: it ran for more than {self._limits.seconds:,} s.")
            if now - heard > self._limits.silent_seconds:
                raise sdk.SourceFailed(f"The tap was stopped: it wrote nothing for {self._limits.silent_seconds:,} s.")
            try:
                async with asyncio.timeout(min(QUIET, self._limits.silent_seconds)):
                    block = await stdout.read(_BLOCK)
            except TimeoutError:
                yield None
                continue
            if not block:
                return
            heard = loop.time()
            yield block

    async def end(self) -> int:
        """Its exit code, once it has ended; it has closed what it writes to. Raises ``SourceFailed``."""
        try:
            async with asyncio.timeout(min(_ENDING, self._limits.silent_seconds)):
                code = await self._process.wait()
                await self._logging
        except TimeoutError:
            raise sdk.SourceFailed("The tap was stopped: it closed its output and did not end.") from None
        return code

    def words(self) -> list[str]:
        """The last lines of its log."""
        return list(self._words)

    async def stop(self) -> None:
        """End it, with all that it started."""
        if self._process.returncode is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._process.wait()
        self._logging.cancel()
        await asyncio.gather(self._logging, return_exceptions=True)
        # What it started may have left its group, and hold the pipes open for ever.
        self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001

    def _signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, which)

    async def _log(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None  # noqa: S101 (it was asked for)
        rest = b""
        while block := await stderr.read(_BLOCK):
            *ended, rest = (rest + block).split(b"\n")
            rest = rest[-_LINE * 4 :]
            self._words.extend(line.decode(errors="replace")[:_LINE] for line in ended if line.strip())
        if rest.strip():
            self._words.append(rest.decode(errors="replace")[:_LINE])


@asynccontextmanager
async def running(program: Sequence[str], folder: Path, limits: Limits) -> AsyncIterator[Running]:
    """A program that runs in a folder, until the end of the block at the latest."""
    confinement = (limits.memory_mb * _MEGABYTE, limits.processor_seconds, limits.file_mb * _MEGABYTE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(_CONFINED), *map(str, confinement), "--", *program,
        cwd=folder, env=_environment(folder, program[0]), start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    tap = Running(process, limits)
    try:
        yield tap
    finally:
        await asyncio.shield(tap.stop())


def _environment(folder: Path, program: str) -> dict[str, str]:
    """Nothing of the hub's own: its variables are secrets, and a library reads those of its neighbours."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(folder))
    path = os.pathsep.join((str(Path(program).parent), "/usr/local/bin", "/usr/bin", "/bin"))
    return {"LANG": "C.UTF-8", **passed, **own, "PATH": path, "PYTHONIOENCODING": "utf-8", "PYTHONNOUSERSITE": "1"}

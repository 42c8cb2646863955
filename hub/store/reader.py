"""The reading side: asynchronous, one read-only snapshot for each operation."""

from __future__ import annotations

import asyncio
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from hub import traces
from hub.store import sets
from hub.store.pages import SEALED, sealed
from hub.store.sql import Query, for_sqlite, sqlite_values
from hub.store.together import Together, Values

T = TypeVar("T")
_MAPPED = 2**31 - 65_536
"""Bytes of a file that are mapped into memory: the most that SQLite allows."""
Rows = list[Any]
"""Rows as the drivers give them: tuples, or asyncpg records, which index alike."""


class Snapshot(ABC):
    """What the database held at one moment. Statements may be asked for concurrently; they run one after another."""

    @abstractmethod
    async def all(self, statement: str, *values: Any) -> Rows:
        """All rows of a statement."""

    async def some(self, statement: str, *values: Any, together: int) -> AsyncGenerator[Rows, None]:
        """The rows of a statement, at most so many at a time where the database can, however many there are."""
        rows = await self.all(statement, *values)
        for first in range(0, len(rows), together):
            yield rows[first : first + together]

    async def one(self, statement: str, *values: Any) -> Any | None:
        """The first row, or None."""
        rows = await self.all(statement, *values)
        return rows[0] if rows else None

    async def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(statement, *values)
        return row[0] if row else None

    async def query(self, query: Query) -> Rows:
        """All rows of a composed statement."""
        return await self.all(query.text, *query.values)

    async def attempt(self, query: Query) -> Rows | None:
        """The same; None when the statement fails, which may end the snapshot."""
        return await self.query(query)


SHORTEST = "shortest"
"""The function by which SQLite writes a number that is no whole one, with no more digits than tell it from all others,
as PostgreSQL does; the byte 0x01 for one that JSON cannot have."""
POSTGRES_LIVE = (
    "(SELECT 'projection_' || number || ', truth' = current_setting('search_path') "
    "FROM truth.projection_set WHERE state = 'LIVE')"
)
"""Whether a connection reads the live projection set."""
SQLITE_LIVE = f"(SELECT number FROM truth.projection_set WHERE state = '{sets.LIVE}')"
"""The number of the live projection set."""


class Reader(ABC):
    """Gives snapshots."""

    _system: ClassVar[str]
    """What traces call the database."""

    def __init__(self) -> None:
        self._together = Together(self._one, self._many)

    @abstractmethod
    def snapshot(self, number: int | None = None) -> Any:
        """``async with reader.snapshot() as snapshot:``, of the live projection set or of another one."""

    async def at_once(self, query: Query, *, small: bool = False) -> Any | None:
        """The row of a statement over the live projection set that is a snapshot in itself.

        It has four columns, of which the second says how much was processed and the third is ``POSTGRES_LIVE`` or
        ``SQLITE_LIVE``. A ``small`` one may be asked together with others. None when the set has just been replaced,
        or the statement fails: a snapshot tells more.
        """
        with traces.statement(query.text, self._system):
            if small:
                return await self._together.ask(query)
            return await self._one(query.text, query.values)

    @abstractmethod
    async def _one(self, text: str, values: Values) -> Any | None:
        """The same of a statement by itself."""

    @abstractmethod
    async def _many(self, text: str, values: list[Values]) -> list[Any | None] | None:
        """The rows of a statement with the values of each; None where they have to be asked one by one."""

    @abstractmethod
    def connections(self) -> tuple[int, int, int]:
        """Connections that are in use, those that are open, and the most there may be."""

    @abstractmethod
    async def leave(self, number: int) -> None:
        """Let go of a projection set that is no longer live, but for the snapshots that still show it."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections."""


class _SqliteSnapshot(Snapshot):
    def __init__(self, connection: sqlite3.Connection, pool: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._pool = pool
        self._turn = asyncio.Lock()
        self._ended = False

    def _all(self, statement: str, values: tuple[Any, ...]) -> Rows:
        return self._connection.execute(for_sqlite(statement), sqlite_values(values)).fetchall()

    async def all(self, statement: str, *values: Any) -> Rows:
        with traces.statement(statement, "sqlite"):
            return await self.run(self._all, statement, values)

    async def attempt(self, query: Query) -> Rows | None:
        try:
            return await self.query(query)
        except sqlite3.Error:
            return None

    async def run(self, read: Callable[..., T], *given: Any) -> T:
        """Read in a thread; who goes away meanwhile interrupts it. It has its turn until the thread is done."""
        await self._turn.acquire()
        if self._ended:
            self._turn.release()
            raise RuntimeError("this snapshot has ended")
        work = asyncio.get_running_loop().run_in_executor(self._pool, read, *given)
        work.add_done_callback(self._done)
        waiting = asyncio.shield(work)
        try:
            return await waiting
        except (asyncio.CancelledError, GeneratorExit):
            waiting.cancel()
            self._connection.interrupt()
            raise

    def _done(self, work: asyncio.Future[Any]) -> None:
        self._turn.release()
        if not work.cancelled():
            work.exception()  # who went away does not hear of it

    @property
    def idle(self) -> bool:
        """Whether nothing is read."""
        return not self._turn.locked()

    async def some(self, statement: str, *values: Any, together: int) -> AsyncGenerator[Rows, None]:
        cursor = self._connection.cursor()

        def part() -> Rows:
            if begun:
                return cursor.fetchmany(together)
            return cursor.execute(for_sqlite(statement), sqlite_values(values)).fetchmany(together)

        begun = False
        while rows := await self.run(part):
            yield rows
            begun = True

    async def end(self) -> None:
        """Stop what still runs for somebody who has gone, and wait until the connection is idle.

        A statement that begins while an interrupted one still runs would be interrupted too, ROLLBACK as well.
        """
        self._ended = True
        self._connection.interrupt()
        async with self._turn:
            pass


class _Connection(sqlite3.Connection):
    """A connection, and the number of the projection set that it reads."""

    number = 0


class SqliteReader(Reader):
    """A few read-only connections, each used by one operation at a time, in a few threads.

    ``projection`` says in which file a projection set is; ``used`` counts the connections at each of them.
    """

    _system = "sqlite"

    def __init__(
        self, truth: Path, projection: Callable[[int], Path], used: Counter[int], connections: int = 4
    ) -> None:
        super().__init__()
        self._truth = truth
        self._projection = projection
        self._pool = ThreadPoolExecutor(connections, thread_name_prefix="read")
        self._free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        self._room = self._most = connections
        self._used = used

    def connections(self) -> tuple[int, int, int]:
        opened = self._most - self._room
        return opened - self._free.qsize(), opened, self._most

    def _open(self) -> _Connection:
        connection = sqlite3.connect(
            "file::memory:", uri=True, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        connection.create_function(SEALED, 4, sealed, deterministic=True)
        connection.create_function(SHORTEST, 1, _shortest, deterministic=True)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        return connection

    def _begin(self, connection: _Connection, wanted: int | None) -> None:
        """Begin a snapshot of a projection set."""
        while (number := self._begun(connection, wanted)) != connection.number:
            connection.execute("ROLLBACK")
            self._turn(connection, number)

    def _begun(self, connection: _Connection, wanted: int | None) -> int:
        """Begin a snapshot. The answer is the number of the projection set that it should be of."""
        if not connection.number and "truth" not in _attached(connection):
            attach(connection, "truth", self._truth)
        connection.execute("BEGIN")
        if connection.number:
            # The projection before truth, so that whatever it names is there.
            connection.execute("SELECT number FROM projection.processed").fetchall()
        if wanted is not None:
            return wanted
        live = connection.execute("SELECT number FROM truth.projection_set WHERE state = ?", (sets.LIVE,)).fetchall()
        return int(live[0][0])

    def _turn(self, connection: _Connection, number: int) -> None:
        if connection.number:
            self._used[connection.number] -= 1
            connection.number = 0
        for name in _attached(connection) & {"truth", "projection"}:
            connection.execute(f"DETACH {name}")
        # Each statement begins with what was attached first: the projection, so that whatever it names is there.
        attach(connection, "projection", self._projection(number))
        attach(connection, "truth", self._truth)
        connection.number = number
        self._used[number] += 1

    async def _taken(self) -> _Connection:
        if not self._free.empty() or self._room == 0:
            return await self._free.get()
        self._room -= 1
        opening = asyncio.get_running_loop().run_in_executor(self._pool, self._open)
        try:
            return await asyncio.shield(opening)
        except BaseException:
            await asyncio.wait([opening])
            if opening.exception() is None:
                self._free.put_nowait(opening.result())
            else:
                self._room += 1
            raise

    @asynccontextmanager
    async def snapshot(self, number: int | None = None) -> AsyncIterator[Snapshot]:
        connection = await self._taken()
        snapshot = _SqliteSnapshot(connection, self._pool)
        try:
            await snapshot.run(self._begin, connection, number)
            yield snapshot
        finally:
            await asyncio.shield(self._give_back(snapshot, connection))

    async def _one(self, text: str, values: Values) -> Any | None:
        rows = await self._many(text, [values])
        return rows[0] if rows else None

    async def _many(self, text: str, values: list[Values]) -> list[Any | None] | None:
        connection = await self._taken()
        snapshot = _SqliteSnapshot(connection, self._pool)
        try:
            return await snapshot.run(self._read_at_once, connection, text, values)
        except sqlite3.Error:
            return None
        finally:
            if snapshot.idle and not connection.in_transaction:
                self._free.put_nowait(connection)
            else:
                await asyncio.shield(self._give_back(snapshot, connection))

    def _read_at_once(self, connection: _Connection, text: str, values: list[Values]) -> list[Any | None]:
        """The row for the values of each, where it is of the live projection set."""
        if not connection.number:
            self._begin(connection, None)
            connection.execute("ROLLBACK")
        # One statement needs no transaction; each step more would wait for its turn among the threads of Python.
        statement = for_sqlite(text)
        rows = [connection.execute(statement, sqlite_values(each)).fetchone() for each in values]
        return [row if row is not None and row[2] == connection.number else None for row in rows]

    async def _give_back(self, snapshot: _SqliteSnapshot, connection: _Connection) -> None:
        await snapshot.end()
        try:
            if connection.in_transaction:
                await asyncio.get_running_loop().run_in_executor(self._pool, connection.execute, "ROLLBACK")
        except sqlite3.Error:
            self._close(connection)
            connection = await asyncio.get_running_loop().run_in_executor(self._pool, self._open)
        self._free.put_nowait(connection)

    def _close(self, connection: _Connection) -> None:
        self._used[connection.number] -= 1
        connection.close()

    async def leave(self, number: int) -> None:
        idle = [self._free.get_nowait() for _ in range(self._free.qsize())]
        for connection in idle:
            if connection.number == number:
                self._close(connection)
                connection = await asyncio.get_running_loop().run_in_executor(self._pool, self._open)
            self._free.put_nowait(connection)

    async def close(self) -> None:
        self._pool.shutdown()
        while not self._free.empty():
            self._close(self._free.get_nowait())


def _shortest(number: float) -> str:
    return repr(number) if isfinite(number) else "\1"


def _attached(connection: sqlite3.Connection) -> set[str]:
    return {str(row[1]) for row in connection.execute("PRAGMA database_list").fetchall()}


def attach(connection: sqlite3.Connection, name: str, file: Path) -> None:
    """Read a file under a name, as quickly as can be."""
    connection.execute(f"ATTACH ? AS {name}", (f"file:{quote(str(file))}?mode=ro",))
    # Each file has settings of its own. Pages of a mapped file are read where the system keeps them, not copied.
    connection.execute(f"PRAGMA {name}.mmap_size = {_MAPPED}")
    connection.execute(f"PRAGMA {name}.cache_size = -32768")

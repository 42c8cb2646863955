"""The reading side of a hub on PostgreSQL: a pool of connections, asynchronous."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

import asyncpg

from hub import traces
from hub.errors import RetryLater
from hub.store import sets
from hub.store.reader import Reader, Rows, Snapshot
from hub.store.sql import Query
from hub.store.together import Values, for_many

_FAILED = (asyncpg.DataError, asyncpg.SyntaxOrAccessError, asyncpg.ProgramLimitExceededError)
"""How a statement fails by what it asks, or by what it finds."""


_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
)
"""How it fails by a database that went away."""
_RESERVED = 2
"""Connections that are left for snapshots, however many ask for what is answered at once."""
_BESIDE = max(4, 2 * (os.cpu_count() or 1))
"""Statements that are answered at once beside each other: more of them take the processor from each other. The database
may have more cores than the hub, but the hub has to take in what they find."""


class _CleanErrors(AbstractContextManager[None]):
    """A database that went away, as the hub's own error, so that no driver text travels further."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, _AWAY):
            raise RetryLater("The database does not answer right now.") from error


_clean_errors = _CleanErrors()


class _PostgresSnapshot(Snapshot):
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def all(self, statement: str, *values: Any) -> Rows:
        async with self._turn:
            with _clean_errors, traces.statement(statement, "postgresql"):
                rows: Rows = await self._connection.fetch(statement, *values)
            return rows

    async def attempt(self, query: Query) -> Rows | None:
        try:
            return await self.query(query)
        except _FAILED:
            return None

    async def some(self, statement: str, *values: Any, together: int) -> AsyncGenerator[Rows, None]:
        with _clean_errors:
            cursor = await self._connection.cursor(statement, *values)
        while True:
            async with self._turn:
                with _clean_errors:
                    rows: Rows = await cursor.fetch(together)
            if not rows:
                return
            yield rows


def _is_open(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False  # the pool has taken it back already


async def _as_it_is(_: Any) -> None:
    """A connection goes back to the pool as it is."""


class PostgresReader(Reader):
    """A pool of asyncpg connections."""

    _system = "postgresql"

    def __init__(self, url: str, connections: int = 10) -> None:
        super().__init__()
        self._url = url
        self._connections = connections
        self._path = "truth"
        self._pool: Any = None
        self._kept: list[Any] = []
        """Idle connections that are not given back to the pool, which takes as long as many a statement."""
        self._held = 0
        """Connections that are kept, or in use by what is answered at once."""
        self._turns: deque[asyncio.Future[Any]] = deque()
        """Those who wait to be answered at once. They are handed a connection, or None when one may be taken."""
        self._waiting = 0
        """Who waits for a connection of the pool to have a snapshot."""
        self._opening = asyncio.Lock()

    def connections(self) -> tuple[int, int, int]:
        opened = self._pool.get_size() if self._pool is not None else 0
        idle = len(self._kept) + (self._pool.get_idle_size() if self._pool is not None else 0)
        return opened - idle, opened, self._connections

    async def _one(self, text: str, values: Values) -> Any | None:
        rows = await self._rows(text, values)
        return rows[0] if rows else None

    async def _many(self, text: str, values: list[Values]) -> list[Any | None] | None:
        for_all = for_many(text)
        rows = await self._rows(for_all, list(zip(*values, strict=True))) if for_all else None
        if not rows:
            return None
        firsts, second, third, fourths, places = rows[0]
        found: list[Any | None] = [None] * len(values)
        for first, fourth, place in zip(firsts, fourths, places, strict=True):
            found[place - 1] = first, second, third, fourth
        return found

    async def _rows(self, text: str, values: Values) -> Rows | None:
        """The rows of a statement over the live projection set, each of which says so."""
        with _clean_errors:
            connection = await self._taken()
            live = False
            try:
                rows: Rows = await connection.fetch(text, *values)
                live = bool(rows) and rows[0][2]
            except (*_FAILED, asyncpg.InterfaceError):
                return None
            finally:
                if live and not self._waiting:
                    self._hand_on(connection)
                else:
                    await self._let_go(connection)
        return rows if live else None

    async def _taken(self) -> Any:
        """A connection for what is answered at once."""
        while True:
            if self._kept:
                connection = self._kept.pop()
            elif self._held < min(_BESIDE, max(1, self._connections - _RESERVED)):
                self._held += 1
                try:
                    return await (self._pool or await self._opened()).acquire()
                except BaseException:
                    self._free_a_place()
                    raise
            else:
                connection = await self._turn()
            if connection is not None:
                if _is_open(connection):
                    return connection
                await self._let_go(connection)

    async def _turn(self) -> Any:
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._hand_on(turn.result())
            raise

    def _hand_on(self, connection: Any) -> None:
        """To whoever waits for longest; None stands for a place. Nobody: the connection is kept."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is not None:
            self._kept.append(connection)

    def _free_a_place(self) -> None:
        self._held -= 1
        self._hand_on(None)

    async def _let_go(self, connection: Any) -> None:
        """Give a connection back to the pool."""
        self._free_a_place()
        await self._pool.release(connection)

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._connections,
                    server_settings=self._settings(),
                    # Nothing that outlives a transaction is ever set.
                    reset=_as_it_is,
                    max_cacheable_statement_size=0,
                )
        return self._pool

    def _settings(self) -> dict[str, str]:
        # Compiling a statement to machine code takes longer than any page does. What few rows a page has are read by an
        # index that holds them in order, not found by a bitmap and sorted then: no seek of a disk is saved any more.
        return {"search_path": self._path, "jit": "off", "random_page_cost": "1.1"}

    @asynccontextmanager
    async def snapshot(self, number: int | None = None) -> AsyncIterator[Snapshot]:
        with _clean_errors:
            pool = await self._opened()
            self._waiting += 1
            try:
                if self._kept and not pool.get_idle_size():
                    await self._let_go(self._kept.pop())
                connection = await pool.acquire()
            finally:
                self._waiting -= 1
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await self._enter(connection, number)
                    yield _PostgresSnapshot(connection)
            finally:
                await pool.release(connection)

    async def _enter(self, connection: Any, chosen: int | None) -> None:
        """Read a projection set, which nobody removes until the transaction ends."""
        found = await connection.fetchrow(
            "SELECT number, pg_try_advisory_xact_lock_shared($1::bigint + number), current_setting('search_path') "
            "FROM truth.projection_set WHERE state = 'LIVE' AND $2::bigint IS NULL OR number = $2::bigint",
            sets.POSTGRES_LOCK,
            chosen,
        )
        number, held, path = found or (0, False, "")
        if not held:
            raise sets.SetRetired
        wanted = f"projection_{number}, truth"
        if path != wanted:
            await connection.execute(f"SET LOCAL search_path = {wanted}")
        if wanted != self._path and chosen is None:
            # Connections that are opened from now on begin there.
            self._path = wanted
            self._pool.set_connect_args(self._url, server_settings=self._settings())
            await self._pool.expire_connections()

    async def leave(self, number: int) -> None:
        pass

    async def close(self) -> None:
        if self._pool is not None:
            while self._kept:
                await self._pool.release(self._kept.pop())
            await self._pool.close()

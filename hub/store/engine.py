"""Where a hub lives: a folder with two SQLite files, or a PostgreSQL database with two schemas."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psycopg

from hub.errors import ConfigWrong, RetryLater, StorageFull
from hub.store.migrate import migrate
from hub.store.reader import PostgresReader, Reader, SqliteReader
from hub.store.session import PostgresSession, Session, SqliteSession, prepare_sqlite

_PROCESSOR_LOCK = 7_264_001
"""Advisory lock of the one processor; any constant will do as long as nothing else in the database uses it."""


class Store(ABC):
    """Opens sessions and readers. Exactly one process writes a hub's folder; PostgreSQL takes many."""

    @staticmethod
    def at(address: str) -> Store:
        """The store at a folder or a PostgreSQL address, created and migrated when it is not there yet.

        Raises ``ConfigWrong`` when the address cannot hold a hub and ``RetryLater`` while another process has it open.
        """
        if address.startswith(("postgresql://", "postgres://")):
            return PostgresStore(address)
        if "://" in address:
            raise ConfigWrong(
                f"{address.split('://')[0]}:// is no place for a hub: give a folder or a postgresql:// address"
            )
        return SqliteStore(Path(address))

    @abstractmethod
    def truth(self) -> Session:
        """A session that writes truth."""

    @abstractmethod
    def projection(self) -> Session:
        """A session that writes the projection and reads truth."""

    @abstractmethod
    def reader(self) -> Reader:
        """Snapshots for reading."""

    @abstractmethod
    def try_processing(self, session: Session) -> bool:
        """Become the one processor, on its own session. False while another process is."""

    @abstractmethod
    def close(self) -> None:
        """Give up the folder."""


class SqliteStore(Store):
    """A folder: ``hub.db`` holds truth and log, ``projection-1.db`` what is computed from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._truth = folder / "hub.db"
        self._projection = folder / "projection-1.db"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ConfigWrong(f"{folder} is a file, not a folder: a hub needs a folder of its own") from None
        except PermissionError:
            raise ConfigWrong(f"{folder} cannot be created: permission denied") from None
        self._lock = _lock(folder)
        try:
            for file, name in ((self._truth, "truth"), (self._projection, "projection")):
                with _sqlite_connection(file) as connection:
                    migrate(f"sqlite:///{file}", name)
                    connection.execute("PRAGMA optimize")
        except sqlite3.DatabaseError as error:
            self.close()
            if "not a database" in str(error):
                raise ConfigWrong(f"{folder} holds a hub.db that is not a hub's database") from None
            raise StorageFull(f"The hub's folder {folder} is read-only or full: {error}.") from None
        except BaseException:
            self.close()
            raise

    def truth(self) -> Session:
        return SqliteSession(self._truth)

    def projection(self) -> Session:
        return SqliteSession(self._projection, self._truth)

    def reader(self) -> Reader:
        return SqliteReader(self._truth, self._projection)

    def try_processing(self, session: Session) -> bool:
        return True

    def close(self) -> None:
        self._lock.close()


def _lock(folder: Path) -> IO[Any]:
    """The operating system's lock on the folder, freed when this process ends however it ends."""
    try:
        lock = (folder / "hub.lock").open("a")
    except OSError as error:
        raise StorageFull(f"The hub's folder {folder} cannot be written: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise RetryLater(f"Another process has the hub in {folder} open.") from None
    return lock


@contextmanager
def _sqlite_connection(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file, isolation_level=None)
    with suppress(PermissionError):  # somebody else's file: whether it can be written is seen when it is
        os.chmod(file, 0o600)  # noqa: PTH101 (customers' data: for the owner only)
    try:
        prepare_sqlite(connection)
        yield connection
    finally:
        connection.close()


class PostgresStore(Store):
    """A database with the schemas ``truth`` and ``projection_1``."""

    _PATH = "projection_1, truth"

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection, connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_PROCESSOR_LOCK + 1,))
                connection.execute("CREATE SCHEMA IF NOT EXISTS truth")
                connection.execute("CREATE SCHEMA IF NOT EXISTS projection_1")
        except psycopg.OperationalError as error:
            raise RetryLater(f"PostgreSQL does not answer: {str(error).splitlines()[0]}") from None
        except psycopg.ProgrammingError as error:
            raise ConfigWrong(f"PostgreSQL cannot be used so: {str(error).splitlines()[0]}.") from None
        migrate(url, "truth", "truth")
        migrate(url, "projection", "projection_1")

    def truth(self) -> Session:
        return PostgresSession(self._url, "truth")

    def projection(self) -> Session:
        return PostgresSession(self._url, self._PATH)

    def reader(self) -> Reader:
        return PostgresReader(self._url, self._PATH)

    def try_processing(self, session: Session) -> bool:
        with session.transaction():
            return bool(session.value("SELECT pg_try_advisory_lock($1::bigint)", _PROCESSOR_LOCK))

    def close(self) -> None:
        pass

"""Where a hub lives: a folder with SQLite files, or a PostgreSQL database with a schema for each of them."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg

from hub.errors import ConfigWrong, RetryLater, StorageFull
from hub.store import sets
from hub.store.postgres_reader import PostgresReader
from hub.store.postgres_session import PostgresSession
from hub.store.reader import Reader, SqliteReader
from hub.store.session import Session
from hub.store.sqlite_session import MOST_AHEAD, SqliteSession, prepare_sqlite, written_ahead
from hub.store.versions import is_latest

_PROCESSOR_LOCK = 7_264_001
"""Advisory lock of the one processor; any constant will do as long as nothing else in the database uses it."""
_FILLER_LOCK = 7_264_003
"""Advisory lock of the one process that fills a projection set."""
_SETTLING_LOCK = 7_264_004
"""Advisory lock of a process that opens the hub."""

_UNICODE = "Make one that does: CREATE DATABASE hub ENCODING 'UTF8' TEMPLATE template0."


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

    shared = False
    """Whether several processes may have it open at a time."""
    key_file: Path | None = None
    """Where a key for secrets may lie that nobody has given."""

    @abstractmethod
    def truth(self) -> Session:
        """A session that writes truth."""

    @abstractmethod
    def projection(self, number: int | None = None, *, beside: int | None = None, until: int | None = None) -> Session:
        """A session that writes a projection set (the live one without ``number``) and reads truth.

        ``beside``: another set that it can read, by qualified names: ``projection_1.touchpoint``. ``until``: the last
        truth number that it sees.
        """

    def untidy(self) -> bool:
        """Whether the session that writes truth should ``tidy`` while nobody else reads."""
        return False

    @abstractmethod
    def reader(self) -> Reader:
        """Snapshots for reading."""

    @abstractmethod
    def try_processing(self, session: Session) -> bool:
        """Become the one processor, on its own session. False while another process is."""

    @abstractmethod
    def try_filling(self, session: Session) -> bool:
        """Become the one that fills a projection set, on its own session. False while another process is."""

    @abstractmethod
    def make_set(self, number: int) -> None:
        """Make the tables of a projection set, or bring those that are there to today's."""

    @abstractmethod
    def drop_set(self, number: int) -> bool:
        """Remove a projection set with everything in it. False, and nothing happens, while it is in use."""

    @abstractmethod
    def hurry(self, session: Session) -> None:
        """What a session writes from now on need not be on disk at once; a crash may take the end of it."""

    @abstractmethod
    def settle(self, session: Session) -> None:
        """Whatever a session wrote is on disk from its next transaction on, and is well prepared for being read."""

    @abstractmethod
    def scrub(self, session: Session) -> None:
        """What a session overwrote in the table of sources is no longer in its file either."""

    @abstractmethod
    def close(self) -> None:
        """Give up the folder."""

    @abstractmethod
    def _sets(self) -> set[int]:
        """The numbers of the projection sets that are there."""

    def live(self) -> int:
        """The number of the projection set that is read now."""
        with closing(self.truth()) as session, session.snapshot():
            return sets.live(session)

    def _settle(self) -> None:
        """Leave the live set and the one being filled, each at most as far as truth; remove what is left of others.

        A live set that is lost, or that knows of more than truth (a restored backup), is begun anew.
        """
        with closing(self.truth()) as session:
            with session.transaction():
                known = sets.known(session)
            there = self._sets()
            for each in known:
                if each.state != sets.RETIRED and (each.number not in there or self._ahead(each.number)):
                    self._begin_again(session, each)
            kept = {each.number for each in known if each.state != sets.RETIRED}
            for number in sorted((there | {each.number for each in known}) - kept):
                if self.drop_set(number):
                    with session.transaction():
                        sets.forget(session, number)

    def _ahead(self, number: int) -> bool:
        self.make_set(number)
        # In one statement, hence at one moment: another process may be accepting and processing.
        statement = "SELECT p.number > (SELECT coalesce(max(value), 0) FROM sequence) FROM processed p"
        with closing(self.projection(number)) as session, session.transaction():
            return bool(session.value(statement))

    def _begin_again(self, session: Session, lost: sets.ProjectionSet) -> None:
        if not self.drop_set(lost.number):
            raise RetryLater("The hub's projection is not that of its records, and another process uses it.")
        with session.transaction():
            if lost.state == sets.LIVE:
                sets.begin_again(session, lost.number)
            else:
                sets.retire(session, lost.number)
                sets.forget(session, lost.number)
        if lost.state == sets.LIVE:
            self.make_set(lost.number)


def _migrate(url: str, line: str, schema: str | None = None) -> None:
    from hub.store.migrate import migrate

    migrate(url, line, schema)


def _truth_until(number: int | None) -> list[str]:
    """Views of truth up to a number: an unqualified name finds what is temporary first, on both databases."""
    if number is None:
        return []
    return [
        f"CREATE TEMP VIEW {table} AS SELECT * FROM truth.{table} WHERE number <= {int(number)}"
        for table in ("record", "decision", "withdrawal", "rule_set")
    ]


class SqliteStore(Store):
    """A folder: ``hub.db`` holds truth and log, ``projection-N.db`` what is computed from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key_file = folder / "secret.key"
        self._truth = folder / "hub.db"
        self._used: Counter[int] = Counter()
        """How many connections there are at each projection set."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ConfigWrong(f"{folder} is a file, not a folder: a hub needs a folder of its own") from None
        except PermissionError:
            raise ConfigWrong(f"{folder} cannot be created: permission denied") from None
        except OSError as error:
            raise ConfigWrong(f"{folder} cannot be created: {error.strerror or error}") from None
        self._lock = _lock(folder)
        try:
            self._make(self._truth, "truth")
            self._settle()
        except sqlite3.DatabaseError as error:
            self.close()
            if "not a database" in str(error):
                raise ConfigWrong(f"{folder} holds a hub.db that is not a hub's database") from None
            raise StorageFull(f"The hub's folder {folder} is read-only or full: {error}.") from None
        except BaseException:
            self.close()
            raise

    def _make(self, file: Path, line: str) -> None:
        with _sqlite_connection(file) as connection:
            if not is_latest(connection, line):
                _migrate(f"sqlite:///{file}", line)
            connection.execute("PRAGMA optimize")

    def _file(self, number: int) -> Path:
        return self.folder / f"projection-{number}.db"

    def truth(self) -> Session:
        return SqliteSession(self._truth)

    def projection(self, number: int | None = None, *, beside: int | None = None, until: int | None = None) -> Session:
        number = number or self.live()
        session = _SqliteProjection(self._file(number), self._truth, number, self._used)
        for statement in _truth_until(until):
            session.run(statement)
        if beside is not None:
            session.run(f"ATTACH $1 AS projection_{beside}", f"file:{quote(str(self._file(beside)))}?mode=ro")
        return session

    def untidy(self) -> bool:
        return written_ahead(self._truth) > MOST_AHEAD

    def reader(self) -> Reader:
        return SqliteReader(self._truth, self._file, self._used)

    def try_processing(self, session: Session) -> bool:
        return True

    def try_filling(self, session: Session) -> bool:
        return True

    def make_set(self, number: int) -> None:
        self._make(self._file(number), "projection")

    def drop_set(self, number: int) -> bool:
        if self._used[number]:
            return False
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._file(number)}{ending}").unlink(missing_ok=True)
        return True

    def hurry(self, session: Session) -> None:
        session.all("PRAGMA synchronous = NORMAL")

    def settle(self, session: Session) -> None:
        session.all("PRAGMA synchronous = FULL")
        session.all("PRAGMA main.wal_checkpoint(TRUNCATE)")
        session.all("PRAGMA main.optimize")

    def scrub(self, session: Session) -> None:
        session.all("PRAGMA main.wal_checkpoint(TRUNCATE)")

    def _sets(self) -> set[int]:
        names = (re.fullmatch(r"projection-(\d+)\.db", path.name) for path in self.folder.iterdir())
        return {int(name[1]) for name in names if name}

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
        raise RetryLater(f"Another process has the hub in {folder} open.", hint="It may be starting: wait.") from None
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


class _SqliteProjection(SqliteSession):
    """A session on one projection set, counted in ``used``."""

    def __init__(self, writes: Path, reads: Path, number: int, used: Counter[int]) -> None:
        super().__init__(writes, reads)
        self.projection_set = number
        self._used = used
        used[number] += 1

    def close(self) -> None:
        super().close()
        self._used[self.projection_set] -= 1


class PostgresStore(Store):
    """A database with the schema ``truth`` and a schema ``projection_N`` for each projection set."""

    shared = True

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
                # Processes that start together settle one after the other.
                connection.execute("SELECT pg_advisory_lock(%s)", (_SETTLING_LOCK,))
                if connection.info.parameter_status("server_encoding") != "UTF8":
                    raise ConfigWrong("The database does not keep text as UTF8.", hint=_UNICODE)
                connection.execute("CREATE SCHEMA IF NOT EXISTS truth")
                if not is_latest(connection, "truth", "truth"):
                    _migrate(url, "truth", "truth")
                self._settle()
        except psycopg.OperationalError as error:
            if refused := re.search(r"FATAL: +(.*(?:authentication failed|does not exist).*)", str(error)):
                raise ConfigWrong(f"PostgreSQL refuses: {refused[1]}.") from None
            raise RetryLater(f"PostgreSQL does not answer: {str(error).splitlines()[0]}") from None
        except psycopg.ProgrammingError as error:
            raise ConfigWrong(f"PostgreSQL cannot be used so: {str(error).splitlines()[0]}.") from None

    def truth(self) -> Session:
        return PostgresSession(self._url, "truth")

    def projection(self, number: int | None = None, *, beside: int | None = None, until: int | None = None) -> Session:
        # ``beside`` needs nothing here: every schema can be named.
        return _PostgresProjection(self._url, number or self.live(), until)

    def reader(self) -> Reader:
        return PostgresReader(self._url)

    def try_processing(self, session: Session) -> bool:
        with session.transaction():
            return bool(session.value("SELECT pg_try_advisory_lock($1::bigint)", _PROCESSOR_LOCK))

    def try_filling(self, session: Session) -> bool:
        with session.transaction():
            return bool(session.value("SELECT pg_try_advisory_lock($1::bigint)", _FILLER_LOCK))

    def make_set(self, number: int) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS projection_{number}")
            if not is_latest(connection, "projection", f"projection_{number}"):
                _migrate(self._url, "projection", f"projection_{number}")

    def drop_set(self, number: int) -> bool:
        with psycopg.connect(self._url, autocommit=True) as connection:
            free = "SELECT pg_try_advisory_lock(%s)"
            if not connection.execute(free, (sets.POSTGRES_LOCK + number,)).fetchall()[0][0]:
                return False
            connection.execute(f"DROP SCHEMA IF EXISTS projection_{number} CASCADE")
        return True

    def hurry(self, session: Session) -> None:
        session.run("SET synchronous_commit = off")

    def settle(self, session: Session) -> None:
        session.run("SET synchronous_commit = on")
        for (table,) in session.all(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1", f"projection_{session.projection_set}"
        ):
            session.run(f"ANALYZE {table}")

    def scrub(self, session: Session) -> None:
        session.run("VACUUM FULL source")

    def _sets(self) -> set[int]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            rows = connection.execute("SELECT nspname FROM pg_namespace").fetchall()
        names = (re.fullmatch(r"projection_(\d+)", name) for (name,) in rows)
        return {int(name[1]) for name in names if name}

    def close(self) -> None:
        pass


class _PostgresProjection(PostgresSession):
    """A session on one projection set; while it is connected nobody removes the set."""

    def __init__(self, url: str, number: int, until: int | None) -> None:
        self.projection_set = number
        self._until = until
        super().__init__(url, f"projection_{number}, truth")

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        connection = super()._open()
        lock = "SELECT pg_advisory_lock_shared($1::bigint), to_regclass('processed')"
        if connection.execute(lock, (sets.POSTGRES_LOCK + self.projection_set,)).fetchall()[0][1] is None:
            connection.close()
            raise sets.SetRetired
        for statement in _truth_until(self._until):
            connection.execute(statement)
        return connection

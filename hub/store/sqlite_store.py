"""A hub that is a folder with SQLite files."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from hub.errors import ConfigWrong, RetryLater, StorageFull
from hub.store.engine import Store, migrated, truth_until
from hub.store.reader import Reader, SqliteReader
from hub.store.session import Session
from hub.store.sqlite_session import MOST_AHEAD, SqliteSession, prepare_sqlite, written_ahead
from hub.store.versions import is_latest


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
                migrated(f"sqlite:///{file}", line)
            connection.execute("PRAGMA optimize")

    def _file(self, number: int) -> Path:
        return self.folder / f"projection-{number}.db"

    def truth(self) -> Session:
        return SqliteSession(self._truth)

    def projection(self, number: int | None = None, *, beside: int | None = None, until: int | None = None) -> Session:
        number = number or self.live()
        session = _SqliteProjection(self._file(number), self._truth, number, self._used)
        for statement in truth_until(until):
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

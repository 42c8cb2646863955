"""A hub that is a PostgreSQL database."""

from __future__ import annotations

import re
from typing import Any

import psycopg

from hub.errors import ConfigWrong, RetryLater
from hub.store import sets
from hub.store.engine import Store, migrated, truth_until
from hub.store.postgres_reader import PostgresReader
from hub.store.postgres_session import PostgresSession
from hub.store.reader import Reader
from hub.store.session import Session
from hub.store.versions import is_latest

_PROCESSOR_LOCK = 7_264_001
"""Advisory lock of the one processor; any constant will do as long as nothing else in the database uses it."""
_FILLER_LOCK = 7_264_003
"""Advisory lock of the one process that fills a projection set."""
_SETTLING_LOCK = 7_264_004
"""Advisory lock of a process that opens the hub."""

_UNICODE = "Make one that does: CREATE DATABASE hub ENCODING 'UTF8' TEMPLATE template0."


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
                    migrated(url, "truth", "truth")
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
                migrated(self._url, "projection", f"projection_{number}")

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
        for statement in truth_until(self._until):
            connection.execute(statement)
        return connection

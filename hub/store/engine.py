"""Where a hub lives: a folder with SQLite files, or a PostgreSQL database with a schema for each of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path

from hub.errors import ConfigWrong, RetryLater
from hub.store import sets
from hub.store.reader import Reader
from hub.store.session import Session


class Store(ABC):
    """Opens sessions and readers. Exactly one process writes a hub's folder; PostgreSQL takes many."""

    @staticmethod
    def at(address: str) -> Store:
        """The store at a folder or a PostgreSQL address, created and migrated when it is not there yet.

        Raises ``ConfigWrong`` when the address cannot hold a hub and ``RetryLater`` while another process has it open.
        """
        if address.startswith(("postgresql://", "postgres://")):
            from hub.store.postgres_store import PostgresStore

            return PostgresStore(address)
        if "://" in address:
            raise ConfigWrong(
                f"{address.split('://')[0]}:// is no place for a hub: give a folder or a postgresql:// address"
            )
        from hub.store.sqlite_store import SqliteStore

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


def migrated(url: str, line: str, schema: str | None = None) -> None:
    """Bring the tables of a line (truth, projection) to today's."""
    from hub.store.migrate import migrate

    migrate(url, line, schema)


def truth_until(number: int | None) -> list[str]:
    """Views of truth up to a number: an unqualified name finds what is temporary first, on both databases."""
    if number is None:
        return []
    return [
        f"CREATE TEMP VIEW {table} AS SELECT * FROM truth.{table} WHERE number <= {int(number)}"
        for table in ("record", "decision", "withdrawal", "rule_set")
    ]

"""Row numbers, given by the one processor in memory within its transaction."""

from __future__ import annotations

from hub.store.session import Session


class Numbers:
    """Gives the next row number of each table; made anew for every transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: dict[str, int] = {}

    def next(self, table: str) -> int:
        """The next number of a table."""
        self.hold(table)
        self._last[table] += 1
        return self._last[table]

    def hold(self, table: str) -> None:
        """Before rows are deleted: within this transaction their numbers are not given again."""
        if table not in self._last:
            self._last[table] = int(self._session.value(f"SELECT coalesce(max(num), 0) FROM {table}"))

"""Whole lists as analysts take them away, row by row in the order of their keys, and the log of who did.

A cursor names the projection set and the row's key in it, so that who was cut off goes on after the last whole row.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.errors import InputWrong
from hub.store.exported import Exported
from hub.store.filters import CustomerFilter, MatterFilter, TouchpointFilter
from hub.store.reader import Rows, Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query

if TYPE_CHECKING:
    from hub.store.session import Session

Filter = CustomerFilter | TouchpointFilter | MatterFilter
_LARGEST = 2**63 - 1


class ExportOver(InputWrong):
    """An export cannot be gone on with: its rows have other numbers now. It begins again."""

    code = "EXPORT_OVER"


async def projection_set(snapshot: Snapshot) -> int:
    """The number of the projection set that is shown: row numbers hold as long as it does."""
    return int(await snapshot.value("SELECT number FROM projection_set WHERE state = 'LIVE'"))


def place(wanted: Exported, cursor: str, live: int) -> tuple[int | str, ...]:
    """The key of the row that a cursor names. Raises ``InputWrong``, and ``ExportOver`` for another projection set."""
    number, *parts = cursor.split(".")
    if len(parts) != len(wanted.key) or not _whole(number):
        raise _no_cursor()
    key = tuple(
        _text_of(part) if name in wanted.texts else _number_of(part)
        for name, part in zip(wanted.key, parts, strict=True)
    )
    if int(number) != live:
        raise ExportOver("The hub has been rebuilt since this export began. Begin it again.", path="after")
    return key


def cursors(wanted: Exported, live: int, keys: Sequence[Sequence[Any]]) -> list[str]:
    """The cursors of rows, whose keys are given column by column; texts travel as digits of their bytes."""
    told = [
        [value.encode().hex() for value in column] if name in wanted.texts else map(str, column)
        for name, column in zip(wanted.key, keys, strict=True)
    ]
    return [f"{live}.{'.'.join(key)}" for key in zip(*told, strict=True)]


def _no_cursor() -> InputWrong:
    return InputWrong("after is the cursor of a row of this export.", path="after")


def _number_of(part: str) -> int:
    if not _whole(part):
        raise _no_cursor()
    return int(part)


def _text_of(part: str) -> str:
    try:
        return bytes.fromhex(part).decode()
    except ValueError:
        raise _no_cursor() from None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _LARGEST


def rows(
    snapshot: Snapshot,
    wanted: Exported,
    narrowed: Filter,
    after: Sequence[int | str] = (),
    *,
    contacts: bool,
    together: int,
) -> AsyncGenerator[Rows, None]:
    """Rows in the order of their keys, so many at a time: the key, then the columns.

    ``contacts``: whether contact data is shown unmasked.
    """
    columns = [each.sql if contacts or each.masked is None else each.masked for each in wanted.columns]
    query = Query(f"SELECT {', '.join([*wanted.key, *columns])} FROM {wanted.source} WHERE ")
    query.add(wanted.where(query, narrowed))
    if after:
        held = (query.bind(each, "text" if isinstance(each, str) else "bigint") for each in after)
        query.add(f" AND ({', '.join(wanted.key)}) > ({', '.join(held)})")
    query.add(f" ORDER BY {', '.join(wanted.key)}")
    return snapshot.some(query.text, *query.values, together=together)


@dataclass(frozen=True, slots=True)
class StoredExport:
    """Who took what away, and when. ``filter`` is JSON; ``rows`` and ``outcome`` are None until it ends."""

    id: str
    at: int
    token: str
    name: str
    list: str
    format: str
    filter: str | None
    contacts: bool
    after: str | None
    rows: int | None
    outcome: str | None


_LINES = Shape(StoredExport, "e")
LOGGED = "id at token name list format filter contacts after rows outcome".split()


def begun(session: Session, line: StoredExport) -> None:
    """Write down that an export begins."""
    session.insert("export", LOGGED, [[getattr(line, name) for name in LOGGED]])


def ended(session: Session, id_: str, rows_: int, outcome: str) -> None:
    """Write down how an export ended: DONE, CUT when its reader or its time was gone, FAILED."""
    session.run("UPDATE export SET rows = $1, outcome = $2 WHERE id = $3", rows_, outcome, id_)


async def latest(snapshot: Snapshot, most: int = 100) -> list[StoredExport]:
    """The exports that began last, the last one first."""
    found = await snapshot.all(f"SELECT {_LINES.columns} FROM export e ORDER BY e.at DESC, e.id LIMIT {most}")
    return _LINES.all(found)

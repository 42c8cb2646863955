"""Raw components that wait to be resolved again."""

from __future__ import annotations

from collections.abc import Iterable

from hub.store.session import Session
from hub.values import Side


def mark(session: Session, components: Iterable[tuple[Side, int]]) -> None:
    """Say that components of a side wait."""
    session.upsert("dirty_component", ["side", "component"], [], [(side.value, num) for side, num in components])


def first(session: Session) -> tuple[Side, int] | None:
    """A component that waits."""
    row = session.one("SELECT side, component FROM dirty_component ORDER BY side, component LIMIT 1")
    return (Side(row[0]), row[1]) if row else None


def among(session: Session, components: Iterable[tuple[Side, int]]) -> set[tuple[Side, int]]:
    """Which of these components wait."""
    wanted = set(components)
    rows = session.among(
        "SELECT side, component FROM dirty_component WHERE component = ANY($1::bigint[])",
        sorted({num for _, num in wanted}),
    )
    return wanted & {(Side(side), num) for side, num in rows}


def clear(session: Session, side: Side, components: Iterable[int]) -> None:
    """Say that components were resolved."""
    session.run(
        "DELETE FROM dirty_component WHERE side = $1 AND component = ANY($2::bigint[])", side.value, list(components)
    )

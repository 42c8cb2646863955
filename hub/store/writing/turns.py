"""Turns of sources' health, and who has been told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.ids import random_id
from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class Turn:
    """A source turned unhealthy, or healthy again. ``url``: where the source's owner wants to hear of it."""

    num: int
    id: str
    source: str
    connector: str
    healthy: bool
    state: str
    at: int
    tries: int
    url: str | None


def healthy(session: Session, sources: Sequence[int]) -> dict[int, bool]:
    """How sources last turned; those that never did are left out."""
    rows = session.all(
        "SELECT h.source, h.healthy FROM health_turn h WHERE h.source = ANY($1::bigint[]) AND h.num = "
        "(SELECT max(n.num) FROM health_turn n WHERE n.source = h.source)",
        list(sources),
    )
    return {source: bool(well) for source, well in rows}


def insert(session: Session, source: int, well: bool, state: str, reason: str, at: int, told_at: int | None) -> None:
    """Write a turn down. ``told_at``: now, where nobody is to be told. The sequence must be locked."""
    num = int(session.value("SELECT coalesce(max(num), 0) + 1 FROM health_turn"))
    session.run(
        "INSERT INTO health_turn (num, id, source, healthy, state, reason, at, told_at, tries, try_at) "
        "VALUES ($1, $2, $3, $4::boolean, $5, $6, $7, $8::bigint, 0, $7)",
        num, random_id("turn"), source, well, state, reason, at, told_at,
    )  # fmt: skip


def due(session: Session, now: int, since: int) -> bool:
    """Whether there may be something to tell."""
    found = session.value(
        "SELECT num FROM health_turn WHERE told_at IS NULL AND try_at <= $1 AND at >= $2 LIMIT 1", now, since
    )
    return found is not None


def take(session: Session, now: int, until: int, since: int) -> Turn | None:
    """The next turn to tell, kept for the caller ``until`` then; those of one source in order, none before ``since``.

    The sequence must be locked.
    """
    row = session.one(
        "SELECT h.num, h.id, s.id, s.connector, h.healthy, h.state, h.at, h.tries, s.notify_url FROM health_turn h "
        "JOIN source s ON s.num = h.source WHERE h.told_at IS NULL AND h.try_at <= $1 AND h.at >= $2 AND NOT EXISTS "
        "(SELECT 1 FROM health_turn b WHERE b.source = h.source AND b.num < h.num AND b.told_at IS NULL AND b.at >= $2)"
        " ORDER BY h.num LIMIT 1",
        now, since,
    )  # fmt: skip
    if row is None:
        return None
    num, id_, source, connector, well, state, at, tries, url = row
    turn = Turn(num, id_, source, connector, bool(well), state, at, tries, url)
    session.run("UPDATE health_turn SET tries = tries + 1, try_at = $1 WHERE num = $2", until, turn.num)
    return turn


def told(session: Session, num: int, at: int) -> None:
    """Somebody has taken the news."""
    session.run("UPDATE health_turn SET told_at = $1 WHERE num = $2", at, num)


def later(session: Session, num: int, at: int) -> None:
    """Nobody took it: it is told again at that time."""
    session.run("UPDATE health_turn SET try_at = $1 WHERE num = $2", at, num)

"""Turns of the health of sources and endpoints, and who has been told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.ids import random_id
from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class Turn:
    """A source turned unhealthy, or healthy again, or an ``endpoint`` unhealthy for good.

    ``url``: where the source's owner wants to hear of it.
    """

    num: int
    id: str
    source: str | None
    connector: str | None
    endpoint: str | None
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
    turn = {"source": source, "healthy": well, "state": state, "reason": reason, "at": at, "told_at": told_at}
    _insert(session, turn)


def insert_endpoint(session: Session, endpoint: str, state: str, reason: str, at: int) -> None:
    """Write down that an endpoint is told nothing more. The sequence must be locked."""
    _insert(session, {"endpoint": endpoint, "healthy": False, "state": state, "reason": reason, "at": at})


def _insert(session: Session, turn: Mapping[str, object]) -> None:
    num = int(session.value("SELECT coalesce(max(num), 0) + 1 FROM health_turn"))
    row = {"num": num, "id": random_id("turn"), "tries": 0, "try_at": turn["at"], **turn}
    session.insert("health_turn", list(row), [tuple(row.values())])


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
        "SELECT h.num, h.id, s.id, s.connector, h.endpoint, h.healthy, h.state, h.at, h.tries, s.notify_url "
        "FROM health_turn h LEFT JOIN source s ON s.num = h.source "
        "WHERE h.told_at IS NULL AND h.try_at <= $1 AND h.at >= $2 AND NOT EXISTS "
        "(SELECT 1 FROM health_turn b WHERE b.source = h.source AND b.num < h.num AND b.told_at IS NULL AND b.at >= $2)"
        " ORDER BY h.num LIMIT 1",
        now, since,
    )  # fmt: skip
    if row is None:
        return None
    num, id_, source, connector, endpoint, well, state, at, tries, url = row
    turn = Turn(num, id_, source, connector, endpoint, bool(well), state, at, tries, url)
    session.run("UPDATE health_turn SET tries = tries + 1, try_at = $1 WHERE num = $2", until, turn.num)
    return turn


def told(session: Session, num: int, at: int) -> None:
    """Somebody has taken the news."""
    session.run("UPDATE health_turn SET told_at = $1 WHERE num = $2", at, num)


def later(session: Session, num: int, at: int) -> None:
    """Nobody took it: it is told again at that time."""
    session.run("UPDATE health_turn SET try_at = $1 WHERE num = $2", at, num)

"""Leases: who pulls a source, and when it is pulled next.

Whoever writes a lease has locked the sequence of truth numbers before (``records.take_numbers``), as whoever stores
rows has. So no two processes wait for each other, and what is read of a lease stays true until the reader commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.session import Session
from hub.store.writing import records


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a source; ``until`` in microseconds. With a ``run`` it is being pulled, without one listened to.

    ``every`` is what the source's owner says, in seconds. ``next_at``: when it is pulled next; of one that is being
    pulled since when, or when it is to be pulled again.
    """

    holder: str | None
    until: int | None
    run: int | None
    failures: int
    every: int | None
    next_at: int | None

    def holds(self, now: int) -> bool:
        """Whether somebody holds it still."""
        return self.holder is not None and (self.until or 0) > now


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A source that nobody has planned yet, or that was changed since: last at truth number ``changed``.

    ``every`` is what its owner says; ``failing``: its last pulls failed, or wait for its owner; ``pulled_at``: when the
    last one began.
    """

    source: int
    every: int | None
    changed: int
    failing: bool
    pulled_at: int | None


_FREE = """ FROM lease l JOIN source s ON s.num = l.source WHERE s.paused_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.kind = 'SOURCE' AND w.target = s.id AND NOT w.restore
        AND NOT EXISTS (SELECT 1 FROM withdrawal n WHERE n.kind = 'SOURCE' AND n.target = s.id AND n.number > w.number))
    AND """
"""Leases of sources that are to be pulled at all, before further conditions."""


def of(session: Session, source: int) -> Lease:
    """The lease of a source; one that nobody holds where there is none yet."""
    rows = session.all(
        "SELECT l.holder, l.until, l.run, coalesce(l.failures, 0), s.every, l.next_at "
        "FROM source s LEFT JOIN lease l ON l.source = s.num WHERE s.num = $1",
        source,
    )
    return Lease(*rows[0])


def kept(session: Session, source: int, run: int) -> bool:
    """Whether a run is still the one that pulls a source; if so it is until commit: the sequence is locked."""
    _, found = session.each((records.TAKE,), ("SELECT 1 FROM lease WHERE source = $1 AND run = $2", source, run))
    return bool(found)


def take(session: Session, source: int, holder: str, run: int, now: int, until: int) -> None:
    """Give a source to a holder for a run. It is due until the run has ended, whoever ends it."""
    session.run(
        "INSERT INTO lease (source, failures, planned) VALUES ($1, 0, 0) ON CONFLICT (source) DO NOTHING", source
    )
    session.run(
        "UPDATE lease SET holder = $1, until = $2, run = $3, next_at = $4 WHERE source = $5",
        holder, until, run, now, source,
    )  # fmt: skip


def beat(session: Session, holder: str, sources: Sequence[int], until: int) -> dict[int, int | None]:
    """Hold on to sources; the answer is those that the holder has still, each with the run that pulls it."""
    rows = session.all(
        "UPDATE lease SET until = $1 WHERE holder = $2 AND source = ANY($3::bigint[]) RETURNING source, run",
        until, holder, list(sources),
    )  # fmt: skip
    return dict(rows)


def settle(session: Session, source: int, next_at: int | None, failures: int, blocked: str | None) -> None:
    """Give a source back after a pull, or after waiting for its news, with what comes next."""
    session.run(
        "UPDATE lease SET holder = NULL, until = NULL, run = NULL, next_at = $1::bigint, failures = $2, "
        "blocked = $3::text WHERE source = $4",
        next_at, failures, blocked, source,
    )  # fmt: skip


def hasten(session: Session, source: int, at: int) -> None:
    """Have a source pulled at a time, unless it is sooner anyway, or never, or waits because pulls of it failed.

    One that is being pulled may have been asked already for what it was told of: it is pulled once more.
    """
    session.run(
        "UPDATE lease SET next_at = $1 WHERE source = $2 AND failures = 0 AND (run IS NOT NULL OR next_at > $1)",
        at, source,
    )  # fmt: skip


def listen(session: Session, source: int, next_at: int, until: int) -> None:
    """Keep a source after a pull that went well, to wait for its news until it is pulled by the clock again."""
    session.run(
        "UPDATE lease SET until = $1, run = NULL, next_at = $2, blocked = NULL WHERE source = $3",
        until, next_at, source,
    )  # fmt: skip


def listens(session: Session, source: int, holder: str) -> bool:
    """Whether a holder has a source still to wait for its news."""
    found = session.value("SELECT 1 FROM lease WHERE source = $1 AND holder = $2 AND run IS NULL", source, holder)
    return found is not None


def free(session: Session, now: int) -> None:
    """Nobody holds anything: for a hub that one process at a time has open, and that this one has just opened."""
    session.run("UPDATE lease SET holder = NULL, until = NULL, next_at = $1 WHERE holder IS NOT NULL", now)


# When --------------------------------------------------------------------------------------------------------------


def due(session: Session, now: int, without: Sequence[int], limit: int) -> list[int]:
    """Row numbers of sources that are to be pulled now, those that waited longest first.

    Nobody holds them, or a holder that is silent: what it pulled goes on, what it listened to may have news.
    """
    # Each half by an index of its own: what is not due is not looked at.
    mine = "AND NOT (l.source = ANY($2::bigint[]))"
    rows = session.all(
        f"SELECT source FROM (SELECT l.source, l.next_at {_FREE} l.holder IS NULL AND l.next_at <= $1 {mine} "
        f"UNION ALL SELECT l.source, l.next_at {_FREE} l.until <= $1 {mine}) found ORDER BY next_at, source LIMIT $3",
        now, list(without), limit,
    )  # fmt: skip
    return [source for (source,) in rows]


def soonest(session: Session, now: int) -> int | None:
    """When the next source is to be pulled after ``now``."""
    at: int | None = session.value(f"SELECT l.next_at {_FREE} l.next_at > $1 ORDER BY l.next_at LIMIT 1", now)
    return at


def unplanned(session: Session) -> list[Unplanned]:
    """Sources whose next pull is to be planned. One that is being pulled is planned when that has ended."""
    rows = session.all(
        "SELECT s.num, s.every, s.changed_number, l.failures, l.blocked, "
        "(SELECT max(r.started_at) FROM run r WHERE r.source = s.num AND r.kind = 'PULL') "
        "FROM source s LEFT JOIN lease l ON l.source = s.num "
        "WHERE l.source IS NULL OR (l.run IS NULL AND l.planned < s.changed_number) ORDER BY s.num"
    )
    return [
        Unplanned(num, every, changed, bool(failures) or blocked is not None, at)
        for num, every, changed, failures, blocked, at in rows
    ]


def plan(session: Session, source: int, next_at: int | None, changed: int) -> None:
    """Say when a source is pulled next; whoever waited for its news lets go of it."""
    session.upsert(
        "lease", ["source"], ["holder", "until", "next_at", "failures", "blocked", "planned"],
        [(source, None, None, next_at, 0, None, changed)],
    )  # fmt: skip


def plan_again(session: Session) -> None:
    """What was never to be pulled by the clock is planned anew: connectors may have changed."""
    session.run("UPDATE lease SET planned = 0 WHERE next_at IS NULL AND blocked IS NULL AND run IS NULL")

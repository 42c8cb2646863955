"""What each stream of a run comes to."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store.session import Session

_RESUMED_AFTER = 50
"""Runs that are looked back at, at most, for the beginning of a pull that was broken off."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of one transaction; ``first`` and ``last``: truth numbers of what was stored."""

    received: int
    stored: int
    changed: int
    unchanged: int
    deleted: int = 0
    first: int | None = None
    last: int | None = None


def begin(session: Session, run: int, source: int, stream: str, at: int) -> None:
    """A stream is asked; one that a run taken over has begun already goes on."""
    session.run(
        "INSERT INTO run_stream (run, stream, source, state, began_at, received, stored, changed, unchanged, deleted, "
        "refused, began_again) VALUES ($1, $2, $3, 'RUNNING', $4, 0, 0, 0, 0, 0, 0, FALSE) ON CONFLICT (run, stream) "
        "DO UPDATE SET state = 'RUNNING', fault = NULL, ended_at = NULL",
        run, stream, source, at,
    )  # fmt: skip


def count(session: Session, run: int, source: int, stream: str, at: int, tally: Tally) -> None:
    """Add rows that came; for a stream that is told this begins its part of the run."""
    session.run(
        "INSERT INTO run_stream (run, stream, source, state, began_at, last_at, received, stored, changed, unchanged, "
        "deleted, refused, began_again, first_number, last_number) "
        "VALUES ($1, $2, $3, 'OK', $4, $4, $5, $6, $7, $8, $9, 0, FALSE, $10, $11) ON CONFLICT (run, stream) "
        "DO UPDATE SET last_at = excluded.last_at, received = run_stream.received + excluded.received, "
        "stored = run_stream.stored + excluded.stored, changed = run_stream.changed + excluded.changed, "
        "unchanged = run_stream.unchanged + excluded.unchanged, deleted = run_stream.deleted + excluded.deleted, "
        "first_number = coalesce(run_stream.first_number, excluded.first_number), "
        "last_number = coalesce(excluded.last_number, run_stream.last_number)",
        run, stream, source, at, tally.received, tally.stored, tally.changed, tally.unchanged, tally.deleted,
        tally.first, tally.last,
    )  # fmt: skip


def expect(session: Session, run: int, stream: str, expected: int) -> None:
    """Say how many rows the provider says there are."""
    session.run("UPDATE run_stream SET expected = $1 WHERE run = $2 AND stream = $3", expected, run, stream)


def count_deleted(session: Session, run: int, stream: str, deleted: int, first: int, last: int) -> None:
    """Add rows that a listing did not name."""
    session.run(
        "UPDATE run_stream SET deleted = deleted + $1, first_number = coalesce(first_number, $2::bigint), "
        "last_number = $3::bigint WHERE run = $4 AND stream = $5",
        deleted, first, last, run, stream,
    )  # fmt: skip


def refuse(session: Session, run: int, stream: str, refused: int) -> None:
    """Say how many deletions the guard kept back."""
    session.run("UPDATE run_stream SET refused = refused + $1 WHERE run = $2 AND stream = $3", refused, run, stream)


def begin_again(session: Session, run: int, stream: str) -> None:
    """Say that the source had forgotten the cursor."""
    session.run("UPDATE run_stream SET began_again = TRUE WHERE run = $1 AND stream = $2", run, stream)


def finish(session: Session, run: int, stream: str, state: str, fault: str | None, at: int) -> None:
    """End a stream's part of a run as ``OK``, ``INCOMPLETE`` or ``FAILED``; its cursor is kept as it stands."""
    session.run(
        "UPDATE run_stream SET state = $1, fault = $2::text, ended_at = $3, cursor = (SELECT c.cursor FROM "
        "checkpoint c WHERE c.source = run_stream.source AND c.stream = run_stream.stream) "
        "WHERE run = $4 AND stream = $5",
        state, fault, at, run, stream,
    )  # fmt: skip


def received_before(session: Session, run: int, source: int, stream: str) -> int:
    """Rows that came in the runs before this one that were broken off, back to the last that came to its end."""
    rows = session.all(
        "SELECT s.state, s.received FROM run u JOIN run_stream s ON s.run = u.num AND s.stream = $1 "
        "WHERE u.source = $2 AND u.kind = 'PULL' AND u.num < $3 ORDER BY u.num DESC LIMIT $4",
        stream, source, run, _RESUMED_AFTER,
    )  # fmt: skip
    total = 0
    for state, received in rows:
        if state in ("OK", "INCOMPLETE"):
            break
        total += received
    return total


def asked_to_its_end(session: Session, source: int, stream: str) -> bool:
    """Whether the stream has ever been asked to its end, or its source was before streams were counted alone."""
    ended = (
        "SELECT u.num FROM run u LEFT JOIN run_stream s ON s.run = u.num AND s.stream = $2 "
        "WHERE u.source = $1 AND u.kind = 'PULL' AND (s.state = 'OK' OR s.state IS NULL AND u.state = 'OK' AND NOT "
        "EXISTS (SELECT 1 FROM run_stream o WHERE o.run = u.num)) LIMIT 1"
    )
    return session.value(ended, source, stream) is not None

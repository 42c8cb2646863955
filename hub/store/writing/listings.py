"""Listings under way: which rows they named, and the deletion of those they did not. In sets, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing of a stream: GOING, WHOLE once its last page came, SWEEPING while deletions are written, then OVER."""

    source: int
    stream: str
    number: int
    leg: int
    state: str
    began_with: str | None
    expected: int | None
    until: int | None
    reached: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """Keys beyond ``after`` (None: from the first) up to ``last``."""

    after: str | None
    last: str


_COLUMNS = "source, stream, number, leg, state, began_with, expected, until, reached"


def under_way(session: Session, source: int, stream: str) -> Listing | None:
    """The listing of a stream that has not come to its end."""
    row = session.one(f"SELECT {_COLUMNS} FROM listing WHERE source = $1 AND stream = $2", source, stream)
    return Listing(*row) if row else None


def begin(session: Session, source: int, stream: str, began_with: str | None) -> Listing:
    """A new listing in the place of whatever was under way, whose notes count for nothing by its other number."""
    before = under_way(session, source, stream)
    number = before.number + 1 if before else 1
    session.upsert(
        "listing", ["source", "stream"],
        ["number", "leg", "state", "began_with", "expected", "until", "reached"],
        [(source, stream, number, 0, "GOING", began_with, None, None, None)],
    )  # fmt: skip
    return Listing(source, stream, number, 0, "GOING", began_with, None, None, None)


def forget_leg(session: Session, listing: Listing) -> None:
    """Unsay what was named after the last checkpoint: those pages come again, perhaps with other rows."""
    session.run(
        "DELETE FROM listed WHERE source = $1 AND stream = $2 AND listing = $3 AND leg >= $4",
        listing.source, listing.stream, listing.number, listing.leg,
    )  # fmt: skip


def name(session: Session, listing: Listing, keys: Sequence[str]) -> None:
    """Note rows that the listing names. What an earlier leg has named stays of that leg."""
    session.many(
        "INSERT INTO listed (source, stream, key, listing, leg) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (source, stream, key) DO UPDATE SET listing = excluded.listing, leg = excluded.leg "
        "WHERE listed.listing <> excluded.listing",
        [(listing.source, listing.stream, key, listing.number, listing.leg) for key in keys],
    )


def advance(
    session: Session, listing: Listing, *, leg: int, state: str, expected: int | None, until: int | None
) -> None:
    """Keep how far a listing has come, in the transaction of the rows it is about."""
    session.run(
        "UPDATE listing SET leg = $1, state = $2, expected = coalesce($3::bigint, expected), until = $4::bigint "
        "WHERE source = $5 AND stream = $6",
        leg, state, expected, until, listing.source, listing.stream,
    )  # fmt: skip


def sweep(session: Session, listing: Listing, reached: str | None) -> None:
    """Keep up to which key the rows that were not named are deleted."""
    session.run(
        "UPDATE listing SET state = 'SWEEPING', reached = $1::text WHERE source = $2 AND stream = $3",
        reached, listing.source, listing.stream,
    )  # fmt: skip


def over(session: Session, listing: Listing) -> None:
    """Nothing more follows from it; its notes may go."""
    session.run("UPDATE listing SET state = 'OVER' WHERE source = $1 AND stream = $2", listing.source, listing.stream)


def end(session: Session, listing: Listing) -> None:
    """Nothing is left of it."""
    session.run("DELETE FROM listing WHERE source = $1 AND stream = $2", listing.source, listing.stream)


def named(session: Session, listing: Listing) -> int:
    """How many rows it names."""
    return int(
        session.value(
            "SELECT count(*) FROM listed WHERE source = $1 AND stream = $2 AND listing = $3",
            listing.source, listing.stream, listing.number,
        )
    )  # fmt: skip


def forget_some(session: Session, listing: Listing, limit: int) -> int:
    """Drop notes, ``limit`` at most, those of listings before it too; the answer is how many there were."""
    return session.run(
        "DELETE FROM listed WHERE source = $1 AND stream = $2 AND key IN "
        "(SELECT key FROM listed WHERE source = $1 AND stream = $2 LIMIT $3)",
        listing.source, listing.stream, limit,
    )  # fmt: skip


def window(session: Session, listing: Listing, after: str | None, rows: int) -> Window | None:
    """The next ``rows`` keys of the stream after a key; None when there are none."""
    # Every row has exactly one first version, and the index of versions gives them in the order of keys.
    last = session.value(
        "SELECT max(key) FROM (SELECT key FROM record WHERE source = $1 AND stream = $2 AND key "
        f"{'>=' if after is None else '>'} $3 AND version = 1 ORDER BY key LIMIT $4) keys",
        listing.source, listing.stream, after or "", rows,
    )  # fmt: skip
    return None if last is None else Window(after, last)


def _standing(within: Window) -> str:
    """Last versions of rows in a window that stand, with the note of the listing beside them."""
    return (
        "FROM record r LEFT JOIN listed l ON l.source = r.source AND l.stream = r.stream AND l.key = r.key "
        "AND l.listing = $5 WHERE r.source = $1 AND r.stream = $2 "
        f"AND r.key {'>=' if within.after is None else '>'} $3 AND r.key <= $4 "
        "AND r.number <= $6 AND r.deleted = FALSE AND NOT EXISTS (SELECT 1 FROM record n "
        "WHERE n.source = r.source AND n.stream = r.stream AND n.key = r.key AND n.version = r.version + 1)"
    )


def _place(listing: Listing, within: Window) -> tuple[object, ...]:
    return listing.source, listing.stream, within.after or "", within.last, listing.number, listing.until


def missing(session: Session, listing: Listing, within: Window) -> tuple[int, int]:
    """How many rows of a window stand, and how many of those the listing did not name."""
    row = session.one(
        f"SELECT count(*), sum(CASE WHEN l.key IS NULL THEN 1 ELSE 0 END) {_standing(within)}",
        *_place(listing, within),
    )
    standing, gone = row or (0, 0)
    return int(standing), int(gone or 0)


def delete_missing(
    session: Session, listing: Listing, within: Window, *, last: int, digest: str, run: int, at: int
) -> int:
    """Write a deleted version of each such row of a window, numbered from ``last`` on; how many there were."""
    return session.run(
        "INSERT INTO record (number, source, stream, key, version, source_version, deleted, digest, payload, envelope, "
        "run, received_at, historical) SELECT $7::bigint + row_number() OVER (ORDER BY r.key), r.source, r.stream, "
        "r.key, r.version + 1, NULL, TRUE, $8::text, $9::bytea, NULL, $10::bigint, $11::bigint, FALSE "
        f"{_standing(within)} AND l.key IS NULL",
        *_place(listing, within), last, digest, b"", run, at,
    )  # fmt: skip

"""Records, runs and checkpoints: what was received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.ids import random_id
from hub.store.session import Session
from hub.store.sql import Query


@dataclass(slots=True)
class Version:
    """One stored version of a row, without its payload."""

    number: int
    source: int
    stream: str
    key: str
    version: int
    source_version: str | None
    digest: str
    deleted: bool
    run: int
    received_at: int
    historical: bool


@dataclass(slots=True)
class Payload:
    """What a record holds, ready to be mapped."""

    key: str
    payload: bytes
    envelope: Mapping[str, str]
    deleted: bool


_VERSION = "number, source, stream, key, version, source_version, digest, deleted, run, received_at, historical"
_VERSIONS = f"SELECT {_VERSION} FROM record WHERE source = $1 AND stream = $2 AND key = ANY($3::text[]) ORDER BY number"
_ENVELOPES = "SELECT digest, num FROM envelope WHERE digest = ANY($1::text[])"
_COLUMNS = (
    "number source stream key version source_version deleted digest payload envelope run received_at historical".split()
)

_FORGOTTEN = 100
"""Runs that are forgotten in one transaction, at most: requests wait for it to end."""


def begin_sequence(session: Session) -> None:
    """The row of the sequence, unless it is there."""
    session.run("INSERT INTO sequence (id, value) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")


def last_number(session: Session) -> int:
    """The last truth number given, without a lock."""
    return int(session.value("SELECT value FROM sequence WHERE id = 1"))


TAKE = "UPDATE sequence SET value = value WHERE id = 1 RETURNING value"
"""Locks the sequence until commit; the answer is the last truth number given."""


def take_numbers(session: Session) -> int:
    """Lock the sequence until commit; the answer is the last truth number given."""
    return int(session.value(TAKE))


def give_numbers(session: Session, last: int) -> None:
    """Move the sequence on to ``last``."""
    session.run("UPDATE sequence SET value = $1 WHERE id = 1", last)


def versions(session: Session, source: int, stream: str, keys: Sequence[str]) -> dict[str, list[Version]]:
    """All stored versions of rows, oldest first, by key."""
    return _by_key(session.all(_VERSIONS, source, stream, list(keys)))


def take_numbers_over(
    session: Session, source: int, stream: str, keys: Sequence[str], envelopes: Sequence[str]
) -> tuple[int, dict[str, list[Version]], dict[str, int]]:
    """``take_numbers``, ``versions``, and the numbers of those envelopes that are stored, by digest; asked in one go:
    what others stored before the lock was theirs is seen."""
    questions: list[tuple[Any, ...]] = [(TAKE,), (_VERSIONS, source, stream, list(keys))]
    if envelopes:
        questions.append((_ENVELOPES, envelopes))
    taken, rows, *stored = session.each(*questions)
    return int(taken[0][0]), _by_key(rows), {digest: num for each in stored for digest, num in each}


def _by_key(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for number, source_, stream_, key, version, source_version, digest, deleted, run, at, historical in rows:
        found.setdefault(key, []).append(
            Version(
                number, source_, stream_, key, version, source_version, digest, bool(deleted), run, at, bool(historical)
            )
        )
    return found


def heard(session: Session, after: int, until: int, limit: int) -> list[tuple[int, int, str, str]]:
    """(number, source, stream, key) of records in (after, until], in order."""
    rows = session.all(
        "SELECT number, source, stream, key FROM record WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3",
        after, until, limit,
    )  # fmt: skip
    return [(number, source, stream, key) for number, source, stream, key in rows]


def next_number(session: Session, after: int) -> int | None:
    """The least number after ``after`` that asks for processing: of a record, decision, withdrawal or rule set."""
    found = [
        session.value(f"SELECT number FROM {table} WHERE number > $1 ORDER BY number LIMIT 1", after)
        for table in ("record", "decision", "withdrawal", "rule_set")
    ]
    return min((int(number) for number in found if number is not None), default=None)


def run_nums(session: Session, ids: Sequence[str]) -> list[int]:
    """Row numbers of runs by public id."""
    return [num for (num,) in session.among("SELECT num FROM run WHERE id = ANY($1::text[])", ids)]


def run_num(session: Session, id_: str) -> int | None:
    """The row number of a run by public id."""
    num: int | None = session.value("SELECT num FROM run WHERE id = $1", id_)
    return num


def run_id(session: Session, num: int) -> str:
    """The public id of a run."""
    return str(session.value("SELECT id FROM run WHERE num = $1", num))


def keys_of_run(session: Session, run: int) -> list[tuple[int, str, str]]:
    """(source, stream, key) of all rows a run received."""
    rows = session.all("SELECT DISTINCT source, stream, key FROM record WHERE run = $1", run)
    return [(source, stream, key) for source, stream, key in rows]


def keys_of_source(session: Session, source: int) -> list[tuple[int, str, str]]:
    """(source, stream, key) of all rows of a source."""
    rows = session.all("SELECT DISTINCT source, stream, key FROM record WHERE source = $1", source)
    return [(source_, stream, key) for source_, stream, key in rows]


def keys_of_records(session: Session, numbers: Sequence[int]) -> list[tuple[int, str, str]]:
    """(source, stream, key) of records by truth number."""
    rows = session.all(
        "SELECT DISTINCT source, stream, key FROM record WHERE number = ANY($1::bigint[])", list(numbers)
    )
    return [(source, stream, key) for source, stream, key in rows]


def selected(session: Session, chosen: Mapping[str, Any], beyond: int, limit: int) -> list[tuple[int, int, str, str]]:
    """(number, source, stream, key) of records beyond a truth number that fit everything chosen, in order.

    ``chosen``: source, stream, run, record, after, until (of receipt) or None, and problems.
    """
    query = _selection("SELECT r.number, r.source, r.stream, r.key FROM record r", chosen, beyond)
    rows = session.all(query.add(f" ORDER BY r.number LIMIT {query.bind(limit)}").text, *query.values)
    return [(number, source, stream, key) for number, source, stream, key in rows]


def count_selected(session: Session, chosen: Mapping[str, Any]) -> int:
    """How many records fit everything chosen."""
    query = _selection("SELECT count(*) FROM record r", chosen, 0)
    return int(session.value(query.text, *query.values))


def _selection(select: str, chosen: Mapping[str, Any], beyond: int) -> Query:
    query = Query(select)
    if chosen["problems"]:
        query.add(" JOIN problem p ON p.record = r.number")
    query.add(f" WHERE r.number > {query.bind(beyond)}")
    for name, condition in _CHOOSING.items():
        if chosen[name] is not None:
            query.add(f" AND r.{condition} {query.bind(chosen[name])}")
    return query


_CHOOSING = {
    "source": "source =", "stream": "stream =", "run": "run =", "record": "number =",
    "after": "received_at >=", "until": "received_at <",
}  # fmt: skip


def payloads(session: Session, numbers: Sequence[int]) -> dict[int, Payload]:
    """Payloads with their envelopes, by truth number."""
    rows = session.all(
        "SELECT r.number, r.key, r.payload, e.content, r.deleted FROM record r "
        "LEFT JOIN envelope e ON e.num = r.envelope WHERE r.number = ANY($1::bigint[])",
        list(numbers),
    )
    return {
        number: Payload(key, bytes(payload), orjson.loads(content) if content else {}, bool(deleted))
        for number, key, payload, content, deleted in rows
    }


def insert_envelopes(session: Session, contents: Mapping[str, str]) -> dict[str, int]:
    """Store envelopes that are not there, given by digest; the answer is their row numbers."""
    last = session.value("SELECT coalesce(max(num), 0) FROM envelope")
    rows = [(last + place, digest, content) for place, (digest, content) in enumerate(contents.items(), 1)]
    session.insert("envelope", ["num", "digest", "content"], rows)
    return {digest: num for num, digest, _ in rows}


def insert(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Store records; the columns stand in ``_COLUMNS``."""
    session.insert("record", _COLUMNS, rows)


def start_run(session: Session, source: int | None, kind: str, at: int) -> tuple[int, str]:
    """Begin a run of a source, or of the whole hub; the answer is its row number and id."""
    take_numbers(session)  # two processes that begin a run at once wait for each other
    num = int(session.value("SELECT coalesce(max(num), 0) + 1 FROM run"))
    id_ = random_id("run")
    session.run(
        "INSERT INTO run (num, id, source, kind, state, started_at, received, stored, changed, unchanged) "
        "VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0)",
        # Deliveries come whenever they like: the run that gathers a day's is never under way.
        num, id_, source, kind, "OK" if kind == "PUSH" else "RUNNING", at,
    )  # fmt: skip
    return num, id_


def start_pull(session: Session, source: int, at: int, *, allow_deletions: bool = False) -> tuple[int, str]:
    """Begin a pull; one that a killed process left behind is said to be interrupted.

    ``allow_deletions``: what its listings do not name is deleted however much it is.
    """
    begun = start_run(session, source, "PULL", at)
    # A pull that takes over from a process that was killed may do what that one might.
    if allow_deletions or session.value(
        "SELECT num FROM run WHERE source = $1 AND kind = 'PULL' AND state = 'RUNNING' AND allow_deletions = TRUE",
        source,
    ):
        allow_deletions_of(session, begun[0])
    session.run(
        "UPDATE run_stream SET state = 'INTERRUPTED', ended_at = $1 WHERE state = 'RUNNING' AND run IN "
        "(SELECT num FROM run WHERE source = $2 AND kind = 'PULL' AND state = 'RUNNING' AND num <> $3)",
        at, source, begun[0],
    )  # fmt: skip
    session.run(
        "UPDATE run SET state = 'INTERRUPTED', error = 'The hub was stopped; the next run resumed.', "
        "finished_at = $1 WHERE source = $2 AND kind = 'PULL' AND state = 'RUNNING' AND num <> $3",
        at, source, begun[0],
    )  # fmt: skip
    return begun


def standing_run(session: Session, source: int, at: int, since: int) -> tuple[int, str]:
    """Row number and id of the run that gathers a source's deliveries of a day, begun when none is since ``since``."""
    if (found := _standing(session, source, since)) is None:
        take_numbers(session)  # of two processes that find none, one begins it
        found = _standing(session, source, since)
    return (int(found[0]), str(found[1])) if found else start_run(session, source, "PUSH", at)


def _standing(session: Session, source: int, since: int) -> tuple[Any, ...] | None:
    return session.one(
        "SELECT num, id FROM run WHERE source = $1 AND kind = 'PUSH' AND started_at >= $2 ORDER BY num DESC LIMIT 1",
        source,
        since,
    )


def count_run(session: Session, run: int, received: int, stored: int, changed: int, unchanged: int) -> None:
    """Add to a run's counts."""
    session.run(
        "UPDATE run SET received = received + $1, stored = stored + $2, changed = changed + $3, "
        "unchanged = unchanged + $4 WHERE num = $5",
        received, stored, changed, unchanged, run,
    )  # fmt: skip


def advance_run(session: Session, run: int, expected: int | None, done: float | None) -> None:
    """Say how far a run has come."""
    session.run(
        "UPDATE run SET expected = coalesce($1::bigint, expected), done = coalesce($2::float8, done) WHERE num = $3",
        expected,
        done,
        run,
    )


def allow_deletions_of(session: Session, run: int) -> None:
    """Let a run's listings delete whatever they do not name."""
    session.run("UPDATE run SET allow_deletions = TRUE WHERE num = $1", run)


def allows_deletions(session: Session, run: int) -> bool:
    """Whether a run's listings may delete whatever they do not name."""
    return bool(session.value("SELECT allow_deletions FROM run WHERE num = $1", run))


def resume_run(session: Session, run: int) -> None:
    """A run that was interrupted goes on."""
    session.run("UPDATE run SET state = 'RUNNING', error = NULL, finished_at = NULL WHERE num = $1", run)


def tell_outcome(session: Session, run: int, outcome: str) -> None:
    """Say what a replay or a rebuild came to, or is to come to, as JSON."""
    session.run("UPDATE run SET outcome = $1 WHERE num = $2", outcome, run)


def outcome(session: Session, run: int) -> str | None:
    """What was said of a run."""
    told: str | None = session.value("SELECT outcome FROM run WHERE num = $1", run)
    return told


def finish_run(session: Session, run: int, state: str, error: str | None, at: int) -> None:
    """End a run as ``OK``, ``INCOMPLETE``, ``FAILED`` or ``INTERRUPTED``, and the streams it was cut off in."""
    session.run("UPDATE run SET state = $1, error = $2::text, finished_at = $3 WHERE num = $4", state, error, at, run)
    session.run(
        "UPDATE run_stream SET state = 'INTERRUPTED', ended_at = $1 WHERE run = $2 AND state = 'RUNNING'", at, run
    )


def forget_quiet(session: Session, source: int, before: int) -> None:
    """Forget pulls of a source that went well, brought nothing new, are named by nothing and ended before then.

    For the end of a pull that went well: the last of them stays.
    """
    quiet = session.all(
        "SELECT u.num FROM run u WHERE u.source = $1 AND u.kind = 'PULL' AND u.state = 'OK' AND u.stored = 0 "
        "AND u.changed = 0 AND u.finished_at < $2 AND NOT EXISTS (SELECT 1 FROM record r WHERE r.run = u.num) "
        "AND NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.run = u.num) ORDER BY u.finished_at LIMIT $3",
        source, before, _FORGOTTEN,
    )  # fmt: skip
    if quiet:
        nums = [num for (num,) in quiet]
        session.run("DELETE FROM run_stream WHERE run = ANY($1::bigint[])", nums)
        session.run("DELETE FROM run WHERE num = ANY($1::bigint[])", nums)


def brought(session: Session, run: int) -> bool:
    """Whether anything came by a run that was not known."""
    return session.value("SELECT 1 FROM run WHERE num = $1 AND stored + changed > 0", run) is not None


def save_checkpoint(session: Session, source: int, stream: str, cursor: str, run: int, at: int) -> None:
    """Keep the cursor a pull resumes from."""
    session.upsert(
        "checkpoint", ["source", "stream"], ["cursor", "run", "saved_at"], [(source, stream, cursor, run, at)]
    )


def drop_checkpoint(session: Session, source: int, stream: str) -> None:
    """Let the next pull begin at the beginning."""
    session.run("DELETE FROM checkpoint WHERE source = $1 AND stream = $2", source, stream)


def checkpoint(session: Session, source: int, stream: str) -> Mapping[str, Any] | None:
    """The stored cursor of a stream, or None."""
    text = session.value("SELECT cursor FROM checkpoint WHERE source = $1 AND stream = $2", source, stream)
    cursor: Mapping[str, Any] | None = orjson.loads(text) if text else None
    return cursor


def withdrawn(session: Session) -> dict[str, set[str]]:
    """What is withdrawn now, by kind of target: the last word on each target counts."""
    state: dict[tuple[str, str], bool] = {}
    for kind, target, restore in session.all("SELECT kind, target, restore FROM withdrawal ORDER BY number"):
        state[kind, target] = not restore
    found: dict[str, set[str]] = {}
    for (kind, target), taken_out in state.items():
        if taken_out:
            found.setdefault(kind, set()).add(target)
    return found


def withdrawals_between(session: Session, after: int, until: int) -> Iterable[tuple[str, str]]:
    """(kind, target) of withdrawals and restorations in (after, until]."""
    return session.all(
        "SELECT kind, target FROM withdrawal WHERE number > $1 AND number <= $2 ORDER BY number", after, until
    )

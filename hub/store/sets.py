"""Projection sets: which one is live, which one is being filled beside it. Truth says so, hence every process knows."""

from __future__ import annotations

from dataclasses import dataclass

from hub.errors import RetryLater
from hub.store.session import Session

LIVE, FILLING, SNAPSHOT, RETIRED = "LIVE", "FILLING", "SNAPSHOT", "RETIRED"
POSTGRES_LOCK = 7_264_100
"""Advisory locks of projection sets count from here: shared by who uses a set, alone for who removes it."""


class SetRetired(RetryLater):
    """The projection set of a session is no longer the one that is read; the live one must be opened."""

    def __init__(self) -> None:
        super().__init__("The hub has just turned to a rebuilt projection.")


@dataclass(frozen=True, slots=True)
class ProjectionSet:
    """A set as truth knows it. ``born``, ``code`` and ``run`` as in ``hub.store.truth.ProjectionSetRow``."""

    number: int
    state: str
    born: int
    code: str
    run: int | None


def known(session: Session) -> list[ProjectionSet]:
    """All sets, by number."""
    rows = session.all("SELECT number, state, born, code, run FROM projection_set ORDER BY number")
    return [ProjectionSet(*row) for row in rows]


def live(session: Session) -> int:
    """The number of the set that is read."""
    return int(session.value("SELECT number FROM projection_set WHERE state = 'LIVE'"))


def filling(session: Session) -> ProjectionSet | None:
    """The set that is being filled, if any."""
    return next((each for each in known(session) if each.state == FILLING), None)


def born(session: Session) -> int:
    """Up to which truth number everything in this session's set is history."""
    return int(session.value("SELECT born FROM projection_set WHERE number = $1", session.projection_set) or 0)


def check(session: Session) -> None:
    """Raise ``SetRetired`` when the set that a session writes has been replaced."""
    state = session.value("SELECT state FROM projection_set WHERE number = $1", session.projection_set)
    if state in (RETIRED, None):
        raise SetRetired


def begin(session: Session, code: str, run: int, state: str = FILLING) -> ProjectionSet:
    """Note down a new set that is to be filled."""
    number = int(session.value("SELECT max(number) FROM projection_set")) + 1
    session.run(
        "INSERT INTO projection_set (number, state, born, code, run) VALUES ($1, $2, 0, $3, $4)",
        number, state, code, run,
    )  # fmt: skip
    return ProjectionSet(number, state, 0, code, run)


def switch(session: Session, number: int) -> None:
    """Make a filled set the live one."""
    session.run("UPDATE projection_set SET state = 'RETIRED' WHERE state = 'LIVE'")
    session.run("UPDATE projection_set SET state = 'LIVE', run = NULL WHERE number = $1", number)


def retire(session: Session, number: int) -> None:
    """Give up a set that was being filled, or a snapshot."""
    session.run("UPDATE projection_set SET state = 'RETIRED' WHERE number = $1 AND state <> 'LIVE'", number)


def forget(session: Session, number: int) -> None:
    """A retired set is gone."""
    session.run("DELETE FROM projection_set WHERE number = $1 AND state = 'RETIRED'", number)


def begin_again(session: Session, number: int) -> None:
    """The live set was lost: it is filled anew, and whatever truth there is now is history."""
    session.run(
        "UPDATE projection_set SET born = (SELECT coalesce(max(value), 0) FROM sequence) WHERE number = $1", number
    )

"""Everybody folded again by other lifecycle rules: in chunks between batches, from where it stopped when killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.ingest.batch import Batch
from hub.ingest.lifecycles import Judge, because_text, change_rows, lifecycle_columns
from hub.journey.lifecycle import Lifecycle
from hub.journey.rules import Rules
from hub.store.session import Session
from hub.store.writing import customers, lifecycle_folds
from hub.values import Side

CHUNK = 500
"""Customers in one transaction."""

Known = tuple[str, str, str | None, str | None]
"""(id, kind, stage, standing) of a customer as it stands."""


def waiting(session: Session, rules: Rules) -> int | None:
    """After which customer it goes on; None when everybody is folded by these rules."""
    digest, reached = lifecycle_folds.state(session)
    return reached if digest == rules.digest else lifecycle_folds.begin(session, rules.digest)


def refold(batch: Batch, judge: Judge, reached: int) -> list[int]:
    """Fold the next customers; the answer is their numbers. Nothing but stage and standing of them is written."""
    session = batch.session
    nums = lifecycle_folds.after(session, reached, CHUNK)
    rows, changes = [], []
    due = customers.due_among(session, nums, judge.now)
    for num, (id_, _, *before), life in judged(session, nums, judge):
        columns = lifecycle_columns(life, because_text(life.because))
        # What time has done to the value of some is not written here: they stay due for it.
        rows.append((num, *columns[:-1], due.get(num, columns[-1])))
        changes += change_rows(num, life.changes)
        for kind, old, new in zip(("STAGE_CHANGED", "STANDING_CHANGED"), before, (columns[0], columns[2]), strict=True):
            if old != new:
                batch.lines.append((kind, None, True, id_, None, None, old, new))
    lifecycle_folds.write(session, rows, changes)
    lifecycle_folds.advance(session, nums[-1] if len(nums) == CHUNK else None)
    return nums


def judged(session: Session, nums: Sequence[int], judge: Judge) -> Iterator[tuple[int, Known, Lifecycle]]:
    """Customers as they stand, each with the lifecycle that it has by the judge's rules."""
    known = customers.known(session, nums)
    for side in Side:
        of_side = [num for num in nums if num in known and known[num][1] == side.value]
        timelines = customers.timelines(session, of_side, account=side is Side.ORGANISATION) if of_side else {}
        for num in of_side:
            yield num, known[num], judge.lifecycle(timelines[num], side)

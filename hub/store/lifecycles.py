"""Reads about lifecycles: how long each stage lasted, and the rules by which everybody is folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.store import rule_sets
from hub.store.reader import Snapshot
from hub.store.rule_sets import StoredRuleSet
from hub.store.writing.customers import timelines_text
from hub.store.writing.rule_sets import LIFECYCLE


@dataclass(frozen=True, slots=True)
class StoredStageTime:
    """A stage of one customer: all the times they had it. Microseconds.

    ``exited_at`` is None while they have it; ``lasted``: how long all the times that are over did.
    """

    customer: int
    stage: str
    entered_at: int
    latest_entered_at: int
    exited_at: int | None
    lasted: int
    times: int


async def stage_times(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredStageTime]]:
    """The stages of customers, in the order in which they were first entered."""
    rows = await snapshot.all(
        "SELECT customer, stage, min(at), max(at), CASE WHEN count(*) > count(ended) THEN NULL ELSE max(ended) END, "
        "CAST(coalesce(sum(ended - at), 0) AS bigint), count(*) FROM (SELECT customer, position, after AS stage, at, "
        "lead(at) OVER (PARTITION BY customer ORDER BY position) AS ended FROM stage_change "
        "WHERE customer = ANY($1::bigint[]) AND axis = 'STAGE') AS spell WHERE stage IS NOT NULL "
        "GROUP BY customer, stage ORDER BY customer, min(position)",
        list(numbers),
    )
    found: dict[int, list[StoredStageTime]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(StoredStageTime(*row))
    return found


@dataclass(frozen=True, slots=True)
class StandingStage:
    """Stage and standing of a customer as they are stored. ``kind`` is the side."""

    num: int
    id: str
    kind: str
    stage: str | None
    standing: str | None


async def stages_after(snapshot: Snapshot, reached: int, most: int) -> list[StandingStage]:
    """The next customers by number."""
    rows = await snapshot.all(
        "SELECT num, id, kind, stage, standing FROM customer WHERE num > $1 ORDER BY num LIMIT $2", reached, most
    )
    return [StandingStage(*row) for row in rows]


async def timelines(snapshot: Snapshot, nums: Sequence[int], account: bool) -> dict[int, list[tuple[Any, ...]]]:
    """What folds need of customers of one side, as ``writing.customers.timelines`` reads it."""
    found: dict[int, list[tuple[Any, ...]]] = {num: [] for num in nums}
    for owner, *rest in await snapshot.all(timelines_text(account), list(nums)) if nums else ():
        found[owner].append(tuple(rest))
    return found


async def standing(snapshot: Snapshot) -> StoredRuleSet | None:
    """The lifecycle rules that were processed last; None while those of the code stand."""
    return await rule_sets.last(snapshot, LIFECYCLE)


async def unfolded(snapshot: Snapshot, digest: str) -> int:
    """How many customers are not yet folded by the rules of this digest."""
    found = await snapshot.one("SELECT digest, reached FROM lifecycle_fold WHERE id = 1")
    # The processor may not have noticed yet that others stand.
    reached = 0 if found is None or found[0] != digest else found[1]
    if reached is None:
        return 0
    return int((await snapshot.all("SELECT count(*) FROM customer WHERE num > $1", reached))[0][0])

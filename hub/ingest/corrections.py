"""What people correct: who is who, and what was taken in wrongly. All of it can be tried first and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hub.errors import InputWrong, NotFound
from hub.ids import random_id
from hub.ingest import decisions as deciding
from hub.ingest.decisions import Intent
from hub.ingest.outcomes import LinkChange, Withdrawn
from hub.ingest.preview import Preview, preview
from hub.ingest.threads import Threads
from hub.store.session import Session
from hub.store.writing import decisions, records, sources

FIRST_MOVES = 100
"""Touchpoints that an answer lists."""


class Corrections:
    """Merging, splitting, withdrawing and their undoing. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._clock = clock

    async def merge(self, customers: Sequence[str], *, reason: str, by: str, dry_run: bool = False) -> LinkChange:
        """Say that customers are one."""
        return await self._decide(lambda session: deciding.merge(session, customers), reason, by, dry_run)

    async def split(
        self, customer: str, touchpoints: Sequence[str], *, reason: str, by: str, dry_run: bool = False
    ) -> LinkChange:
        """Take touchpoints out of a customer; whatever else hangs on them goes where the evidence leads."""
        return await self._decide(lambda session: deciding.split(session, customer, touchpoints), reason, by, dry_run)

    async def say(
        self, customer: str, touchpoints: Sequence[str], *, same: bool, reason: str, by: str, dry_run: bool = False
    ) -> LinkChange:
        """Say that touchpoints are a customer's, or are not."""
        return await self._decide(
            lambda session: deciding.say(session, customer, touchpoints, same=same), reason, by, dry_run
        )

    async def undo(self, operation: str, *, reason: str, by: str, dry_run: bool = False) -> LinkChange:
        """Take back a merge or a split."""
        return await self._decide(lambda session: deciding.undo(session, operation), reason, by, dry_run)

    async def _decide(self, plan: Callable[[Session], Intent], reason: str, by: str, dry_run: bool) -> LinkChange:
        def look() -> tuple[Intent, Preview]:
            intent = plan(self._threads.projection)
            return intent, preview(self._threads.processor, self._threads.projection, intent)

        intent, seen = await self._threads.between_batches(look)
        change = LinkChange(None, 0, seen.customers, len(seen.moves), seen.changes, seen.moves[:FIRST_MOVES])
        if dry_run:
            return change
        operation = random_id("dec") if intent.decisions else None
        at = self._clock()
        sequence = await self._threads.write(lambda session: deciding.store(session, intent, operation, reason, by, at))
        return replace(change, operation=operation or intent.withdrawals[0][0], sequence=sequence)

    async def withdraw(
        self, kind: str, target: str, *, restore: bool, reason: str, by: str, dry_run: bool = False
    ) -> Withdrawn:
        """Take a run or source out of the picture, or put it back."""
        if kind not in {"RUN", "SOURCE"}:
            raise InputWrong(f"A {kind.lower()} cannot be withdrawn.")

        def look() -> Preview:
            num_of = records.run_num if kind == "RUN" else sources.num_of
            if num_of(self._threads.projection, target) is None:
                raise NotFound(f"There is no {kind.lower()} {target[:60]!r}.", path=kind.lower())
            return preview(self._threads.processor, self._threads.projection, Intent(), [(kind, target, restore)])

        seen = await self._threads.between_batches(look)
        answer = Withdrawn(seen.touchpoints, len(seen.changes), 0)
        if dry_run:
            return answer

        def job(session: Session) -> int:
            number = records.take_numbers(session) + 1
            decisions.insert(session, [], [(number, kind, target, restore, None, by, reason, self._clock())])
            records.give_numbers(session, number)
            return number

        return replace(answer, sequence=await self._threads.write(job))

"""What people correct: who is who, and what was taken in wrongly. All of it can be tried first and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hub.errors import NotFound
from hub.ids import random_id, record_number
from hub.ingest import decisions as deciding
from hub.ingest.decisions import Intent
from hub.ingest.outcomes import Changes, LinkChange, Withdrawn
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
        threads = self._threads
        if dry_run:
            return _change(await threads.between_batches(lambda: self._preview(plan(threads.projection))))
        intent = await threads.between_batches(lambda: plan(threads.projection))
        operation = random_id("dec") if intent.decisions else None
        at = self._clock()
        sequence, seen = await self._carry_out(
            lambda session: deciding.store(session, intent, operation, reason, by, at), intent
        )
        return replace(_change(seen), operation=operation or intent.withdrawals[0][0], sequence=sequence)

    async def withdraw(
        self, kind: str, target: str, *, restore: bool, reason: str, by: str, dry_run: bool = False
    ) -> Withdrawn:
        """Take a record version, a run or a source out of the picture, or put it back. Raises ``NotFound``."""
        threads = self._threads
        named = await threads.between_batches(lambda: _target(threads.projection, kind, target))
        withdrawal = (kind, named, restore)
        if dry_run:
            seen = await threads.between_batches(lambda: self._preview(Intent(), [withdrawal]))
            return Withdrawn(Changes.of(seen.touchpoints, seen.changes), 0)

        def job(session: Session) -> int:
            number = records.take_numbers(session) + 1
            decisions.insert(session, [], [(number, kind, named, restore, None, by, reason, self._clock())])
            records.give_numbers(session, number)
            return number

        sequence, seen = await self._carry_out(job, Intent(), [withdrawal])
        return Withdrawn(Changes.of(seen.touchpoints, seen.changes), sequence)

    def _preview(self, intent: Intent, withdrawn: Sequence[tuple[str, str, bool]] = ()) -> Preview:
        return preview(self._threads.processor, self._threads.projection, intent, withdrawn)

    async def _carry_out(
        self, job: Callable[[Session], int], intent: Intent, withdrawn: Sequence[tuple[str, str, bool]] = ()
    ) -> tuple[int, Preview]:
        """Write what was decided; with what it changed. Where another process processes, that is looked up before."""
        if self._threads.processes:
            number, seen = await self._threads.witness(job)
            return number, seen or Preview((), (), (), ())
        before = await self._threads.between_batches(lambda: self._preview(intent, withdrawn))
        return await self._threads.write(job), before


def _change(seen: Preview) -> LinkChange:
    return LinkChange(None, 0, seen.customers, len(seen.moves), seen.changes, seen.moves[:FIRST_MOVES])


def _target(session: Session, kind: str, given: str) -> str:
    """How a withdrawal names what it is about: by public id, a record version by its truth number."""
    match kind:
        case "RECORD":
            number = record_number(given)
            there, named = number is not None and bool(records.keys_of_records(session, [number])), str(number)
        case "RUN":
            there, named = records.run_num(session, given) is not None, given
        case _:
            there, named = sources.num_of(session, given) is not None, given
    if not there:
        raise NotFound(f"There is no {kind.lower()} {given[:60]!r}.", path=kind.lower())
    return named

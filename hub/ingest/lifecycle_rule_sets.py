"""The lifecycle rules as a company sets them: written down as truth, and applied to everybody."""

from __future__ import annotations

from collections.abc import Callable

from hub.ingest.lifecycle_rules import store
from hub.ingest.threads import Threads
from hub.settings import Company
from hub.store.session import Session


class LifecycleRuleSets:
    """Setting the lifecycle rules. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, company: Company, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._company = company
        self._clock = clock

    async def apply(self, text: str, *, reason: str, by: str) -> int:
        """Write rules down; everybody is folded by them, in the background. The answer is their truth number.

        Raises ``InputWrong``, also when they would change nothing.
        """
        at = self._clock()

        def job(session: Session) -> int:
            return store(session, self._company, text, reason, by, at)

        return await self._threads.write(job)

"""The lifecycle rules as a company sets them: tried on the real data first, then written down as truth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from zoneinfo import ZoneInfo

from hub.ingest.lifecycle_preview import LifecyclePreview, look
from hub.ingest.lifecycle_rules import LifecycleRules, checked, store
from hub.ingest.lifecycles import Judge
from hub.ingest.rates import Exchanges
from hub.ingest.sources import Sources
from hub.ingest.threads import Threads
from hub.journey.rules import Rules
from hub.registry import Registry
from hub.settings import Company
from hub.store.engine import Store
from hub.store.session import Session
from hub.store.writing import ledger


class LifecycleRuleSets:
    """Setting the lifecycle rules. ``clock`` gives microseconds."""

    def __init__(
        self, store: Store, threads: Threads, company: Company, registry: Registry, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._threads = threads
        self._company = company
        self._registry = registry
        self._clock = clock
        self._looking = asyncio.Lock()

    async def preview(self, text: str) -> LifecyclePreview:
        """Whose stage or standing would be another one by the rules of a text; nothing is written.

        It reads beside the processor, in a thread of its own, one preview at a time. Raises ``InputWrong``.
        """
        rules = checked(self._company, text)  # before anybody waits
        async with self._looking:
            return await asyncio.to_thread(self._look, rules)

    async def apply(self, text: str, *, reason: str, by: str) -> int:
        """Write rules down; everybody is folded by them, in the background. The answer is their truth number.

        Raises ``InputWrong``, also when they would change nothing.
        """
        at = self._clock()

        def job(session: Session) -> int:
            return store(session, self._company, text, reason, by, at)

        return await self._threads.write(job)

    def _look(self, rules: Rules) -> LifecyclePreview:
        with closing(self._store.projection()) as session:
            sources = Sources(self._registry)
            with session.snapshot():
                sources.refresh(session)
                before = LifecycleRules(self._company).at(session, ledger.processed(session)[0])
            rates = Exchanges(session, self._company.currency, ZoneInfo(self._company.time_zone))
            judge = Judge(rules, self._clock(), sources.desk().num, sources.books(), rates.conversion)
            return look(session, before, judge)

"""Filling a projection set from truth, beside the live one, until it can take its place. In a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import count
from typing import TypeVar

from hub.errors import RetryLater, StorageFull
from hub.ingest.process import Processor
from hub.ingest.step import step
from hub.store import fingerprint
from hub.store.engine import Store
from hub.store.fingerprint import Fingerprint
from hub.store.session import Session
from hub.store.writing import carrying, dirty_components, ledger, lifecycle_folds

T = TypeVar("T")

TOGETHER = 5000
"""Records in a batch."""
_LINES = 50_000
"""Ledger lines that are copied in one transaction."""
_NEAR = 2000
"""Truth numbers behind the live set from which on the rest is done while nobody else processes."""
_GIVE = 1.2
"""By how much more is left to that with each batch, once all that was there at the beginning is done."""
_TRIES = 5
"""Batches in which the last of it may yet be done before that."""
_STEP = 0.5
"""Seconds between words about the progress."""
_ATTEMPTS = 60
"""How often in a row the database may say that it is not there, a second apart."""

Make = Callable[[Session, Callable[[], int]], Processor]
"""Gives the processor of a session; the callable is its clock, in microseconds."""


class Stopped(Exception):
    """The hub closes."""


class Elsewhere(Exception):
    """Another process fills the set."""


class Refill:
    """One set that is filled. ``tell`` hears how many truth numbers are done, and of how many."""

    def __init__(
        self, store: Store, make: Make, number: int, stop: threading.Event, tell: Callable[[int, int], None]
    ) -> None:
        self._store = store
        self._stop = stop
        self._tell = tell
        self._make = make
        self.number = number
        self.old = store.live()
        self._clock = 0
        store.make_set(number)
        self._session = store.projection(number, beside=self.old)
        try:
            self._own()
            self._processor = make(self._session, lambda: self._clock)
            self._processor.quiet = True
        except BaseException:
            self._session.close()
            raise

    def close(self) -> None:
        """Let go of the set."""
        self._session.close()

    def fill(self) -> None:
        """Process truth, and copy the ledger, until little is left to where the live set is.

        Raises ``Stopped`` or ``Elsewhere``, also in the middle; what is done is done. Raises ``StorageFull`` and, when
        the database stays away, ``RetryLater``.
        """
        self._store.hurry(self._session)
        told, near, first, tries = 0.0, float(_NEAR), self._patiently(self._aim), _TRIES
        while (left := self._patiently(self._left)) > 0:
            # Whoever is fed all the time is caught up with in the end only while nobody else processes.
            tries -= left <= near
            if not tries:
                break
            self._patiently(self._advance)
            done = self._patiently(self._done)
            near = near * _GIVE if done >= first else near
            if time.monotonic() > told + _STEP:
                told = time.monotonic()
                self._tell(done, max(first, done))
        while self._patiently(self._copy):
            pass
        self._store.settle(self._session)

    def take_over(
        self, switch: Callable[[], None], *, verify: bool
    ) -> tuple[int, Fingerprint | None, Fingerprint | None]:
        """Catch up with the live set while nobody processes, and ``switch`` to this one.

        The answer is the truth number of that moment and, to ``verify``, the fingerprints that both sets had then: of
        the old one, of the new one.
        """
        with ExitStack() as opened:
            old = opened.enter_context(closing(self._store.projection(self.old)))
            counting = self._make(old, lambda: self._clock).counting
            with old.transaction():
                after, self._clock = ledger.hold(old)
                if verify and dirty_components.first(old) is not None:
                    raise RetryLater("Identity is still being settled in the old projection.")
                if verify and lifecycle_folds.state(old)[1] is not None:
                    raise RetryLater("Everybody is still being folded by other lifecycle rules in the old projection.")
                if verify:
                    counting.finish()
                self._finish(after)
                if verify:
                    frozen = opened.enter_context(closing(self._store.projection(self.number)))
                    opened.enter_context(frozen.snapshot())
                switch()
            self._tell(after, after)
            if not verify:
                return after, None, None
            # Whatever is processed from now on, neither of them shows.
            return after, fingerprint.fingerprint(old), fingerprint.read(frozen)

    def _finish(self, after: int) -> None:
        self._processor.until = after
        while step(self._processor, TOGETHER):
            pass
        with self._session.transaction():
            if ledger.processed(self._session)[0] != after:
                raise RetryLater("The new projection could not be brought to where the old one is.")
            while carrying.copy_ledger(self._session, self.old, _LINES):
                pass
            carrying.take_over(self._session, self.old, self._clock)
            ledger.advance(self._session, after, after, self._clock)

    def _own(self) -> None:
        if not self._store.try_filling(self._session):
            raise Elsewhere

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do a part of the work, again when the database was away for a moment."""
        for attempt in count(1):
            if self._stop.is_set():
                raise Stopped
            try:
                return work()
            except RetryLater as trouble:
                if isinstance(trouble, StorageFull) or attempt == _ATTEMPTS:
                    raise
                self._stop.wait(min(trouble.after, 1.0))
                self._own()  # the right to fill the set went with the connection
        raise AssertionError("counting does not end")

    def _aim(self) -> int:
        """Go for where the live set is now; the answer is the truth number."""
        with self._session.transaction():
            self._processor.until, self._clock = carrying.reached(self._session, self.old)
        return self._processor.until

    def _done(self) -> int:
        with self._session.transaction():
            return ledger.processed(self._session)[0]

    def _left(self) -> int:
        return self._aim() - self._done()

    def _advance(self) -> None:
        step(self._processor, TOGETHER)
        self._copy()

    def _copy(self) -> bool:
        """Copy some of the ledger; whether there may be more."""
        with self._session.transaction():
            return carrying.copy_ledger(self._session, self.old, _LINES)

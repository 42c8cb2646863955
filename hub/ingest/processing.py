"""The thread that processes: wakes when rows were accepted, and lends its session to previews between batches."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from hub import traces
from hub.errors import RetryLater
from hub.ingest.process import Processor
from hub.ingest.step import step
from hub.store import sets
from hub.store.engine import Store
from hub.store.session import Session
from hub.store.sets import SetRetired
from hub.store.writing import ledger

T = TypeVar("T")

_log = logging.getLogger(__name__)

_IDLE = 1.0
"""Seconds between looks when nobody wakes the thread: time passes, and other processes accept."""
_PATIENCE = 2.0
"""Seconds a batch may gather records while a pull goes on: a customer is folded once a batch, not once a page."""
_LOOK = 0.01
COUNTED_EVERY = 1.0
"""Seconds between two times that rollups are brought up to date: until then group-bys look at what is new."""
_LAST_COUNT = 1.0
"""Seconds that the end may wait for it."""
_TIDY_EVERY = 2.0
"""Seconds between looks whether write-ahead logs have grown."""
_MORE = 5000
"""Records that nobody's link is too short for."""
_NOTHING = object()


class Processing:
    """Runs the processor in its thread while this process is the one that may.

    ``make`` gives the processor of a session; both are those of the live projection set, and replaced when it is.
    """

    def __init__(
        self,
        store: Store,
        make: Callable[[Session], Processor],
        announce: Callable[[int], None],
        size: Callable[[], tuple[int, int]],
        rest: Callable[[float], float],
        tidy_truth: Callable[[], None],
    ) -> None:
        self._store = store
        self._make = make
        self.session = store.projection()
        self.processor = self._made(self.session)
        self._announce = announce
        self._size = size
        self._rest_after = rest
        self._tidy_truth = tidy_truth
        self._tidied = time.monotonic()
        self._last = 0.0
        self._processed: int | None = None
        self.batches, self.seconds = 0, 0.0
        """Batches that brought something, and how long they took."""
        self._bearable = _MORE
        self._jobs: queue.Queue[tuple[Callable[[], Any], Future[Any]] | object | None] = queue.Queue()
        self._mine = False
        self._thread = threading.Thread(target=self._work, name="processor", daemon=True)
        self._thread.start()

    def _made(self, session: Session) -> Processor:
        processor = self._make(session)
        processor.counting.apart = COUNTED_EVERY
        return processor

    def wake(self) -> None:
        """Say that there may be something to process."""
        if self._jobs.empty():  # whatever waits there makes the thread look
            self._jobs.put(_NOTHING)

    @property
    def mine(self) -> bool:
        """Whether this process is the one that processes."""
        return self._mine

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Run a job between two batches, once everything accepted so far is processed."""
        answer: Future[T] = Future()
        self._jobs.put((job, answer))
        return answer

    def close(self) -> None:
        """Finish the batch at hand, then stop."""
        self._jobs.put(None)
        self._thread.join()
        self.session.close()

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_IDLE)
            except queue.Empty:
                job = _NOTHING
            if job is None:
                break
            try:
                if not self._catch_up(gather=not isinstance(job, tuple)):
                    break
            except RetryLater as trouble:
                _log.warning("processing waits: %s", trouble.message)
                self._mine = False  # the lock went with the connection
                # A link that is cut every few seconds carries short transactions, and a long one never.
                self._bearable = max(1, min(self._bearable, self._size()[1]) // 2)
                time.sleep(min(trouble.after, _IDLE))
            except Exception:  # noqa: BLE001 (the thread must live to try again)
                _log.exception("processing cannot go on; it is tried again in a moment")
                self._mine = False
                time.sleep(_IDLE)
            if isinstance(job, tuple):
                self._do(*job)
        self._leave()

    def _leave(self) -> None:
        """A hub at rest has nothing to count in its rollups, if that is done soon."""
        until = time.monotonic() + _LAST_COUNT
        with suppress(RetryLater, SetRetired):
            more = self._mine
            while more and time.monotonic() < until:
                with self.session.transaction():
                    ledger.hold(self.session)
                    more = self.processor.counting.count()

    def _do(self, job: Callable[[], Any], answer: Future[Any]) -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            try:
                answer.set_result(job())
            except SetRetired:
                self._turn()
                answer.set_result(job())
        except BaseException as error:  # noqa: BLE001 (the caller gets it)
            answer.set_exception(error)

    def _turn(self) -> None:
        """Go over to the projection set that is live now."""
        session = self._store.projection()
        watched = self.processor.watched
        self.processor = self._made(session)
        self.processor.watched = watched
        self.session.close()
        self.session, self._mine = session, False

    def _catch_up(self, *, gather: bool) -> bool:
        """Process until nothing is left, or too little to begin. False when the thread was told to stop in between."""
        try:
            return self._process(gather=gather)
        except SetRetired:
            self._turn()
            return self._process(gather=gather)

    def _process(self, *, gather: bool) -> bool:
        if not self._mine:
            with self.session.transaction():
                sets.check(self.session)
            self._mine = self._store.try_processing(self.session)
        more = self._mine
        while more and not (gather and self._too_early()):
            more = self._batch()
            with self.session.transaction():
                processed, _ = ledger.processed(self.session)
            self._count(processed)
            self._announce(processed)
            self._tidy()
            if more:
                self._rest()
            if self._stopping():
                return False
            if more and self.processor.at_leisure and (not gather or not self._jobs.empty()):
                self.wake()
                return True
        return True

    def _count(self, processed: int) -> None:
        """A batch came to its end; many bring nothing."""
        before, self._processed = self._processed, processed
        if before is not None and processed != before:
            took = time.monotonic() - self._last
            self.batches += 1
            self.seconds += took
            traces.told("batch", took, {"hub.numbers": processed - before})

    def _tidy(self) -> None:
        """Between two batches nobody here reads truth, so that its write-ahead log can begin anew."""
        now = time.monotonic()
        if now - self._tidied > _TIDY_EVERY:
            self._tidied = now
            self.session.tidy()
            if self._store.untidy():
                self._tidy_truth()

    def _rest(self) -> None:
        """While rows crowd in, leave the interpreter to those who send them: a batch is followed by a pause."""
        began = time.monotonic()
        took = began - self._last
        while time.monotonic() - began < self._rest_after(took) and not self._stopping():
            time.sleep(_LOOK)

    def _stopping(self) -> bool:
        return any(job is None for job in list(self._jobs.queue))

    def _too_early(self) -> bool:
        """Whether a pull goes on that will soon have filled a larger batch."""
        least, _ = self._size()
        return least > 1 and time.monotonic() - self._last < _PATIENCE and self.processor.backlog() < least

    def _batch(self) -> bool:
        self._last = time.monotonic()
        # Of one record `step` makes much ado, of two or more only when they fail.
        more = step(self.processor, max(2, min(self._bearable, self._size()[1])))
        self._bearable = min(_MORE, self._bearable + self._bearable // 8 + 1)
        return more

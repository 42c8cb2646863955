"""One thread writes truth. Jobs that wait together share one durable transaction: drain, commit, answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Any, TypeVar

from hub.errors import RetryLater
from hub.store.session import Session

T = TypeVar("T")
Job = Callable[[Session], Any]

_MOST_WAITING = 1000
_MOST_TOGETHER = 64


class Writer:
    """Runs jobs in order on one session. A job's answer comes after its transaction is on disk."""

    def __init__(self, session: Session, announce: Callable[[], None]) -> None:
        self._session = session
        self._announce = announce
        self._jobs: queue.Queue[tuple[Job | None, Future[Any]] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait for the session."""
        return self._jobs.qsize()

    def submit(self, job: Callable[[Session], T]) -> Future[T]:
        """Queue a job. Raises ``RetryLater`` when too many wait already: back-pressure instead of memory."""
        answer: Future[T] = Future()
        try:
            self._jobs.put_nowait((job, answer))
        except queue.Full:
            raise RetryLater("The hub has more to store than it can take right now.", after=1) from None
        return answer

    def tidy(self) -> Future[None]:
        """Have the session tidy between two transactions."""
        answer: Future[None] = Future()
        self._jobs.put((None, answer))
        return answer

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._jobs.put(None)
        self._thread.join()
        self._session.close()

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            together = [first]
            stop = False
            while len(together) < _MOST_TOGETHER:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stop = True
                    break
                together.append(following)
            self._commit([(job, answer) for job, answer in together if job is not None])
            self._tidy([answer for job, answer in together if job is None])
            if stop:
                return

    def _tidy(self, waiting: list[Future[Any]]) -> None:
        for answer in waiting:
            try:
                self._session.tidy()
                answer.set_result(None)
            except RetryLater as trouble:
                answer.set_exception(trouble)

    def _commit(self, together: list[tuple[Job, Future[Any]]]) -> None:
        if not together:
            return
        # Whoever went away before their turn is passed over; from here on nobody can.
        together = [(job, answer) for job, answer in together if answer.set_running_or_notify_cancel()]
        alone = len(together) == 1  # its part would be the whole transaction
        answers: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._session.transaction():
                for job, answer in together:
                    try:
                        with nullcontext() if alone else self._session.savepoint():
                            value = job(self._session)
                        answers.append((answer, value, None))  # only now: ending a savepoint may fail too
                    except RetryLater:
                        raise  # the storage's own trouble: the transaction is of no use to the others either
                    except Exception as error:  # its own alone: the others are none the worse
                        if alone:
                            raise
                        answers.append((answer, None, error))
        except BaseException as error:  # noqa: BLE001 (nothing was stored: every waiting caller must hear it)
            answers = [(answer, None, error) for _, answer in together]
        self._announce()
        for answer, value, fault in answers:
            if fault is not None:
                answer.set_exception(fault)
            else:
                answer.set_result(value)

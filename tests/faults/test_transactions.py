"""What one job of a shared transaction does to the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

import pytest

from hub.errors import NotFound, StorageFull
from hub.ingest.writer import Writer
from hub.store.engine import Store
from hub.store.session import Session


def keep(name: str, fault: Exception | None = None) -> Callable[[Session], str]:
    """A job that stores a setting, and then may fail."""

    def job(session: Session) -> str:
        session.insert("setting", ["name", "value"], [(name, "{}")])
        if fault is not None:
            raise fault
        return name

    return job


def together(address: str, *jobs: Callable[[Session], str]) -> tuple[list[Future[str]], list[str]]:
    """Run jobs in one transaction; their answers, and what was stored."""
    store = Store.at(address)
    writer = Writer(store.truth(), lambda: None)
    begun, go_on = threading.Event(), threading.Event()

    def held_up(_: Session) -> None:
        begun.set()
        go_on.wait()

    writer.submit(held_up)
    begun.wait()
    answers = [writer.submit(job) for job in jobs]
    go_on.set()
    wait(answers)
    stored = writer.submit(lambda session: [name for (name,) in session.all("SELECT name FROM setting ORDER BY name")])
    names = stored.result()
    writer.close()
    store.close()
    return answers, names


def test_wrong_job_is_undone_alone(hub_address: str) -> None:
    (first, wrong, last), stored = together(hub_address, keep("a"), keep("b", NotFound("no such thing")), keep("c"))
    assert (first.result(), last.result(), stored) == ("a", "c", ["a", "c"])
    with pytest.raises(NotFound):
        wrong.result()


def test_trouble_of_the_storage_is_told_to_all_jobs_and_undoes_them(hub_address: str) -> None:
    # SQLite itself may have undone the whole transaction by then: what went before is gone, whatever was said.
    answers, stored = together(hub_address, keep("a"), keep("b", StorageFull("full")), keep("c"))
    for answer in answers:
        with pytest.raises(StorageFull):
            answer.result()
    assert stored == []


def test_wrong_job_that_is_alone_leaves_nothing(hub_address: str) -> None:
    (wrong,), stored = together(hub_address, keep("a", NotFound("no such thing")))
    with pytest.raises(NotFound):
        wrong.result()
    assert stored == []

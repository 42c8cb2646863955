"""How work outside the writing thread has something written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from hub.store.session import Session

T = TypeVar("T")


class Write(Protocol):
    """Runs a job on the session that writes truth; the answer comes once it is on disk."""

    def __call__(self, job: Callable[[Session], T], /) -> Awaitable[T]: ...

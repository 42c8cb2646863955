"""What this process has answered since it began: plain counts, put into words when somebody asks for the metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the buckets of durations, in seconds."""
MOST_NAMES = 100
"""Names of operations that are told apart; clients name them, and each takes memory here and wherever it is kept."""
OTHER = "other"


@dataclass(slots=True)
class Durations:
    """How long things took: how many fell into each bucket, the last of which has no end; and all seconds together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(SECONDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, int]]:
        """As Prometheus counts: each bucket holds those before it too."""
        reached, held = [], 0
        for end, count in zip([*map(str, SECONDS), "+Inf"], self.counts, strict=True):
            held += count
            reached.append((end, held))
        return reached


def _of(held: dict[str, Durations], name: str) -> Durations:
    found = held.get(name)
    if found is None:
        found = held[name] = Durations()
    return found


class Tallies:
    """Counts of requests, operations and subscriptions. For the event loop."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """By method, the first part of the path, and status."""
        self.request_seconds: dict[str, Durations] = {}
        """Until the answer began, by the first part of the path."""
        self.operations: Counter[tuple[str, str, str]] = Counter()
        """By name, kind and outcome."""
        self.operation_seconds: dict[str, Durations] = {}
        self.subscriptions = 0
        """Those that are open now."""
        self._names: set[str] = set()

    def request(self, method: str, place: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self.requests[method, place, status] += 1
        _of(self.request_seconds, place).add(seconds)

    def operation(self, name: str, kind: str, outcome: str, seconds: float | None) -> None:
        """An operation was answered. Only one that ran may bring a new name; of one that lasted ``seconds`` is None."""
        if name not in self._names:
            if outcome == "refused" or not name or len(self._names) >= MOST_NAMES:
                name = name and OTHER
            else:
                self._names.add(name)
        self.operations[name, kind, outcome] += 1
        if seconds is not None:
            _of(self.operation_seconds, name).add(seconds)

    @contextmanager
    def subscribed(self) -> Iterator[None]:
        """A subscription is open while the block runs."""
        self.subscriptions += 1
        try:
            yield
        finally:
            self.subscriptions -= 1


tallies = Tallies()
"""Those of this process."""

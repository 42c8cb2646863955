"""What one transaction of the processor works on, and what it has touched so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from hub.identity.rules import Rules
from hub.ingest.place import Placement
from hub.store.session import Session
from hub.store.writing import ledger
from hub.store.writing.numbers import Numbers
from hub.values import Side


@dataclass(slots=True)
class Batch:
    """What one transaction works on."""

    session: Session
    numbers: Numbers
    after: int
    until: int
    now: int
    zone: ZoneInfo
    rules: Rules
    """The identity rules that stand at its end; they apply to everything."""
    at: int = 0
    """When the last record of the batch was received; dates the ledger lines."""
    historical: bool = False
    replayed: bool = False
    """Whether all of it happened before, so that nothing in it is news."""
    quiet: bool = False
    """Whether no ledger lines are written."""
    heard: int = field(init=False)
    """No touchpoint so far was heard after this truth number."""
    touched: set[int] = field(default_factory=set)
    """Customers to fold again from all their touchpoints."""
    grown: dict[int, list[Sequence[Any]]] = field(default_factory=dict)
    """New touchpoints of customers, as ``customers.timelines`` gives them."""
    seen: set[int] = field(default_factory=set)
    """Customers of whom something else shows: an identifier, the time."""
    fresh: set[int] = field(default_factory=set)
    """Customers that were not there before."""
    named: dict[int, tuple[str, Side]] = field(default_factory=dict)
    """The ids of customers that are fresh or have another id than before."""
    gone: set[int] = field(default_factory=set)
    matters: set[int] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)
    """Touchpoints that are new, changed or retracted; others may follow them."""
    lost: set[str] = field(default_factory=set)
    """Those of them that may name nobody."""
    moved: list[int] = field(default_factory=list)
    """Claims whose customer changed."""
    lines: list[tuple[object, ...]] = field(default_factory=list)
    """Ledger lines without number and ordinal: (kind, at, historical, customer, touchpoint, matter, before, after)."""

    def __post_init__(self) -> None:
        self.heard = self.after

    def take(self, placement: Placement) -> None:
        """Add what a chunk touched."""
        self.touched |= placement.touched
        self.seen |= placement.seen
        for customer, rows in placement.grown.items():
            self.grown.setdefault(customer, []).extend(rows)
        self.matters |= placement.matters
        self.leads |= placement.leads
        self.lost |= placement.lost
        self.lines.extend(placement.lines)

    def write_ledger(self, first: int = 0) -> None:
        """Append the lines, numbered from ``first`` under the batch's last truth number."""
        if self.quiet:
            return
        ordinals = count(first)
        ledger.append(
            self.session,
            [
                (
                    self.until,
                    next(ordinals),
                    kind,
                    at or self.at or self.now,
                    self.replayed or bool(self.historical if old is None else old),
                    *rest,
                )
                for kind, at, old, *rest in self.lines
            ],
        )

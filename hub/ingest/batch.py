"""What one transaction of the processor works on, and what it has touched so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from zoneinfo import ZoneInfo

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
    at: int = 0
    """When the last record of the batch was received; dates the ledger lines."""
    historical: bool = False
    touched: set[int] = field(default_factory=set)
    named: dict[int, tuple[str, Side]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    matters: set[int] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)
    """Touchpoints that are new, changed or retracted; others may follow them."""
    moved: list[int] = field(default_factory=list)
    """Claims whose customer changed."""
    emptied: list[int] = field(default_factory=list)
    """Claims that no standing touchpoint makes any more."""
    lines: list[tuple[object, ...]] = field(default_factory=list)
    """Ledger lines without number and ordinal: (kind, at, historical, customer, touchpoint, matter, before, after)."""

    def take(self, placement: Placement) -> None:
        """Add what a chunk touched."""
        self.touched |= placement.touched
        self.matters |= placement.matters
        self.leads |= placement.leads
        self.lines.extend(placement.lines)

    def write_ledger(self, first: int = 0) -> None:
        """Append the lines, numbered from ``first`` under the batch's last truth number."""
        ordinals = count(first)
        ledger.append(
            self.session,
            [
                (
                    self.until,
                    next(ordinals),
                    kind,
                    at or self.at or self.now,
                    self.historical if old is None else old,
                    *rest,
                )
                for kind, at, old, *rest in self.lines
            ],
        )

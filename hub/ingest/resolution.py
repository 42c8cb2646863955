"""What resolving identity came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.store.writing.identities import StoredClaim
from hub.values import Side


@dataclass(slots=True)
class Standing:
    """A customer after resolution: its row number, side, id, and the touchpoint that gave it the id."""

    num: int
    side: Side
    id: str
    naming: str


@dataclass(slots=True)
class Resolution:
    """What resolution came to: customers that stand, that are gone, claims that moved, and the lines for the ledger."""

    standing: dict[int, Standing] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    moved: list[StoredClaim] = field(default_factory=list)
    found: set[int] = field(default_factory=set)
    """Claims that were nobody's before: their touchpoints may have followed others until now."""
    touched: set[int] = field(default_factory=set)
    """Customers that touchpoints left or came to."""
    seen: set[int] = field(default_factory=set)
    """Customers whose identifiers changed."""
    switched: set[int] = field(default_factory=set)
    """Identifiers that were switched off or on for joining."""
    carriers: set[int] = field(default_factory=set)
    """Claims that carry one of them."""
    fresh: set[int] = field(default_factory=set)
    """Row numbers given for the first time."""
    renamed: dict[int, Standing] = field(default_factory=dict)
    """Customers that are fresh or have another id than before."""
    named: set[str] = field(default_factory=set)
    """Touchpoints that give a customer its id for the first time."""
    emptied: list[int] = field(default_factory=list)
    """Claims that no standing touchpoint makes any more; they are deleted."""
    lines: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(kind, customer, before, after) with public ids."""

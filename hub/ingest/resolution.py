"""What resolving identity came to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.ids import customer_id
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
    old_ids: dict[int, str] = field(default_factory=dict)
    """The public ids that customers had before."""
    shares: list[tuple[int, set[int]]] = field(default_factory=list)
    """Customers that stand, each with those that its claims were of before."""
    lines: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(kind, customer, before, after) with public ids."""

    def stand(self, num: int, side: Side, claims: Iterable[StoredClaim], before: Iterable[int] = ()) -> None:
        """Let a customer stand by the id of whoever was heard of first; ``before``: those that its claims were of."""
        first = min((claim.heard, claim.heard_id) for claim in claims)[1]
        self.standing[num] = Standing(num, side, customer_id(first, side), first)
        self.shares.append((num, set(before)))

    def tell(self) -> None:
        """Write the ledger lines: who merged into whom, and who was split from whom."""
        ids = {each.id for each in self.standing.values()}
        for num, sources in self.shares:
            now = self.standing[num].id
            for was in sorted({self.old_ids[old] for old in sources if old in self.old_ids} - {now}):
                kind, customer = ("CUSTOMER_SPLIT", was) if was in ids else ("CUSTOMERS_MERGED", now)
                self.lines.append((kind, customer, was, now))

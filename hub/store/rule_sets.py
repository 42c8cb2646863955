"""Rule sets, and the identity rules by which what is read was resolved."""

from __future__ import annotations

from dataclasses import dataclass

from hub.identity.rule_set import read_rules
from hub.identity.rules import Rules
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.writing.rule_sets import IDENTITY


@dataclass(frozen=True, slots=True)
class StoredRuleSet:
    """A whole set of rules as TOML; the last one of a kind applies to everything."""

    number: int
    kind: str
    version: str
    text: str
    decided_by: str
    reason: str
    decided_at: int


_RULE_SET = Shape(StoredRuleSet, "r")


async def standing(snapshot: Snapshot) -> StoredRuleSet | None:
    """The identity rules that were processed last; None while those of every hub stand."""
    return await last(snapshot, IDENTITY)


async def last(snapshot: Snapshot, kind: str) -> StoredRuleSet | None:
    """The rules of a kind that were processed last; None when none were given."""
    row = await snapshot.one(
        f"SELECT {_RULE_SET.columns} FROM rule_set r WHERE r.kind = $1 "
        "AND r.number <= (SELECT max(number) FROM processed) ORDER BY r.number DESC LIMIT 1",
        kind,
    )
    return _RULE_SET.one(row) if row else None


async def identity_rules(snapshot: Snapshot) -> Rules:
    """The same, read."""
    found = await standing(snapshot)
    return read_rules(found.text) if found else Rules()

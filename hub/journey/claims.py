"""What a touchpoint says about a matter, as JSON: how claims are kept, and how entries carry them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hub.values import MatterClaim, MatterKind, MatterOutcome, Money


def written(claim: MatterClaim) -> dict[str, Any]:
    """A claim as an object of JSON; what it does not say is left out. ``read`` gives the claim back."""
    told: dict[str, Any] = {"kind": claim.kind.value, "reference": claim.reference}
    for name in ("title", "pipeline", "state", "outcome", "open", "owner"):
        if (value := getattr(claim, name)) is not None:
            told[name] = value
    for name in ("amount", "paid"):
        if (money := getattr(claim, name)) is not None:
            told[name] = [format(money.amount, "f"), money.currency]
    if claim.due is not None:
        told["due"] = claim.due.isoformat()
    if claim.properties:
        told["properties"] = dict(claim.properties)
    return told


def read(said: Mapping[str, Any]) -> MatterClaim:
    """The claim that such an object is. Raises ``ValueError`` or ``TypeError`` for one that is none."""
    told = dict(said)
    for name in ("amount", "paid"):
        if name in told:
            told[name] = Money(Decimal(told[name][0]), told[name][1])
    if "due" in told:
        told["due"] = datetime.fromisoformat(told["due"]) if "T" in told["due"] else date.fromisoformat(told["due"])
    if "outcome" in told:
        told["outcome"] = MatterOutcome(told["outcome"])
    return MatterClaim(**{**told, "kind": MatterKind(told["kind"])})

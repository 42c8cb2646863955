"""Suggestions: who may be the same, and why."""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import Any

import orjson
import strawberry

from hub.api.connections import CountedConnection
from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.customers import Customer
from hub.api.types.identifiers import Identifier
from hub.api.types.node import Node
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.errors import InputWrong
from hub.identity.normalise import masked, masked_name
from hub.ingest.suggesting import BIT, SuggestionReason
from hub.store import identifiers, suggestions
from hub.store.suggestions import StoredSuggestion
from hub.values import Side


@object_type
class Evidence:
    """What one comparison says about a suggestion."""

    said: strawberry.Private[Mapping[str, Any]]

    @field
    def comparison(self) -> str:
        """What was compared: name, email, phone, handle, number, birthday, street, postcode or city."""
        return str(self.said["comparison"])

    @field
    def level(self) -> str:
        """How alike the two are, SAME to DIFFERENT; docs/suggestions.md lists the levels of each comparison."""
        return str(self.said["level"])

    @field
    def weight(self) -> float:
        """What that weighs, in bits: each bit doubles the odds, negative ones halve them."""
        return float(self.said["weight"])

    @field
    def rarity(self) -> float:
        """How much of the weight is there because what agrees is rare; negative when it is common."""
        return float(self.said["rarity"])

    @field
    def a(self, info: Info) -> list[str]:
        """The values of the one, as they were compared; masked without the right to see contact data."""
        return self._values(info, "a")

    @field
    def b(self, info: Info) -> list[str]:
        """The values of the other."""
        return self._values(info, "b")

    def _values(self, info: Info, side: str) -> list[str]:
        comparison = self.said["comparison"]
        if info.context.principal.sees_contacts:
            return list(self.said[side])
        return [masked_name(each) if comparison == "name" else masked(comparison, each) for each in self.said[side]]


@object_type
class Suggestion(Node):
    """Customers that may be one, or a customer whose the nameless touchpoints of a shared phone may be.

    Nothing is ever joined by it: a person accepts or refuses. Probability and levels are of the time it was found.
    """

    row: strawberry.Private[StoredSuggestion]
    kind: Side = column("Whether it is about persons or organisations.", attribute="side")
    reason: SuggestionReason = column("Why it is suggested.")
    found_at: DateTime = column("When it was found; what came in since is not weighed.")

    @field
    async def a(self, info: Info) -> Customer | None:
        """The one customer."""
        return await _customer(info, self.row.a)

    @field
    async def b(self, info: Info) -> Customer | None:
        """The other customer; null where it is about touchpoints."""
        return await _customer(info, self.row.b) if self.row.b else None

    @field
    async def identifier(self, info: Info) -> Identifier | None:
        """The identifier by which they would have been joined, or the shared phone."""
        if self.row.identifier is None:
            return None
        found = await identifiers.by_id(await info.context.snapshot(), [self.row.identifier])
        return Identifier(row=found[self.row.identifier]) if self.row.identifier in found else None

    @field
    async def touchpoints(self, info: Info) -> list[Touchpoint]:
        """The touchpoints that it is about, latest first, 100 at most; none where it is about two customers."""
        if self.row.b is not None:
            return []
        found = await suggestions.touchpoints(await info.context.snapshot(), self.row.id, suggestions.MOST)
        return [touchpoint(row) for row in found]

    @field
    def probability(self) -> float:
        """How probable it is, 0 to 1."""
        return 1 / (1 + 2 ** -(self.row.weight / BIT))

    @field
    def weight(self) -> float:
        """The same in bits: 0 are even odds, each bit more doubles them. It is the prior and the levels' weights."""
        return self.row.weight / BIT

    @field
    def prior(self) -> float:
        """What any two customers weigh before they are compared, in bits."""
        return self.row.weight / BIT - sum(float(each["weight"]) for each in orjson.loads(self.row.levels))

    @field
    def levels(self) -> list[Evidence]:
        """What each comparison says; what one of the two does not tell says nothing."""
        return [Evidence(said=each) for each in orjson.loads(self.row.levels)]


@object_type
class SuggestionConnection(CountedConnection[Suggestion]):
    """A page of suggestions."""


def least_weight(probability: float | None) -> int | None:
    """The weight of a probability, as it is stored. Raises ``InputWrong``."""
    if probability is None:
        return None
    if not 0 <= probability <= 1:
        raise InputWrong("A probability is between 0 and 1.", path="minProbability")
    least = 1e-12
    held = min(max(probability, least), 1 - least)
    return round(log2(held / (1 - held)) * BIT)


async def _customer(info: Info, identity: str) -> Customer | None:
    row = await info.context.load.customer_by_id.load(identity)
    return Customer(row=row) if row else None

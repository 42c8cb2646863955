"""Why two customers are not one."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.types.customers import Customer
from hub.api.types.enums import shown
from hub.api.types.identifiers import Identifier
from hub.api.types.identity import LinkDecision, RefusedLink, touchpoint_by_id
from hub.api.types.touchpoints import Touchpoint
from hub.identity import explain
from hub.identity.explain import Apart
from hub.identity.normalise import masked, masked_name
from hub.store.identifiers import StoredClaim

shown(
    Apart,
    "The first thing that keeps two customers apart.",
    name="ApartReason",
    ONE="Nothing: they are one customer.",
    SIDES="One is a person and the other an organisation.",
    DECISION="Somebody said that they are not the same.",
    UNIQUE="Each has another value of a kind of which a customer has one.",
    SIZE="Together they would have too many identifiers.",
    SHARED="What both have joins nobody.",
    CHAIN="They hang together only through others, and a link on the way was refused.",
    ALIKE="They have nothing in common but what is nearly the same.",
    NOTHING="They have nothing in common.",
)


@object_type
class SharedIdentifier:
    """An identifier that both customers have, and why it does not join them."""

    identifier: Identifier = described("The identifier.")
    reason: str | None = described(
        "VALUE (a placeholder or blocked), ROLE (a mailbox of several people), INVALID, KIND (its kind joins nobody), "
        "SEVERAL_NAMES or MANY_STRONGER (too much that differs carries it); null: it joins, but a link was refused."
    )
    count: int | None = described("How many names or stronger values it is seen with, up to 1,000.")
    limit: int | None = described("How many it may be seen with.")
    examples: list[str] = described("The first three of them, masked without the right to see contact data.")


@object_type
class IdentityConflict:
    """A kind of which a customer has one value in a namespace, and both customers have another."""

    kind: str = described("The kind.")
    namespace: str = described("Where it means something; empty when everywhere.")
    a: list[Identifier] = described("What the one has.")
    b: list[Identifier] = described("What the other has.")


@object_type
class IdentityStep:
    """A claim on the shortest way from one customer to the other."""

    claim: strawberry.Private[StoredClaim]
    customer: Customer | None = described("Whose claim it is.")
    identifier: Identifier | None = described(
        "What it shares with the next step; null with the last, or for a decision."
    )

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The first touchpoint of the claim."""
        return await touchpoint_by_id(info, self.claim.first_key)


@object_type
class Resemblance:
    """Two values that are nearly the same, which joins nobody."""

    row: strawberry.Private[explain.Resemblance]
    kind: str = column("name, phone, email or handle.")

    @field
    def a(self, info: Info) -> str:
        """What the one has, masked without the right to see contact data."""
        return self._shown(info, self.row.a)

    @field
    def b(self, info: Info) -> str:
        """What the other has."""
        return self._shown(info, self.row.b)

    def _shown(self, info: Info, value: str) -> str:
        if info.context.principal.sees_contacts:
            return value
        return masked_name(value) if self.row.kind == "name" else masked(self.row.kind, value)


@object_type
class WhyNotMerged:
    """Why two customers are not one: facts, and one plain sentence."""

    a: Customer = described("The one.")
    b: Customer = described("The other.")
    reason: Apart = described("The first thing that keeps them apart.")
    sentence: str = described("The same as a plain English sentence, without any contact data.")
    shared: list[SharedIdentifier] = described("Identifiers that both have, the strongest first; 100 at most.")
    conflicts: list[IdentityConflict] = described("What a customer has one of, and they have two.")
    refused: list[RefusedLink] = described("Links between the two that were not followed; 100 at most.")
    decisions: list[LinkDecision] = described("What people decided about the two, the newest first; 100 at most.")
    chain: list[IdentityStep] = described("The shortest way from the one to the other through what claims share.")
    alike: list[Resemblance] = described("What is nearly the same, which joins nobody.")
    truncated: bool = described("Whether they hang together with so much that only a part was looked at.")

"""The rule broken on purpose, in one place at a time: what the streams must see."""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest


@dataclass(frozen=True)
class Mutant:
    """A function in which one text stands for another. ``place``: module and function, with a colon between."""

    name: str
    place: str
    old: str
    new: str

    def __str__(self) -> str:
        return self.name

    def put(self, patch: pytest.MonkeyPatch) -> None:
        """Put it wherever the function is known, until the patch is undone."""
        module, _, path = self.place.partition(":")
        *owners, name = path.split(".")
        owner: Any = import_module(module)
        globals_ = vars(owner)
        for each in owners:
            owner = getattr(owner, each)
        function = vars(owner)[name]
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.old) == 1, f"{self.name}: {self.old!r} stands {source.count(self.old)} times in {path}"
        made: dict[str, Any] = {}
        text = "from __future__ import annotations\n" + source.replace(self.old, self.new)
        exec(compile(text, f"<{self.name}>", "exec"), globals_, made)  # noqa: S102 (our own text)
        patch.setattr(owner, name, made[name])
        if not owners:
            for known in [held for key, held in sys.modules.items() if key.startswith("hub.")]:
                if vars(known).get(name) is function:
                    patch.setattr(known, name, made[name])


RESOLVE, IDENTIFY, CLAIMS, PLACE = (
    "hub.identity.resolve",
    "hub.ingest.identify",
    "hub.ingest.claims",
    "hub.ingest.place",
)
WRITING = "hub.store.writing"

QUICK = [
    Mutant(
        "equal times are decided by whatever came first", f"{RESOLVE}:edges_of",
        "edge.first_at, edge.first_key, edge.a, edge.b)", "edge.first_at)",
    ),
    Mutant(
        "a refused edge ties nothing together", f"{IDENTIFY}:_resolve_side",
        "component_of[int(claim.key)] = label", "component_of[int(claim.key)] = given[int(claim.key)]",
    ),
    Mutant(
        "a customer's id is that of the smallest row number", "hub.ingest.resolution:Resolution.stand",
        "min((claim.heard, claim.heard_id)", "min((claim.num, claim.heard_id)",
    ),
    Mutant(
        "a person and an organisation join", f"{IDENTIFY}:_resolve_side",
        "if held.side is side and held.joins", "if held.joins",
    ),
]  # fmt: skip

ALL = [
    *QUICK,
    Mutant(
        "the oldest decision wins", f"{RESOLVE}:resolve", "key=lambda d: -d.number", "key=lambda d: d.number",
    ),
    # The order of edges, and what refuses them.
    Mutant(
        "values come before times", f"{RESOLVE}:edges_of",
        "edge.first_at, edge.first_key, edge.a, edge.b)", "edge.a, edge.b)",
    ),
    Mutant("weak edges come first", f"{RESOLVE}:edges_of", "(edge.b[0], edge.a[0],", "(-edge.b[0], edge.a[0],"),
    Mutant(
        "an earlier touchpoint of a claim is not noticed", f"{CLAIMS}:count",
        "(each.at, each.touchpoint) < (claim.first_at, claim.first_key)", "False",
    ),
    Mutant(
        "two values of a unique kind join", f"{RESOLVE}:_Forest.refusal",
        "if large.get(unique, value) != value", 'if unique[0] == "decision" and large.get(unique, value) != value',
    ),
    Mutant(
        "a customer may have any number of identifiers", f"{RESOLVE}:_Forest.refusal",
        "> self._rules.most_identifiers", "> 1_000_000",
    ),
    Mutant(
        "size does not contest", f"{RESOLVE}:uncontested",
        "len(nodes) > rules.most_identifiers or ", "",
    ),
    # Caps.
    Mutant(
        "caps are counted after other caps", f"{WRITING}.identities:companions_of",
        "not held[other].blocked", "held[other].joins",
    ),
    Mutant(
        "caps are counted over touchpoints that are gone", f"{WRITING}.identities:names_of",
        "AND c.touchpoints > 0", "",
    ),
    Mutant(
        "a cap once reached stays", f"{IDENTIFY}:_cap",
        "if verdict != held.capped", "if verdict is not None and verdict != held.capped",
    ),
    Mutant("a cap is told to nobody", f"{IDENTIFY}:_cap", "dirty |= resolution.carriers", "pass"),
    # Decisions.
    Mutant("what was different stays different", f"{RESOLVE}:resolve", "_aliases(base,", "{} and (base,"),
    Mutant(
        "a decision about organisations weighs among persons", f"{IDENTIFY}:_pure",
        "if claim.touchpoint in said else None", "",
    ),
    Mutant(
        "a decision counts for both sides", f"{IDENTIFY}:_load", " if about is side]", "]",
    ),
    Mutant(
        "an undone decision is not noticed", f"{WRITING}.identities:decided_between",
        "WHERE w.kind = 'DECISION'", "WHERE w.kind = 'NONE'",
    ),
    Mutant(
        "a decision is as first withdrawn or put back", f"{WRITING}.identities:live_decisions",
        "ORDER BY w.number DESC", "ORDER BY w.number",
    ),
    Mutant(
        "decisions about touchpoints that are gone tie", f"{RESOLVE}:components",
        "if decision.a in named and decision.b in named", "if decision",
    ),
    # What leaves.
    Mutant("a claim that touchpoints left is not resolved", f"{CLAIMS}:recount", "claims.dirty.add(num)", "pass"),
    Mutant(
        "a retraction is not folded", f"{PLACE}:Placement._retract",
        "self.touched |= {held for held in (each.customer, each.organisation) if held is not None}", "pass",
    ),
    Mutant(
        "a matter is not folded again after a retraction", f"{PLACE}:Placement._retract",
        "self.matters |= set(matters.of_touchpoints(self.session, nums))", "pass",
    ),
    Mutant(
        "when an identifier was last seen is not read again", f"{PLACE}:Placement.write_new",
        "identities.see_again(self.session, sorted(left))", "pass",
    ),
    Mutant(
        "whom a touchpoint followed is not told", "hub.ingest.process:Processor._identify",
        "if claim.num in resolution.found", "if claim.num in ()",
    ),
    Mutant(
        "a withdrawn record is read", "hub.ingest.readings:Reader._taken_out",
        "or str(version.number) in numbers", "",
    ),
    # Rows.
    Mutant(
        "a document is known by its first line alone", "hub.ingest.mapping:_digest",
        "if len(said) == 1", "if said",
    ),
    Mutant(
        "the version heard last stands", "hub.ingest.mapping:_greatest",
        "max(ranked, key=lambda each: each[:4])", "ranked[-1]",
    ),
]  # fmt: skip

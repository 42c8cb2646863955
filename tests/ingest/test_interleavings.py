"""Rows, merges, splits, undoing, withdrawing and restoring, in any interleaving, on a real hub.

After every step the customers are those of what stands and of the live decisions alone; what is taken back leaves
nothing; ids resolve for ever; whatever names nobody is where its anchor and its matters are.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hub.errors import HubError
from hub.identity.rules import Rules
from hub.ids import naming_touchpoint, side_of
from hub.ingest import decisions
from hub.store.writing import customers
from tests.ingest.builders import Bench
from tests.ingest.oracle import as_stored, who_is_who
from tests.ingest.standing import difference, faults, same_order
from tests.ingest.streams import RUNS, SOURCES, Named, entry, row_of

NAMES = [Named(f"k{number}", SOURCES[number % 2], "rows") for number in range(8)]
SEEDS = st.integers(0, 1 << 30)


class Interleaving(RuleBasedStateMachine):
    """One hub and what people do with it."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench
        bench.clear()
        for source in SOURCES:
            for run in RUNS:
                bench.run(source, f"{source}-{run}")
        self.operations: list[str] = []
        self.ids: set[str] = set()
        self.entries = 0

    # What people do -------------------------------------------------------------------------------------------

    @rule(seed=SEEDS, rows=st.integers(1, 4))
    def tell(self, seed: int, rows: int) -> None:
        rng = random.Random(seed)
        for _ in range(rows):
            name = rng.choice(NAMES)
            self.bench.accept(row_of(rng, name.key, NAMES), source=name.source, run=f"{name.source}-{rng.choice(RUNS)}")
        self.bench.process(rng.choice([1, 1000]))

    @rule(seed=SEEDS)
    def write_an_entry(self, seed: int) -> None:
        self.entries += 1
        given = entry(random.Random(seed), f"e{self.entries}", NAMES)
        self.bench.tell(given, source="Desk", stream="entries", run="desk-all")

    @rule(seed=SEEDS)
    def merge(self, seed: int) -> None:
        if intent := self._merge(random.Random(seed)):
            self.operations.append(self.bench.carry_out(intent))

    @rule(seed=SEEDS)
    def split(self, seed: int) -> None:
        if intent := self._split(random.Random(seed)):
            self.operations.append(self.bench.carry_out(intent))

    @precondition(lambda self: self.operations)
    @rule(seed=SEEDS)
    def undo_any(self, seed: int) -> None:
        operation = random.Random(seed).choice(self.operations)
        if decisions.is_live(self.bench.projection, operation):
            self.bench.undo(operation)
        else:
            self.bench.withdraw("DECISION", operation, restore=True)
            self.bench.process()

    @rule(seed=SEEDS, restore=st.booleans())
    def withdraw(self, seed: int, restore: bool) -> None:
        self.bench.withdraw(*self._target(random.Random(seed)), restore=restore)
        self.bench.process()

    @rule()
    def restart(self) -> None:
        self.bench.restart()

    # What is taken back at once leaves nothing ----------------------------------------------------------------

    @rule(seed=SEEDS, split=st.booleans())
    def merge_or_split_and_back(self, seed: int, split: bool) -> None:
        rng = random.Random(seed)
        if intent := self._split(rng) if split else self._merge(rng):
            before = same_order(self.bench)
            operation = self.bench.carry_out(intent)
            self.hold()
            self.bench.undo(operation)
            assert difference(same_order(self.bench), before) == []

    @rule(seed=SEEDS)
    def withdraw_and_back(self, seed: int) -> None:
        kind, target = self._target(random.Random(seed))
        if (kind, target) in self._withdrawn():
            return
        before = same_order(self.bench)
        self.bench.withdraw(kind, target)
        self.bench.process()
        self.hold()
        self.bench.withdraw(kind, target, restore=True)
        self.bench.process()
        assert difference(same_order(self.bench), before) == []

    def _merge(self, rng: random.Random) -> decisions.Intent | None:
        side = rng.choice(["PERSON", "PERSON", "ORGANISATION"])
        known = sorted(id_ for id_ in self._customers() if side_of(id_) == side)
        return decisions.merge(self.bench.projection, rng.sample(known, 2)) if len(known) > 1 else None

    def _split(self, rng: random.Random) -> decisions.Intent | None:
        known = sorted(self._customers())
        if not known:
            return None
        customer = rng.choice(known)
        members = sorted(id_ for id_, belongs in self.bench.partition().items() if customer in belongs)
        try:
            return decisions.split(
                self.bench.projection, customer, rng.sample(members, rng.randint(1, min(3, len(members))))
            )
        except HubError:
            return None  # those that follow cannot be split off, nor can all

    def _target(self, rng: random.Random) -> tuple[str, str]:
        source = rng.choice(SOURCES)
        records = self.bench.truth.all("SELECT number FROM record ORDER BY number")
        kind = rng.choice(["RUN", "RUN", "SOURCE", "RECORD", "RECORD"] if records else ["RUN"])
        match kind:
            case "RECORD":
                return kind, str(rng.choice(records)[0])
            case "SOURCE":
                return kind, f"src_{source}"
            case _:
                return kind, f"run_{source}-{rng.choice(RUNS)}"

    def _withdrawn(self) -> set[tuple[str, str]]:
        last: dict[tuple[str, str], bool] = {}
        for kind, target, restore in self.bench.truth.all(
            "SELECT kind, target, restore FROM withdrawal ORDER BY number"
        ):
            last[kind, target] = bool(restore)
        return {target for target, restored in last.items() if not restored}

    def _customers(self) -> list[str]:
        return [id_ for (id_,) in self.bench.projection.all("SELECT id FROM customer")]

    # What holds -----------------------------------------------------------------------------------------------

    @invariant()
    def hold(self) -> None:
        """By decisions and standing touchpoints alone; ids resolve; anchors and matters are followed."""
        assert faults(self.bench) == []
        assert as_stored(self.bench) == who_is_who(self.bench, Rules())
        self._resolve_ids()
        self._follow_anchors()
        self._follow_matters()

    def _resolve_ids(self) -> None:
        self.ids |= set(self._customers())
        belongs = self.bench.partition()
        for id_ in self.ids:
            today = belongs.get(naming_touchpoint(id_), (None, None))
            of_side = {held for held in today if held is not None and side_of(held) is side_of(id_)}
            if of_side:
                found = customers.by_id(self.bench.projection, id_) or customers.of_touchpoint(
                    self.bench.projection, naming_touchpoint(id_), side_of(id_)
                )
                assert found is not None
                assert {found[1]} == of_side

    def _follow_anchors(self) -> None:
        """With their anchor, unless a matter that they speak of led to somebody in fewer steps."""
        belongs = self.bench.partition()
        owners: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
        for id_, *owner in self.bench.projection.all(
            "SELECT t.id, c.id, o.id FROM matter_touchpoint s JOIN touchpoint t ON t.num = s.touchpoint "
            "JOIN matter m ON m.num = s.matter LEFT JOIN customer c ON c.num = m.customer "
            "LEFT JOIN customer o ON o.num = m.organisation"
        ):
            owners[id_].add((owner[0], owner[1]))
        for id_, anchor in self._nameless("t.anchor LIKE 'tp_%'", "t.anchor"):
            if belongs.get(anchor, (None, None)) != (None, None):
                assert belongs[id_] in {belongs[anchor], *owners[id_]}, f"{id_} is about {anchor}"

    def _follow_matters(self) -> None:
        """A matter is its earliest touchpoint's that names somebody, unless one that follows is earlier."""
        for customer, organisation, named, named_firm in self.bench.projection.all(
            "SELECT m.customer, m.organisation, k.customer, k.organisation FROM matter m "
            "JOIN matter_touchpoint s ON s.matter = m.num JOIN touchpoint t ON t.num = s.touchpoint "
            "JOIN claim k ON k.num = t.claim WHERE NOT EXISTS (SELECT 1 FROM matter_touchpoint e "
            "JOIN touchpoint o ON o.num = e.touchpoint WHERE e.matter = m.num "
            "AND (e.occurred_at < s.occurred_at OR (e.occurred_at = s.occurred_at AND o.id < t.id)))"
        ):
            if (named, named_firm) != (None, None):
                assert (customer, organisation) == (named, named_firm)

    def _nameless(self, condition: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Standing touchpoints that name nobody themselves."""
        yield from self.bench.projection.all(
            f"SELECT t.id, {', '.join(columns)} FROM touchpoint t LEFT JOIN claim k ON k.num = t.claim "
            f"WHERE t.retracted_at IS NULL AND k.customer IS NULL AND k.organisation IS NULL AND {condition}"
        )

    def teardown(self) -> None:
        """A hub that is told the same at once has the same customers, ids and facts."""
        before = same_order(self.bench)
        self.bench.forget()
        self.bench.process()
        assert difference(same_order(self.bench), before) == []


def walk(bench: Bench, times: int, steps: int) -> None:
    run_state_machine_as_test(
        partial(Interleaving, bench),  # type: ignore[arg-type]  # whatever makes a machine will do
        settings=settings(
            max_examples=times, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_any_interleaving_comes_to_what_the_decisions_say(bench: Bench) -> None:
    walk(bench, 8, 15)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_interleavings(hub_address: str, bench: Bench) -> None:
    walk(bench, 100 if hub_address.startswith("postgresql") else 1000, 30)

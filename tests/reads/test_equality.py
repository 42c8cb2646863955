"""Random documents over hostile rows: what one statement answers is what ordinary execution answers, key by key.

A difference is told with the smallest document that shows it. Keep it as a case in ``cases``.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Mapping, Sequence

import pytest

from hub.api.auth import Principal
from tests.api.conftest import EVERYTHING, Served
from tests.reads.both_ways import OWN, Difference, Tally, run
from tests.reads.documents import Writer
from tests.reads.shrinking import smallest
from tests.reads.values import Pool

WHOLE, LONG_SEEDS = 20_000, 20
COVERED = {
    "Query": ("customer", "customers"),
    "Customer": ("id", "kind", "displayName", "email", "phone", "country", "formerIds", "tags", "lifecycle", "value",
                 "timeline", "identifiers", "relationship"),
    "CustomerConnection": ("nodes", "edges", "pageInfo"), "CustomerEdge": ("node", "cursor"),
    "TouchpointConnection": ("nodes", "edges", "pageInfo"), "TouchpointEdge": ("node", "cursor"),
    "IdentifierConnection": ("nodes", "edges", "pageInfo"), "IdentifierEdge": ("node", "cursor"),
    "Identifier": ("id", "kind", "namespace", "side", "value", "display"),
    "Lifecycle": ("stage", "standing", "since"),
    "Value": ("revenue", "orders", "invoiced", "paid", "firstPurchaseAt", "lastPurchaseAt"),
    "Touchpoint": ("id", "kind", "channel", "direction", "automated", "occurredAt", "title", "text", "amount"),
}  # fmt: skip
"""The fields that pages ask for most. Documents of these alone are to be compiled, errors and odd filters aside."""
LEAST_COMPILED = 0.3
READERS = (EVERYTHING, EVERYTHING, ("read",), ("read", "pii"))
SCOPES = (*READERS, ("read", "analyse"), ("analyse",), ("manage",))


def compared(
    filled: tuple[Served, Pool],
    seed: int,
    documents: int,
    seconds: float = 600,
    allowed: Mapping[str, Sequence[str]] | None = None,
) -> Tally:
    """Run documents both ways for at most so many seconds of this process."""
    service, held = filled
    pick, tally = random.Random(seed), Tally()
    writer = Writer(OWN, held, pick, allowed)
    ends = time.process_time() + seconds
    for number in itertools.count():
        if number == documents or time.process_time() > ends:
            break
        asked = writer.document()
        scopes = pick.choice(READERS if allowed else (*SCOPES, (f"ingest:{service.source}",)))
        who = Principal("test", "tok_test", scopes)
        try:
            service.client.portal.call(run, service.hub, who, asked, tally)  # type: ignore[union-attr]
        except Difference as difference:
            pytest.fail(f"{smallest(service, who, asked, difference)}\nscopes: {scopes}")
    print(f"seed {seed}: {tally}")
    return tally


def enough_is_compiled(tally: Tally) -> bool:
    """Whether the compiler answered its share of the documents that end in no error."""
    return tally.compared >= LEAST_COMPILED * (tally.compared + tally.unsupported - tally.failing)


def test_documents_are_answered_the_same_both_ways(filled: tuple[Served, Pool]) -> None:
    tally = compared(filled, seed=1, documents=150, seconds=0.8)
    assert tally.discarded < 0.15 * (tally.compared + tally.unsupported)


def test_what_pages_ask_for_most_is_compiled_and_the_same(filled: tuple[Served, Pool]) -> None:
    tally = compared(filled, seed=2, documents=150, seconds=0.6, allowed=COVERED)
    assert enough_is_compiled(tally), str(tally)


@pytest.mark.long
@pytest.mark.timeout(3600)
# graphql-core leaves fields unawaited whose neighbour has failed: ordinary execution, and no difference.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(100, 100 + LONG_SEEDS))
def test_many_documents_are_answered_the_same_both_ways(filled: tuple[Served, Pool], seed: int) -> None:
    half = WHOLE // LONG_SEEDS // 2
    assert compared(filled, seed, half).compared > 0
    tally = compared(filled, seed + 1000, half, allowed=COVERED)
    assert enough_is_compiled(tally), str(tally)

"""Random documents over hostile rows: what one statement answers is what ordinary execution answers, key by key.

A difference is told with the smallest document that shows it. Keep it as a case in ``cases``.
"""

from __future__ import annotations

import itertools
import random
import time

import pytest

from hub.api.auth import Principal
from hub.api.compiled import reads_of
from hub.api.schema import schema
from tests.api.conftest import EVERYTHING, Served
from tests.reads.both_ways import OWN, Difference, Tally, run
from tests.reads.covered import covered
from tests.reads.documents import Writer
from tests.reads.shrinking import smallest
from tests.reads.values import Pool

LONG_SEEDS, OF_ONE_SEED = 40, 1_000
"""At least half of these are compared: 20,000 on each database."""
WHOLE_SCHEMA = 0.2
"""The share of documents that may ask for anything; all others ask for what is compiled."""
LEAST_COMPILED = 0.7
"""Of documents that ask for what is compiled and end in no error."""
READERS = (EVERYTHING, EVERYTHING, ("read",), ("read", "pii"))
SCOPES = (*READERS, ("read", "analyse"), ("analyse",), ("manage",))


def compared(filled: tuple[Served, Pool], seed: int, documents: int, seconds: float = 600) -> Tally:
    """Run documents both ways for at most so many seconds of this process. The tally is of those that are compiled."""
    service, held = filled
    pick, tally, whole = random.Random(seed), Tally(), Tally()
    compiler = reads_of(service.hub, schema).compiler
    anything, known = Writer(OWN, held, pick), Writer(OWN, held, pick, covered(compiler.world))
    ends = time.process_time() + seconds
    for number in itertools.count():
        if number == documents or time.process_time() > ends:
            break
        any_ = pick.random() < WHOLE_SCHEMA
        asked = (anything if any_ else known).document()
        scopes = pick.choice((*SCOPES, (f"ingest:{service.source}",)) if any_ else READERS)
        who = Principal("test", "tok_test", scopes)
        try:
            service.client.portal.call(run, service.hub, who, asked, whole if any_ else tally)  # type: ignore[union-attr]
        except Difference as difference:
            pytest.fail(f"{smallest(service, who, asked, difference)}\nscopes: {scopes}")
    print(f"seed {seed}: {tally}; of the whole schema: {whole}")
    tally.elsewhere = whole.compared
    return tally


def enough_is_compiled(tally: Tally) -> bool:
    """Whether the compiler answered its share of the documents that end in no error."""
    return tally.compared >= LEAST_COMPILED * (tally.compared + tally.unsupported - tally.failing)


def test_documents_are_answered_the_same_both_ways(filled: tuple[Served, Pool]) -> None:
    tally = compared(filled, seed=1, documents=300, seconds=1.4)
    assert tally.discarded < 0.15 * (tally.compared + tally.unsupported)
    assert enough_is_compiled(tally), str(tally)


@pytest.mark.long
@pytest.mark.timeout(3600)
# graphql-core leaves fields unawaited whose neighbour has failed: ordinary execution, and no difference.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(100, 100 + LONG_SEEDS))
def test_many_documents_are_answered_the_same_both_ways(filled: tuple[Served, Pool], seed: int) -> None:
    tally = compared(filled, seed, OF_ONE_SEED)
    assert tally.compared + tally.elsewhere >= OF_ONE_SEED / 2
    assert enough_is_compiled(tally), str(tally)

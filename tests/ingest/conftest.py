from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.builders import Bench


@pytest.fixture
def bench(hub_address: str) -> Iterator[Bench]:
    """A hub without threads, on each database."""
    with Bench(hub_address) as bench:
        yield bench

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.serving import ServedHub


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., ServedHub]]:
    """Makes hubs of their own processes, and ends those that still run. They are started by the test."""
    made: list[ServedHub] = []

    def make(address: str, *before: str) -> ServedHub:
        made.append(ServedHub(address, tmp_path / f"hub{len(made)}.log", before=before))
        return made[-1]

    yield make
    for hub in made:
        hub.end()

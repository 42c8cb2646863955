"""Each difference that was found between the two ways, as the smallest document that showed it.

A case is ``cases/NAME.graphql``; its first line says what differed. ``NAME.json`` beside it has variables, in which
``{customer}`` stands for a customer's id, ``{touchpoint}`` for a touchpoint's.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.api.auth import Principal
from hub.api.documents import read_documents
from tests.api.conftest import EVERYTHING, Served
from tests.reads.both_ways import Tally, run
from tests.reads.documents import Asked
from tests.reads.values import Pool

FOLDER = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in FOLDER.glob("*.graphql"))


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_the_same_both_ways(filled: tuple[Served, Pool], name: str) -> None:
    service, held = filled
    values = {"customer": held.named["id"][0], "touchpoint": held.named["touchpoint"][0]}
    (case,) = (each for each in read_documents(FOLDER, values) if each.name == name)
    who, tally = Principal("test", "tok_test", EVERYTHING), Tally()
    asked = Asked(case.query, dict(case.variables))
    service.client.portal.call(run, service.hub, who, asked, tally)  # type: ignore[union-attr]
    assert tally.discarded == 0, tally.reasons

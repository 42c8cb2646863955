"""What requests leave behind: nothing that only a look through all memory would find."""

from __future__ import annotations

import gc

import pytest
from graphql.execution.executor import Executor

from hub.api.context import Context
from hub.cycles import looking_later
from tests.api.conftest import Served


def test_an_operation_that_is_over_leaves_nothing_to_be_looked_for(lite: Served) -> None:
    """Whatever is in a circle waits for minutes until somebody looks, and keeps all that it ever had."""

    def ask(number: int) -> None:
        document = f'query Q{number} {{ customers {{ nodes {{ id }} }} a{number}: node(id: "x") {{ id }} }}'
        assert lite.post(document).status_code == 200

    ask(0)
    gc.collect()
    gc.disable()
    try:
        for number in range(1, 6):
            ask(number)
        kept = [type(each).__name__ for each in gc.get_objects() if isinstance(each, Context | Executor)]
    finally:
        gc.enable()
    assert len(kept) <= 2, kept


def test_what_validation_leaves_is_looked_for_when_it_is_done() -> None:
    assert looking_later(gc.isenabled) is False
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        looking_later(lambda: 1 // 0)
    assert gc.isenabled()

"""Matters in the projection: what an earlier version wrote, what is taken out, who is named before they are known."""

from __future__ import annotations

from typing import Any

from hub.ingest.process import drain
from tests.ingest.builders import Bench, row

DEAL: dict[str, Any] = {"kind": "deal", "channel": "OTHER", "direction": "INTERNAL", "who": {"email": "a@x.org"}}


def deal(key: str, at: str, **claim: Any) -> Any:
    return row(key, **DEAL, at=at, matters=[{"kind": "DEAL", "reference": "D1", **claim}])


def states(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.projection.all("SELECT position, before, after, outcome, lasted FROM matter_change ORDER BY position")


def test_what_is_taken_out_leaves_the_states_that_would_have_been(bench: Bench) -> None:
    day = 86_400_000_000
    bench.tell(
        deal("k1", "2025-03-01", state="talk", open=True),
        deal("k2", "2025-03-03", state="offer"),
        deal("k3", "2025-03-08", outcome="WON", state="won"),
    )
    assert states(bench) == [
        (0, None, "talk", None, 2 * day), (1, "talk", "offer", None, 5 * day), (2, "offer", "won", "WON", None),
    ]  # fmt: skip
    bench.tell(row("k2", deleted=True))
    assert states(bench) == [(0, None, "talk", None, 7 * day), (1, "talk", "won", "WON", None)]
    bench.tell(row("k3", deleted=True))
    assert states(bench) == [(0, None, "talk", None, None)]
    bench.tell(row("k1", deleted=True))
    assert (states(bench), bench.projection.all("SELECT * FROM matter")) == ([], [])


def test_matters_of_an_earlier_version_are_folded_when_nothing_else_is_to_be_done(bench: Bench) -> None:
    bench.tell(deal("k1", "2025-03-01", state="talk"), deal("k2", "2025-03-03", outcome="LOST", owner="rina"))
    said = "SELECT state_since, opened_on, closed_on, closed_after, due_place, closed_place, owner_named FROM matter"
    whole, history = bench.projection.all(said), states(bench)
    assert None not in whole[0]
    with bench.projection.transaction():
        bench.projection.run(
            "UPDATE matter SET state_since = NULL, opened_on = NULL, closed_on = NULL, closed_after = NULL, "
            "owner_named = NULL"
        )
        bench.projection.run("DELETE FROM matter_change")
    drain(bench.processor)
    assert (bench.projection.all(said), states(bench)) == (whole, history)

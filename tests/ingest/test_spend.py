"""What channels and campaigns cost: as the standing rows say it, whatever came before."""

from __future__ import annotations

from hub.store import fingerprint
from tests.ingest.builders import Bench, row

TOLD = (
    "SELECT s.day, s.channel, p.reference, s.amount, s.currency FROM spend s "
    "LEFT JOIN campaign p ON p.num = s.campaign ORDER BY s.record, s.position"
)
MARCH_1 = 20_513


def told(bench: Bench) -> list[tuple[object, ...]]:
    return [tuple(each) for each in bench.projection.all(TOLD)]


def test_a_row_may_tell_several_costs_and_a_campaign_that_nobody_defined(bench: Bench) -> None:
    bench.tell(
        row("a", {"spend": "10.50", "on": "2026-03-01", "campaign": "spring"},
            {"spend": "3", "currency": "JPY", "on": "2026-03-02", "channel": "SOCIAL"}),
        row("b", {"spend": "1", "on": "2026-03-01"}),
    )  # fmt: skip
    assert told(bench) == [
        (MARCH_1, None, "spring", 1050, "BDT"),
        (MARCH_1 + 1, "SOCIAL", None, 3, "JPY"),
        (MARCH_1, None, None, 100, "BDT"),
    ]


def test_a_corrected_amount_replaces_the_old_one_and_a_withdrawn_row_costs_nothing(bench: Bench) -> None:
    bench.tell(row("a", {"spend": "10", "on": "2026-03-01", "channel": "WEB"}), run="one")
    bench.tell(row("b", {"spend": "5", "on": "2026-03-01", "channel": "WEB"}), run="two")
    bench.tell(row("a", {"spend": "12", "on": "2026-03-01", "channel": "WEB"}), run="two")
    assert sorted(int(str(each[3])) for each in told(bench)) == [500, 1200]
    bench.withdraw("RUN", "run_two")
    bench.process()
    assert [each[3] for each in told(bench)] == [1000]
    bench.withdraw("RUN", "run_two", restore=True)
    bench.tell(row("b", deleted=True))
    assert [each[3] for each in told(bench)] == [1200]


def test_what_is_processed_anew_is_the_same(bench: Bench) -> None:
    bench.tell(row("a", {"spend": "10", "on": "2026-03-01", "campaign": "spring"}), row("b", kind="form"))
    bench.tell(row("a", {"spend": "12", "on": "2026-03-01", "campaign": "spring"}))
    before = fingerprint.fingerprint(bench.projection)
    assert before.rows["spend"] == 1
    bench.forget()
    bench.process()
    assert before.differing(fingerprint.fingerprint(bench.projection)) == []


def test_an_amount_too_large_to_be_kept_is_a_problem_of_its_row_alone(bench: Bench) -> None:
    bench.tell(row("a", {"spend": "1" + "0" * 30, "on": "2026-03-01"}), row("b", {"spend": "1", "on": "2026-03-01"}))
    assert [each[3] for each in told(bench)] == [100]
    assert bench.projection.all("SELECT code FROM problem") == [("UNREADABLE",)]


def test_a_line_of_a_document_that_also_tells_spend_is_read_again_with_the_others(bench: Bench) -> None:
    line = {"kind": "invoice", "document": "I1", "who": {"email": "a@x.org"}, "amount": "1.00", "part": "invoice"}
    bench.tell(row("a", {"spend": "10", "on": "2026-03-01"}, line))
    bench.tell(row("b", line))
    assert [each[3] for each in told(bench)] == [1000]
    assert bench.projection.all("SELECT code FROM problem") == []

"""What is stored of rows, which version stands, and what becomes of rows that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hub import sdk
from hub.ingest import mapping, process
from hub.ingest.accept import in_one_go
from hub.ingest.outcomes import RowOutcome
from tests.ingest.builders import Bench, row, tp

ANNA = {"email": "anna@x.org"}


def outcomes(bench: Bench, *rows: sdk.Row, stream: str = "rows") -> list[RowOutcome]:
    return [outcome for outcome, _ in bench.tell(*rows, stream=stream).outcomes]


def records(bench: Bench) -> int:
    return int(bench.truth.value("SELECT count(*) FROM record"))


def title(bench: Bench, touchpoint: str) -> Any:
    return bench.projection.value("SELECT title FROM touchpoint WHERE id = $1 AND retracted_at IS NULL", touchpoint)


def problems(bench: Bench) -> list[tuple[str, str]]:
    return [tuple(found) for found in bench.projection.all("SELECT code, message FROM problem ORDER BY record")]


def test_same_row_twice_is_stored_once(bench: Bench) -> None:
    one = row("k1", who=ANNA, title="hello")
    assert outcomes(bench, one, one) == [RowOutcome.NEW, RowOutcome.UNCHANGED]
    assert outcomes(bench, one) == [RowOutcome.UNCHANGED]
    assert records(bench) == 1
    assert bench.truth.all("SELECT received, stored, changed, unchanged FROM run") == [(3, 1, 0, 2)]


@pytest.mark.parametrize(
    ("many", "size", "together"),
    [(250, 400, True), (251, 400, False), (10, 100_000, True), (10, 100_001, False), (1, 5_000_000, False)],
)
def test_rows_that_are_many_or_large_do_not_go_as_one_text(many: int, size: int, together: bool) -> None:
    assert in_one_go([sdk.Row(str(number), b"x" * size) for number in range(many)]) is together


def test_a_state_that_returns_is_three_versions(bench: Bench) -> None:
    a, b = row("k1", who=ANNA, title="A"), row("k1", who=ANNA, title="B")
    assert outcomes(bench, a) == [RowOutcome.NEW]
    assert outcomes(bench, b, a) == [RowOutcome.CHANGED, RowOutcome.CHANGED]
    assert records(bench) == 3
    assert title(bench, tp("k1")) == "A"
    assert len(bench.partition()) == 1


def test_a_touchpoint_is_of_the_record_that_stands_also_where_a_row_comes_back_to_what_it_was(bench: Bench) -> None:
    said, other = row("k1", kind="call", who=ANNA), row("k1", kind="email", who=ANNA)
    bench.tell(said)
    bench.accept(other)
    bench.accept(said)
    bench.process()
    assert bench.projection.all("SELECT t.kind, r.version FROM touchpoint t JOIN record r ON r.number = t.record") == [
        ("call", 3)
    ]


def test_an_event_stays_as_it_was_first_told(bench: Bench) -> None:
    bench.tell(row("k1", who=ANNA, title="first"), stream="happenings")
    bench.tell(row("k1", who=ANNA, title="second"), stream="happenings")
    assert title(bench, tp("k1", stream="happenings")) == "first"
    assert [code for code, _ in problems(bench)] == ["CONTRADICTS"]
    assert records(bench) == 2


def test_an_event_told_again_in_other_bytes_contradicts_nothing(bench: Bench) -> None:
    first = row("k1", who=ANNA, title="first")
    other = replace(first, payload=b"  " + first.payload)
    bench.tell(first, stream="happenings")
    bench.tell(other, stream="happenings")
    assert records(bench) == 2
    assert problems(bench) == []


def test_an_event_that_its_source_deleted_is_gone(bench: Bench) -> None:
    bench.tell(row("k1", who=ANNA), row("k1", deleted=True), stream="happenings")
    assert bench.partition() == {}


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        ([("1", "old"), ("2", "new")], "new"),
        ([("2", "new"), ("1", "old")], "new"),
        ([("9", "nine"), ("10", "ten")], "ten"),
        ([("2026-01-01T00:00:00Z", "old"), ("2026-01-02T00:00:00Z", "new")], "new"),
        ([("1", "old"), (None, "without"), ("1", "late")], "without"),
        ([("1", "old"), (None, "without"), ("2", "new")], "new"),
    ],
)
def test_source_versions_order_states(bench: Bench, told: list[tuple[str | None, str]], stands: str) -> None:
    for version, said in told:
        bench.tell(row("k1", who=ANNA, title=said, version=version))
    assert title(bench, tp("k1")) == stands


def test_equal_source_versions_go_by_content(bench: Bench) -> None:
    for key, order in (("k1", "xy"), ("k2", "yx")):
        bench.tell(*(row(key, who=ANNA, title=said, version="1") for said in order))
    assert title(bench, tp("k1")) == title(bench, tp("k2"))


def test_a_deleted_row_retracts_its_touchpoints(bench: Bench) -> None:
    bench.tell(row("k1", who=ANNA), row("k2", who=ANNA))
    customer = bench.customer(tp("k2"))
    bench.tell(row("k2", deleted=True))
    assert bench.partition() == {tp("k1"): (customer, None)}
    assert bench.projection.value("SELECT touchpoints FROM customer") == 1
    assert bench.projection.value("SELECT retracted_at IS NOT NULL FROM touchpoint WHERE id = $1", tp("k2"))


def test_a_deletion_without_a_version_deletes(bench: Bench) -> None:
    bench.tell(row("k1", who=ANNA, version="7"), row("k1", deleted=True))
    assert bench.partition() == {}


def test_a_customer_whose_last_touchpoint_is_deleted_is_gone_and_comes_back(bench: Bench) -> None:
    bench.tell(row("k1", who=ANNA))
    before = bench.dump()
    bench.tell(row("k1", deleted=True))
    assert bench.projection.all("SELECT id FROM customer") == []
    bench.tell(row("other", who={"email": "other@x.org"}))
    bench.tell(row("other", deleted=True))
    bench.tell(row("k1", who=ANNA))
    assert [line[0] for line in bench.dump()["customer"]] == [line[0] for line in before["customer"]]


def test_a_row_may_yield_fewer_touchpoints_than_before(bench: Bench) -> None:
    bench.tell(row("k1", {"part": "a", "who": ANNA}, {"part": "b", "who": {"email": "b@x.org"}}))
    bench.tell(row("k1", {"part": "b", "who": {"email": "b@x.org"}}))
    assert bench.partition().keys() == {tp("k1", "b")}


def test_an_unreadable_row_is_kept_with_its_problem_and_stops_nothing(bench: Bench) -> None:
    bench.tell(sdk.Row("bad", b"{no json"), row("k1", who=ANNA))
    assert problems(bench) == [("UNREADABLE", "no JSON")]
    assert bench.truth.value("SELECT payload FROM record WHERE key = $1", "bad") == b"{no json"
    assert bench.partition().keys() == {tp("k1")}
    bench.tell(row("bad", who=ANNA))
    assert problems(bench) == []
    assert bench.partition().keys() == {tp("k1"), tp("bad")}


def test_a_connector_that_crashes_is_an_internal_problem(bench: Bench) -> None:
    bench.tell(sdk.Row("bad", b"crash"), row("k1", who=ANNA))
    assert [code for code, _ in problems(bench)] == ["INTERNAL"]
    assert bench.partition().keys() == {tp("k1")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "NaN"}, {"amount": "1e30"}, {"amount": "5", "currency": "taka"}, {"at": "1066-01-01T00:00:00+00:00"}, {"at": "2025-01-01T00:00:00"},  # noqa: E501
        {"kind": "invoice", "amount": "5", "properties": {"due_on": "soon"}}, {"kind": "invoice", "properties": {"due_on": [31]}},  # noqa: E501
    ],
)  # fmt: skip
def test_a_touchpoint_that_cannot_be_is_unreadable(bench: Bench, wrong: dict[str, Any]) -> None:
    bench.tell(row("bad", who=ANNA, **wrong), row("k1", who=ANNA))
    assert [code for code, _ in problems(bench)] == ["UNREADABLE"]
    assert bench.partition().keys() == {tp("k1")}


def test_two_touchpoints_of_one_name_are_a_problem(bench: Bench) -> None:
    bench.tell(row("k1", {"who": ANNA}, {"who": ANNA}))
    assert [code for code, _ in problems(bench)] == ["UNREADABLE"]


def test_text_that_no_database_keeps_is_shown_without_it(bench: Bench) -> None:
    bad = {
        "who": {"email": "anna@x.org", "handle": "a\x00b"},
        "title": "nul \x00",
        "traits": {"name": "half \ud800", "deep": {"er": ["\x00"]}},
    }
    payload = json.dumps([bad]).encode()
    bench.tell(sdk.Row("k\x00\udcff1", payload), row("k2", who=ANNA, title="ক 🙂"))
    assert problems(bench) == []
    assert title(bench, tp("k\ufffd\ufffd1")) == "nul \ufffd"
    assert title(bench, tp("k2")) == "ক 🙂"


def test_a_record_that_breaks_processing_is_skipped_and_the_rest_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = mapping.drafts

    def fragile(readings: list[mapping.Reading], zone: object) -> object:
        if any("poison" in t.title for reading in readings for t in reading.touchpoints.values()):
            raise ZeroDivisionError("poison")
        return whole(readings, zone)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "drafts", fragile)
    bench.accept(row("k1", who=ANNA), row("bad", who=ANNA, title="poison"), row("k2", who=ANNA))
    with pytest.raises(ZeroDivisionError):
        bench.process()
    assert bench.processor.run(1)
    with pytest.raises(ZeroDivisionError):
        bench.processor.run(1)
    bench.processor.skip()
    bench.process()
    assert bench.partition().keys() == {tp("k1"), tp("k2")}
    assert problems(bench) == [("INTERNAL", "The hub could not process this row.")]


def test_a_decision_that_breaks_processing_is_skipped_and_no_record_with_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.tell(row("k1", who=ANNA), row("k2", who={"email": "b@x.org"}))
    bench.decide("op", ("SAME", "PERSON", tp("k1"), tp("k2")))
    bench.accept(row("k3", who=ANNA))
    with monkeypatch.context() as patch:
        patch.setattr("hub.ingest.place.decide", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bench.processor.run(1)
        bench.processor.skip()
        assert bench.processor.run(1)
    assert problems(bench) == []
    assert bench.partition().keys() == {tp("k1"), tp("k2"), tp("k3")}


# Documents ----------------------------------------------------------------------------------------------------


def line(key: str, amount: str, **more: Any) -> sdk.Row:
    return row(
        key,
        kind="invoice",
        channel="ACCOUNTING",
        direction="OUTBOUND",
        document="D1",
        amount=amount,
        lines=[(key, amount)],
        who={"person": "7"},
        **more,
    )


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
@pytest.mark.parametrize("most", [1, 2, 1000])
def test_lines_of_a_document_are_one_touchpoint_in_any_order(bench: Bench, order: list[int], most: int) -> None:
    lines = [line("l1", "10.00"), line("l2", "5.50"), line("l3", "-0.50")]
    bench.accept(*(lines[place] for place in order))
    bench.process(most)
    assert bench.partition().keys() == {tp("D1")}
    assert bench.projection.value("SELECT amount FROM touchpoint") == 1500
    assert bench.projection.value("SELECT orders FROM customer_value") == 1
    told = bench.projection.all("SELECT description, amount FROM line_item ORDER BY position")
    assert told == [(lines[place].key, ["10.00", "5.50", "-0.50"][place]) for place in order]


def test_a_line_that_is_deleted_leaves_the_document(bench: Bench) -> None:
    bench.tell(line("l1", "10.00"), line("l2", "5.50"))
    bench.tell(row("l1", deleted=True))
    assert bench.projection.all("SELECT amount FROM touchpoint") == [(550,)]
    bench.tell(row("l2", deleted=True))
    assert bench.partition() == {}


def test_a_line_may_move_to_another_document(bench: Bench) -> None:
    bench.tell(line("l1", "10.00"), line("l2", "5.50"))
    bench.tell(row("l2", kind="invoice", channel="ACCOUNTING", document="D2", amount="5.50", who={"person": "7"}))
    assert dict(bench.projection.all("SELECT id, amount FROM touchpoint")) == {tp("D1"): 1000, tp("D2"): 550}


@pytest.mark.parametrize("most", [1, 1000])
def test_lines_in_another_currency_are_problems_until_the_first_is_gone(bench: Bench, most: int) -> None:
    bench.accept(line("l1", "10.00"), line("l2", "1.00", currency="EUR"), line("l3", "2.00", currency="EUR"))
    bench.process(most)
    assert len(problems(bench)) == 2
    assert bench.projection.all("SELECT amount, currency FROM touchpoint") == [(1000, "BDT")]
    bench.tell(row("l1", deleted=True))
    assert problems(bench) == []
    assert bench.projection.all("SELECT amount, currency FROM touchpoint") == [(300, "EUR")]


def test_a_date_stands_after_the_form_of_that_morning(bench: Bench) -> None:
    """The invoice has a date only: noon in Dhaka. The form came at 9 o'clock there."""
    bench.tell(
        row("form", kind="form", channel="WEB", who=ANNA, at="2025-03-01T03:00:00+00:00"),
        row("bill", kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount="5", who=ANNA, at="2025-03-01"),
        row("late", kind="form", channel="WEB", who=ANNA, at="2025-03-01T06:30:00+00:00"),
    )
    told = bench.projection.all("SELECT id, time_precision, occurred_on FROM touchpoint ORDER BY occurred_at")
    assert told == [
        (tp("form"), "INSTANT", "2025-03-01"),
        (tp("bill"), "DAY", "2025-03-01"),
        (tp("late"), "INSTANT", "2025-03-01"),
    ]

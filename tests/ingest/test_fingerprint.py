"""The fingerprint sees whatever is shown, and nothing else."""

from __future__ import annotations

from typing import Any

from hub.store.fingerprint import SECTIONS, fingerprint
from hub.store.projection import PROJECTION
from tests.ingest.builders import Bench, row

SHOWN = {
    "touchpoint": "title = title || '!'",
    "customer": "stage_since = stage_since + 1",
    "identifier": "last_seen = last_seen + 1",
    "claim": "name_key = name_key || '!'",
    "matter": "state = state || '!'",
    "line_item": "amount = amount || '0'",
    "trait": "value = value || ' '",
    "tag": "tag = tag || '!'",
    "customer_value": "revenue = revenue + 1",
    "purchase": "day = day + 1",
    "stage_change": "at = at + 1",
    "problem": "message = message || '!'",
}
LEFT_OUT = {
    "ledger", "processed", "lifecycle_fold", "search_term", "suggestion", "customer_score", "dirty_component", "trace",
    "traced", "uncounted", "moved_account",
}  # fmt: skip
"""Log, history, and what is worked out from other tables."""


def shop(bench: Bench) -> None:
    money: dict[str, Any] = {"kind": "invoice", "channel": "ACCOUNTING", "amount": "5.00"}
    bench.tell(
        row("k1", **money, who={"email": "a@x.org"}, lines=[("thing", "5.00")], matters=[{"reference": "I1"}],
            traits={"name": "Ann"}),
        row("k2", title="hello", who={"email": "b@x.org"}),
        row("k3", **money, who={"email": "c@x.org"}, matters=[{"reference": "I2"}]),
    )  # fmt: skip
    bench.tell(row("k2", title="again", who={"email": "b@x.org"}))
    source = bench.ids["books"]
    bench.projection.run(
        "INSERT INTO problem (record, source, run, code, message) VALUES (99, $1, 1, 'INTERNAL', 'no')", source
    )
    bench.projection.run("INSERT INTO tag (customer, tag) SELECT min(num), 'vip' FROM customer")


def test_every_change_of_what_is_shown_is_seen_in_its_table(bench: Bench) -> None:
    shop(bench)
    before = fingerprint(bench.projection)
    assert fingerprint(bench.projection) == before
    for table, change in SHOWN.items():
        assert before.rows[table] > 0
        bench.projection.run(f"UPDATE {table} SET {change}")
        after = fingerprint(bench.projection)
        assert table in before.differing(after), table
        assert after.whole != before.whole
        before = after


def test_history_is_not_seen(bench: Bench) -> None:
    shop(bench)
    before = fingerprint(bench.projection)
    bench.projection.run("UPDATE touchpoint SET gave_id = TRUE")
    bench.projection.run("DELETE FROM ledger")
    bench.projection.run("UPDATE processed SET clock = clock + 1")
    assert fingerprint(bench.projection) == before


def test_every_table_is_compared_or_left_out_on_purpose() -> None:
    assert {table.name for table in PROJECTION.sorted_tables} - SECTIONS.keys() == LEFT_OUT

"""Lifecycle rules set while the hub has data: everybody is folded by them, in any steps; previews foresee it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import sdk
from hub.analysis import lifecycle_preview
from hub.analysis.lifecycle_preview import LifecyclePreview, look
from hub.errors import InputWrong, RetryLater
from hub.identity.rule_set import write_rules
from hub.identity.rules import Rules
from hub.ingest import refold
from hub.ingest.hub import Hub
from hub.ingest.lifecycle_rules import checked, store
from hub.journey.rules import default_text, load_rules
from hub.store.writing import lifecycle_folds
from tests.ingest.builders import NOW, Bench, row, tp
from tests.ingest.rebuilding import filled, opened, rebuilt, rows_of
from tests.ingest.streams import LIFECYCLES, stream, tell

STRICT = default_text().replace('version = "1"', 'version = "strict"').replace("at_least = 3", "at_least = 2")


@pytest.fixture
def lite(hub_folder: Path) -> Iterator[Bench]:
    with Bench(str(hub_folder)) as bench:
        yield bench


@pytest.fixture
def pg(pg_url: str) -> Iterator[Bench]:
    with Bench(pg_url) as bench:
        yield bench


def apply(bench: Bench, text: str) -> int:
    with bench.truth.transaction():
        return store(bench.truth, bench.company, text, "they said so", "me", NOW)


def invoices(bench: Bench, customers: int) -> None:
    """So many customers, who bought twice."""
    bench.tell(
        *(row(f"k{number}-{time}", kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount="10.00",
              at=f"2025-0{time}-01T09:00:00+00:00", who={"email": f"c{number}@x.org"})
          for number in range(customers) for time in (1, 2))
    )  # fmt: skip


def stages(bench: Bench) -> list[tuple[str | None, int]]:
    found = bench.projection.all("SELECT stage, count(*) FROM customer GROUP BY stage ORDER BY stage")
    return [(stage, count) for stage, count in found]


def look_ahead(bench: Bench, text: str) -> LifecyclePreview:
    async def work() -> LifecyclePreview:
        reader = bench.store.reader()
        try:
            async with reader.snapshot() as snapshot:
                return await look(snapshot, bench.company, checked(bench.company, text), bench.clock)
        finally:
            await reader.close()

    return asyncio.run(work())


def test_rules_apply_to_everybody_and_the_former_ones_undo_it(bench: Bench) -> None:
    invoices(bench, 3)
    before = bench.dump()
    apply(bench, STRICT)
    bench.process()
    assert stages(bench) == [("LOYAL", 3)]
    assert lifecycle_folds.state(bench.projection) == (load_rules(STRICT).digest, None)
    apply(bench, default_text())
    bench.process()
    assert bench.dump() == before


def test_it_is_done_in_steps_and_goes_on_where_it_was_when_it_is_killed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refold, "CHUNK", 2)
    invoices(bench, 5)
    number = apply(bench, STRICT)
    bench.processor.run(1000)  # the rule set
    assert stages(bench) == [("CUSTOMER", 5)]
    bench.processor.run(1000)
    assert stages(bench) == [("CUSTOMER", 3), ("LOYAL", 2)]
    bench.restart()
    bench.processor.run(1000)
    assert stages(bench) == [("CUSTOMER", 1), ("LOYAL", 4)]
    assert bench.processor.at_leisure
    assert not bench.processor.run(1000)
    assert not bench.processor.at_leisure
    assert stages(bench) == [("LOYAL", 5)]
    told = bench.projection.all(
        "SELECT number, before, after, historical FROM ledger WHERE kind = 'STAGE_CHANGED' AND number = $1", number
    )
    assert [(each[0], each[1], each[2], bool(each[3])) for each in told] == [(number, "CUSTOMER", "LOYAL", True)] * 5


def test_rows_that_come_meanwhile_take_turns_with_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "CHUNK", 2)
    invoices(bench, 4)
    apply(bench, STRICT)
    bench.processor.run(1000)
    bench.accept(*(row(f"n{number}", who={"email": f"n{number}@x.org"}) for number in range(3)))
    seen = []
    for _ in range(4):
        bench.processor.run(2)
        seen.append((dict(stages(bench)).get("LOYAL", 0), bench.projection.value("SELECT count(*) FROM customer")))
    assert seen == [(2, 4), (2, 6), (4, 6), (4, 7)]


def test_what_comes_later_is_folded_by_the_rules_that_stand(bench: Bench) -> None:
    apply(bench, STRICT)
    invoices(bench, 2)
    assert stages(bench) == [("LOYAL", 2)]


def test_other_rules_of_the_code_are_applied_to_everybody(bench: Bench) -> None:
    invoices(bench, 2)
    assert stages(bench) == [("CUSTOMER", 2)]
    bench.lifecycle = load_rules(STRICT)
    bench.restart()
    bench.process()
    assert stages(bench) == [("LOYAL", 2)]


def test_rules_of_another_version_of_the_hub_are_waited_for(bench: Bench) -> None:
    invoices(bench, 1)
    bench.lifecycle_rules("version = 1")
    with pytest.raises(RetryLater, match="The lifecycle rules are wrong at version"):
        bench.process()
    assert stages(bench) == [("CUSTOMER", 1)]


def test_rules_that_stand_already_are_refused(bench: Bench) -> None:
    with pytest.raises(InputWrong, match="These rules stand already"):
        apply(bench, "# the same\n" + default_text())
    assert bench.truth.value("SELECT count(*) FROM rule_set") == 0


def test_a_preview_counts_who_would_change_and_writes_nothing(bench: Bench) -> None:
    invoices(bench, 7)
    bench.tell(row("form", kind="form", channel="WEB", who={"email": "form@x.org"}))
    before = bench.dump()
    seen = look_ahead(bench, STRICT)
    assert (seen.customers, seen.changed) == (8, 7)
    assert [(each.axis, each.before, each.after, each.customers) for each in seen.shifts] == [
        ("STAGE", "CUSTOMER", "LOYAL", 7)
    ]
    assert len(seen.examples) == 5
    assert [each[0] for each in seen.differences] == ["stages.bought_often.at_least"]
    assert bench.dump() == before


def test_a_preview_counts_everybody_whatever_fits_into_a_chunk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    invoices(bench, 7)
    whole = look_ahead(bench, STRICT)
    for size in (1, 2, 7):
        monkeypatch.setattr(lifecycle_preview, "_TOGETHER", size)
        assert look_ahead(bench, STRICT) == whole


def test_a_preview_converts_what_was_spent(bench: Bench) -> None:
    rate = row("x", {"base": "USD", "quote": "BDT", "on": "2025-01-31", "rate": "100"})
    bench.tell(
        *(row(f"k{code}", kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount="9.00", currency=code,
              at="2025-02-01T09:00:00+00:00", who={"email": f"{code}@x.org"}) for code in ("USD", "BDT", "EUR")),
        rate,
    )  # fmt: skip
    spender = '[[stages]]\nrule = "s"\nstage = "LOYAL"\nwhen = "purchase"\nspent_at_least = 900\ntext = "{spent}"\n'
    seen = look_ahead(bench, default_text() + spender)
    assert (seen.customers, seen.changed) == (3, 1)
    assert [each.because and each.because.text for each in seen.examples] == ["900.00"]


def test_a_preview_names_the_settings_that_differ(bench: Bench) -> None:
    told = default_text().replace("at_risk_after_days = 90", "at_risk_after_days = 80") + (
        '[[stages]]\nrule = "close"\nstage = "LOYAL"\nwhen = "all"\ntext = "."\n'
        '[[stages.conditions]]\nwhen = "purchase"\nat_least = 2\n'
        '[[stages.conditions]]\nwhen = "touchpoint"\nkinds = ["visit", "meeting"]\n'
    )
    assert look_ahead(bench, told).differences == [
        ("standing.at_risk_after_days", "90", "80"),
        ("stages.close.stage", "", "LOYAL"),
        ("stages.close.text", "", "."),
        ("stages.close.when", "", "all"),
        ("stages.close.conditions[0].at_least", "", "2"),
        ("stages.close.conditions[0].when", "", "purchase"),
        ("stages.close.conditions[1].when", "", "touchpoint"),
        ("stages.close.conditions[1].kinds", "", "visit, meeting"),
    ]


def test_customers_who_are_due_are_found_by_index(bench: Bench) -> None:
    statement = "SELECT num FROM customer WHERE next_change_at <= 1 ORDER BY next_change_at LIMIT 1000"
    if bench.projection.__class__.__name__.startswith("_Sqlite"):
        plan = bench.projection.all(f"EXPLAIN QUERY PLAN {statement}")
        assert [each[-1].partition("INDEX ")[2] for each in plan] == ["customer_next_change (next_change_at<?)"]
    else:
        with bench.projection.transaction():
            bench.projection.run("SET LOCAL enable_seqscan = off")  # a table of three rows is read whole otherwise
            plan = [each[0] for each in bench.projection.all(f"EXPLAIN {statement}")]
        assert any("customer_next_change" in each for each in plan)


# Decisions about a stage -------------------------------------------------------------------------------------------


def test_a_decision_follows_its_customer_through_merge_and_split(bench: Bench) -> None:
    bench.tell(
        row("k1", kind="form", channel="WEB", who={"email": "a@x.org"}, traits={"name": "Karim"}),
        row("k2", kind="form", channel="WEB", who={"email": "b@x.org"}, traits={"name": "Anna"}),
    )
    told = (
        '{"kind": "profile", "direction": "INTERNAL", "occurred_at": "2025-01-05T09:00:00+00:00", "anchor": "%s", '
        '"properties": {"stage_decision": {"stage": "LOYAL", "until": "2026-02-01T00:00:00+00:00", "by": "Mina", '
        '"reason": "She knows."}}}'
    )
    bench.tell(sdk.Row("e1", (told % tp("k2")).encode()), source="Desk", stream="entries")
    apart = bench.dump()
    bench.decide("op1", ("SAME", "PERSON", tp("k1"), tp("k2")))
    bench.process()
    assert bench.projection.all("SELECT stage, next_change_at FROM customer") == [("LOYAL", 1_769_904_000_000_000)]
    bench.withdraw("DECISION", "op1")
    bench.process()
    assert bench.dump() == apart


# Against rules from the start ----------------------------------------------------------------------------------


def shown(bench: Bench) -> dict[str, Any]:
    dump = bench.dump()
    # Truth numbers: a rule set takes one, so that what comes after it is heard later.
    dump["touchpoint"] = [each[:-2] for each in dump["touchpoint"]]
    dump["problem"] = [each[1:] for each in dump["problem"]]
    return dump


def differs(bench: Bench, seed: int) -> str | None:
    """In what rules set in the middle differ from the same rules from the start, or a preview from what happens."""
    rng = random.Random(seed)
    first, second = rng.sample(LIFECYCLES[1:], 2)
    steps = [step for step in stream(seed) if step.kind not in ("rules", "lifecycle")]
    steps.insert(0, next(step for step in stream(seed) if step.kind == "rules"))
    at, later = sorted(rng.sample(range(1, len(steps) + 1), 2))
    bench.clear()
    bench.rule(Rules(version="0"))
    apply(bench, first)
    apply(bench, second)
    tell(bench, steps, [4])
    wanted = shown(bench)

    bench.clear()
    bench.rule(Rules(version="0"))
    tell(bench, steps[:at], [4])
    apply(bench, first)
    tell(bench, steps[at:later], [4])
    foreseen = look_ahead(bench, second)
    was = dict(bench.projection.all("SELECT id, stage FROM customer"))
    apply(bench, second)
    bench.process()
    is_ = dict(bench.projection.all("SELECT id, stage FROM customer"))
    if sum(was[id_] != stage for id_, stage in is_.items()) != sum(
        each.customers for each in foreseen.shifts if each.axis == "STAGE"
    ):
        return f"stream {seed}: a preview foresees something else than happens"
    tell(bench, steps[later:], [4])
    found = shown(bench)
    wrong = [name for name in wanted if wanted[name] != found[name]]
    return f"stream {seed}: other {', '.join(wrong)} by rules set later" if wrong else None


def faults(bench: Bench, seeds: range) -> list[str]:
    return [fault for seed in seeds if (fault := differs(bench, seed))]


def test_rules_set_in_the_middle_are_rules_from_the_start(lite: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "CHUNK", 3)
    assert faults(lite, range(12)) == []


def test_rules_set_in_the_middle_are_rules_from_the_start_on_postgresql(
    pg: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refold, "CHUNK", 3)
    assert faults(pg, range(60, 62)) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_rules_in_a_thousand_streams(lite: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refold, "CHUNK", 3)
    assert faults(lite, range(1000, 2000)) == []


def test_identity_rules_are_no_lifecycle_rules(bench: Bench) -> None:
    apply(bench, STRICT)
    bench.process()
    assert write_rules(bench.processor._standing(10)) == write_rules(Rules())


def test_a_rebuild_after_rules_were_set_has_the_fingerprint_of_the_old_projection(hub_address: str) -> None:
    async def work(hub: Hub) -> None:
        await filled(hub, 60)
        number = await hub.lifecycle_rules.apply(STRICT, reason="two are enough", by="me")
        assert await hub.wait(number, 20)
        assert (await rebuilt(hub))["differing"] == []
        assert await rows_of(hub, "SELECT reached FROM lifecycle_fold") == [(None,)]
        versions = await rows_of(hub, "SELECT DISTINCT rule_version FROM stage_change")
        assert versions == [(load_rules(STRICT).name,)]

    opened(hub_address, work)

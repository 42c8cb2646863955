"""A component too large to be resolved at once: what is new in it waits, and at rest nothing shows of that."""

from __future__ import annotations

from tests.ingest.builders import Bench, row, tp

KIOSK = [
    row("k1", who={"user": "1", "cookie": "kiosk"}),
    row("k2", who={"user": "2", "cookie": "kiosk"}),
    row("k3", who={"user": "3", "email": "anna@x.org", "cookie": "kiosk"}),
]


def _dirty(bench: Bench) -> int:
    return int(bench.projection.value("SELECT count(*) FROM dirty_component"))


def test_what_is_new_in_a_large_component_waits_with_its_strongest_acquaintance(bench: Bench) -> None:
    bench.processor.oversize = 2
    bench.tell(*KIOSK[:2])
    bench.accept(KIOSK[2])
    bench.processor.run()
    assert _dirty(bench) == 1
    assert bench.customer(tp("k3")) == bench.customer(tp("k1"))
    assert bench.processor.run() is True
    assert _dirty(bench) == 0
    assert len({bench.customer(tp(key)) for key in ("k1", "k2", "k3")}) == 3
    assert bench.processor.run() is False


def test_at_rest_it_is_as_if_nothing_had_waited(bench: Bench) -> None:
    bench.tell(*KIOSK)
    at_once = bench.dump()
    bench.clear()
    bench.processor.oversize = 0
    for each in KIOSK:
        bench.tell(each)
    assert bench.dump() == at_once


def test_persons_met_beside_a_large_organisation_wait_with_it(bench: Bench) -> None:
    """The second row names a known firm and somebody new, whom two others name too: at rest they are together."""
    firm = row("k1", who={"firm": "8", "vat": "DE88"})
    people = [
        row("k2", who={"user": "8", "cookie": "7", "vat": "DE88"}),
        row("k3", who={"user": "9", "phone": "01711-000002", "cookie": "7"}),
        row("k4", who={"email": "anna@x.org", "phone": "01711-000002"}),
    ]
    bench.tell(firm, *people)
    at_once = bench.dump()
    bench.oversize = 0
    bench.clear()
    bench.tell(firm)
    bench.tell(*people)
    assert bench.dump() == at_once

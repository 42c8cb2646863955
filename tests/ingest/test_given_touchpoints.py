"""Touchpoints of a phone that a family shares: whose they are, a person decides, and may take back."""

from __future__ import annotations

from tests.ingest.builders import Bench, row, tp

PHONE = {"phone": "+8801711234567"}


def family(bench: Bench) -> tuple[str, str]:
    """Two of one phone, and a call of either."""
    bench.tell(
        row("call", kind="call", at="2024-01-01T09:00:00+00:00", who=PHONE),
        row("karim", who={**PHONE, "email": "karim@x.org"}, traits={"name": "Karim Uddin"}),
        row("rahima", who={**PHONE, "email": "rahima@x.org"}, traits={"name": "Rahima Uddin"}),
    )
    karim, rahima = bench.customer(tp("karim")), bench.customer(tp("rahima"))
    assert karim
    assert rahima
    assert karim != rahima
    assert bench.customer(tp("call")) is None
    return karim, rahima


def decide(bench: Bench, operation: str, kind: str, a: str, b: str) -> None:
    bench.decide(operation, (kind, "PERSON", a, b))
    bench.process()


def test_a_call_of_a_family_phone_goes_to_whom_a_person_says_and_back(bench: Bench) -> None:
    karim, rahima = family(bench)
    before = bench.dump()
    decide(bench, "dec_1", "SAME", tp("karim"), tp("call"))
    assert bench.partition() == {
        tp("call"): (karim, None),
        tp("karim"): (karim, None),
        tp("rahima"): (rahima, None),
    }, "also where the call was heard first, the customer keeps its id"
    assert bench.projection.all("SELECT touchpoints FROM customer WHERE id = $1", karim) == [(2,)]
    bench.undo("dec_1")
    assert bench.dump() == before


def test_the_newest_word_on_a_call_counts(bench: Bench) -> None:
    karim, rahima = family(bench)
    decide(bench, "dec_1", "SAME", tp("karim"), tp("call"))
    decide(bench, "dec_2", "NOT_SAME", tp("karim"), tp("call"))
    assert bench.customer(tp("call")) is None
    decide(bench, "dec_3", "SAME", tp("rahima"), tp("call"))
    assert bench.customer(tp("call")) == rahima
    assert bench.customer(tp("karim")) == karim


def test_a_call_that_is_not_somebodys_is_nobodys_customer(bench: Bench) -> None:
    family(bench)
    before = bench.partition()
    decide(bench, "dec_1", "NOT_SAME", tp("karim"), tp("call"))
    assert bench.partition() == before
    assert bench.projection.all("SELECT count(*) FROM customer") == [(2,)]


def test_two_calls_that_are_of_one_are_nobodys_until_one_is_somebodys(bench: Bench) -> None:
    karim, _ = family(bench)
    bench.tell(row("again", kind="call", who=PHONE))
    decide(bench, "dec_1", "SAME", tp("call"), tp("again"))
    assert bench.customer(tp("again")) is None
    decide(bench, "dec_2", "SAME", tp("karim"), tp("again"))
    assert {bench.customer(tp("again")), bench.customer(tp("call"))} == {karim}
    assert bench.projection.all("SELECT count(*) FROM customer") == [(2,)]

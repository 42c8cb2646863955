"""Components that a new claim makes one, beside whatever else comes in the same batch."""

from __future__ import annotations

from tests.ingest.builders import Bench, row, tp

KARIM = row("k1", who={"user": "1", "phone": "01711-000001"}, traits={"name": "Karim Uddin"})
ANNA = row("k2", who={"email": "anna@x.org"})
BETWEEN = row("k3", who={"user": "1", "email": "anna@x.org"})
CAPS = row("k4", who={"phone": "01711-000001"}, traits={"name": "Rafiq Ahmed"})


def test_a_claim_between_two_customers_makes_them_one_with_the_id_of_the_first(bench: Bench) -> None:
    bench.tell(ANNA)
    bench.tell(KARIM)
    first = bench.customer(tp("k2"))
    assert bench.customer(tp("k1")) != first
    bench.tell(BETWEEN)
    assert {bench.customer(tp(key)) for key in ("k1", "k2", "k3")} == {first}


def test_two_become_one_while_a_phone_of_one_of_them_is_switched_off(bench: Bench) -> None:
    bench.tell(KARIM, ANNA, BETWEEN, CAPS)
    at_once = bench.dump()
    bench.clear()
    bench.tell(KARIM, ANNA)
    bench.tell(BETWEEN, CAPS)
    assert bench.dump() == at_once


def test_what_is_known_of_a_component_is_forgotten_when_it_falls_apart(bench: Bench) -> None:
    told = [KARIM, row("k5", who={"phone": "01711-000001"}), CAPS, row("k6", who={"user": "1"})]
    bench.tell(*told)
    at_once = bench.dump()
    bench.clear()
    for each in told:
        bench.tell(each)
    assert bench.dump() == at_once


def test_two_become_one_while_somebody_of_their_firm_is_resolved(bench: Bench) -> None:
    mina = row("k5", who={"phone": "01711-000001", "firm": "8"}, traits={"name": "Karim Uddin"})
    rita = row("k6", who={"social": "rita", "firm": "8"})
    between = row("k7", who={"social": "rita", "email": "anna@x.org"})
    bench.tell(mina, rita, ANNA, between, CAPS)
    at_once = bench.dump()
    bench.clear()
    bench.tell(mina, rita, ANNA)
    bench.tell(between, CAPS)
    assert bench.dump() == at_once

"""One row for each purchase that stands, of the account it counts for."""

from __future__ import annotations

import asyncio
from typing import Any

from hub import sdk
from hub.clock import day, moment
from hub.store.purchases import Purchases, Unconverted, purchases
from tests.ingest.builders import DAY, NOW, Bench, row, tp

ANN, BEN = {"email": "ann@x.org"}, {"email": "ben@x.org"}
ROWS = (
    "SELECT t.id, c.kind, p.day, p.amount, p.currency, p.converted FROM purchase p "
    "JOIN customer c ON c.num = p.customer JOIN touchpoint t ON t.num = p.touchpoint ORDER BY t.id"
)


def bill(number: str, amount: str | None, who: dict[str, str], on: str = "2025-03-01", **more: Any) -> sdk.Row:
    return row(
        number, kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount=amount, who=who,
        at=f"{on}T20:00:00+00:00", **{"properties": {"number": number}} | more,
    )  # fmt: skip


def credit(key: str, amount: str, settles: str, who: dict[str, str], on: str = "2025-04-01") -> sdk.Row:
    return row(
        key, kind="credit_note", channel="ACCOUNTING", direction="OUTBOUND", amount=amount, who=who,
        at=f"{on}T20:00:00+00:00", properties={"settles": settles},
    )  # fmt: skip


def rows(bench: Bench) -> dict[str, tuple[Any, ...]]:
    return {id_: tuple(rest) for id_, *rest in bench.projection.all(ROWS)}


def read(bench: Bench, until_day: int | None = None) -> Purchases:
    async def ask() -> Purchases:
        reader = bench.store.reader()
        try:
            async with reader.snapshot() as snapshot:
                return await purchases(snapshot, until_day)
        finally:
            await reader.close()

    return asyncio.run(ask())


def test_a_purchase_has_the_hubs_day_and_what_credits_left(bench: Bench) -> None:
    bench.tell(bill("I1", "100.00", ANN), bill("I2", "30.00", ANN), bill("I3", "5.00", BEN))
    bench.tell(credit("C1", "40.00", "I1", ANN), credit("C2", "30.00", "I2", ANN))
    # 20:00 UTC is the next day in Dhaka: 2025-03-02.
    assert rows(bench) == {
        tp("I1"): ("PERSON", 20149, 6000, "BDT", 6000),
        tp("I3"): ("PERSON", 20149, 500, "BDT", 500),
    }


def test_a_purchase_of_a_person_for_a_firm_is_the_firms_alone(bench: Bench) -> None:
    bench.tell(bill("I1", "10.00", ANN | {"firm": "7"}), bill("I2", "20.00", ANN))
    assert {key: each[:1] for key, each in rows(bench).items()} == {tp("I1"): ("ORGANISATION",), tp("I2"): ("PERSON",)}
    assert read(bench).converted.tolist() == [2000, 1000] or read(bench).converted.tolist() == [1000, 2000]


def test_what_is_no_book_of_record_buys_nothing(bench: Bench) -> None:
    bench.source("shop", book_of_record=False)
    bench.tell(bill("I1", "10.00", ANN), source="shop")
    assert rows(bench) == {}


def test_an_amount_without_a_rate_or_unknown_is_listed_and_not_guessed(bench: Bench) -> None:
    bench.tell(
        bill("I1", "10.00", ANN), bill("I2", "7.00", ANN, currency="USD"), bill("I3", "8.00", BEN, currency="USD"),
        bill("I4", None, BEN),
    )  # fmt: skip
    assert rows(bench)[tp("I2")] == ("PERSON", 20149, 700, "USD", None)
    assert rows(bench)[tp("I4")] == ("PERSON", 20149, None, None, None)
    found = read(bench)
    assert found.converted.tolist() == [1000]
    assert set(found.unconverted) == {Unconverted("USD", 2, 1500), Unconverted(None, 1, 0)}


def test_columns_are_in_order_of_customer_and_time_and_end_with_a_day(bench: Bench) -> None:
    bench.tell(bill("I1", "1.00", ANN, "2025-05-01"), bill("I2", "2.00", BEN, "2025-01-01"))
    bench.tell(bill("I3", "3.00", ANN, "2025-02-01"), bill("I4", "4.00", BEN, "2025-03-01"))
    found = read(bench)
    assert found.converted.tolist() == [300, 100, 200, 400]
    assert found.customer.tolist() == sorted(found.customer.tolist())
    assert found.day.tolist() == [day(moment(at), bench.processor._zone) for at in found.at.tolist()]
    assert read(bench, int(found.day[0])).converted.tolist() == [300, 200]


def test_a_supplier_is_nobody_who_buys(bench: Bench) -> None:
    bench.tell(bill("I1", "1.00", ANN), bill("I2", "2.00", BEN))
    bench.projection.run("UPDATE customer SET relationship = 'SUPPLIER' WHERE email = 'ann@x.org'")
    assert read(bench).converted.tolist() == [200]


def test_a_hub_from_before_gets_the_purchases_of_everybody(bench: Bench) -> None:
    bench.tell(*(bill(f"I{number}", "1.00", {"email": f"c{number}@x.org"}) for number in range(1500)))
    kept = bench.projection.all(ROWS)
    # As the migration leaves a hub that was filled by the code before it.
    bench.projection.run("DELETE FROM purchase")
    bench.projection.run("UPDATE customer SET next_change_at = 0")
    bench.restart()
    bench.clock = NOW + DAY
    bench.process()
    assert bench.projection.all(ROWS) == kept
    assert len(kept) == 1500
    assert bench.projection.value("SELECT count(*) FROM customer WHERE next_change_at = 0") == 0


def test_merge_then_split_gives_the_purchases_back(bench: Bench) -> None:
    bench.tell(bill("I1", "10.00", ANN), bill("I2", "20.00", BEN), credit("C1", "10.00", "I1", BEN))
    before = bench.projection.all(ROWS)
    operation = bench.merge(*sorted({each for pair in bench.partition().values() for each in pair if each}))
    assert rows(bench) == {tp("I2"): ("PERSON", 20149, 2000, "BDT", 2000)}
    bench.undo(operation)
    assert bench.projection.all(ROWS) == before


def test_whoever_was_engaged_and_is_no_more_has_no_engagement(bench: Bench) -> None:
    bench.tell(row("k1", who=ANN), row("k2", who=ANN, direction="OUTBOUND"))
    assert bench.projection.all("SELECT contacts FROM engagement") == [(1,)]
    bench.tell(row("k1"))
    assert bench.projection.all("SELECT contacts FROM engagement") == []

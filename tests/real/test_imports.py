"""Public data with known answers, through the real connectors and the whole hub."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bench import imports
from hub.ingest.hub import Hub
from hub.registry import load_registry

pytestmark = pytest.mark.shared

MOST = [8_000, pytest.param(40_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
"""Rows of the ledger that are read."""


def filled(address: str, look: Callable[[Hub], Awaitable[None]]) -> None:
    """Run ``look`` on a new hub with all connectors."""

    async def run() -> None:
        async with await Hub.open(address, load_registry(), imports.COMPANY) as hub:
            await look(hub)

    asyncio.run(run())


async def all_rows(hub: Hub, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement, *values)]


async def pulled(hub: Hub, name: str, connector: str, settings: dict[str, Any]) -> str:
    """A new source, pulled to its end; its id."""
    source = (await hub.create_source(name, connector, settings)).ids[0]
    await imports.pull(hub, source)
    return source


# Mail ---------------------------------------------------------------------------------------------------------


def test_no_mail_is_lost_and_list_mail_makes_no_customer(hub_address: str, shared_data: Path, tmp_path: Path) -> None:
    async def look(hub: Hub) -> None:
        total = 0
        async for done in imports.mails(hub, shared_data, tmp_path):
            total += done.rows
        assert total == 1155
        assert await all_rows(hub, "SELECT count(*) FROM record") == [(1155,)]
        silent = await all_rows(
            hub,
            "SELECT r.number FROM record r WHERE NOT EXISTS (SELECT 1 FROM record_touchpoint t WHERE t.record = r.number) "  # noqa: E501
            "AND NOT EXISTS (SELECT 1 FROM problem p WHERE p.record = r.number)",
        )
        assert silent == []
        only_lists = await all_rows(
            hub,
            "SELECT c.id FROM customer c WHERE c.relationship = 'CUSTOMER' AND NOT EXISTS "
            "(SELECT 1 FROM touchpoint t WHERE t.customer = c.num AND t.automated = FALSE AND t.retracted_at IS NULL)",
        )
        assert only_lists == []
        assert await joined_by_role(hub) == []
        assert await all_rows(hub, "SELECT count(*) FROM problem WHERE code = 'INTERNAL'") == [(0,)]

    filled(hub_address, look)


async def joined_by_role(hub: Hub) -> list[tuple[Any, ...]]:
    """Role mailboxes that belong to a customer or may join."""
    return await all_rows(
        hub, "SELECT value FROM identifier WHERE blocked = 'ROLE' AND (joins = TRUE OR customer IS NOT NULL)"
    )


def test_bounces_are_bounces(hub_address: str, shared_data: Path) -> None:
    async def look(hub: Hub) -> None:
        await pulled(
            hub,
            "Bounces",
            "email.mailbox",
            {"path": str(shared_data / "email" / "sisimai"), "own_addresses": ["shironeko@example.com"]},
        )
        found = dict(
            await all_rows(hub, "SELECT kind, count(*) FROM touchpoint WHERE retracted_at IS NULL GROUP BY kind")
        )
        # 56 mails lie there twice, once with other ends of lines.
        [(copies, mails)] = await all_rows(hub, "SELECT count(*), count(DISTINCT key) FROM record")
        assert (copies, mails) == (847, 791)
        assert found == {"bounce": 755, "auto_reply": 9, "complaint": 17, "email": 15}
        assert await all_rows(hub, "SELECT code, message, count(*) FROM problem GROUP BY 1, 2") == [
            ("UNREADABLE", "the mail has no readable date", 22)
        ]
        assert await all_rows(hub, "SELECT count(*) FROM touchpoint WHERE kind = 'bounce' AND automated = FALSE") == [
            (0,)
        ]
        bounced_only = await all_rows(
            hub,
            "SELECT c.display_name, c.stage FROM customer c WHERE c.stage IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM touchpoint t WHERE t.customer = c.num AND t.kind <> 'bounce')",
        )
        assert bounced_only == []

    filled(hub_address, look)


# Ledgers ------------------------------------------------------------------------------------------------------


def test_the_invoices_of_a_record_shop(hub_address: str, shared_data: Path, tmp_path: Path) -> None:
    async def look(hub: Hub) -> None:
        async for done in imports.chinook(hub, shared_data, tmp_path):
            assert {name: int(count) for name, count in done.facts.items()} == {
                "invoices": 412,
                "customers": 59,
                "net": 232860,
            }
        assert await all_rows(hub, "SELECT sum(orders), sum(invoiced) FROM customer_value WHERE currency = 'USD'") == [
            (412, 232860)
        ]
        assert await all_rows(hub, "SELECT count(*) FROM problem") == [(0,)]

    filled(hub_address, look)


def beginning(data: Path, folder: Path, most: int) -> list[list[str]]:
    """The head of the ledger and its first rows."""
    with imports.write_uci(data, folder / "first.csv", most=most).open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def written(target: Path, head: list[str], rows: list[list[str]]) -> Path:
    """Rows of the ledger as CSV."""
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return target


async def totals(hub: Hub) -> dict[str, Any]:
    """Lines, documents, known customers, and the net value both from line items and from touchpoints."""
    lines = await all_rows(
        hub,
        "SELECT t.kind, l.amount FROM line_item l JOIN touchpoint t ON t.num = l.touchpoint WHERE t.retracted_at IS NULL",  # noqa: E501
    )
    [(documents, net)] = await all_rows(
        hub,
        "SELECT count(*), sum(CASE WHEN kind = 'credit_note' THEN -amount ELSE amount END) FROM touchpoint WHERE retracted_at IS NULL",  # noqa: E501
    )
    exact = sum((-Decimal(amount) if kind == "credit_note" else Decimal(amount) for kind, amount in lines), Decimal(0))
    [(customers,)] = await all_rows(hub, "SELECT count(*) FROM customer")
    return {
        "lines": len(lines),
        "documents": documents,
        "customers": customers,
        "exact": exact,
        "net": Decimal(int(net)) / 100,
    }


def expected(rows: list[list[str]]) -> dict[str, Any]:
    """The same, straight from the file."""
    net = sum((Decimal(row[3]) * Decimal(row[5]) for row in rows), Decimal(0))
    return {
        "lines": len(rows), "documents": len({row[0] for row in rows}), "customers": len({row[6] for row in rows if row[6]}), "exact": net, "net": net,  # noqa: E501
    }  # fmt: skip


@pytest.mark.parametrize("most", MOST)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["earlier half first", "later half first"])
def test_overlapping_halves_of_a_ledger_in_either_order(
    tmp_path: Path, shared_data: Path, order: tuple[int, int], most: int
) -> None:
    """Two exports of one ledger overlap; what both hold is counted once, exact copies of a line within one stay."""
    head, *rows = beginning(shared_data, tmp_path, most)
    # A half begins with a whole invoice: an export is cut by day, not in the middle of a document.
    start = next(place for place in range(most * 2 // 5, most) if rows[place - 1][0] != rows[place][0])
    halves = [
        written(tmp_path / "early.csv", head, rows[: most * 3 // 5]), written(tmp_path / "late.csv", head, rows[start:])
    ]  # fmt: skip

    async def look(hub: Hub) -> None:
        folder = tmp_path / "exports"
        folder.mkdir()
        target = folder / "ledger.csv"
        target.write_bytes(halves[order[0]].read_bytes())
        source = await pulled(hub, "Ledger", "accounting.csv", imports.LEDGER | {"path": str(target)})
        for again in (order[1], order[0]):
            target.write_bytes(halves[again].read_bytes())
            await imports.pull(hub, source)
        found = await totals(hub)
        want = expected(rows)
        assert abs(found.pop("net") - want.pop("net")) < Decimal("0.50")
        assert found == want

    filled(str(tmp_path / "hub"), look)


@pytest.mark.parametrize("most", MOST)
def test_a_ledger_twice_is_the_same_ledger(tmp_path: Path, shared_data: Path, most: int) -> None:
    head, *rows = beginning(shared_data, tmp_path, most)
    file = written(tmp_path / "ledger.csv", head, rows)

    async def look(hub: Hub) -> None:
        source = await pulled(hub, "Ledger", "accounting.csv", imports.LEDGER | {"path": str(file)})
        first, want = await totals(hub), expected(rows)
        assert (first["lines"], first["documents"], first["customers"], first["exact"]) == (
            want["lines"], want["documents"], want["customers"], want["exact"],
        )  # fmt: skip
        with file.open("ab") as out:
            out.write(b"\n")
        await imports.pull(hub, source)
        assert await totals(hub) == first
        assert await all_rows(hub, "SELECT stored, changed FROM run ORDER BY num") == [(most, 0), (0, 0)]

    filled(str(tmp_path / "hub"), look)


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_the_whole_ledger(hub_address: str, shared_data: Path, tmp_path: Path) -> None:
    async def look(hub: Hub) -> None:
        async for _ in imports.uci(hub, shared_data, tmp_path):
            found = await totals(hub)
            assert (found["lines"], found["documents"], found["customers"]) == (541_909, 25_900, 4_372)
            assert found["exact"].quantize(Decimal("0.01")) == found["net"] == Decimal("9747747.93")

    filled(hub_address, look)


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["earlier half first", "later half first"])
def test_the_overlapping_halves_of_the_whole_ledger(tmp_path: Path, shared_data: Path, order: tuple[int, int]) -> None:
    halves = [
        imports.write_uci(shared_data, tmp_path / "early.csv", lambda at: at < "2011-07-01"),
        imports.write_uci(shared_data, tmp_path / "late.csv", lambda at: at >= "2011-06-01"),
    ]

    async def look(hub: Hub) -> None:
        target = tmp_path / "ledger.csv"
        target.write_bytes(halves[order[0]].read_bytes())
        source = await pulled(hub, "Ledger", "accounting.csv", imports.LEDGER | {"path": str(target)})
        target.write_bytes(halves[order[1]].read_bytes())
        await imports.pull(hub, source)
        found = await totals(hub)
        assert (found["lines"], found["documents"], found["customers"]) == (541_909, 25_900, 4_372)
        assert found["exact"].quantize(Decimal("0.01")) == Decimal("9747747.93")

    filled(str(tmp_path / "hub"), look)


# People -------------------------------------------------------------------------------------------------------


def test_people_of_four_sources_are_found_together(tmp_path: Path, shared_data: Path) -> None:
    async def look(hub: Hub) -> None:
        async for done in imports.crm_mix(hub, shared_data, tmp_path):
            assert done.rows == 7752
            assert float(done.facts["precision"]) >= 0.995
            assert float(done.facts["recall"]) >= 0.62
        assert await joined_by_role(hub) == []
        [(shared,)] = await all_rows(hub, "SELECT count(*) FROM identifier WHERE blocked = 'ROLE'")
        assert shared > 0

    filled(str(tmp_path / "hub"), look)

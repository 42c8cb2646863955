"""The ledger, the deals and the customer list."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from rupali.people import Person, in_digits
from rupali.texts import PRODUCTS
from rupali.world import COUNTS, DHAKA, END, moment, number, pick


@dataclass
class Bill:
    """An invoice or credit note with its lines, or a payment or refund without."""

    kind: str
    day: datetime
    person: Person
    amount: Decimal = Decimal(0)
    lines: list[tuple[str, str, int, Decimal]] = field(default_factory=list)
    settles: Bill | None = None
    currency: str = "BDT"
    due: bool = False
    number: str = ""
    at: str = ""

    def total(self) -> Decimal:
        return sum((count * price for _, _, count, price in self.lines), self.amount)


BILLS: list[Bill] = []


DEALS: list[dict[str, Any]] = []


def invoice(
    person: Person, day: datetime, lines: list[tuple[str, int]], *, paid: int | None = 4, currency: str = "BDT"
) -> Bill:
    """An invoice, and its payment after so many days."""
    rate = Decimal("0.45") if currency == "PKR" else Decimal(1)
    goods = [(sku, PRODUCTS[sku][0], count, Decimal(PRODUCTS[sku][1]) / rate) for sku, count in lines]
    goods = [(sku, name, count, price.quantize(Decimal(1))) for sku, name, count, price in goods]
    bill = Bill("invoice", day, person, lines=goods, currency=currency, due=True)
    BILLS.append(bill)
    COUNTS["ACCOUNTING"] += 1
    if paid is not None and day + timedelta(days=paid) < END:
        settle("payment", bill, paid, bill.total())
    return bill


def settle(
    kind: str, bill: Bill, days: int, amount: Decimal, lines: list[tuple[str, str, int, Decimal]] | None = None
) -> None:
    """A credit note, payment or refund of a bill, so many days later."""
    day = bill.day + timedelta(days=days)
    BILLS.append(Bill(kind, day, bill.person, amount, lines or [], settles=bill, currency=bill.currency))
    COUNTS["ACCOUNTING"] += 1


def basket() -> list[tuple[str, int]]:
    """A few goods."""
    skus = sorted(PRODUCTS)
    chosen = {pick(skus): pick([1, 1, 1, 2, 3]) for _ in range(pick([1, 2, 2, 3, 4]))}
    return list(chosen.items())


def deals(people: dict[str, Person]) -> None:
    """Wholesale deals with six of them."""
    states = [
        ("won", "2026-04-20"),
        ("lost", "2026-02-28"),
        ("negotiation", ""),
        ("offer sent", ""),
        ("won", "2026-09-15"),
        ("offer sent", ""),
    ]
    chosen = [
        ("golam", "Season order, catering"),
        ("arif", "Wholesale, steel pots"),
        ("kashif", "Trays for Lahore"),
        ("kamal", "Restaurant kitchen refit"),
        ("farzana", "Serving sets"),
        ("usman", "Hotel breakfast range"),
    ]
    for index, ((key, title), (state, closed)) in enumerate(zip(chosen, states, strict=True), 1):
        person = people[key]
        opened = moment(f"2026-{index:02d}-0{index + 1}T00:00:00")
        DEALS.append(
            {
                "id": f"D-{100 + index}",
                "title": title,
                "pipeline": "Wholesale",
                "state": state,
                "amount": number(20, 180) * 1000,
                "currency": "BDT",
                "owner": pick(["tania", "jamil"]),
                "opened": f"{opened:%Y-%m-%d}",
                "closed": closed,
                "name": person.name,
                "email": person.email,
                "phone": person.phone,
            }
        )
        COUNTS["OTHER"] += 2 if closed else 1


def sheet(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def ledger() -> str:
    """The ledger, a row for each line of a document."""
    counters: dict[str, int] = {}
    prefixes = {"invoice": "INV", "credit note": "CN", "payment": "PAY", "refund": "RF", "void": "INV"}
    BILLS.sort(key=lambda bill: bill.day)
    contacts: dict[str, str] = {}
    rows = []
    for bill in BILLS:
        series = f"{prefixes[bill.kind]}-{bill.day.year}"
        counters[series] = counters.get(series, 0) + 1
        bill.number = f"{series}-{counters[series]:04d}"
    for bill in BILLS:
        person = bill.person
        contact = contacts.setdefault(person.key, f"C-{1001 + len(contacts)}")
        lines = bill.lines or [("", "", 1, bill.amount)]
        for sku, name, count, price in lines:
            rows.append(
                {
                    "number": bill.number,
                    "date": f"{bill.day:%Y-%m-%d}",
                    "type": bill.kind.capitalize(),
                    "contact": contact,
                    "name": person.name,
                    "email": person.email if sum(person.key.encode()) % 3 else "",
                    "phone": f"0{person.phone[-10:]}" if person.country == "BD" else person.phone,
                    "sku": sku,
                    "description": name,
                    "quantity": count,
                    "unit_price": price,
                    "amount": count * price,
                    "currency": bill.currency,
                    "settles": bill.settles.number if bill.settles else "",
                    "due": f"{bill.day + timedelta(days=15):%Y-%m-%d}" if bill.due else "",
                }
            )
    return sheet(rows)


def since(person: Person) -> datetime:
    """Who bought is written into the list on the next day; all others came with the list of a fair."""
    bought = [bill.day for bill in BILLS if bill.person is person]
    return min(bought) + timedelta(days=1) if bought else datetime(2025, 6, 30, tzinfo=DHAKA)


def customer_list(people: list[Person]) -> str:
    """The list of customers somebody keeps by hand."""
    rows = []
    for index, person in enumerate(people, 1):
        rows.append(
            {
                "id": f"K-{index:03d}",
                "since": f"{since(person):%Y-%m-%d}",
                "name": person.name,
                "email": person.email,
                "phone": in_digits(f"0{person.phone[-10:]}", "bn" if index % 5 == 0 else "en")
                if person.country == "BD" and person.phone
                else person.phone,
                "birthday": person.birthday,
                "city": person.city,
                "country": person.country,
                "language": person.language,
                "company": person.company,
                "mastodon": person.account["id"],
            }
        )
        COUNTS["OTHER"] += 1
    return sheet(rows)

"""Random group-bys over a hub full of random touchpoints are what counting the rows one by one comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api.conftest import Served

Row = dict[str, Any]
RATES = [("2026-01-01", Decimal("100.25")), ("2026-02-10", Decimal("120.5")), ("2026-03-02", Decimal("99.999"))]
USER = {"user": "tania", "name": "Tania Akter", "email": "tania@shop.example"}
AGENTS = [("AGENT", "Tania", "TANIA@shop.example"), ("AGENT", "Jamil Hasan", ""), ("FROM", "Nobody", "n@x.org")]
GOODS = {"tea": "drinks", "juice": "drinks", "rice": "food", "bag": None}
WHO = [{"email": f"p{n}@x.org"} for n in range(6)] + [{"contact": f"K-{n}"} for n in range(3)]


def rows_of(draw: Random, many: int) -> list[Row]:
    """Touchpoints of all sorts: some with lines, with agents, with amounts in three currencies, with costs."""
    return [row_of(draw) for _ in range(many)]


def row_of(draw: Random) -> Row:
    kind, channel = draw.choice([("invoice", "ACCOUNTING"), ("email", "EMAIL"), ("call", "PHONE"), ("visit", "APP")])
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(0, 100 * 24 * 60))
    row: Row = {"kind": kind, "channel": channel, "who": draw.choice(WHO), "at": at.isoformat()}
    row["currency"] = draw.choice(["BDT", "BDT", "USD", "CHF"])
    if kind == "invoice" or draw.random() < 0.2:
        row["amount"] = f"{Decimal(draw.randrange(1, 100_000)) / 100}"
    if draw.random() < 0.4:
        row["cost"] = f"{Decimal(draw.randrange(0, 5_000)) / 100}"
    if draw.random() < 0.3:
        row["quantity"] = [f"{Decimal(draw.randrange(-50, 500)) / 10}", draw.choice(["points", "minutes"])]
    if draw.random() < 0.5:
        row["lines"] = [line_of(draw) for _ in range(draw.randrange(1, 4))]
    if draw.random() < 0.5:
        row["participants"] = [draw.choice(AGENTS) for _ in range(draw.randrange(1, 4))]
    return row


def line_of(draw: Random) -> dict[str, Any]:
    sku = draw.choice(list(GOODS))
    return {
        "sku": sku, "description": sku, "category": GOODS[sku],
        "amount": f"{Decimal(draw.randrange(1, 99_999)) / 1000}",
        "quantity": f"{Decimal(draw.randrange(1, 4_000)) / 1000}",
    }  # fmt: skip


# Counting one by one -------------------------------------------------------------------------------------------------


def moment(row: Row, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(row["at"]).astimezone(ZoneInfo(zone))


def period(on: date, every: str) -> str:
    if every == "WEEK":
        return (on - timedelta(days=on.weekday())).isoformat()
    month = {"MONTH": on.month, "QUARTER": (on.month - 1) // 3 * 3 + 1, "YEAR": 1}.get(every, on.month)
    return (on if every == "DAY" else on.replace(month=month, day=1)).isoformat()


def taka(amount: str, row: Row) -> Decimal | None:
    """In the hub's currency, by the rate of the day; rounded to cents before and after."""
    cents = Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    match row["currency"]:
        case "BDT":
            return cents
        case "CHF":
            return None
    day = moment(row).date()
    known = [rate for since, rate in RATES if timedelta(0) <= day - date.fromisoformat(since) <= timedelta(days=31)]
    return (cents * known[-1]).quantize(Decimal("0.01"), ROUND_HALF_EVEN) if known else None


def agents(row: Row) -> set[str | None]:
    named = {"Tania": "Tania Akter"}
    return {named.get(name, name) for role, name, _ in row.get("participants", ()) if role == "AGENT"} or {None}


def lines(row: Row) -> Sequence[dict[str, Any]]:
    return row.get("lines") or [{}]


def first(rows: Sequence[Row], row: Row, *kinds: str) -> str | None:
    times = [moment(each) for each in rows if each["who"] == row["who"] and (not kinds or each["kind"] in kinds)]
    return period(min(times).date(), "MONTH") if times else None


Sides = dict[str, tuple[str, Callable[[Sequence[Row], Row, dict[str, Any]], set[Any]]]]
SIDES: Sides = {
    "KIND": ("kind", lambda _, row, __: {row["kind"]}),
    "CHANNEL": ("channel", lambda _, row, __: {row["channel"]}),
    "HOUR": ("hour", lambda _, row, __: {row["local"].hour}),
    "WEEKDAY": ("weekday", lambda _, row, __: {row["local"].isoweekday()}),
    "QUANTITY_UNIT": ("quantityUnit", lambda _, row, __: {row["quantity"][1] if "quantity" in row else None}),
    "PRODUCT": ("product { sku }", lambda _, __, line: {line.get("sku")}),
    "PRODUCT_CATEGORY": ("productCategory", lambda _, __, line: {line.get("category")}),
    "AGENT": ("agentName", lambda _, row, __: agents(row)),
    "CUSTOMER": ("customer { displayName }", lambda _, row, __: set(row["who"].values())),
    "CUSTOMER_KIND": ("customerKind", lambda _, row, __: {"PERSON" if "email" in row["who"] else "ORGANISATION"}),
    "CUSTOMER_FIRST_TOUCH_MONTH": ("customerFirstTouchMonth", lambda rows, row, _: {first(rows, row)}),
    "CUSTOMER_FIRST_PURCHASE_MONTH": (
        "customerFirstPurchaseMonth", lambda rows, row, _: {first(rows, row, "invoice")}
    ),
}  # fmt: skip


def recounted(rows: Sequence[Row], sides: Sequence[str], every: str, zone: str) -> dict[tuple[Any, ...], Row]:
    """Groups by key: which touchpoints, whose, worth what, cost, and the quantities with what each counts."""
    found: dict[tuple[Any, ...], Row] = {}
    of_lines = any(side.startswith("PRODUCT") for side in sides)
    for number, given in enumerate(rows):
        row = {**given, "local": moment(given, zone)}
        when = (period(row["local"].date(), every),) if every else ()
        seen: set[tuple[Any, ...]] = set()
        for place, line in enumerate(lines(row)):
            for key in product(*(SIDES[side][1](rows, row, line) for side in sides)):
                group = found.setdefault(
                    when + key, {"touchpoints": set(), "customers": set(), "amount": 0, "cost": 0, "counted": []}
                )
                group["touchpoints"].add(number)
                group["customers"].add(str(row["who"]))
                if key not in seen:
                    group["cost"] += taka(row.get("cost", "0"), row) or 0
                if line and of_lines:
                    group["amount"] += taka(line["amount"], row) or 0
                elif key not in seen:
                    group["amount"] += taka(row.get("amount", "0"), row) or 0
                seen.add(key)
                if line:
                    group["counted"].append(("", Decimal(line["quantity"])))
                elif place == 0 and "quantity" in row:
                    group["counted"].append((row["quantity"][1], Decimal(row["quantity"][0])))
    return found


def quantity(group: Row) -> Decimal | None:
    units = {unit for unit, _ in group["counted"]}
    return sum((size for _, size in group["counted"]), Decimal()) if len(units) == 1 else None


@pytest.fixture(params=[pytest.param(60, id="few"), pytest.param(400, id="many", marks=pytest.mark.long)])
def filled(service: Served, request: pytest.FixtureRequest) -> tuple[Served, list[Row], Random]:
    draw = Random(7 + request.param)
    rows = rows_of(draw, request.param)
    service.tell({**USER, "rates": [["USD", "BDT", day, str(rate)] for day, rate in RATES]})
    for start in range(0, len(rows), 100):
        service.tell(*rows[start : start + 100])
    service.tell({**USER, "kind": "note", "who": WHO[0], "at": "2026-01-01T00:00:00+00:00"})
    rows.append({"kind": "note", "channel": "ACCOUNTING", "who": WHO[0], "at": "2026-01-01T00:00:00+00:00",
                 "currency": "BDT"})  # fmt: skip
    return service, rows, draw


def text(value: Any) -> str:
    return f"{value:.2f}"


def test_groups_of_touchpoints_are_what_counting_them_one_by_one_comes_to(
    filled: tuple[Served, list[Row], Random],
) -> None:
    service, rows, draw = filled
    for _ in range(2 * len(rows) // 5):
        sides = draw.sample(list(SIDES), draw.randrange(0, 4))
        every, zone = draw.choice(["", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]), draw.choice(["UTC", "Asia/Dhaka"])
        asked = f'timeZone: "{zone}", first: 10000, groupBy: [{", ".join(sides)}]' + (
            f", every: {every}" if every else ""
        )
        shown = ["period"] * bool(every) + [SIDES[side][0] for side in sides]
        answer = service.ask(
            f"{{ touchpointStats({asked}) {{ rows {{ key {{ {' '.join(shown) or 'kind'} }} touchpoints customers "
            "amount { amount } cost { amount } quantity } } }"
        )["touchpointStats"]["rows"]
        told = {
            tuple(next(iter(part.values())) if isinstance(part, dict) else part for part in row["key"].values())
            if shown else (): (row["touchpoints"], row["customers"], row["amount"]["amount"], row["cost"]["amount"],
                               None if row["quantity"] is None else Decimal(row["quantity"]))
            for row in answer
        }  # fmt: skip
        expected = {
            key: (len(group["touchpoints"]), len(group["customers"]), text(group["amount"]), text(group["cost"]),
                  quantity(group))
            for key, group in recounted(rows, sides, every, zone).items()
        }  # fmt: skip
        assert told == expected, asked
        assert len(answer) == len(expected), asked


def test_groups_of_touchpoints_are_kept_and_ordered_by_any_measure(
    filled: tuple[Served, list[Row], Random],
) -> None:
    service, rows, _ = filled
    groups = recounted(rows, ["PRODUCT"], "", "UTC")
    for order in ("TOUCHPOINTS", "CUSTOMERS", "AMOUNT", "COST", "QUANTITY"):
        sizes = {
            key[0]: {"TOUCHPOINTS": len(group["touchpoints"]), "CUSTOMERS": len(group["customers"]),
                     "AMOUNT": group["amount"], "COST": group["cost"], "QUANTITY": quantity(group)}[order]
            for key, group in groups.items()
        }  # fmt: skip
        known = sorted(size for size in sizes.values() if size is not None)
        least = known[len(known) // 2]
        number = least if order in ("TOUCHPOINTS", "CUSTOMERS") else f'"{least:f}"'
        for direction in ("DESC", "ASC"):
            answer = service.ask(
                f"{{ touchpointStats(groupBy: [PRODUCT], orderBy: {order}, direction: {direction}, "
                f"having: {{{order.lower()}AtLeast: {number}}}) {{ rows {{ key {{ product {{ sku }} }} }} }} }}"
            )["touchpointStats"]["rows"]
            told = [sizes[row["key"]["product"] and row["key"]["product"]["sku"]] for row in answer]
            assert told == sorted((each for each in known if each >= least), reverse=direction == "DESC")


def test_groups_of_customers_are_worth_what_each_of_them_is_in_any_currency(
    filled: tuple[Served, list[Row], Random],
) -> None:
    service, _, draw = filled
    for kind in ("credit_note", "payment"):
        service.tell(
            *({"kind": kind, "who": who, "at": "2026-02-20T09:00:00+00:00", "amount": f"{draw.randrange(1, 50)}.25",
               "currency": currency} for who in WHO[::2] for currency in ("BDT", "USD"))
        )  # fmt: skip
    everybody = service.ask(
        '{ customers(first: 100) { nodes { kind value(currency: "USD") { revenue { amount } } } } }'
    )["customers"]["nodes"]  # fmt: skip
    expected: dict[str, Decimal] = {}
    for each in everybody:
        worth = Decimal(each["value"]["revenue"]["amount"])
        expected[each["kind"]] = expected.get(each["kind"], Decimal()) + worth
    found = service.ask(
        '{ customerStats(groupBy: [KIND], currency: "USD") { rows { key { kind } revenue { amount currency } } '
        "totalRevenue { amount } notConverted { currency } } }"
    )["customerStats"]
    assert {row["key"]["kind"]: Decimal(row["revenue"]["amount"]) for row in found["rows"]} == expected
    assert Decimal(found["totalRevenue"]["amount"]) == sum(expected.values())
    assert {row["revenue"]["currency"] for row in found["rows"]} == {"USD"}
    # The rates of taka end before the last touchpoints.
    assert {each["currency"] for each in found["notConverted"]} == {"BDT", "CHF"}


def test_groups_of_customers_are_what_counting_them_one_by_one_comes_to(
    filled: tuple[Served, list[Row], Random],
) -> None:
    service, rows, _ = filled
    parts: dict[str, tuple[str, Callable[[Sequence[Row]], str | None]]] = {
        "groupBy: [KIND]": ("kind", lambda theirs: "PERSON" if "email" in theirs[0]["who"] else "ORGANISATION"),
        "groupBy: [FIRST_PURCHASE_MONTH]": ("firstPurchaseMonth", lambda theirs: first(theirs, theirs[0], "invoice")),
        "every: WEEK": ("period", lambda theirs: period(min(map(moment, theirs)).date(), "WEEK")),
        'every: DAY, on: LAST_TOUCH, timeZone: "Asia/Dhaka"': (
            "period", lambda theirs: period(max(moment(row, "Asia/Dhaka") for row in theirs).date(), "DAY")
        ),
        "every: MONTH, on: FIRST_PURCHASE": ("period", lambda theirs: first(theirs, theirs[0], "invoice")),
    }  # fmt: skip
    for asked, (key, side) in parts.items():
        expected: dict[str | None, list[Any]] = {}
        for who in WHO:
            theirs = [row for row in rows if row["who"] == who]
            bought = [row for row in theirs if row["kind"] == "invoice"]
            figures = (
                1, int(bool(bought)), len(bought), sum((taka(row["amount"], row) or 0 for row in bought), Decimal()),
                sum((taka(row.get("cost", "0"), row) or 0 for row in theirs), Decimal()),
            )  # fmt: skip
            before = expected.setdefault(side(theirs), [0, 0, 0, Decimal(), Decimal()])
            expected[side(theirs)] = [a + b for a, b in zip(before, figures, strict=True)]
        answer = service.ask(
            f"{{ customerStats({asked}) {{ rows {{ key {{ {key} }} customers buyers purchases revenue {{ amount }} "
            "costToServe { amount } } } }"
        )["customerStats"]["rows"]
        told = {
            row["key"][key]: [row["customers"], row["buyers"], row["purchases"], Decimal(row["revenue"]["amount"]),
                              Decimal(row["costToServe"]["amount"])]
            for row in answer
        }  # fmt: skip
        assert told == expected, asked

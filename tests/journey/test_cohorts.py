"""Cohorts: a small portfolio by hand, any portfolio by a plain reckoning, and the public one with its known numbers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.choices import CohortPeriod
from hub.journey.cohorts import Began, Bought, Cohort, cohorts, periods, retention, starts_on

MONTH = CohortPeriod.MONTH
EPOCH = date(1970, 1, 1)


def day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


def bought(*rows: tuple[int, str, int], period: CohortPeriod = MONTH, fiscal_start: int = 1) -> Bought:
    days = np.array([day(when) for _, when, _ in rows], np.int64)
    return Bought(
        np.array([who for who, _, _ in rows], np.int64),
        periods(days, period, fiscal_start),
        np.array([amount for _, _, amount in rows], np.int64),
    )


def first_purchases(months: Bought) -> Began:
    first: dict[int, int] = {}
    for customer, period in zip(months.customer.tolist(), months.period.tolist(), strict=True):
        first[customer] = min(period, first.get(customer, period))
    return Began(np.array(list(first), np.int64), np.array(list(first.values()), np.int64))


SHOP = (
    (1, "2025-12-31", 100),
    (1, "2026-01-01", 10),
    (1, "2026-01-31", 20),
    (2, "2025-12-01", 200),
    (2, "2026-02-15", 5),
    (3, "2026-01-10", 1000),
    (3, "2026-01-11", 1),
    (3, "2026-02-28", 7),
)


def test_customers_are_counted_once_a_month_and_their_amounts_summed() -> None:
    months = bought(*SHOP)
    found = cohorts(first_purchases(months), months, int(months.period.max()), MONTH)
    assert found == [
        Cohort(date(2025, 12, 1), 2, (2, 1, 1), (300, 30, 5)),
        Cohort(date(2026, 1, 1), 1, (1, 1), (1001, 7)),
    ]
    assert retention(found) == [1.0, 2 / 3, 0.5]


def test_by_first_touch_a_cohort_holds_who_never_bought() -> None:
    months = bought(*SHOP)
    december, january = months.period[0], months.period[1]
    began = Began(np.array([1, 2, 3, 4]), np.array([december, december, december, january]))
    assert cohorts(began, months, int(january) + 1, MONTH) == [
        Cohort(date(2025, 12, 1), 3, (2, 2, 2), (300, 1031, 12)),
        Cohort(date(2026, 1, 1), 1, (0, 0), (0, 0)),
    ]


def test_what_was_bought_before_a_customer_began_is_left_out() -> None:
    months = bought(*SHOP)
    began = Began(np.array([1]), months.period[2:3])
    assert cohorts(began, months, int(months.period.max()), MONTH) == [Cohort(date(2026, 1, 1), 1, (1, 0), (30, 0))]


def test_no_more_periods_are_shown_than_asked() -> None:
    months = bought(*SHOP)
    found = cohorts(first_purchases(months), months, int(months.period.max()), MONTH, most=1)
    assert [each.customers for each in found] == [(2, 1), (1, 1)]


@pytest.mark.parametrize(
    ("period", "fiscal_start", "expected"),
    [
        (CohortPeriod.MONTH, 1, "2026-02-01"),
        (CohortPeriod.QUARTER, 7, "2026-01-01"),
        (CohortPeriod.FISCAL_QUARTER, 1, "2026-01-01"),
        (CohortPeriod.FISCAL_QUARTER, 7, "2026-01-01"),
        (CohortPeriod.FISCAL_QUARTER, 2, "2026-02-01"),
        (CohortPeriod.FISCAL_QUARTER, 12, "2025-12-01"),
    ],
)
def test_quarters_begin_in_the_calendars_months_or_the_fiscal_years(
    period: CohortPeriod, fiscal_start: int, expected: str
) -> None:
    (number,) = periods(np.array([day("2026-02-28")]), period, fiscal_start).tolist()
    assert starts_on(number, period, fiscal_start) == date.fromisoformat(expected)


@given(st.integers(-5000, 40_000), st.sampled_from(CohortPeriod), st.integers(1, 12))
def test_each_day_lies_in_its_period(number: int, period: CohortPeriod, fiscal_start: int) -> None:
    (found,) = periods(np.array([number]), period, fiscal_start).tolist()
    begins, ends = (starts_on(each, period, fiscal_start) for each in (found, found + 1))
    assert begins <= EPOCH + timedelta(days=number) < ends


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 2**55)), max_size=30), st.integers(0, 8))
def test_cohorts_are_those_of_a_plain_reckoning(rows: list[tuple[int, int, int]], until: int) -> None:
    who, when, amount = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    found = cohorts(first_purchases(Bought(who, when, amount)), Bought(who, when, amount), until, MONTH)
    first = {customer: min(at for each, at, _ in rows if each == customer) for customer, _, _ in rows}
    for cohort, number in zip(found, sorted({at for at in first.values() if at <= until}), strict=True):
        own = {customer for customer, at in first.items() if at == number}
        assert cohort.size == len(own)
        for after, (count, total) in enumerate(zip(cohort.customers, cohort.amounts, strict=True)):
            here = [(customer, brought) for customer, at, brought in rows if customer in own and at == number + after]
            assert (count, total) == (len({customer for customer, _ in here}), sum(each for _, each in here))


@pytest.mark.shared
def test_cohorts_of_a_public_shop(shared_data: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(shared_data / "orders" / "online_retail_2010_2011.parquet").to_pydict()
    clean = [
        (int(customer), at.date().toordinal() - EPOCH.toordinal(), quantity * price)
        for customer, at, number, quantity, price in zip(
            *(rows[name] for name in ("CustomerID", "InvoiceDate", "InvoiceNo", "Quantity", "UnitPrice")), strict=True
        )
        if customer is not None and not str(number).startswith("C") and quantity > 0 and price > 0
    ]
    months = periods(np.array([at for _, at, _ in clean]), MONTH)
    sold = Bought(
        np.array([who for who, _, _ in clean]), months, np.array([round(float(worth) * 100) for _, _, worth in clean])
    )
    found = cohorts(first_purchases(sold), sold, int(months.max()), MONTH)
    december = found[0]
    assert december.starts_on == date(2010, 12, 1)
    assert december.customers[:5] == (885, 324, 286, 340, 321)
    assert [round(each / december.size, 4) for each in december.customers[1:]] == [
        0.3661, 0.3232, 0.3842, 0.3627, 0.3977, 0.3627, 0.3492, 0.3537, 0.3955, 0.3740, 0.5028, 0.2655,
    ]  # fmt: skip
    assert [each.size for each in found[:4]] == [885, 417, 380, 452]

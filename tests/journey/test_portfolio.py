"""RFM scores, ABC classes and concentration: small exact sets, and a real ledger with published totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.compute as compute
import pyarrow.parquet as parquet
import pytest

from hub.journey.portfolio import abc_classes, quintiles, rfm_scores, share_of_top


def test_ten_different_values_are_two_for_each_score() -> None:
    assert quintiles(np.array([70, 10, 20, 100, 30, 40, 90, 50, 60, 80])).tolist() == [4, 1, 1, 5, 2, 2, 5, 3, 3, 4]


def test_equal_values_share_the_score_of_their_middle() -> None:
    assert quintiles(np.array([1, 1, 1, 1, 1, 1, 2, 3, 4, 5])).tolist() == [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]
    assert quintiles(np.array([7, 7, 7])).tolist() == [3, 3, 3]
    assert quintiles(np.array([], np.int64)).tolist() == []


def test_fewer_days_score_better() -> None:
    scores = rfm_scores(np.array([300, 1, 100, 50, 10]), np.array([1, 5, 2, 3, 4]), np.array([10, 50, 20, 30, 40]))
    assert scores.tolist() == [[1, 1, 1], [5, 5, 5], [2, 2, 2], [3, 3, 3], [4, 4, 4]]


def test_who_reaches_a_cut_off_is_above_it_and_who_crosses_it_is_below() -> None:
    assert abc_classes(np.array([15, 80, 5])).tolist() == [1, 0, 2]
    assert abc_classes(np.array([20, 79, 1])).tolist() == [2, 0, 2]
    assert abc_classes(np.array([81, 14, 5])).tolist() == [0, 1, 2]


def test_the_largest_is_in_the_first_class_and_who_brought_nothing_in_the_last() -> None:
    assert abc_classes(np.array([5])).tolist() == [0]
    assert abc_classes(np.array([0, 97, -300, 3])).tolist() == [2, 0, 2, 2]
    assert abc_classes(np.array([0, -1])).tolist() == [2, 2]
    assert abc_classes(np.array([], np.int64)).tolist() == []


def test_customers_of_one_size_are_in_one_class() -> None:
    assert abc_classes(np.array([10] * 10)).tolist() == [0] * 10
    assert abc_classes(np.array([50, 20, 20, 10])).tolist() == [0, 1, 1, 2]


def test_cut_offs_are_exact_where_a_fraction_of_two_is_not() -> None:
    ninths = (Decimal("0.07"), Decimal("0.14"), Decimal("0.9"))
    assert abc_classes(np.array([7, 6, 5] + [1] * 82), ninths).tolist()[:3] == [0, 1, 2]


def test_the_share_of_the_top_rounds_the_number_of_customers_up() -> None:
    assert share_of_top(np.array([60, 10, 10, 10, 10, -5]), Decimal("0.2")) == 0.7
    assert share_of_top(np.arange(1, 101), Decimal("0.07")) == sum(range(94, 101)) / 5050
    assert share_of_top(np.array([0, 0]), Decimal("0.2")) == 0.0


@pytest.fixture(scope="module")
def accounts(shared_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days since the last purchase on 2011-12-10, invoices, and thousandths of a pound, of 4,338 customers."""
    table = parquet.read_table(shared_data / "orders" / "online_retail_2010_2011.parquet")
    clean = compute.and_(
        compute.and_(compute.greater(table["Quantity"], 0), compute.greater(table["UnitPrice"], 0)),
        compute.and_(
            compute.is_valid(table["CustomerID"]),
            compute.invert(compute.starts_with(compute.cast(table["InvoiceNo"], "string"), "C")),
        ),
    )
    rows = table.filter(clean)
    assert rows.num_rows == 397_884
    thousandths = compute.cast(
        compute.round(compute.multiply(compute.multiply(rows["UnitPrice"], rows["Quantity"]), 1000)), "int64"
    )
    found = (
        rows.append_column("spent", thousandths)
        .group_by("CustomerID")
        .aggregate([("InvoiceDate", "max"), ("InvoiceNo", "count_distinct"), ("spent", "sum")])
    )
    last = found["InvoiceDate_max"].to_pylist()
    days = np.array([(date(2011, 12, 10) - at.date()).days for at in last])
    return days, found["InvoiceNo_count_distinct"].to_numpy(), found["spent_sum"].to_numpy()


def test_recency_frequency_and_value_of_a_real_ledger(accounts: tuple[np.ndarray, ...]) -> None:
    days, invoices, spent = accounts
    assert (len(days), round(days.mean(), 3), np.median(days), days.max()) == (4338, 93.059, 51, 374)
    assert (invoices.sum(), round(invoices.mean(), 3), invoices.max()) == (18_532, 4.272, 209)
    assert (round(spent.mean() / 1000, 3), np.median(spent) / 1000) == (2054.266, 674.485)
    scores = rfm_scores(days, invoices, spent)
    # Customers by score, as floor(5 * (rank - 1/2) / n) + 1 with pandas' average ranks gives them too.
    assert np.bincount(scores[:, 0])[1:].tolist() == [869, 858, 863, 880, 868]
    assert np.bincount(scores[:, 1])[1:].tolist() == [1493, 0, 1343, 630, 872]
    assert np.bincount(scores[:, 2])[1:].tolist() == [868, 867, 868, 867, 868]


def test_classes_and_concentration_of_a_real_ledger(accounts: tuple[np.ndarray, ...]) -> None:
    spent = accounts[2]
    assert np.bincount(abc_classes(spent)).tolist() == [1132, 1469, 1737]
    assert round(share_of_top(spent, Decimal("0.2")), 4) == 0.7462

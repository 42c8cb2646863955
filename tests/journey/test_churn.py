"""Churn by period and survival: small exact sets, and a public set with published points."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hub.journey.churn import Churn, churn_by_purchases, churn_by_standing, kaplan_meier, trend


def test_who_did_not_buy_in_the_next_period_was_lost() -> None:
    customer = np.array([3, 1, 2, 1, 1, 2, 3, 9])
    period = np.array([1, 0, 0, 1, 1, 2, 2, -1])
    assert churn_by_purchases(customer, period, 3) == [Churn(2, 1), Churn(2, 1)]
    assert [each.rate for each in churn_by_purchases(customer, period, 4)] == [0.5, 0.5, 1.0]
    nobody = np.array([], np.int64)
    assert churn_by_purchases(nobody, nobody, 2) == [Churn(0, 0)]
    assert Churn(0, 0).rate is None


def test_customers_alive_are_those_who_came_and_did_not_lapse() -> None:
    assert churn_by_standing(10, [5, 0, 2], [1, 7, 0]) == [Churn(10, 1), Churn(14, 7), Churn(7, 0)]


def test_a_trend_is_the_slope_of_the_rates_that_are_known() -> None:
    assert trend([0.1, 0.2, 0.3]) == pytest.approx(0.1)
    assert trend([0.1, None, 0.3, 0.4]) == pytest.approx(0.1)
    assert trend([0.5, 0.25, 0.0, 0.0]) == pytest.approx(-0.175)
    assert trend([0.1, None, 0.3]) is None


def test_survival_of_a_textbook_set_with_greenwoods_variance() -> None:
    # Remission of leukaemia under 6-MP, Freireich 1963: the set every book reckons through.
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    left = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    curve = kaplan_meier(np.array(weeks), np.array(left))
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.left.tolist() == [3, 1, 1, 1, 1, 1, 1]
    assert np.round(curve.survival, 4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert np.round(np.sqrt(curve.variance), 4).tolist() == errors
    assert (curve.at(5.9), curve.at(6), curve.at(100)) == (1.0, curve.survival[0], curve.survival[-1])
    assert curve.median == 23


def test_rows_that_stand_for_several_customers_count_so_often() -> None:
    one = kaplan_meier(np.array([1, 1, 2, 3]), np.array([True, True, False, True]))
    other = kaplan_meier(np.array([3, 1, 2]), np.array([True, True, False]), np.array([1, 2, 1]))
    assert one.survival.tolist() == other.survival.tolist() == [0.5, 0.0]
    assert one.variance.tolist() == other.variance.tolist() == [0.0625, 0.0]
    assert kaplan_meier(np.array([1, 2]), np.array([False, False])).median is None


def test_churn_and_survival_of_7043_subscribers(shared_data: Path) -> None:
    with (shared_data / "churn" / "Telco-Customer-Churn.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    churned = np.array([row["Churn"] == "Yes" for row in rows])
    assert Churn(len(rows), int(churned.sum())) == Churn(7043, 1869)
    assert round(Churn(7043, 1869).rate or 0, 5) == 0.26537
    contract = np.array([row["Contract"] for row in rows])
    by_contract = {
        name: (int((contract == name).sum()), round(float(churned[contract == name].mean()), 5))
        for name in ("Month-to-month", "One year", "Two year")
    }
    assert by_contract == {"Month-to-month": (3875, 0.4271), "One year": (1473, 0.1127), "Two year": (1695, 0.02832)}
    curve = kaplan_meier(np.array([int(row["tenure"]) for row in rows]), churned)
    points = [round(curve.at(month), 4) for month in (1, 6, 12, 24, 36, 48, 60, 72)]
    assert points == [0.9460, 0.8848, 0.8432, 0.7887, 0.7485, 0.7088, 0.6644, 0.5928]
    assert curve.median is None

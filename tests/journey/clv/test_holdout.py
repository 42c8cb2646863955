"""Histories from purchases, and predictions against what happened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hub.journey.clv import bg_nbd, gamma_gamma, pareto_nbd
from hub.journey.clv.choices import Predictor, Trouble
from hub.journey.clv.histories import grouped, summarise
from hub.journey.clv.holdout import Holdout, errors, holdout
from tests.journey.clv.published import SPLIT, cdnow, cdnow_weeks, near, purchases

BY_REPEATS = {
    "BG_NBD": [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157],
    "PARETO_NBD": [0.138, 0.599, 1.196, 1.714, 2.398, 2.907, 3.819, 6.403],
}


def test_purchases_of_one_day_count_once() -> None:
    customers, days = np.array([7, 7, 7, 3, 7]), np.array([10, 12, 12, 11, 30])
    found = summarise(customers, days, np.array([5.0, 1.0, 2.0, 9.0, 4.0]), 20)
    assert found.customers.tolist() == [3, 7]
    assert found.repeats.tolist() == [0, 1]
    assert found.recency.tolist() == [0, 2]
    assert found.age.tolist() == [9, 10]
    assert found.spend.tolist() == [9, 8]
    assert found.mean.tolist() == [0, 3]


def test_a_purchase_of_unknown_amount_counts_without_money() -> None:
    found = summarise(np.array([1, 1, 1]), np.array([1, 3, 5]), np.array([5.0, np.nan, 4.0]), 9)
    assert (found.repeats[0], found.known[0], found.mean[0]) == (2, 1, 4)


def test_any_order_of_purchases_gives_the_same_histories() -> None:
    chance = np.random.default_rng(3)
    customers, days, amounts = chance.integers(0, 20, 300), chance.integers(0, 90, 300), chance.integers(1, 99, 300) / 1
    order = chance.permutation(300)
    one, other = summarise(customers, days, amounts, 80), summarise(customers[order], days[order], amounts[order], 80)
    for name in ("customers", "repeats", "recency", "age", "spend", "mean"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


def test_nothing_has_no_history() -> None:
    nothing = np.empty(0, np.int64)
    assert summarise(nothing, nothing, np.empty(0), 5).size == 0
    assert [each.trouble for each in holdout(nothing, nothing, np.empty(0))[1]] == [Trouble.FEW_DAYS]


def test_errors_of_a_prediction() -> None:
    found = errors(np.array([1.0, 2.0, 6.0]), np.array([1.0, 4.0, 5.0]))
    assert (found.predicted, found.actual, found.mae) == (9, 10, 1)
    assert found.bias == pytest.approx(-0.1)
    assert found.rmse == pytest.approx((5 / 3) ** 0.5)
    assert found.rank_correlation == pytest.approx(1)
    assert errors(np.zeros(2), np.zeros(2)).rank_correlation is None


def test_equal_ranks_share_their_mean() -> None:
    # By hand: ranks 1.5 1.5 3 against 1 2 3, whose correlation is the root of 3/4.
    assert errors(np.array([1.0, 1, 5]), np.array([1.0, 2, 3])).rank_correlation == pytest.approx(0.75**0.5)


def test_expected_purchases_of_all_until_week_78() -> None:
    _, _, age, *_ = cdnow()
    for model, total in ((bg_nbd, 4160.5), (pareto_nbd, 4269.9)):
        values = model.fit(cdnow_weeks()).values
        assert float(model.expected(values, age / 7 + 39).sum()) == pytest.approx(total, abs=0.2)


def test_the_better_order_is_used() -> None:
    def held(model: float | None, past: float | None) -> Holdout:
        both = {Predictor.MODEL: model, Predictor.PAST_SPEND: past}
        value = {each: replace(errors(np.zeros(1), np.zeros(1)), rank_correlation=rank) for each, rank in both.items()}
        return Holdout("BG_NBD", 0, 1, 2, 1, {}, value, ())

    assert held(0.5, 0.4).ranking is Predictor.MODEL
    assert held(0.4, 0.4).ranking is Predictor.MODEL
    assert held(0.4, 0.5).ranking is Predictor.PAST_SPEND
    assert held(None, 0.1).ranking is Predictor.PAST_SPEND
    assert held(0.1, None).ranking is Predictor.MODEL
    assert replace(held(0.5, 0.4), value={}).ranking is Predictor.PAST_SPEND


@pytest.mark.shared
def test_the_holdout_table_of_the_sample(shared_data: Path) -> None:
    found, _ = holdout(*purchases(shared_data / "clv" / "CDNOW_sample.txt", 1), split=SPLIT)
    assert [each.model for each, _ in found] == ["PARETO_NBD", "BG_NBD"], "the smaller error first"
    expected = {
        "BG_NBD": (1653.4, -0.1215, 0.7855, 1.608, 0.626),
        "PARETO_NBD": (1665.5, -0.115, 0.7545, 1.603, 0.630),
    }
    for each, _ in found:
        model, naive = each.purchases[Predictor.MODEL], each.purchases[Predictor.PAST_RATE]
        predicted, bias, mae, rmse, correlation = expected[each.model]
        assert model.actual == 1882
        near([model.predicted, naive.predicted], [predicted, 2930.1], absolute=0.05)
        near([model.bias or 0, naive.bias or 0], [bias, 0.557], absolute=0.0005)
        near([model.mae, naive.mae], [mae, 1.0237], absolute=0.00006)
        near([model.rmse, naive.rmse, model.correlation or 0], [rmse, 2.212, correlation], absolute=0.0005)
        table = [(row.actual, row.predicted) for row in each.by_repeats]
        near([row[0] for row in table], [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359], absolute=0.0005)
        near([row[1] for row in table], BY_REPEATS[each.model], absolute=0.0006)
        assert each.ranking is Predictor.MODEL


@pytest.mark.shared
def test_the_fits_and_the_holdout_of_all_of_cdnow(shared_data: Path) -> None:
    customers, days, amounts = purchases(shared_data / "clv" / "CDNOW_master.txt", 0)
    assert (len(days), amounts.sum()) == (69_659, pytest.approx(2_500_315.63))
    known = summarise(customers, days, amounts, SPLIT)
    histories = grouped(known.repeats, known.recency / 7, known.age / 7)
    bg, pareto = bg_nbd.fit(histories), pareto_nbd.fit(histories)
    near(bg.values, [0.25162, 4.78894, 0.72343, 2.16109], relative=0.0001)
    near(pareto.values, [0.59742, 11.58566, 0.52219, 8.82776], relative=0.0001)
    spend = gamma_gamma.fit(known.repeats, known.mean)
    near(spend.values, [6.2754, 3.6245, 14.9837], relative=0.0001)
    heights = [bg.log_likelihood, pareto.log_likelihood, spend.log_likelihood]
    near(heights, [-95368.4439, -95415.1186, -40763.476], absolute=0.001)
    found = {each.model: each.purchases for each, _ in holdout(customers, days, amounts, split=SPLIT)[0]}
    expected = {"BG_NBD": (16_873.7, -0.1428, 0.8187), "PARETO_NBD": (17_153.2, -0.1286, 0.7938)}
    for name, (predicted, bias, mae) in expected.items():
        model = found[name][Predictor.MODEL]
        assert model.actual == 19_684
        near([model.predicted, found[name][Predictor.PAST_RATE].predicted], [predicted, 29_010.6], absolute=0.05)
        near([model.bias or 0, model.mae], [bias, mae], absolute=0.00006)

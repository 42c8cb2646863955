"""Lifetime value: fits beside those of `lifetimes`, all of CDNOW in seconds, a million scored beside bare numpy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from bench.measuring import Bench, Figure, in_turn, ratio
from hub.journey.clv import bg_nbd, gamma_gamma, pareto_nbd
from hub.journey.clv.choices import MONTHS, RATE
from hub.journey.clv.histories import Floats, grouped, summarise
from hub.journey.clv.score import MONTH, score
from tests.journey.clv.published import SPLIT, cdnow, purchases

MOST_SECONDS = 5.0
MOST_RATIO = 1.5
PURCHASES, SPEND = np.array([0.243, 30.9, 0.793, 2.426]), np.array([6.25, 3.74, 15.44])
"""CDNOW, in days and dollars."""


async def measure(bench: Bench) -> list[Figure]:
    """All figures; what is not there to be compared with is said and left out."""
    rounds = 3 if bench.quick else 7
    figures = [*await _against_lifetimes(bench, rounds)]
    if (data := bench.data()) is not None:
        figures.append(_master(bench, data))
    figures.append(await _scoring(bench, 100_000 if bench.quick else 1_000_000, 3 if bench.quick else 5))
    return figures


async def _against_lifetimes(bench: Bench, rounds: int) -> list[Figure]:
    try:
        from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter
    except ImportError:
        bench.say("lifetimes is not installed: its fit of CDNOW is left out (pip install lifetimes)")
        return []
    repeats, recency, age, mean, _ = cdnow()
    recency, age, again = recency / 7, age / 7, repeats > 0
    rows = np.column_stack([repeats, recency, age])
    ways: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "BG/NBD": (lambda: bg_nbd.fit(grouped(*rows.T)), lambda: BetaGeoFitter().fit(repeats, recency, age)),
        "Pareto/NBD": (lambda: pareto_nbd.fit(grouped(*rows.T)), lambda: ParetoNBDFitter().fit(repeats, recency, age)),
        "Gamma-Gamma": (lambda: gamma_gamma.fit(repeats, mean),
                        lambda: GammaGammaFitter().fit(repeats[again], mean[again])),
    }  # fmt: skip
    figures = []
    for name, (ours, theirs) in ways.items():
        times = await in_turn({"ours": _timed(ours), "theirs": _timed(theirs)}, rounds)
        seconds = {way: float(np.median(each)) for way, each in times.items()}
        bench.say(f"  {name} of 2,357: ours {seconds['ours']:.3f} s, lifetimes {seconds['theirs']:.3f} s")
        figures.append(Figure(f"lifetimes' time over ours, {name}", ratio(times["theirs"], times["ours"]), 1.0, "x"))
    return figures


def _master(bench: Bench, data: Path) -> Figure:
    customers, days, amounts = purchases(data / "clv" / "CDNOW_master.txt", 0)
    began = time.perf_counter()
    known = summarise(customers, days, amounts, SPLIT)
    histories = grouped(known.repeats, known.recency / 7, known.age / 7)
    fits = [bg_nbd.fit(histories), pareto_nbd.fit(histories), gamma_gamma.fit(known.known, known.mean)]
    seconds = time.perf_counter() - began
    told = "; ".join(f"{fit.model} {' '.join(f'{each:.4g}' for each in fit.values)}" for fit in fits)
    bench.say(f"  23,570 customers, three models: {told}")
    return Figure("three models of 23,570 customers", seconds, MOST_SECONDS, "s", at_most=True)


async def _scoring(bench: Bench, size: int, rounds: int) -> Figure:
    chance = np.random.default_rng(1)
    repeats = chance.negative_binomial(0.5, 0.15, size).astype(np.float64)
    age = chance.integers(1, 730, size).astype(np.float64)
    recency = np.where(repeats > 0, np.floor(age * chance.random(size)), 0.0)
    mean = np.where(repeats > 0, chance.gamma(6.0, 6.0, size), 0.0)
    given = (repeats, recency, age)
    ours, bare = score(bg_nbd, PURCHASES, SPEND, *given, repeats, mean), _bare(*given, mean)
    for mine, theirs in zip((ours.alive, ours.purchases, ours.value), bare, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    times = await in_turn(
        {
            "ours": _timed(lambda: score(bg_nbd, PURCHASES, SPEND, *given, repeats, mean)),
            "bare": _timed(lambda: _bare(*given, mean)),
        },
        rounds,
    )
    for way, each in times.items():
        bench.say(f"  {size:,} customers scored, {way}: {np.median(each):.2f} s")
    bench.chart(f"Seconds to score {size:,}", {way: float(np.median(each)) for way, each in times.items()}, " s")
    return Figure("our time over bare numpy's", ratio(times["ours"], times["bare"]), MOST_RATIO, "x", at_most=True)


def _bare(repeats: Floats, recency: Floats, age: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
    """The formulas as they stand, over whole arrays: P(alive), purchases and value of twelve months."""
    (r, alpha, a, b), (p, q, gamma) = PURCHASES, SPEND
    again = repeats > 0
    odds = np.where(again, a / np.where(again, b + repeats - 1, 1), 0)
    odds = odds * ((alpha + age) / (alpha + recency)) ** np.where(again, r + repeats, 0)
    alive = 1 / (1 + odds)
    money = p * (gamma + repeats * mean) / (p * repeats + q - 1)
    before: Floats | float = 0.0
    value: Floats = np.zeros(len(repeats))
    expected: Floats = value
    for month in range(1, MONTHS + 1):
        z = month * MONTH / (alpha + age + month * MONTH)
        series = special.hyp2f1(a + b - 1 - r, a - 1, a + b + repeats - 1, z)
        expected = (a + b + repeats - 1) / (a - 1) * (1 - (1 - z) ** (a - 1) * series) * alive
        value = value + (expected - before) / (1 + RATE) ** month
        before = expected
    return alive, expected, value * money


def _timed(work: Callable[[], Any]) -> Callable[[], Any]:
    async def timed() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return timed

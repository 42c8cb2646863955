"""The data of Fader and Hardie as the models take them: bundled samples, and the whole of CDNOW where it is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from hub.journey.clv.histories import Floats, Histories, Integers, Summary, grouped

SAMPLES = Path(__file__).parent / "samples"
SPLIT = int(np.datetime64("1997-09-30").astype(int))
"""The last day of the calibration period."""


@cache
def cdnow() -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Repeats, recency and age in days, mean of a repeat, purchases of the 39 weeks after; in the order of ids."""
    repeats, recency, age, cents, later = np.loadtxt(SAMPLES / "cdnow.csv", delimiter=",", skiprows=1).T
    mean = np.divide(cents / 100, repeats, out=np.zeros(len(cents)), where=repeats > 0)
    return repeats, recency, age, mean, later


def cdnow_weeks() -> Histories:
    """The same as histories in weeks."""
    repeats, recency, age, *_ = cdnow()
    return grouped(repeats, recency / 7, age / 7)


def cdnow_rounded() -> tuple[Floats, Floats, Floats, Floats]:
    """Repeats, recency, age and mean as in the published table: weeks and dollars with two decimals."""
    repeats, recency, age, mean, _ = cdnow()
    cents = np.floor(mean * 100 + 0.5 + 1e-9)  # halves up, as in the table
    return repeats, (recency / 7).round(2), (age / 7).round(2), cents / 100


def donations() -> Histories:
    """11,104 donors of six years."""
    return grouped(*np.loadtxt(SAMPLES / "donations.csv", delimiter=",", skiprows=1).T)


def purchases(path: Path, first: int) -> tuple[Integers, Integers, Floats]:
    """Customer, day and dollars of a file of purchases whose columns begin with the ``first``."""
    rows = [line.split()[first:] for line in path.read_text().splitlines() if line.strip()[:1].isdigit()]
    days = np.array([f"{day[:4]}-{day[4:6]}-{day[6:]}" for _, day, *_ in rows], "datetime64[D]").astype(np.int64)
    return np.array([int(row[0]) for row in rows]), days, np.array([float(row[-1]) for row in rows])


def near(found: Floats | list[float], expected: list[float], *, relative: float = 0.0, absolute: float = 0.0) -> None:
    """Fail unless both are equal within the tolerance."""
    np.testing.assert_allclose(found, expected, rtol=relative, atol=absolute)


def summary_of(repeats: Floats, recency: Floats, age: Floats) -> Summary:
    """Customers 1, 2, 3 ... with these histories and no money."""
    nothing = np.zeros(len(repeats))
    return Summary(np.arange(1, len(repeats) + 1), repeats, recency, age, nothing, nothing, nothing)

"""Exchange rates: which one holds on a day, by which way, and what amounts come to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.rates import MOST_DAYS, Conversion, Exchange, Series, ways

DAY = 20_000


def told(**pairs: str) -> dict[tuple[str, str], Series]:
    """Rates of one day, by pairs like ``EURUSD``."""
    return {(pair[:3], pair[3:]): Series.of([(DAY, 1, rate)]) for pair, rate in pairs.items()}


def test_a_rate_holds_until_the_next_one_and_for_a_month_at_most() -> None:
    exchange = Exchange("USD", "BDT", {("USD", "BDT"): Series.of([(DAY, 1, "110"), (DAY + 3, 1, "120")])})
    found = {on: exchange.convert(100, DAY + on) for on in (-1, 0, 2, 3, 3 + MOST_DAYS, 4 + MOST_DAYS)}
    assert found == {-1: None, 0: 11000, 2: 11000, 3: 12000, 3 + MOST_DAYS: 12000, 4 + MOST_DAYS: None}


def test_of_two_rates_for_a_day_the_first_source_counts_and_of_those_the_lowest() -> None:
    rates = [(DAY, 2, "100"), (DAY, 1, "111"), (DAY, 1, "110.5")]
    for order in (rates, rates[::-1]):
        assert Series.of(order).on(DAY) == Decimal("110.5")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({"USDBDT": "110", "BDTUSD": "0.5", "EURUSD": "2", "EURBDT": "1"}, 11000),
        ({"BDTUSD": "0.008", "EURUSD": "2", "EURBDT": "1"}, 12500),
        ({"EURUSD": "1.25", "EURBDT": "125"}, 10000),
        ({"USDEUR": "0.8", "EURBDT": "125"}, 10000),
        ({"EURUSD": "1.25", "BDTEUR": "0.008"}, 10000),
        ({"EURUSD": "1.25"}, None),
    ],
)
def test_the_shortest_way_is_gone_and_the_pair_as_it_was_told_first(
    pairs: dict[str, str], expected: int | None
) -> None:
    assert Exchange("USD", "BDT", told(**pairs)).convert(100, DAY) == expected


def test_a_way_whose_rates_are_too_old_is_passed_over() -> None:
    series = told(EURUSD="1.25", EURBDT="125") | {("USD", "BDT"): Series.of([(DAY - MOST_DAYS - 1, 1, "1")])}
    assert Exchange("USD", "BDT", series).convert(100, DAY) == 10000


def test_ways_over_another_currency_go_by_the_alphabet() -> None:
    pairs = [("GBP", "USD"), ("GBP", "BDT"), ("EUR", "USD"), ("EUR", "BDT")]
    assert ways("USD", "BDT", pairs) == [[("EUR", "USD"), ("EUR", "BDT")], [("GBP", "USD"), ("GBP", "BDT")]]


def test_minor_units_differ_and_halves_go_to_even() -> None:
    yen = Exchange("JPY", "USD", told(USDJPY="200"))
    assert [yen.convert(amount, DAY) for amount in (1, 3, 5, -3, 200)] == [0, 2, 2, -2, 100]
    dinar = Exchange("KWD", "JPY", told(KWDJPY="500"))
    assert [dinar.convert(amount, DAY) for amount in (1, 3, 1000)] == [0, 2, 500]


def test_what_does_not_fit_is_not_converted() -> None:
    assert Exchange("USD", "BDT", told(USDBDT="1000000000")).convert(2**62, DAY) is None


def test_a_conversion_goes_by_the_day_of_its_zone() -> None:
    from zoneinfo import ZoneInfo

    late = datetime(2024, 10, 4, 20, tzinfo=UTC)  # 2024-10-05 in Dhaka: day 20001
    series = {("USD", "BDT"): Series.of([(DAY, 1, "100"), (DAY + 1, 1, "120")])}
    for zone, expected in ((UTC, 10000), (ZoneInfo("Asia/Dhaka"), 12000)):
        conversion = Conversion("BDT", zone, lambda currency: Exchange(currency, "BDT", series))
        assert conversion.convert(100, "USD", late) == expected
        assert conversion.convert(100, "BDT", late) == 100


@given(st.integers(-(10**12), 10**12), st.decimals("0.0001", "9999", places=4, allow_nan=False))
def test_conversion_is_exact_arithmetic_rounded_once(amount: int, rate: Decimal) -> None:
    with localcontext() as context:
        context.prec = 100
        forward = int((amount * rate).to_integral_value(ROUND_HALF_EVEN))
    assert Exchange("USD", "BDT", told(USDBDT=str(rate))).convert(amount, DAY) == forward

"""Minor units by ISO 4217, rounded half to even."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InputWrong
from hub.money import convert, digits, major, minor, text
from hub.values import Money

CURRENCIES = st.sampled_from(["BDT", "JPY", "KWD", "CLF"])


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("12.50", "BDT", 1250),
        ("12.5", "JPY", 12),
        ("13.5", "JPY", 14),
        ("12.3455", "KWD", 12346),
        ("0.125", "BDT", 12),
        ("0.135", "BDT", 14),
        ("-0.125", "BDT", -12),
        ("0.12500000000000000000000000000000000000000000001", "BDT", 13),
        ("1E+3", "USD", 100000),
        ("0E+30", "USD", 0),
        ("92233720368547758.07", "USD", 2**63 - 1),
    ],
)
def test_minor_units(amount: str, currency: str, expected: int) -> None:
    assert minor(Money(Decimal(amount), currency)) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "message"),
    [
        ("1", "bdt", "'bdt' is not a currency: write three capital letters (ISO 4217), like BDT"),
        ("1", "৳", "'৳' is not a currency: write three capital letters (ISO 4217), like BDT"),
        ("NaN", "BDT", "NaN is not an amount"),
        ("-Infinity", "BDT", "-Infinity is not an amount"),
        ("1E+400", "BDT", "an amount of 1.000E+400 BDT is larger than the hub can hold"),
        ("92233720368547758.08", "USD", "an amount of 9.223E+18 minor units of USD is larger than the hub can hold"),
    ],
)
def test_what_is_no_amount_is_refused(amount: str, currency: str, message: str) -> None:
    with pytest.raises(InputWrong) as caught:
        minor(Money(Decimal(amount), currency))
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("units", "currency", "expected"),
    [(1250, "BDT", "12.50"), (-5, "BDT", "-0.05"), (1250, "JPY", "1250"), (0, "KWD", "0.000"), (7, "CLF", "0.0007")],
)
def test_amounts_show_the_digits_of_their_currency(units: int, currency: str, expected: str) -> None:
    assert text(units, currency) == expected


@pytest.mark.parametrize(
    ("units", "source", "target", "rate", "expected"),
    [
        (1000, "JPY", "KWD", "0.002", 2000),
        (100, "USD", "BDT", "121.505", 12150),
        (100, "USD", "BDT", "121.515", 12152),
        (12345, "BDT", "JPY", "1.2", 148),
        (-100, "USD", "USD", "1", -100),
    ],
)
def test_conversion_rounds_half_to_even(units: int, source: str, target: str, rate: str, expected: int) -> None:
    assert convert(units, source, target, Decimal(rate)) == expected


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_what_is_no_rate_is_refused(rate: str) -> None:
    with pytest.raises(InputWrong, match=f"^{rate} is not an exchange rate from USD to BDT$"):
        convert(1, "USD", "BDT", Decimal(rate))


@given(st.integers(-(2**63) + 1, 2**63 - 1), CURRENCIES)
def test_minor_and_major_are_inverse(units: int, currency: str) -> None:
    assert minor(Money(major(units, currency), currency)) == units


@given(st.decimals(-(10**9), 10**9, places=6), CURRENCIES)
def test_minor_is_the_nearest_and_even_in_the_middle(amount: Decimal, currency: str) -> None:
    exact = (amount * 10 ** digits(currency)).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert minor(Money(amount, currency)) == exact

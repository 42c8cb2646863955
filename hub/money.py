"""Money as whole minor units (cents, poisha) and back, by the digits of ISO 4217.

Line amounts may be finer than the currency (a unit price of 0.001 times a quantity), so ``minor`` rounds half to
even: once for each amount that is stored, never a sum of rounded parts. Exact line amounts are kept with the lines.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from hub.errors import InputWrong
from hub.values import Money

_EXCEPTIONS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS: Final = {code: digits for digits, codes in _EXCEPTIONS.items() for code in codes.split()}
_STEP: Final = tuple(Decimal(1).scaleb(-digits) for digits in range(5))
_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_EVEN)
_LARGEST: Final = 2**63 - 1  # what an integer column of either database holds


def digits(currency: str) -> int:
    """How many digits the currency's minor unit has (ISO 4217): 2 for BDT, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def minor(money: Money) -> int:
    """The amount in minor units, rounded half to even.

    Raises ``InputWrong`` for a currency that is not three capital letters, and for an amount that is not a number
    or does not fit 64 bits.
    """
    code = money.currency
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise InputWrong(f"{code!r} is not a currency: write three capital letters (ISO 4217), like BDT")
    if not money.amount.is_finite():
        raise InputWrong(f"{money.amount} is not an amount")
    if money.amount and money.amount.adjusted() > 18:
        raise InputWrong(f"an amount of {money.amount:.3E} {code} is larger than the hub can hold")
    return _fitting(money.amount.quantize(_STEP[digits(code)], context=_EXACT).scaleb(digits(code), _EXACT), code)


def major(minor: int, currency: str) -> Decimal:
    """The amount with the currency's minor digits: ``Decimal("12.50")`` for 1250 BDT. Exact."""
    return Decimal(minor).scaleb(-digits(currency), _EXACT)


def text(minor: int, currency: str) -> str:
    """The amount as answers show it: ``"12.50"`` for 1250 BDT, ``"1250"`` for 1250 JPY."""
    return f"{major(minor, currency):f}"


def convert(minor: int, source: str, target: str, rate: Decimal) -> int:
    """Minor units of ``target`` for minor units of ``source``, rounded half to even.

    ``rate`` is what one whole unit of ``source`` costs in whole units of ``target``. Raises ``InputWrong`` when it
    is not a positive number, or the result does not fit 64 bits.
    """
    if not rate.is_finite() or rate <= 0:
        raise InputWrong(f"{rate} is not an exchange rate from {source} to {target}")
    exact = _EXACT.multiply(Decimal(minor), rate).scaleb(digits(target) - digits(source), _EXACT)
    return _fitting(exact.to_integral_value(ROUND_HALF_EVEN, _EXACT), target)


def _fitting(units: Decimal, currency: str) -> int:
    whole = int(units)
    if abs(whole) > _LARGEST:
        raise InputWrong(f"an amount of {units:.3E} minor units of {currency} is larger than the hub can hold")
    return whole

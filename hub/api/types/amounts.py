"""Money, quantities and birthdays."""

from __future__ import annotations

from hub import money
from hub.api.graph import described, object_type
from hub.api.scalars import Currency, Exact


@object_type
class Money:
    """An amount and its currency, never one without the other."""

    amount: Exact = described("The amount, with the currency's own number of digits.")
    currency: Currency = described("Its currency.")


def shown(minor: int | None, currency: str | None) -> Money | None:
    """Minor units as money, where there is an amount."""
    return None if minor is None or currency is None else sure(minor, currency)


def sure(minor: int, currency: str) -> Money:
    """Minor units as money."""
    return Money(amount=Exact(money.major(minor, currency)), currency=Currency(currency))


@object_type
class Quantity:
    """A measured amount that is not money: points, minutes, items, a score."""

    value: Exact = described("The number.")
    unit: str = described("What is counted.")


@object_type
class Birthday:
    """A month and day, with the year when the customer gave it."""

    month: int = described("1 to 12.")
    day: int = described("1 to 31.")
    year: int | None = described("The year, where it is known.")

    @classmethod
    def read(cls, text: str | None) -> Birthday | None:
        """From ``YYYY-MM-DD`` or ``--MM-DD``."""
        if not text:
            return None
        year, month, day = text[:-6], text[-5:-3], text[-2:]
        return cls(month=int(month), day=int(day), year=int(year) if year.isdigit() else None)

"""What a customer is worth."""

from __future__ import annotations

from hub.api.graph import described, object_type
from hub.api.scalars import DateTime
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.predictions import Prediction
from hub.journey.value import rounded
from hub.store.customers import StoredValue


@object_type
class Value:
    """Value metrics in one currency."""

    revenue: Money = described("What was earned, on the hub's revenue basis.")
    outstanding: Money = described("What is still to be paid.")
    orders: int = described("Purchases that were not fully credited.")
    average_order: Money | None = described("Revenue for each order; null without orders.")
    invoiced: Money = described("The sum of bills.")
    credited: Money = described("The sum of credit notes.")
    paid: Money = described("The sum of payments.")
    refunded: Money = described("The sum of refunds.")
    first_purchase_at: DateTime | None = described("When they first bought.")
    last_purchase_at: DateTime | None = described("When they last bought.")
    predicted: Prediction | None = described(
        "What may be expected of them; null when they were not scored since they became a customer, and in any other "
        "currency than the hub's."
    )
    not_converted: list[Money] = described("Revenue in other currencies, for which there is no exchange rate.")


def value(held: list[StoredValue], currency: str, predicted: Prediction | None = None) -> Value:
    """The value in one currency out of all a customer used."""
    nothing = StoredValue(currency, 0, 0, 0, 0, 0, 0, 0, None, None)
    row = next((each for each in held if each.currency == currency), nothing)
    first, last = row.first_purchase_at, row.last_purchase_at
    return Value(
        revenue=amounts.sure(row.revenue, currency),
        outstanding=amounts.sure(row.outstanding, currency),
        orders=row.orders,
        average_order=amounts.sure(rounded(row.revenue, row.orders), currency) if row.orders else None,
        invoiced=amounts.sure(row.invoiced, currency),
        credited=amounts.sure(row.credited, currency),
        paid=amounts.sure(row.paid, currency),
        refunded=amounts.sure(row.refunded, currency),
        first_purchase_at=None if first is None else DateTime(first),
        last_purchase_at=None if last is None else DateTime(last),
        predicted=predicted,
        not_converted=[
            amounts.sure(each.revenue, each.currency) for each in held if each.currency != currency and each.revenue
        ],
    )

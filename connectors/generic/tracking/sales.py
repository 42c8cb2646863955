"""Orders in the words of Segment's commerce specification: lines, amounts, and the order as a matter."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.generic.tracking.names import ENDED
from connectors.members import Members
from hub import sdk

LONGEST = 500


def order_id(properties: Members) -> str:
    """The order's number."""
    return (properties.text("order_id") or properties.text("orderId"))[:LONGEST]


def amount(properties: Members, currency: str) -> sdk.Money | None:
    """What was paid: ``total``, which is with tax and shipping; else ``revenue``, ``value`` or ``price``.

    Raises ``RowUnreadable`` for what is no amount.
    """
    for name in ("total", "revenue", "value"):
        if (value := properties.number(name)) is not None:
            return sdk.Money(value, currency)
    return None


def lines(properties: Members, currency: str) -> Iterator[sdk.Line]:
    """The products that have a price. Raises ``RowUnreadable`` for a price or quantity that is no number."""
    held = properties.typed("products", None)
    for index in range(len(held) if isinstance(held, list) else 0):
        at = f"products.{index}"
        price = properties.number(f"{at}.price")
        if price is None:
            continue
        quantity = properties.number(f"{at}.quantity")
        pieces = Decimal(1) if quantity is None else quantity
        yield sdk.Line(
            description=properties.text(f"{at}.name") or properties.text(f"{at}.sku"),
            quantity=pieces,
            unit_price=sdk.Money(price, currency),
            amount=sdk.Money(price * pieces, currency),
            sku=properties.text(f"{at}.sku") or properties.text(f"{at}.product_id") or properties.text(f"{at}.id"),
        )


def claims(event: str, properties: Members, money: sdk.Money | None) -> Iterator[sdk.MatterClaim]:
    """What a call about an order says of it; nothing for other calls."""
    ended = ENDED.get(" ".join(event.casefold().split()))
    number = order_id(properties)
    if ended is None or not number:
        return
    state, outcome = ended
    told = money if state in ("completed", "updated") else None
    yield sdk.MatterClaim(
        kind=sdk.MatterKind.ORDER,
        reference=number,
        state=state,
        outcome=outcome,
        open=None if outcome is None else False,
        amount=told,
    )

"""Sheets about the business and not about one customer: campaigns, what they cost by day, products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import Field

from connectors.cells import Cells
from hub import sdk


class Campaigns(sdk.Settings):
    """Each row is a campaign. All are columns."""

    reference: str = Field(description="What touchpoints and spend call the campaign.")
    name: str | None = None
    channel: str | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    budget: str | None = None
    spend: str | None = Field(None, description="What it cost in all, where no spend by day is told.")


class Spending(sdk.Settings):
    """Each row is what a campaign or a channel cost on a day. All are columns."""

    on: str = Field(description="The day.")
    amount: str
    campaign: str | None = Field(None, description="The campaign's reference.")
    channel: str | None = None


class Products(sdk.Settings):
    """Each row is a product. All are columns."""

    sku: str
    name: str | None = None
    category: str | None = None


class ReferenceSettings(sdk.Settings):
    """What rows define, when they are no touchpoints."""

    campaigns: Campaigns | None = Field(None, description="Rows are campaigns: which column holds what.")
    spend: Spending | None = Field(None, description="Rows are spend by day: which column holds what.")
    products: Products | None = Field(None, description="Rows are products: which column holds what.")
    channels: dict[str, sdk.Channel] = Field(
        default_factory=dict, description="What a channel column says, and which channel that is."
    )

    def defined(self) -> dict[str, str]:
        """Field to column, of all columns that reference data is read from."""
        return {
            f"{what}.{field}": column
            for what in ("campaigns", "spend", "products")
            if (held := getattr(self, what)) is not None
            for field, column in held.model_dump(exclude_none=True).items()
        }


def reference(
    cells: Cells, settings: ReferenceSettings, currency: str | None, channel: sdk.Channel | None
) -> Iterator[sdk.Mapped]:
    """What the row defines. ``currency`` is a column, ``channel`` that of rows which name none.

    Raises ``RowUnreadable``.
    """
    if (campaigns := settings.campaigns) is not None:
        name = _named(cells, campaigns.reference)
        yield sdk.Campaign(
            reference=name,
            name=cells.text(campaigns.name) or name,
            channel=_channel(cells, campaigns.channel, settings) or channel,
            starts_on=cells.day(campaigns.starts_on),
            ends_on=cells.day(campaigns.ends_on),
            budget=cells.money(campaigns.budget, currency),
            spend=cells.money(campaigns.spend, currency),
        )
    if (spend := settings.spend) is not None:
        amount = cells.money(spend.amount, currency)
        if amount is not None:  # a day on which nothing was spent
            yield sdk.Spend(
                on=_day(cells, spend.on),
                amount=amount,
                channel=_channel(cells, spend.channel, settings) or channel,
                campaign=cells.text(spend.campaign) or None,
            )
    if (products := settings.products) is not None:
        sku = _named(cells, products.sku)
        yield sdk.Product(
            sku=sku, name=cells.text(products.name) or sku, category=cells.text(products.category) or None
        )


def _named(cells: Cells, column: str) -> str:
    if not (name := cells.text(column)):
        raise sdk.RowUnreadable(f"{column}: the row names nothing", path=column)
    return name


def _day(cells: Cells, column: str) -> date:
    day = cells.day(column)
    if day is None:
        raise sdk.RowUnreadable(f"{column}: the row has no date", path=column)
    return day


def _channel(cells: Cells, column: str | None, settings: ReferenceSettings) -> sdk.Channel | None:
    text = cells.text(column)
    if not text:
        return None
    if text in settings.channels:
        return settings.channels[text]
    word = text.upper().replace("-", "_").replace(" ", "_")
    if word not in set(sdk.Channel):
        raise sdk.RowUnreadable(f"{column}: {text[:40]!r} is no channel", path=column, hint="channels says which it is")
    return sdk.Channel(word)

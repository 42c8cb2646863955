"""Ledger exports: one line per row, the rows of one document are one touchpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from connectors import folders, sheets
from connectors.accounting.document import INBOUND, ContactSide, Kind
from connectors.cells import Cells, CellSettings, filled, reached
from connectors.occurrences import Occurrences
from hub import sdk

NOTHING_SOLD = {Kind.PAYMENT, Kind.REVERSAL}


class LedgerColumns(sdk.Settings):
    """The names of the export's columns; null for what it does not have."""

    number: str
    date: str
    line: str | None = Field(None, description="The export's own number of a line, unique within its document.")
    type: str | None = None
    contact: str | None = None
    name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    sku: str | None = None
    description: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    amount: str | None = Field(None, description="Amount of the line; without it quantity times unit price.")
    debit: str | None = Field(None, description="With credit: the amount is debit less credit.")
    credit: str | None = None
    tax: str | None = None
    currency: str | None = None
    due: str | None = None
    settles: str | None = Field(None, description="The invoice a payment, refund or credit note is for.")

    def named(self) -> dict[str, str]:
        """Field to column, those that are declared."""
        return self.model_dump(exclude_none=True)


class LedgerSettings(CellSettings, sheets.SheetSettings):
    """Settings of ``accounting.csv``."""

    columns: LedgerColumns = Field(description="Which column holds what.")
    type_values: dict[str, Kind | None] = Field(
        default_factory=dict, description="Text of the type column to kind of document; null: such rows say nothing."
    )
    default_type: Kind = Field(Kind.INVOICE, description="What a row is whose type column says nothing.")
    credit_note_prefix: str | None = Field(None, description="Documents whose number begins so are credit notes.")
    negative_types: frozenset[Kind] = Field(
        frozenset({Kind.CREDIT_NOTE, Kind.REFUND}),
        description="Kinds whose amounts the export writes with a minus; the sign is then taken off.",
    )
    contact_is: ContactSide = Field(sdk.Side.ORGANISATION, description="Whom a contact number names.")

    @model_validator(mode="after")
    def _amounts_can_be_read(self) -> Self:
        columns = self.columns
        if not (columns.amount or columns.debit or columns.credit or (columns.quantity and columns.unit_price)):
            raise ValueError("columns needs amount, or debit and credit, or quantity and unit_price")
        if not (columns.currency or self.currency):
            raise ValueError("currency is missing: name a column in columns.currency or a code in currency")
        return self


class Documents(sdk.PullStream):
    """Invoices, credit notes, payments, refunds, quotes and orders, a row for each of their lines."""

    name = "documents"
    nature = sdk.Nature.STATES

    def __init__(self, settings: LedgerSettings) -> None:
        self._settings = settings
        self._types = {text.casefold(): kind for text, kind in settings.type_values.items()}

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Lines of the files that changed since ``cursor``."""
        return folders.pages(self._settings, cursor, self._settings.columns.named(), self._row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """The line's document with this line alone, and the product sold."""
        columns = self._settings.columns
        cells = Cells(sheets.cells(row), self._settings)
        number = cells.text(columns.number)
        if not number:
            raise sdk.RowUnreadable(f"{columns.number}: the row names no document", path=columns.number)
        kind = self._kind(cells, number)
        if kind is None:
            return
        yield self._touchpoint(cells, kind, number)
        sku, description = cells.text(columns.sku), cells.text(columns.description)
        if sku and description and kind not in NOTHING_SOLD:
            yield sdk.Product(sku=sku, name=description)

    def _row(self, record: sheets.Record, occurrences: Occurrences) -> sdk.Row | None:
        cells, columns = record.cells or {}, self._settings.columns
        number, line = cells.get(columns.number, ""), cells.get(columns.line, "") if columns.line else ""
        key = f"{number}/{line or record.digest()}"
        times = occurrences.count(key)
        if not line or times > 1:  # a line number that repeats is none; both rows are kept
            key = f"{key}/{times}"
        return sdk.Row(key, record.payload, record.envelope)

    def _kind(self, cells: Cells, number: str) -> Kind | None:
        settings = self._settings
        if settings.credit_note_prefix and number.startswith(settings.credit_note_prefix):
            return Kind.CREDIT_NOTE
        text = cells.text(settings.columns.type)
        if not text:
            return settings.default_type
        if text.casefold() in self._types:
            return self._types[text.casefold()]
        try:
            return Kind(text.casefold().replace(" ", "_"))
        except ValueError:
            column = settings.columns.type
            raise sdk.RowUnreadable(
                f"{column}: {text!r} is no kind of document", path=column, hint="name it in type_values"
            ) from None

    def _touchpoint(self, cells: Cells, kind: Kind, number: str) -> sdk.Touchpoint:
        columns = self._settings.columns
        occurred_at = cells.moment(columns.date)
        if occurred_at is None:
            raise sdk.RowUnreadable(f"{columns.date}: the row has no date", path=columns.date)
        line = self._line(cells, kind)
        due, settles = cells.day(columns.due), cells.text(columns.settles)
        return sdk.Touchpoint(
            kind=kind.value,
            channel=sdk.Channel.ACCOUNTING,
            direction=sdk.Direction.INBOUND if kind in INBOUND else sdk.Direction.OUTBOUND,
            occurred_at=occurred_at,
            title=number,
            part=kind.value,  # an invoice and a payment may have the same number
            document=number,
            amount=line.amount,
            identifiers=tuple(self._identifiers(cells)),
            traits=filled(**{name: cells.text(getattr(columns, name)) for name in TRAITS}),
            matters=tuple(_matters(kind, number, settles, cells.moment(columns.due))),
            lines=(line,) if _sells(kind, line) else (),
            properties=filled(number=number, due_on=due.isoformat() if due else "", settles=settles),
        )

    def _identifiers(self, cells: Cells) -> Iterator[sdk.Identifier]:
        columns, settings = self._settings.columns, self._settings
        return reached(
            cells.text(columns.email),
            cells.text(columns.phone),
            cells.text(columns.contact),
            region=settings.region,
            side=settings.contact_is,
        )

    def _line(self, cells: Cells, kind: Kind) -> sdk.Line:
        columns = self._settings.columns
        currency = cells.currency(columns.currency)
        sign = -1 if kind in self._settings.negative_types else 1
        quantity = cells.number(columns.quantity)
        price = cells.number(columns.unit_price)
        amount = self._amount(cells, quantity, price)
        quantity = Decimal(1) if quantity is None else quantity
        if price is None:
            price = (amount / quantity).quantize(Decimal("0.0001")) if quantity else amount
        tax = cells.number(columns.tax)
        if sign < 0:  # the minus stands at one of the two
            quantity, price = (-quantity, price) if quantity < 0 else (quantity, -price)
        return sdk.Line(
            description=cells.text(columns.description),
            quantity=quantity,
            unit_price=sdk.Money(price, currency),
            amount=sdk.Money(sign * amount, currency),
            tax=None if tax is None else sdk.Money(sign * tax, currency),
            sku=cells.text(columns.sku),
        )

    def _amount(self, cells: Cells, quantity: Decimal | None, price: Decimal | None) -> Decimal:
        columns = self._settings.columns
        amount = cells.number(columns.amount)
        if amount is not None:
            return amount
        debit, credit = cells.number(columns.debit), cells.number(columns.credit)
        if debit is not None or credit is not None:
            return (debit or Decimal(0)) - (credit or Decimal(0))
        if quantity is None or price is None:
            column = columns.amount or columns.debit or columns.unit_price
            raise sdk.RowUnreadable(f"{column}: the row has no amount", path=column)
        return quantity * price


TRAITS = ("name", "company", "street", "postcode", "city", "country")


def _sells(kind: Kind, line: sdk.Line) -> bool:
    """Whether the row is a line of goods; a refund may be of money alone."""
    return kind not in NOTHING_SOLD and (kind is not Kind.REFUND or bool(line.sku or line.description))


def _matters(kind: Kind, number: str, settles: str, due: date | datetime | None) -> Iterator[sdk.MatterClaim]:
    """The invoice or order the row is about. What is billed and paid is left to the fold: a row is one line of it."""
    if kind is Kind.INVOICE:
        yield sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference=number, title=number, due=due)
    elif kind is Kind.ORDER:
        yield sdk.MatterClaim(kind=sdk.MatterKind.ORDER, reference=number, title=number, due=due)
    elif settles:
        yield sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference=settles)


class AccountingCsv(sdk.Connector):
    """Invoices, credit notes, payments and refunds from CSV exports of any ledger."""

    name = "accounting.csv"
    title = "Invoices, credit notes, payments and refunds from a ledger's CSV export"
    documentation = "docs/connectors/accounting.csv.md"
    Settings = LedgerSettings
    settings: LedgerSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Documents(self.settings)]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file or column, or another encoding than declared."""
        return folders.check(self.settings, self.settings.columns.named())

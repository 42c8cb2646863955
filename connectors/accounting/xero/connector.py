"""``accounting.xero``: what customers were billed, credited and quoted, and what they paid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from connectors.accounting.xero import meaning
from connectors.accounting.xero.listing import Endpoint
from connectors.accounting.xero.notices import Notices
from connectors.accounting.xero.settings import XeroSettings
from hub import sdk

Meaning = Callable[[sdk.Row, XeroSettings], Iterator[sdk.Mapped]]

_RECEIPTS = "bank_transactions"
_STREAMS: dict[str, tuple[Endpoint, Meaning]] = {
    "contacts": (Endpoint("Contacts", "ContactID", {"includeArchived": "true"}), meaning.contact),
    "invoices": (Endpoint("Invoices", "InvoiceID"), meaning.invoice),
    "credit_notes": (Endpoint("CreditNotes", "CreditNoteID"), meaning.credit_note),
    "payments": (Endpoint("Payments", "PaymentID"), meaning.payment),
    "prepayments": (Endpoint("Prepayments", "PrepaymentID"), meaning.advance),
    "overpayments": (Endpoint("Overpayments", "OverpaymentID"), meaning.advance),
    _RECEIPTS: (Endpoint("BankTransactions", "BankTransactionID", {"where": 'Type=="RECEIVE"'}), meaning.receipt),
    "quotes": (Endpoint("Quotes", "QuoteID"), meaning.quote),
}


class Objects(sdk.PullStream):
    """The objects of one endpoint as they are now. One that is voided or deleted stays, with that status."""

    nature = sdk.Nature.STATES
    volatile = frozenset({"Balances"})

    def __init__(self, name: str, settings: XeroSettings, outside: sdk.Outside) -> None:
        self.name = name
        self._settings = settings
        self._outside = outside
        self._endpoint, self._meaning = _STREAMS[name]

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """What has changed since ``cursor``, the earliest first."""
        headers = {"accept": "application/json", "xero-tenant-id": self._settings.tenant_id}
        async with self._outside.http("https://api.xero.com", headers=headers, oauth=self._settings.oauth) as http:
            async for page in self._endpoint.pages(http, cursor, self._settings.page_size):
                yield page

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the object means."""
        return self._meaning(row, self._settings)


class Xero(sdk.Connector):
    """Contacts, invoices, credit notes, payments and quotes of one organisation."""

    name = "accounting.xero"
    title = "Contacts, invoices, credit notes, payments and quotes from Xero"
    documentation = "docs/connectors/accounting.xero.md"
    Settings = XeroSettings
    destinations = ()
    every = 900
    budget = sdk.Budget(60, 60)
    settings: XeroSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One for each endpoint, and one for what Xero tells. Nobody's bank is read unless its sales are named."""
        names = [name for name in _STREAMS if name != _RECEIPTS or self.settings.sales_accounts]
        return [*(Objects(name, self.settings, self.outside) for name in names), Notices(self.settings)]

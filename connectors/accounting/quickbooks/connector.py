"""``accounting.quickbooks``: what customers were billed, credited and quoted, and what they paid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from connectors.accounting.quickbooks import meaning
from connectors.accounting.quickbooks.listing import Entity
from connectors.accounting.quickbooks.notices import Notices
from connectors.accounting.quickbooks.settings import QuickBooksSettings
from hub import sdk

Meaning = Callable[[sdk.Row, QuickBooksSettings], Iterator[sdk.Mapped]]

_STREAMS: dict[str, tuple[Entity, Meaning]] = {
    "customers": (Entity("Customer", "Active in (true, false)"), meaning.customer),
    "invoices": (Entity("Invoice"), meaning.invoice),
    "payments": (Entity("Payment"), meaning.payment),
    "credit_memos": (Entity("CreditMemo"), meaning.credit_memo),
    "sales_receipts": (Entity("SalesReceipt"), meaning.sales_receipt),
    "refund_receipts": (Entity("RefundReceipt"), meaning.refund_receipt),
    "estimates": (Entity("Estimate"), meaning.estimate),
}


class Objects(sdk.PullStream):
    """The objects of one kind as they are now."""

    nature = sdk.Nature.STATES
    volatile = frozenset({"Balance", "BalanceWithJobs"})

    def __init__(self, name: str, settings: QuickBooksSettings, outside: sdk.Outside) -> None:
        self.name = name
        self._settings = settings
        self._outside = outside
        self._entity, self._meaning = _STREAMS[name]

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """All of them, and from then on what has changed, was deleted or voided."""
        settings, outside = self._settings, self._outside
        async with outside.http(settings.server, headers={"accept": "application/json"}, oauth=settings.oauth) as http:
            pages = self._entity.pages(http, settings.realm_id, cursor, settings.page_size, outside.now)
            async for page in pages:
                yield page

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the object means."""
        return self._meaning(row, self._settings)


class QuickBooks(sdk.Connector):
    """Customers, invoices, payments, credit memos, receipts and estimates of one company."""

    name = "accounting.quickbooks"
    title = "Customers, invoices, payments, credit memos, receipts and estimates from QuickBooks Online"
    documentation = "docs/connectors/accounting.quickbooks.md"
    Settings = QuickBooksSettings
    destinations = ()
    every = 900
    budget = sdk.Budget(8, 1)
    settings: QuickBooksSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One for each kind of objects, and one for what QuickBooks tells."""
        return [*(Objects(name, self.settings, self.outside) for name in _STREAMS), Notices(self.settings)]

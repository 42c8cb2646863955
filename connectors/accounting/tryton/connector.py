"""``accounting.tryton``: whom a company bills with Tryton, what it billed, and what was paid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import httpx

from connectors.accounting.tryton import meaning
from connectors.accounting.tryton.listing import Model
from connectors.accounting.tryton.settings import TrytonSettings
from connectors.tried import refused
from hub import sdk

Meaning = Callable[[sdk.Row, TrytonSettings], Iterator[sdk.Mapped]]

_INVOICE = """type state number reference description invoice_date create_date write_date currency.code
company.currency.code total_amount tax_amount party.name party.identifiers.type party.identifiers.code
party.contact_mechanisms.type party.contact_mechanisms.value party.addresses.street party.addresses.postal_code
party.addresses.city party.addresses.country.code lines.type lines.description lines.quantity lines.unit_price
lines.amount lines.product.code lines.product.name lines_to_pay.maturity_date payment_lines.date payment_lines.debit
payment_lines.credit payment_lines.amount_second_currency payment_lines.second_currency.code
origin_invoices.number""".split()
_BELOW = "party party.identifiers party.contact_mechanisms party.addresses".split()

_STREAMS: dict[str, tuple[Model, Meaning]] = {
    "parties": (
        Model("party.party", "create_date write_date replaced_by".split(), [["replaced_by", "!=", None]]),
        meaning.merged,
    ),
    "invoices": (Model("account.invoice", _INVOICE, [["type", "=", "out"]], _BELOW), meaning.invoice),
}


class Records(sdk.PullStream):
    """The records of one model as they are now."""

    nature = sdk.Nature.STATES
    volatile = frozenset({"write_date"})  # and members come in another order after each start of Tryton

    def __init__(self, name: str, settings: TrytonSettings, outside: sdk.Outside) -> None:
        self.name = name
        self._settings = settings
        self._outside = outside
        self._model, self._meaning = _STREAMS[name]

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """All of them, and from then on those that were written."""
        async with self._http() as http:
            async for page in self._model.pages(http, cursor, self._settings.page_size, self._outside.now):
                yield page

    async def ask(self) -> None:
        """Ask for one record. Raises ``SignInAgain`` and others."""
        async with self._http() as http:
            async for _ in self._model.pages(http, None, 1, self._outside.now):
                return

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the record means."""
        return self._meaning(row, self._settings)

    def _http(self) -> httpx.AsyncClient:
        settings = self._settings
        headers = {"authorization": f"Bearer {settings.key.get_secret_value()}"}
        return self._outside.http(f"{settings.server}/{settings.database}/rest/model/", headers=headers)


class Tryton(sdk.Connector):
    """Parties, invoices, credit notes and payments of the companies of one database."""

    name = "accounting.tryton"
    title = "Parties, invoices, credit notes and payments from Tryton"
    documentation = "docs/connectors/accounting.tryton.md"
    Settings = TrytonSettings
    destinations = ("server",)
    every = 900
    settings: TrytonSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One for each model."""
        return [Records(name, self.settings, self.outside) for name in _STREAMS]

    def check(self) -> Iterator[str]:
        """Ask for an invoice."""
        ask = Records("invoices", self.settings, self.outside).ask
        return refused(ask, self.settings.server, "server", "key")

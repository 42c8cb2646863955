"""accounting.tryton against a Tryton that runs: an invoice made, posted, paid, credited and read back."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.accounting.tryton.connector import Tryton
from hub import sdk
from tests.connectors import books
from tests.connectors.test_tryton import EUR, USD, worth
from tests.connectors.tryton_server import KEY

RELEASES = "trytond==8.2.1 trytond-account==8.2.1 trytond-account-invoice==8.2.0 trytond-party==8.2.0 proteus==8.2.0"
"""GPL: installed beside the tree, in processes of their own; nothing of them is imported here."""
FILL = """
import datetime as dt, sys
from decimal import Decimal
from proteus import Model, Wizard, config as configured
config = configured.set_trytond("sqlite:///tr", config_file="trytond.conf")
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
day = dt.date.today()
create_company(config=config)
company = get_company()
config._context = Model.get("res.user").get_preferences(True, {})
create_chart(company, config=config)
year = set_fiscalyear_invoice_sequences(create_fiscalyear(company, today=day))
year.click("create_period")
accounts = get_accounts(company)
tax = create_tax(Decimal(".10"))
tax.save()
Journal, Method = Model.get("account.journal"), Model.get("account.invoice.payment.method")
(cash,) = Journal.find([("type", "=", "cash")])
method = Method(name="Cash", journal=cash, credit_account=accounts["cash"], debit_account=accounts["cash"])
method.save()
Party = Model.get("party.party")
party = Party(name="নকশি ট্রেডার্স")
party.identifiers.new(type="eu_vat", code="BE0897290877")
party.contact_mechanisms.new(type="email", value="nasrin@nakshi.example")
party.contact_mechanisms.new(type="mobile", value="+8801711234567")
address = party.addresses[0] if party.addresses else party.addresses.new()
address.street_unstructured, address.postal_code, address.city = "ধানমন্ডি ২৭", "1205", "ঢাকা"
party.save()
Category = Model.get("product.category")
category = Category(name="Goods", accounting=True)
category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
category.customer_taxes.append(tax)
category.save()
(unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
Template = Model.get("product.template")
template = Template(name="নকশি কাঁথা", default_uom=unit, type="goods", list_price=Decimal(40), account_category=category)
template.save()
product = template.products[0]
product.suffix_code = "NK-1"
product.save()
Term = Model.get("account.invoice.payment_term")
term = Term(name="30 days")
line = term.lines.new(type="remainder")
delta = line.relativedeltas.new(days=30)
term.save()
Invoice = Model.get("account.invoice")
def bill(*lines):
    invoice = Invoice(type="out", party=party, payment_term=term, invoice_date=day)
    for quantity, price, text in lines:
        line = invoice.lines.new()
        if text:
            line.account, line.description = accounts["revenue"], text
        else:
            line.product = product
        line.quantity, line.unit_price = quantity, Decimal(price)
    invoice.save()
    return invoice
def pay(invoice, amount=None):
    wizard = invoice.click("pay")
    if amount:
        wizard.form.amount = Decimal(amount)
    wizard.form.payment_method = method
    wizard.form.date = day
    wizard.execute("choice")
    if amount:
        wizard.form.type = "partial"
        wizard.execute("pay")
paid = bill((5, "40", ""), (1, "20", "Porto"))
paid.click("post")
pay(paid)
part = bill((1, "100", "Beratung"))
part.click("post")
pay(part, "30")
credit = Wizard("account.invoice.credit", [part])
credit.form.with_refund = False
credit.form.invoice_date = day
credit.execute("credit")
note = max(Invoice.find([]), key=lambda each: each.id)
note.invoice_date = day
note.save()
note.click("post")
bill((1, "7", "Entwurf"))
from trytond.modules.currency.tests.tools import get_currency
euro = get_currency("EUR")
if not euro.rates:
    euro.rates.new(date=day, rate=Decimal(2))
    euro.save()
sana = Party(name="ثنا خان")
sana.contact_mechanisms.new(type="email", value="sana@mail.example")
sana.save()
double = Party(name=party.name)
double.identifiers.new(type="eu_vat", code="BE0897290877")
double.save()
foreign = Invoice(type="out", party=sana, payment_term=term, invoice_date=day, currency=euro)
line = foreign.lines.new()
line.account, line.description, line.quantity, line.unit_price = accounts["revenue"], "جمدانی 🧵", 1, Decimal("60")
foreign.save()
foreign.click("post")
wizard = foreign.click("pay")
wizard.form.amount = Decimal(60)
wizard.form.currency = euro
wizard.form.payment_method = method
wizard.form.date = day
wizard.execute("choice")
wrong = bill((1, "9", "Irrtum"))
wrong.click("cancel")
merge = Wizard("party.replace", [double])
merge.form.destination = party
merge.execute("replace")
Application = Model.get("res.user.application")
application = Application(application="rest", user=Model.get("res.user")(config.user))
application.save()
print(application.key)
"""
"""What a book-keeper does: two invoices, one paid and one in part, a credit note, drafts, another currency, a merge."""


def _run(folder: Path, *command: str) -> str:
    """What a program of Tryton's says."""
    environment = {"PATH": f"{folder / 'venv' / 'bin'}", "TRYTONPASSFILE": "pass"}
    told = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    return told.stdout.strip()


@pytest.fixture
def tryton(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Settings for one that runs, its books filled."""
    folder = tmp_path / "tryton"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = str(folder / "venv" / "bin" / "python")
    if subprocess.run([python, "-m", "pip", "install", "-q", *RELEASES.split()], check=False).returncode:
        pytest.skip("Tryton cannot be installed here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "trytond.conf").write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    )
    (folder / "pass").write_text("kit-password-81\n")
    (folder / "tr.sqlite").touch()
    admin = "trytond-admin -c trytond.conf -d tr --all -u account_invoice --activate-dependencies --email a@b.example"
    _run(folder, *admin.split())
    key = _run(folder, python, "-c", FILL)
    command = [str(folder / "venv" / "bin" / "trytond"), "-c", "trytond.conf", "-d", "tr"]
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(150):
            try:
                httpx.get(f"http://127.0.0.1:{port}/tr/rest/model/party.party", timeout=20)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield {"server": f"http://127.0.0.1:{port}", "database": "tr", "key": key, "page_size": 2}
    finally:
        running.terminate()
        running.wait(20)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_tryton_that_runs_is_read(tryton: dict[str, Any], tmp_path: Path) -> None:
    def forward(request: httpx.Request) -> httpx.Response:
        told = httpx.request(request.method, request.url, headers=request.headers, timeout=60)
        return httpx.Response(told.status_code, content=told.content)

    async def look(hub: Any, source: str) -> Any:
        before = await worth(hub, source)
        headers = {"authorization": f"Bearer {tryton['key']}"}
        address = f"{tryton['server']}/tr/rest/model/party.party/3"
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:
            (await client.put(address, json={"name": "Sana Khan"})).raise_for_status()
        await hub.sync(source)
        await hub.pulled(source)
        return before, await worth(hub, source)

    (usd, eur), (_, renamed) = books.in_a_hub(Tryton, tryton, forward, tmp_path / "hub", look)
    assert {name: usd[name] for name in USD} == USD
    assert {name: eur[name] for name in EUR} == EUR
    assert renamed["Sana Khan"] == EUR["ثنا خان"]
    wrong = sdk.Outside(transport=httpx.MockTransport(forward))
    bound = Tryton(Tryton.Settings.model_validate(tryton | {"key": KEY}), wrong)
    with pytest.raises(sdk.SignInAgain):
        asyncio.run(_first(bound))


async def _first(bound: Tryton) -> None:
    async for _ in bound.streams()[1].pages(None):  # type: ignore[attr-defined]
        return

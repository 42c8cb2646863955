"""Settings guessed from the first rows of a file: columns by name in any language, dates, amounts, and doubts."""

import csv
import io
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.generic.csv import Sheet
from connectors.generic.dates import Dated, dated
from connectors.generic.ndjson import Lines
from connectors.generic.parquet import Table
from connectors.generic.vocabulary import fit, kinds
from hub import sdk

DEMO = Path(__file__).parents[2] / "hub" / "demo" / "samples"
SAMPLES = Path(__file__).parents[2] / "connectors" / "generic" / "samples"
HERE = {"country": "BD", "currency": "BDT", "time_zone": "Asia/Dhaka"}
WRITTEN = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()


def sheet(folder: Path, *rows: Mapping[str, str]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "sheet.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    os.utime(path, (WRITTEN, WRITTEN))
    return path


def guessed(path: Path, **company: str) -> sdk.Guess:
    found = Sheet.guess(path, **(HERE | company))
    assert found is not None
    # Whatever is guessed, the connector takes it.
    Sheet.Settings.model_validate({**found.settings, "path": path})
    return found


def test_customers_calls_and_deals_of_the_demo_are_understood() -> None:
    assert guessed(DEMO / "customers.csv").settings["columns"] == {
        "email": "email", "phone": "phone", "birthday": "birthday", "time": "since", "name": "name",
        "company": "company", "city": "city", "country": "country", "language": "language", "key": "id",
        "contact": "id",
    }  # fmt: skip
    calls = guessed(DEMO / "calls.csv").settings
    assert (calls["kind"], calls["channel"], calls["direction"]) == ("call", "PHONE", "INBOUND")
    assert calls["property_types"] == {"seconds": "integer", "answered": "boolean"}
    deals = guessed(DEMO / "deals.csv").settings
    assert deals["matter"] == {
        "kind": "DEAL", "reference": "id", "title": "title", "amount": "amount", "opened": "opened",
        "closed": "closed", "pipeline": "pipeline", "state": "state", "owner": "owner",
        "state_outcomes": {"won": "WON", "lost": "LOST"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "email", "phone", "name"),
    [
        (("নাম", "ইমেইল", "মোবাইল নম্বর"), "ইমেইল", "মোবাইল নম্বর", "নাম"),
        (("نام", "ای میل", "موبائل نمبر"), "ای میل", "موبائل نمبر", "نام"),
        (("الاسم", "البريد الإلكتروني", "رقم الهاتف"), "البريد الإلكتروني", "رقم الهاتف", "الاسم"),
        (("Kunde", "E-Mail-Adresse", "Telefonnummer"), "E-Mail-Adresse", "Telefonnummer", "Kunde"),
        (("CustomerName", "EMAIL_ADDRESS", "mobileNumber"), "EMAIL_ADDRESS", "mobileNumber", "CustomerName"),
    ],
)
def test_columns_are_known_by_their_names_in_any_language(
    tmp_path: Path, columns: tuple[str, str, str], email: str, phone: str, name: str
) -> None:
    path = sheet(tmp_path, dict(zip(columns, ("করিম উদ্দিন", "karim@mail.example", "০১৭১১-২৩৪৫৬৭"), strict=True)))
    assert guessed(path).settings["columns"] == {"email": email, "phone": phone, "name": name}


def test_addresses_are_found_by_what_they_are_where_no_name_says_so(tmp_path: Path) -> None:
    path = sheet(tmp_path, {"a": "anna@mail.example", "b": "+49 30 901820", "c": "1"})
    assert guessed(path).settings["columns"] == {"email": "a", "phone": "b"}


def test_a_column_called_email_without_addresses_is_none(tmp_path: Path) -> None:
    path = sheet(tmp_path, {"email": "yes", "phone": "+49 30 901820"})
    assert guessed(path).settings["columns"] == {"phone": "phone"}


def test_rows_without_a_date_stand_at_the_day_of_the_file(tmp_path: Path) -> None:
    found = guessed(sheet(tmp_path, {"email": "anna@mail.example"}))
    assert found.settings["occurred_on"] == "2026-01-31"
    assert "No column says when: the rows stand at the date of the file." in found.doubts


@pytest.mark.parametrize(
    ("texts", "country", "expected"),
    [
        (["2026-03-01", "2026-03-02T10:00:00Z"], "BD", Dated(None)),
        (["01.03.2026", "13.03.2026"], "DE", Dated("%d.%m.%Y")),
        (["03/04/2026"], "GB", Dated("%d/%m/%Y", "%m/%d/%Y")),
        (["03/04/2026"], "US", Dated("%m/%d/%Y", "%d/%m/%Y")),
        (["03/13/2026", "03/04/2026"], "GB", Dated("%m/%d/%Y")),
        (["০১/০৩/২০২৬ ০৯:৩০"], "BD", Dated("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")),
        (["1772323200"], "BD", Dated("unix")),
        (["1772323200000"], "BD", Dated("unix_ms")),
        (["5 Mar 2026"], "BD", Dated("%d %b %Y")),
        (["2026-03-01", "soon"], "BD", None),
        (["12"], "BD", None),
        ([], "BD", None),
    ],
)
def test_dates_are_read_as_they_are_written(texts: list[str], country: str, expected: Dated | None) -> None:
    assert dated(texts, country) == expected


def test_a_date_that_can_be_read_in_two_ways_is_a_doubt(tmp_path: Path) -> None:
    path = sheet(tmp_path, {"mail": "anna@mail.example", "Order Date": "03/04/2026", "Order No": "7"})
    found = guessed(path)
    assert found.settings["kind"] == "order"
    assert found.settings["date_format"] == "%d/%m/%Y"
    assert "Dates are read as %d/%m/%Y; they could as well be %m/%d/%Y (`date_format`)." in found.doubts


def test_amounts_with_a_comma_and_without_a_currency_are_told(tmp_path: Path) -> None:
    rows = [
        {"Rechnungsnummer": str(number), "Datum": "01.03.2026", "Betrag": amount, "Kundennummer": "K-1"}
        for number, amount in ((1, "1.234,56"), (2, "99,00"))
    ]
    found = guessed(sheet(tmp_path, *rows), currency="EUR")
    assert found.settings["kind"] == "invoice"
    assert (found.settings["decimal_comma"], found.settings["currency"]) == (True, "EUR")
    assert "Amounts are taken for EUR (`currency`)." in found.doubts


def test_lines_of_invoices_are_left_to_the_ledger(tmp_path: Path) -> None:
    row = {"InvoiceNo": "536365", "StockCode": "85123A", "InvoiceDate": "2010-12-01", "CustomerID": "17850"}
    doubts = guessed(sheet(tmp_path, row, row)).doubts
    assert doubts[-1] == (
        "It may be a ledger, whose rows are lines of documents: `--connector accounting.csv` reads those."
    )


def test_numbers_of_another_country_are_a_doubt(tmp_path: Path) -> None:
    found = guessed(sheet(tmp_path, {"phone": "01711234567", "email": "k@mail.example"}), country="US")
    assert found.settings["columns"]["phone"] == "phone"
    expected = "The telephone numbers are none of US: `region` says whose they are, where they have no +."
    assert expected in found.doubts


def test_a_sheet_by_which_nobody_is_recognised_is_not_guessed() -> None:
    for name in ("rates.csv", "spend.csv", "campaigns.csv"):
        assert Sheet.guess(DEMO / name, **HERE) is None


def test_members_of_json_and_columns_of_parquet_are_guessed_too() -> None:
    calls = Lines.guess(SAMPLES / "calls.ndjson", **HERE)
    assert calls is not None
    assert set(calls.settings["columns"].items()) >= {("email", "caller.email"), ("phone", "caller.phone")}
    orders = Table.guess(SAMPLES / "orders.parquet", **HERE)
    assert orders is not None
    assert (orders.settings["kind"], orders.settings["columns"]["email"]) == ("order", "customer.email")


def test_every_reason_names_its_column_and_an_example(tmp_path: Path) -> None:
    found = guessed(sheet(tmp_path, {"Mail": "anna@mail.example", "x": "+49 30 901820"}))
    assert found.reasons == [
        sdk.GuessReason("Mail", "email", "by its name; it holds mail addresses", "anna@mail.example"),
        sdk.GuessReason("x", "phone", "it holds phone numbers", "+49 30 901820"),
    ]


@pytest.mark.parametrize(
    ("column", "field", "expected"),
    [("E-Mail", "email", True), ("billing_email", "email", True), ("emailed", "email", False), ("", "name", False)],
)
def test_a_name_fits_by_its_words(column: str, field: str, expected: bool) -> None:
    assert (fit(field, column) > 0) is expected


def test_the_kind_follows_from_the_columns() -> None:
    cases: dict[str, Any] = {
        "deal": ["opportunity_id", "deal_stage", "close_value"],
        "payment": ["Payment ID", "Paid at"],
        "call": ["Caller", "Call duration"],
    }
    assert {kind: kinds(columns)[0] for kind, columns in cases.items()} == {kind: kind for kind in cases}


@pytest.mark.parametrize("text", ["name,phone\n", 'name,phone\n"open,1\n', "name,phone\nAnna,1,2\n"], ids=range(3))
def test_sheet_without_a_row_that_can_be_read_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "sheet.csv").write_text(text)
    with pytest.raises(sdk.ConfigWrong, match=r"^sheet\.csv has no row that can be read$"):
        Sheet.guess(tmp_path / "sheet.csv", **HERE)

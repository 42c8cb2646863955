"""Ledger exports: documents from lines, keys that hold, any encoding, and the public ledgers to the penny."""

import asyncio
import csv
import sqlite3
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.accounting.csv import AccountingCsv
from hub import sdk

LEDGER = {
    "number": "No",
    "date": "Date",
    "type": "Type",
    "contact": "Customer",
    "name": "Name",
    "email": "Mail",
    "sku": "Article",
    "description": "What",
    "quantity": "Qty",
    "unit_price": "Price",
    "due": "Due",
    "settles": "For",
}
HEADER = "No,Date,Type,Customer,Name,Mail,Article,What,Qty,Price,Due,For"
TYPES = {"Payment": "payment", "Refund": "refund", "Credit note": "credit_note", "Journal": None}


def ledger(path: Path, **changes: Any) -> AccountingCsv:
    settings = {"path": path, "columns": LEDGER, "currency": "EUR", "type_values": TYPES} | changes
    return AccountingCsv(AccountingCsv.Settings.model_validate(settings))


def written(tmp_path: Path, *lines: str, encoding: str = "utf-8", name: str = "ledger.csv") -> Path:
    path = tmp_path / name
    path.write_bytes("\r\n".join([HEADER, *lines, ""]).encode(encoding))
    return path


async def pulled(connector: sdk.Connector, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    stream = connector.streams()[0]
    assert isinstance(stream, sdk.PullStream)
    return [page async for page in stream.pages(cursor)]


def rows(connector: sdk.Connector) -> list[sdk.Row]:
    return [row for page in asyncio.run(pulled(connector)) for row in page.rows]


def mapped(connector: sdk.Connector, row: sdk.Row) -> list[sdk.Mapped]:
    return list(connector.streams()[0].touchpoints(row))


def touchpoints(connector: sdk.Connector) -> list[sdk.Touchpoint]:
    return [each for row in rows(connector) for each in mapped(connector, row) if isinstance(each, sdk.Touchpoint)]


def problems(connector: sdk.Connector) -> list[str]:
    return list(_problems(connector))


def _problems(connector: sdk.Connector) -> Iterator[str]:
    for row in rows(connector):
        try:
            mapped(connector, row)
        except sdk.RowUnreadable as problem:
            yield problem.message


def test_a_row_is_its_own_bytes_and_says_how_to_read_them(tmp_path: Path) -> None:
    line = '7,2026-03-01,,42,"Anna\r\n ""A."" Ortiz",anna@x.org,S1,Stool,2,9.50,,'
    (row,) = rows(ledger(written(tmp_path, line)))
    assert row.payload == line.encode()
    assert row.envelope == {"header": HEADER, "delimiter": ",", "encoding": "utf-8"}


def test_a_line_is_one_touchpoint_of_its_document(tmp_path: Path) -> None:
    connector = ledger(written(tmp_path, "7,2026-03-01,,42,Anna Ortiz,anna@x.org,S1,Stool,2,9.50,2026-03-15,"))
    (row,) = rows(connector)
    money = sdk.Money(Decimal("19.00"), "EUR")
    assert mapped(connector, row) == [
        sdk.Touchpoint(
            kind="invoice",
            channel=sdk.Channel.ACCOUNTING,
            direction=sdk.Direction.OUTBOUND,
            occurred_at=date(2026, 3, 1),
            title="7",
            part="invoice",
            document="7",
            amount=money,
            identifiers=(sdk.contact("42"), sdk.email("anna@x.org")),
            traits={"name": "Anna Ortiz"},
            matters=(sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference="7", title="7", due=date(2026, 3, 15)),),
            lines=(
                sdk.Line(
                    description="Stool",
                    quantity=Decimal(2),
                    unit_price=sdk.Money(Decimal("9.50"), "EUR"),
                    amount=money,
                    sku="S1",
                ),
            ),
            properties={"number": "7", "due_on": "2026-03-15"},
        ),
        sdk.Product(sku="S1", name="Stool"),
    ]


def test_a_credit_note_is_positive_and_an_invoice_keeps_its_negative_lines(tmp_path: Path) -> None:
    found = touchpoints(
        ledger(
            written(
                tmp_path,
                "7,2026-03-01,,42,,,S1,Stool,2,10,,",
                "7,2026-03-01,,42,,,D,Discount,-1,3,,",
                "C8,2026-03-02,,42,,,S1,Stool,-1,10,,7",
            ),
            credit_note_prefix="C",
        )
    )
    assert [(each.kind, each.amount.amount if each.amount else None) for each in found] == [
        ("invoice", Decimal(20)),
        ("invoice", Decimal(-3)),
        ("credit_note", Decimal(10)),
    ]
    assert found[2].lines[0].quantity == 1
    assert found[2].properties == {"number": "C8", "settles": "7"}
    assert [claim.reference for claim in found[2].matters] == ["7"]


def test_a_payment_is_inbound_has_no_lines_and_names_its_invoice(tmp_path: Path) -> None:
    (found,) = touchpoints(ledger(written(tmp_path, "7,2026-03-01,payment,42,,,,,1,20,,6")))
    money = sdk.Money(Decimal(20), "EUR")
    assert (found.kind, found.direction, found.amount, found.lines) == ("payment", "INBOUND", money, ())
    assert found.matters == (sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference="6"),)


def test_a_refund_of_money_alone_has_no_lines_and_one_of_goods_has(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,Refund,42,,,,,1,-20,,6", "8,2026-03-01,Refund,42,,,S1,Stool,2,-10,,6")
    money, goods = touchpoints(ledger(path))
    assert (money.amount, money.lines) == (sdk.Money(Decimal(20), "EUR"), ())
    (line,) = goods.lines
    assert (line.quantity, line.unit_price.amount, line.amount.amount) == (Decimal(2), Decimal(10), Decimal(20))


def test_an_invoice_and_a_payment_of_one_number_stay_two(tmp_path: Path) -> None:
    found = touchpoints(ledger(written(tmp_path, "7,2026-03-01,,42,,,,,1,20,,", "7,2026-03-01,Payment,42,,,,,1,20,,7")))
    assert [(each.document, each.part) for each in found] == [("7", "invoice"), ("7", "payment")]


def test_kinds_whose_amounts_are_negative_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,Payment,42,,,,,1,-20,,6", "8,2026-03-01,Refund,42,,,,,1,5,,6")
    found = touchpoints(ledger(path, negative_types=["payment"]))
    assert [each.amount for each in found] == [sdk.Money(Decimal(20), "EUR"), sdk.Money(Decimal(5), "EUR")]


def test_debit_and_credit_columns_give_the_amount(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("No;Date;Debit;Credit\n1;01.03.2026;1.234,56;\n2;02.03.2026;;৫০,৫০\n", encoding="utf-8")
    columns = {"number": "No", "date": "Date", "debit": "Debit", "credit": "Credit"}
    connector = ledger(path, columns=columns, decimal_comma=True, date_format="%d.%m.%Y")
    assert [(each.occurred_at, each.amount) for each in touchpoints(connector)] == [
        (date(2026, 3, 1), sdk.Money(Decimal("1234.56"), "EUR")),
        (date(2026, 3, 2), sdk.Money(Decimal("-50.50"), "EUR")),
    ]


def test_a_time_is_read_in_its_zone_and_a_date_stays_a_date(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-07-01 09:00,,42,,,,,1,20,2026-07-15,")
    for pattern in (None, "%Y-%m-%d %H:%M"):
        columns = {name: column for name, column in LEDGER.items() if name != "due"}
        (found,) = touchpoints(ledger(path, time_zone="Asia/Dhaka", columns=columns, date_format=pattern))
        assert found.occurred_at == datetime(2026, 7, 1, 3, tzinfo=UTC)
    (found,) = touchpoints(ledger(path, time_zone="Asia/Dhaka"))
    assert found.properties["due_on"] == "2026-07-15"


def test_a_contact_may_be_a_person(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,,42,,,,,1,20,,")
    (found,) = touchpoints(ledger(path, contact_is="person"))
    assert found.identifiers == (sdk.contact("42", sdk.Side.PERSON),)


def test_exact_copies_are_lines_of_their_own_wherever_they_stand(tmp_path: Path) -> None:
    line, other = "7,2026-03-01,,42,,,S1,Stool,1,10,,", "8,2026-03-01,,43,,,S1,Stool,1,10,,"
    keys = [row.key for row in rows(ledger(written(tmp_path, line, other, line)))]
    assert [key.rsplit("/", 1)[0] for key in keys].count(keys[0].rsplit("/", 1)[0]) == 2
    assert [key.rsplit("/", 1)[1] for key in keys] == ["1", "1", "2"]
    assert keys[0].startswith("7/")


def test_keys_depend_on_what_cells_say_not_on_how_the_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("No,Date,Sum,Name\n7,2026-03-01,5,José\n".encode())
    (tmp_path / "b.csv").write_bytes('Name;Sum;Date;No\r\n"José"; 5;2026-03-01;7'.encode("utf-16"))
    (tmp_path / "c.csv").write_bytes("Name\tNo\tDate\tSum\nJosé\t7\t2026-03-01\t5".encode("windows-1252"))
    columns = {"number": "No", "date": "Date", "amount": "Sum", "name": "Name"}
    keys = {row.key for name in "abc" for row in rows(ledger(tmp_path / f"{name}.csv", columns=columns))}
    assert len(keys) == 1


def test_the_exports_own_line_number_is_the_key_and_a_repeated_one_loses_no_row(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("No,Line,Date,Sum\n7,1,2026-03-01,5\n7,2,2026-03-01,6\n7,2,2026-03-01,7\n")
    columns = {"number": "No", "date": "Date", "amount": "Sum", "line": "Line"}
    assert [row.key for row in rows(ledger(path, columns=columns))] == ["7/1", "7/2", "7/2/2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_script_is_read_in_every_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    names = [
        "আনিকা রহমান",
        "عائشہ خان",
        "👩‍🚀 Zoë",
        "\u202bשלום\u202c",
        "\u0a0aĀ\u0a0a",  # bytes of neighbouring letters look like a newline of UTF-16
    ]
    path = written(
        tmp_path, *(f"{n},2026-03-01,,{n},{name},,,,1,5,," for n, name in enumerate(names)), encoding=encoding
    )
    assert [each.traits["name"] for each in touchpoints(ledger(path))] == names


def test_windows_1252_is_recognised_and_may_be_declared(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,,42,Zoë Müßig – €,,,,1,5,,", encoding="windows-1252")
    for encoding in ("auto", "windows-1252", "cp1252"):
        (found,) = touchpoints(ledger(path, encoding=encoding))
        assert found.traits == {"name": "Zoë Müßig – €"}


def test_one_broken_line_among_utf_8_is_kept_as_unreadable_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,,42,Zoë,,,,1,5,,", "8,2026-03-01,,43,আনিকা,,,,1,5,,")
    path.write_bytes(
        path.read_bytes() + b"9,2026-03-01,,44,Jos\xe9,,,,1,5,,\r\n" + "10,2026-03-01,,45,Aÿ,,,,1,5,,".encode()
    )
    connector = ledger(path)
    assert [row.payload[:2] for row in rows(connector)] == [b"7,", b"8,", b"9,", b"10"]
    assert problems(connector) == ["ledger.csv line 4: byte 21 of the row is not utf-8"]


def test_a_wrongly_declared_encoding_is_one_clear_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,,42,Jos\xe9,,,,1,5,,", "8,2026-03-01,,43,Ann,,,,1,5,,", encoding="latin-1")
    connector = ledger(path, encoding="utf-8")
    assert list(connector.check()) == [
        "ledger.csv is declared as utf-8 but is not; set encoding to auto or windows-1252"
    ]
    assert problems(connector) == ["ledger.csv line 2: byte 21 of the row is not utf-8"]
    with pytest.raises(sdk.ConfigWrong, match=r"ledger\.csv is utf-16-le, but the settings declare utf-8"):
        rows(ledger(written(tmp_path, encoding="utf-16"), encoding="utf-8"))
    with pytest.raises(sdk.ConfigWrong, match="'utf8x' is not the name of an encoding"):
        rows(ledger(path, encoding="utf8x"))


def test_a_mapped_column_that_is_missing_is_named_with_those_that_exist(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(sdk.ConfigWrong) as problem:
        rows(ledger(path, columns=LEDGER | {"amount": "Betrag"}))
    there = HEADER.replace(",", ", ")
    assert problem.value.message == f"ledger.csv has no column 'Betrag'; it has: {there}"
    assert problem.value.path == "columns.amount"


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    path = written(
        tmp_path, '7,2026-03-01,,42,"Anna,,,,1,5,,', *(f"{n},2026-03-01,,42,,,,,1,5,," for n in range(8, 108))
    )
    connector = ledger(path)
    assert len(rows(connector)) == 101
    assert problems(connector) == ["ledger.csv line 2: the row is not CSV: a quote is not closed"]


def test_a_line_without_end_is_kept_in_pieces_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,,42," + "x" * 2_500_000 + ",,,,1,5,,", "8,2026-03-01,,42,,,,,1,5,,")
    connector = ledger(path)
    assert [len(row.payload) for row in rows(connector)][:2] == [1 << 20, 1 << 20]
    assert problems(connector) == ["ledger.csv line 2: the line is longer than 1,048,576 bytes"] * 3
    assert b"".join(row.payload for row in rows(connector)[:3]).count(b"x") == 2_500_000


def test_the_line_of_a_broken_row_is_that_of_the_file_whatever_stands_above_it(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '7,2026-03-01,,42,"Anna\r\nOrtiz",,,,1,5,,',  # lines 2 and 3
        "",
        "7,2026-03-01,,42," + "x" * 2_500_000 + ",,,,1,5,,",  # line 5, in three pieces
        '7,2026-03-01,,42,"Anna" B,,,,1,5,,',  # line 6
        '7,2026-03-01,,42,"Anna\r\nOrtiz",,,,1,5,,,,,,more',  # lines 7 and 8
        '7,2026-03-01,,42,"Anna,,,,1,5,,',  # line 9
        "7,2026-03-01,,42,,,,,1,5,,,more,",  # line 10, read again after the quote of line 9
    )
    assert [problem.partition(":")[0] for problem in problems(ledger(path))] == [
        *["ledger.csv line 5"] * 3,
        "ledger.csv line 6",
        "ledger.csv line 7",
        "ledger.csv line 9",
        "ledger.csv line 10",
    ]


def test_bad_cells_are_problems_that_name_their_column(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ",2026-03-01,,42,,,,,1,5,,",
        "7,soon,,42,,,,,1,5,,",
        "7,,,42,,,,,1,5,,",
        "7,2026-03-01,Barter,42,,,,,1,5,,",
        "7,2026-03-01,,42,,,,,one,5,,",
        "7,2026-03-01,,42,,,,,1,,,",
        "7,2026-03-01,,42,,,,,1,1234567890123456,,",
        "7,2026-03-01,,42,,,,,1,5,,,more,",
        "7,2026-03-01,Journal,42,,,,,1,5,,",
    )
    assert problems(ledger(path)) == [
        "No: the row names no document",
        "Date: 'soon' is not a date of the form %Y-%m-%d",
        "Date: the row has no date",
        "Type: 'Barter' is no kind of document",
        "Qty: 'one' is not an amount",
        "Price: the row has no amount",
        "Price: '1234567890123456' is too large a number",
        "ledger.csv line 9: the row has 14 cells, the header 12",
    ]


def test_files_that_are_no_csv_are_one_clear_sentence_each(tmp_path: Path) -> None:
    empty, book = tmp_path / "empty.csv", tmp_path / "book.csv"
    empty.touch()
    book.write_bytes(b"PK\x03\x04\x14\x00\x06\x00")
    (tmp_path / "folder").mkdir()
    for path, sentence in {
        empty: "empty.csv has no header line",
        book: "book.csv is a workbook or an archive, not CSV",
        tmp_path / "folder": f"{tmp_path / 'folder'} holds no file that ends in .csv, .tsv, .txt",
        tmp_path / "none.csv": f"there is no file or folder '{tmp_path}/none.csv'",
    }.items():
        assert list(ledger(path).check()) == [sentence]
        with pytest.raises(sdk.ConfigWrong) as problem:
            rows(ledger(path))
        assert problem.value.message == sentence


def test_settings_that_cannot_give_an_amount_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="columns needs amount, or debit and credit, or quantity and unit_price"):
        ledger(tmp_path, columns={"number": "No", "date": "Date"})
    with pytest.raises(ValidationError, match="currency is missing"):
        ledger(tmp_path, currency=None)
    with pytest.raises(ValidationError, match="'Mars' is not an IANA time zone"):
        ledger(tmp_path, time_zone="Mars")


def test_excels_line_that_names_the_delimiter_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("sep=|\nNo|Date|Sum\n7|2026-03-01|5\n\n||\n")
    columns = {"number": "No", "date": "Date", "amount": "Sum"}
    assert [row.payload for row in rows(ledger(path, columns=columns))] == [b"7|2026-03-01|5"]


def test_a_pull_resumes_within_a_file_and_skips_files_that_did_not_change(tmp_path: Path) -> None:
    line = "7,2026-03-01,,42,,,S1,Stool,1,10,,"
    written(tmp_path, *[line] * 1500, name="a.csv")
    written(tmp_path, *[line] * 20, name="b.csv")
    connector = ledger(tmp_path)
    pages = asyncio.run(pulled(connector))
    assert [len(page.rows) for page in pages] == [100, 1000, 400, 20]
    assert [round(page.done or 0, 2) for page in pages] == [0.07, 0.72, 0.99, 1.0]
    for resumed in range(3):
        rest = [row.key for page in asyncio.run(pulled(connector, pages[resumed].cursor)) for row in page.rows]
        assert rest == [row.key for page in pages[resumed + 1 :] for row in page.rows]
    assert asyncio.run(pulled(connector, pages[-1].cursor)) == []
    assert len(rows(ledger(tmp_path, currency="USD"))) == 1520


def test_a_corrected_setting_reads_the_files_again(tmp_path: Path) -> None:
    path = written(tmp_path, "7,2026-03-01,,42,,,,,1,5,,")
    (page,) = asyncio.run(pulled(ledger(path)))
    assert asyncio.run(pulled(ledger(path), page.cursor)) == []
    assert len(asyncio.run(pulled(ledger(path, currency="USD"), page.cursor))) == 1


# The public ledgers -----------------------------------------------------------------------------------------------

UCI = {
    "number": "InvoiceNo",
    "date": "InvoiceDate",
    "contact": "CustomerID",
    "sku": "StockCode",
    "description": "Description",
    "quantity": "Quantity",
    "unit_price": "UnitPrice",
    "country": "Country",
}


def uci(path: Path) -> AccountingCsv:
    return ledger(path, columns=UCI, currency="GBP", time_zone="Europe/London", credit_note_prefix="C", type_values={})


@dataclass(frozen=True)
class Ledger:
    """A part of the public ledger, cut in two that overlap, with figures that were reckoned from the file alone."""

    until: datetime
    before: datetime
    """Where the first of the two ends."""
    after: datetime
    """Where the second begins."""
    rows: tuple[int, int, int, int]
    """Of the whole, the first, the second, and of both."""
    documents: int
    contacts: int
    net: Decimal
    folder: Path = Path()

    @property
    def files(self) -> list[Path]:
        """The whole and its two cuts."""
        return [self.folder / name for name in ("whole.csv", "before.csv", "after.csv")]


DECEMBER = Ledger(
    datetime(2011, 1, 1), datetime(2010, 12, 16), datetime(2010, 12, 13),  # noqa: DTZ001 (the file's own)
    (42_481, 32_451, 15_749, 5_719), 2_025, 948, Decimal("748957.02"),
)  # fmt: skip
YEAR = Ledger(
    datetime(2012, 1, 1), datetime(2011, 7, 1), datetime(2011, 6, 1),  # noqa: DTZ001
    (541_909, 245_903, 332_880, 36_874), 25_900, 4_372, Decimal("9747747.93"),
)  # fmt: skip


@pytest.fixture(scope="module")
def uci_table(shared_data: Path) -> Any:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(shared_data / "orders" / "online_retail_2010_2011.parquet")


@pytest.fixture(
    scope="module",
    params=[pytest.param(DECEMBER, id="december"), pytest.param(YEAR, id="year", marks=pytest.mark.long)],
)
def part(request: pytest.FixtureRequest, uci_table: Any, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A part of the ledger, written to files."""
    import pyarrow.csv
    from pyarrow import compute

    part: Ledger = replace(request.param, folder=tmp_path_factory.mktemp("uci"))
    whole = uci_table.filter(compute.less(uci_table["InvoiceDate"], part.until))
    before = whole.filter(compute.less(whole["InvoiceDate"], part.before))
    after = whole.filter(compute.greater_equal(whole["InvoiceDate"], part.after))
    for file, table in zip(part.files, (whole, before, after), strict=True):
        pyarrow.csv.write_csv(table, file)
    return part


@pytest.fixture(scope="module")
def uci_rows(part: Ledger) -> list[sdk.Row]:
    return rows(uci(part.files[0]))


@pytest.mark.shared
def test_the_uci_ledger_gives_its_documents_customers_and_net_value(part: Ledger, uci_rows: list[sdk.Row]) -> None:
    stream, net = uci(Path("whole.csv")).streams()[0], Decimal(0)
    keys, documents, contacts = set[str](), set[str](), set[str]()
    for row in uci_rows:
        keys.add(row.key)
        for found in stream.touchpoints(row):
            if isinstance(found, sdk.Touchpoint):
                assert found.document
                assert found.amount
                documents.add(found.document)
                contacts.update(each.value for each in found.identifiers)
                net += -found.amount.amount if found.kind == "credit_note" else found.amount.amount
    assert (len(keys), len(documents), len(contacts)) == (part.rows[0], part.documents, part.contacts)
    assert round(net, 2) == part.net


@pytest.mark.shared
def test_overlapping_halves_of_the_uci_ledger_give_the_same_rows_in_either_order(
    part: Ledger, uci_rows: list[sdk.Row]
) -> None:
    whole = {row.key: row.payload for row in uci_rows}
    before, after = ({row.key: row.payload for row in rows(uci(file))} for file in part.files[1:])
    assert (len(whole), len(before), len(after), len(before.keys() & after.keys())) == part.rows
    assert before | after == whole
    assert after | before | after == whole


@pytest.mark.shared
@pytest.mark.parametrize(("few", "many"), [(5_000, 20_000), pytest.param(20_000, 100_000, marks=pytest.mark.long)])
def test_memory_does_not_grow_with_the_file(uci_table: Any, tmp_path: Path, few: int, many: int) -> None:
    import pyarrow.csv

    peaks = []
    for most in (few, many):
        pyarrow.csv.write_csv(uci_table.slice(0, most), tmp_path / f"{most}.csv")
        peaks.append(_peak(tmp_path / f"{most}.csv"))
    assert peaks[1] - peaks[0] < 200_000


def _peak(path: Path) -> int:
    async def read() -> None:
        stream = uci(path).streams()[0]
        assert isinstance(stream, sdk.PullStream)
        async for _ in stream.pages(None):
            pass

    tracemalloc.start()
    try:
        asyncio.run(read())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.shared
def test_the_chinook_shop_gives_its_invoices_customers_and_total(shared_data: Path, tmp_path: Path) -> None:
    shop = sqlite3.connect(shared_data / "accounting_db" / "Chinook_Sqlite.sqlite")
    found = shop.execute(
        """SELECT i.InvoiceId, i.InvoiceDate, l.InvoiceLineId, c.CustomerId, c.FirstName || ' ' || c.LastName AS Name,
                  c.Company, c.Email, c.Phone, i.BillingCountry AS Country, t.Name AS Track, l.TrackId, l.Quantity,
                  l.UnitPrice
           FROM Invoice i JOIN InvoiceLine l USING (InvoiceId) JOIN Customer c USING (CustomerId)
           JOIN Track t USING (TrackId)"""
    )
    path = tmp_path / "chinook.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column[0] for column in found.description])
        writer.writerows(found)
    shop.close()
    columns = {
        "number": "InvoiceId",
        "date": "InvoiceDate",
        "line": "InvoiceLineId",
        "contact": "CustomerId",
        "name": "Name",
        "company": "Company",
        "email": "Email",
        "phone": "Phone",
        "country": "Country",
        "sku": "TrackId",
        "description": "Track",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
    }
    lines = touchpoints(ledger(path, columns=columns, currency="USD", date_format="%Y-%m-%d 00:00:00"))
    assert len(lines) == 2240
    assert len({each.document for each in lines}) == 412
    assert len({each.identifiers[0].value for each in lines}) == 59
    assert sum(each.amount.amount for each in lines if each.amount) == Decimal("2328.60")
    assert lines[0].occurred_at == date(2021, 1, 1)
    of_helena = [each for each in lines if each.traits["name"] == "Helena Holý"]
    assert sum(each.amount.amount for each in of_helena if each.amount) == Decimal("49.62")

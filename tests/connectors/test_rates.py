"""Exchange rates from the table of the European Central Bank, and from rows of date, base, quote, rate."""

import asyncio
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.accounting.rates import AccountingRates
from hub import sdk
from tests.conftest import ROOT

SAMPLES = ROOT / "connectors" / "accounting" / "samples"


def connector(path: Path, **settings: Any) -> AccountingRates:
    return AccountingRates(AccountingRates.Settings.model_validate({"path": path} | settings))


def rows(held: AccountingRates) -> list[sdk.Row]:
    async def read() -> list[sdk.Row]:
        stream = held.streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [row async for page in stream.pages(None) for row in page.rows]

    return asyncio.run(read())


def rates(held: AccountingRates) -> list[tuple[str, str, str, str]]:
    found = [each for row in rows(held) for each in held.streams()[0].touchpoints(row)]
    return [
        (f"{each.on}", each.base, each.quote, f"{each.rate}") for each in found if isinstance(each, sdk.ExchangeRate)
    ]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rates.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_banks_table_gives_the_price_of_a_euro_for_each_day_and_currency() -> None:
    found = rates(connector(SAMPLES / "eurofxref-hist.csv"))
    assert len(found) == 3 * 6
    assert found[:2] == [("2025-03-05", "EUR", "USD", "1.0694"), ("2025-03-05", "EUR", "JPY", "159.31")]
    assert [row.key for row in rows(connector(SAMPLES / "eurofxref-hist.csv"))] == [
        "2025-03-05", "2025-03-04", "2025-03-03",
    ]  # fmt: skip


def test_a_sheet_of_rates_names_each_by_day_and_pair() -> None:
    held = connector(SAMPLES / "rates.csv")
    assert rates(held)[0] == ("2025-03-01", "USD", "BDT", "121.50")
    assert [row.key for row in rows(held)] == ["2025-03-01/USD/BDT", "2025-03-01/USD/PKR", "2025-03-15/USD/BDT"]
    assert list(held.check()) == []


def test_other_ways_to_write_a_table(tmp_path: Path) -> None:
    path = written(tmp_path, "Date; USD; TRY\n21 November 2026; 1,0512; 44,1\n")
    held = connector(path, base="gbp", date_format="%d %B %Y", decimal_comma=True)
    assert rates(held) == [("2026-11-21", "GBP", "USD", "1.0512"), ("2026-11-21", "GBP", "TRY", "44.1")]


def test_digits_of_any_script_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "date,base,quote,rate\n২০২৫-০৩-০১,usd,bdt,১২১.৫০\n")
    [row] = rows(connector(path))
    [found] = connector(path).streams()[0].touchpoints(row)
    assert found == sdk.ExchangeRate(on=date(2025, 3, 1), base="USD", quote="BDT", rate=Decimal("121.50"))


def test_a_rate_is_of_the_day_that_the_sheet_writes(tmp_path: Path) -> None:
    path = written(tmp_path, "date,base,quote,rate\n2025-03-01 00:00:00,USD,BDT,121.50\n")
    assert rates(connector(path, time_zone="Asia/Dhaka")) == [("2025-03-01", "USD", "BDT", "121.50")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",USD,BDT,1", "the row has no date"),
        ("2025-03-01,taka,BDT,1", "'TAKA' is not a currency code such as EUR"),
        ("2025-03-01,USD,BDT,", "the row has no rate"),
        ("2025-03-01,USD,BDT,cheap", "rate: 'cheap' is not an amount"),
        ("01.03.2025,USD,BDT,1", "date: '01.03.2025' is not a date of the form %Y-%m-%d"),
    ],
)
def test_a_row_that_is_no_rate_says_why(tmp_path: Path, line: str, message: str) -> None:
    held = connector(written(tmp_path, f"date,base,quote,rate\n{line}\n"))
    with pytest.raises(sdk.RowUnreadable) as caught:
        list(held.streams()[0].touchpoints(rows(held)[0]))
    assert caught.value.message == message


def test_a_file_of_something_else_is_refused_before_it_is_read(tmp_path: Path) -> None:
    assert list(connector(written(tmp_path, "date,base,rate\n")).check()) == [
        "rates.csv has no column 'quote'; it has: date, base, rate"
    ]
    assert list(connector(written(tmp_path, "name,mail\n")).check()) == [
        "rates.csv has no column 'date'; it has: name, mail"
    ]
    assert list(connector(tmp_path / "none.csv").check()) == [f"there is no file or folder '{tmp_path}/none.csv'"]


def test_a_table_without_currencies_has_unreadable_rows(tmp_path: Path) -> None:
    held = connector(written(tmp_path, "date,price\n2025-03-01,1\n"))
    with pytest.raises(sdk.RowUnreadable, match="no column is a currency or is called rate; there are date, price"):
        list(held.streams()[0].touchpoints(rows(held)[0]))


def test_a_base_is_a_currency() -> None:
    with pytest.raises(ValidationError, match="'Euro' is not a currency code such as EUR"):
        connector(SAMPLES / "rates.csv", base="Euro")

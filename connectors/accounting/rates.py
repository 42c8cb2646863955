"""Exchange rates from CSV: the European Central Bank's table, a column for each currency, or a row for each rate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date

from pydantic import Field, field_validator

from connectors import folders, sheets
from connectors.cells import Cells, CellSettings, is_code
from connectors.occurrences import Occurrences
from hub import sdk

_NONE = {"", "N/A", "NA", "-"}
"""What the table says of a day on which a currency has no rate."""
_PLAIN = ("date", "base", "quote", "rate")


class RateSettings(CellSettings, sheets.SheetSettings):
    """Settings of ``accounting.rates``."""

    base: str = Field("EUR", description="The currency whose price the columns of a table say.")

    @field_validator("base")
    @classmethod
    def _is_a_currency(cls, code: str) -> str:
        if not is_code(code):
            raise ValueError(f"{code!r} is not a currency code such as EUR")
        return code.upper()


class Rates(sdk.PullStream):
    """Days with the rates of each, or single rates."""

    name = "rates"
    nature = sdk.Nature.STATES

    def __init__(self, settings: RateSettings) -> None:
        self._settings = settings

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Rows of the files that changed since ``cursor``."""
        return folders.pages(self._settings, cursor, {}, self._row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """The rates of the row: no touchpoint among them."""
        values = _lower(sheets.cells(row))
        cells = Cells(values, self._settings)
        on = cells.day("date")
        if on is None:
            raise sdk.RowUnreadable("the row has no date", path="date")
        if "rate" in values:
            base, quote = (_code(values, column) for column in ("base", "quote"))
            yield _rate(on, base, quote, "rate", cells)
            return
        told = {column: column.upper() for column in values if is_code(column)}
        if not told:
            raise sdk.RowUnreadable(f"no column is a currency or is called rate; there are {', '.join(values)}")
        for column, quote in told.items():
            if values[column].upper() not in _NONE and quote != self._settings.base:
                yield _rate(on, self._settings.base, quote, column, cells)

    def _row(self, record: sheets.Record, occurrences: Occurrences) -> sdk.Row | None:
        """Named by its day (and pair), so that a corrected rate is a new version."""
        values = _lower(record.cells or {})
        named = [values[column] for column in _PLAIN[:-1] if values.get(column)]
        key = "/".join(named) if named else occurrences.numbered(f"row/{record.digest()}")
        return sdk.Row(key, record.payload, record.envelope)


def _rate(on: date, base: str, quote: str, column: str, cells: Cells) -> sdk.ExchangeRate:
    rate = cells.number(column)
    if rate is None:
        raise sdk.RowUnreadable("the row has no rate", path=column)
    return sdk.ExchangeRate(on=on, base=base, quote=quote, rate=rate)


def _lower(cells: Mapping[str, str]) -> dict[str, str]:
    return {column.lower(): text for column, text in cells.items()}


def _code(values: Mapping[str, str], column: str) -> str:
    code = values.get(column, "").upper()
    if not is_code(code):
        raise sdk.RowUnreadable(f"{code[:20]!r} is not a currency code such as EUR", path=column)
    return code


class AccountingRates(sdk.Connector):
    """Exchange rates, which convert what customers paid in other currencies."""

    name = "accounting.rates"
    title = "Exchange rates: the European Central Bank's table, or rows of date, base, quote, rate"
    documentation = "docs/connectors/accounting.rates.md"
    Settings = RateSettings
    settings: RateSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rates(self.settings)]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file, a column that is not there, or another encoding than declared."""
        yield from folders.check(self.settings, {})
        for path in folders.files(self.settings.path) if self.settings.path.exists() else ():
            with sheets.Sheet(path, self.settings, {}) as sheet:
                columns = {column.lower() for column in sheet.columns}
            if missing := _missing(columns):
                yield f"{path.name} has no column {missing!r}; it has: {', '.join(sheet.columns)}"


def _missing(columns: set[str]) -> str | None:
    """What neither form of a file can do without."""
    if "rate" in columns:
        return next((name for name in _PLAIN if name not in columns), None)
    return None if "date" in columns else "date"

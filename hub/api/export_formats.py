"""Rows as CSV, NDJSON and Parquet, part by part: what is written is given away before the next part is read."""

from __future__ import annotations

import csv
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import orjson

from hub import money
from hub.errors import ConfigWrong
from hub.store.exported import Column, Kind

CURSOR = "cursor"
"""The last column of what can be gone on with."""
_FORMULA = re.compile(r"[=\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|\+(?!\d+$)")
"""What a spreadsheet may take for a formula (OWASP), also in the full width of East Asian keyboards. ``+`` and digits
alone is a phone number."""
_LARGEST_GROUP = 50_000
"""Rows of a Parquet row group."""
_MILLION = 1_000_000
_DIGITS = 12
"""Digits after the point of exact numbers in Parquet, whose columns have so many for all."""
_STEP = Decimal(1).scaleb(-_DIGITS)
_WIDE = Context(prec=38, traps=[])


@dataclass(frozen=True, slots=True)
class Manner:
    """How CSV is written. ``bom``: with the mark by which Excel knows UTF-8. ``formulas``: cells that a spreadsheet
    would take for formulas are left as they are."""

    bom: bool = False
    formulas: bool = False


SPREADSHEET = Manner()


class Writing(ABC):
    """One export on its way into bytes. ``cursors``: of the rows of a part, where the format carries them."""

    resumable = True

    def begin(self) -> bytes:
        """What stands before all rows."""
        return b""

    @abstractmethod
    def part(self, columns: Sequence[Sequence[Any]], cursors: Sequence[str]) -> bytes:
        """Some rows, column by column as the store gives them."""

    def end(self) -> bytes:
        """What stands after all rows."""
        return b""


class Ndjson(Writing):
    """A JSON object in each line, ended by a line feed."""

    def __init__(self, columns: Sequence[Column], _: Manner) -> None:
        self._columns = columns
        self._names = [*(column.name for column in columns), CURSOR]

    def part(self, columns: Sequence[Sequence[Any]], cursors: Sequence[str]) -> bytes:
        """Lines."""
        told = [*_texts(self._columns, columns, _fragments), cursors]
        names, line = self._names, orjson.OPT_APPEND_NEWLINE
        return b"".join(
            [orjson.dumps(dict(zip(names, row, strict=True)), option=line) for row in zip(*told, strict=True)]
        )


class Csv(Writing):
    """RFC 4180 in UTF-8: a line of names, then the rows, each ended by CR LF. What is not there is empty."""

    def __init__(self, columns: Sequence[Column], manner: Manner) -> None:
        self._columns = columns
        self._manner = manner

    def begin(self) -> bytes:
        """The names."""
        names = ",".join([*(column.name for column in self._columns), CURSOR])
        return (("\ufeff" if self._manner.bom else "") + names + "\r\n").encode()

    def part(self, columns: Sequence[Sequence[Any]], cursors: Sequence[str]) -> bytes:
        """Lines."""
        told = _texts(self._columns, columns, _same, ("false", "true"))
        if not self._manner.formulas:
            told = [
                _harmless(values) if column.kind in (Kind.TEXT, Kind.JSON) else values
                for column, values in zip(self._columns, told, strict=True)
            ]
        lines = io.StringIO()
        csv.writer(lines).writerows(zip(*told, cursors, strict=True))
        return lines.getvalue().encode()


class _Sink(io.RawIOBase):
    """A file that is only ever written on at its end, and given away as it grows."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._at += len(self._parts[-1])
        return len(self._parts[-1])

    def take(self) -> bytes:
        """What was written since."""
        taken, self._parts = b"".join(self._parts), []
        return taken


class Parquet(Writing):
    """A Parquet file, zstd. Times are timestamps in UTC, amounts exact decimals. It cannot be gone on with."""

    resumable = False

    def __init__(self, columns: Sequence[Column], _: Manner) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            raise ConfigWrong(
                "This hub writes no Parquet: its extra `parquet` is not installed.",
                hint="pip install 'journey-hub[parquet]', where the hub runs",
            ) from None
        self._arrow = pa
        self._columns = columns
        self._sink = _Sink()
        kinds = {
            Kind.TIME: pa.timestamp("us", tz="UTC"),
            Kind.DATE: pa.date32(),
            Kind.MONEY: pa.decimal128(24, 4),
            Kind.EXACT: pa.decimal128(38, _DIGITS),
            Kind.NUMBER: pa.int64(),
            Kind.FRACTION: pa.float64(),
            Kind.FLAG: pa.bool_(),
        }
        self._schema = pa.schema([(each.name, kinds.get(each.kind, pa.string())) for each in columns])
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._held: list[Any] = []

    def part(self, columns: Sequence[Sequence[Any]], cursors: Sequence[str]) -> bytes:
        """A row group, once there are rows enough."""
        arrays = [
            self._array(column, values, columns, type_)
            for column, values, type_ in zip(self._columns, columns, self._schema.types, strict=True)
        ]
        self._held.append(self._arrow.record_batch(arrays, schema=self._schema))
        return self._grouped() if sum(batch.num_rows for batch in self._held) >= _LARGEST_GROUP else b""

    def end(self) -> bytes:
        """The last row group, and the footer."""
        last = self._grouped()
        self._writer.close()
        return last + self._sink.take()

    def _array(self, column: Column, values: Sequence[Any], columns: Sequence[Sequence[Any]], type_: Any) -> Any:
        array = self._arrow.array
        match column.kind:
            case Kind.MONEY:
                codes = columns[_place(self._columns, column.currency)]
                return array(map(_amount, values, codes), type_)
            case Kind.EXACT:
                return array(list(map(_rounded, values)), type_)
            case Kind.FRACTION:
                return array([None if value is None else value / _MILLION for value in values], type_)
            case Kind.DATE:
                return array(values, self._arrow.string()).cast(type_)
            case Kind.FLAG:
                return array([None if value is None else bool(value) for value in values], type_)
            case _:
                return array(values, type_)

    def _grouped(self) -> bytes:
        if self._held:
            self._writer.write_table(self._arrow.Table.from_batches(self._held), row_group_size=_LARGEST_GROUP * 2)
            self._held = []
        return self._sink.take()


FORMATS: dict[str, tuple[str, Callable[[Sequence[Column], Manner], Writing]]] = {
    "csv": ("text/csv; charset=utf-8", Csv),
    "ndjson": ("application/x-ndjson", Ndjson),
    "parquet": ("application/vnd.apache.parquet", Parquet),
}
"""Media type and writer, by the end of the address."""


def _texts(
    columns: Sequence[Column],
    values: Sequence[Sequence[Any]],
    json: Callable[[Any], Any],
    flags: Sequence[Any] = (False, True),
) -> list[Sequence[Any]]:
    """Columns as JSON and CSV show them: times and amounts as the graph writes them."""
    told: list[Sequence[Any]] = []
    for column, held in zip(columns, values, strict=True):
        match column.kind:
            case _ if held.count(None) == len(held):
                told.append(held)
            case Kind.TIME:
                told.append(_times(held))
            case Kind.MONEY:
                told.append(list(map(_amount_text, held, values[_place(columns, column.currency)])))
            case Kind.FLAG:
                told.append([None if value is None else flags[bool(value)] for value in held])
            case Kind.JSON:
                told.append([None if value is None else json(value) for value in held])
            case Kind.FRACTION:
                told.append([None if value is None else value / _MILLION for value in held])
            case _:
                told.append(held)
    return told


def _times(held: Sequence[int | None]) -> Sequence[str | None]:
    """Microseconds as ``hub.api.scalars.written`` tells each, all together: a third of the time of a whole export."""
    import numpy as np  # a start of the hub should not pay for it

    known = np.array([value or 0 for value in held], np.int64).view("M8[us]")
    told: list[str | None] = np.datetime_as_string(known, unit="us", timezone="UTC").tolist()
    return [None if value is None else text for value, text in zip(held, told, strict=True)] if None in held else told


def _fragments(text: str) -> Any:
    return orjson.Fragment(text)


def _same(text: str) -> Any:
    return text


def _place(columns: Sequence[Column], name: str) -> int:
    return next(place for place, column in enumerate(columns) if column.name == name)


def _amount(minor: int | None, currency: str | None) -> Decimal | None:
    return None if minor is None or currency is None else money.major(minor, currency)


def _amount_text(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else money.text(minor, currency)


def _rounded(text: str | None) -> Decimal | None:
    """An exact number with the digits that Parquet has room for; None for one of more than 26 before the point."""
    if text is None:
        return None
    number = Decimal(text).quantize(_STEP, context=_WIDE)
    return number if number.is_finite() else None


def _harmless(values: Sequence[Any]) -> Sequence[Any]:
    harmful = {value for value in set(values) if value and _FORMULA.match(value)}
    return [f"'{value}" if value in harmful else value for value in values] if harmful else values

"""Pulling rows from Parquet files: each as canonical JSON, from any place on, row group by row group.

Canonical means: members by name, nothing for null, decimals with all their digits, times in UTC to the microsecond.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from pydantic import Field

from connectors.objects import Name, Object, content_key
from connectors.occurrences import Occurrences
from connectors.reading import PAGE, changed, files_named
from hub import sdk

SUFFIXES = (".parquet", ".pq")
MISSING = "Parquet is read by pyarrow, which is not installed here: pip install 'journey-hub[parquet]'"
_FLOATS = ("halffloat", "float", "double")
_BUFFER = 1 << 20
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class TableSettings(sdk.Settings):
    """Settings that every connector of Parquet files has."""

    path: Path = Field(description="A Parquet file, or a folder of them (.parquet, .pq).")


def pages(settings: TableSettings, cursor: sdk.Cursor | None, name: Name) -> AsyncIterator[sdk.Page]:
    """Pages of the files that changed since ``cursor``. Files are read in a thread."""
    return changed(settings.path, SUFFIXES, settings, cursor, partial(_rows, name))


def files(path: Path) -> dict[str, Path]:
    """The files that ``path`` means by their names, sorted. Raises ``ConfigWrong``."""
    return files_named(path, SUFFIXES)


def check(settings: TableSettings, named: Sequence[str]) -> Iterator[str]:
    """What is wrong with the files, in sentences. ``named`` are columns that each file must have."""
    try:
        for file, path in files(settings.path).items():
            with _opened(file, path) as table:
                there = list(_columns(table.schema_arrow, ""))
                for column in dict.fromkeys(named):
                    if not any(column == one or column.startswith(f"{one}.") for one in there):
                        yield f"{file} has no column {column!r}; it has: {', '.join(there)}"
                for batch in table.iter_batches(batch_size=1):
                    _objects(file, batch)
                    break
    except (sdk.ConfigWrong, sdk.SourceFailed) as problem:
        yield problem.message


def head(file: str, path: Path) -> Iterator[Object]:
    """The first rows of a file, at most a page. Raises ``ConfigWrong`` or ``SourceFailed``."""
    with _opened(file, path) as table:
        for batch in table.iter_batches(batch_size=PAGE):
            for held in _objects(file, batch):
                yield orjson.loads(orjson.dumps(held, default=_plain, option=_OPTIONS))
            break


def _columns(fields: Any, before: str) -> Iterator[str]:
    """The names of all columns, those inside structs with dots."""
    for field in fields:
        if hasattr(field.type, "fields") and str(field.type).startswith("struct"):
            yield from _columns(field.type, f"{before}{field.name}.")
        else:
            yield f"{before}{field.name}"


@contextmanager
def _opened(file: str, path: Path) -> Iterator[Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise sdk.ConfigWrong(MISSING) from None
    try:
        # Without its own buffers pyarrow would hold a whole row group.
        with parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as table:
            yield table
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise sdk.SourceFailed(f"{file} is no whole Parquet file: {reason}") from None
    except (pa.ArrowException, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0].rstrip(".")
        raise sdk.SourceFailed(f"{file} cannot be read: {reason}") from None


def _rows(name: Name, file: str, path: Path, place: Mapping[str, Any]) -> Iterator[tuple[sdk.Row, Any, float]]:
    with _opened(file, path) as table, Occurrences() as occurrences:
        held = _Table(file, table, place, name, occurrences)
        for row in held.rows():
            yield row, held.place(), held.share


class _Table:
    """The rows of one file after a place."""

    def __init__(self, file: str, table: Any, place: Mapping[str, Any], name: Name, occurrences: Occurrences) -> None:
        self._file = file
        self._table = table
        self._name = name
        self._known = place.get("row", 0)
        self._counted = place.get("counted", False)
        self._occurrences = occurrences
        self._row = 0

    @property
    def share(self) -> float:
        """How much of the file was read, 0 to 1."""
        rows: int = self._table.metadata.num_rows
        return self._row / max(1, rows)

    def place(self) -> dict[str, Any]:
        """Behind which row a later pull goes on, and whether copies were counted before it."""
        return {"row": self._row, "counted": self._counted}

    def rows(self) -> Iterator[sdk.Row]:
        """The rows after the place. Rows before it are read again only where copies must be counted."""
        counted_before = self._counted
        for group in range(self._table.num_row_groups):
            length = self._table.metadata.row_group(group).num_rows
            if self._row + length <= self._known and not counted_before:
                self._row += length
                continue
            for batch in self._table.iter_batches(batch_size=PAGE, row_groups=[group]):
                if self._row + batch.num_rows <= self._known and not counted_before:
                    self._row += batch.num_rows
                    continue
                for content in _objects(self._file, batch):
                    self._row += 1
                    row = self._made(content) if self._row > self._known or counted_before else None
                    if row and self._row > self._known:
                        yield row

    def _made(self, content: Object) -> sdk.Row | None:
        row = self._name(content)
        if row is None:
            return None
        payload = orjson.dumps(content, default=_plain, option=_OPTIONS)
        key = row.key
        if not key:
            self._counted = True
            key = self._occurrences.numbered(content_key(payload, None))
        return replace(row, key=key, payload=payload)


def _objects(file: str, batch: Any) -> Iterator[Object]:
    """The rows of a batch. Raises ``ConfigWrong`` for a column of a type that cannot be read."""
    names = batch.schema.names
    columns = [_values(file, name, column) for name, column in zip(names, batch.columns, strict=True)]
    for values in zip(*columns, strict=True):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _values(file: str, name: str, column: Any) -> list[Any]:
    values = _converted(file, name, column)
    if str(column.type) in _FLOATS:
        short = str(column.type) != "double"
        return [_number(value, short=short) if isinstance(value, float) else value for value in values]
    return values


def _converted(file: str, name: str, column: Any) -> list[Any]:
    """The values of a column; of one that Python cannot hold (the year 30,000) its text."""
    import pyarrow as pa
    from pyarrow import compute

    kept = compute.CastOptions(_readable(column.type), allow_time_truncate=True)
    try:
        values: list[Any] = column.cast(options=kept).to_pylist(maps_as_pydicts="lossy")
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        if len(column) > 1:
            return [_converted(file, name, column.slice(place, 1))[0] for place in range(len(column))]
        return _texts(file, name, column)
    return values


def _texts(file: str, name: str, column: Any) -> list[Any]:
    import pyarrow as pa

    try:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return [value and value.decode("utf-8", "replace") for value in column.cast(pa.binary()).to_pylist()]
        return list(column.cast(pa.string()).to_pylist())
    except pa.ArrowException:
        raise sdk.ConfigWrong(f"{file}: the column {name!r} holds what cannot be read: {column.type}") from None


def _readable(type_: Any) -> Any:
    """The same type with times that Python can hold: UTC, microseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(type_):
        return pa.timestamp("us", "UTC" if type_.tz else None)
    if pa.types.is_time64(type_):
        return pa.time64("us")
    if pa.types.is_duration(type_):
        return pa.duration("us")
    if pa.types.is_dictionary(type_):
        return _readable(type_.value_type)
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(_readable(field.type)) for field in type_.fields])
    if pa.types.is_map(type_):
        return pa.map_(type_.key_type, _readable(type_.item_type))
    if pa.types.is_list(type_):
        return pa.list_(type_.value_field.with_type(_readable(type_.value_type)))
    return type_


def _number(value: float, *, short: bool) -> float | str | None:
    """A number as JSON has it: nothing for NaN, text for infinity, and of 32 bits the digits that 32 bits have."""
    if not math.isfinite(value):
        return None if math.isnan(value) else str(value).replace("inf", "Infinity")
    if short:
        for digits in (6, 7, 8):
            rounded = float(f"{value:.{digits}g}")
            if struct.unpack("f", struct.pack("f", rounded))[0] == value:
                return rounded
    return value


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    if isinstance(value, timedelta):
        return orjson.Fragment(str(Decimal(value // timedelta(microseconds=1)) / 1_000_000).encode())
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    return str(value)

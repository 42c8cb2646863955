"""Pulling rows from the sheets of workbooks (Excel, LibreOffice): each row as JSON, from any place on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from pydantic import Field

from connectors.objects import Name, Object, content_key
from connectors.occurrences import Occurrences
from connectors.reading import changed, files_named
from connectors.sheets import named
from hub import sdk

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MISSING = "Workbooks are read by python-calamine, which is not installed here: pip install 'journey-hub[xlsx]'"
_EXACT = 2**53
"""Whole numbers from here on are not all told apart by a workbook."""


class WorkbookSettings(sdk.Settings):
    """Settings that every connector of workbooks has."""

    path: Path = Field(description="A workbook, or a folder of them (.xlsx, .xlsb, .xls, .ods).")
    sheet: str | None = Field(None, description="Name of the sheet; null for the first that has rows.")


def pages(settings: WorkbookSettings, cursor: sdk.Cursor | None, name: Name) -> AsyncIterator[sdk.Page]:
    """Pages of the files that changed since ``cursor``. Files are read in a thread."""
    return changed(settings.path, SUFFIXES, settings, cursor, partial(_rows, settings.sheet, name))


def check(settings: WorkbookSettings, named: Sequence[str]) -> Iterator[str]:
    """What is wrong with the files, in sentences. ``named`` are columns that each file must have."""
    try:
        for file, path in files_named(settings.path, SUFFIXES).items():
            with sheet(file, path, settings.sheet) as (columns, _):
                for column in dict.fromkeys(named):
                    if column not in columns:
                        yield f"{file} has no column {column!r}; it has: {', '.join(columns)}"
    except (sdk.ConfigWrong, sdk.SourceFailed) as problem:
        yield problem.message


@contextmanager
def sheet(file: str, path: Path, name: str | None) -> Iterator[tuple[Sequence[str], Iterator[Object]]]:
    """The columns of a sheet, which are its first row that is not empty, and the rows below it that are not.

    Raises ``ConfigWrong`` for no such sheet or no rows, ``SourceFailed`` for what is no workbook.
    """
    try:
        import python_calamine as calamine
    except ImportError:
        raise sdk.ConfigWrong(MISSING) from None
    try:
        with calamine.CalamineWorkbook.from_path(path) as workbook:
            yield _opened(file, workbook, name)
    except (calamine.CalamineError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0].rstrip(".")
        raise sdk.SourceFailed(f"{file} cannot be read as a workbook: {reason}") from None


def _opened(file: str, workbook: Any, name: str | None) -> tuple[Sequence[str], Iterator[Object]]:
    there: list[str] = workbook.sheet_names
    if name is not None and name not in there:
        raise sdk.ConfigWrong(f"{file} has no sheet {name!r}; it has: {', '.join(there)}", path="sheet")
    for each in there if name is None else [name]:
        rows = iter(workbook.get_sheet_by_name(each).iter_rows())
        header = next((row for row in rows if any(cell not in ("", None) for cell in row)), None)
        if header is not None:
            columns = named([str(_plain(cell)) for cell in header])
            return [column for column in columns if column], _objects(columns, rows)
    raise sdk.ConfigWrong(f"{file} has no rows")


def _objects(columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[Object]:
    for row in rows:
        held = {
            column: _plain(cell)
            for column, cell in zip(columns, row, strict=False)
            if column and cell is not None and cell != ""
        }
        if held:
            yield held


def _plain(cell: Any) -> Any:
    """A cell as JSON has it: a whole number without a point, days and times in ISO 8601, without a zone."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return cell.total_seconds() if isinstance(cell, timedelta) else cell


def _rows(
    sheet_name: str | None, row_of: Name, file: str, path: Path, place: Mapping[str, Any]
) -> Iterator[tuple[sdk.Row, Any, float]]:
    """The rows behind a place. Those before it are read again: a sheet is unpacked whole, and copies are counted."""
    with sheet(file, path, sheet_name) as (_, contents), Occurrences() as occurrences:
        for position, content in enumerate(contents, 1):
            row = row_of(content)
            if row is None:
                continue
            payload = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
            key = row.key or occurrences.numbered(content_key(payload, None))
            if position > place.get("row", 0):
                # How many rows there are to come a workbook does not say.
                yield replace(row, key=key, payload=payload), {"row": position}, 0.0

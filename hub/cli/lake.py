"""Folders of exports, asked in SQL by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli.columns import TELLS, told
from hub.errors import ConfigWrong, InputWrong
from hub.store.exported import LISTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILE = "hub.duckdb"
VIEWS: Mapping[str, str] = {
    "timeline": "SELECT t.*, c.display_name AS customer_name, c.stage, c.standing FROM touchpoints t"
    " JOIN customers c ON c.id = coalesce(t.organisation, t.customer)",
    "revenue_by_month": "SELECT date_trunc('month', purchased_at)::DATE AS month, converted_currency AS currency,"
    " count(*) AS purchases, count(DISTINCT customer) AS customers, sum(converted) AS revenue"
    " FROM purchases WHERE converted IS NOT NULL GROUP BY ALL",
    "sold": "SELECT l.id, l.touchpoint, p.purchased_at, p.customer, c.display_name AS customer_name, c.stage,"
    " l.product, l.sku, l.name, l.category, l.description, l.quantity, l.unit_price, l.amount, l.currency,"
    " round(p.converted::DOUBLE * (l.amount / nullif(sum(l.amount) OVER (PARTITION BY l.touchpoint), 0)), 4)"
    " AS revenue, p.converted_currency AS revenue_currency FROM lines l JOIN purchases p ON p.touchpoint = l.touchpoint"
    " LEFT JOIN customers c ON c.id = p.customer",
}
"""What is often asked, made of the lists."""
_MADE_OF = {"timeline": ("touchpoints",), "sold": ("lines",)}
_READING = {"SELECT", "EXPLAIN"}


def describe(folder: Path) -> bool:
    """Write the DuckDB file of a folder of exports. False where DuckDB is not installed.

    Its views name the Parquet files as they are called in the folder, so that it can be moved.
    """
    try:
        import duckdb
    except ImportError:
        return False
    file = folder / FILE
    file.unlink(missing_ok=True)
    with duckdb.connect(file) as lake:
        lake.execute(f"SET file_search_path = {_quoted(str(folder))}")
        _make_views(lake, {name: f"{name}.parquet" for name in LISTS})
    return True


def answer(folder: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a query over a folder of exports. It reads those files and no others, and writes nothing.

    Raises ``ConfigWrong`` without DuckDB, ``InputWrong`` for what is no query or no such folder.
    """
    try:
        import duckdb
    except ImportError:
        raise ConfigWrong("DuckDB is not installed.", hint="pip install 'journey-hub[analytics]'") from None
    files = {name: str((folder / f"{name}.parquet").resolve()) for name in LISTS}
    if not all(Path(file).exists() for file in files.values()):
        raise InputWrong(f"{folder} holds no exports.", hint=f"`hub export snapshot {folder}` writes them.")
    try:
        with duckdb.connect() as lake:
            _make_views(lake, files)
            lake.execute(f"SET allowed_directories = [{_quoted(str(folder.resolve()))}]")
            lake.execute("SET TimeZone = 'UTC'")
            lake.execute("SET enable_external_access = false")
            lake.execute("SET lock_configuration = true")
            statements = lake.extract_statements(query)
            if len(statements) != 1 or statements[0].type.name not in _READING:
                raise InputWrong("Ask one query: SELECT ...")
            found: Any = lake.sql(statements[0].query).to_arrow_table()
            return found.column_names, list(zip(*(column.to_pylist() for column in found.columns), strict=True))
    except duckdb.Error as error:
        raise InputWrong(str(error).strip()) from None


def _make_views(lake: DuckDBPyConnection, files: Mapping[str, str]) -> None:
    for name, file in files.items():
        lake.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({_quoted(file)})")
    for name, text in VIEWS.items():
        lake.execute(f"CREATE VIEW {name} AS {text}")
    for name in (*files, *VIEWS):
        lake.execute(f"COMMENT ON VIEW {name} IS {_quoted(TELLS[name])}")
        for (column,) in lake.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [name]
        ).fetchall():
            lake.execute(f"COMMENT ON COLUMN {name}.{column} IS {_quoted(told(name, column, *_MADE_OF.get(name, ())))}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

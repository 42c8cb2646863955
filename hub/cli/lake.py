"""Folders of exports, asked in SQL by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import ConfigWrong, InputWrong
from hub.store.exports import LISTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILE = "hub.duckdb"
VIEWS: Mapping[str, str] = {
    "timeline": "SELECT t.*, c.display_name AS customer_name, c.stage, c.standing FROM touchpoints t"
    " JOIN customers c ON c.id = coalesce(t.organisation, t.customer)",
    "revenue_by_month": "SELECT date_trunc('month', purchased_at)::DATE AS month, converted_currency AS currency,"
    " count(*) AS purchases, count(DISTINCT customer) AS customers, sum(converted) AS revenue"
    " FROM purchases WHERE converted IS NOT NULL GROUP BY ALL",
}
"""What is often asked, made of the lists."""
TELLS: Mapping[str, str] = {
    "customers": "Resolved persons and organisations whose relationship is CUSTOMER, one row each.",
    "touchpoints": "What happened with customers, one row each; retracted ones are left out.",
    "matters": "Deals, cases, orders and what else has a life of its own, as they stand.",
    "purchases": "Purchases that stand, each of the account it counts for: what value is reckoned from.",
    "timeline": "Touchpoints with the name, stage and standing of the account they count for.",
    "revenue_by_month": "Purchases, buyers and revenue in the hub's currency, by the month in UTC.",
    "customers.id": "The id in the graph; customer of the other lists.",
    "customers.organisation": "Of a person: the organisation they belong to today.",
    "customers.acquired_channel": "The channel of the first touch that counts.",
    "customers.revenue": "Net revenue in the hub's currency.",
    "touchpoints.occurred_at": "When it happened, UTC; occurred_on is the day in the hub's time zone.",
    "touchpoints.automated": "A machine did it: it never counts as contact.",
    "touchpoints.properties": "JSON: what its kind declares; null without the scope pii.",
    "purchases.amount": "What credits left of it; null when it is not known.",
    "purchases.converted": "The same in the hub's currency; null without an exchange rate.",
}
"""What views and columns hold, kept with them as comments."""
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
    for what, said in TELLS.items():
        lake.execute(f"COMMENT ON {'COLUMN' if '.' in what else 'VIEW'} {what} IS {_quoted(said)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""Bulk ingest, durable and whole, against inserting the same final rows: every table and index, as many transactions."""

from __future__ import annotations

from typing import Any

GOALS = {"SQLite": 0.40, "PostgreSQL": 0.28}
TOGETHER = 1000
"""Deliveries in a transaction."""

Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]
"""Columns and rows by table."""

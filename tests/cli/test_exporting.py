"""``hub export`` and ``hub sql``: whole files, files that go on after a cut, and folders that are asked in SQL."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hub.cli import exporting
from hub.cli.exporting import fetched
from hub.client import Client
from hub.errors import RetryLater
from hub.store.exported import LISTS
from hub.store.exports import ExportOver
from tests.cli.conftest import Run
from tests.conftest import ROOT

LINES = [b'{"id":"tp_%d","text":"x","cursor":"1.%d"}\n' % (number, number) for number in range(5)]


class Cutting:
    """An export of five rows that is cut after so many bytes, one answer after the other."""

    def __init__(self, *cuts: int) -> None:
        self.cuts = list(cuts)
        self.asked: list[str] = []

    async def export(self, path: str, given: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """The rest after a cursor, up to the next cut."""
        after = given.get("after", "")
        self.asked.append(after)
        if after == "1.9":
            raise ExportOver("The hub has been rebuilt since this export began. Begin it again.")
        left = b"".join(line for line in LINES if not after or line > b'{"id":"tp_%s"' % after[2:].encode() + b"~")
        if self.cuts:
            yield left[: self.cuts.pop(0)]
            raise RetryLater("The export was cut before its end.")
        yield left

    def fetch(self, to: Path) -> None:
        """Fetch it into a file."""
        client = Client(self._send, export=self.export)
        asyncio.run(fetched(client, "touchpoints.ndjson", {}, to))

    async def _send(self, _: str, __: Mapping[str, Any]) -> dict[str, Any]:
        return {}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between the answers."""
    monkeypatch.setattr(exporting, "_PAUSE", 0.0)


def test_a_file_goes_on_after_each_cut(tmp_path: Path) -> None:
    cutting = Cutting(60, 0, 50)
    cutting.fetch(tmp_path / "t.ndjson")
    assert (tmp_path / "t.ndjson").read_bytes() == b"".join(LINES)
    assert cutting.asked == ["", "1.0", "1.0", "1.1"]
    assert [each.name for each in tmp_path.iterdir()] == ["t.ndjson"]


def test_the_same_command_goes_on_with_what_was_left(tmp_path: Path) -> None:
    with pytest.raises(RetryLater, match="The same command goes on with it"):
        Cutting(45, *[0] * 10).fetch(tmp_path / "t.ndjson")
    assert not (tmp_path / "t.ndjson").exists()
    again = Cutting()
    again.fetch(tmp_path / "t.ndjson")
    assert again.asked == ["1.0"]
    assert (tmp_path / "t.ndjson").read_bytes() == b"".join(LINES)


def test_an_export_whose_hub_was_rebuilt_begins_again(tmp_path: Path) -> None:
    with pytest.raises(RetryLater):
        Cutting(*[0] * 10).fetch(tmp_path / "t.ndjson")
    (part,) = tmp_path.iterdir()
    part.write_bytes(b'{"id":"tp_9","cursor":"1.9"}\n')
    again = Cutting()
    again.fetch(tmp_path / "t.ndjson")
    assert again.asked == ["1.9", ""]
    assert (tmp_path / "t.ndjson").read_bytes() == b"".join(LINES)


def test_a_hub_is_exported_and_asked_in_sql(hub: Run, tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="DuckDB is not installed: the extra analytics")
    (tmp_path / "rows.ndjson").write_text(
        "".join(
            json.dumps(
                {"id": f"k{n}", "kind": "invoice", "channel": "ACCOUNTING", "direction": "INBOUND",
                 "occurredAt": f"2026-0{n}-01T09:00:00Z", "amount": {"amount": "10.50", "currency": "USD"},
                 "identifiers": [{"kind": "email", "value": f"p{n}@example.org"}]}
            ) + "\n" for n in (1, 2)
        )
    )  # fmt: skip
    made = hub("import", "rows.ndjson", "--connector", "generic.touchpoints")
    assert made.code == 0, made
    done = hub("export", "touchpoints", "--format", "csv", "--output", "t.csv")
    assert done.code == 0, done
    assert (tmp_path / "t.csv").read_bytes().count(b"\r\n") == 3
    assert (
        hub("export", "customers", "--format", "xml").err
        == "hub: 'xml' is no format of exports: use csv, ndjson, parquet.\n"
    )
    done = hub("export", "snapshot", "lake")
    assert done.code == 0, done
    assert {each.name for each in (tmp_path / "lake").iterdir()} == {
        "hub.duckdb",
        *(f"{name}.parquet" for name in LISTS),
    }
    told = hub("sql", "lake", "SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal", "--csv")
    assert told.out.split() == ["count_star()", "0"]
    told = hub("sql", "lake", "SELECT month, purchases, revenue FROM revenue_by_month ORDER BY month", "--csv")
    assert told.out.split() == ["month,purchases,revenue", "2026-01-01,1,10.5", "2026-02-01,1,10.5"]
    told = hub("sql", "lake", "SELECT occurred_at FROM timeline ORDER BY ALL LIMIT 1")
    assert told.out.split("\n")[1] == "2026-01-01 09:00:00+00:00"
    assert hub("sql", "lake", "CREATE TABLE a (b INT)").err == "hub: Ask one query: SELECT ...\n"
    assert hub("sql", "lake", "SELECT * FROM read_csv('t.csv')").code == 2
    assert "holds no exports" in hub("sql", "elsewhere", "SELECT 1").err


def test_the_five_questions_have_answers(tmp_path: Path, hub: Run) -> None:
    pytest.importorskip("duckdb", reason="DuckDB is not installed: the extra analytics")
    from hub.cli.lake import answer

    said = [("ada", "form", "2026-01-01", None), ("ada", "invoice", "2026-01-11", "90.00"),
            ("bob", "invoice", "2025-01-05", "10.00"), ("eve", "call", "2026-02-01", None)]  # fmt: skip
    channels = {"form": "WEB", "invoice": "ACCOUNTING", "call": "PHONE"}
    (tmp_path / "rows.ndjson").write_text(
        "".join(
            json.dumps(
                {"kind": kind, "channel": channels[kind], "direction": "INBOUND", "occurredAt": f"{day}T09:00:00Z",
                 "identifiers": [{"kind": "email", "value": f"{who}@example.org"}], "traits": {"name": f"{who} x"},
                 **({"amount": {"amount": amount, "currency": "USD"}} if amount else {})}
            ) + "\n" for who, kind, day, amount in said
        )
    )  # fmt: skip
    assert hub("import", "rows.ndjson", "--connector", "generic.touchpoints").code == 0
    assert hub("export", "snapshot", "june").code == 0
    asked = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "analysis.md").read_text("utf-8"), re.DOTALL)
    told = [[tuple(map(str, row)) for row in answer(tmp_path / "june", each)[1]] for each in asked]
    assert told[0] == [
        ("WEB", "1", "1", "90.0000", "90.0"), ("ACCOUNTING", "1", "1", "10.0000", "10.0"),
        ("PHONE", "1", "0", "0.0000", "0.0"),
    ]  # fmt: skip
    assert told[1] == [("1", "1", "90.0000", "90.0"), ("2", "1", "10.0000", "10.0")]
    assert told[2] == [("ACCOUNTING", "1", "0.0", "0"), ("WEB", "1", "10.0", "10")]
    assert [row[1:] for row in told[3]] == [("bob x", "10.0000", "2025-01-05")]
    assert told[4] == [("WEB", "form", "1", "1")]


def test_the_columns_of_the_documents_are_those_of_the_lists(hub: Run) -> None:
    assert hub("export", "columns").out == (ROOT / "docs" / "export_columns.md").read_text("utf-8")

"""Scoring at a terminal: the fit, its errors beside two rules, and what it does not say."""

from __future__ import annotations

from pathlib import Path

from hub.ingest.hub import Hub
from tests.analysis.shoppers import Clock, fill, opened, purchases
from tests.cli.conftest import Run


def test_a_demo_has_too_few_customers_and_says_so(hub: Run, demo_folder: Path) -> None:
    ended = hub("--data", str(demo_folder), "score")
    assert ended.code == 0, ended.err
    first, *rest = ended.out.splitlines()
    assert first.endswith("of them anew.")
    assert any(line.startswith("GAMMA_GAMMA: ") for line in rest)
    assert "FEW_CUSTOMERS: " in ended.err
    again = hub("--data", str(demo_folder), "score").out.splitlines()[0]
    assert again.endswith(" scored, 0 of them anew.")


def test_an_empty_hub_has_nothing_to_predict_from(hub: Run, tmp_path: Path) -> None:
    async def look(_: Hub, __: Clock) -> None: ...

    opened(str(tmp_path / "empty"), look)
    ended = hub("--data", str(tmp_path / "empty"), "score")
    assert (ended.code, ended.out) == (0, "0 customers scored, 0 of them anew.\n")
    assert ended.err == "Nobody has bought anything yet: there is nothing to predict from.\n"


def test_the_fit_and_its_errors_are_printed(hub: Run, tmp_path: Path) -> None:
    async def look(opened_hub: Hub, _: Clock) -> None:
        await fill(opened_hub, purchases(120))

    opened(str(tmp_path / "hub"), look)
    ended = hub("--data", str(tmp_path / "hub"), "score", "--refit")
    assert ended.code == 0, ended.err
    lines = [line.strip() for line in ended.out.splitlines()]
    assert lines[0] == "120 customers scored, 120 of them anew."
    assert sum(line.endswith("to 2026-01-01") or " (not used)" in line or "GAMMA_GAMMA" in line for line in lines) >= 2
    assert [line.split()[0] for line in lines if line[:4] in {"PAST", "MODE"}] == [
        *("MODEL", "PAST_RATE"), *("MODEL", "PAST_SPEND", "PAST_RATE"),
    ]  # fmt: skip
    assert lines[-1].startswith("Customers are ordered by ")

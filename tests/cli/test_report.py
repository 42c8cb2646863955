"""``hub report``: one page, from the hub's own answers, that opens without a network."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

PARTS = [
    "How far customers have come",
    "Revenue by month",
    "How alive they are",
    "Who brings the revenue",
    "How lately and how often they buy",
    "What sells",
    "What led to purchases",
    "Who is lost",
    "How long they stay",
    "Who comes back",
    "What is under way",
    "What campaigns bring",
    "How far to trust predictions",
]


@pytest.fixture
def page(hub: Run, demo_folder: Path, tmp_path: Path) -> Path:
    """The report of a demo that was scored."""
    assert hub("--data", str(demo_folder), "score").code == 0
    path = tmp_path / "customers.html"
    ended = hub("--data", str(demo_folder), "report", "--output", str(path))
    assert (ended.code, ended.out) == (0, f"{path} is ready: open it in a browser.\n")
    return path


def test_the_page_answers_every_question_of_the_demo(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall("<h2>(.*?)</h2>", text) == PARTS
    assert "<dt>Customers</dt><dd>69</dd>" in text
    assert "Nothing to show" not in text


def test_nothing_on_the_page_is_fetched(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"""(?:src|href|action)\s*=|url\(|@import|<script|https?://""", text) == []


@pytest.mark.browser
def test_the_page_opens_in_a_browser_without_a_network(page: Path, chromium: str, tmp_path: Path) -> None:
    playwright: Any = pytest.importorskip("playwright.sync_api", reason="browser tests: playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
        opened, said = context.new_page(), list[str]()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("requestfailed", lambda request: said.append(request.url))
        opened.goto(page.as_uri())
        assert opened.title() == "Rupali Kitchen: customers at a glance"
        assert opened.locator("svg").count() == 6
        # On a telephone nothing sticks out to the right.
        opened.set_viewport_size({"width": 390, "height": 800})
        assert opened.evaluate("document.documentElement.scrollWidth") == 390
        opened.screenshot(path=tmp_path / "report.png", full_page=True)
        browser.close()
    assert said == []


def test_a_hub_that_sold_nothing_says_what_is_missing(hub: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes.ndjson"
    notes.write_text('{"id": "1", "at": "2026-03-01T10:00:00Z", "mail": "anna@mail.example"}\n', "utf-8")
    mapping = json.dumps({"kind": "email", "columns": {"key": "id", "time": "at", "email": "mail"}})
    folder = tmp_path / "hub"
    assert hub("--data", str(folder), "import", str(notes), "--settings", mapping).code == 0
    ended = hub("--data", str(folder), "report", "--output", str(tmp_path / "empty.html"))
    assert ended.code == 0, ended.err
    text = (tmp_path / "empty.html").read_text("utf-8")
    missing = (
        "stages, revenue by month, standings, ABC classes, recency and frequency, products, attribution, churn, "
        "survival, cohorts, matters, campaigns, predictions (hub score)"
    )
    assert f"<footer>Nothing to show yet of: {missing}.</footer>" in text


def test_a_folder_that_is_not_there_is_named(hub: Run, demo_folder: Path, tmp_path: Path) -> None:
    to = tmp_path / "no" / "report.html"
    ended = hub("--data", str(demo_folder), "report", "--output", str(to))
    assert ended.code == 2
    assert ended.err == f"hub: {to} cannot be written: No such file or directory.\n"

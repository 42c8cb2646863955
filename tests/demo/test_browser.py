"""The demo as a newcomer opens it: the printed link, the first query, the form and its live timeline."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import connectors.generic
from tests.cli.conftest import Process, begin

playwright = pytest.importorskip("playwright.sync_api", reason="browser tests: playwright is not installed")
pytestmark = pytest.mark.browser
SAMPLES = Path(connectors.generic.__file__).parent / "samples"


class Demo:
    """A demo that is served; ``links`` are the two it printed."""

    def __init__(self, process: Process) -> None:
        self.url = process.served().url
        assert process.process.stdout is not None
        self.links: list[str] = []
        for line in process.process.stdout:
            if found := re.match(r"(?:Queries|A form) +(\S+)$", line):
                self.links.append(found[1])
            if line.startswith("Ctrl+C"):
                break


@pytest.fixture(scope="module")
def demo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "hub"
    process = begin(folder, "demo", "--data", str(folder), "--port", "0")
    try:
        yield Demo(process)
    finally:
        process.stop()


@pytest.fixture
def page(demo: Demo, chromium: str) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900}).new_page()
        said: list[str] = []
        opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: said.append(str(error)))
        yield opened
        browser.close()
        assert said == []


def test_signed_in_link_runs_the_first_tab(demo: Demo, page: Any, tmp_path: Path) -> None:
    page.goto(demo.links[0])
    page.get_by_role("tab").first.wait_for()
    assert page.title() == "Journey Hub · Rupali Kitchen"
    page.locator(".graphiql-execute-button").click()
    page.locator(".result-window", has_text="Nasrin Akter").wait_for()
    page.screenshot(path=tmp_path / "query.png")


def test_example_is_filled_with_ids_of_the_demo_and_tells_its_cost(demo: Demo, page: Any) -> None:
    page.goto(demo.links[0])
    page.get_by_role("button", name="Explain identity").click()
    page.get_by_role("tab", name="Why").wait_for()
    page.locator(".graphiql-execute-button").click()
    page.locator(".result-window", has_text="Nasrin Akter").wait_for()
    page.get_by_text(re.compile(r"^cost [\d,]+ · [\d,]+ ms$")).wait_for()


def test_form_sent_in_bengali_appears_live(demo: Demo, page: Any, tmp_path: Path) -> None:
    page.goto(demo.links[1])
    page.get_by_text("live", exact=True).wait_for()
    page.get_by_label("Name").fill("মাহমুদা খাতুন")
    page.get_by_label("Phone").fill("০১৯১২-৩৪৫৬৭৮")
    page.get_by_label("E-mail").fill("mahmuda@mail.example")
    page.get_by_label("Message").fill("কড়াইটা কি আবার এসেছে? 🍲")
    page.get_by_role("button", name="Send").click()
    first = page.locator("#timeline li", has_text="কড়াইটা কি আবার এসেছে? 🍲")
    first.wait_for()
    page.screenshot(path=tmp_path / "form.png")
    assert first.locator(".who").inner_text() == "মাহমুদা খাতুন"
    assert first.locator(".stage").inner_text() == "LEAD"
    assert first.locator(".channel").inner_text() == "WEB"
    page.get_by_text("Thank you. It is on the timeline.").wait_for()


def test_pages_fit_a_narrow_window(demo: Demo, page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for link, part in ((demo.links[1], "#timeline .who"), (demo.links[0], ".graphiql-response")):
        page.goto(link)
        page.locator(part).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator(part).first.bounding_box()["width"] >= 120


def test_sheet_is_shown_brought_in_and_taken_back(demo: Demo, page: Any, tmp_path: Path) -> None:
    page.goto(demo.links[0])
    page.get_by_role("link", name="Bring in files").click()
    page.locator("#company", has_text="Rupali Kitchen").wait_for()
    page.set_input_files("#file", SAMPLES / "customers.xlsx")
    page.locator("#reasons tr", has_text="মোবাইল").locator("td", has_text="phone").first.wait_for()
    assert page.locator("#counts").inner_text() == "3 rows, 3 touchpoints, 0 unreadable"
    assert page.locator("#rows tbody tr").count() == 3
    page.screenshot(path=tmp_path / "file.png")
    page.get_by_role("button", name="Bring in 3 rows").click()
    page.get_by_text("Done: 3 new, 0 changed, 0 known.").wait_for()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("Taken back: 3 touchpoints are in no timeline any more.").wait_for()


def test_file_of_nobody_is_refused_in_a_sentence(demo: Demo, page: Any, tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("date,rate\n2026-03-01,1.5\n")
    page.goto(demo.links[0])
    page.get_by_role("link", name="Bring in files").click()
    page.locator("#company", has_text="Rupali Kitchen").wait_for()
    page.set_input_files("#file", tmp_path / "rates.csv")
    page.get_by_text("Nothing in rates.csv says whose its rows are").wait_for()

"""The pages in a real browser, against a small graph of their own: nothing from outside, nothing in the console."""

import json
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from hub.api.documents import Document, read_documents
from tests.demo.conftest import Tab
from tests.demo.small_graph import KNOWN, LISTENING, SENT, TOKEN


def test_query_page_runs_a_document_of_its_tabs(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/#token={TOKEN}")
    tab.page.get_by_role("tab", name="CustomerPage").wait_for()
    assert tab.page.url == f"{address}/"
    assert tab.page.title() == "Journey Hub · Rupali Kitchen"
    tab.page.locator(".graphiql-execute-button").click()
    tab.page.locator(".result-window", has_text="নাসরিন আক্তার").wait_for()
    assert tab.asked_outside(address) == []
    assert tab.said == []


def test_query_page_shows_a_subscription_live(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/#token={TOKEN}")
    tab.page.get_by_role("tab", name="Live").click()
    LISTENING.clear()
    tab.page.locator(".graphiql-execute-button").click()
    assert LISTENING.wait(10)
    httpx.post(f"{address}/in/src_form/submissions", data={"name": "Imran", "message": "سلام 👋"})
    tab.page.locator(".result-window", has_text="سلام 👋").wait_for()
    assert tab.said == []


def test_query_page_without_a_token_says_what_to_do(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/")
    tab.page.get_by_text("This page needs a token").wait_for()
    tab.page.get_by_label("Token").fill(TOKEN)
    tab.page.get_by_role("button", name="Open").click()
    tab.page.get_by_role("tab", name="CustomerPage").wait_for()
    assert tab.said == []


def test_query_page_says_when_the_token_is_refused(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/#token=typo")
    tab.page.get_by_text("The hub does not know this token").wait_for()


@pytest.mark.parametrize("tab", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_form_sent_stands_on_the_live_timeline(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/demo/form#token={TOKEN}")
    tab.page.get_by_text("live", exact=True).wait_for()
    assert tab.page.locator("#timeline li").count() == len(KNOWN)
    tab.page.get_by_label("Name").fill("عائشہ صدیقی")
    tab.page.get_by_label("Message").fill("کیا یہ دستیاب ہے؟ 🍲")
    tab.page.get_by_role("button", name="Send").click()
    first = tab.page.locator("#timeline li").first
    first.get_by_text("کیا یہ دستیاب ہے؟ 🍲").wait_for()
    assert first.locator(".who").inner_text() == "عائشہ صدیقی"
    assert first.locator(".stage").inner_text() == "LEAD"
    assert first.locator(".channel").inner_text() == "WEB"
    shown = [line.inner_text().replace("\u202f", " ") for line in tab.page.locator("#timeline .when").all()]
    assert shown[3:5] == ["Nov 12, 2026, 3:30 PM", "Nov 11, 2026"]
    assert SENT[-1]["ticket"] == '"quoted"'
    with tab.page.expect_response("**/submissions"):
        tab.page.get_by_role("button", name="Send").click()
    assert len({str(UUID(one["submission_id"])) for one in SENT[-2:]}) == 2
    assert tab.asked_outside(address) == []
    assert tab.said == []


@pytest.mark.parametrize("tab", [{"java_script_enabled": False}], indirect=True)
def test_form_works_without_javascript(tab: Tab, address: str) -> None:
    before = len(SENT)
    tab.page.goto(f"{address}/demo/form")
    tab.page.get_by_label("Message").fill("Hello")
    tab.page.get_by_role("button", name="Send").click()
    assert tab.page.url == f"{address}/in/src_form/submissions"
    assert [one["message"] for one in SENT[before:]] == ["Hello"]


@pytest.mark.parametrize("path", ["/", "/demo/form", "/pages/documents.json", "/assets/hub.js"])
def test_every_page_has_strict_headers(address: str, path: str) -> None:
    headers = httpx.get(address + path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_hub_without_a_form_says_so_on_a_page(address: str) -> None:
    answer = httpx.get(f"{address}/demo/form?none")
    assert answer.status_code == 404
    assert "This hub has no source of web forms." in answer.text
    assert '<a href="/demo/form" aria-current="page">Form and live timeline</a>' in answer.text


def test_documents_carry_ids_of_this_hub_and_leave_out_what_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "b.graphql").write_text("query B { hub { name } }")
    (tmp_path / "a.graphql").write_text("query A($id: ID!) { node(id: $id) { id } }")
    (tmp_path / "a.json").write_text(json.dumps({"id": "{customer}", "me": "{owner}", "ids": ["{customer}", 3]}))
    assert list(read_documents(tmp_path, {"customer": "cus_1"})) == [
        Document("a", "query A($id: ID!) { node(id: $id) { id } }", {"id": "cus_1", "ids": ["cus_1", 3]}),
        Document("b", "query B { hub { name } }", {}),
    ]

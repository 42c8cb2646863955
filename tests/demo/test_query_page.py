"""The query page in a real browser: what an analyst does with it, offline, and what it keeps."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.demo.conftest import Tab
from tests.demo.small_graph import TOKEN

ACCOUNTS = """query Accounts {
  hub { name }
  accounts { totalCount nodes { name tags revenue { amount currency } timeline { nodes { kind } } } }
}"""

COLUMNS = "name,tags,revenue.amount,revenue.currency"


def write(tab: Tab, editor: str, text: str) -> None:
    """Put a text into an editor, as if it had been pasted."""
    tab.page.evaluate("([where, text]) => document.querySelector(where).CodeMirror.setValue(text)", [editor, text])


QUERY = ".graphiql-query-editor .CodeMirror"
VARIABLES = ".graphiql-editor-tool .CodeMirror"


def run(tab: Tab, query: str) -> None:
    write(tab, QUERY, query)
    tab.page.locator(".graphiql-execute-button").click()
    tab.page.locator(".result-bar").wait_for()


@pytest.fixture
def opened(tab: Tab, address: str) -> Tab:
    tab.page.goto(f"{address}/#token={TOKEN}")
    tab.page.get_by_role("tab", name="CustomerPage").wait_for()
    return tab


def saved(tab: Tab, press: str = "Download CSV") -> tuple[str, bytes]:
    with tab.page.expect_download() as begun:
        tab.page.get_by_role("button", name=press).click()
    return begun.value.suggested_filename, begun.value.path().read_bytes()


def test_result_is_downloaded_as_csv_row_by_row_of_the_list_chosen(opened: Tab, address: str) -> None:
    run(opened, ACCOUNTS)
    name, content = saved(opened)
    assert name == "Accounts.csv"
    assert content.decode() == (
        f"\ufeff{COLUMNS},hub.name,accounts.totalCount\r\n"
        "নাসরিন আক্তার,vip; new,-12.50,BDT,Rupali Kitchen,3\r\n"
        '"\'=HYPERLINK(""x"")",,,,Rupali Kitchen,3\r\n'
        '"Two\nlines","a, b",,,Rupali Kitchen,3\r\n'
    )
    opened.page.get_by_text("Accounts.csv has 3 rows.").wait_for()
    opened.page.get_by_label("Rows").select_option("accounts.timeline (3)")
    opened.page.get_by_label("for Excel").uncheck()
    assert saved(opened)[1].decode().split("\r\n")[0:5] == [
        f"{COLUMNS},timeline.kind,hub.name,accounts.totalCount",
        "নাসরিন আক্তার,vip; new,-12.50,BDT,email,Rupali Kitchen,3",
        "নাসরিন আক্তার,vip; new,-12.50,BDT,mention,Rupali Kitchen,3",
        '"\'=HYPERLINK(""x"")",,,,,Rupali Kitchen,3',
        '"Two\nlines","a, b",,,form,Rupali Kitchen,3',
    ]
    assert opened.asked_outside(address) == []
    assert opened.said == []


@pytest.mark.long
def test_result_is_shown_as_a_table_in_light_and_dark(opened: Tab, tmp_path: Path) -> None:
    run(opened, ACCOUNTS)
    opened.page.get_by_role("button", name="Table").click()
    table = opened.page.get_by_role("region", name="The result as a table")
    assert table.get_by_role("columnheader").all_inner_texts() == [
        *COLUMNS.split(","),
        "hub.name",
        "accounts.totalCount",
    ]
    assert table.locator("tbody tr").nth(0).locator("td").all_inner_texts()[:3] == ["নাসরিন আক্তার", "vip; new", "-12.50"]
    shades = {}
    for scheme in ("light", "dark"):
        opened.page.emulate_media(color_scheme=scheme)
        opened.page.screenshot(path=tmp_path / f"{scheme}.png")
        shades[scheme] = table.evaluate("shown => getComputedStyle(shown).backgroundColor")
    assert shades == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 32, 42)"}


TABLES: list[tuple[Any, list[str], list[str], list[list[Any]]]] = [
    ({"hub": {"name": "A", "tags": ["x", 2]}}, [], ["hub.name", "hub.tags"], [["A", "x; 2"]]),
    ({"customers": {"nodes": []}}, [], [], []),
    (
        {"edges": [{"cursor": "c", "node": {"owner": None}}, {"cursor": "d", "node": {"owner": {"name": "N"}}}]},
        ["edges"],
        ["cursor", "owner.name"],
        [["c", None], ["d", "N"]],
    ),
    (
        {"a": [{"node": {"id": 1}, "id": 2, "pageInfo": {"endCursor": "x"}, "many": [{"b": 1}]}]},
        ["a"],
        ["a.node.id", "a.id"],
        [[1, 2]],
    ),
    ({"a": [{"b": [{"c": True}, None]}, {"b": None}]}, ["a", "b"], ["b.c"], [[True], [None], [None]]),
]
"""Data, the list whose elements are rows, and what comes of it."""


def test_table_has_a_row_for_each_element_and_a_column_for_each_path(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/files")
    made = tab.page.evaluate(
        """async (all) => {
          const { table } = await import('/assets/query/table.js');
          return all.map(([data, path]) => table(data, path));
        }""",
        [[data, path] for data, path, _, _ in TABLES],
    )
    assert made == [{"columns": columns, "rows": rows} for _, _, columns, rows in TABLES]


def test_csv_leaves_no_formula_and_every_number(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/files")
    cells = ["=1", "+1-2", "+8801711234567", "-5", "-5+1", "@x", "\t", "\uff1dx", 'a"b', -3, None, True, "২৭"]
    made = tab.page.evaluate(
        "async (row) => (await import('/assets/query/table.js')).csv({columns: ['@type'], rows: [row]})", cells
    )
    assert made == "'@type\r\n'=1,'+1-2,+8801711234567,-5,'-5+1,'@x,'\t,'\uff1dx,\"a\"\"b\",-3,,true,২৭\r\n"


@pytest.mark.long  # what is typed before the schema is there gets no hints, as on a slow machine
def test_fields_and_variables_are_completed_and_documentation_opens(opened: Tab) -> None:
    write(opened, QUERY, "query C($by: ID!) {  }")
    opened.page.evaluate("where => document.querySelector(where).CodeMirror.setCursor(0, 20)", QUERY)
    opened.page.locator(QUERY).locator("textarea").focus()
    opened.page.keyboard.press("Control+Space")
    opened.page.locator(".CodeMirror-hint", has_text="accounts").wait_for()
    assert opened.page.locator(".CodeMirror-hint").all_inner_texts()[:4] == [
        "hub",
        "touchpoints",
        "accounts",
        "customer",
    ]
    opened.page.keyboard.press("Escape")
    write(
        opened,
        QUERY,
        "query C($by: ID!, $first: Int) { customer(by: $by) { id } touchpoints(first: $first) { nodes { id } } }",
    )
    write(opened, VARIABLES, "{  }")
    opened.page.wait_for_timeout(400)  # GraphiQL reads the variables of a query a moment after it is typed
    opened.page.evaluate("where => document.querySelector(where).CodeMirror.setCursor(0, 2)", VARIABLES)
    opened.page.locator(VARIABLES).locator("textarea").focus()
    opened.page.keyboard.press("Control+Space")
    opened.page.locator(".CodeMirror-hint", has_text="first").wait_for()
    opened.page.keyboard.press("Escape")
    opened.page.get_by_label("Show Documentation Explorer").click()
    opened.page.get_by_role("link", name="Query", exact=True).click()
    opened.page.get_by_role("link", name="touchpoints", exact=True).wait_for()


def test_history_comes_back_without_mutations_and_without_the_token(opened: Tab) -> None:
    run(opened, ACCOUNTS)
    opened.page.locator(".result-window", has_text="Rupali Kitchen").wait_for()
    run(opened, 'mutation Secret { create(secret: "hunter2") { id } }')
    opened.page.locator(".result-window", has_text="errors").wait_for()
    opened.page.reload()
    opened.page.get_by_label("Show History").click()
    # GraphiQL looks for the operation's name a moment after something was written: it may still have the one before.
    opened.page.get_by_role("region", name="History").get_by_text(re.compile("Accounts|CustomerPage")).wait_for()
    kept = opened.page.evaluate("JSON.stringify(localStorage)")
    assert json.loads(json.loads(kept)["graphiql:queries"])["queries"][0]["query"] == ACCOUNTS
    assert "hunter2" not in kept
    assert TOKEN not in kept


@pytest.mark.long
def test_link_opens_its_query_and_the_command_of_curl_answers_the_same(opened: Tab, address: str) -> None:
    opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    write(opened, QUERY, "query ($by: ID!) { customer(by: $by) { displayName } } # it's")
    write(opened, VARIABLES, '{"by": "cus_4"}')
    opened.page.get_by_label("Copy as curl").click()
    opened.page.get_by_text("The command is copied.").wait_for()
    command = opened.page.evaluate("navigator.clipboard.readText()")
    assert TOKEN not in command
    said = subprocess.run(
        ["bash", "-c", command], env={"HUB_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}, capture_output=True
    )
    assert json.loads(said.stdout) == {"data": {"customer": {"displayName": "নাসরিন আক্তার"}}}
    opened.page.get_by_label("Copy link").click()
    opened.page.get_by_text("The link is copied.").wait_for()
    link = opened.page.evaluate("navigator.clipboard.readText()")
    assert TOKEN not in link
    assert link.startswith(f"{address}/#query=")
    other = opened.page.context.new_page()
    other.goto(link)
    other.get_by_label("Token").fill(TOKEN)
    other.get_by_role("button", name="Open").click()
    other.locator(".graphiql-query-editor", has_text="# it's").wait_for()
    other.locator(".graphiql-editor-tool", has_text="cus_4").wait_for()
    assert other.url == f"{address}/"


@pytest.mark.long
def test_example_is_found_by_its_words_and_opened_once(opened: Tab) -> None:
    opened.page.get_by_label("Search the examples").fill("displayname stage")
    examples = opened.page.get_by_role("region", name="Examples").get_by_role("button")
    assert examples.all_inner_texts() == ["Customer page"]
    tabs = opened.page.get_by_role("tablist").get_by_role("tab")
    examples.click()
    assert tabs.count() == 2
    opened.page.get_by_label("Close Tab").first.click()
    examples.click()
    opened.page.locator(".graphiql-query-editor", has_text="CustomerPage").wait_for()
    opened.page.locator(".graphiql-editor-tool", has_text="cus_4").wait_for()
    opened.page.get_by_label("Search the examples").fill("nothing of the kind")
    opened.page.get_by_text("No example has these words.").wait_for()


@pytest.mark.long
def test_errors_are_told_in_a_sentence_and_a_hub_that_is_gone_too(opened: Tab) -> None:
    run(opened, "{ nothing }")
    opened.page.get_by_role("alert").get_by_text("Cannot query field 'nothing' on type 'Query'.").wait_for()
    opened.page.route("**/graphql", lambda route: route.abort())
    run(opened, "{ hub { name } }")
    opened.page.get_by_role("alert").get_by_text("The hub does not answer. Is it running?").wait_for()


@pytest.mark.long
def test_tab_key_leaves_the_editors(opened: Tab) -> None:
    opened.page.locator(QUERY).locator("textarea").focus()
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Execute query (Ctrl-Enter)"


@pytest.mark.long
def test_query_that_is_stopped_gives_up_its_request(opened: Tab) -> None:
    given_up: list[str] = []
    opened.page.on("requestfailed", lambda request: given_up.append(request.failure))
    opened.page.route("**/graphql", lambda _: None)
    opened.page.get_by_label("Execute query").click()
    opened.page.get_by_label("Stop query").click()
    opened.page.get_by_label("Execute query").wait_for()
    assert given_up == ["net::ERR_ABORTED"]


@pytest.mark.long
def test_theme_of_the_settings_is_that_of_the_page_and_data_can_be_cleared(opened: Tab) -> None:
    run(opened, ACCOUNTS)
    opened.page.get_by_label("Open settings dialog").click()
    opened.page.get_by_role("button", name="Dark").click()
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 28)"
    opened.page.get_by_role("button", name="Clear data").click()
    opened.page.get_by_role("button", name="Cleared data").wait_for()
    assert opened.page.evaluate("Object.keys(localStorage)") == []
    assert opened.page.evaluate("sessionStorage.getItem('hub.token')") == TOKEN

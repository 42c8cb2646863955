"""``hub demo``: printed, served, started twice."""

import json
import re
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from hub.demo.plan import PHONE, SAMPLES
from tests.cli.conftest import Run, begin
from tests.conftest import ROOT

EXPECTED = json.loads((SAMPLES / "expected.json").read_bytes())
HEROINE = EXPECTED["heroine"]


@dataclass(frozen=True)
class Demo:
    """A demo that is served, and what it printed. It was given ``port``, where another program listens."""

    folder: Path
    port: int
    url: str
    said: str


@pytest.fixture(scope="module")
def served(filled_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = Path(shutil.copytree(filled_demo, tmp_path_factory.mktemp("served") / "demo"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = begin(folder, "demo", "--data", str(folder), "--port", str(port))
        try:
            url, lines = running.served().url, []
            for line in running.process.stdout or ():
                lines.append(line)
                if line.startswith("Ctrl+C"):
                    break
            yield Demo(folder, port, url, "".join(lines))
            running.stop()
            assert not (folder / "serve.json").exists()
        finally:
            running.process.kill()
            running.process.communicate()


def rows(folder: Path) -> dict[str, int]:
    """How many rows every table of the demo holds."""
    found = {}
    for file in ("hub.db", "projection-1.db"):
        with sqlite3.connect(folder / file) as database:
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                found[table] = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        database.close()
    return found


def test_demo_prints_a_customer_met_on_all_four_channels(hub: Run, demo_folder: Path) -> None:
    ended = hub("demo", "--once", "--data", str(demo_folder))
    assert ended.code == 0
    assert HEROINE["phone"] == PHONE
    for channel in ("EMAIL", "SOCIAL", "ACCOUNTING", "WEB"):
        assert re.search(rf"^\d{{4}}-\d\d-\d\d[ \d:]+ {channel} ", ended.out, re.MULTILINE)
    assert re.search(rf"^  stage +{HEROINE['stage']}, ", ended.out, re.MULTILINE)
    assert "Bought 3 times within 365 days." in ended.out
    assert f"27,660.00 BDT revenue, {HEROINE['orders']} orders" in ended.out
    assert HEROINE["revenue"] == "27660.00"
    assert (
        f"She is one of {EXPECTED['customers']} customers with {EXPECTED['touchpoints']['total']} touchpoints"
        " from 11 sources." in ended.out
    )


def test_customer_of_the_readme_is_the_one_that_is_printed(hub: Run, demo_folder: Path) -> None:
    """Blanks, and where long lines are cut, are the terminal's."""
    shown = (ROOT / "README.md").read_text("utf-8").split("```text\n")[1].split("```")[0]
    wanted = [" ".join(line.rstrip("…").split()) for line in shown.splitlines() if line.strip()]
    printed = [" ".join(line.split()) for line in hub("demo", "--once", "--data", str(demo_folder)).out.splitlines()]
    assert [line for line in wanted if not any(each.startswith(line) for each in printed)] == []


def test_second_start_changes_nothing(hub: Run, demo_folder: Path) -> None:
    before = rows(demo_folder)
    first = hub("demo", "--once", "--data", str(demo_folder))
    assert hub("demo", "--once", "--data", str(demo_folder)) == first
    assert rows(demo_folder) == before


def test_printed_lines_work_when_pasted(served: Demo, hub: Run) -> None:
    assert served.url != f"http://127.0.0.1:{served.port}"
    assert f"Another program listens at port {served.port}, so this demo takes {served.url}." in served.said
    assert re.search(rf"^Queries  {served.url}/#token=hub_\S+$", served.said, re.MULTILINE)
    assert re.search(rf"^A form   {served.url}/demo/form#token=hub_\S+$", served.said, re.MULTILINE)
    again = hub("demo", "--data", str(served.folder))
    assert again.code == 0
    assert re.fullmatch(rf"The demo is served already: {served.url}/#token=hub_\S+\n", again.out)


def test_curl_line_answers(served: Demo) -> None:
    [line] = re.findall(r"^ *(curl .*)$", served.said, re.MULTILINE)
    answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout
    names = [node["displayName"] for node in json.loads(answer)["data"]["customers"]["nodes"]]
    assert names == ["Hasina Banu", "Omar Farooq", "Dilruba Khanam"]


def test_every_tab_of_the_query_page_runs(served: Demo) -> None:
    secret = json.loads((served.folder / "demo.json").read_bytes())["secret"]
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        tabs = client.get("/pages/documents.json").json()
        assert len(tabs) == len(list((ROOT / "docs" / "queries").glob("*.graphql")))
        answers = {
            tab["name"]: client.post("/graphql", json={"query": tab["query"], "variables": tab["variables"]}).json()
            for tab in tabs
            if not re.search(r"^subscription", tab["query"], re.MULTILINE)
        }
    assert {name: answer["errors"] for name, answer in answers.items() if "errors" in answer} == {}
    assert answers["customer_page"]["data"]["customer"]["displayName"] == "Nasrin Akter"
    assert answers["push"]["data"]["ingest"]["rows"][0]["outcome"] == "UNCHANGED"
    assert answers["timeline"]["data"]["customer"] is not None


def test_undo_brings_both_back(hub: Run, demo_folder: Path) -> None:
    printed = hub("demo", "--once", "--data", str(demo_folder)).out
    decision = re.search(r"undo (dec_\S+)", printed)
    former = re.search(r"^  also +(.+)$", printed, re.MULTILINE)
    joined = re.search(r"^  id +(\S+)$", printed, re.MULTILINE)
    assert decision
    assert former
    assert joined
    dry = hub("--data", str(demo_folder), "undo", decision[1], "--dry-run")
    assert dry.code == 0
    assert " 37 → 6 " in dry.out
    assert " 0 → 31 " in dry.out
    assert "LOYAL → LEAD  27,660.00 BDT → 0.00 BDT" in dry.out
    assert dry.out.endswith("Nothing was changed.\n")
    assert hub("--data", str(demo_folder), "undo", decision[1], "--yes").code == 0
    shown = [hub("--data", str(demo_folder), "show", who).out for who in (PHONE, "nasrin.akter@dhakadesign.example")]
    ids = {found[1] for one in shown if (found := re.search(r"^  id +(\S+)$", one, re.MULTILINE))}
    assert len(ids) == 2
    assert joined[1] in ids
    assert ids <= {joined[1], *former[1].split(", ")}
    counts = [re.findall(r"^(\d+) touchpoints, newest", one, re.MULTILINE) for one in shown]
    assert counts == [["31"], ["6"]]


def test_hub_of_somebody_else_is_not_filled(hub: Run, tmp_path: Path) -> None:
    assert hub("--data", "shop", "token", "create", "me", "--scope", "read").code == 0
    ended = hub("demo", "--once", "--data", "shop")
    assert (ended.code, ended.err) == (
        2,
        "hub: shop holds the hub of My company, not a demo.\n     Give another folder with --data.\n",
    )

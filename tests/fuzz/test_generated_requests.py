"""Requests that schemathesis makes of the schema, good ones and bad ones, against a hub that is really served.

Each answer is below 500, tells nothing of the inside, and gives each error its code.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.attacks import Outcome, judge
from bench.service import write_sheet
from bench.serving import SHEET
from hub.ingest.hub import Hub
from hub.registry import load_registry
from tests.conftest import ROOT
from tests.faults.serving import ServedHub
from tests.fuzz.installed import schemathesis

TIMES = 150
"""How often each of the 70 root fields is asked for, on each of the two databases."""
SLOWEST = 0.5
"""Seconds that an answer may take on a quiet machine."""
BUSY = 10.0
"""And on one that does other things too."""
EVERYTHING = ("read", "pii", "analyse", "write", "manage")
KNOWN = """{
  customers(first: 6) { edges { cursor node { id identifiers(first: 3) { nodes { id value } }
    timeline(first: 3) { edges { cursor node { id kind } } } } } }
  sources { edges { cursor node { id runs(first: 2) { edges { cursor node { id } } } } } }
  changes(first: 3) { edges { cursor } } }"""


@dataclass(frozen=True)
class Asked:
    """A served hub with people in it, and a token that may do everything."""

    url: str
    token: str
    log: Path

    @property
    def known(self) -> list[str]:
        """Ids, cursors and values that the hub knows."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.url}/graphql", json={"query": KNOWN}, headers=headers, trust_env=False, timeout=60)
        return sorted(set(_texts(answer.json()["data"])))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


async def _founded(address: str, sheet: Path) -> str:
    async with await Hub.open(address, load_registry()) as hub:
        (source,) = (await hub.create_source("Sheet", "generic.csv", SHEET | {"path": str(sheet)})).ids
        (forms,) = (await hub.create_source("Forms", "webforms.endpoint", {"origins": ["*"]})).ids
        await hub.sync(source)
        await hub.pulled(source)
        return (await hub.create_token("tests", [*EVERYTHING, f"ingest:{forms}"], None))[1]


@pytest.fixture
def asked(hub_address: str, tmp_path: Path) -> Iterator[Asked]:
    """A hub with 60 people, served."""
    sheet = tmp_path / "people.csv"
    write_sheet(sheet, 60)
    token = asyncio.run(_founded(hub_address, sheet))
    hub = ServedHub(hub_address, tmp_path / "hub.log")
    hub.start()
    yield Asked(hub.url, token, hub.log)
    hub.end()


def answers(asked: Asked, folder: Path, times: int) -> list[Mapping[str, Any]]:
    """Each operation asked for so many times: what was sent and what came back."""
    folder.mkdir()
    command = schemathesis()
    (folder / "schemathesis.toml").write_text(
        f"[dictionaries]\nknown = {{ values = {json.dumps(asked.known)} }}\nsmall = {{ values = [0, 1, 2, 5, 10] }}\n"
        '[generation.dictionaries]\nstring = { dictionary = "known", probability = 0.4 }\n'
        'integer = { dictionary = "small", probability = 0.6 }\n'
    )
    heard = folder / "answers.ndjson"
    subprocess.run(
        [
            command, "--config-file", folder / "schemathesis.toml", "run", ROOT / "schema.graphql",
            "--url", f"{asked.url}/graphql", "--header", f"Authorization: Bearer {asked.token}",
            "--phases", "fuzzing", "--checks", "not_a_server_error", "--max-examples", str(times), "--seed", "20260901",
            "--no-shrink", "--continue-on-failure",
        ],
        cwd=folder, capture_output=True, check=False, timeout=3000,
        env=os.environ | {"ANSWERS": str(heard), "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("listening.py"))},
    )  # fmt: skip
    return [json.loads(line) for line in heard.read_text("utf-8").splitlines()]


def faults(asked: Asked, told: list[Mapping[str, Any]]) -> list[str]:
    """What is wrong with answers."""
    found = []
    for each in told:
        outcome = Outcome(each["operation"])
        judge(outcome, each["status"], each["answer"].encode())
        if each["seconds"] > BUSY:
            outcome.faults.append(f"took {each['seconds']:.1f} s")
        found += [f"{outcome.name}: {fault} after {each['sent'][:1000]}" for fault in outcome.faults]
    return found + [line for line in asked.log.read_text().splitlines() if " ERROR " in line]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_20_000_generated_requests_get_clean_answers(asked: Asked, tmp_path: Path) -> None:
    told = answers(asked, tmp_path / "asked", TIMES)
    slowest = sorted(told, key=lambda each: -each["seconds"])[:5]
    statuses = dict(Counter(each["status"] for each in told))
    print(f"{len(told)} requests, statuses {statuses}; slower than {SLOWEST} s:"
          f" {sum(each['seconds'] > SLOWEST for each in told)}, the slowest"
          f" {[(each['operation'], round(each['seconds'], 2)) for each in slowest]}")  # fmt: skip
    assert faults(asked, told) == []
    # On each of the two databases.
    assert len(told) >= 10_000

"""The examples of docs/clients against a hub of its own process, whose customers are known."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from hub.ingest.hub import Hub
from hub.registry import load_registry
from tests.conftest import ROOT
from tests.faults.serving import PATIENCE, ServedHub
from tests.npm.installed import installed

CLIENTS = ROOT / "docs" / "clients"
SOURCE = "generic.touchpoints"
KNOWN = (
    ("Anna Berg", "anna"), ("Rahim Uddin", "rahim"), ("Mei Chen", "mei"), ("Nina Noor", "nina"), ("Omar Diaz", "omar"),
)  # fmt: skip


def touchpoint(number: int, name: str, login: str, kind: str = "call", **more: Any) -> dict[str, Any]:
    """A line of generic.touchpoints, the number of which is its day of March."""
    return {
        "id": f"t{number}", "kind": kind, "channel": "PHONE", "direction": "INBOUND", "title": f"{name} calls",
        "occurredAt": f"2026-03-{number:02}T09:00:00Z", "traits": {"name": name},
        "identifiers": [{"kind": "email", "value": f"{login}@x.example"}], **more,
    }  # fmt: skip


@dataclass
class Answering:
    """A served hub, a token for everything, and a source to tell it of touchpoints."""

    hub: ServedHub
    token: str
    source: str
    counter: int = field(default=0)

    @property
    def graphql(self) -> str:
        return f"{self.hub.url}/graphql"

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = httpx.post(
            self.graphql, json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.token}"}, timeout=PATIENCE, trust_env=False,
        ).json()  # fmt: skip
        assert "errors" not in answer, answer
        return answer["data"]

    def tell(self, *lines: dict[str, Any]) -> None:
        """Have touchpoints stored, one after the other, and wait until they are shown."""
        rows = [{"payload": json.dumps(line)} for line in lines]
        done = self.ask(
            "mutation ($input: IngestInput!) { ingest(input: $input)"
            " { rows { outcome problem { message } } receipt { processed } userErrors { message } } }",
            input={"source": self.source, "stream": "touchpoints", "rows": rows},
        )["ingest"]
        assert [row["outcome"] for row in done["rows"]] == ["NEW"] * len(lines), done
        assert done["receipt"]["processed"]


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    """A served hub with five customers, one touchpoint each."""
    tmp_path = tmp_path_factory.mktemp("served")
    address, sheet = str(tmp_path / "hub"), tmp_path / "shop.ndjson"
    sheet.touch()

    async def founded() -> tuple[str, str]:
        async with await Hub.open(address, load_registry()) as hub:
            (source,) = (await hub.create_source("Shop", SOURCE, {"path": str(sheet)})).ids
            scopes = ["read", "pii", "analyse", "write", "manage", f"ingest:{source}"]
            return source, (await hub.create_token("tests", scopes))[1]

    source, token = asyncio.run(founded())
    served = ServedHub(address, tmp_path / "hub.log")
    served.start()
    answering = Answering(served, token, source)
    answering.tell(*(touchpoint(day, *person) for day, person in enumerate(KNOWN, 1)))
    yield answering
    served.end()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Copies an example, with what it depends on; the folder in which its tools run."""
    tmp_path = tmp_path_factory.mktemp("docs")

    def copied(name: str) -> Path:
        tools = installed(name, CLIENTS)
        folder = tmp_path / "clients" / name
        shutil.copytree(CLIENTS / name, folder)
        (folder / "node_modules").symlink_to(tools / "node_modules")
        shutil.copy(CLIENTS / "scalars.ts", folder)
        shutil.copy(ROOT / "schema.graphql", folder)
        return folder

    return copied


def run(folder: Path, *command: str) -> str:
    """What a tool of an example says when it ends well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Following:
    """An example that goes on, and says a line now and then."""

    def __init__(self, folder: Path, log: IO[str], *command: str) -> None:
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)

    def said(self, count: int) -> list[str]:
        """The next lines."""
        assert self.process.stdout is not None
        return [self.process.stdout.readline().rstrip("\n") for _ in range(count)]

    def ended(self) -> int:
        """How it ended."""
        return self.process.wait(PATIENCE)

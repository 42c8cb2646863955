"""Two processes and one folder: a command asks the process that serves it."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hub.cli.serve import kept
from hub.settings import Company
from tests.cli.conftest import Process, Run


def test_command_asks_the_server_of_the_folder(
    hub: Run, starting: Callable[..., Process], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "h"
    process = starting(folder, "--data", str(folder), "serve", "--port", "0")
    running = process.served()
    assert stat.S_IMODE((folder / "serve.json").stat().st_mode) == 0o600

    (tmp_path / "people.csv").write_text("id,name\n1,Zoë\n")
    mapping = {"kind": "profile", "columns": {"key": "id", "name": "name"}, "occurred_on": "2026-01-01"}
    imported = hub("--data", str(folder), "import", "people.csv", "--settings", json.dumps(mapping))
    assert imported.code == 0
    assert imported.out.splitlines()[1].split()[:5] == ["1", "1", "0", "0", "0"]
    secret = hub("--data", str(folder), "token", "create", "me", "--scope", "read").out
    assert secret.startswith("hub_")
    assert secret.count("\n") == 1

    second = hub("--data", str(folder), "serve", "--port", "0")
    assert (second.code, second.err) == (3, f"hub: The hub in {folder} is served already, at {running.url}.\n")
    worker = hub("--data", str(folder), "worker")
    assert (worker.code, worker.err) == (
        3,
        f"hub: The hub in {folder} is served at {running.url}, and worked for there.\n",
    )

    monkeypatch.setenv("HUB_URL", running.url)
    monkeypatch.setenv("HUB_TOKEN", secret.strip())
    assert hub("source", "list").out.splitlines()[-1].endswith("people.csv")
    refused = hub("token", "list")
    assert (refused.code, refused.err) == (2, "hub: Query.tokens is open to: manage. This token does not carry it.\n")
    monkeypatch.setenv("HUB_TOKEN", secret.strip()[:-1])
    typo = hub("source", "list")
    assert (typo.code, typo.err) == (
        2,
        "hub: This token is not known here. Check it for a typo, or ask for a new one.\n",
    )
    monkeypatch.delenv("HUB_URL")

    said = process.stop()
    assert said.startswith("A new hub: amounts in USD, days of UTC, phone numbers of US. It keeps them;")
    assert said.endswith(f"is served at {running.url}. Ctrl+C ends it.\n")
    assert process.process.returncode == 0
    assert not (folder / "serve.json").exists()
    assert "me" in hub("--data", str(folder), "token", "list").out


def test_company_that_a_hub_was_not_made_for_is_passed_over_aloud() -> None:
    assert list(kept(Company(currency="EUR", country="US"), Company(name="Shop"), new=False)) == [
        "HUB_COMPANY__CURRENCY is passed over: this hub was made with USD."
    ]


def test_file_of_a_killed_server_is_passed_over_and_its_token_ends(
    hub: Run, starting: Callable[..., Process], tmp_path: Path
) -> None:
    folder = tmp_path / "h"
    process = starting(folder, "--data", str(folder), "serve", "--port", "0")
    killed = process.served()
    process.process.kill()
    process.process.wait()
    assert (folder / "serve.json").exists()
    assert hub("--data", str(folder), "token", "list").out.count("command line") == 1

    again = starting(folder, "--data", str(folder), "serve", "--port", "0").served()
    assert again.pid != killed.pid
    asked = {"headers": {"Authorization": f"Bearer {killed.secret}"}, "json": {"query": "{ viewer { name } }"}}
    assert httpx.post(f"{again.url}/graphql", **asked).status_code == 401  # type: ignore[arg-type]


def test_server_answers_health_pages_and_graphql(hub: Run, starting: Callable[..., Process], tmp_path: Path) -> None:
    folder = tmp_path / "h"
    running = starting(folder, "--data", str(folder), "serve", "--port", "0").served()
    assert httpx.get(f"{running.url}/health").json() == {"status": "ok"}
    assert "Journey Hub" in httpx.get(f"{running.url}/").text
    assert httpx.get(f"{running.url}/demo/form").status_code == 404
    names = [document["name"] for document in httpx.get(f"{running.url}/pages/documents.json").json()]
    assert names[:2] == ["customer_page", "timeline"]
    assert "live" in names
    assert httpx.post(f"{running.url}/graphql", json={"query": "{ hub { name } }"}).status_code == 401

    (tmp_path / "people.csv").write_text("email,since\nzoe@example.com,2026-01-01\n")
    assert hub("--data", str(folder), "import", "people.csv", "--yes").code == 0
    given = {}
    for scope in ("read", "manage"):
        secret = hub("--data", str(folder), "token", "create", "me", "--scope", scope).out.strip()
        answer = httpx.get(f"{running.url}/pages/documents.json", headers={"Authorization": f"Bearer {secret}"})
        given[scope] = answer.json()[0]["variables"]
    assert given["read"]["id"].startswith("cus_")
    assert given["manage"] == {}

"""The audits of GraphQL over HTTP that its working group's reference server comes with, against a served hub."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.serving import Account, ServedHub, founded
from tests.npm.installed import installed

AUDIT = """
import { auditServer } from "graphql-http"
const [url, token] = process.argv.slice(1)
const authorization = `Bearer ${token}`
const fetchFn = (at, init = {}) => fetch(at, { ...init, headers: { ...init.headers, authorization } })
const results = await auditServer({ url, fetchFn })
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))))
"""
# Explained in docs/graphql.md.
OLDER_STATUSES = {"572B", "FDE2", "7B9B", "86EE"}
MAY_BE_400 = {"423L", "3E3A"} | {f"{kind}{number}" for kind in ("LKJ", "6C0", "476", "58B") for number in range(4)}

Audit = Callable[..., dict[str, set[str]]]


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    """Serves a hub with these settings and audits it: the ids of audits by how they ended."""
    tools = installed("graphql-http")
    address = str(tmp_path / "hub")
    account: Account = founded(address)
    hub = ServedHub(address, tmp_path / "hub.log")

    def audited(**settings: str) -> dict[str, set[str]]:
        hub.settings = settings
        hub.start()
        command = ["node", "--input-type=module", "-e", AUDIT, f"{hub.url}/graphql", account.token]
        done = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        found: dict[str, set[str]] = {}
        for result in json.loads(done.stdout):
            found.setdefault(result["status"], set()).add(result["id"])
        return found

    yield audited
    hub.end()


def test_the_audits_find_no_error_and_warn_of_the_older_statuses_only(audit: Audit) -> None:
    found = audit()
    assert set(found) == {"ok", "notice", "warn"}, found.get("error")
    assert (found["warn"], found["notice"]) == (OLDER_STATUSES, MAY_BE_400)


def test_all_audits_are_well_with_the_older_statuses(audit: Audit) -> None:
    found = audit(HUB_LEGACY_STATUSES="true")
    assert (set(found), len(found["ok"])) == ({"ok"}, 61), found

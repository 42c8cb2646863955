"""A partner's package: written by ``hub connector new`` outside the repository, installed with pip, used, tried."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import threading
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hub import sdk
from tests.conftest import ROOT


@dataclass(frozen=True)
class Partner:
    """A fresh virtual environment in which the hub and its libraries can be imported, and a folder to stand in."""

    folder: Path
    python: Path

    def run(self, *arguments: str, code: int = 0) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTHON"))}
        environment |= {"HUB_DATA": str(self.folder / "hub"), "HUB_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}
        done = subprocess.run(
            [self.python, "-m", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def install(self, package: str) -> None:
        """Install with pip, as far as that goes without a network."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet", "--no-index"]
        options = ["--no-build-isolation", "--no-deps", "--disable-pip-version-check", "--root-user-action", "ignore"]
        done = subprocess.run([*pip, *options, str(self.folder / package)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def partner(tmp_path: Path) -> Partner:
    for needed in ("pip", "hatchling"):
        pytest.importorskip(needed, reason=f"a partner's package: {needed} is not installed here")
    there = tmp_path / "environment"
    venv.create(there, with_pip=False)
    paths = {"base": str(there), "platbase": str(there)}
    scripts, site = (Path(sysconfig.get_path(kind, "venv", vars=paths)) for kind in ("scripts", "purelib"))
    (site / "the-hub.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return Partner(tmp_path, scripts / ("python.exe" if os.name == "nt" else "python"))


class Visits(BaseHTTPRequestHandler):
    """The API that the new connector expects, for who has the token."""

    sample = b""

    def do_GET(self) -> None:
        known = self.headers["authorization"] == "Bearer t-4711"
        after = int(parse_qs(urlsplit(self.path).query)["after"][0])
        items = sdk.items(self.sample, "items")[after : after + 2]
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b'{"items": [' + b", ".join(items) + b"]}")

    def log_message(self, *_: object) -> None:
        """In silence."""


@pytest.fixture
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Visits)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def sourced(partner: Partner, api: str) -> None:
    """The new connector, installed, with a source."""
    partner.run("hub", "connector", "new", "shop.visits", "--folder", "package")
    partner.install("package")
    Visits.sample = (partner.folder / "package" / "tests" / "samples" / "visits.json").read_bytes()
    settings = json.dumps({"url": api, "token": "t-4711"})
    partner.run("hub", "source", "create", "Visits", "shop.visits", "--settings", settings)


def test_a_new_pull_connector_is_installed_synced_and_keeps_every_promise(partner: Partner, api: str) -> None:
    sourced(partner, api)
    partner.run("hub", "pull", "Visits")
    assert "করিম উদ্দিন" in partner.run("hub", "show", "karim@example.com")
    said = partner.run("hub", "connector", "check", "shop.visits", "--package", "package")
    assert "21 kept, 0 broken, 4 not asked" in said


@pytest.mark.long
def test_a_new_pull_connector_is_listed_keeps_its_secret_and_its_own_tests_pass(partner: Partner, api: str) -> None:
    assert "shop.visits" not in partner.run("hub", "connector", "list")
    sourced(partner, api)
    assert re.search(r"^shop\.visits +Visits", partner.run("hub", "connector", "list"), re.MULTILINE)
    for _ in range(2):
        partner.run("hub", "pull", "Visits")
    assert "t-4711" not in partner.run("hub", "source", "show", "Visits")
    assert re.search(r"shop\.visits +HEALTHY", partner.run("hub", "source", "list"))
    assert "21 passed, 4 skipped" in partner.run("pytest", "package", "-p", "no:cacheprovider")


@pytest.mark.long
def test_a_new_push_connector_keeps_every_promise(partner: Partner) -> None:
    partner.run("hub", "connector", "new", "shop.orders", "--push", "--folder", "package")
    partner.install("package")
    assert re.search(r"^shop\.orders +Orders", partner.run("hub", "connector", "list"), re.MULTILINE)
    assert "13 kept, 0 broken, 12 not asked" in partner.run("hub", "connector", "check", "--package", "package")


@pytest.mark.long
def test_a_promise_that_is_not_kept_ends_with_1_and_says_which(partner: Partner) -> None:
    partner.run("hub", "connector", "new", "shop.orders", "--push", "--folder", "package")
    connector = partner.folder / "package" / "shop_orders" / "connector.py"
    text = connector.read_text("utf-8")
    connector.write_text(re.sub(r"\n +sdk\.signatures\.verify.*", "", text), encoding="utf-8")
    said = partner.run("hub", "connector", "check", "--package", "package", code=1)
    assert "✗ A delivery without its proof, or with another body, is refused with 401 and not kept." in said
    assert "12 kept, 1 broken, 12 not asked" in said

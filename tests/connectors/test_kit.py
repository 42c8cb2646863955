"""The acceptance kit, run on connectors that read files and forms; those that ask a server have it in their tests.

The quick tier runs it on one of those that share their way of reading."""

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.accounting.csv import AccountingCsv
from connectors.accounting.rates import AccountingRates
from connectors.email.mailbox import Mailbox
from connectors.generic.csv import Sheet
from connectors.generic.ndjson import Lines
from connectors.generic.parquet import Table
from connectors.generic.touchpoints import TouchpointLines
from connectors.generic.xlsx import Workbook
from connectors.social.archive import Archive
from connectors.webforms.endpoint import Endpoint
from hub import sdk
from hub.testing import ConnectorSuite, delivery
from tests.conftest import ROOT

CONNECTORS = ROOT / "connectors"
DEMO = ROOT / "hub" / "demo" / "samples"
WORKBOOK = CONNECTORS / "generic" / "samples" / "customers.xlsx"
COMPANY = {"country": "BD", "currency": "BDT", "time_zone": "Asia/Dhaka"}
FOLDER = Path(tempfile.mkdtemp(prefix="hub-kit-samples-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def cut(name: str, lines: int = 40) -> str:
    """The path of a file with the first lines of a sample of the demo."""
    path = FOLDER / name
    content = (DEMO / name).read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(content[:lines]))
    return str(path)


def demo(name: str, lines: int = 40) -> dict[str, Any]:
    """The settings that the demo gives a source, with less to read."""
    sources = json.loads((ROOT / "hub" / "demo" / "sources.json").read_text("utf-8"))
    settings: dict[str, Any] = next(each["settings"] for each in sources if each["name"] == name)
    return settings | {"path": cut(Path(settings["path"]).name, lines)} if "path" in settings else settings


def guessed() -> Mapping[str, Any]:
    """The settings that the hub guesses for the workbook."""
    guess = Workbook.guess(WORKBOOK, **COMPANY)
    assert guess is not None
    return guess.settings


class Files(ConnectorSuite):
    """Connectors that read files."""

    does_not_apply: ClassVar[Mapping[str, str]] = {"provider": "it reads files"}


class TestAccountingCsv(Files):
    connector = AccountingCsv
    settings = demo("Ledger")


@pytest.mark.long
class TestAccountingRates(Files):
    connector = AccountingRates
    settings = {"path": str(CONNECTORS / "accounting" / "samples" / "rates.csv")}


class TestMailbox(Files):
    connector = Mailbox
    settings = demo("Shop mailbox", 400)


class TestSheet(Files):
    connector = Sheet
    settings = {**demo("Phone, incoming"), "property_types": {"seconds": "integer", "answered": "boolean"}}


@pytest.mark.long
class TestLines(Files):
    connector = Lines
    settings = {
        "path": str(CONNECTORS / "generic" / "samples" / "calls.ndjson"),
        **json.loads((CONNECTORS / "generic" / "samples" / "calls.json").read_text("utf-8")),
    }


@pytest.mark.long
class TestTable(Files):
    connector = Table
    of_nobody = frozenset({"order"})
    settings = {
        "path": str(CONNECTORS / "generic" / "samples" / "orders.parquet"),
        **json.loads((CONNECTORS / "generic" / "samples" / "orders.json").read_text("utf-8")),
    }
    does_not_apply = {
        "provider": "it reads files",
        "payloads_are_what_the_source_sent": "a Parquet file holds columns, no rows",
    }


@pytest.mark.long
class TestWorkbook(Files):
    connector = Workbook
    settings = {
        "path": str(WORKBOOK),
        **guessed(),
    }
    does_not_apply = {
        "provider": "it reads files",
        "payloads_are_what_the_source_sent": "a workbook holds compressed cells, no rows",
    }


@pytest.mark.long
class TestTouchpointLines(Files):
    connector = TouchpointLines
    settings = {"path": str(CONNECTORS / "generic" / "samples" / "touchpoints.ndjson")}
    does_not_apply = {
        "provider": "it reads files",
        "a_deleted_row_takes_its_touchpoints_along": "its sample tells of a deletion alone; its own tests have both",
    }


@pytest.mark.long
class TestArchive(Files):
    connector = Archive
    settings = {
        "path": str(CONNECTORS / "social" / "samples" / "archive.ndjson"),
        "own_accounts": ["@ours@shop.example"],
    }


class TestEndpoint(ConnectorSuite):
    connector = Endpoint
    settings = {"origins": ["https://www.rupali.example"], "region": "BD"}
    does_not_apply = {"a_wrong_signature_is_refused": "anybody may send a form"}

    def deliveries(self) -> Mapping[str, Sequence[sdk.Delivery]]:
        headers = {"origin": "https://www.rupali.example", "content-type": "application/json"}
        posts = [json.loads(line) for line in (DEMO / "forms.ndjson").read_text("utf-8").splitlines()[:6]]
        told = [{"visitor": f"visitor-{n}", "title": title} for n, title in enumerate(("দোকান", "دکان", "🫖"))]
        return {
            "submissions": [delivery(json.dumps(post["fields"]).encode(), headers) for post in posts],
            "visits": [delivery(json.dumps(each).encode(), headers) for each in (*told, {**told[0], "consent": False})],
        }

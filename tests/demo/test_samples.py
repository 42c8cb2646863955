"""The bundled samples: written the same everywhere, and read by the real connectors without a loss."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub.connector import Connector, Delivery, PullStream, PushStream, Row, Stream
from hub.demo.plan import PHONE, SAMPLES, WORK_EMAIL, Create, Merge, Post, Pull, steps
from hub.identity.normalise import canonical
from hub.registry import load_registry
from hub.values import Touchpoint
from tests.conftest import ROOT

EXPECTED = json.loads((SAMPLES / "expected.json").read_text())
Found = dict[tuple[str, str, str], Touchpoint]


async def rows() -> AsyncIterator[tuple[str, Stream, Row]]:
    registry = load_registry()
    sources: dict[str, Connector] = {}
    for step in steps():
        match step:
            case Create():
                sources[step.source] = registry.open(step.connector, step.settings)
                assert list(sources[step.source].check()) == []
            case Pull():
                for stream in sources[step.source].streams():
                    assert isinstance(stream, PullStream)
                    async for page in stream.pages(None):
                        for row in page.rows:
                            yield step.source, stream, row
            case Post():
                stream = sources[step.source].streams()[0]
                assert isinstance(stream, PushStream)
                delivery = Delivery("POST", "/", {}, step.headers, step.body, "here", step.at, b"key")
                reception = stream.receive(delivery)
                assert reception.reply.status == 200
                for row in reception.rows:
                    yield step.source, stream, row


@pytest.fixture(scope="module")
def found() -> Found:
    async def read() -> Found:
        touchpoints: Found = {}
        async for source, stream, row in rows():
            for mapped in stream.touchpoints(row):
                if isinstance(mapped, Touchpoint):
                    touchpoints[source, mapped.document or row.key, mapped.part] = mapped
        return touchpoints

    return asyncio.run(read())


def of(found: Found, address: str) -> list[Touchpoint]:
    """Touchpoints that carry an identifier, however it is written."""

    def values(one: Touchpoint) -> set[str]:
        read = (canonical(identifier, "here", "BD") for identifier in one.identifiers)
        return {each.identifier.value for each in read if each}

    return [one for one in found.values() if address in values(one)]


def test_samples_are_written_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "samples", tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {name: (SAMPLES / name).read_bytes() for name in written}
    assert sum(map(len, written.values())) < 1_500_000


def test_connectors_find_the_expected_touchpoints_by_channel(found: Found) -> None:
    channels = Counter(one.channel.value for one in found.values())
    assert {"total": len(found), **channels} == EXPECTED["touchpoints"]


def test_one_customer_is_met_everywhere(found: Found) -> None:
    by_phone = {one.channel.value for one in of(found, PHONE)}
    by_mail = {one.channel.value for one in of(found, "nasrin.akter@mail.example")}
    by_account = {one.channel.value for one in of(found, "https://dhaka.example/users/nasrin")}
    assert by_phone == {"WEB", "PHONE", "ACCOUNTING", "OTHER"}
    assert {"EMAIL", "WEB", "OTHER"} <= by_mail
    assert by_account == {"SOCIAL", "OTHER"}


def test_nothing_joins_her_at_work_but_the_colleague(found: Found) -> None:
    work = of(found, WORK_EMAIL)
    values = {identifier.value for one in work for identifier in one.identifiers}
    assert values == {WORK_EMAIL, "https://bangla.example/users/n_designs"}
    assert [step for step in steps() if isinstance(step, Merge)] == [
        Merge(("phone", PHONE), ("email", WORK_EMAIL), "She told me on the phone that this is her work address.")
    ]


def test_machine_mail_is_recognised(found: Found) -> None:
    kinds = Counter(one.kind for one in found.values() if one.automated and one.kind not in ("email", "profile"))
    assert kinds == {"bounce": 1, "auto_reply": 1}
    assert [one.title for one in found.values() if "[traders]" in one.title and one.automated] != []


def test_form_of_the_morning_comes_before_the_invoice_without_a_time(found: Found) -> None:
    hers = of(found, PHONE)
    forms = [one.occurred_at for one in hers if one.kind == "form"]
    invoices = [one.occurred_at for one in hers if one.kind == "invoice"]
    assert forms == [datetime(2025, 10, 4, 3, 40, tzinfo=UTC)]
    assert date(2025, 10, 4) in invoices


def test_shared_mailbox_and_family_phone_are_there(found: Found) -> None:
    names = {one.traits["name"] for one in of(found, "office@greenleaf.example")}
    assert names == {"Kamal Hasan", "Farzana Haque", "Jony Barua"}
    family = {one.traits.get("name") for one in of(found, "+8801711000003")}
    assert {"Rahim Uddin", "Salma Begum"} <= family


def test_spam_void_invoices_and_colleagues_are_no_touchpoints(found: Found) -> None:
    assert of(found, "seo@spam.example") == []
    assert [one for one in found.values() if one.title == "Steel prices"] == []
    ledger = (SAMPLES / "ledger.csv").read_text().splitlines()
    void = [line.split(",")[0] for line in ledger if ",Void," in line]
    assert len(void) == 1
    assert [key for key in found if key[1] == void[0]] == []

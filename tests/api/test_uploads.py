"""Files over HTTP: kept, rehearsed, brought in and taken back; and what is refused."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import connectors.generic
from connectors.generic.csv import Sheet
from connectors.generic.xlsx import Workbook
from hub.errors import HubError, InputWrong, NotFound, TooLarge
from hub.ingest.uploads import KEPT, Uploads
from tests.api.conftest import Served, served

SAMPLES = Path(connectors.generic.__file__).parent / "samples"
SHEET = "No,Name,Mail,Since\n7,Karim Uddin,karim@mail.example,2026-03-01\n8,আয়েশা,aisha@mail.example,soon\n"
REHEARSAL = """query ($upload: ID!, $settings: JSON) { rehearsal(upload: $upload, settings: $settings) {
  connector settings guessed rows whole touchpoints unreadable doubts reasons { column field }
  first { key problem { message path } touchpoints { kind direction occurredAt name identifiers } } } }"""
IMPORT = """mutation ($input: ImportUploadInput!) { importUpload(input: $input) {
  source { id name connector } run { id } userErrors { code message path } } }"""


@pytest.fixture
def service(hub_address: str, tmp_path: Path) -> Iterator[Served]:
    """A served hub that reads sheets and workbooks, on each database."""
    with served(hub_address, others={"generic.csv": Sheet, "generic.xlsx": Workbook}) as service:
        service.hub.uploads = Uploads(tmp_path / "uploads")
        yield service


def upload(service: Served, name: str, content: bytes, token: str | None = None) -> Any:
    return service.client.post(
        "/upload", params={"name": name}, content=content, headers={"Authorization": f"Bearer {token or service.token}"}
    )


def uploaded(service: Served, name: str = "customers.csv", content: bytes = SHEET.encode()) -> str:
    answer = upload(service, name, content)
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == name
    return str(answer.json()["upload"])


def imported(service: Served, **given: Any) -> dict[str, Any]:
    """The run of an import, once it has ended."""
    done = service.ask(IMPORT, input=given)["importUpload"]
    assert done["userErrors"] == []
    service.client.portal.call(service.hub.pulled, done["source"]["id"])  # type: ignore[union-attr]
    document = "query ($id: ID!) { node(id: $id) { ... on Run { id state error stored unchanged } } }"
    run: dict[str, Any] = service.ask(document, id=done["run"]["id"])["node"]
    return {**run, "source": done["source"]}


def customers(service: Served) -> list[str]:
    accepted = service.ask("{ hub { acceptedUpTo } }")["hub"]["acceptedUpTo"]
    service.sequence = accepted
    return sorted(each["name"] for each in service.ask("{ customers { nodes { name } } }")["customers"]["nodes"])


def test_a_file_is_rehearsed_with_what_was_guessed(service: Served) -> None:
    # One date that is none: then the column is no column of dates, and the rows stand at the day of the file.
    found = service.ask(REHEARSAL, upload=uploaded(service))["rehearsal"]
    assert (found["connector"], found["guessed"], found["whole"]) == ("generic.csv", True, True)
    assert (found["rows"], found["touchpoints"], found["unreadable"]) == (2, 2, 0)
    assert [(each["column"], each["field"]) for each in found["reasons"]] == [
        ("Mail", "email"), ("Name", "name"), ("No", "key"), ("No", "contact"),
    ]  # fmt: skip
    assert "path" not in found["settings"]
    assert found["first"][1]["touchpoints"][0]["name"] == "আয়েশা"
    assert found["first"][1]["touchpoints"][0]["identifiers"] == ["8", "aisha@mail.example"]
    assert customers(service) == []


def test_settings_that_are_given_are_tried_and_problems_shown(service: Served) -> None:
    settings = {"columns": {"email": "Mail", "time": "Since"}}
    found = service.ask(REHEARSAL, upload=uploaded(service), settings=settings)["rehearsal"]
    assert (found["guessed"], found["touchpoints"], found["unreadable"]) == (False, 1, 1)
    assert found["first"][0]["touchpoints"][0]["occurredAt"] == "2026-03-01T12:00:00.000000Z"
    assert found["first"][1]["problem"]["path"] == "Since"


def test_a_file_is_brought_in_once_and_taken_back(service: Served) -> None:
    file = uploaded(service, "customers.xlsx", (SAMPLES / "customers.xlsx").read_bytes())
    run = imported(service, upload=file)
    assert (run["state"], run["error"], run["stored"]) == ("OK", None, 3)
    assert run["source"] | {"id": ""} == {"id": "", "name": "customers.xlsx", "connector": "generic.xlsx"}
    assert customers(service) == ["Anna Marino", "عائشہ صدیقی", "নাসরিন আক্তার"]
    settings = service.ask(REHEARSAL, upload=file)["rehearsal"]["settings"]
    again = imported(service, upload=file, settings=settings)
    assert (again["source"]["id"], again["stored"]) == (run["source"]["id"], 0)
    undo = "mutation ($input: WithdrawRunInput!) { withdrawRun(input: $input) { touchpoints } }"
    gone = service.ask(undo, input={"run": run["id"], "reason": "wrong file"})
    assert gone == {"withdrawRun": {"touchpoints": 3}}
    assert customers(service) == []


def test_the_same_file_twice_is_one_upload(service: Served) -> None:
    assert uploaded(service) == uploaded(service)
    assert uploaded(service) != uploaded(service, content=SHEET.encode() + b"\n")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Say what the file is called: ?name=customers.xlsx"),
        ("holiday.jpg", "The name holiday.jpg does not say how it is read: files end in .csv, "),
    ],
)
def test_a_name_that_does_not_say_how_to_read_it_is_refused(lite: Served, name: str, sentence: str) -> None:
    lite.hub.registry.connectors["generic.csv"] = Sheet  # type: ignore[index]
    answer = upload(lite, name, b"x")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(sentence)


def test_files_are_for_those_who_set_up_sources(lite: Served) -> None:
    reader = lite.new_token("read", "pii")
    assert upload(lite, "a.csv", b"x", reader).status_code == 403
    assert upload(lite, "a.csv", b"x", "hub_nobody").status_code == 401
    assert lite.refusal(REHEARSAL, reader, upload="upl_" + "0" * 28)[0] == "FORBIDDEN"


def test_a_sheet_of_nobody_is_told_so(service: Served) -> None:
    file = uploaded(service, "rates.csv", b"date,rate\n2026-03-01,1.5\n")
    code, sentence = service.refusal(REHEARSAL, upload=file)
    assert code == "BAD_USER_INPUT"
    assert sentence.startswith("Nothing in rates.csv says whose its rows are")


@pytest.mark.parametrize("upload_id", ["upl_" + "0" * 28, "../hub.db", "upl_../../etc/passwd", ""])
def test_an_upload_that_is_not_there_is_not_found(service: Served, upload_id: str) -> None:
    assert service.refusal(REHEARSAL, upload=upload_id)[0] == "NOT_FOUND"
    done = service.ask(IMPORT, input={"upload": upload_id})["importUpload"]
    assert [error["code"] for error in done["userErrors"]] == ["NOT_FOUND"]


async def parts(*content: bytes) -> AsyncIterator[bytes]:
    for part in content:
        yield part


def take(uploads: Uploads, name: str, *content: bytes, limit: int = 100, now: float = 0.0) -> Any:
    return asyncio.run(uploads.take(name, parts(*content), limit, now or time.time()))


def test_a_file_that_is_too_large_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="A file may have 100 bytes"):
        take(Uploads(tmp_path), "a.csv", b"x" * 60, b"y" * 60)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/a.csv", "a.csv"), ("C:\\books\\b.csv", "b.csv"), (".hidden.csv", "hidden.csv"), ("বই.csv", "বই.csv")],
)
def test_a_file_lies_in_the_folder_of_uploads_whatever_it_is_called(tmp_path: Path, name: str, kept: str) -> None:
    assert take(Uploads(tmp_path), name, b"x").path.relative_to(tmp_path).parts[1:] == (kept,)


@pytest.mark.parametrize("name", ["", "..", "a/", "a\x00b.csv", "a\nb.csv", "x" * 241, "ব" * 81])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputWrong):
        take(Uploads(tmp_path), name, b"x")


def test_what_nobody_brings_in_is_gone_after_a_day_and_a_source_stays(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    forgotten, held = take(uploads, "a.csv", b"a"), take(uploads, "b.csv", b"b")
    uploads.hold(held)
    for each in (forgotten, held):
        os.utime(each.path.parent, (1000, 1000))
    take(uploads, "c.csv", b"c", now=1000 + KEPT + 1)
    with pytest.raises(NotFound):
        uploads.find(forgotten.id)
    assert uploads.find(held.id) == held


def test_a_sender_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise HubError("gone")

    with pytest.raises(HubError):
        asyncio.run(Uploads(tmp_path).take("a.csv", broken(), 100, time.time()))
    assert list(tmp_path.iterdir()) == []

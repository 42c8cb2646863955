"""Real taps, installed and run as they are: one from the package index, and one made with the kit most taps are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.generic.singer import Records, Singer
from hub import sdk
from hub.ingest.accept import digest_of
from tests.connectors.test_singer import pull, rows, states

SHEET = """id,name,email,phone,came
1,নাসরিন আক্তার,nasrin@x.example,০১৭১১-২৩৪৫৬৭,2026-03-01T09:00:00+06:00
2,عائشہ خان,ayesha@x.example,,2026-03-02T10:30:00+05:00
3,"Zoë ""😀"" Müller",zoe@x.example,,2026-03-03T11:00:00Z
"""
VISITS = {
    "kind": "visit", "region": "BD", "columns": {"time": "came", "name": "name", "email": "email", "phone": "phone"},
}  # fmt: skip
MADE = """#!{python}
import datetime
from singer_sdk import Stream, Tap
from singer_sdk import typing as th

class Guests(Stream):
    name = "guests"
    primary_keys = ("id",)
    replication_key = "came"
    is_sorted = True
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType), th.Property("came", th.DateTimeType), th.Property("email", th.StringType),
    ).to_dict()

    def get_records(self, context):
        since = self.get_starting_timestamp(context)
        for number in range(1, self.config["guests"] + 1):
            came = datetime.datetime(2026, 3, number, tzinfo=datetime.timezone.utc)
            if since is None or came >= since:
                yield {{"id": number, "came": came.isoformat(), "email": f"g{{number}}@x.example", "more": "unasked"}}

class Rooms(Stream):
    name = "rooms"
    primary_keys = ("number",)
    schema = th.PropertiesList(th.Property("number", th.IntegerType)).to_dict()

    def get_records(self, context):
        raise RuntimeError("nobody has selected rooms")

class Hotel(Tap):
    name = "tap-hotel"
    __module__ = "singer_sdk"  # where the kit looks for files of a tap; this one is a single file
    config_jsonschema = th.PropertiesList(
        th.Property("guests", th.IntegerType, required=True),
        th.Property("key", th.StringType, required=True, secret=True),
    ).to_dict()

    def discover_streams(self):
        return [Guests(self), Rooms(self)]

Hotel.cli()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of taps: tap-csv-folder (Apache-2.0) as the index has it, in an environment of its own."""
    folder = tmp_path_factory.mktemp("taps")
    environment = folder / "tap-csv-folder"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    command = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q", "tap-csv-folder"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("Singer taps: tap-csv-folder cannot be installed here")
    made = folder / "tap-hotel"
    made.write_text(MADE.format(python=environment / "bin" / "python"))
    made.chmod(0o755)
    return folder


@pytest.fixture
def taps(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_TAPS", str(installed))
    return installed


def stream(**settings: Any) -> Records:
    (made,) = Singer(Singer.Settings.model_validate(settings)).streams()
    assert isinstance(made, Records)
    return made


@pytest.mark.long
def test_a_tap_from_the_index_reads_a_folder_of_sheets_and_a_second_run_changes_nothing(
    taps: Path, tmp_path: Path
) -> None:
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets" / "guests.csv").write_text(SHEET)
    config = {"path": str(tmp_path / "sheets"), "read_mode": "one_stream_per_file", "filesystem": "local"}
    tap = stream(tap="tap-csv-folder", config=config, discover=False, streams={"guests": VISITS})
    pages = pull(tap)
    found = rows(pages)
    assert [row.key for row in found] == [f'["{tmp_path}/sheets/guests.csv",{line}]' for line in (2, 3, 4)]
    visits = [touchpoint for row in found for touchpoint in tap.touchpoints(row)]
    assert all(isinstance(visit, sdk.Touchpoint) for visit in visits)
    assert [visit.traits["name"] for visit in visits if isinstance(visit, sdk.Touchpoint)] == [
        "নাসরিন আক্তার", "عائشہ خان", 'Zoë "😀" Müller',
    ]  # fmt: skip
    assert "guests" in states(pages)[-1]["bookmarks"]
    # This tap reads a file again that did not change, which changes nothing.
    arrival = [(row.key, digest_of(row, tap)) for row in rows(pull(tap, pages[-1].cursor))]
    assert arrival == [(row.key, digest_of(row, tap)) for row in found]


@pytest.mark.long
def test_a_tap_of_the_usual_kit_is_discovered_selected_and_goes_on_at_its_state(taps: Path) -> None:
    settings: dict[str, Any] = {
        "tap": "tap-hotel", "secrets": {"key": "s3cret"},
        "streams": {"guests": {"kind": "visit", "columns": {"time": "came", "email": "email"}}},
    }  # fmt: skip
    pages = pull(stream(**settings, config={"guests": 3}))
    assert [row.key for row in rows(pages)] == ["1", "2", "3"]
    bookmark = states(pages)[-1]["bookmarks"]["guests"]
    assert (bookmark["replication_key"], bookmark["replication_key_value"]) == ("came", "2026-03-03T00:00:00+00:00")
    # The same configuration, or it would begin anew; the tap reads the last day again, as taps do.
    again = rows(pull(stream(**settings, config={"guests": 3}), pages[-1].cursor))
    assert [row.key for row in again] == ["3"]


@pytest.mark.long
def test_what_the_kit_says_of_a_wrong_configuration_is_shown_without_secrets(taps: Path) -> None:
    settings = {"tap": "tap-hotel", "secrets": {"key": "s3cret", "guests": "s3cret"}}
    with pytest.raises(sdk.SourceFailed) as raised:
        pull(stream(**settings, streams={"guests": {"kind": "visit", "columns": {"time": "came"}}}))
    assert raised.value.message.startswith("The tap ended with code ")
    assert "s3cret" not in f"{raised.value.message} {raised.value.hint}"

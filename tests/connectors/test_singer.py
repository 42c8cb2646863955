"""Singer taps: what their messages become, states that cover what is stored, awkward taps, and their confinement."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import connectors.generic
from connectors.generic.singer import Records, Singer
from hub import sdk
from hub.testing import ConnectorSuite
from tests.conftest import ROOT

SAMPLES = Path(connectors.generic.__file__).parent / "samples"
GUESTS: dict[str, Any] = {"kind": "visit", "columns": {"time": "at", "email": "email"}}
SCHEMA = {"type": "SCHEMA", "stream": "guests", "schema": {}, "key_properties": ["id"]}
CATALOGUE = {"streams": [{"stream": "guests", "tap_stream_id": "public-guests"}, {"tap_stream_id": "rooms"}]}
AT = "2026-03-01T09:00:00Z"


def record(number: object, **more: Any) -> dict[str, Any]:
    said = {"id": number, "at": AT, "email": f"p{number}@x.org", **more}
    return {"type": "RECORD", "stream": "guests", "record": {name: v for name, v in said.items() if v is not None}}


def state(value: Any) -> dict[str, Any]:
    return {"type": "STATE", "value": value}


@pytest.fixture
def taps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of taps that the hub's owner has named."""
    folder = tmp_path / "taps"
    folder.mkdir()
    monkeypatch.setenv("HUB_TAPS", str(folder))
    return folder


def program(folder: Path, body: str) -> None:
    """A tap whose discovery works; else it does what ``body`` says. ``said`` writes messages, or texts as they are."""
    path = folder / "tap-test"
    path.write_text(
        f"""#!/usr/bin/env python3
import json, os, pathlib, subprocess, sys, time
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
def held(name):
    return json.loads(pathlib.Path(arguments[name]).read_text())
def said(*messages):
    for each in messages:
        print(each if isinstance(each, str) else json.dumps(each), flush=True)
if "--discover" in sys.argv:
    print({json.dumps(json.dumps(CATALOGUE))})
    sys.exit()
{body}
"""
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def telling(folder: Path, *messages: Any, after: str = "") -> None:
    program(folder, f"said(*json.loads({json.dumps(json.dumps(messages))}))\n{after}")


def singer(outside: sdk.Outside | None = None, guests: dict[str, Any] | None = None, **settings: Any) -> Records:
    told = {"tap": "tap-test", "streams": {"guests": {**GUESTS, **(guests or {})}}, **settings}
    stream = Singer(Singer.Settings.model_validate(told), outside).streams()[0]
    assert isinstance(stream, Records)
    return stream


def pull(stream: Records, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    """All pages; the cursor as the hub gives it back, from its JSON."""

    async def everything() -> list[sdk.Page]:
        kept = None if cursor is None else json.loads(json.dumps(cursor))
        return [page async for page in stream.pages(kept)]

    return asyncio.run(everything())


def rows(pages: list[sdk.Page]) -> list[sdk.Row]:
    return [row for page in pages for row in page.rows]


def states(pages: list[sdk.Page]) -> list[Any]:
    return [None if page.cursor is None else page.cursor["state"] for page in pages]


def problem(row: sdk.Row) -> str:
    with pytest.raises(sdk.RowUnreadable) as raised:
        list(singer().touchpoints(row))
    return raised.value.message


def failing(stream: Records) -> tuple[list[sdk.Page], str]:
    """The pages of a pull before it failed, and why it did."""
    found: list[sdk.Page] = []

    async def until_it_fails() -> None:
        async for page in stream.pages(None):
            found.append(page)  # noqa: PERF401 (those before the failure are wanted)

    with pytest.raises(sdk.SourceFailed) as raised:
        asyncio.run(until_it_fails())
    return found, raised.value.message


def fault(stream: Records) -> str:
    return failing(stream)[1]


# What a tap says ----------------------------------------------------------------------------------------------


def test_the_sample_is_read_as_it_was_written_and_a_later_run_brings_nothing_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUB_TAPS", str(SAMPLES))
    connector = Singer(Singer.Settings.model_validate_json((SAMPLES / "singer.json").read_text()))
    assert list(connector.check()) == []
    (stream,) = connector.streams()
    assert isinstance(stream, Records)
    pages = pull(stream)
    found = rows(pages)
    assert [row.key for row in found] == ["1", "2", "3", "4"]
    written = subprocess.run([SAMPLES / "tap-guestbook"], capture_output=True, check=True).stdout.splitlines()
    assert [row.payload for row in found] == [line for line in written if line.startswith(b'{"type": "RECORD"')]
    (visit,) = stream.touchpoints(found[0])
    assert isinstance(visit, sdk.Touchpoint)
    assert visit.occurred_at == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    assert (visit.text, visit.traits) == ("চমৎকার চা 🍵", {"name": "নাসরিন আক্তার"})
    assert visit.identifiers == (sdk.phone("০১৭১১-২৩৪৫৬৭", "BD"),)
    assert states(pages)[-1] == {"bookmarks": {"guests": {"id": 4}}}
    assert rows(pull(stream, pages[-1].cursor)) == []


def test_only_the_wanted_stream_is_selected_and_read_under_either_name(taps: Path) -> None:
    program(taps, 'said({"type": "STATE", "value": held("--catalog")})')
    wanted = {"replication_method": "INCREMENTAL", "replication_key": "at"}
    (chosen, other) = states(pull(singer(guests=wanted)))[-1]["streams"]
    about = {"selected": True, "replication-method": "INCREMENTAL", "replication-key": "at"}
    assert chosen["metadata"] == [{"breadcrumb": [], "metadata": about}]
    assert (chosen["replication_method"], chosen["replication_key"]) == ("INCREMENTAL", "at")
    assert other["metadata"] == [{"breadcrumb": [], "metadata": {"selected": False}}]
    other_stream = {"type": "RECORD", "stream": "rooms", "record": {"id": 9}}
    telling(taps, SCHEMA, other_stream, record(1), {**record(2), "stream": "public-guests"})
    assert [row.key for row in rows(pull(singer()))] == ["1", "2"]


def test_a_tap_that_takes_no_catalogue_is_run_without(taps: Path) -> None:
    program(taps, 'said({"type": "STATE", "value": sorted(arguments)})')
    assert states(pull(singer(discover=False)))[-1] == ["--config"]
    assert states(pull(singer(catalogue_option="--properties")))[-1] == ["--config", "--properties"]


def test_a_stream_that_the_tap_does_not_have_is_named_with_those_it_has(taps: Path) -> None:
    telling(taps)
    settings = {"tap": "tap-test", "streams": {"visitors": GUESTS}}
    stream = Singer(Singer.Settings.model_validate(settings)).streams()[0]
    assert isinstance(stream, Records)
    with pytest.raises(sdk.ConfigWrong, match="the tap has no stream 'visitors'; it has: guests, rooms"):
        pull(stream)


def test_a_page_never_carries_a_state_before_the_records_that_the_state_covers(taps: Path) -> None:
    many: list[Any] = [SCHEMA]
    for number in range(1, 251):
        many.append(record(number))
        if number % 60 == 0:
            many.append(state(number))
    telling(taps, *many, state("end"))
    pages = pull(singer())
    stored = 0
    for page, kept in zip(pages, states(pages), strict=True):
        stored += len(page.rows)
        assert kept is None or kept == "end" or kept <= stored
    assert [len(page.rows) for page in pages] == [100, 150, 0]
    assert states(pages) == [60, "end", "end"]


def test_a_later_run_is_given_the_state(taps: Path) -> None:
    program(taps, 'said({"type": "STATE", "value": held("--state") if "--state" in arguments else 0})')
    pages = pull(singer())
    assert states(pages) == [0]
    stream = singer()
    assert states(pull(stream, {**(pages[-1].cursor or {}), "state": {"b": [1.5, "৭"]}})) == [{"b": [1.5, "৭"]}]
    # Rows that are named otherwise are read again from the beginning.
    assert states(pull(singer(guests={"columns": {"time": "at", "key": "email"}}), pages[-1].cursor)) == [0]


def test_what_is_read_again_is_the_same_but_for_the_time_of_reading(taps: Path) -> None:
    telling(taps, SCHEMA, {**record(1), "time_extracted": "2026-03-01T00:00:00Z", "version": 1})
    assert {"time_extracted", "version"} == singer().volatile
    assert [row.key for row in rows(pull(singer()))] == ["1"]


def test_a_failed_run_keeps_what_it_said_and_its_last_words(taps: Path) -> None:
    after = 'print("fetching", file=sys.stderr); print("No route to s3cret-word", file=sys.stderr); sys.exit(3)'
    telling(taps, SCHEMA, record(1), state(1), record(2), after=after)
    stream = singer(secrets={"login.token": "s3cret-word"})

    pages, message = failing(stream)
    assert [row.key for row in rows(pages)] == ["1", "2"]
    assert states(pages) == [1]
    assert message == "The tap ended with code 3. Its last words: No route to ********"


# Listings and deletions ---------------------------------------------------------------------------------------


def test_a_listing_is_whole_only_when_the_tap_ended_well_and_always_begins_anew(taps: Path) -> None:
    telling(taps, SCHEMA, record(1), state(1))
    stream = singer(guests={"listing": True})
    pages = pull(stream, {"state": 1})
    assert stream.listing
    assert [page.whole for page in pages] == [False, True]
    assert states(pages) == [None, None]
    telling(taps, SCHEMA, record(1), after="sys.exit(1)")
    assert [page.whole for page in failing(stream)[0]] == [False]


def test_nothing_is_deleted_without_a_listing_but_what_the_tap_says_is_gone(taps: Path) -> None:
    gone = record(2, _sdc_deleted_at="2026-03-02T00:00:00Z")
    telling(taps, SCHEMA, {"type": "ACTIVATE_VERSION", "stream": "guests", "version": 7}, record(1), gone)
    pages = pull(singer())
    assert not any(page.whole for page in pages)
    assert [(row.key, row.deleted) for row in rows(pages)] == [("1", False), ("2", True)]


# Awkward taps -------------------------------------------------------------------------------------------------


def test_types_are_read_in_any_case_and_unknown_ones_are_left_out(taps: Path) -> None:
    telling(taps, {**SCHEMA, "type": "schema"}, {**record(1), "type": "Record"}, {"type": "LOG"}, {"x": 1}, "a remark")
    assert [row.key for row in rows(pull(singer()))] == ["1"]


def test_a_record_before_its_schema_is_kept_with_that_problem_unless_the_settings_name_the_key(taps: Path) -> None:
    telling(taps, record(1))
    (row,) = rows(pull(singer()))
    assert problem(row) == "the record came before the SCHEMA of its stream"
    (named,) = rows(pull(singer(guests={"columns": {"time": "at", "key": "id"}})))
    assert named.key == "1"


@pytest.mark.parametrize("broken", [{"id": None}, {"id": None, "email": "other@x.org"}])
def test_a_record_without_its_key_is_kept_with_that_problem(taps: Path, broken: dict[str, Any]) -> None:
    telling(taps, SCHEMA, {**record(None), "time_extracted": AT}, record(2))
    bad, good = rows(pull(singer()))
    assert problem(bad) == "the record has no 'id', which is part of its key"
    assert good.key == "2"
    telling(taps, SCHEMA, {**record(None), "time_extracted": "later"})
    assert rows(pull(singer()))[0].key == bad.key


def test_keys_of_any_number_and_form(taps: Path) -> None:
    several = {**SCHEMA, "key_properties": ["id", "email"]}
    telling(taps, several, record("a/b", email="x"), record("a", email="b/x"), record("k" * 600, email="x"))
    first, second, long = [row.key for row in rows(pull(singer()))]
    assert (first, second) == ('["a/b","x"]', '["a","b/x"]')
    assert len(long) < 40
    telling(taps, {**SCHEMA, "key_properties": []}, record(1), record(1), record(2))
    keys = [row.key for row in rows(pull(singer()))]
    assert (len(keys), len(set(keys))) == (3, 2)
    telling(taps, SCHEMA, record("৭"), record(12345678901234567890123), record(True), record([1]))
    assert [row.key for row in rows(pull(singer()))] == ["৭", "12345678901234567890123", "true", "[1]"]


def test_a_schema_that_is_none_gives_records_a_problem_and_a_later_good_one_reads_on(taps: Path) -> None:
    telling(taps, {**SCHEMA, "key_properties": "id"}, record(1), SCHEMA, record(2))
    bad, good = rows(pull(singer()))
    assert problem(bad) == "the SCHEMA of the stream has key_properties that are no list of names"
    assert good.key == "2"


def test_data_of_every_form_is_read(taps: Path) -> None:
    odd = record(1, camelCase={"Deep": [1, {"x": "ü"}]}, text='"}{\\ \u2028 <b> ‮', email="p1@x.org")
    telling(taps, SCHEMA, odd)
    stream = singer(guests={"properties": ["camelCase.Deep", "text"]})
    (touchpoint,) = stream.touchpoints(rows(pull(stream))[0])
    assert isinstance(touchpoint, sdk.Touchpoint)
    assert touchpoint.properties == {"camelCase.Deep": [1, {"x": "ü"}], "text": '"}{\\ \u2028 <b> ‮'}


def test_messages_that_are_none_are_kept_with_a_problem(taps: Path) -> None:
    telling(taps, SCHEMA, '{"type": "RECORD", "stream": "guests", ', {**record(1), "record": [1]}, record(2))
    broken, listed, good = rows(pull(singer()))
    assert problem(broken).startswith("the line is not JSON")
    assert problem(listed) == "the record is no object"
    assert good.key == "2"


def test_a_line_that_is_too_long_is_kept_in_part_and_the_next_is_read(taps: Path) -> None:
    other = """'{"stream": "rooms", "x": "' + "x" * 3_000_000 + '"}'"""
    program(taps, f'said({json.dumps(SCHEMA)}, "{{" + "x" * 3_000_000, {other}, {json.dumps(record(2))})')
    long, good = rows(pull(singer()))
    assert (len(long.payload), problem(long)) == (4096, "3,000,001 bytes are more than a line may have")
    assert good.key == "2"


def test_data_that_comes_by_files_is_refused_before_a_state_passes_it(taps: Path) -> None:
    telling(taps, SCHEMA, {"type": "BATCH", "stream": "guests", "manifest": []}, state("beyond"))
    assert fault(singer()).startswith("The tap writes BATCH messages")


@pytest.mark.parametrize("discovered", ["", "[]", '{"streams": [1]}', '{"streams": {}}', "remark\n{}"])
def test_a_catalogue_that_is_none_is_said(taps: Path, discovered: str) -> None:
    telling(taps)
    text = (taps / "tap-test").read_text()
    (taps / "tap-test").write_text(text.replace(json.dumps(json.dumps(CATALOGUE)), json.dumps(discovered)))
    assert fault(singer()) == "What the tap discovers is no catalogue of streams."


# Confinement --------------------------------------------------------------------------------------------------


def test_only_taps_in_the_folders_that_the_owner_named_are_run(taps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("python", "../tap-x", "tap-", "/bin/tap-x", "tap-x/../../y"):
        with pytest.raises(ValidationError):
            singer(tap=name)
    connector = Singer(Singer.Settings.model_validate({"tap": "tap-other", "streams": {"guests": GUESTS}}))
    assert list(connector.check()) == ["there is no program 'tap-other' in the folders of HUB_TAPS"]
    own = taps / "tap-other" / "bin"
    own.mkdir(parents=True)
    telling(own)
    (own / "tap-test").rename(own / "tap-other")
    assert list(connector.check()) == []
    monkeypatch.delenv("HUB_TAPS")
    assert list(connector.check()) == [
        "taps are not run by this hub; whoever runs the hub names the folders of taps in HUB_TAPS"
    ]


def test_a_tap_sees_nothing_of_the_hubs_environment(taps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    program(taps, 'said({"type": "STATE", "value": dict(os.environ, cwd=os.getcwd())})')
    seen = states(pull(singer()))[-1]
    assert "secret" not in json.dumps(seen)
    assert set(seen) <= {
        "HOME", "LANG", "LC_ALL", "PATH", "PYTHONIOENCODING", "PYTHONNOUSERSITE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR",
        "SSL_CERT_FILE", "TMPDIR", "TZ", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LC_CTYPE", "cwd",
    }  # fmt: skip
    assert seen["HOME"] == seen["cwd"] == seen["TMPDIR"]
    assert not Path(seen["cwd"]).exists()


def test_the_configuration_is_the_taps_alone_with_its_secrets_in_their_places(taps: Path) -> None:
    body = """
mode = oct(os.stat(arguments["--config"]).st_mode & 0o777)
said({"type": "STATE", "value": [held("--config"), mode]})
"""
    program(taps, body)
    settings: dict[str, Any] = {
        "config": {"start": "2026", "oauth": {"client": 1}},
        "secrets": {"oauth.token": "t0ken", "key": "k"},
    }
    assert states(pull(singer(**settings)))[-1] == [
        {"start": "2026", "oauth": {"client": 1, "token": "t0ken"}, "key": "k"},
        "0o600",
    ]
    assert "t0ken" not in repr(singer(**settings)._tap.settings)


class Keeper:
    """Keeps what a connector keeps, as the hub does."""

    def __init__(self) -> None:
        self.credentials: dict[str, str] = {}
        self.times = 0

    async def keep(self, name: str, value: str) -> None:
        self.credentials[name] = value
        self.times += 1

    def outside(self) -> sdk.Outside:
        return sdk.Outside(credentials=self.credentials, keep=self.keep)


ROTATES = """
config = held("--config")
said({"type": "STATE", "value": config["token"]})
config["token"] += "+"
pathlib.Path(arguments["--config"]).write_text(json.dumps(config))
print("now " + config["token"], file=sys.stderr)
"""


def test_a_token_that_the_tap_rotated_is_kept_and_given_to_the_next_run(taps: Path) -> None:
    program(taps, ROTATES)
    keeper = Keeper()
    used = [
        states(pull(singer(keeper.outside(), config=config, secrets={"token": token})))[-1]
        for config, token in (({}, "first"), ({}, "first"), ({}, "first"), ({}, "other"), ({"x": 1}, "other"))
    ]
    # What was kept is good for the settings that it was made from, and no others.
    assert used == ["first", "first+", "first++", "other", "other"]
    assert keeper.times == 5


def test_a_token_is_kept_although_the_run_failed_and_its_new_value_is_masked(taps: Path) -> None:
    program(taps, ROTATES + "sys.exit(1)")
    keeper = Keeper()
    stream = singer(keeper.outside(), secrets={"token": "first"})
    assert fault(stream) == "The tap ended with code 1. Its last words: now ********"
    assert json.loads(keeper.credentials["config"])["config"] == {"token": "first+"}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(done: Callable[[], bool]) -> bool:
    patience = time.monotonic() + 10
    while not done() and time.monotonic() < patience:
        time.sleep(0.02)
    return done()


FAMILY = """
child = subprocess.Popen(["sleep", "600"])
said({"type": "STATE", "value": [os.getpid(), child.pid]})
said({"type": "SCHEMA", "stream": "guests", "key_properties": ["id"]})
number = 0
while True:
    number += 1
    said({"type": "RECORD", "stream": "guests", "record": {"id": number, "at": "2026-03-01"}})
"""


def test_a_tap_ends_with_all_that_it_started_when_the_pull_stops(taps: Path) -> None:
    program(taps, FAMILY)

    async def first() -> list[int]:
        async with aclosing(singer().pages(None)) as pages:  # type: ignore[type-var]
            async for page in pages:
                assert page.cursor is not None
                pids: list[int] = page.cursor["state"]
                assert all(alive(pid) for pid in pids)
                return pids
        raise AssertionError("no page came")

    pids = asyncio.run(first())
    assert until(lambda: not any(alive(pid) for pid in pids))


KILLED = """
import asyncio, json, sys
from connectors.generic.singer import Singer
{loop}
async def main():
    stream = Singer(Singer.Settings.model_validate_json(sys.argv[1])).streams()[0]
    async for page in stream.pages(None):
        print(json.dumps(page.cursor["state"]), flush=True)
        await asyncio.sleep(600)
{run}
"""
LOOPS = {
    "asyncio": ("", "asyncio.run(main())"),
    "uvloop": ("import uvloop", "uvloop.run(main())"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="a tap dies with its hub: on Linux only")
@pytest.mark.parametrize("loop", LOOPS)
def test_a_tap_dies_with_its_hub(taps: Path, loop: str) -> None:
    said = f'said({SCHEMA}, {record(1)}, {{"type": "STATE", "value": os.getpid()}})'
    program(taps, f"{said}; time.sleep(600)")
    settings = json.dumps({"tap": "tap-test", "streams": {"guests": GUESTS}})
    imports, run = LOOPS[loop]
    code = KILLED.format(loop=imports, run=run)
    with subprocess.Popen([sys.executable, "-c", code, settings], cwd=ROOT, stdout=subprocess.PIPE) as hub:
        assert hub.stdout is not None
        tap = json.loads(hub.stdout.readline())
        assert alive(tap)
        hub.kill()
    assert until(lambda: not alive(tap))


@pytest.mark.parametrize(
    ("body", "limits", "said"),
    [
        ("time.sleep(60)", {"seconds": 1}, "The tap was stopped: it ran for more than 1 s."),
        ("time.sleep(60)", {"silent_seconds": 1}, "The tap was stopped: it wrote nothing for 1 s."),
        ("while True: pass", {"processor_seconds": 1}, "The tap was stopped by signal "),
        ("x = bytearray(500_000_000)", {"memory_mb": 200}, "The tap ended with code 1. Its last words: MemoryError"),
        ("open('x', 'wb').write(bytes(3_000_000))", {"file_mb": 1}, "The tap "),
        (
            "os.close(1); time.sleep(60)",
            {"silent_seconds": 1},
            "The tap was stopped: it closed its output and did not end.",
        ),
    ],
)
def test_a_tap_that_takes_too_much_is_stopped(taps: Path, body: str, limits: dict[str, int], said: str) -> None:
    program(taps, body)
    assert fault(singer(limits=limits)).startswith(said)


def test_a_slow_tap_is_stored_as_it_goes(taps: Path) -> None:
    program(taps, f"said({json.dumps(SCHEMA)}, {json.dumps(record(1))}, {json.dumps(state(1))}); time.sleep(600)")

    async def first() -> tuple[int, Any]:
        async with aclosing(singer().pages(None)) as pages:  # type: ignore[type-var]
            async for page in pages:
                return len(page.rows), (page.cursor or {}).get("state")
        raise AssertionError("no page came")

    begun = time.monotonic()
    assert asyncio.run(first()) == (1, 1)
    assert time.monotonic() - begun < 10


def test_a_tap_of_which_nothing_is_wanted_tells_that_it_lives_and_keeps_its_state(
    taps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connectors.generic.singer, "_SIGN", 0.0)
    telling(taps, SCHEMA, record(1), state(1), record(2), state(2))
    pages = pull(singer(guests={"where": {"id": "9"}}))
    assert [row for page in pages for row in page.rows] == []
    assert 1 in states(pages)[:-1]
    assert states(pages)[-1] == 2


# The acceptance kit -------------------------------------------------------------------------------------------


class TestSingerKit(ConnectorSuite):
    connector = Singer
    settings = json.loads((SAMPLES / "singer.json").read_text())
    does_not_apply = {
        "provider": "the tap asks, by ways of its own",
        "payloads_are_what_the_source_sent": "what a tap writes goes by a pipe; it is compared above",
    }

    @pytest.fixture(autouse=True)
    def _sample_tap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUB_TAPS", str(SAMPLES))


MANY = f"""
since = held("--state") if "--state" in arguments else 0
said({SCHEMA})
for number in range(since + 1, 151):
    said({{"type": "RECORD", "stream": "guests", "record":
          {{"id": number, "at": "{AT}", "email": f"p{{number}}@x.org"}}}})
    if number % 40 == 0:
        said({{"type": "STATE", "value": number}})
"""


@pytest.mark.long
class TestManyPagesKit(ConnectorSuite):
    """A tap of several pages, whose states do not fall on their ends."""

    connector = Singer
    settings = {"tap": "tap-test", "streams": {"guests": GUESTS}}
    does_not_apply = TestSingerKit.does_not_apply

    @pytest.fixture(autouse=True)
    def _tap_of_many(self, taps: Path) -> None:
        program(taps, MANY)


@pytest.mark.long
class TestListingKit(TestManyPagesKit):
    """The same as a listing: each run names everything."""

    settings = {"tap": "tap-test", "streams": {"guests": {**GUESTS, "listing": True}}}

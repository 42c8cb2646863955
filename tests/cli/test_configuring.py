"""Sources are set up and changed from the command line, with secrets that stand in no history."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from hub.cli import given
from hub.errors import InputWrong
from hub.sealing import Seal
from tests.cli.conftest import Ended, Run

KEYS = ["segment-write-key-1", "segment-write-key-2"]


def spoken(hub: Run, monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> Ended:
    """Run a command with a text on stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    return hub("--data", "h", *arguments)


def test_a_source_is_set_up_and_changed_with_secrets_from_elsewhere(hub: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    create = ("source", "create", "App", "generic.segment", "--secret", "write_keys[]")
    assert spoken(hub, monkeypatch, f"{KEYS[0]}\n", *create, "--every", "15m").code == 0
    monkeypatch.setenv("NEW_KEY", KEYS[1])
    change = ("source", "set", "App", "--secret", "write_keys[]=env:NEW_KEY", "--secret", "write_keys[]=keep")
    assert hub("--data", "h", *change, "--dry-run").err == "Nothing was written.\n"
    assert hub("--data", "h", *change).out == "settings.write_keys\n"
    assert hub("--data", "h", "source", "set", "App", "--every", "never", "--deletion-share", "0.5").out == (
        "deletionShare\nevery\n"
    )
    shown = hub("--data", "h", "source", "settings", "App")
    assert json.loads(shown.out) == {"write_keys": ["********", "********"]}
    assert "pulled every: P" in shown.err
    assert "a listing may delete: 50%" in shown.err
    assert "command line: settings.write_keys" in shown.err
    assert spoken(hub, monkeypatch, shown.out, "source", "set", "App", "--settings", "-").err == "Nothing changes.\n"
    said = [hub("--data", "h", "source", command, "App").out for command in ("pause", "pause", "resume")]
    assert said == ["App is paused.\n", "App is paused already.\n", "App is pulled by the clock.\n"]


def test_it_is_said_how_a_new_source_gets_its_rows(hub: Run) -> None:
    told = hub("--data", "h", "source", "create", "Contact", "webforms.endpoint", "--settings", '{"origins": ["*"]}')
    source = told.out.strip()
    assert told.err.splitlines() == [f"It is told at /in/{source}/{stream}" for stream in ("submissions", "visits")]
    books = '{"client_id": "a", "client_secret": "b", "refresh_token": "c", "tenant_id": "d"}'
    both = hub("--data", "h", "source", "create", "Books", "accounting.xero", "--settings", books)
    source = both.out.strip()
    assert both.err.splitlines() == [f"To read it: hub pull {source}", f"It is told at /in/{source}/notices"]


def test_check_says_what_is_wrong_and_stores_nothing(hub: Run) -> None:
    wrong = ("source", "check", "--connector", "email.mailbox", "--settings", '{"path": "nowhere"}')
    ended = hub("--data", "h", *wrong)
    assert ended.code == 1
    assert "nowhere" in ended.out
    assert hub("--data", "h", "source", "check", "--connector", "email.mailbox").out == (
        "Settings of email.mailbox: path: Field required.\n"
    )
    assert hub("--data", "h", "source", "check").code == 2
    assert "Desk" in hub("--data", "h", "source", "list").out


def test_a_secret_that_is_typed_is_refused(hub: Run) -> None:
    ended = hub("--data", "h", "source", "create", "App", "generic.segment", "--secret", f"write_keys[]={KEYS[0]}")
    assert ended.code == 2
    assert "stands in the shell's history" in ended.err
    assert KEYS[0] not in ended.err


def test_secrets_are_put_where_their_names_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("from a file\n")
    monkeypatch.setenv("PW", "from the environment")
    monkeypatch.setenv("EMPTY", "")
    told = given.settings('{"host": "x"}', ["a.b=env:PW", f"c=file:{tmp_path / 'pw'}", "d[]=env:PW", "d[]=keep"])
    assert told == {
        "host": "x", "a": {"b": "from the environment"}, "c": "from a file", "d": ["from the environment", "********"]
    }  # fmt: skip
    for wrong in ("a=env:NONE", "host.x=env:PW", "=env:PW", "a=b", "a=env:EMPTY"):
        with pytest.raises(InputWrong):
            given.settings('{"host": "x"}', [wrong])


@pytest.mark.parametrize(
    ("said", "told"), [("30s", "PT30S"), ("15m", "PT900S"), ("6h", "PT21600S"), ("1d", "PT86400S"), ("never", "PT0S")]
)
def test_the_time_between_pulls_is_typed_as_people_say_it(said: str, told: str) -> None:
    assert given.every(said) == told
    assert given.every("default") is None
    for wrong in ("0m", "soon", "5 weeks"):
        with pytest.raises(InputWrong):
            given.every(wrong)


def test_a_new_key_seals(hub: Run) -> None:
    made = hub("secret", "new-key").out.strip()
    seal = Seal(made)
    assert seal.open(seal.seal("x", "place"), "place") == "x"
    assert hub("secret", "new-key").out.strip() != made

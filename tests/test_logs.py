"""Lines of the log: nobody can forge one, and none repeats what an exception says of somebody."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from hub.logs import ACCESS, Discreet, DiscreetJson, hide, request_id, speak


def record(message: str, *args: object, error: bool = False, **fields: object) -> logging.LogRecord:
    exc_info = sys.exc_info() if error else None
    made = logging.LogRecord("hub.x", logging.WARNING, "x.py", 1, message, args, exc_info)
    if fields:
        made.fields = fields
    return made


def test_line_cannot_be_forged() -> None:
    forged = "shop\n2026-01-01T00:00:00 ERROR hub: all is lost\r\x1b[2J\x85\u2028"
    line = Discreet().format(record("pulling %s failed", forged, path=forged))
    assert line.splitlines() == [line]
    assert (
        "pulling shop\\n2026-01-01T00:00:00 ERROR hub: all is lost\\r\\x1b[2J\\x85\\u2028 failed path=shop\\n" in line
    )
    told = DiscreetJson().format(record("pulling %s failed", forged))
    assert told.splitlines() == [told]
    assert json.loads(told)["message"] == f"pulling {forged} failed"


def test_trace_says_where_and_what_and_repeats_nobodys_data() -> None:
    try:
        try:
            int("Rahima")
        except ValueError as cause:
            raise RuntimeError('no a@example.com, +880 1711-223344, "Rahima"\nDETAIL: Key (name)=(Khatun)') from cause
    except RuntimeError:
        for formatter in (Discreet(), DiscreetJson()):
            line = formatter.format(record("failed", error=True)).replace("\\u2026", "…")
            assert "builtins.ValueError: invalid literal for int() with base 10: …" in line
            assert "builtins.RuntimeError: no …, …, …" in line
            assert "test_logs.py:" in line
            assert [word for word in ("Rahima", "a@example", "1711", "Khatun") if word in line] == []
        # Lines of the trace are not taken for lines of the log.
        lines = Discreet().format(record("failed", error=True)).split("\n")
        assert all(line.startswith("  ") for line in lines[1:])


def test_secret_is_blacked_out_and_a_lone_surrogate_is_written() -> None:
    hide(["s3cret-of-a-source"])
    for formatter in (Discreet(), DiscreetJson()):
        line = formatter.format(record("refused: s3cret-of-a-source \ud800"))
        assert "refused: ********" in line
    assert json.loads(DiscreetJson().format(record("\ud800")))["message"] == "\ud800"


def test_lines_of_a_request_carry_its_id() -> None:
    held = request_id.set("abc")
    try:
        assert Discreet().format(record("slow")).endswith("WARNING hub.x: slow request=abc")
        assert json.loads(DiscreetJson().format(record("slow", ms=3)))["request"] == "abc"
    finally:
        request_id.reset(held)
    assert Discreet().format(record("slow", ms=3)).endswith("WARNING hub.x: slow ms=3")


def test_libraries_are_not_heard_at_debug() -> None:
    names = ("", "hub", "connectors", ACCESS)
    before = {name: logging.getLogger(name).level for name in names}
    handlers = list(logging.getLogger().handlers)
    try:
        speak("json", "DEBUG")
        assert logging.getLogger("hub.api").isEnabledFor(logging.DEBUG)
        assert not logging.getLogger("websockets").isEnabledFor(logging.INFO)
        assert not logging.getLogger(ACCESS).isEnabledFor(logging.INFO)
        speak("json", "ERROR", access=True)
        assert not logging.getLogger("websockets").isEnabledFor(logging.WARNING)
        assert logging.getLogger(ACCESS).isEnabledFor(logging.INFO)
    finally:
        logging.getLogger().handlers[:] = handlers
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("message", ["no such column: t.nmae", "division by zero", "database is locked"])
def test_what_an_exception_says_by_itself_is_kept(message: str) -> None:
    made = record("failed")
    made.exc_info = RuntimeError, RuntimeError(message), None
    assert Discreet().format(made).endswith(f"RuntimeError: {message}")

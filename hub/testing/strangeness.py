"""What becomes of rows when their source changes its mind: rows that are almost as they were."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from hub.connector import Row

WORDS = ("করিম উদ্দিন", "ثنا خان", "🙂🏽 Zoë", "שלום ‏עולם‎")
"""Bengali, Urdu, emoji and right-to-left text."""
_OTHERS: tuple[Any, ...] = (None, True, -7, 1.5, "", "no such thing", "9" * 40, [], ["x"], {}, {"x": 1})
_CUTS = 6


def strange(row: Row) -> Iterator[tuple[str, Row]]:
    """Rows that are almost this one, each with what is strange about it."""
    try:
        said = orjson.loads(row.payload)
    except orjson.JSONDecodeError:
        said = None
    if isinstance(said, dict | list):
        for what, changed in _changed(said, ""):
            yield what, replace(row, payload=orjson.dumps(changed))
    yield from _bytes(row)
    for name in row.envelope:
        kept = {other: value for other, value in row.envelope.items() if other != name}
        yield f"without {name} in its envelope", replace(row, envelope=kept)


def _changed(said: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The value with one member gone, of another type, or more than it had; also inside."""
    if isinstance(said, dict):
        yield f"with an unknown member{_in(path)}", said | {"added_later": {"since": [2027, None]}}
        for name, held in said.items():
            where = f"{path}.{name}" if path else name
            yield f"without {where}", {other: value for other, value in said.items() if other != name}
            for other in _OTHERS:
                if type(other) is not type(held) or other in ("", "no such thing"):
                    yield f"with {orjson.dumps(other).decode()} as {where}", said | {name: other}
            for what, inside in _changed(held, where):
                yield what, said | {name: inside}
    elif isinstance(said, list) and said:
        yield f"with nothing in {path or 'the list'}", []
        for what, inside in _changed(said[0], f"{path}.0" if path else "0"):
            yield what, [inside, *said[1:]]


def _in(path: str) -> str:
    return f" in {path}" if path else ""


def _bytes(row: Row) -> Iterator[tuple[str, Row]]:
    """Without parts of its bytes, with more columns, and with bytes of no text."""
    payload = row.payload
    yield "empty", replace(row, payload=b"")
    for part in range(1, _CUTS):
        yield "cut off", replace(row, payload=payload[: len(payload) * part // _CUTS])
    for mark in (b",", b";", b"\t"):
        if mark in payload:
            yield "without its last column", replace(row, payload=payload.rpartition(mark)[0])
            yield "with a column more", replace(row, payload=payload.rstrip(b"\r\n") + mark + b"added")
    dice = random.Random(len(payload))  # noqa: S311 (a test)
    for _ in range(_CUTS):
        at = dice.randrange(len(payload) + 1)
        yield "with bytes of no text", replace(row, payload=payload[:at] + b"\xff\x00\xed\xa0\x80" + payload[at:])


def renamed(row: Row, old: str, new: str) -> Iterator[Row]:
    """The JSON row with another text in the place of one of its values, as it stands and with escapes."""
    try:
        said = orjson.loads(row.payload)
    except orjson.JSONDecodeError:
        return
    changed, times = _replaced(said, old, new)
    if times:
        import json

        yield replace(row, payload=json.dumps(changed, ensure_ascii=False).encode())
        yield replace(row, payload=json.dumps(changed).encode())


def _replaced(value: Any, old: str, new: str) -> tuple[Any, int]:
    if value == old and isinstance(value, str):
        return new, 1
    if isinstance(value, dict):
        made = {name: _replaced(held, old, new) for name, held in value.items()}
        return {name: held for name, (held, _) in made.items()}, sum(times for _, times in made.values())
    if isinstance(value, list):
        items = [_replaced(each, old, new) for each in value]
        return [each for each, _ in items], sum(times for _, times in items)
    return value, 0

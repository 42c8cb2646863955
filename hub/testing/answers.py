"""Answers of a provider that has changed: members that were added, that are gone, that are of another type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

_OTHERS: tuple[Any, ...] = (None, "no such thing", ["x"], 7)
_GONE = object()


def with_more(body: bytes) -> bytes:
    """The same JSON with a member nobody has heard of in every object; what is no JSON as it is."""
    return _rewritten(body, lambda said: said | {"added_later": {"since": [2027, None]}})


def members(body: bytes) -> Iterator[str]:
    """The names of all members of all objects."""
    try:
        yield from _names(orjson.loads(body))
    except orjson.JSONDecodeError:
        return


def changes(name: str) -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    """What may happen to a member, wherever it stands: what it is called, and what it does to an answer."""
    yield f"without {name}", lambda body: _rewritten(body, lambda said: _with(said, name, _GONE))
    for other in _OTHERS:
        what = f"with {orjson.dumps(other).decode()} as {name}"
        yield what, lambda body, other=other: _rewritten(body, lambda said: _with(said, name, other))  # type: ignore[misc]


def _with(said: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    if name not in said:
        return said
    kept = {other: held for other, held in said.items() if other != name}
    return kept if value is _GONE else kept | {name: value}


def _rewritten(body: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    try:
        return orjson.dumps(_each(orjson.loads(body), change))
    except orjson.JSONDecodeError:
        return body


def _each(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return change({name: _each(held, change) for name, held in value.items()})
    if isinstance(value, list):
        return [_each(each, change) for each in value]
    return value


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inside:
        yield from _names(each)

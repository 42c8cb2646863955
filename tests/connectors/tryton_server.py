"""Tryton's REST protocol as version 8.2 speaks it: domains, orders and contexts in base64, records in the order asked
for. Its records were recorded from a Tryton that ran."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx

import connectors.accounting

SAMPLES: dict[str, list[Any]] = json.loads(
    (Path(connectors.accounting.__file__).parent / "samples" / "tryton.json").read_text(encoding="utf-8")
)
KEY = "kit-key-4f2c"
SETTINGS: dict[str, Any] = {"server": "https://tryton.example", "database": "books", "key": KEY, "page_size": 2}
_MODELS = {"party.party": "parties", "account.invoice": "invoices"}


class Tryton:
    """``held``: its records; ``asked``: the domain of each question, in order."""

    def __init__(self, held: dict[str, list[Any]] | None = None) -> None:
        self.held = held or {name: list(each) for name, each in SAMPLES.items()}
        self.asked: list[Any] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What Tryton answers."""
        folder, _, model = request.url.path.rpartition("/")
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return httpx.Response(401)
        if folder != "/books/rest/model" or unpacked(request.headers["x-tryton-context"]) != {"active_test": False}:
            return httpx.Response(404)
        domain = unpacked(request.url.params["d"])
        self.asked.append(domain)
        assert unpacked(request.url.params["o"]) == [["id", "ASC"]]
        found = [each for each in self.held[_MODELS[model]] if all(_holds(each, clause) for clause in domain)]
        size = int(request.url.params["s"])
        return httpx.Response(200, content=json.dumps(sorted(found, key=lambda each: int(each["id"]))[:size]))


def unpacked(text: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(text))


def _holds(record: Any, clause: Any) -> bool:
    if clause[0] == "OR":
        return any(_holds(record, each) for each in clause[1:])
    name, operator, value = clause
    held: Any = record
    for part in name.split("."):
        held = held.get(part) if isinstance(held, dict) else None
    if operator == ">=":
        return held is not None and _moment(held) >= _moment(value)
    if operator == ">":
        return held is not None and held > value
    return bool((held == value) == (operator == "="))


def _moment(value: Any) -> list[int]:
    return [value[name] for name in "year month day hour minute second microsecond".split()]

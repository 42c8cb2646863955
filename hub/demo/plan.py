"""The steps that fill a demo hub: sources, what they tell, and one decision of a colleague. Nothing is done here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson

from hub.settings import Company

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
COMPANY = Company(name="Rupali Kitchen", currency="BDT", time_zone="Asia/Dhaka", country="BD", week_starts_on=7)
PHONE = "+8801711234567"
"""Of the customer that the demo shows: met by mail, social, forms, ledger and phone."""
EMAIL = "nasrin.akter@mail.example"
"""Of her too; names her even where somebody else was written down with her number."""
WORK_EMAIL = "nasrin.akter@dhakadesign.example"
"""Of the same woman at work, under which the hub knows her as somebody else until a colleague says so."""
FEED = "Social accounts"
"""The source whose stream also takes rows that are pushed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Create:
    """Make a source, if there is none of this name."""

    source: str
    connector: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pull:
    """Read everything new of a source."""

    source: str


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP POST to a push stream, as it came at ``at``. ``done``: share of this source's posts after it."""

    source: str
    stream: str
    at: datetime
    headers: Mapping[str, str]
    body: bytes
    done: float


@dataclass(frozen=True, slots=True)
class Merge:
    """A colleague says that two customers, each named by (kind, value) of an identifier, are one."""

    customer: tuple[str, str]
    other: tuple[str, str]
    reason: str


Step = Create | Pull | Post | Merge


def steps(samples: Path = SAMPLES) -> Iterator[Step]:
    """Everything that fills the demo, in order. Doing it twice changes nothing."""
    for planned in orjson.loads((HERE / "sources.json").read_bytes()):
        name, found = planned["name"], _resolved(planned, samples)
        yield Create(name, found["connector"], found["settings"])
        if posts := found.get("posts"):
            yield from _posts(name, posts["stream"], Path(posts["file"]))
        else:
            yield Pull(name)
    yield Merge(("phone", PHONE), ("email", WORK_EMAIL), "She told me on the phone that this is her work address.")


def _posts(source: str, stream: str, file: Path) -> Iterator[Post]:
    """The lines of a file of submissions: when, from which site, which fields."""
    lines = file.read_bytes().splitlines()
    for position, line in enumerate(lines, 1):
        said = orjson.loads(line)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "origin": said["origin"],
        }
        body = urlencode(said["fields"]).encode()
        yield Post(source, stream, datetime.fromisoformat(said["at"]), headers, body, position / len(lines))


def _resolved(value: T, samples: Path) -> T:
    """The same JSON with the samples' folder for ``{samples}``."""
    if isinstance(value, str):
        return value.replace("{samples}", str(samples))  # type: ignore[return-value]
    if isinstance(value, list):
        return [_resolved(one, samples) for one in value]  # type: ignore[return-value]
    if isinstance(value, dict):
        return {name: _resolved(one, samples) for name, one in value.items()}  # type: ignore[return-value]
    return value

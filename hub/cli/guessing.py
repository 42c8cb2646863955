"""What a file may mean, when nobody said: shown before anything is stored, and asked."""

from __future__ import annotations

from pathlib import Path

import orjson

from hub.cli import rehearsal
from hub.cli.terminal import notes, out, table
from hub.client import Client, Json
from hub.connector import Connector, Guess
from hub.errors import InputWrong
from hub.settings import Company

_SHOWN = 40
"""Characters of an example."""


def guesses(kind: type[Connector] | None) -> bool:
    """Whether a connector can guess the settings of a file."""
    return kind is not None and kind.guess.__func__ is not Connector.guess.__func__  # type: ignore[attr-defined]


async def company_of(client: Client) -> Company:
    """The hub's own company, whose country and currency a guess goes by."""
    told = (await client.execute("{ hub { name currency timeZone country } }"))["hub"]
    return Company(name=told["name"], currency=told["currency"], time_zone=told["timeZone"], country=told["country"])


def guessed(kind: type[Connector], path: Path, company: Company) -> Guess:
    """What a file may mean. Raises ``InputWrong`` when nothing can be told, and what the connector raises."""
    found = kind.guess(path, country=company.country, currency=company.currency, time_zone=company.time_zone)
    if found is None:
        raise InputWrong(
            f"Nothing in {path.name} says whose its rows are: no column looks like an address, a phone or a number of "
            "customers.",
            hint="Say what its columns are: --settings mapping.json, docs/importing.md; `hub connector show "
            f"{kind.name}` lists the settings.",
        )
    return found


def tell(found: Guess, source: Json, time_zone: str) -> None:
    """Print what was guessed and why, the first rows as touchpoints, and what the whole file comes to."""
    out.print(f"{source['name']} is read by {source['connector']}, its columns taken for:", markup=False)
    rows = [(each.column, each.field, each.example[:_SHOWN], each.because) for each in found.reasons]
    table(("column", "is", "for example", "because"), rows)
    for doubt in found.doubts:
        out.print(f"- {doubt}", markup=False)
    out.print("\nThe first rows:")
    rehearsal.preview(source["connector"], source["settings"], time_zone)
    rehearsal.count(source["connector"], source["settings"])


def save(found: Guess, file: Path) -> None:
    """Write the settings down, for people to change. Raises ``InputWrong``."""
    try:
        file.write_bytes(orjson.dumps(dict(found.settings), option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise InputWrong(f"{file} cannot be written: {error.strerror}.") from None
    notes.print(f"Written to {file}: change it, and give it with --settings.", markup=False)

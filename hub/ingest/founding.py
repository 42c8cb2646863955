"""What every hub has from its first moment: its first rows, the company, a secret, and the desk."""

from __future__ import annotations

import base64
import secrets

import orjson
from pydantic import ValidationError

from hub.errors import ConfigWrong, InputWrong
from hub.ingest.sources import DESK
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import records


def found(session: Session, company: Company, at: int) -> tuple[Company, bytes]:
    """Make the hub's first rows unless they are there; the answer is the company as the hub keeps it, and its secret."""
    session.run("INSERT INTO sequence (id, value) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
    records.take_numbers(session)
    rows = [("company", company.model_dump_json()), ("secret", _quoted(secrets.token_bytes(32)))]
    session.many("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", rows)
    if session.value("SELECT num FROM source WHERE connector = $1", DESK) is None:
        insert_source(session, "src_desk", "Desk", DESK, {}, True, at)
    kept = dict(session.all("SELECT name, value FROM setting"))
    try:
        return Company.model_validate_json(kept["company"]), base64.b64decode(orjson.loads(kept["secret"]))
    except ValidationError as error:
        raise ConfigWrong(f"The company's settings in the hub are wrong: {error.errors()[0]['msg']}") from None


def begin_projection(session: Session) -> None:
    """The first row of a projection set."""
    session.run("INSERT INTO processed (id, number, clock) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING")


def same_source(session: Session, name: str, connector: str, settings: object) -> str | None:
    """The id of the source of this name, None when there is none. Raises ``InputWrong`` when it is set up otherwise."""
    there = session.one("SELECT id, connector, settings FROM source WHERE name = $1", name)
    if there is None:
        return None
    if there[1] != connector or orjson.loads(there[2]) != settings:
        raise InputWrong(
            f"There is a source named {name!r} already, with another connector or other settings.",
            path="name",
            hint="Give another name.",
        )
    return str(there[0])


def insert_source(
    session: Session, id_: str, name: str, connector: str, settings: object, book_of_record: bool, at: int
) -> int:
    """Write a source; the answer is its truth number."""
    number = records.take_numbers(session) + 1
    num = int(session.value("SELECT coalesce(max(num), 0) + 1 FROM source"))
    session.insert(
        "source",
        ["num", "id", "name", "connector", "settings", "book_of_record", "created_number", "created_at"],
        [(num, id_, name, connector, orjson.dumps(settings).decode(), book_of_record, number, at)],
    )
    records.give_numbers(session, number)
    return number


def _quoted(raw: bytes) -> str:
    return orjson.dumps(base64.b64encode(raw).decode()).decode()

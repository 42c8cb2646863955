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
from hub.store.writing import ledger, records, settings, sources


def found(session: Session, company: Company, at: int) -> tuple[Company, bytes]:
    """Make the hub's first rows unless they are there; the answer is the company as it is kept, and the secret."""
    records.begin_sequence(session)
    records.take_numbers(session)
    rows = [("company", company.model_dump_json()), ("secret", _quoted(secrets.token_bytes(32)))]
    settings.keep(session, rows)
    if not sources.any_of(session, DESK):
        insert_source(session, "src_desk", "Desk", DESK, {}, True, at)
    kept = settings.everything(session)
    try:
        return Company.model_validate_json(kept["company"]), base64.b64decode(orjson.loads(kept["secret"]))
    except ValidationError as error:
        raise ConfigWrong(f"The company's settings in the hub are wrong: {error.errors()[0]['msg']}") from None


def begin_projection(session: Session) -> None:
    """The first row of a projection set."""
    ledger.begin(session)


def same_source(session: Session, name: str, connector: str, given: object) -> str | None:
    """The id of the source of this name and settings ``given``; None when no source has the name.

    Raises ``InputWrong`` when it is set up otherwise.
    """
    there = sources.named(session, name)
    if there is None:
        return None
    if there[1] != connector or orjson.loads(there[2]) != given:
        raise InputWrong(
            f"There is a source named {name!r} already, with another connector or other settings.",
            path="name",
            hint="Give another name.",
        )
    return there[0]


def insert_source(
    session: Session, id_: str, name: str, connector: str, given: object, book_of_record: bool, at: int
) -> int:
    """Write a source with the settings ``given``; the answer is its truth number."""
    number = records.take_numbers(session) + 1
    num = sources.next_num(session)
    text = orjson.dumps(given).decode()
    sources.insert(session, (num, id_, name, connector, text, book_of_record, number, at, number))
    records.give_numbers(session, number)
    return number


def _quoted(raw: bytes) -> str:
    return orjson.dumps(base64.b64encode(raw).decode()).decode()

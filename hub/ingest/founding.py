"""What every hub has from its first moment: its first rows, the company, a secret, and the desk."""

from __future__ import annotations

import base64
import logging
import secrets

import orjson
from pydantic import ValidationError

from hub.errors import ConfigWrong
from hub.ingest.sources import DESK
from hub.sealing import Seal
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import ledger, records, settings, sources

_log = logging.getLogger(__name__)
_PLACE = "hub secret"


def found(session: Session, company: Company, seal: Seal, at: int) -> tuple[Company, bytes]:
    """Make the hub's first rows unless they are there; the answer is the company as it is kept, and the secret."""
    records.begin_sequence(session)
    records.take_numbers(session)
    rows = [("company", company.model_dump_json()), ("secret", _quoted(secrets.token_bytes(32)))]
    settings.keep(session, rows)
    if not sources.any_of(session, DESK):
        insert_source(session, "src_desk", "Desk", DESK, {}, True, at)
    kept = settings.everything(session)
    try:
        return Company.model_validate_json(kept["company"]), _secret(session, kept["secret"], seal)
    except ValidationError as error:
        raise ConfigWrong(f"The company's settings in the hub are wrong: {error.errors()[0]['msg']}") from None


def begin_projection(session: Session) -> None:
    """The first row of a projection set."""
    ledger.begin(session)


def insert_source(
    session: Session, id_: str, name: str, connector: str, given: object, book_of_record: bool, at: int
) -> tuple[int, int]:
    """Write a source with the settings ``given``; the answer is its row number and its truth number."""
    number = records.take_numbers(session) + 1
    num = sources.next_num(session)
    text = orjson.dumps(given).decode()
    sources.insert(session, (num, id_, name, connector, text, book_of_record, number, at, number))
    records.give_numbers(session, number)
    return num, number


def _secret(session: Session, kept: str, seal: Seal) -> bytes:
    """The hub's own secret. It is sealed as soon as there is a key, but none is made for it alone."""
    said = orjson.loads(kept)
    sealed = said["sealed"] if isinstance(said, dict) else None
    try:
        raw = seal.open(sealed, _PLACE) if sealed else str(said)
    except ConfigWrong as error:
        _log.warning("The hub's own secret cannot be read, another does until the hub is stopped. %s", error.message)
        return secrets.token_bytes(32)
    if seal.ready and not (sealed and seal.current(sealed)):
        settings.replace(session, "secret", orjson.dumps({"sealed": seal.seal(raw, _PLACE)}).decode())
    return base64.b64decode(raw)


def _quoted(raw: bytes) -> str:
    return orjson.dumps(base64.b64encode(raw).decode()).decode()

"""Trusted documents: GraphQL that is registered once, and asked for by its id from then on."""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import InputWrong, NotFound
from hub.ingest.threads import Threads
from hub.store import documents as stored
from hub.store.documents import StoredDocument
from hub.store.reader import Reader
from hub.store.session import Session
from hub.store.writing import documents

LONGEST_ID = 200
LONGEST_NAME = 200
REMEMBERED = 5_000_000
"""Characters of all remembered documents together."""
FRESH = 5.0
"""Seconds after which a remembered document is read again: another process may have retired it."""
_DIGEST = re.compile("[0-9a-f]{64}")
_SHA256 = re.compile("sha256:[0-9a-f]{64}")
_OWN = re.compile(r"(x-[\w.~-]+:)?[\w.~-]+", re.ASCII)


def identifier(text: str) -> str:
    """The id that every document has: ``sha256:`` and the digest of its text, in hexadecimal."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def spelled(id_: str) -> str:
    """An id as it is kept. Some tools write the digest without what it is a digest of."""
    return f"sha256:{id_}" if _DIGEST.fullmatch(id_) else id_


def fits(id_: str, text: str) -> bool:
    """Whether an id may stand for a text: one that is a digest only for its own."""
    return not id_.startswith("sha256:") or id_ == identifier(text)


def check_id(id_: str) -> None:
    """Raises ``InputWrong`` for what is no document identifier of GraphQL over HTTP, appendix A."""
    if len(id_) > LONGEST_ID or not (_SHA256.fullmatch(id_) or _OWN.fullmatch(id_)):
        raise InputWrong(
            f"{id_[:80]!r} is no id of a document.",
            path="id",
            hint="Letters, digits and - . _ ~, or sha256: and 64 hexadecimal digits in lower case.",
        )


@dataclass(frozen=True, slots=True)
class DocumentGiven:
    """A document to register under one id; ``max_cost`` None stands for the hub's own limit."""

    id: str
    text: str
    name: str
    max_cost: int | None = None


class Documents:
    """Registering, retiring and finding trusted documents. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, reader: Reader, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._reader = reader
        self._clock = clock
        self._known: OrderedDict[str, tuple[StoredDocument, float]] = OrderedDict()
        self._characters = 0

    async def register(self, given: Sequence[DocumentGiven], by: str, *, dry_run: bool = False) -> list[bool]:
        """Register documents, all or none; for each whether it was not there as it is. Raises ``InputWrong`` for an id
        that stands for another text."""
        at = self._clock()
        new = await self._threads.write(lambda session: _register(session, given, by, at, dry_run=dry_run))
        if not dry_run:
            self._forget(*(each.id for each in given))
        return new

    async def retire(self, id_: str) -> None:
        """End a document: it is known no more. Raises ``NotFound``."""

        def job(session: Session) -> None:
            if not documents.retire(session, id_, self._clock()):
                raise NotFound(f"There is no document {id_[:80]!r} that still holds.", path="document")

        await self._threads.write(job)
        self._forget(id_)

    async def find(self, id_: str) -> StoredDocument | None:
        """The document of an id, retired or not, as it was at most ``FRESH`` seconds ago."""
        if len(id_) > LONGEST_ID or "\0" in id_:
            return None
        held = self._known.get(id_)
        if held is not None and time.monotonic() < held[1]:
            self._known.move_to_end(id_)
            return held[0]
        async with self._reader.snapshot() as snapshot:
            document = await stored.by_id(snapshot, id_)
        self._forget(id_)
        if document is not None:
            self._known[id_] = document, time.monotonic() + FRESH
            self._characters += len(document.text)
            while self._characters > REMEMBERED and len(self._known) > 1:
                self._forget(next(iter(self._known)))
        return document

    @property
    def remembered(self) -> tuple[int, int]:
        """Documents that are remembered, and their characters."""
        return len(self._known), self._characters

    def _forget(self, *ids: str) -> None:
        for id_ in ids:
            if held := self._known.pop(id_, None):
                self._characters -= len(held[0].text)


def _register(session: Session, given: Sequence[DocumentGiven], by: str, at: int, *, dry_run: bool) -> list[bool]:
    held = documents.held(session, [each.id for each in given])
    new: dict[str, DocumentGiven] = {}
    changed: dict[str, DocumentGiven] = {}
    for each in given:
        there = held.get(each.id)
        text = there[0] if there else new.get(each.id, each).text
        if text != each.text:
            raise InputWrong(
                f"The id {each.id[:80]!r} stands for another text already.",
                path="documents",
                hint="An id stands for one text forever, as clients keep answers by it: give this one another.",
            )
        if there is None:
            new[each.id] = each
        elif there[1:] != (each.name, each.max_cost, None):
            changed[each.id] = each
    if not dry_run:
        documents.insert(session, [(e.id, e.text, e.name, e.max_cost, at, by) for e in new.values()])
        documents.renew(session, [(e.name, e.max_cost, at, by, e.id) for e in changed.values()])
    return [each.id in new or each.id in changed for each in given]

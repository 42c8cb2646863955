"""The text of what a client asks for: as it was sent, or as it was registered under an id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.api.auth import Principal, Scope
from hub.api.told import DOCUMENT
from hub.errors import InputWrong, NotAllowed
from hub.ingest.documents import DocumentGiven, fits, identifier, spelled

if TYPE_CHECKING:
    from hub.ingest.hub import Hub
    from hub.store.documents import StoredDocument

_OWN = Path(__file__).parents[1] / "cli" / "documents"


class UnknownDocument(InputWrong):
    """No document that holds has the id. The code is the one after which clients send the text."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class NotTrusted(NotAllowed):
    """The hub runs trusted documents only."""

    code = "DOCUMENT_NOT_TRUSTED"


class ById(str):
    """The id of a document in place of its text. ``text``: what was sent as its text besides, if anything."""

    __slots__ = ("text",)
    text: str | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The text to run. ``document``: the trusted one that it is; ``new``: it is to become one once it is valid."""

    text: str
    document: StoredDocument | None
    new: bool = False


NOTHING = Resolved("", None)
"""What is run while nothing is."""


def asked(request: dict[str, Any]) -> object:
    """What stands for the document of a GraphQL request: its ``query`` as it is, or the id of one.

    The id is ``documentId``, as GraphQL over HTTP has it, or the hash that Apollo's clients send.
    """
    text, id_ = request.get("query"), request.get("documentId")
    if id_ is None:
        extensions = request.get("extensions")
        said = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
        id_ = said.get("sha256Hash") if isinstance(said, dict) else None
    if not isinstance(id_, str) or not id_ or not isinstance(text, str | None):
        return text
    document = ById(spelled(id_))
    document.text = text or None
    return document


async def resolved(hub: Hub, who: Principal, asked: str, *, writes: bool) -> Resolved:
    """The document of a request. ``writes``: whether the way it came may write.

    Raises ``UnknownDocument``, ``NotTrusted``, and ``InputWrong`` for an id that is not that of the text beside it.
    """
    if isinstance(asked, ById):
        found = await _by_id(hub, asked)
        may = writes and hub.limits.persist_documents == "manage" and who.may(Scope.MANAGE)
        found = replace(found, new=found.new and may)
    else:
        found = Resolved(asked, None)
    if hub.limits.trusted_only and not (found.document or found.new) and found.text not in _own():
        found = Resolved(found.text, _standing(await hub.documents.find(identifier(found.text))))
        if found.document is None:
            raise NotTrusted("This hub runs trusted documents only.", hint="`hub documents register` makes it one.")
    return found


async def _by_id(hub: Hub, id_: ById) -> Resolved:
    held = await hub.documents.find(id_)
    document = _standing(held)
    text = id_.text or (document.text if document else None)
    if text is None:
        raise UnknownDocument(
            f"No document {id_[:80]!r} is registered here.", path="documentId", hint="Register it, or send its text."
        )
    if (document and document.text != text) or not fits(id_, text):
        raise InputWrong(f"{id_[:80]!r} is not the id of the query beside it.", path="documentId")
    # One that was retired stays so until somebody registers it again.
    return Resolved(text, document, new=held is None and id_ == identifier(text))


async def persisted(hub: Hub, who: Principal, text: str) -> Resolved:
    """Register a document under its digest."""
    await hub.documents.register([DocumentGiven(identifier(text), text, "")], who.name)
    return Resolved(text, _standing(await hub.documents.find(identifier(text))))


def _standing(document: StoredDocument | None) -> StoredDocument | None:
    return document if document is not None and document.retired_at is None else None


@cache
def _own() -> frozenset[str]:
    """The documents of the hub's own command line, which may be asked everywhere, and what it asks of itself."""
    return frozenset(path.read_text("utf-8") for path in _OWN.glob("*.graphql")) | {DOCUMENT}

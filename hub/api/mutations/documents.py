"""Trusted documents: registering and retiring them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from graphql import GraphQLError

from hub.api.context import Info
from hub.api.errors import UserError, tried, user_error
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.limits import gate
from hub.api.mutations.receipt import Receipt
from hub.api.types.documents import RegisteredDocument
from hub.errors import InputWrong
from hub.ingest.documents import LONGEST_NAME, DocumentGiven, check_id, fits, identifier, spelled

MOST_DOCUMENTS = 200
"""Documents that are registered at once."""


@input_type
class DocumentInput:
    """A document to register."""

    text: str = described("The document, to the last space as clients would send it: its id is made of it.")
    id: strawberry.ID | None = optional(
        "An id of its own, besides the digest of its text, by which it is known anyway."
    )
    name: str | None = optional("What it is called; by default as its first operation.")


@input_type
class RegisterDocumentsInput:
    """Documents to register, all or none."""

    documents: list[DocumentInput] = described(f"At most {MOST_DOCUMENTS}.")
    max_cost: int | None = optional("What an operation of them may cost; by default as much as the hub lets any cost.")
    dry_run: bool = optional("Only say what would be done.", False)


@object_type
class RegisterDocumentsPayload:
    """Answer to registerDocuments."""

    documents: list[RegisteredDocument] = described("What became of each, in the order given; empty when one is wrong.")
    receipt: Receipt | None = described("Always null: a document is known at once.")
    user_errors: list[UserError] = described("What is wrong with which document; nothing was done then.")


@input_type
class RetireDocumentInput:
    """A document to retire."""

    document: strawberry.ID = described("Its id; the same text under another id stays.")


@object_type
class RetireDocumentPayload:
    """Answer to retireDocument."""

    document: strawberry.ID | None = described("The document that is known no more.")
    receipt: Receipt | None = described("Always null: it is known no more at once, in other processes in five seconds.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class DocumentMutations:
    """Trusted documents."""

    @mutation
    async def register_documents(
        self,
        info: Info,
        input: Annotated[RegisterDocumentsInput, argument("Which.")],  # noqa: A002
    ) -> RegisterDocumentsPayload:
        """Register documents that clients ask for by id. Each must fit the schema and the hub's limits."""
        given, faults = await _checked(info, input)
        if faults:
            return RegisterDocumentsPayload(documents=[], receipt=None, user_errors=faults)
        kept = {each.id: each for each in _by_digest(given) + given}
        by = info.context.principal.name
        done, errors = await tried(info.context.hub.documents.register(list(kept.values()), by, dry_run=input.dry_run))
        if done is None:
            return RegisterDocumentsPayload(documents=[], receipt=None, user_errors=errors)
        new = dict(zip(kept, done, strict=True))
        shown = [RegisteredDocument(id=strawberry.ID(each.id), name=each.name, is_new=new[each.id]) for each in given]
        return RegisterDocumentsPayload(documents=shown, receipt=None, user_errors=[])

    @mutation
    async def retire_document(
        self,
        info: Info,
        input: Annotated[RetireDocumentInput, argument("Which.")],  # noqa: A002
    ) -> RetireDocumentPayload:
        """Make a document known no more."""
        id_ = spelled(input.document)
        _, errors = await tried(info.context.hub.documents.retire(id_))
        return RetireDocumentPayload(document=None if errors else strawberry.ID(id_), receipt=None, user_errors=errors)


def _by_digest(given: list[DocumentGiven]) -> list[DocumentGiven]:
    return [DocumentGiven(identifier(each.text), each.text, each.name, each.max_cost) for each in given]


async def _checked(info: Info, wanted: RegisterDocumentsInput) -> tuple[list[DocumentGiven], list[UserError]]:
    """The documents as they are to be kept, and what is wrong with them."""
    if len(wanted.documents) > MOST_DOCUMENTS:
        sentence = f"At most {MOST_DOCUMENTS} documents are registered at once."
        return [], [user_error(InputWrong(sentence, path="documents"))]
    if wanted.max_cost is not None and wanted.max_cost < 1:
        return [], [user_error(InputWrong("maxCost is at least 1.", path="maxCost"))]
    given, faults = [], []
    for place, each in enumerate(wanted.documents):
        try:
            given.append(await _document(info, each, wanted.max_cost))
        except InputWrong as error:
            error.path = f"documents.{place}.{error.path}"
            faults.append(user_error(error))
    texts: dict[str, str] = {}
    for place, document in enumerate(given if not faults else []):
        if texts.setdefault(document.id, document.text) != document.text:
            faults.append(user_error(InputWrong("This id stands for two texts here.", path=f"documents.{place}.id")))
    return given, faults


async def _document(info: Info, given: DocumentInput, max_cost: int | None) -> DocumentGiven:
    id_ = spelled(given.id) if given.id else identifier(given.text)
    check_id(id_)
    if not fits(id_, given.text):
        raise InputWrong("This id is the digest of another text.", path="id")
    if len(given.name or "") > LONGEST_NAME:
        raise InputWrong(f"A name has at most {LONGEST_NAME} characters.", path="name")
    schema = info._raw_info.schema  # noqa: SLF001 (strawberry hands out its own only)
    try:
        prepared = await gate(info.context.hub, schema).documents.prepared(given.text, introspects=True)
    except GraphQLError as error:
        raise InputWrong(error.message, path="text") from None
    if prepared.errors:
        raise InputWrong(prepared.errors[0].message, path="text")
    if not prepared.operations:
        raise InputWrong("The document has no operation.", path="text")
    first = next((name for name in prepared.operations if name), "")
    return DocumentGiven(id_, given.text, given.name or first, max_cost)

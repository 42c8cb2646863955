"""Bringing in uploaded files."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.mutations.sources import run_of
from hub.api.queries.uploads import guessed, object_of
from hub.api.scalars import JSON
from hub.api.types.sources import Run, Source
from hub.ingest.outcomes import Written
from hub.ingest.rehearsal import reader_of


@input_type
class ImportUploadInput:
    """An uploaded file to bring in."""

    upload: strawberry.ID = described("The file, as the answer to its upload names it.")
    name: str | None = optional("What to call the source; the file's name where this is left out.")
    connector: str | None = optional("How it is read; by its name where this is left out.")
    settings: JSON | None = optional("The connector's settings, as an object; guessed where they are left out.")
    book_of_record: bool = optional("Whether its documents count in value.", default=True)


@object_type
class ImportUploadPayload:
    """Answer to importUpload."""

    source: Source | None = described("The source that the file is now.")
    run: Run | None = described("The run that reads it; withdrawRun takes it back.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class UploadMutations:
    """Bringing in uploaded files."""

    @mutation
    async def import_upload(
        self,
        info: Info,
        input: Annotated[ImportUploadInput, argument("Which, and how it is read.")],  # noqa: A002
    ) -> ImportUploadPayload:
        """Make a source of an uploaded file, and read it. The same again reads on."""
        done, errors = await tried(_import(info, input))
        if done is None:
            return ImportUploadPayload(source=None, run=None, receipt=None, user_errors=errors)
        written, run = done
        got = await receipt(info, written.sequence)
        await info.context.renew()
        row = await info.context.load.source_by_id.load(written.ids[0])
        return ImportUploadPayload(
            source=Source(row=row) if row else None, run=await run_of(info, run), receipt=got, user_errors=[]
        )


async def _import(info: Info, given: ImportUploadInput) -> tuple[Written, str]:
    hub = info.context.hub
    upload = hub.uploads.find(given.upload)
    connector = given.connector or reader_of(hub.registry, upload.path.name)
    if given.settings is None:
        settings = (await guessed(info, upload, connector)).settings
    else:
        settings = object_of(given.settings)
    written = await hub.create_source(
        given.name or upload.path.name,
        connector,
        {**settings, "path": str(upload.path)},
        book_of_record=given.book_of_record,
    )
    hub.uploads.hold(upload)
    return written, await hub.sync(written.ids[0])

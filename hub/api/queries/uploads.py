"""Reads about uploaded files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.scalars import JSON, dumped
from hub.api.types.uploads import GuessReason, Rehearsal
from hub.connector import Guess
from hub.errors import InputWrong
from hub.ingest.rehearsal import reader_of, rehearse
from hub.ingest.uploads import Upload


@object_type
class UploadQueries:
    """Reads about uploaded files."""

    @field
    async def rehearsal(
        self,
        info: Info,
        upload: Annotated[strawberry.ID, argument("The file, as the answer to its upload names it.")],
        connector: Annotated[str | None, argument("How it is read; by its name where this is left out.")] = None,
        settings: Annotated[
            JSON | None, argument("The connector's settings, as an object; guessed where they are left out.")
        ] = None,
    ) -> Rehearsal:
        """What an uploaded file would come to. Nothing is stored."""
        hub = info.context.hub
        held = hub.uploads.find(upload)
        reader = connector or reader_of(hub.registry, held.path.name)
        guess = await guessed(info, held, reader) if settings is None else None
        used = object_of(settings) if guess is None else guess.settings
        found = await rehearse(hub.registry.open(reader, {**used, "path": str(held.path)}))
        return Rehearsal(
            row=found,
            connector=reader,
            settings=dumped(dict(used)),
            guessed=guess is not None,
            reasons=[GuessReason(row=each) for each in guess.reasons] if guess else [],
            doubts=list(guess.doubts) if guess else [],
        )


async def guessed(info: Info, upload: Upload, connector: str) -> Guess:
    """What a file may mean. Raises ``InputWrong`` when nothing can be told from it."""
    hub = info.context.hub
    kind = hub.registry.kind(connector)
    company = hub.company
    found = await asyncio.to_thread(
        kind.guess, upload.path, country=company.country, currency=company.currency, time_zone=company.time_zone
    )
    if found is None:
        raise InputWrong(
            f"Nothing in {upload.path.name} says whose its rows are: no column looks like an address, a phone or a "
            "number of customers.",
            path="settings",
            hint="Give the settings of the connector: which column holds what.",
        )
    return found


def object_of(settings: object) -> Mapping[str, Any]:
    """Settings as an object. Raises ``InputWrong``."""
    if not isinstance(settings, dict):
        raise InputWrong("settings is a JSON object.", path="settings")
    return settings

"""``email.mailbox``: the mails of an mbox, a Maildir, or a folder of either."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from pathlib import Path

from pydantic import Field

from connectors.email import folder
from connectors.email.correspondence import NOTICE, Correspondence, row_of
from hub import sdk

_PAGE_ROWS = 200
_PAGE_BYTES = 16_000_000


class MailboxSettings(sdk.Settings):
    """Where the mails lie and who we are."""

    path: Path = Field(description="An mbox file, a Maildir, or a folder of mbox files or of single mails.")
    own_addresses: tuple[str, ...] = Field(
        default=(), description="Addresses of the company, or whole domains as @example.org. Plus tags are ignored."
    )
    max_message_bytes: int = Field(
        default=50_000_000, ge=1, description="Of a larger mail the head is kept, with its size and SHA-256."
    )


class Messages(Correspondence, sdk.PullStream):
    """The mails of files."""

    def __init__(self, settings: MailboxSettings) -> None:
        super().__init__(settings.own_addresses)
        self.settings = settings

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Pages of at most 200 mails or 16 MB. Files are read in a thread."""
        pages = self._pages(cursor)
        try:
            while (page := await asyncio.to_thread(next, pages, None)) is not None:
                yield page
        finally:
            with contextlib.suppress(ValueError):  # cancelled while the thread still reads: it ends by itself
                pages.close()

    def _pages(self, cursor: sdk.Cursor | None) -> Generator[sdk.Page, None, None]:
        path = self.settings.path
        try:
            found = folder.survey(path)
            if not cursor and not folder.is_mailbox(path, found):
                raise sdk.ConfigWrong(_no_mailbox(path), path="path")
            place = folder.Place.of(cursor)
            total = sum(one.size for one in found) or 1
            rows: list[sdk.Row] = []
            held = done = 0
            for step in folder.read(found, place, self.settings.max_message_bytes):
                done += step.advance
                if step.letter is not None:
                    rows.append(row_of(step.letter))
                    held += len(step.letter.raw)
                if len(rows) >= _PAGE_ROWS or held >= _PAGE_BYTES:
                    yield sdk.Page(rows, place.cursor(), done=min(done / total, 1.0))
                    rows, held = [], 0
        except OSError as error:
            raise sdk.SourceFailed(f"{error.filename} cannot be read: {error.strerror}") from None
        yield sdk.Page(rows, place.cursor(), done=1.0)


class Mailbox(sdk.Connector):
    """Mails from files, as mail programs and providers export them."""

    name = "email.mailbox"
    title = "Mails of an mbox, a Maildir or a folder of mails"
    documentation = "docs/connectors/email.mailbox.md"
    Settings = MailboxSettings
    kinds = (NOTICE,)

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream: the messages."""
        return [Messages(self.settings)]

    def check(self) -> Iterator[str]:
        """What is wrong with the path."""
        path = self.settings.path
        try:
            if not folder.is_mailbox(path, folder.survey(path)):
                yield _no_mailbox(path)
        except (sdk.ConfigWrong, sdk.SourceFailed) as error:
            yield error.message
        except OSError as error:
            yield f"{error.filename} cannot be read: {error.strerror}"


def _no_mailbox(path: Path) -> str:
    return f"{str(path)!r} is no mailbox: nothing in it is an mbox, a Maildir or a mail"

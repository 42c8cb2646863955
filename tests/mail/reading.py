"""What tests of the connector share: a source of a server, its rows, and the same mails in a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from connectors.email.imap import Imap, ImapSettings, Messages
from connectors.email.mailbox import Mailbox, MailboxSettings
from hub import sdk
from hub.outgoing import Reach
from tests.mail.servers import PASSWORD

NEAR = Reach.allowing(["127.0.0.1", "::1"])
OURS = ("@shop.example",)


def outside(**given: Any) -> sdk.Outside:
    """The world, with servers on this machine."""
    return sdk.Outside(**{"reach": NEAR, **given})


def account(port: int, user: str = "anna", world: sdk.Outside | None = None, **settings: Any) -> Imap:
    """A source of the user's mails."""
    given: dict[str, Any] = {"host": "127.0.0.1", "security": "none", "own_addresses": OURS, **settings}
    if not {"password", "refresh_token"} & given.keys():
        given["password"] = PASSWORD
    return Imap(ImapSettings.model_validate({"port": port, "user": user, **given}), world or outside())


def stream(imap: Imap) -> Messages:
    """Its one stream."""
    [found] = imap.streams()
    assert isinstance(found, Messages)
    return found


def pull(imap: Imap, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    """All pages beyond a cursor."""

    async def everything() -> list[sdk.Page]:
        return [page async for page in stream(imap).pages(cursor)]

    return asyncio.run(everything())


def rows(pages: Iterable[sdk.Page]) -> list[sdk.Row]:
    """The rows of pages."""
    return [row for page in pages for row in page.rows]


def ids(pages: Iterable[sdk.Page]) -> list[str]:
    """The Message-IDs of the rows, as their keys begin."""
    return [row.key.rpartition("/")[0] for row in rows(pages)]


def in_a_file(path: Path) -> tuple[Mailbox, list[sdk.Row]]:
    """The mails of a file or folder, as ``email.mailbox`` reads them."""
    mailbox = Mailbox(MailboxSettings(path=path, own_addresses=(*OURS, "anna")))

    async def everything() -> list[sdk.Row]:
        return [row async for page in mailbox.streams()[0].pages(None) for row in page.rows]  # type: ignore[attr-defined]

    return mailbox, asyncio.run(everything())


def meant(connector: sdk.Connector, found: Sequence[sdk.Row]) -> dict[str, list[sdk.Mapped] | str]:
    """The touchpoints of rows by key, or why there are none."""
    means = connector.streams()[0].touchpoints

    def meaning(row: sdk.Row) -> list[sdk.Mapped] | str:
        try:
            return list(means(row))
        except sdk.RowUnreadable as error:
            return error.message

    return {row.key: meaning(row) for row in found}


def mail(number: int, subject: str = "", **headers: str) -> bytes:
    """A mail of a customer, with lines as servers end them."""
    told = {
        "From": f"Customer {number} <c{number}@x.example>",
        "To": "us@shop.example",
        "Date": "Mon, 2 Feb 2026 10:00:00 +0000",
        "Message-ID": f"<{number}@x>",
        "Subject": subject or f"Mail {number}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return f"{head}\r\nHello {number}\r\n".encode()

"""``email.imap``: the mails of any mail account, as they come."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from connectors.email.correspondence import NOTICE, Correspondence
from connectors.email.fetching import Haul, hauls
from connectors.email.places import Dropped, Folder, Place, Read, Status, chosen
from hub import sdk

if TYPE_CHECKING:
    from connectors.email.server import Server

T = TypeVar("T")
_MISSING = "Mail servers are read by IMAPClient, which is not installed here: pip install 'journey-hub[mail]'"
_TRIES = 6
"""Connections in a row that bring nothing before a pull gives up."""
_REFUSED = 500
"""Mails of one folder that a server may keep from us before the pull says that it failed."""
_IDLE_ALONE, _IDLE = 25 * 60.0, 60.0
"""Seconds of one wait: a server may hang up after 29 minutes; other folders are asked between."""
_TOKENS = {
    "imap.gmail.com": ("https://oauth2.googleapis.com/token", ""),
    "outlook.office365.com": (
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ),
    "imap.mail.yahoo.com": ("https://api.login.yahoo.com/oauth2/get_token", ""),
}
"""Where providers give access tokens, and for which scope."""


class ImapSettings(sdk.Settings):
    """Which account, how we sign in, and who we are."""

    host: str = Field(pattern=r"^[\w.:-]+$", description="The mail server, imap.example.org.")
    port: int | None = Field(default=None, ge=1, le=65535, description="993 with tls, 143 otherwise.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="`none` is for servers in your own network only."
    )
    user: str = Field(pattern=r"^[^\x00-\x1f\x7f]+$", description="The name to sign in with, most often the address.")
    password: sdk.Secret | None = Field(default=None, description="A password, or an app password of the provider.")
    client_id: str = Field(default="", description="Of your app at the provider, to sign in by OAuth instead.")
    client_secret: sdk.Secret | None = Field(default=None, description="Of your app, if it has one.")
    refresh_token: sdk.Secret | None = Field(default=None, description="What the owner of the account gave the app.")
    oauth_url: str = Field(default="", description="Where access tokens are given; known for Gmail, Microsoft, Yahoo.")
    scope: str = Field(default="", description="What the token is for, where the provider wants to hear it again.")
    folders: tuple[str, ...] = Field(
        default=(),
        description="Names, also with *, or \\Sent and the like. By default all mail (Gmail), else inbox and sent.",
    )
    own_addresses: tuple[str, ...] = Field(
        default=(), description="Addresses of the company, or whole domains as @example.org. Plus tags are ignored."
    )
    since: date | None = Field(default=None, description="Mails that arrived before that day are left alone.")
    max_message_bytes: int = Field(
        default=50_000_000, ge=1, le=60_000_000, description="Of a larger mail the head is kept, with size and SHA-256."
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.password is None) == (self.refresh_token is None):
            raise ValueError("give a password, or client_id and refresh_token")
        if self.refresh_token is not None and not (self.client_id and self._oauth_url):
            raise ValueError("a refresh_token needs client_id and oauth_url")
        return self

    @property
    def _oauth_url(self) -> str:
        return self.oauth_url or _TOKENS.get(self.host.lower(), ("", ""))[0]

    def oauth(self) -> sdk.OAuth | None:
        """How to get an access token, or None where a password is given."""
        if self.refresh_token is None:
            return None
        scope = self.scope or _TOKENS.get(self.host.lower(), ("", ""))[1]
        return sdk.OAuth(self._oauth_url, self.client_id, self.client_secret or "", self.refresh_token, scope)


class Line:
    """A server, spoken to in a thread of its own: a wait for mail must not take the hub's few."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")

    async def __call__(self, work: Callable[..., T], *args: Any) -> T:
        """Run a blocking call on the line's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def close(self) -> None:
        """Say good-bye."""
        await self(self.server.good_bye)

    def cut(self) -> None:
        """Hang up at once; a call that waits in the thread ends."""
        self.server.hang_up()
        self._thread.submit(self.server.close)
        self._thread.shutdown(wait=False)


class Messages(Correspondence, sdk.PullStream):
    """The mails of an account, oldest first, folder by folder. What is deleted there stays here."""

    live = True

    def __init__(self, settings: ImapSettings, outside: sdk.Outside) -> None:
        super().__init__((*settings.own_addresses, settings.user))
        self.settings = settings
        self.outside = outside

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Pages of at most 200 mails or 16 MB. A connection that breaks is made again, and goes on where it was."""
        return self._patiently(_Pull(self.settings, Place(cursor)).pages)

    async def news(self, cursor: sdk.Cursor | None) -> None:
        """Wait by IDLE in the main folder; the others are asked how they stand once a minute."""
        async with aclosing(self._patiently(partial(self._waits, Place(cursor)))) as waits:
            async for news in waits:
                if news:
                    return

    async def _waits(self, place: Place, line: Line) -> AsyncIterator[bool]:
        """After each wait, whether there is something beyond the place."""
        server = line.server
        main, *others = chosen(await line(server.folders), self.settings.folders)
        known = place.knows(main, await line(server.examine, main))
        while known:
            for folder in others:
                known = known and place.knows(folder, await line(server.status, folder))
            if not known:
                break
            yield False
            if server.idles:
                # asking hundreds of folders takes its time, and some servers count
                pause = max(_IDLE, 2.0 * len(others)) if others else _IDLE_ALONE
                known = not await line(server.idle, min(pause, _IDLE_ALONE))
            else:
                await self.outside.sleep(_IDLE)
                known = place.knows(main, await line(server.examine, main))
        yield True

    async def _patiently(self, work: Callable[[Line], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
        """What the work gives, over new connections where one breaks."""
        failures = 0
        while True:
            try:
                async with self.line() as line:
                    async for one in work(line):
                        failures = 0
                        yield one
            except Dropped:
                failures += 1
                if failures == _TRIES:
                    raise
            else:
                return
            await self.outside.sleep(_pause(failures))

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A connection, signed in."""
        line = await self._opened()
        try:
            yield line
            await line.close()
        finally:
            line.cut()

    async def _opened(self) -> Line:
        oauth = self.settings.oauth()
        if oauth is None:
            return await self._called("")
        token = await self.outside.access_token(oauth)
        try:
            return await self._called(token)
        except sdk.SignInAgain:  # taken back before its time: another one may do
            return await self._called(await self.outside.access_token(oauth, instead_of=token))

    async def _called(self, token: str) -> Line:
        try:
            from connectors.email.server import Door, Server, is_public
        except ImportError:
            raise sdk.ConfigWrong(_MISSING) from None
        said = self.settings
        port = said.port or (993 if said.security == "tls" else 143)
        addresses = await asyncio.to_thread(self.outside.permitted, said.host, port)
        if said.security == "none" and any(map(is_public, addresses)):
            raise sdk.ConfigWrong(
                f"{said.host} is on the open internet, where mails and passwords must not go unencrypted.",
                path="security",
                hint="set security to tls or starttls",
            )
        password = said.password.get_secret_value() if said.password else ""
        line = Line(Server(Door(said.host, port, said.security, addresses, said.user, password, token)))
        try:
            await line(line.server.open)
        except BaseException:
            line.cut()
            raise
        return line


class _Pull:
    """One pull, over as many connections as it takes."""

    def __init__(self, settings: ImapSettings, place: Place) -> None:
        self.settings = settings
        self.place = place

    async def pages(self, line: Line) -> AsyncIterator[sdk.Page]:
        """The mails beyond the place, which moves along with them."""
        server = line.server
        waiting: dict[Folder, int] = {}
        held_back = 0
        for folder in chosen(await line(server.folders), self.settings.folders):
            status = await line(server.status, folder)
            if not self.place.covers(folder, status):
                waiting[folder] = self._estimate(self.place.of(folder, status), status)
        for folder in list(waiting):
            del waiting[folder]
            status = await line(server.examine, folder)
            read = self.place.of(folder, status)
            uids = read.refused + await line(server.uids, status, read.last_uid, self.settings.since)
            left = max(len(uids), 0 if read.last_uid or self.settings.since else status.messages)
            fetched = hauls(server, uids, self.settings.max_message_bytes)
            while (haul := await line(next, fetched, None)) is not None:
                _advance(read, haul)
                self.place.given += len(haul.rows)
                left -= len(haul.uids)
                yield self._page(haul.rows, left + sum(waiting.values()) + held_back + len(read.refused))
            read.last_uid = max(read.last_uid, status.uidnext - 1)
            read.highestmodseq = status.modseq
            held_back += left + len(read.refused)
        expected = self.place.given + held_back
        yield sdk.Page((), self.place.cursor(ended=True), expected, 1.0)

    def _estimate(self, read: Read, status: Status) -> int:
        if not read.last_uid and not self.settings.since:
            return status.messages
        return len(read.refused) + min(status.messages, max(0, status.uidnext - 1 - read.last_uid))

    def _page(self, rows: Sequence[sdk.Row], left: int) -> sdk.Page:
        expected = self.place.given + left
        return sdk.Page(rows, self.place.cursor(), expected, self.place.given / max(1, expected))


def _pause(failures: int) -> float:
    """Seconds before the next connection, at random, so that many do not come back at once."""
    return random.uniform(0.5, 1.0) * 2.0**failures  # noqa: S311 (no secret)


def _advance(read: Read, haul: Haul) -> None:
    asked = set(haul.uids)
    read.refused = sorted([uid for uid in read.refused if uid not in asked] + list(haul.refused))
    read.last_uid = max(read.last_uid, *haul.uids)
    if len(read.refused) > _REFUSED:
        raise sdk.SourceFailed(f"The server does not give {len(read.refused)} of the mails it lists.")


class Imap(sdk.Connector):
    """Mails of an account, as they come."""

    name = "email.imap"
    title = "Mails of any mail account over IMAP: Gmail, Microsoft 365, Fastmail, your own server"
    documentation = "docs/connectors/email.imap.md"
    Settings = ImapSettings
    destinations = ("host", "port", "security", "oauth_url")
    kinds = (NOTICE,)
    every = 300

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream: the messages."""
        return [Messages(self.settings, self.outside)]

    def check(self) -> Iterator[str]:
        """Connect, sign in, look for the folders, and say what is wrong."""
        with ThreadPoolExecutor(1) as thread:  # whoever asks may have an event loop of its own
            fault = thread.submit(asyncio.run, _fault(Messages(self.settings, self.outside))).result()
        if fault:
            yield fault


async def _fault(messages: Messages) -> str:
    try:
        async with messages.line() as line:
            folders = chosen(await line(line.server.folders), messages.settings.folders)
            for folder in folders:
                await line(line.server.examine, folder)
    except (sdk.ConfigWrong, sdk.RetryLater, sdk.SourceFailed) as error:
        return error.message + (f" ({error.hint})" if error.hint else "")
    return ""

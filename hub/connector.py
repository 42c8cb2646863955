"""The connector contract: what a connector declares, and the two methods its author writes.

Fetching and meaning are two functions. ``pages`` (or ``receive``) talks to the outside and yields rows exactly as
the source gave them; ``touchpoints`` is pure and says what one stored row means, so that rows can be replayed.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr

from hub.inflated import MOST_INFLATED, inflated
from hub.outside import Budget, Outside
from hub.values import Mapped

Cursor = Mapping[str, Any]
"""The value a pull resumes from: opaque JSON, stored together with the rows it covers."""


Secret = SecretStr
"""The type of a setting that is shown to nobody: ``get_secret_value()`` reads it."""


class Nature(StrEnum):
    """What a different payload under a known key means."""

    EVENTS = "EVENTS"
    """The first payload stands; a different one is kept and shown as a problem."""
    STATES = "STATES"
    """Each payload that differs from the one before is a new version; the newest stands."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the source said, byte for byte, under a key that is stable for ever.

    ``envelope`` holds what came around the payload and is needed to read it: a CSV header, a content type.
    ``version`` orders states when the source knows an order (a number or an ISO instant as text, compared as text).
    ``deleted`` says that the source deleted the row: its touchpoints are retracted.
    """

    key: str
    payload: bytes
    envelope: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows with the cursor that a later pull resumes from once they are stored.

    ``expected``: how many rows the whole pull should give, where the source says so.
    ``done``: share of the pull done after this page, 0 to 1, for progress bars.
    ``whole``: with this page a complete listing ends; see ``PullStream.listing``. Without a cursor the next one begins
    at the beginning.
    """

    rows: Sequence[Row]
    cursor: Cursor | None = None
    expected: int | None = None
    done: float | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request to a push stream, as received. ``body`` is exactly the bytes that came.

    ``headers`` have lower-case names; ``query`` holds the first value of each parameter;
    ``secret`` is this source's own signing key, made by the hub, the same at every call.
    ``rest`` is what follows the stream in the path, without the slash between; ``url`` the address as the sender
    wrote it, as far as a proxy tells.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    client: str
    received_at: datetime
    secret: bytes
    rest: str = ""
    url: str = ""

    def content(self, limit: int = MOST_INFLATED) -> bytes:
        """The body without its ``Content-Encoding`` (gzip or deflate). A signature is of ``body``, not of this.

        Raises ``TooLarge`` before more than ``limit`` bytes are inflated, ``InputWrong`` for what cannot be inflated.
        """
        return inflated(self.body, self.headers.get("content-encoding", ""), limit)


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP answer to a delivery."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reception:
    """What a push stream makes of a delivery: rows to store, and the answer once they are on disk.

    ``then``: what remains to be done after the answer and may wait, within half a minute: confirming a subscription,
    fetching a certificate. It is not done again when it fails.
    ``pull_within``: the delivery says that there is something to ask for, and not what: the source's pull streams are
    asked after so many seconds at most. What is told meanwhile comes with the same pull.
    """

    rows: Sequence[Row] = ()
    reply: Reply = field(default_factory=Reply)
    then: Callable[[], Awaitable[None]] | None = None
    pull_within: float | None = None


class Settings(BaseModel):
    """Base of a connector's settings: unknown names are refused, so that a typo is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stream(ABC):
    """One feed inside a connector. What follows from settings, also its name, is set when it is made."""

    name: str
    nature: Nature = Nature.STATES
    volatile: frozenset[str] = frozenset()
    """Top-level members of a JSON payload that change without meaning (a fetch time); left out of the digest."""

    def __init__(self, connector: Any = None) -> None:
        self.connector = connector

    @abstractmethod
    def touchpoints(self, row: Row) -> Iterable[Mapped]:
        """What the row means. Pure: no clock, no network. Raise ``RowUnreadable`` when it cannot be read."""

    def key(self, payload: bytes) -> str:
        """The key of a row that a partner sends without one; by default its SHA-256."""
        return hashlib.sha256(payload).hexdigest()


class PullStream(Stream):
    """A stream that is asked."""

    listing: bool = False
    """Whether each pull lists everything there is. Rows that did not come between the first page of a listing and the
    one that is ``whole`` were deleted at the source; a listing that did not come to its end deletes nothing."""
    live: ClassVar[bool] = False
    """Whether ``news`` can be waited for."""

    @abstractmethod
    def pages(self, cursor: Cursor | None) -> AsyncIterator[Page]:
        """Rows after ``cursor`` (None: from the beginning), in pages of at most some thousand.

        Raise ``CursorExpired`` when the source does not know the cursor any more: the hub begins again without one.
        """

    async def news(self, cursor: Cursor | None) -> None:
        """Return once the source has something beyond ``cursor``; it is then pulled, before its time."""
        raise NotImplementedError


class PushStream(Stream):
    """A stream that is told: rows arrive at ``/in/<source>/<stream>`` or by the mutation ``ingest``."""

    def receive(self, delivery: Delivery) -> Reception:
        """Verify one delivery and split it into rows, without waiting for anything: other requests wait meanwhile.

        Raise ``SignatureWrong`` (401), or ``InputWrong`` (400) for what nobody should send again. What was verified and
        cannot be split is a row that ``touchpoints`` refuses: it is kept, with its problem. By default rows come by the
        mutation ``ingest`` only.
        """
        return Reception(reply=Reply(status=404))


@dataclass(frozen=True, slots=True)
class KindDeclaration:
    """A kind of touchpoint that only this connector knows; its name carries the connector's family."""

    name: str
    title: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema of the properties."""


@dataclass(frozen=True, slots=True)
class GuessReason:
    """Why a column of a file is taken for a field: a sentence, and one of its values."""

    column: str
    field: str
    because: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """Settings that may fit a file, without its path, for a person to look at before anything is stored.

    ``doubts``: sentences about what could as well be meant otherwise.
    """

    settings: Mapping[str, Any]
    reasons: Sequence[GuessReason] = ()
    doubts: Sequence[str] = ()


class Connector:
    """Code for one kind of source. An instance is bound to one source's settings."""

    name: ClassVar[str]
    """``family.name``, e.g. ``email.mailbox``; the entry point has the same name."""
    title: ClassVar[str]
    """One line that says what it brings in."""
    documentation: ClassVar[str | None] = None
    """Its page: an address, or a path in the repository it comes from."""
    Settings: ClassVar[type[Settings]] = Settings
    destinations: ClassVar[tuple[str, ...] | None] = None
    """The settings that say where secrets are sent, by name; whoever changes one gives the secrets anew. None: any of
    them may."""
    files: ClassVar[tuple[str, ...]] = ()
    """Endings of the files, in lower case, that ``hub import`` hands to this connector when none is named."""
    kinds: ClassVar[tuple[KindDeclaration, ...]] = ()
    """Kinds of touchpoints this connector declares beside the shared ones."""
    every: ClassVar[int | None] = None
    """Seconds between two pulls, unless the source says otherwise; None: it is pulled when somebody asks."""
    budget: ClassVar[Budget | None] = None
    """What the provider allows one account."""
    stream_types: ClassVar[tuple[type[Stream], ...]] = ()
    """Its streams, each made with the connector as its argument, unless ``streams`` makes them otherwise."""

    def __init__(self, settings: Any, outside: Outside | None = None) -> None:
        self.settings = settings
        self.outside = outside or Outside(budget=self.budget)

    def streams(self) -> Sequence[Stream]:
        """The feeds of this source."""
        return [kind(self) for kind in self.stream_types]

    def check(self) -> Iterator[str]:
        """Sentences that say what is wrong with the settings before the first pull (a folder that is not there)."""
        return iter(())

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> Guess | None:
        """Settings that may fit a file, from its first rows; None when nothing can be told from them.

        The others are the company's: an ISO 3166 code, an ISO 4217 code, an IANA name.
        """
        return None

"""Any Singer tap as a source: its program is run as it is, confined, and its records are mapped as sheets are."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import Field

from connectors import reading
from connectors.generic.mapping import Mapping as RowMapping
from connectors.generic.mapping import MappingSettings
from connectors.generic.taps import catalogue
from connectors.generic.taps.configuration import Configuration
from connectors.generic.taps.messages import Reader, State
from connectors.generic.taps.process import Limits, Line, Running, found, running
from connectors.members import Members, object_of
from hub import sdk

_LONGEST_CATALOGUE = 64 << 20
_FRESH = timedelta(minutes=10)
"""How long a catalogue is good for: the streams of one pull share it."""
_LAST_WORDS = 300
_SIGN = 60.0
"""Seconds after which a page is given though it is empty: its state is kept, and whoever waits sees the tap live."""


class TapStream(MappingSettings):
    """How the records of one stream become touchpoints, and how the tap is to read it."""

    listing: bool = Field(False, description="Each run lists everything: what it does not name was deleted there.")
    replication_method: Literal["INCREMENTAL", "FULL_TABLE", "LOG_BASED"] | None = None
    replication_key: str | None = Field(None, description="The property by which a tap knows what is new.")


class SingerSettings(sdk.Settings):
    """Settings of ``generic.singer``."""

    tap: str = Field(pattern=r"^tap-[A-Za-z0-9._-]+$", description="The program's name, e.g. tap-postgres.")
    arguments: list[str] = Field(default_factory=list, description="What else it is started with.")
    config: dict[str, Any] = Field(default_factory=dict, description="The tap's own configuration, without secrets.")
    secrets: dict[str, sdk.Secret] = Field(
        default_factory=dict, description="Its secrets by name; oauth.refresh_token is a member of the member oauth."
    )
    streams: dict[str, TapStream] = Field(min_length=1, description="The tap's streams that are read, by their names.")
    discover: bool = Field(True, description="Ask the tap for its catalogue; false for a tap that takes none.")
    catalogue_option: Literal["--catalog", "--properties"] = Field("--catalog", description="As older taps call it.")
    limits: Limits = Field(default_factory=Limits, description="What it may use before it is stopped.")


@dataclass(slots=True)
class Tap:
    """The program with its configuration, which the streams of a source share."""

    settings: SingerSettings
    outside: sdk.Outside
    _catalogue: tuple[datetime, bytes] | None = field(default=None, init=False)

    @asynccontextmanager
    async def run(self, stream: str, state: object) -> AsyncIterator[tuple[Running, set[str], Configuration]]:
        """The tap as it reads one stream, the names of the stream, and the configuration it may change."""
        program = [found(self.settings.tap), *self.settings.arguments]
        with tempfile.TemporaryDirectory(prefix="hub-tap-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            configuration = Configuration.written(folder, self.settings.config, self.settings.secrets, self.outside)
            program += ["--config", str(configuration.path)]
            try:
                names = {stream}
                if self.settings.discover:
                    chosen, names = catalogue.selected(
                        catalogue.entries(await self._discovered(program, folder, configuration)),
                        stream, _replication(self.settings.streams[stream]),
                    )  # fmt: skip
                    program += [self.settings.catalogue_option, _file(folder / "catalog.json", chosen)]
                if state is not None:
                    program += ["--state", _file(folder / "state.json", orjson.dumps(state))]
                async with running(program, folder, self.settings.limits) as tap:
                    yield tap, names, configuration
            finally:
                await configuration.keep()

    async def _discovered(self, program: Sequence[str], folder: Path, configuration: Configuration) -> bytes:
        now = self.outside.now()
        if self._catalogue is not None and abs(now - self._catalogue[0]) < _FRESH:
            return self._catalogue[1]
        gathered = bytearray()
        async with running([*program, "--discover"], folder, self.settings.limits) as tap:
            async for line in tap.lines(longest=_LONGEST_CATALOGUE):
                if line is not None:
                    gathered += line.raw + b"\n"
                if len(gathered) > _LONGEST_CATALOGUE:
                    raise sdk.SourceFailed("The catalogue of the tap is larger than 64 MB.")
            await ended(tap, configuration)
        self._catalogue = (now, bytes(gathered))
        return self._catalogue[1]


class Records(sdk.PullStream):
    """The records of one stream of a tap. The payload of a row is the tap's message, as it wrote it."""

    nature = sdk.Nature.STATES
    volatile = frozenset({"time_extracted", "version"})

    def __init__(self, name: str, settings: TapStream, tap: Tap) -> None:
        self.name = name
        self.listing = settings.listing
        self._settings = settings
        self._mapping = RowMapping(settings)
        self._tap = tap

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """The records since the state that the cursor holds.

        A page's cursor is the last STATE before its last record: all that the state covers is stored with it.
        """
        meaning = self._meaning()
        resumed = cursor["state"] if cursor and cursor.get("meaning") == meaning and not self.listing else None
        pile = _Pile(meaning, keeps_state=not self.listing)
        async with self._tap.run(self.name, resumed) as (tap, names, configuration):
            reader = Reader(names, self._row)
            try:
                async for line in tap.lines():
                    if pile.take(line, reader):
                        await configuration.keep()
                        yield pile.page()
            except sdk.SourceFailed:
                if pile.rows:  # what was said before is as good as ever
                    yield pile.page()
                raise
            if pile.rows:
                yield pile.page()
            await ended(tap, configuration)
            yield pile.page(whole=self.listing)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the mapping makes of the record."""
        if problem := row.envelope.get("problem"):
            raise sdk.RowUnreadable(problem)
        record = object_of(row.payload).get("record")
        if not isinstance(record, dict):
            raise sdk.RowUnreadable("the record is no object", path="record")
        return self._mapping.mapped(Members(record, self._settings))

    def _row(self, record: Mapping[str, Any]) -> sdk.Row | None:
        return self._mapping.row(Members(record, self._settings))

    def _meaning(self) -> str:
        """Changes when rows would be named, chosen or read otherwise: everything is then read again."""
        columns = self._settings.columns
        said = [
            columns.key, columns.version, self._settings.where, _replication(self._settings), self._tap.settings.tap,
            self._tap.settings.config,
        ]  # fmt: skip
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


class _Pile:
    """Rows on their way into a page, with the state that covers them."""

    def __init__(self, meaning: str, *, keeps_state: bool) -> None:
        self.rows = reading.Pile()
        self._meaning = meaning
        self._keeps_state = keeps_state
        self._state: State | None = None
        self._given = time.monotonic()

    def take(self, line: Line | None, reader: Reader) -> bool:
        """Add what a line says; whether it is time for a page."""
        due = time.monotonic() - self._given >= _SIGN
        if line is None:
            return due or len(self.rows) > 0
        match reader.take(line):
            case State() as state:
                self._state = state
            case sdk.Row() as row:
                return self.rows.add(row) or due
        return due

    def page(self, *, whole: bool = False) -> sdk.Page:
        """A page of the rows so far."""
        cursor = None
        if self._state is not None and self._keeps_state:
            cursor = {"meaning": self._meaning, "state": self._state.value}
        self._given = time.monotonic()
        return sdk.Page(self.rows.taken(), cursor, done=1.0 if whole else None, whole=whole)


class Singer(sdk.Connector):
    """A Singer tap."""

    name = "generic.singer"
    title = (
        "Whatever a Singer tap reads: databases, shops, help desks; the tap is run as it is, through a declared mapping"
    )
    documentation = "docs/connectors/generic.singer.md"
    Settings = SingerSettings
    destinations = ("tap", "arguments", "config")
    settings: SingerSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream for each that the settings name."""
        tap = Tap(self.settings, self.outside)
        return [Records(name, settings, tap) for name, settings in self.settings.streams.items()]

    def check(self) -> Iterator[str]:
        """A sentence when there is no such program here."""
        try:
            found(self.settings.tap)
        except sdk.ConfigWrong as problem:
            yield f"{problem.message}; {problem.hint}" if problem.hint else problem.message


async def ended(tap: Running, configuration: Configuration) -> None:
    """Wait for the end of a tap. Raises ``SourceFailed`` with its last words when it failed."""
    code = await tap.end()
    await configuration.keep()
    if code == 0:
        return
    words = [configuration.discreet(line) for line in tap.words()]
    said = f" Its last words: {words[-1].strip()[:_LAST_WORDS]}" if words else ""
    how = f"was stopped by signal {-code}, perhaps at one of its limits" if code < 0 else f"ended with code {code}"
    raise sdk.SourceFailed(f"The tap {how}.{said}", hint="\n".join(words) or None)


def _replication(settings: TapStream) -> dict[str, str]:
    said = {"replication-method": settings.replication_method, "replication-key": settings.replication_key}
    return {name: value for name, value in said.items() if value}


def _file(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)

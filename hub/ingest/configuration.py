"""Setting up sources and changing them: what they read, when, with which secrets. Every change is written down."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel

from hub.connector import Connector
from hub.errors import ConfigWrong, HubError, InputWrong, NotFound, RetryLater
from hub.ids import random_id
from hub.ingest import founding
from hub.ingest.destinations import moved, refuse_elsewhere
from hub.ingest.outcomes import Written
from hub.ingest.sources import DESK, Sources
from hub.ingest.threads import Threads
from hub.sealing import place
from hub.secret_settings import MARK, discreet, dotted, merged, overlooked, places, shown, taken_out, texts
from hub.store.session import Session
from hub.store.writing import credentials, records, sources
from hub.store.writing.sources import Configured

_log = logging.getLogger(__name__)
_TRIES = 3
"""How often a change is tried anew because somebody else changed the source meanwhile."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SourceChange(Written):
    """Answer to a change of a source: ``fields`` that differ now, such as ``every`` and ``settings.password``."""

    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Settled:
    """Settings that a connector takes: without their secrets, and the secrets by JSON pointer."""

    plain: Json
    secrets: Json = field(repr=False)


class Configuration:
    """Makes and changes sources. ``clock`` gives microseconds; ``wake`` is called after every change."""

    def __init__(self, threads: Threads, sources_: Sources, clock: Callable[[], int], wake: Callable[[], None]) -> None:
        self._wake = wake
        self._threads = threads
        self._sources = sources_
        self._clock = clock
        self.folders: Sequence[Path] | None = None
        """Folders whose files sources may read; None for all. Whoever opens the hub says so."""

    async def create(
        self, name: str, connector: str, settings: Json, values: Mapping[str, Any], *, book_of_record: bool, by: str
    ) -> Written:
        """Configure an account of a connector; the same again answers the source that is there.

        ``values``: other columns that are given, as ``change`` takes them. Raises ``ConfigWrong`` with what is wrong,
        ``NotFound`` for no such connector.
        """
        settled = await self._settle(self._sources.registry.open(connector, settings), connector, settings)
        _verify({"name": name, **values})
        id_ = random_id("src")

        def job(session: Session) -> Written:
            records.take_numbers(session)
            if there := self._same(session, name, connector, settings):
                return Written((there,), 0)
            at = self._clock()
            num, number = founding.insert_source(session, id_, name, connector, settled.plain, book_of_record, at)
            given = dict(values)
            if settled.secrets:
                given["secrets_number"] = number
                self._seal(session, num, id_, settled, at)
            if given:
                sources.change(session, num, given)
            names = ["name", "connector", *map(_told_as, sorted(values)), *(f"settings.{each}" for each in settings)]
            sources.note_change(session, number, num, orjson.dumps(names).decode(), by, at)
            return Written((id_,), number)

        written: Written = await self._threads.write(job)
        await self._renew()
        return written

    async def _renew(self) -> None:
        await self._threads.write(self._sources.refresh)
        self._wake()

    def _same(self, session: Session, name: str, connector: str, given: Json) -> str | None:
        """The id of the source of this name and settings; None when no source has the name."""
        there = sources.named(session, name)
        if there is None:
            return None
        if there.connector != connector or self._stored(session, there) != given:
            raise InputWrong(
                f"There is a source named {name!r} already, with another connector or other settings.",
                path="name",
                hint="Give another name.",
            )
        return there.id

    def _stored(self, session: Session, source: Configured) -> Json:
        """The settings of a source with its secrets. Raises ``ConfigWrong`` without their key."""
        sealed = credentials.of_sources(session, [source.num]).get(source.num, [])
        return self._sources.settings(source, sealed)

    # Changing ---------------------------------------------------------------------------------------------------

    async def change(
        self, id_: str, settings: Json | None, values: Mapping[str, Any], *, by: str, dry_run: bool = False
    ) -> SourceChange:
        """Change a source: ``settings`` is merged into those it has (RFC 7396; a secret that is not given stays).

        ``values``: columns that are given, of name, every, notify_url, deletion_share. Raises ``NotFound``, and
        ``ConfigWrong`` or ``InputWrong`` with what is wrong.
        """
        _verify(values)
        for _ in range(_TRIES):
            done = await self._try_change(id_, settings, values, by, dry_run)
            if done is not None:
                if done.sequence:
                    await self._renew()
                return done
        raise RetryLater("Somebody else is changing this source.")

    async def _try_change(
        self, id_: str, settings: Json | None, values: Mapping[str, Any], by: str, dry_run: bool
    ) -> SourceChange | None:
        """None when somebody else has changed the source meanwhile."""
        before, held, _ = await self._threads.write(lambda session: self._held(session, id_))
        settled: _Settled | None = None
        fields: list[str] = []
        fresh = False
        if settings is not None:
            secret = self._secret_places(before.connector, held)
            after = merged(held, settings, secret)
            bound, elsewhere = self._changed(before.connector, held, settings, after)
            settled = await self._settle(bound, before.connector, after)
            fields, fresh = _differences(held, settings, settled, secret)
            fresh |= elsewhere
        changed = {name: value for name, value in values.items() if value != getattr(before, name)}
        fields = [*map(_told_as, sorted(changed)), *fields]
        if dry_run or not fields:
            return SourceChange((id_,), 0, fields)

        def job(session: Session) -> SourceChange | None:
            number = records.take_numbers(session) + 1
            if sources.by_num(session, before.num).changed_number != before.changed_number:
                return None
            self._free(session, before, values)
            at = self._clock()
            given: dict[str, Any] = {**changed, "changed_number": number}
            if settled is not None:
                given["settings"] = orjson.dumps(settled.plain).decode()
                if fresh:
                    given["secrets_number"] = number
                    self._seal(session, before.num, id_, settled, at)
            sources.change(session, before.num, given)
            sources.note_change(session, number, before.num, orjson.dumps(fields).decode(), by, at)
            records.give_numbers(session, number)
            return SourceChange((id_,), number, fields)

        return await self._threads.write(job)

    def _held(self, session: Session, id_: str) -> tuple[Configured, Json, str | None]:
        """A source as it is configured, and its settings: without secrets where their key is lost, and why."""
        source = sources.by_id(session, id_)
        if source is None:
            raise NotFound(f"There is no source {id_[:60]!r}.", path="source")
        if source.connector == DESK:
            raise InputWrong("The desk is the hub's own: it has nothing to set.", path="source")
        try:
            return source, self._stored(session, source), None
        except ConfigWrong as error:
            return source, orjson.loads(source.settings), error.message

    def _secret_places(self, connector: str, settings: Json) -> Sequence[str]:
        return places(self._sources.registry.kind(connector).Settings, settings)

    def _free(self, session: Session, source: Configured, values: Mapping[str, Any]) -> None:
        """Raises ``InputWrong`` when the new name is taken."""
        there = sources.named(session, values["name"]) if "name" in values else None
        if there is not None and there.num != source.num:
            raise InputWrong(f"There is a source named {there.name!r} already.", path="name")

    async def pause(self, id_: str, *, paused: bool, by: str) -> SourceChange:
        """Stop pulling a source by the clock, or go on. Raises ``NotFound``."""

        def job(session: Session) -> SourceChange:
            number = records.take_numbers(session) + 1
            source, _, _ = self._held(session, id_)
            if (source.paused_at is not None) == paused:
                return SourceChange((id_,), 0)
            at = self._clock()
            sources.change(session, source.num, {"paused_at": at if paused else None, "changed_number": number})
            sources.note_change(session, number, source.num, '["paused"]', by, at)
            records.give_numbers(session, number)
            return SourceChange((id_,), number, ("paused",))

        done: SourceChange = await self._threads.write(job)
        await self._renew()
        return done

    def shown(self, connector: str, settings: str, secrets: Sequence[str]) -> Json | None:
        """Settings (JSON text) with a mark in the place of each secret; None while their connector cannot be used.

        ``secrets``: where some are stored, as JSON pointers.
        """
        plain: Json = orjson.loads(settings)
        try:
            # Some may stand there openly: from before there was a key.
            pointers = [*secrets, *self._secret_places(connector, plain)]
        except HubError:
            return None
        told: Json = shown(plain, pointers)
        return told

    # Checking ---------------------------------------------------------------------------------------------------

    async def check(self, id_: str | None, connector: str | None, settings: Json | None) -> list[str]:
        """What the connector finds wrong with a source as it is, or as it would be; nothing is stored.

        With ``id_`` the settings are merged into those it has; without, ``connector`` is checked with them.
        Raises ``NotFound``.
        """
        held: Json = {}
        if id_ is not None:
            source, held, lost = await self._threads.write(lambda session: self._held(session, id_))
            connector = source.connector
            if lost and settings is None:
                return [lost]
        if connector is None:
            raise InputWrong("Name a source, or a connector.", path="source")
        try:
            given = settings or {}
            after = merged(held, given, self._secret_places(connector, held))
            bound, _ = self._changed(connector, held, given, after)
            return await self._faults(bound, connector, after)
        except ConfigWrong as error:
            return [error.message]

    def _changed(self, connector: str, held: Json, given: Json, after: Json) -> tuple[Connector, bool]:
        """The connector bound to changed settings, and whether its secrets go elsewhere by them.

        Raises ``ConfigWrong``, also for secrets that would go there and were not ``given``; nothing has used them yet.
        """
        bound = self._sources.registry.open(connector, after)
        try:
            before = self._sources.registry.open(connector, held)
        except HubError:
            before = None
        kept = [pointer for pointer in self._secret_places(connector, after) if not _told(given, pointer)]
        elsewhere = moved(before, bound)
        refuse_elsewhere(elsewhere, kept)
        return bound, bool(elsewhere)

    async def _settle(self, bound: Connector, connector: str, settings: Json) -> _Settled:
        """Settings that the connector takes and finds nothing wrong with. Raises ``ConfigWrong``."""
        for fault in await self._faults(bound, connector, settings):
            raise ConfigWrong(fault, path="settings")
        settled = _Settled(*taken_out(settings, self._secret_places(connector, settings)))
        if MARK in texts(settled.secrets):
            raise ConfigWrong(f"{MARK} stands for a secret that is stored, and none is: give the secret.")
        if overlooked(bound.settings, settled.plain, settled.secrets):
            raise ConfigWrong(
                f"A secret setting of {connector} was given by a name its schema does not have: use the schema's.",
                path="settings",
            )
        return settled

    async def _faults(self, bound: Connector, connector: str, settings: Json) -> list[str]:
        if (fault := _out_of_bounds(bound.settings, self.folders)) is not None:
            return [fault]  # the connector's own check would look into the file
        secrets = texts(taken_out(settings, self._secret_places(connector, settings))[1])
        try:
            faults = await asyncio.to_thread(lambda: list(bound.check()))
        except HubError as error:
            faults = [error.message]
        except Exception:  # noqa: BLE001 (a partner's code may fail in any way)
            _log.error("checking %s failed: %s", connector, discreet(traceback.format_exc(), secrets))
            faults = ["The connector's check failed; the log has the reason."]
        return [discreet(fault, secrets) for fault in faults]

    def _seal(self, session: Session, num: int, id_: str, settled: _Settled, at: int) -> None:
        """Store the secrets of a source anew, in the transaction of whatever else of it changes."""
        sealed = {
            pointer: self._sources.seal.seal(orjson.dumps(secret).decode(), place(id_, pointer))
            for pointer, secret in settled.secrets.items()
        }
        credentials.replace(session, num, sealed, at)


def _differences(held: Json, given: Json, settled: _Settled, secret: Sequence[str]) -> tuple[list[str], bool]:
    """The settings that differ, and whether secrets are to be stored: given anew, if only once more, or taken away."""
    before = taken_out(held, secret)
    after = (settled.plain, settled.secrets)
    names = {name for name in {**before[0], **after[0]} if before[0].get(name) != after[0].get(name)}
    anew = {pointer for pointer in after[1] if before[1].get(pointer) != after[1][pointer]}
    anew |= before[1].keys() - after[1].keys()
    anew |= {pointer for pointer in after[1] if _told(given, pointer)}
    names |= {dotted(f"/{pointer.split('/')[1]}") for pointer in anew}
    return [f"settings.{name}" for name in sorted(names)], bool(anew)


def _told(given: Any, pointer: str) -> bool:
    """Whether a patch says a secret itself, also when it is the one that is stored: its owner may have mended it."""
    for name in pointer[1:].split("/"):
        name = name.replace("~1", "/").replace("~0", "~")
        if isinstance(given, list):
            given = given[int(name)] if name.isdigit() and int(name) < len(given) else None
        else:
            given = given.get(name) if isinstance(given, dict) else None
    return given is not None and given != MARK


def _out_of_bounds(settings: BaseModel, folders: Sequence[Path] | None) -> str | None:
    """Why a source may not read a file that its settings name, where it may not."""
    if folders is None:
        return None
    for name, value in settings:
        if isinstance(value, Path) and not any(value.resolve().is_relative_to(each.resolve()) for each in folders):
            return f"{name}: this hub reads files of the folders in HUB_FILES only."
    return None


def _told_as(column: str) -> str:
    """A column as clients name it."""
    first, *others = column.split("_")
    return first + "".join(each.capitalize() for each in others)


def _verify(values: Mapping[str, Any]) -> None:
    """Raises ``InputWrong`` for a value that cannot be."""
    if "name" in values and not (values["name"] or "").strip():
        raise InputWrong("A source needs a name.", path="name")
    if values.get("every") is not None and values["every"] < 0:
        raise InputWrong("every is a duration, or none at all.", path="every")
    share = values.get("deletion_share", 0)
    if not 0 <= share <= 1:
        raise InputWrong("deletionShare is a share, from 0 to 1.", path="deletionShare")
    if (url := values.get("notify_url")) is not None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputWrong("notifyUrl is an address like https://example.com/hook.", path="notifyUrl")
        if parts.username or parts.password:
            raise InputWrong("notifyUrl is shown to whoever manages sources: no password in it.", path="notifyUrl")

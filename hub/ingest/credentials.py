"""What a source may use of the world for one pull, with the credentials that it keeps: sealed, and on disk first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import orjson

from hub import logs
from hub.errors import ConfigWrong, HubError, InputWrong, RetryLater
from hub.ingest.sources import Source, Sources
from hub.ingest.writes import Write
from hub.outside import Outside
from hub.sealing import Seal, place
from hub.secret_settings import taken_out
from hub.store.session import Session
from hub.store.writing import credentials, records, sources
from hub.store.writing.credentials import Sealed
from hub.store.writing.sources import Configured


@dataclass(slots=True)
class Keeping:
    """The credentials of one source during one pull. What others stored meanwhile is never overwritten.

    ``values`` are those a connector sees; they follow what it keeps.
    """

    source: Source
    seal: Seal
    write: Write
    clock: Callable[[], int]
    values: dict[str, str] = field(default_factory=dict, repr=False)
    hidden: list[str] = field(default_factory=list, repr=False)
    """All of them, and all that were: what must not be said."""
    _versions: dict[str, int] = field(default_factory=dict)

    def take(self, sealed: Sequence[Sealed]) -> None:
        """Begin with what is stored. Raises ``ConfigWrong`` without the key it was sealed with."""
        for each in sealed:
            if not credentials.is_setting(each.name):
                self.values[each.name] = self.seal.open(each.sealed, place(self.source.id, each.name))
                self._versions[each.name] = each.version
        self.hidden += [*self.source.secrets, *self.values.values()]
        logs.hide(self.values.values())

    async def keep(self, name: str, value: str) -> None:
        """Store a credential. Raises ``RetryLater`` when another worker, or the owner, has stored a newer one."""
        if not name or credentials.is_setting(name):
            raise InputWrong(f"{name[:60]!r} is no name of a credential.")
        self.hidden.append(value)
        logs.hide([value])
        sealed = self.seal.seal(value, place(self.source.id, name))
        after = self._versions.get(name, 0)

        def job(session: Session) -> bool:
            records.take_numbers(session)  # one after the other, also with whoever gives new secrets
            if sources.by_num(session, self.source.num).secrets_number != self.source.secrets_number:
                return False
            return credentials.keep(session, self.source.num, name, sealed, after, self.clock())

        if not await self.write(job):
            raise RetryLater("There are newer credentials of this source; the next pull uses them.")
        self.values[name] = value
        self._versions[name] = after + 1


def seal_again(session: Session, sources_: Sources, at: int) -> bool:
    """Seal with the first key what another one sealed, and what an earlier version of the hub stored openly.

    What cannot be sealed now stays as it is: the source says why when it is used, or changed. The answer is whether
    there was something open.
    """
    seal = sources_.seal
    configured = {each.num: each for each in sources.changed_since(session, 0)}
    anew = []
    for each in credentials.everything(session):
        where = place(configured[each.source].id, each.name)
        if not seal.current(each.sealed):
            with suppress(ConfigWrong):
                anew.append(replace(each, sealed=seal.seal(seal.open(each.sealed, where), where)))
    credentials.reseal(session, anew)
    found = False
    for source in configured.values():
        with suppress(HubError):
            found |= _seal_open(session, sources_, source, at)
    return found


def _seal_open(session: Session, sources_: Sources, source: Configured, at: int) -> bool:
    settings = orjson.loads(source.settings)
    plain, secrets = taken_out(settings, sources_.registry.secret_places(source.connector, settings))
    for pointer, secret in secrets.items():
        sealed = sources_.seal.seal(orjson.dumps(secret).decode(), place(source.id, pointer))
        credentials.keep(session, source.num, pointer, sealed, 0, at)
    if secrets:
        sources.change(session, source.num, {"settings": orjson.dumps(plain).decode()})
    return bool(secrets)


async def lend(sources_: Sources, source: Source, write: Write, clock: Callable[[], int]) -> Source:
    """A source as it is configured now, lent what its connector may use of the world for one pull."""

    def look(session: Session) -> tuple[Source, Sequence[Sealed]]:
        sources_.refresh(session)
        return sources_[source.num], credentials.of_sources(session, [source.num]).get(source.num, [])

    now, sealed = await write(look)
    if now.connector is None:
        return now
    keeping = Keeping(now, sources_.seal, write, clock)
    outside = Outside(credentials=keeping.values, keep=keeping.keep, budget=now.connector.budget, source=now.id)
    try:
        keeping.take(sealed)
        return sources_.lent(now, outside, keeping.hidden)
    except HubError as error:
        return replace(now, connector=None, broken=error.message)

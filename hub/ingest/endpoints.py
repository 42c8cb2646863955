"""Endpoints: who is told of changes, of which ones, and the secrets that sign what they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import orjson

from hub import logs
from hub.clock import moment
from hub.errors import ConfigWrong, InputWrong, NotFound
from hub.ids import random_id
from hub.ingest.threads import Threads
from hub.sealing import Seal, place
from hub.signatures.standard import new_secret
from hub.store import ledger
from hub.store.endpoints import StoredEndpoint
from hub.store.reader import Reader
from hub.store.session import Session
from hub.store.writing import endpoints, messages, records

MOST = 100
"""Endpoints of one hub."""
TEST = "endpoint.test"
"""The type of a message that tells of nothing."""
_SECOND = 1_000_000
_SECRET = "signing"  # noqa: S105 (the name of its place)
_LISTS = ("wants", "sources", "kinds", "stages")

Given = Mapping[str, Any]
"""Columns of an endpoint by name; ``wants``, ``sources``, ``kinds`` and ``stages`` are lists."""


class EndpointState(StrEnum):
    """How deliveries to an endpoint go."""

    HEALTHY = "HEALTHY"
    FAILING = "FAILING"
    DISABLED = "DISABLED"
    GONE = "GONE"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """How deliveries to an endpoint go, why, and since when (microseconds)."""

    state: EndpointState
    reason: str
    since: int | None = None


DISABLED = {
    "BY_HAND": (EndpointState.DISABLED, "Somebody disabled it."),
    "GONE": (EndpointState.GONE, "It answered 410: it wants to hear nothing more. Enable it when it does."),
    "FAILING": (EndpointState.GIVEN_UP, "All attempts failed for five days. Mend it, then enable it."),
}
"""The state of an endpoint that is told nothing, and a sentence, by the reason that is stored."""


def judged(endpoint: StoredEndpoint) -> EndpointHealth:
    """The health of an endpoint."""
    if endpoint.disabled_for is not None:
        return EndpointHealth(*DISABLED[endpoint.disabled_for], endpoint.disabled_at)
    if endpoint.failing_since is not None:
        reason = "Its last attempts failed; its messages tell why. They are tried again."
        return EndpointHealth(EndpointState.FAILING, reason, endpoint.failing_since)
    return EndpointHealth(EndpointState.HEALTHY, "It takes what it is told, or was told nothing yet.")


class Endpoints:
    """Makes and changes endpoints. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, reader: Reader, seal: Seal, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._reader = reader
        self._seal = seal
        self._clock = clock

    async def create(self, given: Given, by: str) -> tuple[str, str]:
        """Begin to tell somebody of what changes from now on: the endpoint's id, and its secret, told this once.

        Raises ``InputWrong``, and ``ConfigWrong`` when the hub has no key to seal the secret with.
        """
        columns = _settled(given)
        id_, secret = random_id("end"), new_secret()
        sealed = self._seal.seal(secret, place(id_, _SECRET))
        number, ordinal = await self._end()

        def job(session: Session) -> None:
            records.take_numbers(session)
            if endpoints.count(session) >= MOST:
                raise InputWrong(f"There are {MOST} endpoints already.", hint="Delete one that nobody needs.")
            _free(session, columns, None)
            row = columns | {
                "num": endpoints.next_num(session), "id": id_, "created_at": self._clock(),
                "number": number, "ordinal": ordinal, "not_before": 0,
            }  # fmt: skip
            endpoints.insert(session, [row[name] for name in endpoints.COLUMNS])
            endpoints.add_secret(session, int(row["num"]), sealed, 0)
            self._note(session, id_, sorted(columns), by)

        await self._threads.write(job)
        return id_, secret

    async def change(self, id_: str, given: Given, by: str) -> None:
        """Change columns of an endpoint. Raises ``NotFound`` and ``InputWrong``."""
        columns = _settled(given)

        def job(session: Session, num: int) -> None:
            _free(session, columns, num)
            before = endpoints.values(session, num, list(columns)) if columns else {}
            changed = {name: value for name, value in columns.items() if value != before[name]}
            if changed:
                endpoints.change(session, num, changed)
                self._note(session, id_, sorted(changed), by)

        await self._of(id_, job)

    async def enable(self, id_: str, by: str, *, missed: bool) -> None:
        """Tell an endpoint of changes again. ``missed``: also of those since it was disabled; else from now on."""
        end = None if missed else await self._end()

        def job(session: Session, num: int) -> None:
            columns: dict[str, object] = {
                "disabled_at": None, "disabled_for": None, "failing_since": None, "not_before": 0,
            }  # fmt: skip
            if end is not None:
                columns |= {"number": end[0], "ordinal": end[1]}
            endpoints.change(session, num, columns)
            self._note(session, id_, ["enabled"], by)

        await self._of(id_, job)

    async def disable(self, id_: str, by: str) -> None:
        """Tell an endpoint nothing more, until it is enabled again."""

        def job(session: Session, num: int) -> None:
            if endpoints.disable(session, num, self._clock(), "BY_HAND"):
                self._note(session, id_, ["enabled"], by)

        await self._of(id_, job)

    async def rotate(self, id_: str, overlap: int, by: str) -> str:
        """Give an endpoint a new secret, told this once; those before it sign too for so many seconds."""
        if not 0 <= overlap <= 30 * 86_400:
            raise InputWrong("The secrets before sign for 30 days at most.", path="overlap")
        secret = new_secret()
        sealed = self._seal.seal(secret, place(id_, _SECRET))

        def job(session: Session, num: int) -> None:
            now = self._clock()
            endpoints.add_secret(session, num, sealed, now + overlap * _SECOND)
            endpoints.forget_secrets(session, now)
            self._note(session, id_, ["secret"], by)

        await self._of(id_, job)
        return secret

    async def delete(self, id_: str, by: str) -> None:
        """Forget an endpoint, with its secrets and all that it was told."""

        def job(session: Session, num: int) -> None:
            endpoints.delete(session, num)
            self._note(session, id_, ["deleted"], by)

        await self._of(id_, job)

    # Messages that somebody asks for ------------------------------------------------------------------------------

    async def test(self, id_: str) -> str:
        """Have a message sent that tells of nothing; its id."""
        message = random_id("msg")

        def job(session: Session, num: int) -> None:
            self._enabled(session, num)
            now = self._clock()
            body = message_body(TEST, now, {"endpoint": id_})
            messages.insert(session, [(message, num, None, None, TEST, now, body, "WAITING", 0, now)])

        await self._of(id_, job)
        return message

    async def send_again(self, id_: str) -> None:
        """Send a message again, whatever became of it, under its own id. Raises ``NotFound``."""

        def job(session: Session) -> None:
            records.take_numbers(session)
            found = messages.endpoint_of(session, id_)
            if found is None:
                raise NotFound(f"There is no message {id_[:60]!r}.", path="message")
            self._enabled(session, found[1])
            messages.again(session, found[0], self._clock())

        await self._threads.write(job)

    async def send_failed_again(self, id_: str, since: int) -> int:
        """Send again what failed or waits for another attempt, of changes since then; how many messages."""
        found: list[int] = []

        def job(session: Session, num: int) -> None:
            self._enabled(session, num)
            found.append(messages.again_since(session, num, since, self._clock()))

        await self._of(id_, job)
        return found[-1]

    # Within ---------------------------------------------------------------------------------------------------------

    async def _end(self) -> tuple[int, int]:
        async with self._reader.snapshot() as snapshot:
            number, ordinal = await ledger.last(snapshot)
        return int(number), int(ordinal)

    async def _of(self, id_: str, job: Callable[[Session, int], None]) -> None:
        """Run a job about an endpoint, one after the other. Raises ``NotFound``."""

        def held(session: Session) -> None:
            records.take_numbers(session)
            num = endpoints.num_of(session, id_)
            if num is None:
                raise NotFound(f"There is no endpoint {id_[:60]!r}.", path="endpoint")
            job(session, num)

        await self._threads.write(held)

    def _enabled(self, session: Session, num: int) -> None:
        if endpoints.disabled_for(session, num) is not None:
            raise InputWrong("This endpoint is disabled.", path="endpoint", hint="Enable it first.")

    def _note(self, session: Session, id_: str, fields: Sequence[str], by: str) -> None:
        endpoints.note_change(session, id_, orjson.dumps(list(fields)).decode(), by, self._clock())


def opened(seal: Seal, secrets: Sequence[endpoints.Secret], id_: str) -> list[str]:
    """The secrets of an endpoint. Raises ``ConfigWrong`` without the key they were sealed with."""
    found = [seal.open(each.sealed, place(id_, _SECRET)) for each in secrets]
    logs.hide(found)
    return found


def seal_again(session: Session, seal: Seal) -> None:
    """Seal with the first key what another one sealed, as far as that key is there."""
    anew = []
    for id_, each in endpoints.every_secret(session):
        where = place(id_, _SECRET)
        if not seal.current(each.sealed):
            with suppress(ConfigWrong):
                anew.append(replace(each, sealed=seal.seal(seal.open(each.sealed, where), where)))
    endpoints.reseal(session, anew)


def message_body(type_: str, at: int, data: Mapping[str, Any]) -> str:
    """What is sent, as Standard Webhooks would have it."""
    timestamp = moment(at).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": type_, "timestamp": timestamp, "data": data}).decode()


def _settled(given: Given) -> dict[str, Any]:
    """The columns as they are stored. Raises ``InputWrong`` for what cannot be."""
    if "name" in given and not given["name"].strip():
        raise InputWrong("An endpoint needs a name.", path="name")
    if "wants" in given and not given["wants"]:
        raise InputWrong("Say of which changes it is to be told.", path="wants")
    if "url" in given:
        _verify_url(given["url"])
    return {
        name: orjson.dumps(sorted(set(value))).decode() if name in _LISTS else value for name, value in given.items()
    }


def _free(session: Session, given: Given, num: int | None) -> None:
    """Raises ``InputWrong`` when another endpoint has the name."""
    if "name" in given and endpoints.named(session, given["name"]) not in (None, num):
        raise InputWrong(f"There is an endpoint named {given['name'][:60]!r} already.", path="name")


def _verify_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(url) <= 2000 and url.isprintable()
        _ = parts.port
    except ValueError:
        right = False
    if not right or " " in url:
        raise InputWrong("url is an address like https://example.com/hook.", path="url")
    if parts.username or parts.password:
        raise InputWrong("url is shown to whoever manages endpoints: no password in it.", path="url")

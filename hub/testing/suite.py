"""What an author gives the kit, and how a check runs. The checks stand in the modules beside this one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar
from unittest import SkipTest

import httpx

from hub.connector import Connector, Delivery, PullStream, PushStream, Row, Stream
from hub.registry import Registry
from hub.testing.clock import NOW, Endless, VirtualClock
from hub.testing.provider import Line, transport
from hub.testing.trial import Account, CheckFailed, Trial, require

_LONGEST = 240.0
"""Real seconds that one check may take."""
PROVIDER = "provider"
"""In ``does_not_apply``: all checks that need one."""
_NEEDS: dict[str, str] = {}
"""What a check needs beside the connector, by its name."""


class DoesNotApply(SkipTest):
    """A check says nothing about this connector; the reason is listed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a check of the kit that does not apply: {reason}")
        self.reason = reason


class Suite:
    """What the author says about the connector. Only ``connector`` must be given.

    ``settings``: as JSON, such as ``hub source create --settings`` takes.
    ``provider``: an ASGI application, or a method that answers an ``httpx.Request``; whatever the connector asks by
    ``outside.http`` comes here.
    ``does_not_apply``: why a check, or all that need a ``provider``, says nothing about this connector.
    ``of_nobody``: kinds of touchpoints that may come without anybody they are of.
    ``made_payloads``: why payloads are made by the connector, where the source has no bytes of its own for a row.
    ``body_is_signed``: whether the sender's signature covers the body.
    """

    connector: ClassVar[type[Connector]]
    settings: Mapping[str, Any] = {}
    provider: ClassVar[Any] = None
    does_not_apply: ClassVar[Mapping[str, str]] = {}
    of_nobody: ClassVar[frozenset[str]] = frozenset()
    body_is_signed: ClassVar[bool] = True

    def deliveries(self) -> Mapping[str, Sequence[Delivery]]:
        """Genuine deliveries of the provider, by push stream. ``delivery`` of ``hub.testing`` makes one."""
        return {}

    def rows(self) -> Mapping[str, Sequence[Row]]:
        """Rows that partners send by the mutation ``ingest``, by push stream."""
        return {}

    def expired(self, request: httpx.Request) -> httpx.Response:
        """What the provider answers once the credentials are no good any more."""
        return httpx.Response(401)

    def dead_cursor(self, request: httpx.Request) -> httpx.Response | None:
        """What the provider answers to a cursor it has forgotten; None for requests without a cursor."""
        raise NotImplementedError

    # How a check runs -----------------------------------------------------------------------------------------------

    @classmethod
    def checks(cls) -> dict[str, str]:
        """The name of every check, without ``test_``, and what it says, in the order they stand."""
        return {
            name.removeprefix("test_"): (inspect.getdoc(method) or "").partition("\n")[0]
            for owner in reversed(cls.__mro__)
            for name, method in vars(owner).items()
            if name.startswith("test_") and callable(method)
        }

    def run(self, check: Callable[[Trial], Awaitable[None]]) -> None:
        """Run a check in a trial of its own. Raises ``CheckFailed``."""

        async def limited() -> None:
            async with asyncio.timeout(_LONGEST), self._trial() as trial:
                await check(trial)

        try:
            asyncio.run(limited())
        except Endless as error:
            raise CheckFailed(str(error)) from None
        except TimeoutError:
            raise CheckFailed(f"The check did not end within {_LONGEST:.0f} s of real time.") from None

    @asynccontextmanager
    async def _trial(self) -> AsyncIterator[Trial]:
        clock = VirtualClock(NOW)
        line = None if self.provider is None else Line(transport(self.provider), clock)
        async with Trial.of(self.connector, self.settings, clock, line) as trial:
            yield trial

    def applies(self, check: str, *, pull: bool = False, push: bool = False, provider: bool = False) -> None:
        """Raise ``DoesNotApply`` where a check says nothing, ``CheckFailed`` where nobody has said why."""
        if reason := self.does_not_apply.get(check):
            raise DoesNotApply(reason)
        if pull and not self.pull_streams():
            raise DoesNotApply("it has no pull stream")
        if push and not self.push_streams():
            raise DoesNotApply("it has no push stream")
        if provider and self.provider is None:
            if reason := self.does_not_apply.get(PROVIDER):
                raise DoesNotApply(reason)
            raise CheckFailed(
                "Give the suite a provider (an ASGI application, or a method that answers an httpx.Request), or say in "
                'does_not_apply["provider"] why there is none.'
            )

    def bound(self) -> Connector:
        """The connector with its settings, and nobody to ask."""
        return Registry({self.connector.name: self.connector}, {}).open(self.connector.name, self.settings)

    def pull_streams(self) -> list[PullStream]:
        """The streams that are asked."""
        return [stream for stream in self.bound().streams() if isinstance(stream, PullStream)]

    def push_streams(self) -> list[PushStream]:
        """The streams that are told."""
        return [stream for stream in self.bound().streams() if isinstance(stream, PushStream)]

    # What checks begin with -----------------------------------------------------------------------------------------

    async def pulled(self, trial: Trial) -> Account:
        """A source of which everything was pulled, without any disturbance."""
        account = await trial.account()
        end = await account.pull()
        require(end.state == "OK", f"A pull of the samples does not come to its end: {reason(end.fault, account)}")
        require(any(page.rows for _, page in account.seen), "A pull of the samples brings no row.")
        require(
            trial.line is None or trial.line.asked,
            "The provider of the suite was never asked: ask by outside.http, so that the hub can be patient for you.",
        )
        return account

    async def samples(self, trial: Trial) -> list[tuple[Stream, Row]]:
        """Every row that the samples have: pulled, delivered, sent by the mutation."""
        found: list[tuple[Stream, Row]] = []
        streams: dict[str, Stream] = {stream.name: stream for stream in self.bound().streams()}
        if self.pull_streams():
            account = await self.pulled(trial)
            found += [(streams[name], row) for name, page in account.seen for row in page.rows]
        for name, deliveries in self.deliveries().items():
            stream = streams.get(name)
            if not isinstance(stream, PushStream):
                raise CheckFailed(f"{name} is no push stream of this connector.")
            for each in deliveries:
                found += [(stream, row) for row in stream.receive(replace(each, secret=b"kit")).rows]
        for name, rows in self.rows().items():
            found += [(streams[name], row) for row in rows]
        require(found, "The suite has no sample row: give it settings, deliveries or rows that bring some.")
        return found


def reason(fault: str | None, account: Account) -> str:
    """Why a pull ended, with what the connector raised where the hub had no word for it."""
    return f"{fault} ({account.fault!r})" if account.fault is not None else str(fault)


def delivery(
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    query: Mapping[str, str] | None = None,
    rest: str = "",
) -> Delivery:
    """A request to a push stream, received when the trial begins (``hub.testing.NOW``)."""
    return Delivery(
        method=method,
        path="/in/source/stream" + (f"/{rest}" if rest else ""),
        query=query or {},
        headers={name.lower(): value for name, value in (headers or {}).items()},
        body=body,
        client="203.0.113.7",
        received_at=NOW,
        secret=b"",
        rest=rest,
        url="https://hub.example/in/source/stream",
    )

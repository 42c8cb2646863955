"""A hub that follows mail accounts: what is on the timeline, and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors.email.imap import Imap
from hub import sdk
from hub.desk import Desk
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.sealing import new_key
from hub.work.worker import working
from tests.ingest.builders import COMPANY
from tests.mail.reading import OURS, mail
from tests.mail.servers import PASSWORD, Dovecot
from tests.work.provider import all_rows

REGISTRY = Registry({"hub.desk": Desk, "email.imap": Imap}, {})


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")


def opened(address: str, look: Callable[[Hub], Awaitable[None]]) -> None:
    """``look`` at a hub."""

    async def run() -> None:
        async with await Hub.open(address, REGISTRY, COMPANY, secret_key=new_key()) as hub:
            await look(hub)

    asyncio.run(run())


async def followed(hub: Hub, server: Dovecot, user: str, **settings: Any) -> str:
    """A source of the user's mails."""
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": user, "password": PASSWORD}
    return (await hub.create_source("Mail", "email.imap", {**given, "own_addresses": list(OURS), **settings})).ids[0]


async def titles(hub: Hub, number: int, seconds: float) -> list[str]:
    """The titles of all touchpoints, once there are so many, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = [title for (title,) in await all_rows(hub, "SELECT title FROM touchpoint ORDER BY id")]
        if len(found) >= number or time.monotonic() > deadline:
            return sorted(found)
        await asyncio.sleep(0.02)


def test_a_mail_is_on_the_timeline_moments_after_it_came(hub_address: str, dovecot: Dovecot, user: str) -> None:
    async def look(hub: Hub) -> None:
        dovecot.deliver(user, [mail(1, "দাম কত?")])
        async with working(hub):
            await followed(hub, dovecot, user)
            assert await titles(hub, 1, 20) == ["দাম কত?"]
            await asyncio.sleep(1)
            for number, subject in enumerate(["قیمت کیا ہے؟", "🌸"], start=2):
                await asyncio.to_thread(dovecot.deliver, user, [mail(number, subject)])
                delivered = time.monotonic()
                assert len(await titles(hub, number, 10)) == number
                assert time.monotonic() - delivered < 2.5
                await asyncio.sleep(1)

    opened(hub_address, look)


def test_a_run_says_how_many_mails_there_are_and_a_wrong_password_makes_no_source(
    hub_address: str, dovecot: Dovecot, user: str
) -> None:
    async def look(hub: Hub) -> None:
        dovecot.deliver(user, [mail(number) for number in range(250)])
        source = await followed(hub, dovecot, user)
        await hub.sync(source)
        await hub.pulled(source)
        assert await all_rows(hub, "SELECT state, expected, received, stored FROM run WHERE kind = 'PULL'") == [
            ("OK", 250, 250, 250)
        ]
        with pytest.raises(sdk.ConfigWrong, match=r"127\.0\.0\.1 does not take our user name or password"):
            await followed(hub, dovecot, user, password="another")

    opened(hub_address, look)

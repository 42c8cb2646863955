"""Servers are killed while subscribers follow: each sees each touchpoint once, in the order of the ledger."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import httpx
import pytest

from tests.faults.following import NONE, Subscriber, faults
from tests.faults.sending import Sender
from tests.faults.serving import Account, ServedHub, founded, held, is_postgres, until_processed

ADDED = "SELECT touchpoint FROM ledger WHERE kind = 'TOUCHPOINT_ADDED' ORDER BY number, ordinal"
_CHANGES = "{ changes(first: 1) { edges { cursor node { touchpoint { id } } } } }"


def first_cursor(hub: ServedHub, account: Account) -> str:
    """The cursor of the first change there is, from the query that shows the same ledger."""
    headers = {"authorization": f"Bearer {account.token}"}
    answer = httpx.post(f"{hub.url}/graphql", json={"query": _CHANGES}, headers=headers, trust_env=False)
    return str(answer.json()["data"]["changes"]["edges"][0]["cursor"])


@pytest.mark.parametrize(
    ("subscribers", "rows", "kills"),
    [(3, 100, 1), pytest.param(10, 1000, 5, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
def test_killed_servers_leave_subscribers_nothing_missing_doubled_or_out_of_order(
    sparing_address: str, serving: Callable[..., ServedHub], subscribers: int, rows: int, kills: int
) -> None:
    account = founded(sparing_address)
    hubs = [serving(sparing_address) for _ in range(2 if is_postgres(sparing_address) else 1)]
    for hub in hubs:
        hub.start()
    urls = [hub.url for hub in hubs]
    asyncio.run(Sender(account, urls).all([0], resend=0))
    until_processed(sparing_address)
    cursor = first_cursor(hubs[0], account)
    sender = Sender(account, urls)
    # As many over each of the two; one after the other begins at another hub.
    following = [
        Subscriber(urls[number % len(urls) :] + urls[: number % len(urls)], account.token, cursor, over_events)
        for number in range(subscribers)
        for over_events in (False, True)
    ]

    async def followed() -> float:
        tasks = [asyncio.create_task(each.follow()) for each in following]
        rng = random.Random(5)
        sending = asyncio.create_task(sender.all(range(1, rows), pace=0.005))
        for turn in range(kills):
            await sender.reached((rows - 1) * (turn + rng.random()) / (kills + 1))
            hub = rng.choice(hubs)
            hub.kill()
            await asyncio.to_thread(hub.start)
        await sending
        await asyncio.to_thread(until_processed, sparing_address)
        known = len(held(sparing_address, ADDED)) - 1
        begun = time.monotonic()
        for each in following:
            await each.reached(known)
        late = time.monotonic() - begun
        await asyncio.sleep(0.5)  # whoever is sent too much gets it now
        for task in tasks:
            task.cancel()
        for fault in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(fault, asyncio.CancelledError), fault
        return late

    late = asyncio.run(followed())
    _, *expected = [str(id_) for (id_,) in held(sparing_address, ADDED)]
    assert len(expected) == rows - 1
    assert [faults(each.seen, expected) for each in following] == [NONE] * len(following)
    assert [each.seen for each in following] == [expected] * len(following)
    lost = sum(each.broken for each in following)
    assert lost >= kills
    for hub in hubs:
        hub.stop()
        assert "Traceback" not in hub.log.read_text()
    print(f"{2 * subscribers} subscribers x {rows - 1} touchpoints x {kills} kills: lost their hub {lost} times,"
          f" all there {late:.2f} s after the last was processed")  # fmt: skip

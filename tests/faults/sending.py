"""Writers that send numbered rows, each until it is acknowledged, as a partner's client does."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

import httpx

from hub.ids import touchpoint_id
from tests.faults.serving import PATIENCE, Account, held

STREAM = "submissions"
INGEST = (
    "mutation ($input: IngestInput!) { ingest(input: $input) { rows { key outcome } userErrors { code message } } }"
)


def key(number: int) -> str:
    """The key of a numbered row."""
    return str(uuid5(NAMESPACE_URL, f"row {number}"))


def _payload(number: int) -> dict[str, str]:
    # Every tenth person writes twice, so that customers are joined too.
    person = number - number % 10 if number % 10 == 9 else number
    at = f"2026-01-{1 + number % 28:02}T09:00:00+00:00"
    return {
        "submission_id": key(number), "submitted_at": at, "email": f"person{person}@x.example",
        "name": f"Person {person}", "message": f"row {number}",
    }  # fmt: skip


@dataclass
class Sender:
    """Sends rows to a hub; ``refusals`` counts by status and code what was not acknowledged."""

    account: Account
    urls: Sequence[str]
    acknowledged: set[int] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[tuple[int, str]] = field(default_factory=Counter)
    bodies: list[str] = field(default_factory=list)
    """What was said with each refusal."""
    ended: bool = False

    async def once(self, client: httpx.AsyncClient, number: int, url: str | None = None) -> httpx.Response:
        """Send a row: even numbers by the mutation, odd ones as a form."""
        url = url or random.choice(self.urls)
        row = _payload(number)
        if number % 2:
            return await client.post(
                f"{url}/in/{self.account.source}/{STREAM}", json=row, headers={"accept": "application/json"}
            )
        given = {"source": self.account.source, "stream": STREAM}
        rows = [{"key": key(number), "payload": json.dumps(row)}]
        return await client.post(
            f"{url}/graphql",
            json={"query": INGEST, "variables": {"input": {**given, "rows": rows}}},
            headers={"authorization": f"Bearer {self.account.token}"},
        )

    def acknowledges(self, answer: httpx.Response, number: int) -> bool:
        """Whether the answer says that the row is kept; what it says else is counted."""
        content = answer.json()
        if answer.status_code == 200 and number % 2 and content.get("id") == key(number):
            return True
        if answer.status_code == 200 and not content.get("errors") and not number % 2:
            assert content["data"]["ingest"]["rows"], content
            (said,) = content["data"]["ingest"]["rows"]
            assert said["key"] == key(number)
            self.outcomes[said["outcome"]] += 1
            return True
        errors = content.get("errors")
        code = errors[0].get("extensions", {}).get("code", "") if isinstance(errors, list) else ""
        self.refusals[answer.status_code, code] += 1
        self.bodies.append(answer.text)
        return False

    async def until_acknowledged(self, client: httpx.AsyncClient, number: int) -> None:
        """Send a row again and again until the hub says that it is kept."""
        while True:
            try:
                if self.acknowledges(await self.once(client, number), number):
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
        self.acknowledged.add(number)

    async def reached(self, many: float) -> None:
        """Wait until so many rows are acknowledged."""
        while len(self.acknowledged) < many:
            assert not self.ended, "the sender gave up"
            await asyncio.sleep(0.002)

    async def all(self, numbers: Iterable[int], writers: int = 8, resend: float = 0.1, pace: float = 0.0) -> None:
        """Send all rows from several writers, one row in ten twice."""
        rng = random.Random(7)
        waiting = iter(list(numbers))

        async def write(client: httpx.AsyncClient) -> None:
            for number in waiting:
                await self.until_acknowledged(client, number)
                if rng.random() < resend:
                    await self.until_acknowledged(client, rng.choice(sorted(self.acknowledged)))
                await asyncio.sleep(pace)

        self.ended = False
        try:
            async with calling() as client, asyncio.TaskGroup() as group:
                for _ in range(writers):
                    group.create_task(write(client))
        finally:
            self.ended = True


def calling() -> httpx.AsyncClient:
    """A client that no proxy of this machine stands before."""
    return httpx.AsyncClient(timeout=PATIENCE, trust_env=False)


@dataclass(frozen=True)
class Difference:
    """How what is stored differs from what was sent: all three are 0 in a hub that keeps its word."""

    lost: int
    doubled: int
    ghosts: int


EXACT = Difference(0, 0, 0)


def _difference(found: Iterable[str], sent: Iterable[str]) -> Difference:
    counted, expected = Counter(found), set(sent)
    return Difference(
        lost=len(expected - counted.keys()),
        doubled=sum(times - 1 for times in counted.values()),
        ghosts=len(counted.keys() - expected),
    )


def difference_of_records(address: str, account: Account, sent: Iterable[int]) -> Difference:
    """Acknowledged rows against stored ones, by key."""
    rows = held(
        address, f"SELECT key FROM record WHERE source = (SELECT num FROM source WHERE id = '{account.source}')"
    )
    return _difference((found for (found,) in rows), map(key, sent))


def difference_of_touchpoints(address: str, account: Account, sent: Iterable[int]) -> Difference:
    """Acknowledged rows against the touchpoints made of them, by id."""
    rows = held(address, "SELECT id FROM touchpoint WHERE retracted_at IS NULL")
    expected = (touchpoint_id(account.source, STREAM, key(number), "") for number in sent)
    return _difference((found for (found,) in rows), expected)


def gaps(address: str) -> list[int]:
    """Truth numbers that nothing carries though they were given."""
    tables = {"record": "number", "decision": "number", "withdrawal": "number", "source": "created_number"}
    carried = {
        number for table, column in tables.items() for (number,) in held(address, f"SELECT {column} FROM {table}")
    }
    ((last,),) = held(address, "SELECT value FROM sequence")
    return sorted(set(range(1, last + 1)) - carried)

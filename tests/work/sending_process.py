"""A process that is killed: it hears rows and sends messages, at a clock that goes 25 times as fast as ours.

Arguments: where the hub is, when the clock began (seconds since 1970), how many rows there are.
"""

from __future__ import annotations

import asyncio
import sys
import time

from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.outgoing import Reach
from hub.work.posting import Post
from hub.work.sending import sending
from tests.ingest.builders import COMPANY, NOW, REGISTRY, row

FAST = 25
KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="
TOGETHER = 7


async def main(address: str, began: float, rows: int) -> None:
    def clock() -> int:
        return NOW + round((time.time() - began) * FAST * 1_000_000)

    async with (
        await Hub.open(address, REGISTRY, COMPANY, clock, secret_key=KEY) as hub,
        Post(Reach.allowing(["127.0.0.1"]), longest=1.5) as post,
        sending(hub, post),
    ):
        source = (await hub.create_source("Shop", "test.told", {})).ids[0]
        for first in range(0, rows, TOGETHER):
            told = [row(f"r{n}", who={"email": f"c{n}@x.org"}) for n in range(first, min(first + TOGETHER, rows))]
            await hub.ingest(source, "rows", [GivenRow(each.payload, each.key, each.version) for each in told])
            await asyncio.sleep(0.005)
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))

"""A hub served for a benchmark, in a process of its own: `python -m bench.serving ADDRESS [one]`.

It is served as `hub serve` does it. With ``one`` each request has a transaction of its own, which the product never
does. It prints a line of JSON once it answers, and obeys words on its standard input, each answered by a number:
``drain`` waits until everything accepted is processed (how many records there are), ``behind`` says how many truth
numbers wait, ``pull FILE`` begins to pull a sheet (0).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.stream import COMPANY, Deliveries, Told
from hub import sdk
from hub.ingest import intake, writer
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from hub.sealing import new_key
from hub.serving import listen, run, serve
from hub.settings import Settings

SHEET = {
    "kind": "form", "channel": "WEB", "direction": "INBOUND",
    "columns": {name: name for name in ("key", "time", "name", "email", "phone", "title")},
}  # fmt: skip
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {
    "scheme": "standard", "secrets": [SECRET], "select": "type", "channel": "WEB", "direction": "INBOUND",
    "columns": {"email": "data.email", "phone": "data.phone", "name": "data.name"},
    "mappings": {"order.*": {"kind": "order", "columns": {"amount": "data.total", "currency": "data.currency"}}},
}  # fmt: skip


class Posted(Deliveries):
    """The deliveries of the stream, one in each request."""

    def key(self, payload: bytes) -> str:
        return "d" + str(json.loads(payload)["title"]).rpartition(" ")[2]

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        return sdk.Reception(rows=[sdk.Row(self.key(delivery.body), delivery.body)])


class ToldOverHttp(Told):
    """The connector of the stream, whose deliveries come over HTTP."""

    name = "bench.posted"

    def streams(self) -> Sequence[sdk.Stream]:
        return [Posted()]


async def main(address: str, *, one: bool) -> None:
    """Serve until the standard input ends."""
    if one:
        writer._MOST_TOGETHER = intake._MOST_TOGETHER = 1  # noqa: SLF001
    there = load_registry()
    registry = Registry({**there.connectors, ToldOverHttp.name: ToldOverHttp}, there.broken)
    url = address if "://" in address else None
    settings = Settings(data=Path(address if url is None else "."), database_url=url, company=COMPANY)
    async with await Hub.open(address, registry, COMPANY, secret_key=new_key()) as hub:
        posted = (await hub.create_source("Posted", ToldOverHttp.name, {})).ids[0]
        forms = (await hub.create_source("Forms", "webforms.endpoint", {"origins": ["*"]})).ids[0]
        webhook = (await hub.create_source("Webhook", "generic.webhook", WEBHOOK)).ids[0]
        _, token = await hub.create_token("bench", ["read", "pii", "manage", f"ingest:{posted}"])
        told = {"posted": posted, "forms": forms, "webhook": webhook, "token": token}
        obeying = asyncio.create_task(obey(hub))
        await serve(
            settings, hub, listen("127.0.0.1", 0), ready=lambda url: print(json.dumps(told | {"url": url}), flush=True)
        )
        obeying.cancel()


async def obey(hub: Hub) -> None:
    """Do what the standard input says; its end ends the process."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        word, _, rest = line.strip().partition(" ")
        print(await do(hub, word, rest), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


async def do(hub: Hub, word: str, rest: str) -> int:
    """One word."""
    async with hub.reader.snapshot() as snapshot:
        last = int(await snapshot.value("SELECT value FROM sequence WHERE id = 1"))
        records = int(await snapshot.value("SELECT count(*) FROM record"))
    if word == "behind":
        return last - await hub.processed()
    if word == "drain":
        while not await hub.wait(last, 60):
            pass
        return records
    made = await hub.create_source("Sheet", "generic.csv", SHEET | {"path": rest})
    await hub.sync(made.ids[0])
    return 0


if __name__ == "__main__":
    run(main(sys.argv[1], one="one" in sys.argv[2:]))

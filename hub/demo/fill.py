"""Filling the demo: the steps of the plan, done on a hub through its real connectors."""

from __future__ import annotations

from rich.progress import Progress, TaskID

from hub.cli.runs import follow, work_out
from hub.client import Client
from hub.connector import Delivery
from hub.demo.plan import Create, Merge, Post, Pull, steps
from hub.errors import HubError, SourceFailed
from hub.ingest.hub import Hub

COLLEAGUE = "Tania"
"""Who knows that two customers are one."""
_PATIENCE = 60.0
"""Seconds for one decision to be worked out."""
_WHO = """
query Who($kind: String!, $value: String!) {
  customer(by: { identifier: { kind: $kind, value: $value } }) { id }
}
"""
_DECISIONS = (
    "query Decisions($customer: ID!) { explainIdentity(customer: $customer) { decisions { nodes { operation } } } }"
)


async def fill(hub: Hub, client: Client, shown: Progress) -> str:
    """Do every step; those that were done change nothing. The answer is the colleague's decision, for ``hub undo``."""
    filling = Filling(hub, client, shown)
    operation = ""
    for step in steps():
        match step:
            case Create():
                made = await hub.create_source(step.source, step.connector, step.settings)
                filling.ids[step.source] = made.ids[0]
            case Pull():
                await filling.pull(step)
            case Post():
                await filling.post(step)
            case Merge():
                await work_out(client, shown)
                operation = await filling.merge(step)
    return operation


class Filling:
    """A fill that is under way: ids of sources by name, and their bars."""

    def __init__(self, hub: Hub, client: Client, shown: Progress) -> None:
        self.ids: dict[str, str] = {}
        self._hub = hub
        self._client = client
        self._shown = shown
        self._bars: dict[str, TaskID] = {}

    async def pull(self, step: Pull) -> None:
        """Read a source. Raises ``SourceFailed``."""
        run = await self._hub.sync(self.ids[step.source])
        await follow(self._client, {run: step.source}, self._shown)
        ended = (await self._client.runs([run]))[0]
        if ended["error"]:
            raise SourceFailed(f"{step.source}: {ended['error']}")

    async def post(self, step: Post) -> None:
        """Hand in one submission, as if it came at its time."""
        bar = self._bars.get(step.source)
        if bar is None:
            bar = self._bars[step.source] = self._shown.add_task(step.source, total=1.0, rows=0)
        source = self.ids[step.source]
        path = f"/in/{source}/{step.stream}"
        delivery = Delivery("POST", path, {}, step.headers, step.body, "127.0.0.1", step.at, b"")
        reply = await self._hub.deliver(source, step.stream, delivery)
        if reply.status >= 400:
            raise HubError(f"{step.source} refused a submission: {reply.body.decode()}")
        self._shown.update(bar, completed=step.done)
        self._shown.update(bar, rows=self._shown.tasks[bar].fields["rows"] + 1)

    async def merge(self, step: Merge) -> str:
        """Decide that two are one, unless that was decided."""
        customers = [await self._customer(*step.customer), await self._customer(*step.other)]
        if customers[0] != customers[1]:
            change = await self._hub.corrections.merge(customers, reason=step.reason, by=COLLEAGUE)
            await self._hub.wait(change.sequence, _PATIENCE)
            return str(change.operation)
        decided = await self._client.execute(_DECISIONS, {"customer": customers[0]})
        return str(decided["explainIdentity"]["decisions"]["nodes"][0]["operation"])

    async def _customer(self, kind: str, value: str) -> str:
        found = await self._client.execute(_WHO, {"kind": kind, "value": value})
        return str(found["customer"]["id"])

"""The plan against a real hub: what the samples become, and a colleague's decision taken back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from graphql import parse, validate

from hub.api.schema import schema
from hub.connector import Delivery
from hub.demo.plan import COMPANY, PHONE, WORK_EMAIL, Create, Merge, Post, Pull, steps
from hub.demo.show import DOCUMENT
from hub.ingest.hub import Hub
from hub.ingest.outcomes import LinkChange
from hub.registry import load_registry
from hub.store import customers
from hub.store.customers import StoredCustomer
from tests.demo.test_samples import EXPECTED
from tests.settled import settled

HEROINE = EXPECTED["heroine"]


@asynccontextmanager
async def filled(address: str) -> AsyncIterator[tuple[Hub, Merge]]:
    """A hub with everything of the plan but its decision."""
    hub = await Hub.open(address, load_registry(), COMPANY)
    decision: Merge | None = None
    async with hub:
        ids: dict[str, str] = {}
        for step in steps():
            match step:
                case Create():
                    ids[step.source] = (await hub.create_source(step.source, step.connector, step.settings)).ids[0]
                case Pull():
                    await hub.sync(ids[step.source])
                    await hub.pulled(ids[step.source])
                case Post():
                    delivery = Delivery("POST", "", {}, step.headers, step.body, "here", step.at, b"")
                    assert (await hub.deliver(ids[step.source], step.stream, delivery)).status == 200
                case Merge():
                    decision = step
        assert decision is not None
        await settled(hub, 60)
        yield hub, decision


async def named(hub: Hub, kind: str, value: str) -> StoredCustomer:
    async with hub.reader.snapshot() as snapshot:
        found = await customers.of_identifier(snapshot, kind, [""], value, None)
    assert found is not None
    return found


async def both(hub: Hub) -> list[tuple[str, int]]:
    """Ids and touchpoints of the heroine and of her at work."""
    found = [await named(hub, "phone", PHONE), await named(hub, "email", WORK_EMAIL)]
    async with hub.reader.snapshot() as snapshot:
        return [
            (one.id, int(await snapshot.value("SELECT touchpoints FROM customer WHERE id = $1::text", one.id)))
            for one in found
        ]


async def decided(hub: Hub, change: Awaitable[LinkChange]) -> LinkChange:
    made = await change
    assert await hub.wait(made.sequence, 60)
    return made


def on_filled(address: str, look: Callable[[Hub, Merge], Awaitable[None]]) -> None:
    async def run() -> None:
        async with filled(address) as (hub, decision):
            await look(hub, decision)

    asyncio.run(run())


def test_samples_become_the_expected_customers(hub_address: str) -> None:
    async def look(hub: Hub, decision: Merge) -> None:
        async with hub.reader.snapshot() as snapshot:
            by_channel = await snapshot.all("SELECT channel, count(*) FROM touchpoint GROUP BY channel")
            problems = await snapshot.value("SELECT count(*) FROM problem")
            listed = await snapshot.value("SELECT count(*) FROM customer WHERE relationship = 'CUSTOMER'")
            hers = (await customers.values(snapshot, [(await named(hub, "phone", PHONE)).num])).popitem()[1]
        heroine = await named(hub, "phone", PHONE)
        assert {"total": sum(row[1] for row in by_channel)} | dict(map(tuple, by_channel)) == EXPECTED["touchpoints"]
        assert (problems, listed) == (0, EXPECTED["customers"] + 1)
        assert (heroine.display_name, heroine.stage) == ("Nasrin Akter", HEROINE["stage"])
        assert [
            (one.currency, one.orders, f"{one.revenue / 100:.2f}", f"{one.outstanding / 100:.2f}") for one in hers
        ] == [("BDT", HEROINE["orders"], HEROINE["revenue"], HEROINE["outstanding"])]

    on_filled(hub_address, look)


def test_colleague_joins_her_with_her_at_work_and_undo_brings_both_back(hub_address: str) -> None:
    async def look(hub: Hub, decision: Merge) -> None:
        (heroine, hers), (work, at_work) = before = await both(hub)
        assert (hers, at_work) == (31, 6)
        change = await decided(hub, hub.corrections.merge([heroine, work], reason=decision.reason, by="Tania"))
        (joined, together), same = await both(hub)
        assert same == (joined, together)
        assert (joined in (heroine, work), together) == (True, hers + at_work)
        await decided(hub, hub.corrections.undo(str(change.operation), reason="shown", by="Tania"))
        assert await both(hub) == before

    on_filled(hub_address, look)


def test_same_plan_again_changes_nothing(hub_address: str) -> None:
    async def look(hub: Hub, decision: Merge) -> None:
        async def touchpoints() -> int:
            async with hub.reader.snapshot() as snapshot:
                return int(await snapshot.value("SELECT count(*) FROM touchpoint"))

        async with hub.reader.snapshot() as snapshot:
            sources = {str(row[0]): str(row[1]) for row in await snapshot.all("SELECT name, id FROM source")}
        for step in steps():
            if isinstance(step, Pull):
                await hub.sync(sources[step.source])
                await hub.pulled(sources[step.source])
            elif isinstance(step, Post):
                delivery = Delivery("POST", "", {}, step.headers, step.body, "here", step.at, b"")
                await hub.deliver(sources[step.source], step.stream, delivery)
        await settled(hub, 60)
        assert await touchpoints() == EXPECTED["touchpoints"]["total"]

    on_filled(hub_address, look)


def test_document_of_show_fits_the_schema() -> None:
    assert validate(schema._schema, parse(DOCUMENT)) == []

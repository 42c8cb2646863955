"""Reading stored records again: what a better connector makes of them, tried first and then for real."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar

import pytest

from hub import sdk
from hub.errors import InputWrong, NotFound
from hub.ingest import replay
from hub.ingest.hub import Hub
from hub.ingest.outcomes import Effect, FieldChange, GivenRow, Problem, Selection, TouchpointChange
from hub.registry import Registry
from tests.ingest.builders import COMPANY, REGISTRY, Rows, Told, row, tp


class BetterRows(Rows):
    """The next version of the connector: titles in capitals, and it reads what was unreadable."""

    better: ClassVar[bool] = False

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        if self.better and row.payload == b"{":
            row = sdk.Row(row.key, b'[{"title": "mended", "who": {"email": "m@x.org"}}]')
        for each in super().touchpoints(row):
            if not self.better or not isinstance(each, sdk.Touchpoint):
                yield each
            elif each.title != "dropped":
                title, extra = each.title.upper(), {"email2": "new"} if each.title == "two" else {}
                yield sdk.Touchpoint(
                    kind=each.kind, channel=each.channel, direction=each.direction, occurred_at=each.occurred_at,
                    title=title, identifiers=each.identifiers, amount=each.amount, part=each.part,
                    properties=dict(each.properties) | extra, document=each.document, traits=each.traits,
                )  # fmt: skip


class Better(Told):
    """The connector of these tests."""

    def streams(self) -> list[sdk.Stream]:
        return [BetterRows()]


BETTER = Registry({**REGISTRY.connectors, "test.told": Better}, {})
EVERYTHING = Selection()
LEDGER = "SELECT kind, touchpoint, historical FROM ledger WHERE number > $1 OR (number = $1 AND at > $2) ORDER BY 1, 2"
STATE = "SELECT id, title, customer, retracted_at FROM touchpoint ORDER BY id"


@pytest.fixture(autouse=True)
def yesterday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BetterRows, "better", False)


def opened(address: str, look: Callable[[Hub], Awaitable[None]]) -> None:
    async def run() -> None:
        async with await Hub.open(address, BETTER, COMPANY) as hub:
            await look(hub)

    asyncio.run(run())


async def rows_of(hub: Hub, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement, *values)]


async def told(hub: Hub) -> str:
    """Four rows by yesterday's connector, one of them unreadable."""
    source = (await hub.create_source("books", "test.told", {})).ids[0]
    rows = [
        row("k1", title="ONE", who={"email": "a@x.org"}),
        row("k2", title="two", who={"email": "a@x.org"}),
        row("k3", title="dropped", who={"email": "b@x.org"}),
        sdk.Row("k4", b"{"),
    ]
    done = await hub.ingest(source, "rows", [GivenRow(each.payload, each.key) for each in rows])
    assert await hub.wait(done.sequence, 10)
    BetterRows.better = True
    return source


def of(source: str, key: str) -> str:
    return tp(key, source=source.removeprefix("src_"))


async def replayed(hub: Hub, selection: Selection = EVERYTHING) -> dict[str, int]:
    run = await hub.replays.start(selection)
    await hub.replays.ended()
    statement = "SELECT kind, state, error, outcome FROM run WHERE id = $1"
    [(kind, state, error, outcome)] = await rows_of(hub, statement, run)
    assert (kind, state, error) == ("REPLAY", "OK", None)
    found: dict[str, int] = json.loads(outcome)
    return found


def test_a_dry_run_says_what_would_change_and_leaves_nothing(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        before = [await rows_of(hub, each) for each in (STATE, "SELECT * FROM ledger", "SELECT * FROM problem")]
        seen = await hub.replays.look(EVERYTHING)
        assert (seen.records, seen.examined, seen.solved, seen.unreadable) == (4, 4, 1, 0)
        assert [(each.before, each.after) for each in seen.problems] == [
            (Problem("UNREADABLE", "no JSON", "payload", "write JSON"), None)
        ]
        assert seen.changes.effects == {Effect.ADDED: 1, Effect.CHANGED: 1, Effect.RETRACTED: 1}
        fields = [FieldChange("title", "two", "TWO"), FieldChange("properties", "{}", '{"email2":"new"}')]
        assert list(seen.changes.touchpoints) == [
            TouchpointChange(of(source, "k4"), Effect.ADDED),
            TouchpointChange(of(source, "k2"), Effect.CHANGED, fields),
            TouchpointChange(of(source, "k3"), Effect.RETRACTED),
        ]
        assert [(each.touchpoints_before, each.touchpoints_after) for each in seen.changes.customer_changes] in (
            [(1, 0), (0, 1)],
            [(0, 1), (1, 0)],
        )
        after = [await rows_of(hub, each) for each in (STATE, "SELECT * FROM ledger", "SELECT * FROM problem")]
        assert after == before

    opened(hub_address, look)


def test_a_replay_does_what_its_dry_run_said_and_is_no_news(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_TOGETHER", 2)

    async def look(hub: Hub) -> None:
        source = await told(hub)
        [(number, at)] = await rows_of(hub, "SELECT max(number), max(at) FROM ledger")
        assert await replayed(hub) == {"added": 1, "changed": 1, "retracted": 1, "solved": 1}
        standing = "SELECT title FROM touchpoint WHERE retracted_at IS NULL ORDER BY title"
        assert await rows_of(hub, standing) == [("MENDED",), ("ONE",), ("TWO",)]
        assert await rows_of(hub, "SELECT record FROM problem") == []
        lines = [line for line in await rows_of(hub, LEDGER, number, at) if line[0].startswith("TOUCHPOINT")]
        assert [(kind, touchpoint, bool(history)) for kind, touchpoint, history in lines] == [
            ("TOUCHPOINT_ADDED", of(source, "k4"), True),
            ("TOUCHPOINT_CHANGED", of(source, "k2"), True),
            ("TOUCHPOINT_RETRACTED", of(source, "k3"), True),
        ]
        again = await hub.replays.look(EVERYTHING)
        assert (again.solved, again.changes.effects, again.changes.customers) == (0, {}, 0)
        assert (await rebuilt(hub))["differing"] == []

    opened(hub_address, look)


async def rebuilt(hub: Hub) -> dict[str, Any]:
    run = await hub.rebuilds.start(verify=True)
    await hub.rebuilds.ended()
    [(outcome,)] = await rows_of(hub, "SELECT outcome FROM run WHERE id = $1", run)
    found: dict[str, Any] = json.loads(outcome)
    return found


def test_a_replay_reads_what_is_selected(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        [(record, run, at)] = await rows_of(
            hub, "SELECT r.number, u.id, r.received_at FROM record r JOIN run u ON u.num = r.run WHERE r.key = 'k2'"
        )

        async def chosen(**given: Any) -> tuple[int, dict[Effect, int]]:
            seen = await hub.replays.look(Selection(**given))
            return seen.records, dict(seen.changes.effects)

        everything = {Effect.ADDED: 1, Effect.CHANGED: 1, Effect.RETRACTED: 1}
        assert await chosen(source=source) == await chosen(run=run) == await chosen(stream="rows") == (4, everything)
        assert await chosen(after=at) == await chosen(until=at + 1) == (4, everything)
        assert await chosen(until=at) == await chosen(after=at + 1) == await chosen(stream="other") == (0, {})
        assert await chosen(record=record) == (1, {Effect.CHANGED: 1})
        assert await chosen(problems=True) == (1, {Effect.ADDED: 1})
        with pytest.raises(NotFound, match="There is no source 'src_no'"):
            await chosen(source="src_no")
        assert await replayed(hub, Selection(problems=True)) == {"added": 1, "solved": 1}

    opened(hub_address, look)


def test_one_replay_at_a_time(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await told(hub)
        await hub.replays.start(EVERYTHING)
        with pytest.raises(InputWrong, match="A replay is under way"):
            await hub.replays.start(EVERYTHING)

    opened(hub_address, look)

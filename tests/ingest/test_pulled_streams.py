"""Each stream of a source is asked alone, and counted alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, ClassVar

import pytest

from hub import sdk
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.ingest.pull import PATIENCE
from hub.registry import Registry
from tests.ingest.builders import COMPANY, REGISTRY, Rows, row

Gives = Callable[[sdk.Cursor | None], AsyncIterator[sdk.Page]]


def told(*keys: str) -> list[sdk.Row]:
    return [row(key, who={"email": f"{key}@x.org"}) for key in keys]


class _Feed(sdk.PullStream):
    """Gives what a test says."""

    touchpoints = Rows.touchpoints

    def __init__(self, name: str, gives: Gives) -> None:
        self.name = name
        self._gives = gives

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        return self._gives(cursor)


class Several(sdk.Connector):
    """Feeds that tests say, and one that is told."""

    name = "test.several"
    title = "Several feeds"
    feeds: ClassVar[dict[str, Gives]] = {}

    def streams(self) -> Sequence[sdk.Stream]:
        return [*(_Feed(name, gives) for name, gives in self.feeds.items()), Rows()]


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Gives]:
    """By name, what the feeds of the source give."""
    held: dict[str, Gives] = {}
    monkeypatch.setattr(Several, "feeds", held)
    return held


def opened(address: str, look: Callable[[Hub, str], Awaitable[None]], *, patience: float = PATIENCE) -> None:
    async def run() -> None:
        registry = Registry({**REGISTRY.connectors, "test.several": Several}, {})
        async with await Hub.open(address, registry, COMPANY, patience=patience) as hub:
            await look(hub, (await hub.create_source("Several", "test.several", {})).ids[0])

    asyncio.run(run())


async def pulled(hub: Hub, source: str) -> None:
    await hub.sync(source)
    await hub.pulled(source)


async def all_rows(hub: Hub, statement: str) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(found) for found in await snapshot.all(statement)]


LAST_RUN = "SELECT state, error, received, stored, unchanged FROM run ORDER BY num DESC LIMIT 1"
PARTS = (
    "SELECT stream, state, fault, received, stored, changed, unchanged FROM run_stream "
    "WHERE run = (SELECT max(num) FROM run) ORDER BY stream"
)


async def orders(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
    yield sdk.Page(told("o1", "o2"), {"at": 2})


def test_a_stream_that_fails_stops_no_other_and_the_run_says_which(hub_address: str, feeds: dict[str, Gives]) -> None:
    async def broken(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        yield sdk.Page(told("b1"), {"at": 1})
        raise sdk.SourceFailed("The other side hung up.")

    async def awry(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        raise ValueError("a secret thing")
        yield sdk.Page([])

    feeds |= {"broken": broken, "awry": awry, "orders": orders}
    failed = "The connector failed; the log has the reason. What was received is kept, and the next run resumes."

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        assert await all_rows(hub, LAST_RUN) == [("FAILED", f"broken: The other side hung up. awry: {failed}", 3, 3, 0)]
        assert await all_rows(hub, PARTS) == [
            ("awry", "FAILED", failed, 0, 0, 0, 0),
            ("broken", "FAILED", "The other side hung up.", 1, 1, 0, 0),
            ("orders", "OK", None, 2, 2, 0, 0),
        ]
        assert await all_rows(hub, "SELECT cursor FROM run_stream WHERE stream = 'orders'") == [('{"at":2}',)]
        historical = "SELECT key, historical FROM record WHERE stream = 'orders' ORDER BY key"
        assert [tuple(map(bool, each)) for each in await all_rows(hub, historical)] == [(True, True)] * 2

    opened(hub_address, look)


def test_a_stream_is_news_once_it_was_asked_to_its_end_whatever_the_others_do(
    hub_address: str, feeds: dict[str, Gives]
) -> None:
    async def broken(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        yield sdk.Page(told(f"b{len(str(cursor))}"), {"at": str(cursor)})
        raise sdk.SourceFailed("The other side hung up.")

    async def more(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        place = int(cursor["at"]) if cursor else 0
        yield sdk.Page(told(f"o{place}"), {"at": place + 1})

    feeds |= {"broken": broken, "orders": more}

    async def look(hub: Hub, source: str) -> None:
        for _ in range(2):
            await pulled(hub, source)
        found = await all_rows(hub, "SELECT stream, historical FROM record ORDER BY number")
        assert [(stream, bool(historical)) for stream, historical in found][:3] == [
            ("broken", True), ("orders", True), ("broken", True)
        ]  # fmt: skip
        assert [bool(each[1]) for each in found if each[0] == "orders"] == [True, False]

    opened(hub_address, look)


def test_credentials_that_are_no_good_are_tried_by_one_stream_only(hub_address: str, feeds: dict[str, Gives]) -> None:
    async def refused(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        raise sdk.SignInAgain("The password was changed.")
        yield sdk.Page([])

    feeds |= {"refused": refused, "orders": orders}

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        assert await all_rows(hub, LAST_RUN) == [("FAILED", "The password was changed.", 0, 0, 0)]
        assert await all_rows(hub, PARTS) == [("refused", "FAILED", "The password was changed.", 0, 0, 0, 0)]

    opened(hub_address, look)


def test_a_dead_cursor_begins_again_once_and_the_run_says_so(hub_address: str, feeds: dict[str, Gives]) -> None:
    asked: list[sdk.Cursor | None] = []

    async def forgetful(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        asked.append(cursor)
        if cursor is not None and len(asked) > 1:
            raise sdk.CursorExpired("That was too long ago.")
        yield sdk.Page(told("f1", "f2"), {"at": len(asked)})

    feeds["forgetful"] = forgetful

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        await pulled(hub, source)
        assert asked == [None, {"at": 1}, None]
        assert await all_rows(hub, LAST_RUN) == [("OK", None, 2, 0, 2)]
        again = await all_rows(hub, "SELECT began_again, cursor FROM run_stream ORDER BY run")
        assert [(bool(each), cursor) for each, cursor in again] == [(False, '{"at":1}'), (True, '{"at":3}')]

    opened(hub_address, look)


def test_a_source_that_forgets_every_cursor_fails_and_is_not_asked_for_ever(
    hub_address: str, feeds: dict[str, Gives]
) -> None:
    asked: list[sdk.Cursor | None] = []

    async def hopeless(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        asked.append(cursor)
        yield sdk.Page(told("h1"), {"at": 1})
        raise sdk.CursorExpired("That was too long ago.")

    feeds["hopeless"] = hopeless

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        await pulled(hub, source)
        assert asked == [None, {"at": 1}, None]
        assert await all_rows(hub, LAST_RUN) == [("FAILED", "That was too long ago.", 2, 0, 2)]

    opened(hub_address, look)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ((), "Nothing came, though the source says that there are 5 rows."),
        (("e1", "e2"), "2 of 5 rows came, as the source counts them."),
    ],
)
def test_less_than_the_source_says_there_is_is_not_well(
    hub_address: str, feeds: dict[str, Gives], given: tuple[str, ...], fault: str
) -> None:
    async def empty(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        yield sdk.Page(told(*given), expected=5)

    feeds["empty"] = empty

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        assert await all_rows(hub, LAST_RUN) == [("INCOMPLETE", fault, len(given), len(given), 0)]
        assert await all_rows(hub, "SELECT expected, state FROM run_stream") == [(5, "INCOMPLETE")]

    opened(hub_address, look)


def test_a_pull_that_resumes_counts_what_came_before_it_broke_off(hub_address: str, feeds: dict[str, Gives]) -> None:
    breaks = [True]

    async def long(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        for at in range(int(cursor["at"]) if cursor else 0, 5):
            if at == 3 and breaks.pop():
                raise sdk.SourceFailed("The other side hung up.")
            yield sdk.Page(told(f"l{at}"), {"at": at + 1}, expected=5)

    feeds["long"] = long
    breaks.insert(0, False)

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        assert await all_rows(hub, "SELECT state, received FROM run") == [("FAILED", 3)]
        await pulled(hub, source)
        assert await all_rows(hub, "SELECT state, received FROM run ORDER BY num") == [("FAILED", 3), ("OK", 2)]

    opened(hub_address, look)


def test_rows_of_requests_count_for_their_stream(hub_address: str, feeds: dict[str, Gives]) -> None:
    async def look(hub: Hub, source: str) -> None:
        given = [GivenRow(each.payload, each.key) for each in told("r1", "r2")]
        await hub.ingest(source, "rows", given)
        await hub.ingest(source, "rows", [*given, GivenRow(b"[]", "r1")])
        assert await all_rows(hub, PARTS) == [("rows", "OK", None, 5, 2, 1, 2)]
        assert await all_rows(hub, LAST_RUN) == [("OK", None, 5, 2, 2)]
        places = "SELECT first_number, last_number FROM run_stream"
        numbers = "SELECT min(number), max(number) FROM record"
        assert await all_rows(hub, places) == await all_rows(hub, numbers)

    opened(hub_address, look)


def test_a_stream_that_gives_no_page_in_time_has_failed_and_stops_no_other(
    hub_address: str, feeds: dict[str, Gives]
) -> None:
    async def hanging(cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        yield sdk.Page(told("h1"), {"at": 1})
        await asyncio.Event().wait()

    feeds |= {"hanging": hanging, "orders": orders}
    said = "Nothing came for 1 seconds. What was received is kept, and the next run resumes."

    async def look(hub: Hub, source: str) -> None:
        await pulled(hub, source)
        assert await all_rows(hub, LAST_RUN) == [("FAILED", f"hanging: {said}", 3, 3, 0)]
        assert await all_rows(hub, "SELECT run FROM lease WHERE run IS NOT NULL") == []

    opened(hub_address, look, patience=1.0)

"""The connector that docs/connector.md shows, whole, and what it does."""

# ruff: noqa: E402 (the example stands as an author would write it, the test's own imports after it)

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from hub import sdk


class ShopSettings(sdk.Settings):
    file: Path


class Visits(sdk.PullStream):
    name = "visits"
    nature = sdk.Nature.EVENTS

    def __init__(self, file: Path) -> None:
        self.file = file

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        with self.file.open("rb") as file:
            file.seek(cursor["offset"] if cursor else 0)
            while lines := file.readlines(100_000):
                rows = [sdk.Row(key=self.key(line), payload=line) for line in lines]
                yield sdk.Page(rows, cursor={"offset": file.tell()})

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        try:
            visit = json.loads(row.payload)
            at, phone, name = visit["at"], visit["phone"], visit["name"]
        except (ValueError, TypeError, KeyError) as error:
            raise sdk.RowUnreadable(f"not a visit: {error!r}") from None
        yield sdk.Touchpoint(
            kind="visit",
            channel=sdk.Channel.IN_PERSON,
            direction=sdk.Direction.INBOUND,
            occurred_at=sdk.instant(at, zone="Asia/Dhaka"),
            identifiers=(sdk.phone(phone, region="BD"),),
            traits={"name": name},
        )


class Shop(sdk.Connector):
    name = "shop.visits"
    title = "Visits that the shop wrote down"
    Settings = ShopSettings

    def streams(self) -> Sequence[sdk.Stream]:
        return [Visits(self.settings.file)]


import asyncio
from datetime import UTC, datetime

import pytest

KARIM = '{"at": "2026-03-01T15:30:00", "phone": "০১৭১১-২৩৪৫৬৭", "name": "করিম উদ্দিন"}\n'.encode()
SANA = '{"at": "2026-03-02T10:00:00", "phone": "01811-000111", "name": "ثنا خان"}\n'.encode()


@pytest.fixture
def visits(tmp_path: Path) -> Visits:
    (tmp_path / "visits.ndjson").write_bytes(KARIM)
    [stream] = Shop(ShopSettings(file=tmp_path / "visits.ndjson")).streams()
    assert isinstance(stream, Visits)
    return stream


async def pull(stream: Visits, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    return [page async for page in stream.pages(cursor)]


def test_rows_are_kept_as_the_shop_wrote_them(visits: Visits) -> None:
    [page] = asyncio.run(pull(visits))
    assert [row.payload for row in page.rows] == [KARIM]
    assert page.cursor == {"offset": len(KARIM)}


def test_a_later_pull_gives_only_what_is_new(visits: Visits) -> None:
    [page] = asyncio.run(pull(visits))
    visits.file.write_bytes(KARIM + SANA)
    [later] = asyncio.run(pull(visits, page.cursor))
    assert [row.payload for row in later.rows] == [SANA]


def test_a_visit_is_one_touchpoint_of_its_visitor(visits: Visits) -> None:
    [touchpoint] = visits.touchpoints(sdk.Row(key="1", payload=KARIM))
    assert touchpoint.occurred_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert touchpoint.identifiers == (sdk.phone("০১৭১১-২৩৪৫৬৭", region="BD"),)
    assert touchpoint.traits == {"name": "করিম উদ্দিন"}


@pytest.mark.parametrize(
    "payload", [b"{", b"[1]", b'{"at": "2026-03-01"}', b'{"at": "soon", "phone": "1", "name": ""}']
)
def test_a_line_that_is_no_visit_is_refused_with_a_reason(visits: Visits, payload: bytes) -> None:
    with pytest.raises(sdk.RowUnreadable):
        list(visits.touchpoints(sdk.Row(key="1", payload=payload)))

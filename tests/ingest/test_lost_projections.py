"""A projection that is lost, or not that of its records, is made again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg

from hub.ingest.hub import Hub
from hub.store import sets
from hub.store.engine import Store
from tests.ingest.rebuilding import (
    filled,
    invoice,
    marked,
    opened,
    rows_of,
    tell,
)
from tests.settled import settled


def _lose(address: str) -> None:
    if address.startswith("postgresql"):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA projection_1 CASCADE")
    else:
        for path in Path(address).glob("projection-1.db*"):
            path.unlink()


def test_a_lost_projection_is_made_again_and_is_no_news(hub_address: str) -> None:
    async def begin(hub: Hub) -> None:
        await filled(hub, 40)

    async def look(hub: Hub) -> None:
        last = await settled(hub)
        assert await rows_of(hub, "SELECT DISTINCT historical FROM ledger") in ([(1,)], [(True,)])
        [(source,)] = await rows_of(hub, "SELECT id FROM source WHERE name = 'books'")
        assert await hub.wait(await tell(hub, source, invoice(900)), 10)
        added = "SELECT historical FROM ledger WHERE number > $1 AND kind = 'TOUCHPOINT_ADDED'"
        assert [bool(held) for (held,) in await rows_of(hub, added, last)] == [False]

    opened(hub_address, begin)
    before = marked(hub_address)
    _lose(hub_address)
    Store.at(hub_address).close()
    opened(hub_address, look)
    assert before.rows["touchpoint"] + 1 == marked(hub_address).rows["touchpoint"]


def test_a_projection_ahead_of_a_restored_hub_is_made_again(tmp_path: Path) -> None:
    """The folder's hub.db comes from a backup, its projection does not."""
    folder, backup = tmp_path / "hub", tmp_path / "backup.db"

    async def begin(hub: Hub) -> None:
        await filled(hub, 20)

    async def more(hub: Hub) -> None:
        [(source,)] = await rows_of(hub, "SELECT id FROM source WHERE name = 'books'")
        await hub.wait(await tell(hub, source, invoice(50), invoice(51)), 10)

    async def look(hub: Hub) -> None:
        await settled(hub)

    opened(str(folder), begin)
    before = marked(str(folder))
    backup.write_bytes((folder / "hub.db").read_bytes())
    opened(str(folder), more)
    assert marked(str(folder)).differing(before) != []
    for path in folder.glob("hub.db-*"):
        path.unlink()
    (folder / "hub.db").write_bytes(backup.read_bytes())
    opened(str(folder), look)
    assert marked(str(folder)).differing(before) == []


def test_sets_that_are_left_over_are_removed_when_the_hub_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    Store.at(str(folder)).close()
    store = Store.at(str(folder))
    store.make_set(7)
    with closing(store.truth()) as session, session.transaction():
        session.run("INSERT INTO projection_set (number, state, born, code) VALUES (5, 'RETIRED', 0, '')")
    store.close()
    store = Store.at(str(folder))
    with closing(store.truth()) as session:
        assert [each.number for each in sets.known(session)] == [1]
    store.close()
    assert [path.name for path in folder.glob("projection-*.db")] == ["projection-1.db"]

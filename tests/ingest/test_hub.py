"""An open hub: writes that are seen, pulls that resume, two processes, and callers that go away."""

from __future__ import annotations

import asyncio
import email.message
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.email.mailbox import Mailbox
from hub import sdk
from hub.ingest.accept import Arrival, accept
from hub.ingest.hub import Hub
from hub.ingest.outcomes import Description, Effect, GivenRow, RowOutcome
from hub.registry import Registry
from hub.store.engine import Store
from hub.store.session import Session
from hub.store.writing import decisions, records
from tests.ingest.builders import COMPANY, REGISTRY, Feed, Told, row, tp
from tests.settled import settled

_MAIL = Registry({**REGISTRY.connectors, "email.mailbox": Mailbox}, {})


def opened(address: str, look: Callable[[Hub], Awaitable[None]], registry: Registry = REGISTRY) -> None:
    """Run ``look`` on the hub at an address."""

    async def run() -> None:
        async with await Hub.open(address, registry, COMPANY) as hub:
            await look(hub)

    asyncio.run(run())


async def all_rows(hub: Hub, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement, *values)]


async def told(hub: Hub) -> str:
    return (await hub.create_source("told", "test.told", {})).ids[0]


def given(*rows: sdk.Row) -> list[GivenRow]:
    return [GivenRow(each.payload, each.key, each.version) for each in rows]


def test_a_write_is_seen_after_waiting_for_it(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        done = await hub.ingest(source, "rows", given(row("k1", who={"email": "a@x.org"}), sdk.Row("k2", b"{")))
        assert [each.outcome for each in done.rows] == [RowOutcome.NEW, RowOutcome.NEW]
        assert [each.problem and each.problem.code for each in done.rows] == [None, "UNREADABLE"]
        assert await hub.wait(done.sequence, 10)
        assert await all_rows(hub, "SELECT touchpoints FROM customer") == [(1,)]
        [(customer,)] = await all_rows(hub, "SELECT id FROM customer")
        named = await hub.describe([customer], [], Description(name="Anna", add_tags=("vip",)), "me")
        assert await hub.wait(named.sequence, 10)
        assert await all_rows(hub, "SELECT c.name, t.tag FROM customer c JOIN tag t ON t.customer = c.num") == [
            ("Anna", "vip")
        ]

    opened(hub_address, look)


def test_a_dry_run_stores_nothing_and_says_what_would_be(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        known = row("k1", who={"email": "a@x.org"})
        await hub.wait((await hub.ingest(source, "rows", given(known))).sequence, 10)
        seen = await hub.ingest(
            source, "rows", given(known, row("k1", who={}), row("k3", who={"email": "a@x.org"})), dry_run=True
        )
        assert [each.outcome for each in seen.rows] == [RowOutcome.UNCHANGED, RowOutcome.CHANGED, RowOutcome.NEW]
        [(customer,)] = await all_rows(hub, "SELECT id FROM customer")
        assert [each.customer for each in seen.rows[2].touchpoints] == [customer]
        assert await all_rows(hub, "SELECT count(*) FROM record") == [(1,)]

    opened(hub_address, look)


def test_a_dry_run_says_of_each_row_what_storing_them_then_says(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        await hub.ingest(source, "rows", given(row("k1", who={"email": "a@x.org"})))
        again = row("k2", who={"email": "b@x.org"})
        rows = given(again, again, row("k2"), again, row("k1", who={"email": "a@x.org"}))
        outcomes = ["NEW", "UNCHANGED", "CHANGED", "CHANGED", "UNCHANGED"]
        seen = await hub.ingest(source, "rows", rows, dry_run=True)
        assert [each.outcome for each in seen.rows] == outcomes
        assert [each.record is None for each in seen.rows] == [True, True, True, True, False]
        done = await hub.ingest(source, "rows", rows)
        assert [each.outcome for each in done.rows] == outcomes

    opened(hub_address, look)


def test_a_pull_that_breaks_off_resumes_where_its_rows_ended(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "rows", [row(f"k{number}", who={"email": f"a{number}@x.org"}) for number in range(8)])
    monkeypatch.setattr(Feed, "fail_after", 2)
    monkeypatch.setattr(Feed, "asked", [])

    async def look(hub: Hub) -> None:
        source = await told(hub)
        await hub.sync(source)
        await hub.pulled(source)
        assert await all_rows(hub, "SELECT state, error, received FROM run") == [
            ("FAILED", "The other side hung up.", 4)
        ]
        assert await all_rows(hub, "SELECT cursor FROM checkpoint") == [('{"at":4}',)]
        Feed.fail_after = None
        await hub.sync(source)
        await hub.pulled(source)
        assert Feed.asked == [None, {"at": 4}]
        assert await all_rows(hub, "SELECT state, received, stored FROM run ORDER BY num") == [
            ("FAILED", 4, 4),
            ("OK", 4, 4),
        ]
        await settled(hub)
        assert await all_rows(hub, "SELECT count(*) FROM customer") == [(8,)]
        Feed.rows.append(row("k8", who={"email": "a8@x.org"}))
        await hub.sync(source)
        await hub.pulled(source)
        live = await all_rows(hub, "SELECT key FROM record WHERE historical = FALSE")
        assert live == [("k8",)], "what a first pull brings is history, also where it resumed"

    opened(hub_address, look)


def test_rows_and_checkpoint_are_stored_together_or_not_at_all(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await hub.source(await told(hub))

        def job(session: Session) -> None:
            run, _ = records.standing_run(session, source.num, 0, 0)
            accept(session, Arrival(source.num, source.stream("rows"), run, 0), [row("k1", who={})], {"at": 1})
            raise sdk.SourceFailed("too late")

        with pytest.raises(sdk.SourceFailed):
            await hub.threads.write(job)
        assert await all_rows(hub, "SELECT key FROM record UNION ALL SELECT cursor FROM checkpoint") == []

    opened(hub_address, look)


def test_what_was_accepted_but_not_processed_is_processed_when_the_hub_opens_again(hub_address: str) -> None:
    opened(hub_address, told_and_left)
    store = Store.at(hub_address)
    truth = store.truth()
    with truth.transaction():
        num = truth.value("SELECT num FROM source WHERE name = $1", "told")
        run, _ = records.standing_run(truth, num, 0, 0)
        stream = Told(sdk.Settings()).streams()[0]
        accept(truth, Arrival(num, stream, run, 0), [row("k1", who={"email": "a@x.org"})])
    truth.close()
    store.close()

    async def look(hub: Hub) -> None:
        await settled(hub)
        assert await all_rows(hub, "SELECT touchpoints FROM customer") == [(1,)]

    opened(hub_address, look)


async def told_and_left(hub: Hub) -> None:
    await told(hub)


def test_a_caller_that_goes_away_before_its_turn_stops_nobody(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        gate = threading.Event()
        slow = asyncio.create_task(hub.threads.write(lambda session: gate.wait(10)))
        await asyncio.sleep(0.05)
        gone = asyncio.create_task(hub.ingest(source, "rows", given(row("gone", who={"email": "gone@x.org"}))))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.sleep(0.05)
        gate.set()
        await slow
        done = await asyncio.wait_for(hub.ingest(source, "rows", given(row("k1", who={"email": "a@x.org"}))), 10)
        assert await hub.wait(done.sequence, 10)
        assert await all_rows(hub, "SELECT key FROM record") == [("k1",)]

    opened(hub_address, look)


def test_two_processes_accept_and_one_processes(pg_url: str) -> None:
    async def run() -> None:
        async with await Hub.open(pg_url, REGISTRY, COMPANY) as one:
            source = await told(one)
            await settled(one)
            async with await Hub.open(pg_url, REGISTRY, COMPANY) as other:
                done = await asyncio.gather(
                    *(
                        hub.ingest(source, "rows", given(row(f"{name}{number}", who={"email": f"a{number % 5}@x.org"})))
                        for number in range(20)
                        for name, hub in (("one", one), ("other", other))
                    )
                )
                last = max(each.sequence for each in done)
                assert await other.wait(last, 20)
                assert await one.wait(last, 20)
                assert sorted(each.sequence for each in done) == list(range(last - 39, last + 1))
                assert await all_rows(other, "SELECT touchpoints FROM customer") == [(8,)] * 5
            assert (await one.ingest(source, "rows", given(row("k", who={})))).sequence == last + 1

    asyncio.run(run())


def test_a_run_is_withdrawn_and_restored(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        done = await hub.ingest(source, "rows", given(row("k1", who={"email": "a@x.org"})))
        assert done.run is not None
        assert await hub.wait(done.sequence, 10)
        before = await all_rows(hub, "SELECT id, touchpoints, first_touch_at FROM customer")
        seen = await hub.corrections.withdraw("RUN", done.run, restore=False, reason="wrong", by="me", dry_run=True)
        taken = await hub.corrections.withdraw("RUN", done.run, restore=False, reason="wrong", by="me")
        assert seen.changes == taken.changes
        assert seen.changes.effects == {Effect.RETRACTED: 1}
        assert await hub.wait(taken.sequence, 10)
        assert await all_rows(hub, "SELECT id FROM customer") == []
        back = await hub.corrections.withdraw("RUN", done.run, restore=True, reason="right", by="me")
        assert await hub.wait(back.sequence, 10)
        assert await all_rows(hub, "SELECT id, touchpoints, first_touch_at FROM customer") == before

    opened(hub_address, look)


def mail(number: int, sender: str, to: str, cc: str = "") -> bytes:
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Date"] = sender, to, f"Mon, 03 Mar 2025 09:0{number}:00 +0000"
    message["Subject"], message["Message-ID"] = f"mail {number}", f"<{number}@x.org>"
    if cc:
        message["Cc"] = cc
    message.set_content("hello")
    return b"From x Mon Mar  3 09:00:00 2025\n" + bytes(message) + b"\n"


def test_a_mail_with_another_customer_in_cc_joins_nobody(hub_address: str, tmp_path: Path) -> None:
    box = tmp_path / "inbox.mbox"
    box.write_bytes(
        mail(1, "Anna <anna@x.org>", "us@shop.org") + mail(2, "Rafiq <rafiq@y.org>", "us@shop.org")
        + mail(3, "Anna <anna@x.org>", "us@shop.org", cc="Rafiq <rafiq@y.org>, info@x.org")
    )  # fmt: skip

    async def look(hub: Hub) -> None:
        settings = {"path": str(box), "own_addresses": ["us@shop.org"]}
        source = (await hub.create_source("mail", "email.mailbox", settings)).ids[0]
        await hub.sync(source)
        await hub.pulled(source)
        await settled(hub)
        found = await all_rows(hub, "SELECT email, touchpoints FROM customer ORDER BY email")
        assert found == [("anna@x.org", 2), ("rafiq@y.org", 1)]
        [(named,)] = await all_rows(hub, "SELECT count(*) FROM participant WHERE identifier = 'rafiq@y.org'")
        assert named >= 1

    opened(hub_address, look, _MAIL)


def test_touchpoints_have_the_ids_their_sources_give(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        done = await hub.ingest(source, "rows", given(row("k1", who={"email": "a@x.org"})))
        assert await hub.wait(done.sequence, 10)
        [(id_,)] = await all_rows(hub, "SELECT id FROM touchpoint")
        assert id_ == tp("k1", source=source.removeprefix("src_"))

    opened(hub_address, look)


def test_a_correction_nobody_waits_for_any_more_fails_no_batch(
    hub_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        await hub.ingest(
            source, "rows", given(row("k1", who={"email": "a@x.org"}), row("k2", who={"email": "b@x.org"}))
        )
        await settled(hub)
        gate, stored = threading.Event(), threading.Event()

        def job(session: Session) -> int:
            number = records.take_numbers(session) + 1
            decisions.insert(session, [], [(number, "SOURCE", source, False, None, "me", "", 0)])
            records.give_numbers(session, number)
            stored.set()
            return number

        busy = asyncio.create_task(hub.threads.between_batches(lambda: gate.wait(10)))
        await asyncio.sleep(0.05)
        correction = asyncio.create_task(hub.threads.witness(job))
        await asyncio.to_thread(stored.wait, 10)
        await asyncio.sleep(0.1)
        correction.cancel()
        await asyncio.gather(correction, return_exceptions=True)
        gate.set()
        await busy
        await settled(hub)
        assert await all_rows(hub, "SELECT id FROM customer") == []

    opened(hub_address, look)
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == []

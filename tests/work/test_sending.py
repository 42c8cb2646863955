"""Endpoints are told of changes: each once, under one id, signed, however the receiver behaves."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from hub.ingest.hub import Hub
from hub.ingest.outbox import MOST_WAITING, TOGETHER
from hub.ingest.outcomes import Selection
from hub.limits import Limits
from hub.outgoing import Reach
from hub.sealing import new_key
from hub.work import sending as sending_module
from hub.work.posting import Post
from hub.work.sending import Sender, sending
from hub.work.turning import tell
from tests.ingest.builders import COMPANY, REGISTRY, Feed, row
from tests.settled import settled
from tests.work.outgoing import HERE, Desk, anna, desk
from tests.work.provider import Clock
from tests.work.receiver import receiving

DAY = 86_400


def types(receiver: Any) -> list[str]:
    """What came, in the order of the changes."""
    told = sorted(receiver.taken.values(), key=lambda each: each["data"]["sequence"])
    return [each["type"] for each in told]


async def notices(desk: Desk) -> list[tuple[str, str, str]]:
    """What the owner of the hub is told now: (type, endpoint, state)."""
    found = []

    async def send(url: str, id_: str, body: bytes) -> None:
        said = json.loads(body)
        assert (url, said["data"]["id"], "http" in said["data"]["message"]) == ("https://owner.example", id_, False)
        found.append((said["type"], said["data"]["endpoint"], said["data"]["state"]))

    desk.hub.turns.everywhere = "https://owner.example"
    await tell(desk.hub.turns, send)
    return found


def test_new_touchpoint_is_told_once_and_signed(hub_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.heard(anna("a0"))
        id_ = await desk.endpoint()
        await desk.told()
        assert desk.receiver.came == {}, "what was there before is nothing new"
        await desk.heard(anna(at="2025-12-31T09:00:00+00:00"))
        for _ in range(3):
            await desk.told()
        ((message, told),) = desk.receiver.taken.items()
        assert (desk.receiver.came[message], desk.receiver.forged) == (1, 0)
        touchpoint = told["data"].pop("touchpoint")
        sequence, change = told["data"].pop("sequence"), told["data"].pop("id")
        assert change == f"chg_{int(sequence[:15])}_{int(sequence[16:])}"
        assert told == {
            "type": "touchpoint.created",
            "timestamp": "2026-01-01T00:00:00Z",
            "data": {"kind": "TOUCHPOINT_ADDED", "at": "2026-01-01T00:00:00.000000Z", "historical": False},
        }
        assert (touchpoint["kind"], touchpoint["channel"], touchpoint["title"]) == ("email", "EMAIL", None)
        assert touchpoint["source"] == {"id": desk.source, "name": "Shop"}
        assert touchpoint["customer"]["displayName"] == "a•••@x•••"
        assert touchpoint["occurredAt"] == "2025-12-31T09:00:00.000000Z"
        (row,) = await desk.messages(id_)
        assert (row.id, row.state, row.tries) == (message, "DELIVERED", 1)
        assert await desk.attempts(row) == [(204, None, "")]

    with receiving() as receiver:
        desk(hub_address, look, receiver)


def test_contact_data_is_told_to_whom_it_is_meant_for(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint(contacts=True)
        await desk.heard(anna())
        await desk.told()
        (told,) = desk.receiver.taken.values()
        touchpoint = told["data"]["touchpoint"]
        assert (touchpoint["title"], touchpoint["customer"]["email"]) == ("A question", "anna@x.org")

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_every_bad_answer_is_an_attempt_and_the_message_comes_again_unchanged(sparing_address: str) -> None:
    faults = ("500", "redirect", "reset", "no http", "hang")

    def behave(id_: str, times: int) -> str:
        return faults[times - 1] if times <= len(faults) else "huge"

    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        await desk.heard(anna())
        for _ in faults:
            await desk.told()
            assert desk.receiver.taken == {}
            desk.clock.pass_(DAY)
        await desk.told()
        (message,) = await desk.messages(id_)
        assert (message.state, message.tries) == ("DELIVERED", 6)
        attempts = await desk.attempts(message)
        assert attempts[:-1] == [
            (500, None, "oops\ufffd"),
            (302, None, ""),
            (None, "127.0.0.1 broke off.", None),
            (None, "127.0.0.1 broke off.", None),
            (None, "127.0.0.1 did not answer within 0.5 seconds.", None),
        ]
        assert attempts[-1] == (200, None, "x" * 1024), "no more of it is read"
        assert desk.receiver.came == {message.id: 6}
        assert (len(desk.receiver.bodies[message.id]), desk.receiver.forged) == (1, 0)
        assert desk.receiver.paths == {"/hook"}, "a redirect leads nowhere"

    with receiving(behave) as receiver:
        desk(sparing_address, look, receiver, longest=0.5)


def test_ten_attempts_over_75_hours_then_it_failed_and_may_be_sent_by_hand(sparing_address: str) -> None:
    well = []

    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        await desk.heard(anna())
        began, times = desk.clock(), []
        await desk.told()
        while (message := (await desk.messages(id_))[0]).state == "WAITING":
            times.append((desk.clock() - began) / 1e6)
            desk.clock.at = message.next_at - 1
            await desk.told()
            assert (await desk.messages(id_))[0].tries == message.tries, "not before its time"
            desk.clock.at = message.next_at
            await desk.told()
        gaps = [after - before for before, after in pairwise(times)]
        for gap, meant in zip(gaps, (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400), strict=False):
            assert 0.9 * meant <= gap <= 1.1 * meant
        assert (message.state, message.tries, len(await desk.attempts(message))) == ("FAILED", 10, 10)
        assert 68 * 3600 <= (desk.clock() - began) / 1e6 <= 83.2 * 3600
        well.append(True)
        assert await desk.hub.endpoints.send_failed_again(id_, began) == 1
        await desk.told()
        (message,) = await desk.messages(id_)
        assert (message.state, message.tries) == ("DELIVERED", 1)
        assert list(desk.receiver.taken) == [message.id]
        await desk.hub.endpoints.send_again(message.id)
        await desk.told()
        assert desk.receiver.came == {message.id: 12}

    with receiving(lambda id_, times: "bad json" if well else "500") as receiver:
        desk(sparing_address, look, receiver)


def test_retry_after_holds_everything_for_this_endpoint_and_nothing_for_others(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        slow = await desk.endpoint(name="Slow")
        await desk.heard(anna())
        await desk.told()
        with receiving() as other:
            await desk.endpoint(name="Quick", url=other.url)
            await desk.heard(anna("a2"))
            await desk.told()
            assert (len(other.taken), sum(desk.receiver.came.values())) == (1, 1)
            desk.clock.pass_(7199)
            await desk.told()
            assert sum(desk.receiver.came.values()) == 1
            desk.clock.pass_(1)
            await desk.told()
            assert types(desk.receiver) == ["touchpoint.created"], "the second has waited for it"
            desk.clock.pass_(720)
            await desk.told()
            assert len(desk.receiver.taken) == 2
        assert {each.state for each in await desk.messages(slow)} == {"DELIVERED"}

    first: list[str] = []

    def behave(id_: str, times: int) -> str:
        first.append(id_)
        return "patience" if len(first) == 1 else "ok"

    with receiving(behave) as receiver:
        desk(sparing_address, look, receiver)


def test_410_disables_at_once_and_what_was_missed_comes_when_it_is_enabled(sparing_address: str) -> None:
    answers = ["410"]

    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        await desk.heard(anna())
        await desk.told()
        gone = await desk.row(id_)
        assert (gone.disabled_for, gone.disabled_at) == ("GONE", desk.clock())
        assert await notices(desk) == [("endpoint.disabled", id_, "GONE")]
        assert await notices(desk) == [], "it is told once"
        await desk.heard(anna("a2"))
        desk.clock.pass_(DAY)
        await desk.told()
        assert sum(desk.receiver.came.values()) == 1
        answers[0] = "ok"
        await desk.hub.endpoints.enable(id_, "anna", missed=True)
        await desk.told()
        assert types(desk.receiver) == ["touchpoint.created"] * 2
        await desk.hub.endpoints.disable(id_, "anna")
        await desk.heard(anna("a3"))
        await desk.hub.endpoints.enable(id_, "anna", missed=False)
        await desk.heard(anna("a4"))
        await desk.told()
        assert types(desk.receiver) == ["touchpoint.created"] * 3, "what was to be skipped is"

    with receiving(lambda id_, times: answers[0]) as receiver:
        desk(sparing_address, look, receiver)


def test_endpoint_that_fails_for_five_days_is_given_up(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        for day in range(6):
            await desk.heard(anna(f"a{day}"))
            await desk.told()
            assert (await desk.row(id_)).disabled_for == (None if day < 5 else "FAILING")
            assert await notices(desk) == ([] if day < 5 else [("endpoint.disabled", id_, "GIVEN_UP")])
            desk.clock.pass_(DAY)
        await desk.hub.endpoints.enable(id_, "anna", missed=False)
        await desk.hub.endpoints.disable(id_, "anna")
        assert await notices(desk) == [], "what a person does is no news"

    with receiving(lambda id_, times: "500") as receiver:
        desk(sparing_address, look, receiver)


def test_endpoint_hears_of_what_it_wants_only(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.heard(anna("a0"))
        with receiving() as calls, receiving() as stages, receiving() as elsewhere:
            await desk.endpoint(name="calls", url=calls.url, kinds=["call"], wants=["TOUCHPOINT_ADDED"])
            await desk.endpoint(name="stages", url=stages.url, stages=["CUSTOMER"], wants=["STAGE_CHANGED"])
            await desk.endpoint(name="elsewhere", url=elsewhere.url, sources=["src_other"])
            await desk.heard(anna("a1"), anna("a2", kind="call", channel="PHONE"))
            await desk.heard(anna("a3", kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount="100.00"))
            await desk.told()
            assert [each["data"]["touchpoint"]["kind"] for each in calls.taken.values()] == ["call"]
            (stage,) = stages.taken.values()
            assert (stage["type"], stage["data"]["from"], stage["data"]["to"]) == (
                "customer.stage_changed", "LEAD", "CUSTOMER",
            )  # fmt: skip
            assert stage["data"]["customer"]["lifecycle"]["stage"] == "CUSTOMER"
            assert set(types(elsewhere)) == {"customer.stage_changed"}

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_merges_and_splits_name_both_customers(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.heard(anna("a1"), row("b1", who={"phone": "+8801711234567"}))
        await desk.endpoint(wants=["CUSTOMERS_MERGED", "CUSTOMER_SPLIT"])
        async with desk.hub.reader.snapshot() as snapshot:
            ids = [each[0] for each in await snapshot.all("SELECT id FROM customer ORDER BY id")]
        merged: Any = await desk.hub.corrections.merge(ids, reason="one person", by="anna")
        await desk.hub.wait(merged.sequence, 10)
        await desk.told()
        (told,) = desk.receiver.taken.values()
        assert (told["type"], {told["data"]["from"], told["data"]["to"]}) == ("customer.merged", set(ids))
        assert told["data"]["customer"]["id"] == told["data"]["to"]
        undone = await desk.hub.corrections.undo(merged.operation, reason="two", by="anna")
        await desk.hub.wait(undone.sequence, 10)
        await desk.told()
        assert types(desk.receiver) == ["customer.merged", "customer.split"]
        last = list(desk.receiver.taken.values())[-1]["data"]
        assert {last["from"], last["to"]} == set(ids)

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_history_is_told_only_to_who_asks_for_it(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint(name="new", wants=["TOUCHPOINT_ADDED"])
        with receiving() as historian:
            await desk.endpoint(name="all", url=historian.url, historical=True, wants=["TOUCHPOINT_ADDED"])
            Feed.rows = [anna(f"a{number}") for number in range(3)]
            source = (await desk.hub.create_source("Shop", "test.told", {})).ids[0]
            await desk.hub.sync(source)
            await desk.hub.pulled(source)
            await settled(desk.hub, 10)
            await desk.told()
            assert (len(desk.receiver.taken), len(historian.taken)) == (0, 3)

    try:
        with receiving() as receiver:
            desk(sparing_address, look, receiver)
    finally:
        Feed.rows = []


def test_replay_and_rebuild_tell_nothing_twice(hub_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint(historical=True)
        await desk.heard(anna("a1"), anna("a2"))
        await desk.told()
        came = dict(desk.receiver.came)
        assert types(desk.receiver).count("touchpoint.created") == 2
        await desk.hub.replays.start(Selection())
        await desk.hub.replays.ended()
        await desk.hub.rebuilds.start()
        await desk.hub.rebuilds.ended()
        await desk.told()
        assert dict(desk.receiver.came) == came
        await desk.heard(anna("a3"))
        await desk.told()
        assert len(desk.receiver.came) == len(came) + 1

    with receiving() as receiver:
        desk(hub_address, look, receiver)


def test_who_dies_before_the_answer_leaves_it_to_another_under_the_same_id(hub_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint()
        await desk.heard(anna())
        await desk.sender.write()
        await desk.sender.send()
        await asyncio.to_thread(desk.receiver.rung.wait, 10)
        await desk.sender.close()
        desk.clock.pass_(59)
        await desk.told()
        assert sum(desk.receiver.came.values()) == 1, "another one may have it still"
        desk.clock.pass_(1)
        await desk.told()
        ((message, times),) = desk.receiver.came.items()
        assert (times, list(desk.receiver.taken)) == (2, [message])

    with receiving(lambda id_, times: "hang" if times == 1 else "ok") as receiver:
        desk(hub_address, look, receiver)


def test_several_who_work_write_and_send_each_message_once(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        await desk.heard(*(anna(f"a{number}") for number in range(TOGETHER + 20)))
        others = [Sender(desk.hub, desk.post) for _ in range(3)]
        for _ in range(2):
            await asyncio.gather(*(each.write() for each in others))
        while await desk.due():
            await asyncio.gather(*(each.send() for each in others))
            await asyncio.gather(*(each.idle() for each in others))
        assert len(await desk.messages(id_)) == TOGETHER + 20
        assert set(desk.receiver.came.values()) == {1}
        assert len(desk.receiver.taken) == TOGETHER + 20
        assert 1 < desk.receiver.most_at_once <= 24

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_one_that_hangs_holds_nobody_up(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint(name="hangs")
        with receiving() as quick:
            await desk.endpoint(name="quick", url=quick.url)
            await desk.heard(*(anna(f"a{number}") for number in range(30)))
            await desk.sender.write()
            async with asyncio.timeout(30):  # half of what those that hang are given
                while len(quick.taken) < 30:
                    await desk.sender.send()
                    await asyncio.sleep(0.01)
            assert (len(desk.receiver.taken), desk.receiver.most_at_once) == (0, 8)

    with receiving(lambda id_, times: "hang") as receiver:
        desk(sparing_address, look, receiver, longest=60)


def test_both_secrets_sign_while_one_takes_the_place_of_the_other(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        old = desk.receiver.secret
        new = await desk.hub.endpoints.rotate(id_, DAY, "anna")
        for secret in (old, new):
            desk.receiver.secret = secret
            await desk.hub.endpoints.test(id_)
            await desk.told()
        assert desk.receiver.forged == 0
        desk.clock.pass_(DAY)
        desk.receiver.secret = old
        await desk.hub.endpoints.test(id_)
        await desk.told()
        assert (desk.receiver.forged, sum(desk.receiver.came.values())) == (1, 3)
        await desk.hub.outbox.forget()
        async with desk.hub.reader.snapshot() as snapshot:
            assert await snapshot.value("SELECT count(*) FROM endpoint_secret") == 1

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_test_message_tells_nothing_and_has_attempts(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        message = await desk.hub.endpoints.test(id_)
        await desk.told()
        assert desk.receiver.taken == {
            message: {"type": "endpoint.test", "timestamp": "2026-01-01T00:00:00Z", "data": {"endpoint": id_}}
        }

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_limits_of_clients_are_not_those_of_messages(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        desk.hub.limits = Limits(trusted_only=True, max_cost=1, rate_limit=1)
        await desk.endpoint()
        await desk.heard(anna())
        await desk.told()
        assert types(desk.receiver) == ["touchpoint.created"]

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_what_the_graph_cannot_show_is_told_as_the_ledger_has_it(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        desk.hub.limits = Limits(max_depth=1)
        await desk.endpoint()
        await desk.heard(anna("a1"), anna("a2"))
        await desk.told()
        assert types(desk.receiver) == ["touchpoint.created"] * 2
        for told in desk.receiver.taken.values():
            assert {**told["data"], "sequence": "", "id": ""} == {
                "sequence": "", "id": "", "kind": "TOUCHPOINT_ADDED", "at": "2026-01-01T00:00:00.000000Z",
                "historical": False,
            }  # fmt: skip

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_nothing_goes_to_a_private_address(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        await desk.hub.endpoints.test(id_)
        async with Post(Reach()) as post:
            desk.sender = Sender(desk.hub, post)
            await desk.told()
        (message,) = await desk.messages(id_)
        fault = "127.0.0.1 leads to an address that is not public; the hub does not connect to it."
        assert (await desk.attempts(message), message.state) == ([(None, fault, None)], "WAITING")
        assert desk.receiver.came == {}

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_secrets_are_sealed_again_with_a_new_key(sparing_address: str) -> None:
    old, new = new_key(), new_key()

    async def opened(keys: str, *, make: bool = False) -> None:
        clock = Clock()
        async with (
            await Hub.open(sparing_address, REGISTRY, COMPANY, clock, secret_key=keys) as hub,
            Post(HERE) as post,
        ):
            held = Desk(hub, post, receiver, clock)
            if make:
                await held.endpoint()
            (endpoint,) = await held.all()
            await hub.endpoints.test(endpoint.id)
            await held.told()

    with receiving() as receiver:
        asyncio.run(opened(old, make=True))
        asyncio.run(opened(f"{new},{old}"))
        asyncio.run(opened(new))
    assert (len(receiver.taken), receiver.forged) == (3, 0)


def test_who_works_tells_within_moments(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint()
        monkeypatch.setattr(sending_module, "_LOOK", 60.0)  # so that it is news that wakes them
        async with sending(desk.hub, desk.post):
            for number in range(5):
                desk.receiver.rung.clear()
                await desk.heard(anna(f"a{number}"))
                assert await asyncio.to_thread(desk.receiver.rung.wait, 5)

    with receiving() as receiver:
        desk(hub_address, look, receiver)


def test_what_ended_is_forgotten_after_thirty_days(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        id_ = await desk.endpoint()
        await desk.hub.endpoints.test(id_)
        await desk.told()
        desk.clock.pass_(30 * DAY)
        assert await desk.hub.outbox.forget() == 0
        desk.clock.pass_(1)
        assert await desk.hub.outbox.forget() == 1
        assert await desk.messages(id_) == []

    with receiving() as receiver:
        desk(sparing_address, look, receiver)


def test_what_would_be_too_many_waits_in_the_ledger(sparing_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.endpoint()
        await desk.heard(anna())
        async with desk.hub.reader.snapshot() as snapshot:
            (num,) = (await snapshot.all("SELECT num FROM endpoint"))[0]
        rows = f"SELECT value AS n FROM json_each('{json.dumps(list(range(MOST_WAITING)))}')"
        if "://" in sparing_address:
            rows = f"SELECT n FROM generate_series(0, {MOST_WAITING - 1}) n"
        fill = (
            "INSERT INTO message (num, id, endpoint, type, at, body, state, tries, next_at) "
            f"SELECT 100 + n, 'msg_' || n, {num}, 'endpoint.test', 0, '{{}}', 'WAITING', 0, 0 FROM ({rows}) given"
        )
        await desk.hub.threads.store(lambda session: session.run(fill))
        assert await desk.hub.outbox.behind() == []
        await desk.hub.threads.store(lambda session: session.run("DELETE FROM message WHERE id = 'msg_7'"))
        assert len(await desk.hub.outbox.behind()) == 1

    with receiving() as receiver:
        desk(sparing_address, look, receiver)

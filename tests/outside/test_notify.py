"""What the hub tells others is signed, sent once by each attempt, and reaches nobody it may not reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import standardwebhooks
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connectors.social.mastodon import Mastodon
from hub import signatures
from hub.app import at_work
from hub.asking import client
from hub.errors import ConfigWrong, HubError, RetryLater, SourceFailed
from hub.ingest.hub import Hub
from hub.outgoing import Reach
from hub.registry import Registry, load_registry
from hub.settings import read_settings
from hub.signatures.standard import new_secret
from hub.work import notify
from hub.work.notify import Notifier, ReceiverGone
from hub.work.posting import Post
from tests.connectors.mastodon_server import TOKEN, Server
from tests.outside.listening import listener, served

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Reach.allowing(["127.0.0.1"])


def told(url: str, keys: Sequence[str], body: bytes = b'{"type":"source.unhealthy"}', reach: Reach = HERE) -> None:
    asyncio.run(Notifier(keys, reach=reach, clock=lambda: AT)(url, "turn_1", body))


def answering(*answers: Response) -> Starlette:
    left = list(answers)

    async def receive(request: Request) -> Response:
        return left.pop(0) if len(left) > 1 else left[0]

    return Starlette(routes=[Route("/hook", receive, methods=["POST"])])


def test_a_notification_is_signed_as_the_standard_says() -> None:
    old, new = new_secret(), new_secret()
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as receiver:
        told(f"http://127.0.0.1:{receiver.port}/hook?who=me", [old, new])
        head, _, body = receiver.heard[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert (lines[0], body) == ("POST /hook?who=me HTTP/1.1", b'{"type":"source.unhealthy"}')
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("turn_1", "1772366400")
    assert headers["content-type"] == "application/json"
    for key in (old, new):
        assert signatures.standard.sign([key], "turn_1", AT, body)["webhook-signature"] in headers["webhook-signature"]


def test_each_attempt_has_the_same_id_and_a_time_of_its_own() -> None:
    times = [AT, AT.replace(minute=5)]
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as receiver:
        notifier = Notifier([new_secret()], reach=HERE, clock=lambda: times[len(receiver.heard)])
        for _ in times:
            asyncio.run(notifier(f"http://127.0.0.1:{receiver.port}", "turn_1", b"{}"))
        ids = [line for heard in receiver.heard for line in heard.split(b"\r\n") if line.startswith(b"webhook-id")]
        stamps = {line for heard in receiver.heard for line in heard.split(b"\r\n") if b"timestamp" in line}
    assert ids == [b"webhook-id: turn_1"] * 2
    assert len(stamps) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (Response(status_code=500), SourceFailed, "127.0.0.1 answered 500 to a notification."),
        (Response(status_code=400), SourceFailed, "127.0.0.1 answered 400 to a notification."),
        (Response(status_code=301, headers={"location": "/hook"}), SourceFailed, "127.0.0.1 answered 301 to a notifi"),
        (Response(status_code=410), ReceiverGone, "127.0.0.1 wants no notifications any more (410 Gone)."),
        (Response(status_code=429, headers={"retry-after": "30"}), RetryLater, "127.0.0.1 answered 429 to a notifi"),
        (Response(status_code=429), SourceFailed, "127.0.0.1 answered 429 to a notification."),
    ],
)
def test_only_2xx_means_that_it_was_taken(answer: Response, kind: type[HubError], message: str) -> None:
    with served(answering(answer)) as url:
        with pytest.raises(kind) as failed:
            told(f"{url}/hook?token=s3cret", [new_secret()])
        assert type(failed.value) is kind
        assert failed.value.message.startswith(message)
        assert not isinstance(failed.value, RetryLater) or failed.value.after == 30
    with served(answering(Response(status_code=202))) as url:
        told(f"{url}/hook", [new_secret()])


def test_cookies_are_not_kept() -> None:
    async def twice(url: str) -> None:
        async with Post(HERE) as post:
            for _ in range(2):
                await post(url, [new_secret()], "msg_1", b"{}")

    with listener(b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n") as receiver:
        asyncio.run(twice(f"http://127.0.0.1:{receiver.port}/"))
        assert [b"cookie" in heard.lower() for heard in receiver.heard] == [False, False]


def test_nothing_is_told_to_a_private_address_nor_where_a_redirect_leads() -> None:
    with listener() as own:
        for url in (f"http://127.0.0.1:{own.port}", f"http://[::1]:{own.port}", f"http://2130706433:{own.port}"):
            with pytest.raises(ConfigWrong):
                told(url, [new_secret()], reach=Reach())
        to = f"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{own.port}/\r\n\r\n"
        with listener(to.encode()) as sending, pytest.raises(SourceFailed):
            told(f"http://127.0.0.1:{sending.port}", [new_secret()])
        assert own.heard == []


def test_an_endless_answer_is_not_read() -> None:
    sent = []

    async def endless(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(10_000):
                sent.append(1)
                yield b"x" * 65536
                await asyncio.sleep(0)

        return StreamingResponse(pieces())

    with served(Starlette(routes=[Route("/hook", endless, methods=["POST"])])) as url:
        told(f"{url}/hook", [new_secret()])
    assert len(sent) < 1000


def test_a_receiver_that_drips_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "LONGEST", 0.3)
    done = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for letter in b"HTTP/1.1 204 No Content\r\n" + b"x: y\r\n" * 100:
            if writer.is_closing():
                break
            writer.write(bytes([letter]))
            await asyncio.sleep(0.02)
        writer.close()
        done.set()

    async def main() -> str:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with asyncio.timeout(20):
                with pytest.raises(SourceFailed) as failed:
                    await Notifier([new_secret()], reach=HERE)(url, "turn_1", b"{}")
                await done.wait()
            return failed.value.message

    assert asyncio.run(main()) == "127.0.0.1 did not answer within 0.3 seconds."


def test_nothing_goes_out_without_a_key() -> None:
    with listener() as receiver:
        with pytest.raises(ConfigWrong) as wrong:
            told(f"http://127.0.0.1:{receiver.port}", [])
        assert wrong.value.message == "Set HUB_NOTIFY_SECRET: it signs what the hub tells."
        assert receiver.heard == []


@pytest.mark.long
def test_a_hub_at_work_tells_of_a_source_that_fails(hub_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_secret()
    with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as receiver:
        monkeypatch.setenv("HUB_DATA", str(hub_folder))
        monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")
        monkeypatch.setenv("HUB_NOTIFY_URL", f"http://127.0.0.1:{receiver.port}/hook")
        monkeypatch.setenv("HUB_NOTIFY_SECRET", key)

        async def main() -> None:
            settings = read_settings()
            registry = Registry({**load_registry().connectors, "social.mastodon": Mastodon}, {})
            async with await Hub.open(settings.address, registry) as hub:
                with served(Server().app) as address:  # and is gone when it is pulled
                    given = {"server": address, "access_token": TOKEN}
                    source = (await hub.create_source("Shop", "social.mastodon", given)).ids[0]
                monkeypatch.setattr(client, "ATTEMPTS", 1)
                await hub.sync(source)
                await hub.pulled(source)
                async with at_work(hub, settings, 1):
                    assert await asyncio.to_thread(receiver.answered.wait, 30)

        asyncio.run(main())
        head, _, body = receiver.heard[0].partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    # The library of the standard says that it is genuine, and raises otherwise.
    said = standardwebhooks.Webhook(key).verify(body, headers)
    assert (said["type"], said["data"]["state"]) == ("source.unhealthy", "FAILING")
    assert headers["webhook-id"] == said["data"]["id"]

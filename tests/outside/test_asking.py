"""What passes is waited for as long as the provider says; what does not is said in one sentence."""

from __future__ import annotations

import asyncio
import gzip
import logging
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hub.asking import client
from hub.errors import ConfigWrong, HubError, RetryLater, SignInAgain, SourceFailed
from hub.outgoing import Reach
from hub.outside import Budget, Outside
from tests.outside.listening import listener, served
from tests.outside.worlds import START, World, in_turn

OK = httpx.Response(200, json={"rows": [1]})


def asked(world: World, method: str = "GET", path: str = "/api", **options: Any) -> httpx.Response:
    budget = options.pop("budget", None)

    async def ask() -> httpx.Response:
        async with world.outside(budget=budget).http("https://books.example") as http:
            return await http.request(method, path, **options)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500), httpx.Response(502), httpx.Response(503), httpx.Response(408), httpx.Response(429),
        httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
    ids=lambda failure: str(getattr(failure, "status_code", None) or type(failure).__name__),
)  # fmt: skip
def test_what_passes_is_asked_again(failure: httpx.Response | Exception) -> None:
    world = World(in_turn(failure, failure, OK))
    assert asked(world).json() == {"rows": [1]}
    assert (len(world.requests), len(world.slept)) == (3, 2)


def test_waits_grow_at_random_up_to_six_attempts() -> None:
    random.seed(1)  # once in some hundred thousand the waits together are more than anybody waits
    most = [0.0] * 5
    for _ in range(200):
        world = World(in_turn(httpx.Response(500)))
        with pytest.raises(SourceFailed) as failed:
            asked(world)
        assert failed.value.message == "books.example answered 500 Internal Server Error."
        assert len(world.requests) == 6
        most = [max(pair) for pair in zip(most, world.slept, strict=True)]
        assert all(0.1 <= wait <= 2**number for number, wait in enumerate(world.slept))
    assert all(wait > 0.8 * 2**number for number, wait in enumerate(most))


RESETS = [
    ({"retry-after": "20"}, 20),
    ({"retry-after": format_datetime(START + timedelta(seconds=30), usegmt=True)}, 30),
    ({"retry-after": "20", "x-ratelimit-reset": "2026-03-01T12:00:40.000Z"}, 40),
    ({"retry-after": "20", "x-ratelimit-reset": "45"}, 45),
    ({"retry-after": "20", "x-ratelimit-reset": str(int(START.timestamp()) + 50)}, 50),
    ({"retry-after": "20", "x-ratelimit-reset": "soon"}, 20),
]


@pytest.mark.parametrize(("headers", "wait"), RESETS)
def test_a_provider_that_says_how_long_is_not_asked_before(headers: dict[str, str], wait: float) -> None:
    world = World(in_turn(httpx.Response(429, headers=headers), OK))
    assert asked(world, budget=Budget(300, 300, reset="X-RateLimit-Reset")).status_code == 200
    assert wait <= world.asked[1] <= wait + 1


def test_retry_after_is_kept_by_503_and_its_reset_header_says_nothing() -> None:
    headers = {"retry-after": "20", "x-ratelimit-reset": "45"}
    world = World(in_turn(httpx.Response(503, headers=headers), OK))
    asked(world, budget=Budget(300, 300, reset="X-RateLimit-Reset"))
    assert 20 <= world.asked[1] <= 21


def test_a_long_wait_is_left_to_whoever_comes_next() -> None:
    world = World(in_turn(httpx.Response(429, headers={"retry-after": "300"})))
    with pytest.raises(RetryLater) as later:
        asked(world)
    assert (len(world.requests), world.slept) == (1, [])
    assert 300 <= later.value.after <= 301
    assert later.value.message == "books.example asks for patience."


def test_a_storm_of_429_ends_after_a_minute() -> None:
    world = World(in_turn(httpx.Response(429, headers={"retry-after": "25"})))
    with pytest.raises(RetryLater):
        asked(world)
    assert len(world.requests) == 3
    assert sum(world.slept) <= 60


def test_retry_after_nothing_is_no_busy_loop() -> None:
    world = World(in_turn(httpx.Response(429, headers={"retry-after": "0"})))
    with pytest.raises(RetryLater):
        asked(world)
    assert len(world.requests) == 6
    assert all(wait >= 0.1 for wait in world.slept)


@pytest.mark.parametrize("value", ["-5", "nan", "inf", "", "a while", "Fri, 99 Foo 2026 12:00:00 GMT"])
def test_a_retry_after_that_nobody_can_read_is_none(value: str) -> None:
    world = World(in_turn(httpx.Response(503, headers={"retry-after": value}), OK))
    assert asked(world).status_code == 200
    assert world.slept[0] <= 1


def test_a_retry_after_of_years_is_a_day() -> None:
    world = World(in_turn(httpx.Response(503, headers={"retry-after": "999999999"})))
    with pytest.raises(RetryLater) as later:
        asked(world)
    assert later.value.after <= 86_401


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (401, SignInAgain, "books.example does not take our credentials (401 Unauthorized)."),
        (403, SignInAgain, "books.example does not take our credentials (403 Forbidden)."),
        (404, SourceFailed, "books.example answered 404 Not Found."),
        (410, SourceFailed, "books.example answered 410 Gone."),
        (302, SourceFailed, "books.example sends us to another address (302 Found)."),
        (501, SourceFailed, "books.example answered 501 Not Implemented."),
        (799, SourceFailed, "books.example answered 799."),
    ],
)
def test_what_does_not_pass_is_said_at_once_and_without_a_secret(
    status: int, kind: type[HubError], message: str
) -> None:
    world = World(in_turn(httpx.Response(status, headers={"location": "https://books.example/else"}, text="s3cret")))
    with pytest.raises(kind) as failed:
        asked(world, path="/bot-s3cret/rows?key=s3cret")
    assert type(failed.value) is kind
    assert failed.value.message == message
    assert len(world.requests) == 1


def test_a_status_that_the_caller_expects_is_an_answer() -> None:
    world = World(in_turn(httpx.Response(410, json={"error": "cursor"})))
    answer = asked(world, extensions={"expect": {404, 410}})
    assert (answer.status_code, answer.json()) == (410, {"error": "cursor"})


@pytest.mark.parametrize(
    ("failure", "requests"),
    [
        (httpx.Response(500), 1),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.Response(429), 2),
        (httpx.Response(503), 2),
        (httpx.ConnectError("refused"), 2),
    ],
)
def test_a_post_goes_again_only_where_nothing_was_done_with_it(
    failure: httpx.Response | Exception, requests: int
) -> None:
    world = World(in_turn(failure, OK))
    with suppress(SourceFailed):
        asked(world, "POST", json={"a": 1})
    assert len(world.requests) == requests
    again = World(in_turn(failure, OK))
    asked(again, "POST", json={"a": 1}, extensions={"again": True})
    assert [request.content for request in again.requests] == [b'{"a":1}'] * 2


def test_credentials_never_go_to_another_server() -> None:
    world = World(in_turn(OK))
    with pytest.raises(SourceFailed) as failed:
        asked(world, path="https://elsewhere.example/api?max_id=7")
    assert failed.value.message == "books.example names a page of another server, elsewhere.example."
    for other in ("http://books.example/api", "https://books.example:444/api"):
        with pytest.raises(SourceFailed):
            asked(world, path=other)
    assert world.requests == []
    assert asked(world, path="https://books.example:443/api").status_code == 200


def test_our_headers_stay_behind_where_a_redirect_goes_to_another_server() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        to = {"/a": "https://books.example/b", "/b": "https://files.example/c"}.get(request.url.path)
        return httpx.Response(302, headers={"location": to}) if to else OK

    world = World(answer)

    async def ask() -> None:
        headers = {"X-Api-Key": "s3cret", "Authorization": "Bearer s3cret"}
        async with world.outside().http("https://books.example", headers=headers) as http:
            await http.get("/a", follow_redirects=True)

    asyncio.run(ask())
    keys = [(each.url.host, each.headers.get("x-api-key"), "authorization" in each.headers) for each in world.requests]
    assert keys == [
        ("books.example", "s3cret", True),
        ("books.example", "s3cret", True),
        ("files.example", None, False),
    ]


def test_redirects_in_a_circle_end() -> None:
    world = World(in_turn(httpx.Response(302, headers={"location": "https://books.example/api"})))
    with pytest.raises(SourceFailed) as failed:
        asked(world, follow_redirects=True)
    assert failed.value.message == "books.example sent us round in circles."


# On real sockets ----------------------------------------------------------------------------------------------------


def get(url: str, path: str = "/", **options: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        outside = Outside(sleep=_no_wait, reach=Reach.allowing(["127.0.0.1"]))
        async with outside.http(url) as http:
            return await http.get(path, **options)

    return asyncio.run(ask())


async def _no_wait(seconds: float) -> None:
    """For servers that would be asked again."""


def test_an_answer_larger_than_any_is_refused_packed_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LARGEST", 1_000_000)

    async def endless(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(1000):
                yield b"x" * 65536
                await asyncio.sleep(0)

        return StreamingResponse(pieces())

    async def packed(request: Request) -> Response:
        return Response(gzip.compress(b"x" * 2_000_000), headers={"content-encoding": "gzip"})

    async def fitting(request: Request) -> Response:
        return Response(gzip.compress("৳ ১২০".encode() * 9), headers={"content-encoding": "gzip"})

    routes = [Route("/endless", endless), Route("/packed", packed), Route("/fitting", fitting)]
    with served(Starlette(routes=routes)) as url:
        for path in ("/endless", "/packed"):
            with pytest.raises(SourceFailed) as failed:
                get(url, path)
            assert failed.value.message == "127.0.0.1 answered with more than 1 MB."
        assert get(url, "/fitting").text == "৳ ১২০" * 9


def test_an_answer_that_drips_for_ever_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LONGEST", 0.3)
    monkeypatch.setattr(client, "ATTEMPTS", 2)

    async def dripping(request: Request) -> Response:
        async def drops() -> AsyncIterator[bytes]:
            while True:
                yield b"."
                await asyncio.sleep(0.05)

        return StreamingResponse(drops())

    with served(Starlette(routes=[Route("/", dripping)])) as url, pytest.raises(SourceFailed) as failed:
        get(url)
    assert failed.value.message == "127.0.0.1 did not answer in time."


def test_an_answer_cut_short_is_asked_again() -> None:
    with listener(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf") as cutting:
        with pytest.raises(SourceFailed) as failed:
            get(f"http://127.0.0.1:{cutting.port}")
        assert failed.value.message == "127.0.0.1 broke off its answer."
        assert len(cutting.heard) == 6


def test_lines_of_a_stream_come_as_they_are_sent_and_its_faults_are_told() -> None:
    async def lines(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(3):
                yield f"{number}\n".encode()

        return StreamingResponse(pieces())

    async def refused(request: Request) -> Response:
        return Response("no", 401)

    async def cut(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"0\n"
            raise ConnectionResetError

        return StreamingResponse(pieces(), headers={"content-length": "10"})

    async def heard(answer: httpx.Response, got: list[str]) -> None:
        async for line in answer.aiter_lines():
            got.append(line)  # noqa: PERF401 (what came before a fault counts)

    async def read(url: str) -> list[str]:
        got: list[str] = []
        outside = Outside(reach=Reach.allowing(["127.0.0.1"]))
        async with outside.http(url) as http:
            async with http.stream("GET", "/lines") as answer:
                await heard(answer, got)
            with pytest.raises(SignInAgain):
                async with http.stream("GET", "/refused"):
                    pass
            async with http.stream("GET", "/cut") as answer:
                with pytest.raises(SourceFailed):
                    await heard(answer, got)
            return got

    with served(Starlette(routes=[Route("/lines", lines), Route("/refused", refused), Route("/cut", cut)])) as url:
        assert asyncio.run(read(url)) == ["0", "1", "2", "0"]


def test_a_private_address_is_out_of_reach_for_a_connector() -> None:
    async def ask(url: str) -> None:
        async with Outside(reach=Reach()).http(url) as http:
            await http.get("/")

    with listener() as own:
        with pytest.raises(ConfigWrong):
            asyncio.run(ask(f"http://127.0.0.1:{own.port}"))
        assert own.heard == []


def test_no_address_and_no_header_is_written_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "httpx")
    caplog.set_level(logging.DEBUG)
    with listener(b"HTTP/1.1 204 No Content\r\nset-cookie: session=s3cret\r\n\r\n") as own:
        get(f"http://127.0.0.1:{own.port}", "/?key=s3cret", headers={"authorization": "Bearer s3cret"})
    assert "s3cret" not in caplog.text

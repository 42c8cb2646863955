"""A Mastodon server as its documentation describes it, as far as one account's notifications go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

import connectors.social.mastodon

TOKEN = "token-of-the-shop"
SAMPLE = Path(connectors.social.mastodon.__file__).parent / "samples" / "mastodon.json"


def notifications() -> list[Any]:
    """The sample, oldest first."""
    return list(json.loads(SAMPLE.read_text(encoding="utf-8")))


def order(number: str) -> tuple[int, str]:
    return len(number), number


class Server:
    """``held``: notifications, oldest first. ``page``: what it gives at once at most, whatever is asked."""

    def __init__(self, held: list[Any] | None = None, *, page: int = 80) -> None:
        self.held = notifications() if held is None else held
        self.page = page
        self.asked: list[str] = []
        self.streaming: str | None = None
        self.links = True
        self.heartbeats = 0.05
        self.app = Starlette(
            routes=[
                Route("/api/v1/notifications", self._notifications),
                Route("/api/v1/accounts/verify_credentials", self._credentials),
                Route("/api/v2/instance", self._instance),
                Route("/api/v1/streaming/user/notification", self._stream),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        self.asked.append(f"{request.url.path}?{request.url.query}".rstrip("?"))
        if request.headers.get("authorization") == f"Bearer {TOKEN}":
            return None
        return JSONResponse({"error": "The access token is invalid"}, 401)

    async def _credentials(self, request: Request) -> Response:
        own = {"id": "14715", "username": "shop", "acct": "shop", "display_name": "The Shop"}
        return self._refusal(request) or JSONResponse(own)

    async def _instance(self, request: Request) -> Response:
        urls = {"streaming": self.streaming} if self.streaming else {}
        return self._refusal(request) or JSONResponse({"domain": "social.example", "configuration": {"urls": urls}})

    async def _notifications(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        query = request.query_params
        excluded = set(query.getlist("exclude_types[]"))
        there = [each for each in self.held if each["type"] not in excluded]
        if "min_id" in query:  # the ones right after it
            there = [each for each in there if order(each["id"]) > order(query["min_id"])]
            there = there[: self._limit(query)]
        else:  # the newest
            there = [each for each in there if order(each["id"]) > order(query.get("since_id", ""))]
            there = there[-self._limit(query) :]
        headers = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299"}
        if there and self.links:
            at = str(request.url.replace(query=""))
            headers["Link"] = f'<{at}?max_id={there[0]["id"]}>; rel="next", <{at}?min_id={there[-1]["id"]}>; rel="prev"'
        body = json.dumps(there[::-1], ensure_ascii=False).encode()
        return Response(body, headers=headers, media_type="application/json")

    def _limit(self, query: Any) -> int:
        return min(int(query.get("limit", 40)), 80, self.page)

    async def _stream(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        seen = len(self.held)

        async def events() -> AsyncIterator[bytes]:
            yield b":)\n"
            while not await request.is_disconnected():
                await asyncio.sleep(self.heartbeats)
                yield b":thump\n"
                if len(self.held) > seen:
                    said = json.dumps(self.held[-1])
                    yield f"event: notification\ndata: {said}\n\n".encode()
                    return

        return StreamingResponse(events(), media_type="text/event-stream")

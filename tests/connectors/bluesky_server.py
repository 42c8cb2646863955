"""A server of the AT Protocol as its lexicons describe it, as far as one account's notifications go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import connectors.social.bluesky

HANDLE, PASSWORD, DID = "shop.example", "abcd-efgh-ijkl-mnop", "did:plc:shop2027aaaaaaaaaaaaaaaa"
SAMPLE = Path(connectors.social.bluesky.__file__).parents[1] / "samples" / "bluesky.json"


def notifications() -> list[Any]:
    """The sample, oldest first."""
    return list(json.loads(SAMPLE.read_text(encoding="utf-8")))


class Server:
    """``held``: notifications, oldest first. ``page``: what it gives at once at most. Tokens are numbered;
    ``expire`` ends those of access, and ``forget`` all of them."""

    def __init__(self, held: list[Any] | None = None, *, page: int = 100) -> None:
        self.held = notifications() if held is None else held
        self.page = page
        self.asked: list[str] = []
        self.number = 0
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.forgotten: set[str] = set()
        server = "/xrpc/com.atproto.server"
        self.app = Starlette(
            routes=[
                Route(f"{server}.createSession", self._create, methods=["POST"]),
                Route(f"{server}.refreshSession", self._renew, methods=["POST"]),
                Route("/xrpc/app.bsky.notification.listNotifications", self._notifications),
            ]
        )

    def expire(self) -> None:
        self.access.clear()

    def forget(self) -> None:
        self.access.clear()
        self.refresh.clear()

    def holds(self, token: str) -> bool:
        """Whether an access token is good."""
        return token in self.access

    def _session(self) -> Response:
        self.number += 1
        access, refresh = f"access-{self.number}", f"refresh-{self.number}"
        self.access.add(access)
        self.refresh.add(refresh)
        said = {"accessJwt": access, "refreshJwt": refresh, "handle": HANDLE, "did": DID, "active": True}
        return JSONResponse(said)

    async def _create(self, request: Request) -> Response:
        self.asked.append("createSession")
        if json.loads(await request.body()) == {"identifier": HANDLE, "password": PASSWORD}:
            return self._session()
        said = {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
        return JSONResponse(said, 401)

    async def _renew(self, request: Request) -> Response:
        self.asked.append("refreshSession")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.refresh:
            return JSONResponse({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        return self._session()

    async def _notifications(self, request: Request) -> Response:
        query = request.query_params
        self.asked.append(f"{query.get('cursor', '')}/{query['limit']}/{query['priority']}")
        if not self.holds(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return JSONResponse({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        if (at := query.get("cursor", "")) in self.forgotten:
            return JSONResponse({"error": "InvalidRequest", "message": "Malformed cursor"}, 400)
        order = sorted(self.held, key=lambda each: str(each["indexedAt"]), reverse=True)
        there = [each for each in order if not at or each["indexedAt"] < at]
        given = there[: min(int(query["limit"]), self.page)]
        said = {"notifications": given, "priority": False, "seenAt": "2026-02-03T05:00:00.000Z"}
        if len(there) > len(given):
            said["cursor"] = given[-1]["indexedAt"]
        headers = {"RateLimit-Limit": "3000", "RateLimit-Remaining": "2999", "RateLimit-Policy": "3000;w=300"}
        body = json.dumps(said, ensure_ascii=False).encode()
        return Response(body, headers=headers, media_type="application/json")

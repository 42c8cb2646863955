"""Stripe's API as its documentation describes it, as far as it is read: lists, the newest first, and charges."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import connectors.accounting.stripe

KEY = "rk_live_kit"
SAMPLES: dict[str, Any] = json.loads(
    (Path(connectors.accounting.stripe.__file__).parent.parent / "samples" / "stripe.json").read_text(encoding="utf-8")
)


def _age(each: dict[str, Any]) -> int:
    return -int(each.get("created", 0))


class Server:
    """``lists``: objects by path. ``page``: what is given at once at most. ``missing``: lists it does not have."""

    def __init__(self, *, page: int = 100, missing: Iterable[str] = ()) -> None:
        self.lists: dict[str, list[Any]] = {path: list(held) for path, held in SAMPLES["lists"].items()}
        self.lists["events"] = list(SAMPLES["events"])
        self.page = page
        self.missing = set(missing)
        self.forbidden: set[str] = set()
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(
            routes=[Route("/v1/charges/{id}", self._charge), Route("/v1/{path:path}", self._list)],
        )

    def _refusal(self, request: Request, path: str) -> Response | None:
        self.asked.append(f"{request.url.path.removeprefix('/v1/')}?{request.url.query}")
        self.headers.append(dict(request.headers))
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}, 401)
        if path in self.forbidden:
            return JSONResponse({"error": {"type": "invalid_request_error", "message": "permissions"}}, 403)
        if path in self.missing or path not in self.lists:
            return JSONResponse({"error": {"message": f"Unrecognized request URL (GET: /v1/{path})"}}, 404)
        return None

    async def _list(self, request: Request) -> Response:
        path = request.path_params["path"]
        if refused := self._refusal(request, path):
            return refused
        held = sorted(self.lists[path], key=_age)
        if after := request.query_params.get("starting_after"):
            ids = [each["id"] for each in held]
            if after not in ids:
                error = {"code": "resource_missing", "message": f"No such object: '{after}'", "param": "starting_after"}
                return JSONResponse({"error": error}, 400)
            held = held[ids.index(after) + 1 :]
        most = min(int(request.query_params.get("limit", 10)), self.page)
        said = {"object": "list", "data": held[:most], "has_more": len(held) > most, "url": f"/v1/{path}"}
        return Response(json.dumps(said, ensure_ascii=False, indent=2).encode(), media_type="application/json")

    async def _charge(self, request: Request) -> Response:
        if refused := self._refusal(request, "charges"):
            return refused
        found = [each for each in self.lists["charges"] if each["id"] == request.path_params["id"]]
        return JSONResponse(found[0]) if found else JSONResponse({"error": {"code": "resource_missing"}}, 404)

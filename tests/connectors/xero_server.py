"""Xero as its documentation describes it: access tokens, refresh tokens that are good for one use, lists in pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

import connectors.accounting
from connectors.accounting.xero.dates import instant
from hub import sdk

SAMPLES: dict[str, Any] = json.loads(
    (Path(connectors.accounting.__file__).parent / "samples" / "xero.json").read_text(encoding="utf-8")
)
TENANT: str = SAMPLES["notices"]["events"][0]["tenantId"]
KEY = "cHJvb2Y="
SETTINGS: dict[str, Any] = {
    "client_id": "app",
    "client_secret": "kit-client-secret",
    "refresh_token": "kit-refresh-0",
    "tenant_id": TENANT,
    "webhook_keys": [KEY],
    "sales_accounts": ["200"],
}


class Xero:
    """``held``: the objects of each list; ``size``: of a page, at most; ``asked``: what was asked for, in order."""

    def __init__(self, size: int = 1000, held: dict[str, list[Any]] | None = None) -> None:
        self.held: dict[str, list[Any]] = held or {
            name: list(each) for name, each in SAMPLES.items() if name != "notices"
        }
        self.size = size
        self.asked: list[str] = []
        self.rotated = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What Xero answers."""
        if request.url.path == "/connect/token":
            self.rotated += 1
            said = {"access_token": f"access-{self.rotated}", "refresh_token": f"kit-refresh-{self.rotated}"}
            return httpx.Response(200, json={**said, "expires_in": 1800, "token_type": "Bearer"})
        if not request.headers.get("authorization", "").startswith("Bearer access-"):
            return httpx.Response(401)
        if request.headers.get("xero-tenant-id") != TENANT:
            return httpx.Response(403)
        name = request.url.path.rpartition("/")[2]
        self.asked.append(f"{name} {request.headers.get('if-modified-since', '')} {request.url.params['page']}")
        return self._listed(name, request)

    def _listed(self, name: str, request: httpx.Request) -> httpx.Response:
        since = request.headers.get("if-modified-since")
        found = sorted(self.held[name], key=_changed)
        if since:
            found = [each for each in found if _changed(each) >= sdk.instant(since)]
        size = min(self.size, int(request.url.params["pageSize"]))
        page, pages = int(request.url.params["page"]), -(-len(found) // size)
        pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(found)}
        body = {"Id": "1", "Status": "OK", "pagination": pagination, name: found[(page - 1) * size : page * size]}
        return httpx.Response(200, content=json.dumps(body, ensure_ascii=False))


def _changed(held: Any) -> Any:
    return instant(held["UpdatedDateUTC"])

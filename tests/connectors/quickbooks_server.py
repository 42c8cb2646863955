"""QuickBooks Online as its documentation describes it: access tokens, queries in pages, what has changed in 30 days."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

import connectors.accounting

SAMPLES: dict[str, Any] = json.loads(
    (Path(connectors.accounting.__file__).parent / "samples" / "quickbooks.json").read_text(encoding="utf-8")
)
KINDS = ("Customer", "Invoice", "Payment", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate")
REALM: str = SAMPLES["older"]["eventNotifications"][0]["realmId"]
TOKEN = "0e9a5c2d-verifier"
SETTINGS: dict[str, Any] = {
    "client_id": "app",
    "client_secret": "kit-client-secret",
    "refresh_token": "kit-refresh-0",
    "realm_id": REALM,
    "verifier_tokens": [TOKEN],
    "currency": "USD",
}
_QUERY = re.compile(
    r"select \* from (\w+)(?: where (.*?))? orderby MetaData\.LastUpdatedTime STARTPOSITION (\d+) MAXRESULTS (\d+)"
)


class QuickBooks:
    """``held``: the objects of each kind, those deleted among them; ``now``: its clock; ``asked``: in order."""

    def __init__(self, held: dict[str, list[Any]] | None = None, now: str = "2026-03-01T04:00:00-08:00") -> None:
        self.held: dict[str, list[Any]] = held or {name: list(SAMPLES[name]) for name in KINDS}
        self.now = now
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What QuickBooks answers."""
        if request.url.path == "/oauth2/v1/tokens/bearer":
            said = {"access_token": "access", "refresh_token": "kit-refresh-0", "expires_in": 3600}
            return httpx.Response(200, json={**said, "x_refresh_token_expires_in": 8640000, "token_type": "bearer"})
        if request.headers.get("authorization") != "Bearer access":
            return httpx.Response(401)
        kind = {f"/v3/company/{REALM}/query": self._found, f"/v3/company/{REALM}/cdc": self._changed}
        if request.url.path not in kind:
            return httpx.Response(403)
        said = kind[request.url.path](dict(request.url.params)) | {"time": self.now}
        return httpx.Response(200, content=json.dumps(said, ensure_ascii=False))

    def _found(self, asked: dict[str, str]) -> dict[str, Any]:
        self.asked.append(asked["query"])
        found = _QUERY.fullmatch(asked["query"])
        assert found is not None, asked["query"]
        name, where, start, most = found[1], found[2] or "", int(found[3]), int(found[4])
        held = sorted((each for each in self.held[name] if each.get("status") != "Deleted"), key=_at)
        if since := re.search(r"LastUpdatedTime >= '([^']+)'", where):
            held = [each for each in held if _at(each) >= _time(since[1])]
        if "Active in (true, false)" not in where:
            held = [each for each in held if each.get("Active", True)]
        page = held[start - 1 : start - 1 + most]
        return {"QueryResponse": {name: page, "startPosition": start, "maxResults": len(page)} if page else {}}

    def _changed(self, asked: dict[str, str]) -> dict[str, Any]:
        name, since = asked["entities"], _time(asked["changedSince"])
        self.asked.append(f"cdc {name} {asked['changedSince']}")
        assert (_time(self.now) - since).days < 30
        found = [each for each in self.held[name] if _at(each) >= since][:1000]
        answer = {name: found, "startPosition": 1, "maxResults": len(found)} if found else {}
        return {"CDCResponse": [{"QueryResponse": [answer]}]}


def _at(held: Any) -> datetime:
    return _time(held["MetaData"]["LastUpdatedTime"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

"""Meta as its documentation describes it: the deliveries of an app, and the Graph API as far as leads go."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx

import connectors.social.meta
from hub import sdk
from hub import testing as kit

SECRET, TOKEN, VERIFY = "app-secret-of-the-shop", "page-token-of-the-shop", "verify-token-of-the-shop"
PAGE, INSTAGRAM = "1067280970047460", "17841405309211844"
SETTINGS = {"app_secrets": [SECRET], "verify_token": VERIFY, "page": PAGE, "page_token": TOKEN}
SAMPLE: dict[str, Any] = json.loads(
    (Path(connectors.social.meta.__file__).parents[1] / "samples" / "meta.json").read_text(encoding="utf-8")
)


def signed(payload: Any, secret: str = SECRET) -> sdk.Delivery:
    """As Meta signs: the bytes as they are sent, in which letters beyond ASCII are escaped."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return kit.delivery(body, {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"})


class Graph:
    """``page``: what a list gives at once at most. ``failing``: an error that is answered to the next request."""

    def __init__(self, *, page: int = 100) -> None:
        self.page = page
        self.asked: list[str] = []
        self.failing: list[httpx.Response] = []
        self.leads: dict[str, list[Any]] = {name: list(leads) for name, leads in SAMPLE["leads"].items()}

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the Graph API says to a request."""
        query = request.url.params
        filtering = json.loads(query.get("filtering", "[{}]"))[0].get("value", 0)
        self.asked.append(f"{request.url.path} after={query.get('after', '')} since={filtering}")
        if self.failing:
            return self.failing.pop(0)
        proof = hmac.digest(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hex()
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or query.get("appsecret_proof") != proof:
            return error(190)
        _, _, thing, what = request.url.path.split("/")
        there = SAMPLE["forms"] if what == "leadgen_forms" else self.leads[thing]
        there = [each for each in there if not filtering or _at(each) > filtering]
        if not query.get("after", "0").isdecimal():
            return error(100)
        first = int(query.get("after", "0"))
        given = there[first : first + min(self.page, int(query["limit"]))]
        after = first + len(given)
        paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(after)}}
        if after < len(there):
            paging["next"] = f"https://graph.facebook.com{request.url.path}?after={after}"
        return httpx.Response(200, json={"data": given, **({"paging": paging} if given else {})})


def error(code: int, status: int = 400, **headers: str) -> httpx.Response:
    """An error as the Graph API tells it."""
    said = {"message": "no", "type": "OAuthException", "code": code, "fbtrace_id": "A1"}
    return httpx.Response(status, json={"error": said}, headers=headers)


def _at(lead: Any) -> float:
    return sdk.instant(lead["created_time"]).timestamp()

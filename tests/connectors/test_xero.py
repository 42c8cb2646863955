"""accounting.xero against a server as Xero's documentation describes it, and Xero's own examples."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx

from connectors.accounting.xero.connector import Xero
from hub import sdk
from hub import testing as kit
from hub.testing import ConnectorSuite
from tests.connectors.xero_server import KEY, SAMPLES, SETTINGS
from tests.connectors.xero_server import Xero as Server


def signed(payload: Any, key: str = KEY) -> sdk.Delivery:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature = base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()
    return kit.delivery(body, {"content-type": "application/json", "x-xero-signature": signature})


class TestXeroKit(ConnectorSuite):
    connector = Xero
    settings = SETTINGS
    provider = staticmethod(Server(size=2).answer)
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time, which Xero knows for ever"}

    def expired(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connect/token":
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(401)

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"notices": [signed(SAMPLES["notices"])]}

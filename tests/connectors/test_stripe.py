"""accounting.stripe: asked and told, what each object means, and whose it is."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from connectors.accounting.stripe.connector import Stripe
from hub import sdk
from hub import testing as kit
from hub.testing import ConnectorSuite
from tests.connectors.stripe_server import KEY, SAMPLES, Server
from tests.signatures.vectors import digest

SECRET, OLD = "whsec_stripe_new", "whsec_stripe_old"
SETTINGS = {"key": KEY, "signing_secrets": [SECRET, OLD]}


def written(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=2).encode()


def signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    made = digest(secret.encode(), f"{int(at.timestamp())}.".encode() + body).hex()
    return {"stripe-signature": f"t={int(at.timestamp())},v1={made},v0=ignored"}


class TestStripe(ConnectorSuite):
    connector = Stripe
    settings = SETTINGS
    provider = Server(page=2).app
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time: by the clock it is seen what Stripe forgot"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        bodies = [written(each) for each in SAMPLES["events"]]
        return {"objects": [kit.delivery(body, signed(body, kit.NOW)) for body in bodies]}

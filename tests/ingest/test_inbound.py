"""Mail that is posted, in an open hub: told twice it is one, and a token that was used is not believed."""

from __future__ import annotations

import asyncio

from connectors.email.inbound.connector import Inbound
from hub import sdk
from hub.clock import now
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.sealing import new_key
from tests.connectors.test_inbound import MAILS, SECRET, form, signed
from tests.ingest.builders import COMPANY, REGISTRY
from tests.ingest.test_tracking import found
from tests.settled import settled


async def posted(hub: Hub, source: str, raw: bytes, token: str) -> int:
    at = str(int(now().timestamp()))
    plain = form({"body-mime": raw, **signed(token, at)})
    delivery = sdk.Delivery(
        "POST", "/in/Mail/messages/mime", {}, plain.headers, plain.body, "", now(), b"", rest="mime"
    )
    reply = await hub.deliver(source, "messages", delivery)
    await settled(hub)
    return reply.status


def test_a_mail_to_two_of_our_addresses_is_one_touchpoint_and_a_token_is_good_once(hub_address: str) -> None:
    async def run() -> None:
        registry = Registry({**REGISTRY.connectors, "email.inbound": Inbound}, {})
        settings = {"vendor": "mailgun", "secrets": [SECRET], "own_addresses": ["@shop.example"]}
        async with await Hub.open(hub_address, registry, COMPANY, secret_key=new_key()) as hub:
            (source,) = (await hub.create_source("Mail", "email.inbound", settings)).ids
            assert [await posted(hub, source, MAILS[0], token) for token in ("a" * 50, "b" * 50)] == [200, 200]
            touchpoints = "SELECT kind, thread FROM touchpoint"
            assert await found(hub, touchpoints) == [("email", "r1@post.example")]
            assert await posted(hub, source, MAILS[3], "a" * 50) == 200
            assert await found(hub, touchpoints) == [("email", "r1@post.example")]
            assert await found(hub, "SELECT code FROM problem") == [("CONTRADICTS",)]

    asyncio.run(run())

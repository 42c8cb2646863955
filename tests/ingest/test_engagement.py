"""What a mail vendor tells, in an open hub: with the mail of a mailbox in one thread, once however often it is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.email.engagement.connector import Engagement
from connectors.email.mailbox import Mailbox
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.sealing import new_key
from tests.connectors.test_engagement import SECRET, sent
from tests.ingest.builders import COMPANY, REGISTRY
from tests.settled import settled
from tests.signatures.vectors import NOW

OURS = """From: Shop <shop@shop.example>
To: Rahim <rahim@x.example>
Date: Sun, 1 Mar 2026 11:58:00 +0000
Message-ID: <m-1@shop.example>
Subject: Your order

It is on its way.
"""


def happened(event: str, **more: Any) -> dict[str, Any]:
    mail = {"headers": {"message-id": "m-1@shop.example", "subject": "Your order"}}
    said = {"event": event, "recipient": "Rahim@x.example", "timestamp": 1772366340.5, "message": mail, **more}
    return {"event-data": said}


def test_a_mail_and_what_became_of_it_are_one_thread_of_one_customer(hub_address: str, tmp_path: Path) -> None:
    (tmp_path / "our.eml").write_text(OURS)
    registry = Registry({**REGISTRY.connectors, "email.engagement": Engagement, "email.mailbox": Mailbox}, {})

    async def run() -> None:
        async with await Hub.open(hub_address, registry, COMPANY, secret_key=new_key()) as hub:
            mailbox = {"path": str(tmp_path), "own_addresses": ["@shop.example"]}
            (mails,) = (await hub.create_source("Mails", "email.mailbox", mailbox)).ids
            vendor = {"vendor": "mailgun", "secrets": [SECRET]}
            (source,) = (await hub.create_source("Mailgun", "email.engagement", vendor)).ids
            await hub.sync(mails)
            await hub.pulled(mails)

            async def told(payload: dict[str, Any], token: str) -> int:
                delivery = sent("mailgun", payload, token)
                return (await hub.deliver(source, "notices", replace(delivery, received_at=NOW))).status

            async def found(statement: str) -> list[tuple[Any, ...]]:
                await settled(hub)
                return await looked(statement)

            async def looked(statement: str) -> list[tuple[Any, ...]]:
                async with hub.reader.snapshot() as snapshot:
                    return [tuple(each) for each in await snapshot.all(statement)]

            clicked = happened("clicked", url="https://shop.example/17")
            assert await told(happened("delivered"), "a" * 50) == 200
            for _ in range(3):
                assert await told(clicked, "b" * 50) == 200
            touchpoints = "SELECT kind, thread, customer IS NOT NULL FROM touchpoint ORDER BY kind"
            expected = [(kind, "m-1@shop.example", True) for kind in ("email", "email.click", "email.delivery_notice")]
            assert await found(touchpoints) == expected
            assert await found("SELECT touchpoints FROM customer WHERE touchpoints > 0") == [(3,)]
            assert await found("SELECT count(*) FROM problem") == [(0,)]
            # Mailgun signs the token and not the body: another body under a known one is shown, and changes nothing.
            assert await told(happened("complained"), "b" * 50) == 200
            assert await found(touchpoints) == expected
            assert await found("SELECT count(*) FROM problem") == [(1,)]

    asyncio.run(run())

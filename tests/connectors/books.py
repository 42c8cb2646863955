"""A hub that has pulled the books of a company, and what they come to for each customer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from hub import sdk
from hub.client import Client
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from tests.settled import settled

WORTH = """query Worth($currency: Currency!) { customers(first: 20) { edges { node { id kind name
  timeline { totalCount }
  value(currency: $currency) { revenue { amount } paid { amount } outstanding { amount } orders } } } } }"""


def shown(found: Iterable[sdk.Touchpoint]) -> list[tuple[str, str, str, str]]:
    """Kind, part, amount and what is settled."""
    return [
        (each.kind, each.part, f"{each.amount.amount} {each.amount.currency}" if each.amount else "",
         each.properties.get("settles", ""))
        for each in found
    ]  # fmt: skip


def in_a_hub(
    connector: type[sdk.Connector],
    settings: Mapping[str, Any],
    answer: Callable[[httpx.Request], httpx.Response],
    folder: Path,
    look: Callable[[Hub, str], Awaitable[Any]],
    *,
    backwards: bool = False,
) -> Any:
    """What is seen in a hub that has pulled a server; ``backwards``: the last stream first."""

    class Lent(connector):  # type: ignore[misc, valid-type]
        def __init__(self, settings: Any, outside: sdk.Outside | None = None) -> None:
            super().__init__(settings, replace(outside or sdk.Outside(), transport=httpx.MockTransport(answer)))

        def streams(self) -> Any:
            return super().streams()[:: -1 if backwards else 1]

    async def main() -> Any:
        registry = Registry({**load_registry().connectors, connector.name: Lent}, {})
        async with await Hub.open(str(folder), registry) as hub:
            source = (await hub.create_source("Books", connector.name, settings)).ids[0]
            await hub.sync(source)
            await hub.pulled(source)
            return await look(hub, source)

    return asyncio.run(main())


async def worth(hub: Hub, currency: str) -> dict[str, tuple[Any, ...]]:
    """Of each firm: touchpoints, revenue, paid, outstanding, orders."""
    await settled(hub)
    found = [
        each["node"] for each in (await Client.of(hub).execute(WORTH, {"currency": currency}))["customers"]["edges"]
    ]
    return {
        each["name"]: (
            each["timeline"]["totalCount"],
            *(str(each["value"][name]["amount"]) for name in ("revenue", "paid", "outstanding")),
            each["value"]["orders"],
        )
        for each in found
        if each["kind"] == "ORGANISATION"
    }

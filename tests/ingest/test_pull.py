"""Asking sources, and those that cannot be asked."""

from __future__ import annotations

import asyncio

import pytest

from hub.errors import InputWrong
from hub.ingest.hub import Hub
from hub.registry import load_registry


def test_a_source_that_is_told_cannot_be_pulled(hub_address: str) -> None:
    async def told() -> None:
        async with await Hub.open(hub_address, load_registry()) as hub:
            source = (await hub.create_source("Forms", "webforms.endpoint", {"origins": ["*"]})).ids[0]
            await hub.sync(source)

    with pytest.raises(InputWrong, match="Forms is told, not asked"):
        asyncio.run(told())

"""Reading pages in a thread, the next one while the last is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator

from hub import sdk


async def ahead(pages: Generator[sdk.Page, None, None]) -> AsyncIterator[sdk.Page]:
    """The pages in order. Whoever stops early waits for the page that is being read, so that its file is closed."""
    following = asyncio.create_task(asyncio.to_thread(next, pages, None))
    try:
        while (page := await asyncio.shield(following)) is not None:
            following = asyncio.create_task(asyncio.to_thread(next, pages, None))
            yield page
    finally:
        await asyncio.gather(following, return_exceptions=True)
        pages.close()

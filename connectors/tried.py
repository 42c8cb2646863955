"""Credentials, tried before the first pull: one question to the server that they are for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from hub import sdk

_LONGEST = 5
"""Seconds within which a server answers whoever sets up a source; what asks for that has ten."""


def exposed(address: str, place: str, secret: str) -> Iterator[str]:
    """A sentence where anybody on the way could read a secret; ``place`` and ``secret`` are names of settings."""
    url = urlsplit(address)
    if url.scheme == "http" and url.hostname not in ("localhost", "127.0.0.1"):
        yield f"{place}: use https, so that nobody on the way reads the {secret.rpartition('_')[2]}."


def refused(ask: Callable[[], Awaitable[object]], address: str, place: str, secret: str) -> Iterator[str]:
    """What is wrong with an address or a secret, by what becomes of a question. It is not asked over plain HTTP."""
    faults = list(exposed(address, place, secret))
    if not faults:
        with ThreadPoolExecutor(1) as thread:  # whoever tries them may have an event loop of its own
            faults = thread.submit(asyncio.run, _faults(ask, address, place, secret)).result()
    yield from faults


async def _faults(ask: Callable[[], Awaitable[object]], address: str, place: str, secret: str) -> list[str]:
    try:
        async with asyncio.timeout(_LONGEST):
            await ask()
    except sdk.RetryLater:  # it is busy: that says nothing about the settings
        return []
    except sdk.SignInAgain as error:
        return [f"{secret}: {error.message}"]
    except (sdk.ConfigWrong, sdk.SourceFailed) as error:
        return [f"{place}: {error.message}"]
    except TimeoutError:
        return [f"{place}: {address} did not answer within {_LONGEST} seconds."]
    return []

"""The clients of graphql-ws and graphql-sse follow a hub that is killed and comes back."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.sending import Sender
from tests.faults.serving import PATIENCE, ServedHub, founded, held, until_processed
from tests.faults.test_followers import ADDED, first_cursor
from tests.npm.installed import HERE, installed

ROWS = 60


@pytest.mark.long
@pytest.mark.parametrize("library", ["graphql-ws", "graphql-sse"])
def test_clients_of_the_protocols_own_libraries_come_again_and_miss_nothing(
    tmp_path: Path, serving: Callable[..., ServedHub], library: str
) -> None:
    tools = installed("graphql-live")
    account = founded(str(tmp_path / "hub"))
    hub = serving(str(tmp_path / "hub"))
    hub.start()
    asyncio.run(Sender(account, [hub.url]).all([0], resend=0))
    until_processed(hub.address)
    script = str(HERE / "graphql-live" / "follow.mjs")
    given = (library, str(tools), f"{hub.url}/graphql", account.token, first_cursor(hub, account))
    printed = tmp_path / "seen"
    with printed.open("w") as out, subprocess.Popen(["node", script, *given], stdout=out, stderr=out) as client:
        try:
            for first in (1, ROWS // 3, 2 * ROWS // 3):
                asyncio.run(Sender(account, [hub.url]).all(range(first, first + ROWS // 3)))
                until_processed(hub.address)
                hub.kill()
                hub.start()
            _, *expected = [str(id_) for (id_,) in held(hub.address, ADDED)]
            deadline = time.monotonic() + PATIENCE
            while len(printed.read_text().split()) < len(expected) and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(0.5)
            assert client.poll() is None, printed.read_text()
        finally:
            client.kill()
    assert printed.read_text().split() == expected

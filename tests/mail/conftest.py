"""The mail servers that tests speak to."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.servers import Dovecot, Pymap
from tests.mail.tokens import TokenServer


@pytest.fixture(scope="session")
def tokens() -> Iterator[TokenServer]:
    """A provider's token endpoint, which Dovecot asks whether a token holds."""
    server = TokenServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def dovecot(tokens: TokenServer) -> Iterator[Dovecot]:
    """Dovecot; each test uses a user of its own."""
    if reason := Dovecot.missing():
        pytest.skip(reason)
    # Not below pytest's own folders: other users than root must get there, and paths of sockets are short.
    with tempfile.TemporaryDirectory(prefix="hub-mail-", ignore_cleanup_errors=True) as folder:
        server = Dovecot(Path(folder), tokens.port)
        yield server
        server.stop()


@pytest.fixture
def pymap() -> Iterator[Pymap]:
    """A pymap of this test alone."""
    server = Pymap()
    yield server
    server.stop()


@pytest.fixture
def user() -> str:
    """A user no other test knows."""
    return f"u{uuid.uuid4().hex[:12]}"

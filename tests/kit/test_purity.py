"""What a function asks of the world is seen."""

import json
import os
import random
import secrets
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hub import sdk
from hub.testing.purity import asked


def connecting() -> None:
    with suppress(OSError), socket.socket() as there:
        there.settimeout(0.01)
        there.connect(("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (lambda: datetime.now(UTC), "datetime.now"),
        (lambda: date.today(), "date.today"),  # noqa: DTZ011
        (lambda: time.time(), "time.time"),
        (lambda: time.sleep(0), "time.sleep"),
        (lambda: os.urandom(1), "posix.urandom"),
        (lambda: uuid.uuid4(), "posix.urandom"),
        (lambda: secrets.token_hex(2), "posix.urandom"),
        (lambda: random.random(), "Random.random"),
        (lambda: random.choice([1, 2]), "Random.getrandbits"),
        (connecting, "socket.connect"),
    ],
)
def test_what_is_asked_of_the_world_is_seen(function: Callable[[], object], seen: str) -> None:
    assert seen in asked(function)[1]


@pytest.mark.parametrize(
    "function",
    [
        lambda: json.loads(b'{"a": [1.5, null]}'),
        lambda: datetime.fromisoformat("2026-03-01T09:30:00").replace(tzinfo=ZoneInfo("Asia/Dhaka")).astimezone(UTC),
        lambda: sdk.instant("2026-03-01T15:30", zone="Asia/Dhaka"),
        lambda: random.Random(7).random(),
    ],
)
def test_what_follows_from_the_input_alone_is_not(function: Callable[[], object]) -> None:
    assert asked(function)[1] == []

"""When a source is pulled next."""

from __future__ import annotations

import random

from hub.connector import Connector, PullStream

LIVE = 900
"""Seconds after which a live source is pulled although it told of no news, where nobody says otherwise."""
_FIRST = 2.0
"""Seconds of the first back-off, which every failure doubles."""
_LONGEST = 3600.0
_SPREAD = 0.1
"""The share by which a wait is longer at random, so that what began together does not stay together."""


def live_streams(connector: Connector | None) -> list[PullStream]:
    """The streams of a connector whose news can be waited for."""
    streams = connector.streams() if connector else ()
    return [each for each in streams if isinstance(each, PullStream) and each.live]


def interval(connector: Connector | None, every: int | None) -> int | None:
    """Seconds between two pulls; None where a source is pulled only when somebody asks.

    ``every`` is what the source's owner says: None is as the connector does, 0 is never.
    """
    if every is not None or connector is None:
        return every or None
    if not any(isinstance(each, PullStream) for each in connector.streams()):
        return None
    return connector.every or (LIVE if live_streams(connector) else None)


def wait(interval: float, pulled: float, chance: random.Random) -> float:
    """Seconds from the end of a pull that took ``pulled`` seconds to the next one."""
    return max(0.0, interval * (1 + chance.uniform(0, _SPREAD)) - pulled)


def back_off(failures: int, after: float | None, chance: random.Random) -> float:
    """Seconds to wait after so many failures in a row, the source having asked for ``after``: at least these.

    Exponential with full jitter (M. Brooker, "Exponential backoff and jitter", 2015), but never none at all.
    """
    longest = min(_LONGEST, _FIRST * 2.0 ** min(failures, 32))
    asked = (after or 0.0) * (1 + chance.uniform(0, _SPREAD))
    return max(asked, chance.uniform(_FIRST / 2, longest))

"""When a source is pulled next."""

from __future__ import annotations

import random
from typing import NamedTuple

from hub.connector import Connector, PullStream
from hub.ingest.pull import PullEnd

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


class Following(NamedTuple):
    """What follows a pull: the next one ``after`` seconds, or none by the clock; ``blocked`` says why not.

    ``failures`` are counted as in the lease.
    """

    after: float | None
    failures: int = 0
    blocked: str | None = None


def following(
    end: PullEnd, interval: float | None, *, failures: int, brought: bool, took: float, chance: random.Random
) -> Following:
    """What follows a pull that ended so, ``took`` seconds and ``brought`` something new, after so many ``failures``."""
    if end.state == "INTERRUPTED":
        return Following(0.0, failures)
    if end.sign_in:
        return Following(None, failures + 1, end.fault)
    if end.state == "FAILED":
        # Whoever gets on, if only page by page, need not wait ever longer.
        failures = 1 if brought else failures + 1
        return Following(None if interval is None else back_off(failures, end.after, chance), failures)
    return Following(None if interval is None else wait(interval, took, chance))

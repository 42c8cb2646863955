"""What a replay and a rebuild came to, as their runs tell."""

from __future__ import annotations

from typing import Any

import orjson

from hub.api.graph import described, object_type
from hub.store.sources import StoredRun


@object_type
class Replayed:
    """What a replay came to."""

    added: int = described("Touchpoints that were there for the first time.")
    changed: int = described("Touchpoints that say something else.")
    retracted: int = described("Touchpoints that no standing row yields any more.")
    restored: int = described("Touchpoints that are back.")
    solved: int = described("Records that can be read and could not.")
    unreadable: int = described("Records that cannot be read and could.")


@object_type
class Rebuilt:
    """What a rebuild came to."""

    records: int = described("The last truth number that is in it.")
    seconds: float = described("How long the new projection was filled.")
    fingerprint: str | None = described("The hash of the new projection, where it was asked for.")
    identical: bool | None = described("Whether the old projection had the same hash; null where it was not asked for.")
    differing: list[str] = described("The tables in which they differ.")


def replayed(run: StoredRun) -> Replayed | None:
    """What a replay came to; None while it goes on."""
    told = _told(run, "REPLAY")
    if told is None:
        return None
    names = ("added", "changed", "retracted", "restored", "solved", "unreadable")
    return Replayed(**{name: told.get(name, 0) for name in names})


def rebuilt(run: StoredRun) -> Rebuilt | None:
    """What a rebuild came to; None while it goes on."""
    told = _told(run, "REBUILD")
    if told is None or "seconds" not in told:
        return None
    differing = told.get("differing")
    return Rebuilt(
        records=told["records"], seconds=told["seconds"], fingerprint=told.get("fingerprint"),
        identical=None if differing is None else not differing, differing=differing or [],
    )  # fmt: skip


def _told(run: StoredRun, kind: str) -> dict[str, Any] | None:
    return orjson.loads(run.outcome) if run.kind == kind and run.outcome is not None else None

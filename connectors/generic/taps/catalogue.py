"""What a tap has to offer, and the selection of one stream of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from hub import sdk

Entry = dict[str, Any]


def entries(discovered: bytes) -> list[Entry]:
    """The streams of a catalogue. Raises ``SourceFailed`` for what is none."""
    try:
        said = orjson.loads(discovered)
        found = said["streams"]
        if isinstance(found, list) and all(isinstance(each, dict) and names(each) for each in found):
            return found
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise sdk.SourceFailed("What the tap discovers is no catalogue of streams.")


def names(entry: Entry) -> set[str]:
    """The names a stream goes by: that of its messages, and that of the catalogue."""
    return {each for each in (entry.get("stream"), entry.get("tap_stream_id")) if isinstance(each, str) and each}


def selected(streams: list[Entry], wanted: str, replication: Mapping[str, str]) -> tuple[bytes, set[str]]:
    """The catalogue with one stream selected, all of its properties; and the names of the stream.

    Streams that it hangs on stay in the catalogue, unselected: taps read them as far as they need. ``replication``:
    metadata such as ``replication-method``. Raises ``ConfigWrong``.
    """
    chosen = [entry for entry in streams if wanted in names(entry)]
    if not chosen:
        there = ", ".join(sorted({str(entry.get("stream") or entry["tap_stream_id"]) for entry in streams})[:40])
        raise sdk.ConfigWrong(f"the tap has no stream {wanted!r}; it has: {there}", path=f"settings.streams.{wanted}")
    for entry in streams:
        _select(entry, {"selected": entry is chosen[0], **(replication if entry is chosen[0] else {})})
    for member in ("replication-method", "replication-key"):
        if member in replication:
            chosen[0][member.replace("-", "_")] = replication[member]
    return orjson.dumps({"streams": streams}), names(chosen[0])


def _select(entry: Entry, said: Mapping[str, Any]) -> None:
    """In the metadata, as taps read it today, and in the schema, as the first ones did."""
    metadata = entry["metadata"] if isinstance(entry.get("metadata"), list) else []
    places = [each for each in metadata if isinstance(each, dict)]
    if not any(each.get("breadcrumb") == [] for each in places):
        places.append({"breadcrumb": [], "metadata": {}})
    for each in places:
        about = each.setdefault("metadata", {})
        if each.get("breadcrumb") == []:
            about.update(said)
        elif said["selected"] and about.get("inclusion") != "unsupported":
            about["selected"] = True
    entry["metadata"] = places
    if isinstance(entry.get("schema"), dict):
        entry["schema"]["selected"] = said["selected"]

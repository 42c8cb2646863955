"""What a tap writes: SCHEMA, RECORD and STATE, one JSON object a line; the Singer specification, version 0.3."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.generic.mapping import LONGEST_KEY
from connectors.generic.taps.process import Line
from connectors.members import object_of
from connectors.objects import Object, content_key
from hub import sdk

_STREAM = re.compile(rb'"stream"\s*:\s*"([^"\\]*)"')
DELETED = "_sdc_deleted_at"
"""By this member taps that read a database's log say that a row is gone."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a later run goes on, once all records before it are stored. What it says is the tap's own affair."""

    value: Any


@dataclass(slots=True)
class Reader:
    """Makes rows of the lines of a run. ``streams``: the names under which the wanted stream comes.

    ``row`` is the row of a record but for its payload, its key empty where the settings name none; None: not wanted.
    """

    streams: Collection[str]
    row: Callable[[Object], sdk.Row | None]
    _keys: Sequence[str] | None = field(default=None, init=False)
    """The key properties of the schema that was heard last."""
    _fault: str = field(default="the record came before the SCHEMA of its stream", init=False)

    def take(self, line: Line) -> sdk.Row | State | None:
        """The row of a RECORD, a STATE, or None. Raises ``SourceFailed`` for data that comes by another way."""
        if line.sha256:
            return self._too_long(line)
        try:
            said = object_of(line.raw)
        except sdk.RowUnreadable as problem:
            # Some taps print remarks among their messages.
            return _unreadable(line.raw, None, problem.message) if line.raw.lstrip().startswith(b"{") else None
        kind = str(said.get("type")).upper()
        if kind == "STATE":
            return State(said.get("value"))
        if said.get("stream") not in self.streams:
            return None
        match kind:
            case "RECORD":
                return self._record(line.raw, said.get("record"))
            case "SCHEMA":
                self._schema(said)
            case "BATCH":
                raise sdk.SourceFailed("The tap writes BATCH messages, whose files are not read here: no batch_config.")
        return None

    def _schema(self, said: Object) -> None:
        keys = said.get("key_properties")
        if keys is None or (isinstance(keys, list) and all(isinstance(each, str) for each in keys)):
            self._keys = keys or []
        else:
            self._keys, self._fault = None, "the SCHEMA of the stream has key_properties that are no list of names"

    def _record(self, raw: bytes, record: object) -> sdk.Row | None:
        if not isinstance(record, dict):
            return _unreadable(raw, {"record": record}, "the record is no object")
        row = self.row(record)
        if row is None:
            return None
        if not row.key:
            if self._keys is None:
                return _unreadable(raw, record, self._fault)
            if missing := [name for name in self._keys if record.get(name) is None]:
                return _unreadable(raw, record, f"the record has no {missing[0]!r}, which is part of its key")
            row = replace(row, key=_key(record, self._keys) or content_key(raw, record, "record"))
        return replace(row, payload=raw, deleted=record.get(DELETED) is not None)

    def _too_long(self, line: Line) -> sdk.Row | None:
        stream = _STREAM.search(line.raw)
        if stream is not None and stream[1].decode("utf-8", "replace") not in self.streams:
            return None
        envelope = {"problem": f"{line.size:,} bytes are more than a line may have", "sha256": line.sha256}
        return sdk.Row(f"unreadable/{line.sha256[:32]}", line.raw, {**envelope, "size": str(line.size)})


def _key(record: Object, names: Sequence[str]) -> str:
    """The value of one key property as it is; of several, their list."""
    values = [record[name] for name in names]
    if not names:
        return ""
    if len(values) == 1 and isinstance(values[0], str):
        key = values[0]
    else:
        held = values[0] if len(values) == 1 else values
        key = json.dumps(held, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    return key if len(key) <= LONGEST_KEY else content_key(key.encode("utf-8", "replace"), None, "long")


def _unreadable(raw: bytes, content: Object | None, problem: str) -> sdk.Row:
    """Kept under its content, without the time at which it was read: the next run brings it again."""
    return sdk.Row(content_key(raw, content, "unreadable"), raw, {"problem": problem})

"""From stored rows to touchpoints: which version stands, and what it means."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from hub.connector import Nature, Row, Stream
from hub.errors import HubError, RowUnreadable
from hub.ids import touchpoint_id
from hub.ingest.outcomes import Problem
from hub.journey.documents import Part, fold, instant
from hub.store.writing.records import Payload, Version
from hub.values import ReferenceData, Touchpoint

_log = logging.getLogger(__name__)
_REPAIR = "The log has the reason; it will be read again after a repair."


@dataclass(frozen=True, slots=True)
class Reading:
    """What one record means: touchpoints with their ids, rows about the business, or a problem."""

    version: Version
    heard: int
    touchpoints: Mapping[str, Touchpoint] = field(default_factory=dict)
    reference: Sequence[ReferenceData] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A touchpoint ready to be written.

    ``heard`` is the least truth number of its rows, ``digest`` the digest of what it was read from.
    """

    id: str
    touchpoint: Touchpoint
    at: int
    source: int
    records: tuple[int, ...]
    heard: int
    recorded_at: int
    historical: bool
    digest: str


def standing(versions: Sequence[Version], nature: Nature) -> tuple[Version | None, list[Version]]:
    """The version that stands, and those that contradict it (events only).

    Events: the first. States: the greatest source version, ties by digest; without source versions the last heard.
    """
    if not versions:
        return None, []
    if nature is Nature.EVENTS:
        first, *others = versions
        if any(version.deleted for version in others):
            return max((version for version in versions if version.deleted), key=lambda version: version.number), []
        return first, others
    if any(version.source_version is not None for version in versions):
        return max(versions, key=lambda version: (_ordered(version.source_version), version.digest)), []
    return versions[-1], []


def _ordered(source_version: str | None) -> tuple[int, int, str]:
    if source_version is None:
        return (0, 0, "")
    if source_version.isascii() and source_version.isdigit():
        return (1, int(source_version), "")
    return (2, 0, source_version)


def read(version: Version, heard: int, payload: Payload, stream: Stream, source: str, zone: ZoneInfo) -> Reading:
    """Map one record. Whatever its connector raises becomes the record's problem and stops nothing."""
    row = Row(payload.key, payload.payload, payload.envelope, version.source_version, payload.deleted)
    if row.deleted:
        return Reading(version, heard)
    touchpoints: dict[str, Touchpoint] = {}
    reference: list[ReferenceData] = []
    try:
        for mapped in stream.touchpoints(row):
            if not isinstance(mapped, Touchpoint):
                reference.append(mapped)
                continue
            instant(mapped.occurred_at, zone)
            key = mapped.document if mapped.document is not None else row.key
            id_ = touchpoint_id(source, stream.name, key, mapped.part)
            if id_ in touchpoints:
                raise RowUnreadable(  # noqa: TRY301 (like the connector's own refusals, it becomes the problem)
                    f"two touchpoints of one row are both called {mapped.part!r}"
                )
            touchpoints[id_] = mapped
    except HubError as error:
        return Reading(version, heard, problem=Problem(RowUnreadable.code, error.message, error.path, error.hint))
    except Exception:  # noqa: BLE001 (a connector may fail in any way)
        _log.exception("connector of %s could not read record %s", source, version.number)
        return Reading(version, heard, problem=Problem("INTERNAL", "The connector failed on this row.", hint=_REPAIR))
    return Reading(version, heard, touchpoints, tuple(reference))


def drafts(readings: Iterable[Reading], zone: ZoneInfo) -> tuple[list[Draft], dict[int, Problem]]:
    """Touchpoints from readings, those of several rows folded into one; and problems that only folding showed."""
    gathered: dict[str, list[Reading]] = {}
    for reading in readings:
        for id_ in reading.touchpoints:
            gathered.setdefault(id_, []).append(reading)
    made: list[Draft] = []
    problems: dict[int, Problem] = {}
    for id_, said in gathered.items():
        said.sort(key=lambda reading: reading.version.number)
        try:
            folded = fold([Part(r.version.key, r.heard, r.touchpoints[id_]) for r in said], zone)
        except RowUnreadable as error:
            problems[said[-1].version.number] = Problem(error.code, error.message, error.path, error.hint)
            said = said[:-1]
            folded = fold([Part(r.version.key, r.heard, r.touchpoints[id_]) for r in said], zone)
        lead = min(said, key=lambda reading: reading.heard).version
        made.append(
            Draft(
                id_, folded, instant(folded.occurred_at, zone), lead.source,
                tuple(reading.version.number for reading in said), min(reading.heard for reading in said),
                lead.received_at, lead.historical, _digest(said),
            )
        )  # fmt: skip
    return made, problems


def _digest(said: Sequence[Reading]) -> str:
    if len(said) == 1:
        return said[0].version.digest
    return hashlib.sha256("+".join(reading.version.digest for reading in said).encode()).hexdigest()[:32]

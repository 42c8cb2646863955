"""From stored rows to touchpoints: which version stands, and what it means."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from hub.connector import Nature, Row, Stream
from hub.errors import HubError, RowUnreadable
from hub.ids import touchpoint_id
from hub.ingest.held import meaning
from hub.ingest.outcomes import Problem
from hub.ingest.storable import storable
from hub.journey.documents import Part, fold, instant
from hub.money import minor
from hub.store.writing.records import Payload, Version
from hub.values import Campaign, ExchangeRate, ReferenceData, Spend, Touchpoint

_log = logging.getLogger(__name__)
_REPAIR = "The log has the reason; it will be read again after a repair."


@dataclass(slots=True)
class Reading:
    """What one record means: touchpoints with their ids, rows about the business, or a problem."""

    version: Version
    heard: int
    touchpoints: Mapping[str, Touchpoint] = field(default_factory=dict)
    reference: Sequence[ReferenceData] = ()
    problem: Problem | None = None


@dataclass(slots=True)
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
    if all(version.source_version is None for version in versions):
        return versions[-1], []
    return _greatest(versions), []


def _greatest(versions: Sequence[Version]) -> Version:
    """The greatest source version. One without (a deletion, often) stands until one above those before is heard."""
    known = (0, 0, "")
    ranked = []
    for place, version in enumerate(versions):
        without = version.source_version is None
        known = known if without else max(known, _ordered(version.source_version))
        rank = known if without else _ordered(version.source_version)
        ranked.append((rank, without, place if without else 0, version.digest, version))
    return max(ranked, key=lambda each: each[:4])[4]


def above(versions: Sequence[Version], source_version: str) -> bool:
    """Whether a source version is greater than all that were heard."""
    return all(_ordered(version.source_version) < _ordered(source_version) for version in versions)


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
        for mapped in meaning(stream, row):
            if not isinstance(mapped, Touchpoint):
                check_amounts(mapped)
                reference.append(mapped)
                continue
            check(mapped, zone)
            mapped = storable(mapped)
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


def check(touchpoint: Touchpoint, zone: ZoneInfo) -> None:
    """Raise ``InputWrong`` for a time or an amount that cannot be stored, or a day that is none."""
    instant(touchpoint.occurred_at, zone)
    _check_day(touchpoint.properties.get("due_on"))
    for money in (touchpoint.amount, touchpoint.cost):
        if money is not None:
            minor(money)


def _check_day(due_on: object) -> None:
    """Folds reckon with the day a bill is due on: what is none there would stop them."""
    if due_on is None or due_on == "" or isinstance(due_on, date):
        return
    try:
        date.fromisoformat(str(due_on)[:10])
    except ValueError:
        raise RowUnreadable(
            f"{str(due_on)[:40]!r} is not a day: write it as 2026-03-31", path="properties.due_on"
        ) from None


def check_amounts(row: ReferenceData) -> None:
    """Raise ``InputWrong`` for an amount or a rate of reference data that cannot be stored."""
    match row:
        case Campaign():
            amounts = (row.budget, row.spend)
        case Spend():
            amounts = (row.amount, None)
        case ExchangeRate():
            check_rate(row)
            amounts = (None, None)
        case _:
            return
    for money in amounts:
        if money is not None:
            minor(money)


def check_rate(row: ExchangeRate) -> None:
    """Raise ``RowUnreadable`` for what is no exchange rate."""
    for code in (row.base, row.quote):
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise RowUnreadable(
                f"{code[:20]!r} is not a currency: write three capital letters (ISO 4217), like BDT", path="currency"
            )
    if row.base == row.quote:
        raise RowUnreadable(f"a rate of {row.base} in itself says nothing", path="quote")
    if not row.rate.is_finite() or not 0 < row.rate < 10**12 or row.rate.adjusted() < -12:
        raise RowUnreadable(f"{row.rate} is not an exchange rate", path="rate")
    if not 1900 <= row.on.year < 2200:
        raise RowUnreadable(f"a rate of the year {row.on.year}", path="on")


def drafts(readings: Iterable[Reading], zone: ZoneInfo) -> tuple[list[Draft], dict[int, Problem]]:
    """Touchpoints from readings, those of several rows folded into one; and problems that only folding showed."""
    gathered: dict[str, list[Reading]] = {}
    for reading in readings:
        for id_ in reading.touchpoints:
            gathered.setdefault(id_, []).append(reading)
    made: list[Draft] = []
    problems: dict[int, Problem] = {}
    for id_, said in gathered.items():
        said.sort(key=lambda reading: (reading.heard, reading.version.number))
        folded, faults = _fold(id_, said, zone)
        problems |= faults
        good = [reading for reading in said if reading.version.number not in faults]
        lead = good[0].version
        made.append(
            Draft(
                id_, folded, instant(folded.occurred_at, zone), lead.source,
                # Rows that do not fit stay beside those that do: one day they may.
                (*(reading.version.number for reading in good), *faults), good[0].heard,
                lead.received_at, lead.historical, _digest(said),
            )
        )  # fmt: skip
    return made, problems


def _fold(id_: str, said: Sequence[Reading], zone: ZoneInfo) -> tuple[Touchpoint, dict[int, Problem]]:
    """One touchpoint from its rows, and the problems of those that do not fit the ones heard before."""
    parts = [Part(reading.version.key, reading.heard, reading.touchpoints[id_]) for reading in said]
    try:
        return fold(parts, zone), {}
    except RowUnreadable:
        faults: dict[int, Problem] = {}
        fitting = parts[:1]
        for reading, part in zip(said[1:], parts[1:], strict=True):
            try:
                fold([fitting[0], part], zone)
                fitting.append(part)
            except RowUnreadable as error:
                faults[reading.version.number] = Problem(error.code, error.message, error.path, error.hint)
        return fold(fitting, zone), faults


def _digest(said: Sequence[Reading]) -> str:
    if len(said) == 1:
        return said[0].version.digest
    return hashlib.sha256("+".join(reading.version.digest for reading in said).encode()).hexdigest()[:32]

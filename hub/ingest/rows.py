"""A touchpoint as rows of the projection. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from hub.clock import moment
from hub.identity.normalise import fold, masked, masked_name
from hub.ids import line_id
from hub.ingest.mapping import Draft
from hub.journey.documents import precision
from hub.money import minor
from hub.store.writing.customers import MOMENT
from hub.store.writing.touchpoints import COLUMNS
from hub.values import MatterKind, Origin, Touchpoint

_NO_ORIGIN = Origin()


@dataclass(slots=True)
class Place:
    """Where a touchpoint stands in the projection."""

    num: int
    claim: int | None
    anchor: str | None
    customer: int | None
    organisation: int | None
    gave_id: bool
    campaign: int | None


def json_text(value: Any) -> str:
    """JSON with stable member order; decimals and dates as text."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)


def document_key(number: str) -> str:
    """A document number as it is searched: folded, without spaces."""
    return "".join(fold(number).split())


def touchpoint_row(draft: Draft, place: Place, zone: ZoneInfo) -> tuple[object, ...]:
    """The row of a touchpoint, in the order of ``store.writing.touchpoints.COLUMNS``.

    ``number``, ``settles``, ``thread`` and ``due_on`` are properties that folds and search need as columns.
    """
    said = draft.touchpoint
    properties = said.properties
    origin = said.origin or _NO_ORIGIN
    number = _text(properties.get("number")) or said.document
    return (
        place.num, draft.id, draft.source, draft.records[0], draft.heard,
        said.kind, said.channel.value, said.direction.value, said.automated, draft.historical,
        draft.at, moment(draft.at).astimezone(zone).date().isoformat(), precision(said).value, draft.recorded_at, None,
        said.title, said.text,
        minor(said.amount) if said.amount else None, said.amount.currency if said.amount else None,
        minor(said.cost) if said.cost else None, said.cost.currency if said.cost else None,
        format(said.quantity.value, "f") if said.quantity else None, said.quantity.unit if said.quantity else None,
        origin.source or None, origin.medium or None, origin.campaign or None, origin.term or None,
        origin.content or None, origin.click_id or None, origin.referrer or None, origin.landing_page or None,
        place.campaign, number, document_key(number) if number else None,
        _text(properties.get("settles")), _text(properties.get("thread")), _text(properties.get("due_on")),
        _deal_open(said),
        json_text(properties), json_text(said.traits) if said.traits else None,
        place.claim, place.anchor, place.customer, place.organisation, place.gave_id, draft.digest,
    )  # fmt: skip


_MOMENT = itemgetter(*(COLUMNS.index(name) for name in MOMENT))
_KIND, _PROPERTIES = COLUMNS.index("kind"), COLUMNS.index("properties")


def moment_row(row: Sequence[object]) -> tuple[object, ...]:
    """What folds read of a touchpoint's row, as ``store.writing.customers.timelines`` gives it."""
    return (*_MOMENT(row), row[_PROPERTIES] if row[_KIND] == "profile" else None)


def _deal_open(said: Touchpoint) -> bool | None:
    """Whether the touchpoint opens a deal (or shows it open) or closes one; None when it is about none."""
    for claim in said.matters:
        if claim.kind is MatterKind.DEAL:
            return claim.outcome is None if claim.open is None else claim.open
    return None


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def participant_rows(num: int, draft: Draft) -> list[tuple[object, ...]]:
    """The rows of a touchpoint's participants."""
    return [
        (num, position, held.role.value, held.name, held.identifier,
         masked("email" if "@" in held.identifier else "", held.identifier), masked_name(held.name))
        for position, held in enumerate(draft.touchpoint.participants)
    ]  # fmt: skip


def line_rows(num: int, draft: Draft, products: Mapping[tuple[int, str], int]) -> Sequence[tuple[object, ...]]:
    """The rows of a document's lines, in the order they were heard."""
    return [
        (num, position, line_id(draft.id, str(position)), products.get((draft.source, line.sku)), line.description,
         format(line.quantity, "f"), format(line.unit_price.amount, "f"), format(line.amount.amount, "f"),
         format(line.tax.amount, "f") if line.tax else None, line.amount.currency)
        for position, line in enumerate(draft.touchpoint.lines)
    ]  # fmt: skip

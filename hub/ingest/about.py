"""Matters: what touchpoints say about them, and their fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from hub.clock import micros, moment
from hub.ids import matter_id
from hub.ingest.rows import json_text
from hub.journey import claims
from hub.journey.matters import MatterState, Said, fold
from hub.money import major, minor
from hub.store.session import Session
from hub.store.writing import matters
from hub.store.writing.numbers import Numbers
from hub.values import MatterClaim, Money, Touchpoint

_END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A touchpoint that speaks of matters."""

    num: int
    at: int
    source: str
    source_num: int
    touchpoint: Touchpoint


def register(session: Session, numbers: Numbers, spoken: Iterable[Spoken]) -> set[int]:
    """Write what touchpoints say about matters; the answer is the matters to fold again."""
    said: list[tuple[str, Spoken, MatterClaim]] = []
    for each in spoken:
        said += [(_id(each.source, claim), each, claim) for claim in each.touchpoint.matters]
    known = matters.by_id(session, list({id_ for id_, _, _ in said}))
    fresh: list[tuple[object, ...]] = []
    rows: dict[tuple[int, int], tuple[object, ...]] = {}
    for id_, each, claim in said:
        if id_ not in known:
            known[id_] = numbers.next("matter")
            fresh.append(
                _row(
                    known[id_],
                    id_,
                    each.source_num,
                    claim.kind,
                    claim.reference,
                    None,
                    {},
                    (None, None, None),
                    ZoneInfo("UTC"),
                )
            )
        rows[known[id_], each.num] = (known[id_], each.num, each.at, json_text(claims.written(claim)))
    matters.write(session, fresh)
    matters.insert_claims(session, list(rows.values()))
    return {matter for matter, _ in rows}


def written(source: str, touchpoint: Touchpoint) -> Iterable[tuple[str, str]]:
    """What a touchpoint of a source says about matters, as it is kept: (matter id, JSON)."""
    return ((_id(source, claim), json_text(claims.written(claim))) for claim in touchpoint.matters)


def _id(source: str, claim: MatterClaim) -> str:
    """The matter a claim is about: what its source calls it, or an id of the hub's own, which entries name."""
    if claim.reference.startswith("mat_"):
        return claim.reference
    return matter_id(source, claim.kind, claim.reference)


def refold(
    session: Session, nums: Iterable[int], said: matters.Told,
    owners: Mapping[int, tuple[int | None, int | None]], zone: ZoneInfo,
) -> None:  # fmt: skip
    """Fold matters again from what is ``said`` about them, for their ``owners`` (customer, organisation)."""
    wanted = sorted(set(nums))
    named = matters.identities(session, wanted)
    users = matters.users(session) if wanted else {}
    rows: list[tuple[object, ...]] = []
    for num in wanted:
        if num in said:
            state = fold([_said(each) for each in said[num]])
            campaign: int | None = next((each[7] for each in said[num] if each[7] is not None), None)
            rows.append(_row(num, *named[num], state, users, (*owners[num], campaign), zone))
    matters.write(session, rows)
    matters.delete(session, [num for num in wanted if num not in said])


def _said(row: Sequence[Any]) -> Said:
    at, id_, claim, amount, currency, kind = row[:6]
    money = Money(major(amount, currency), currency) if amount is not None else None
    return Said(moment(at), id_, claims.read(orjson.loads(claim)), money, kind)


def _row(
    num: int, id_: str, source: int, kind: str, reference: str, state: MatterState | None, users: Mapping[str, int],
    belongs: tuple[int | None, int | None, int | None], zone: ZoneInfo,
) -> tuple[object, ...]:  # fmt: skip
    customer, organisation, campaign = belongs
    if state is None:
        return (
            num, id_, source, str(kind), reference, reference, None, "open", None, True, None, None, None, None,
            0, None, None, customer, organisation, campaign, "{}",
        )  # fmt: skip
    amount, outstanding = state.amount, state.outstanding
    owner = users.get(state.owner) or users.get(state.owner.lower()) if state.owner else None
    properties = dict(state.properties) | ({"owner": state.owner} if state.owner and owner is None else {})
    return (
        num, id_, source, str(kind), reference, state.title, state.pipeline, state.state,
        state.outcome.value if state.outcome else None, state.open,
        minor(amount) if amount else None, minor(outstanding) if outstanding else None,
        amount.currency if amount else None, owner, micros(state.opened_at), _due(state.due_at, zone),
        micros(state.closed_at) if state.closed_at else None, customer, organisation, campaign, json_text(properties),
    )  # fmt: skip


def _due(due: date | datetime | None, zone: ZoneInfo) -> int | None:
    """A due day ends with the day, in the company's zone."""
    if due is None:
        return None
    if not isinstance(due, datetime):
        due = datetime.combine(due, _END_OF_DAY, zone)
    return micros(due if due.tzinfo else due.replace(tzinfo=zone))

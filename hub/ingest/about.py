"""Matters: what touchpoints say about them, and their fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from hub.clock import micros, moment
from hub.ids import matter_id
from hub.ingest.rows import json_text
from hub.journey import claims
from hub.journey.matters import MatterState, Said, fold
from hub.money import major, minor
from hub.settings import Company
from hub.store.pages import NOWHERE
from hub.store.session import Session
from hub.store.writing import matters
from hub.store.writing.numbers import Numbers
from hub.values import Direction, MatterClaim, Money, Quantity, TimePrecision, Touchpoint

_END_OF_DAY = time(23, 59, 59)
_EPOCH = date(1970, 1, 1).toordinal()


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
            fresh.append(_blank(known[id_], id_, each.source_num, claim))
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
    owners: Mapping[int, tuple[int | None, int | None]], company: Company,
) -> list[tuple[object, ...]]:  # fmt: skip
    """Fold matters again from what is ``said`` about them, for their ``owners`` (customer, organisation).

    The answer is the ledger lines of those that came into another state, as a batch has them.
    """
    wanted = sorted(set(nums))
    named = matters.identities(session, wanted)
    users = matters.users(session) if wanted else {}
    rows: list[tuple[object, ...]] = []
    changes: list[tuple[object, ...]] = []
    for num in wanted:
        if num in said:
            row, states = folded(num, named[num], said[num], users, owners[num], company)
            rows.append(row)
            changes += states
    matters.write(session, rows)
    before = matters.write_changes(session, wanted, changes)
    matters.delete(session, [num for num in wanted if num not in said])
    last = {num: rest for num, _, *rest in changes}
    return [line for num in wanted if (line := _line(named[num][0], before.get(num), last.get(num), said.get(num, ())))]


def _line(
    id_: str, before: matters.State | None, last: Sequence[Any] | None, told: Sequence[Sequence[Any]]
) -> tuple[object, ...] | None:
    """The ledger line of a matter whose ``last`` change is this one, and was ``before`` another; else None."""
    after = None if last is None else matters.state_of(last)
    if before == after:
        return None
    touchpoint = next((each[1] for each in told if last is not None and each[6] == last[5]), None)
    return "MATTER_CHANGED", None, None, None, touchpoint, id_, before and before[0], after and after[0]


Identity = tuple[str, int, str, str]
"""Of a matter: id, source, kind, reference."""


def folded(
    num: int, identity: Identity, told: Sequence[Sequence[Any]], users: Mapping[str, int],
    belongs: tuple[int | None, int | None], company: Company,
) -> tuple[tuple[object, ...], list[tuple[object, ...]]]:  # fmt: skip
    """The row of a matter from what is told of it (``matters.said``), and those of the states it went through."""
    zone = ZoneInfo(company.time_zone)
    state = fold([_said(each) for each in told], zone)
    if state is None:
        raise ValueError("nothing is told of this matter")
    campaign: int | None = next((each[7] for each in told if each[7] is not None), None)
    touchpoints = {each[1]: each[6] for each in told}
    changes: list[tuple[object, ...]] = [
        (num, place, micros(each.at), each.before, each.after, each.open, each.outcome and each.outcome.value,
         touchpoints[each.touchpoint], _length(each.lasted))
        for place, each in enumerate(state.changes)
    ]  # fmt: skip
    return _row(num, identity, state, users, (*belongs, campaign), company), changes


def _said(row: Sequence[Any]) -> Said:
    at, id_, claim, amount, currency, kind, _, _, direction, automated, precision, quantity, unit = row
    return Said(
        occurred_at=moment(at),
        touchpoint=id_,
        claim=claims.read(orjson.loads(claim)),
        amount=Money(major(amount, currency), currency) if amount is not None else None,
        kind=kind,
        direction=Direction(direction),
        automated=bool(automated),
        day_only=precision != TimePrecision.INSTANT,
        quantity=Quantity(Decimal(quantity), unit or "") if quantity is not None else None,
    )


def _blank(num: int, id_: str, source: int, claim: MatterClaim) -> tuple[object, ...]:
    """The row of a matter that was just named, until it is folded."""
    known = (num, id_, source, claim.kind.value, claim.reference, claim.reference, None, "open", None, True)
    row = dict.fromkeys(matters.COLUMNS) | dict(zip(matters.COLUMNS, known, strict=False))
    return tuple((row | {"opened_at": 0, "properties": "{}"}).values())


def _row(
    num: int, identity: Identity, state: MatterState, users: Mapping[str, int],
    belongs: tuple[int | None, int | None, int | None], company: Company,
) -> tuple[object, ...]:  # fmt: skip
    id_, source, kind, reference = identity
    zone = ZoneInfo(company.time_zone)
    amount, outstanding, balance = state.amount, state.outstanding, state.balance
    owner = users.get(state.owner) or users.get(state.owner.lower()) if state.owner else None
    due, worth = _due(state.due_at, zone), minor(amount) if amount else None
    closed = micros(state.closed_at) if state.closed_at else None
    return (
        num, id_, source, kind, reference, state.title, state.pipeline, state.state,
        state.outcome.value if state.outcome else None, state.open,
        worth, minor(outstanding) if outstanding else None, amount.currency if amount else None, owner,
        micros(state.opened_at), due, closed, *belongs, json_text(dict(state.properties)),
        state.owner, micros(state.changes[-1].at), _day(state.opened_at, zone),
        _day(state.closed_at, zone) if state.closed_at else None, _length(state.closed_after),
        _length(state.answered_after), format(balance.value, "f") if balance else None,
        balance.unit if balance else None,
        NOWHERE if due is None else due, -NOWHERE if closed is None else closed,
        worth if amount and amount.currency == company.currency else -NOWHERE,
    )  # fmt: skip


def _day(at: datetime, zone: ZoneInfo) -> int:
    return at.astimezone(zone).date().toordinal() - _EPOCH


def _length(span: timedelta | None) -> int | None:
    return None if span is None else span // timedelta(microseconds=1)


def _due(due: date | datetime | None, zone: ZoneInfo) -> int | None:
    """A due day ends with the day, in the company's zone."""
    if due is None:
        return None
    if not isinstance(due, datetime):
        due = datetime.combine(due, _END_OF_DAY, zone)
    return micros(due if due.tzinfo else due.replace(tzinfo=zone))

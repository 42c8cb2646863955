"""A customer's row and everything below it, folded from the touchpoints. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from hub.clock import micros, moment
from hub.identity.names import words
from hub.identity.normalise import masked, masked_name, search_terms
from hub.ingest.rows import json_text
from hub.journey.lifecycle import Lifecycle, lifecycle
from hub.journey.reasons import Because
from hub.journey.rules import Rules
from hub.journey.timeline import Moment
from hub.journey.value import Value, value
from hub.settings import Company
from hub.values import Channel, Direction, Relationship, Side

_STRENGTH = {Channel.ACCOUNTING: 4, Channel.WEB: 3, Channel.SOCIAL: 2, Channel.EMAIL: 1}
_BIRTHDAY = re.compile(r"(\d{4}|-)-(\d{2})-(\d{2})")
_SHOWN = ("email", "phone")


@dataclass(frozen=True, slots=True)
class Told:
    """One trait value that a touchpoint told. Greater ``weight`` stands."""

    value: Any
    at: int
    touchpoint: int
    decided: bool
    weight: tuple[int, int, int, int, str]


@dataclass(slots=True)
class Sitting:
    """What the fold of one customer starts from."""

    num: int
    id: str
    side: Side
    rows: Sequence[tuple[Any, ...]]
    identifiers: Sequence[tuple[str, str, str, int]]
    shared: Sequence[tuple[str, str, str, int]]


@dataclass(slots=True)
class Portrait:
    """The rows of one customer, by table."""

    num: int
    row: tuple[object, ...]
    stage: str | None
    standing: str | None
    parts: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Light:
    """What all customers of a hub are folded by. ``now`` in microseconds; ``desk`` is the source of entries."""

    company: Company
    zone: ZoneInfo
    rules: Rules
    now: int
    desk: int
    counted: frozenset[int]
    """Sources that are books of record."""
    users: Mapping[str, int]


def portray(sitting: Sitting, light: Light) -> Portrait:
    """Fold one customer."""
    moments = [_moment(row, sitting.side, light) for row in sitting.rows]
    present = moment(light.now)
    # A document of the future counts when its day comes: the lifecycle's next change is then due.
    worth = value([each for each in moments if each.at <= present], light.company.revenue_basis, light.zone)
    life = lifecycle(moments, light.rules, present)
    told = _traits(sitting.rows, light)
    decisions = _decisions(sitting.rows, light)
    portrait = Portrait(sitting.num, (), life.stage and life.stage.value, life.standing and life.standing.value)
    portrait.row = _row(sitting, light, told, decisions, life, worth)
    portrait.parts = {
        "customer_value": _value_rows(sitting.num, worth),
        "stage_change": _change_rows(sitting.num, life),
        "trait": _trait_rows(sitting.num, told),
        "tag": [(sitting.num, tag) for tag in decisions.tags],
        "search_term": [(term, sitting.num) for term in _terms(sitting, told)],
        "affiliation": _affiliations(sitting, told) if sitting.side is Side.PERSON else [],
    }
    return portrait


def _moment(row: Sequence[Any], side: Side, light: Light) -> Moment:
    (_, id_, kind, channel, direction, automated, at, amount, currency, document, settles, thread, due, quantity, unit,
     source, organisation, _, deal_open, _) = row  # fmt: skip
    # Money counts once: with the organisation where there is one, else with the person.
    counted = source in light.counted and (side is Side.ORGANISATION or organisation is None)
    return Moment(
        id_, kind, Channel(channel), Direction(direction), bool(automated), moment(at), amount, currency, document,
        settles, thread, date.fromisoformat(due[:10]) if due else None, Decimal(quantity) if quantity else None, unit,
        None if deal_open is None else bool(deal_open), counted,
    )  # fmt: skip


@dataclass(slots=True)
class _Decisions:
    owner: int | None = None
    relationship: Relationship | None = None
    tags: list[str] = field(default_factory=list)


def _decisions(rows: Iterable[Sequence[Any]], light: Light) -> _Decisions:
    """What people decided in the hub, in order: the last word stands."""
    decided = _Decisions()
    tags: dict[str, None] = {}
    for row in rows:
        if row[15] != light.desk or not row[19]:
            continue
        said = orjson.loads(row[19])
        if "owner" in said:
            decided.owner = light.users.get(str(said["owner"]))
        if "relationship" in said:
            decided.relationship = Relationship(said["relationship"])
        tags.update(dict.fromkeys(said.get("add_tags", ())))
        for tag in said.get("remove_tags", ()):
            tags.pop(tag, None)
    decided.tags = sorted(tags)
    return decided


def _traits(rows: Iterable[Sequence[Any]], light: Light) -> dict[str, list[Told]]:
    """All values told of each trait, the one that stands first, each value once."""
    told: dict[str, dict[str, Told]] = {}
    for row in rows:
        if not row[17]:
            continue
        decided = row[15] == light.desk
        strength = 5 if decided else _STRENGTH.get(Channel(row[3]), 2)
        for name, value_ in orjson.loads(row[17]).items():
            if value_ is None or value_ == "":
                continue
            full = int(name != "name" or len(str(value_).split()) > 1)
            one = Told(value_, row[6], row[0], decided, (int(decided), full, strength, row[6], row[1]))
            same = told.setdefault(name, {})
            text = json_text(value_)
            if text not in same or one.weight > same[text].weight:
                same[text] = one
    return {name: sorted(values.values(), key=lambda one: one.weight, reverse=True) for name, values in told.items()}


def _best(told: Mapping[str, Sequence[Told]], name: str) -> str | None:
    return str(told[name][0].value) if name in told else None


def _row(
    sitting: Sitting,
    light: Light,
    told: Mapping[str, Sequence[Told]],
    decided: _Decisions,
    life: Lifecycle,
    worth: Value,
) -> tuple[object, ...]:
    rows = sitting.rows
    shown = {kind: _newest(kind, sitting) for kind in _SHOWN}
    email, phone = shown["email"], shown["phone"]
    name = _best(told, "company" if sitting.side is Side.ORGANISATION else "name") or _best(told, "name")
    kind, display = _display(sitting, name, email, phone)
    birthday = _birthday(_best(told, "birthday"))
    acquired = next((row for row in rows if not row[5]), None)
    firms = [row[16] for row in rows if row[16] is not None] if sitting.side is Side.PERSON else []
    reporting = worth[light.company.currency]
    return (
        sitting.num, sitting.id, sitting.side.value, _relationship(rows, decided).value,
        display, masked_name(display) if kind == "name" else masked(kind, display),
        name, masked_name(name) if name else None, " ".join(words(display)),
        email, masked("email", email) if email else None, phone, masked("phone", phone) if phone else None,
        birthday, _day_of_year(birthday), _best(told, "language"), _best(told, "country"), _best(told, "city"),
        decided.owner, firms[-1] if firms else None, len(rows),
        rows[0][0], rows[0][6], rows[-1][0], rows[-1][6], acquired[0] if acquired else None,
        life.stage, micros(life.since) if life.since else None, life.standing,
        _because_text(life.because), micros(life.next_change_at) if life.next_change_at else None,
        reporting.revenue, light.company.currency,
    )  # fmt: skip


def _newest(kind: str, sitting: Sitting) -> str | None:
    """The identifier of a kind seen last; one that is shared with others only when there is no own one."""
    for held in (sitting.identifiers, sitting.shared):
        for kind_, value_, display, _ in held:
            if kind_ == kind:
                return value_ if kind == "phone" else display
    return None


def _display(sitting: Sitting, name: str | None, email: str | None, phone: str | None) -> tuple[str, str]:
    """The kind of what is shown as the name, and the text: a name, else the best there is."""
    for kind, text in (("name", name), ("email", email), ("phone", phone)):
        if text:
            return kind, text
    held = [*sitting.identifiers, *sitting.shared]
    return (held[0][0], held[0][2]) if held else ("", sitting.id)


def _relationship(rows: Iterable[Sequence[Any]], decided: _Decisions) -> Relationship:
    """A person's word; else whoever only ever sent or got automated mail is nobody's customer."""
    if decided.relationship is not None:
        return decided.relationship
    if all(row[5] and row[2] != "profile" for row in rows):
        return Relationship.IRRELEVANT
    return Relationship.CUSTOMER


def _birthday(text: str | None) -> str | None:
    return text if text and _BIRTHDAY.fullmatch(text) else None


def _day_of_year(birthday: str | None) -> int | None:
    return int(birthday[-5:-3]) * 100 + int(birthday[-2:]) if birthday else None


def _because_text(because: Because | None) -> str | None:
    if because is None:
        return None
    return json_text(
        {"rule": because.rule, "ruleVersion": because.rule_version, "text": because.text, "facts": dict(because.facts),
         "touchpoints": list(because.touchpoints)}
    )  # fmt: skip


def _value_rows(num: int, worth: Value) -> list[tuple[object, ...]]:
    return [
        (num, each.currency, each.invoiced, each.credited, each.paid, each.refunded, each.revenue, each.outstanding,
         each.orders, _micros(each.first_purchase_at), _micros(each.last_purchase_at))
        for each in worth.worths
    ]  # fmt: skip


def _micros(at: datetime | None) -> int | None:
    return micros(at) if at else None


def _change_rows(num: int, life: Lifecycle) -> list[tuple[object, ...]]:
    return [
        (num, position, change.axis, micros(change.at), change.before, change.after, change.because.rule,
         change.because.rule_version, change.because.text, json_text(dict(change.because.facts)),
         json_text(list(change.because.touchpoints)))
        for position, change in enumerate(life.changes)
    ]  # fmt: skip


def _trait_rows(num: int, told: Mapping[str, Sequence[Told]]) -> list[tuple[object, ...]]:
    return [
        (num, name, position, json_text(one.value), one.at, one.touchpoint, one.decided)
        for name, values in told.items()
        for position, one in enumerate(values)
    ]


def _terms(sitting: Sitting, told: Mapping[str, Sequence[Told]]) -> set[str]:
    texts = [str(one.value) for name in ("name", "company") for one in told.get(name, ())]
    texts += [
        text
        for held in (sitting.identifiers, sitting.shared)
        for _, value_, display, _ in held
        for text in (value_, display)
    ]
    return {term for text in texts for term in search_terms(text)}


def _affiliations(sitting: Sitting, told: Mapping[str, Sequence[Told]]) -> list[tuple[object, ...]]:
    spans: dict[int, tuple[int, int, int]] = {}
    for row in sitting.rows:
        if row[16] is not None:
            since, _, touchpoint = spans.get(row[16], (row[6], row[6], row[0]))
            spans[row[16]] = (since, row[6], touchpoint)
    title = _best(told, "job_title")
    return [(sitting.num, firm, title, since, until, touchpoint) for firm, (since, until, touchpoint) in spans.items()]

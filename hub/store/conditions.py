"""Filters as SQL conditions. Aliases: ``c`` customer, ``t`` touchpoint, ``m`` matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from hub.errors import InputWrong
from hub.store.filters import (
    AmountRange,
    CustomerFilter,
    Did,
    MatterFilter,
    PropertyFilter,
    Range,
    ScoreRange,
    Search,
    Span,
    TouchpointFilter,
)
from hub.store.pages import NOWHERE
from hub.store.sql import Query

F = TypeVar("F")

MOST_CONDITIONS = 200
_BEYOND = "\U0010ffff"
_NOTHING = "1 = 0"


def customers(query: Query, wanted: CustomerFilter) -> str:
    """The condition on ``c``, to follow WHERE. All raise ``InputWrong`` when the filter is too large."""
    return _bounded(query, _joined(_customers(query, wanted)))


def touchpoints(query: Query, wanted: TouchpointFilter) -> str:
    """The condition on ``t``; retracted touchpoints are in no list."""
    return _bounded(query, _joined(["t.retracted_at IS NULL", *_touchpoints(query, wanted)]))


def matters(query: Query, wanted: MatterFilter) -> str:
    """The condition on ``m``."""
    return _bounded(query, _joined(_matters(query, wanted)))


def during(query: Query, column: str, span: Span) -> str:
    """That a column lies within a span, to follow another condition."""
    return "".join(f" AND {each}" for each in _between(query, column, span))


def _bounded(query: Query, condition: str) -> str:
    if len(query.values) > MOST_CONDITIONS:
        raise InputWrong(f"The filter has more than {MOST_CONDITIONS} conditions.", path="filter")
    return condition


def _joined(parts: Iterable[str]) -> str:
    return " AND ".join(parts) or "1 = 1"


def _one_of(query: Query, column: str, values: Sequence[str] | None) -> list[str]:
    if values is not None and len(values) == 1:
        return _equal(query, column, values[0])  # so that an index gives its rows in order
    return [] if values is None else [f"{column} {query.bind_list(values, 'text')}"]


def _equal(query: Query, column: str, value: str | None) -> list[str]:
    return [] if value is None else [f"{column} = {query.bind(value, 'text')}"]


def _flag(query: Query, column: str, value: bool | None) -> list[str]:
    return [] if value is None else [f"{column} = {query.bind(value, 'boolean')}"]


def _between(query: Query, column: str, span: Span | None) -> list[str]:
    if span is None:
        return []
    parts = [] if span.start is None else [f"{column} >= {query.bind(span.start, 'bigint')}"]
    return parts if span.end is None else [*parts, f"{column} < {query.bind(span.end, 'bigint')}"]


def _placed(query: Query, column: str, span: Span | None) -> list[str]:
    """The same over a place in an order, which is beyond all others where there is nothing."""
    if span is None:
        return []
    return [*_between(query, column, span), f"{column} > {-NOWHERE}", f"{column} < {NOWHERE}"]


def _looked_after(query: Query, owner: str | None) -> list[str]:
    """By a user's id, or by what the matter's source calls its owner."""
    if owner is None or owner.startswith("usr_"):
        return _owner(query, "m.owner", owner)
    return _equal(query, "m.owner_named", owner)


def _ends(query: Query, column: str, wanted: AmountRange | Range | ScoreRange) -> list[str]:
    parts = [] if wanted.least is None else [f"{column} >= {query.bind(wanted.least, 'bigint')}"]
    return parts if wanted.most is None else [*parts, f"{column} <= {query.bind(wanted.most, 'bigint')}"]


def _owner(query: Query, column: str, owner: str | None) -> list[str]:
    return [] if owner is None else [f"{column} = (SELECT num FROM hub_user WHERE id = {query.bind(owner, 'text')})"]


def _combined(
    query: Query,
    parts: Callable[[Query, F], list[str]],
    all_of: Sequence[F],
    any_of: Sequence[F] | None,
    none_of: F | None,
) -> list[str]:
    found = [f"({_joined(parts(query, each))})" for each in all_of]
    if any_of is not None:
        choices = " OR ".join(f"({_joined(parts(query, each))})" for each in any_of)
        found.append(f"({choices or _NOTHING})")
    if none_of is not None:
        # A comparison with nothing is neither true nor false; the rest of a list is what is not true.
        found.append(f"({_joined(parts(query, none_of))}) IS NOT TRUE")
    return found


def _customers(query: Query, wanted: CustomerFilter) -> list[str]:
    parts = [
        *_one_of(query, "c.kind", wanted.kinds),
        *_one_of(query, "c.relationship", wanted.relationships),
        *_one_of(query, "c.stage", wanted.stages),
        *_one_of(query, "c.standing", wanted.standings),
        *_owner(query, "c.owner", wanted.owner),
        *_between(query, "c.last_touch_at", wanted.last_touch),
    ]
    if wanted.search is not None:
        parts.append(f"c.num IN ({_found(query, wanted.search)})")
    if wanted.birthdays is not None:
        parts.append(f"c.birthday_day {query.bind_list(wanted.birthdays, 'bigint')}")
    parts += [_tag(query, tag) for tag in wanted.tags]
    parts += [condition for trait in wanted.traits for condition in _trait(query, trait)]
    parts += [condition for did in wanted.did for condition in _did(query, did)]
    parts += [f"c.num NOT IN ({_who(query, what)})" for what in wanted.did_not]
    if wanted.revenue is not None:
        parts += _revenue(query, wanted.revenue, in_hub=wanted.revenue_in_hub)
    for column, scored in (("predicted_value", wanted.predicted), ("p_alive", wanted.p_alive)):
        if scored is not None:
            ends = " AND ".join([f"s.{column} IS NOT NULL", *_ends(query, f"s.{column}", scored)])
            parts.append(f"c.id IN (SELECT s.id FROM customer_score s WHERE {ends})")
    parts += _scored(query, wanted)
    if wanted.engagement is not None:
        least = query.bind(wanted.engagement, "bigint")
        parts.append(f"c.num IN (SELECT e.customer FROM engagement e WHERE e.level >= {least})")
    if wanted.overdue is not None:
        today = query.bind(wanted.overdue_on, "bigint")
        owing = f"SELECT d.customer FROM debt d WHERE d.due < {today}"
        parts.append(f"c.num {'' if wanted.overdue else 'NOT '}IN ({owing})")
    if wanted.matters is not None:
        parts.append(f"c.num IN ({_concerned(query, wanted.matters)})")
    return parts + _combined(query, _customers, wanted.all_of, wanted.any_of, wanted.none_of)


def _found(query: Query, search: Search) -> str:
    """Numbers of the customers a search finds."""
    selects = [_with_words(query, words) for words in search.alternatives if words]
    for column in ("customer", "organisation"):
        document = query.bind(search.document, "text")
        selects.append(
            f"SELECT {column} FROM touchpoint"
            f" WHERE document_key = {document} AND retracted_at IS NULL AND {column} IS NOT NULL"
        )
    return " UNION ".join(selects)


def _with_words(query: Query, words: Sequence[str]) -> str:
    # The longest word is likely the rarest: it is looked up, the others are checked.
    rarest, *others = sorted(words, key=len, reverse=True)
    select = f"SELECT s.customer FROM search_term s WHERE {_begins(query, 's', rarest)}"
    for word in others:
        begins = _begins(query, "o", word)
        select += f" AND EXISTS (SELECT 1 FROM search_term o WHERE o.customer = s.customer AND {begins})"
    return select


def _begins(query: Query, alias: str, word: str) -> str:
    return f"{alias}.term >= {query.bind(word, 'text')} AND {alias}.term < {query.bind(word + _BEYOND, 'text')}"


def _tag(query: Query, tag: str) -> str:
    return f"EXISTS (SELECT 1 FROM tag g WHERE g.customer = c.num AND g.tag = {query.bind(tag, 'text')})"


def _trait(query: Query, trait: PropertyFilter) -> list[str]:
    if trait.values is None and trait.exists is None:
        return []  # what is bound must be used
    name = query.bind(trait.name, "text")
    known = f"SELECT r.customer FROM trait r WHERE r.name = {name} AND r.position = 0"
    parts = []
    if trait.values is not None:
        parts.append(f"c.num IN ({known} AND r.value {query.bind_list(trait.values, 'text')})")
    if trait.exists is not None:
        parts.append(f"c.num {'IN' if trait.exists else 'NOT IN'} ({known})")
    return parts


def _doings(query: Query, what: TouchpointFilter) -> str:
    """Pairs of a touchpoint and whose it is: its customer, and the organisation it was done for."""
    return " UNION ".join(
        f"SELECT t.num AS what, t.{column} AS who FROM touchpoint t"
        f" WHERE t.{column} IS NOT NULL AND {touchpoints(query, what)}"
        for column in ("customer", "organisation")
    )


def _who(query: Query, what: TouchpointFilter) -> str:
    return f"SELECT d.who FROM ({_doings(query, what)}) d"


def _did(query: Query, did: Did) -> list[str]:
    parts = []
    if did.at_least > 0:
        often = query.bind(did.at_least, "bigint")
        parts.append(f"c.num IN ({_who(query, did.what)} GROUP BY d.who HAVING count(*) >= {often})")
    if did.at_most is not None:
        often = query.bind(did.at_most, "bigint")
        parts.append(f"c.num NOT IN ({_who(query, did.what)} GROUP BY d.who HAVING count(*) > {often})")
    return parts


def _revenue(query: Query, wanted: AmountRange, *, in_hub: bool) -> list[str]:
    if in_hub:
        return _ends(query, "c.revenue", wanted)
    currency = query.bind(wanted.currency, "text")
    amounts = _joined(_ends(query, "v.revenue", wanted))
    return [f"c.num IN (SELECT v.customer FROM customer_value v WHERE v.currency = {currency} AND {amounts})"]


def _scored(query: Query, wanted: CustomerFilter) -> list[str]:
    held = _one_of(query, "s.abc_class", wanted.abc_classes)
    for each in wanted.scores:
        held += _ends(query, f"s.{each.name}_score", each)
    if wanted.abc_classes is None and not wanted.scores:
        return []
    return [f"EXISTS (SELECT 1 FROM customer_score s WHERE s.id = c.id AND {_joined(held)})"]


def _concerned(query: Query, wanted: MatterFilter) -> str:
    return " UNION ".join(
        f"SELECT m.{column} FROM matter m WHERE m.{column} IS NOT NULL AND {matters(query, wanted)}"
        for column in ("customer", "organisation")
    )


def _touchpoints(query: Query, wanted: TouchpointFilter) -> list[str]:
    parts = [
        *_one_of(query, "t.kind", wanted.kinds),
        *_one_of(query, "t.channel", wanted.channels),
        *_one_of(query, "t.direction", wanted.directions),
        *_flag(query, "t.automated", wanted.automated),
        *_between(query, "t.occurred_at", wanted.occurred),
        *_between(query, "t.recorded_at", wanted.recorded),
        *_equal(query, "t.origin_source", wanted.utm_source),
    ]
    if wanted.sources is not None:
        sources = query.bind_list(wanted.sources, "text")
        parts.append(f"t.source IN (SELECT num FROM source WHERE id {sources})")
    if wanted.campaign is not None:
        parts.append(f"t.campaign = (SELECT num FROM campaign WHERE id = {query.bind(wanted.campaign, 'text')})")
    if wanted.amount is not None:
        parts += _equal(query, "t.currency", wanted.amount.currency)
        parts += _ends(query, "t.amount", wanted.amount)
    if wanted.products is not None:
        sold = f"SELECT num FROM product WHERE id {query.bind_list(wanted.products, 'text')}"
        parts.append(f"t.num IN (SELECT l.touchpoint FROM line_item l WHERE l.product IN ({sold}))")
    parts += [condition for each in wanted.properties for condition in _property(query, each)]
    if wanted.search is not None:
        document = query.bind(wanted.search.document, "text")
        parts.append(f"(t.document_key = {document} OR t.customer IN ({_found(query, wanted.search)}))")
    return parts + _combined(query, _touchpoints, wanted.all_of, wanted.any_of, wanted.none_of)


def _property(query: Query, wanted: PropertyFilter) -> list[str]:
    if not wanted.values and wanted.exists is None:
        return [] if wanted.values is None else [_NOTHING]  # what is bound must be used
    parts = []
    held = f"t.properties::jsonb -> {query.bind(wanted.name, 'text')}"
    if wanted.values is not None:
        choices = " OR ".join(f"({held}) = {query.bind(value, 'jsonb')}" for value in wanted.values)
        parts.append(f"({choices or _NOTHING})")
    if wanted.exists is not None:
        parts.append(f"({held}) IS {'NOT ' if wanted.exists else ''}NULL")
    return parts


def _matters(query: Query, wanted: MatterFilter) -> list[str]:
    # Somebody's matters are few: no index of kinds or of open ones shall be taken instead, whatever the order.
    kind, is_open = ("m.kind", "m.open") if wanted.owner is None else ("coalesce(m.kind, '')", "coalesce(m.open, TRUE)")
    parts = [
        *_looked_after(query, wanted.owner),
        *_one_of(query, kind, wanted.kinds),
        *_flag(query, is_open, wanted.open),
        *_equal(query, "m.pipeline", wanted.pipeline),
        *_one_of(query, "m.state", wanted.states),
        *_placed(query, "m.due_place", wanted.due),
        *_between(query, "m.opened_at", wanted.opened),
        *_placed(query, "m.closed_place", wanted.closed),
    ]
    if wanted.overdue is not None:
        late = _joined([*_flag(query, is_open, True), *_between(query, "m.due_place", Span(None, wanted.overdue_at))])
        parts.append(late if wanted.overdue else f"NOT ({late})")
    return parts

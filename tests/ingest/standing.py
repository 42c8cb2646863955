"""All that stands in a hub, put so that hubs which were told the same in another order can be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hub import sdk
from hub.identity.normalise import canonical
from hub.ids import customer_id
from hub.values import Side
from tests.ingest.builders import Bench
from tests.ingest.statements import BEHIND, INSIDE, MEMBERS, NAMERS, RECORDS, WITHDRAWALS

State = dict[str, list[Any]]
"""Rows by what they are about, in order, without row numbers."""


def same_order(bench: Bench) -> State:
    """What a hub that heard the same in the same order must have, ids and all, however it was processed.

    How identifiers were written is left out: a writing that was replaced before it was processed was never seen.
    """
    state = _everything(bench)
    del state["search_term"]
    state["customer"] = [(*row[:3], _named(row), *row[4:5], _address(row[5]), *row[6:]) for row in state["customer"]]
    return state


def any_order(bench: Bench) -> State:
    """What a hub that heard the same in any order must have.

    An id tells who was heard first, so customers go by the least of their touchpoints; and records by what they hold.
    Of a document, lines stand as they were heard, and its record is that of the first.
    """
    members: dict[tuple[str, str], str] = {}
    for id_, kind, touchpoint in bench.projection.all(MEMBERS):
        members[id_, kind] = min(touchpoint, members.get((id_, kind), touchpoint))
    labels = {id_: f"{kind} with {least}" for (id_, kind), least in members.items()}
    records = dict(_rows(bench, RECORDS))
    state = same_order(bench)
    state["touchpoint"] = [row[:-2] for row in state["touchpoint"]]
    state["problem"] = [(records[row[0]], *row[1:]) for row in state["problem"]]
    state["record_touchpoint"] = [(records[row[0]], *row[1:]) for row in state["record_touchpoint"]]
    state["line_item"] = [(row[0], *row[2:]) for row in state["line_item"]]
    return {
        name: sorted((tuple(labels.get(cell, cell) for cell in row) for row in rows), key=repr)
        for name, rows in state.items()
    }


def faults(bench: Bench) -> list[str]:
    """What is wrong in a hub whatever it was told: loose ends, what was withdrawn, ids of others than who was heard
    first, mixed sides."""
    found = [f"loose: {row}" for row in bench.dump()["dangling"]]
    last_word = {(kind, target): not restore for kind, target, restore in bench.truth.all(WITHDRAWALS)}
    found += [
        f"{touchpoint} stands although {kind} {target} is withdrawn"
        for touchpoint, *behind in bench.projection.all(BEHIND)
        for kind, target in zip(("RECORD", "RUN", "SOURCE"), map(str, behind), strict=True)
        if last_word.get((kind, target))
    ]
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for id_, kind, heard, touchpoint in bench.projection.all(NAMERS):
        first[id_, kind] = min((heard, touchpoint), first.get((id_, kind), (heard, touchpoint)))
    for (id_, kind), (_, touchpoint) in first.items():
        if id_ != customer_id(touchpoint, Side(kind)):
            found.append(f"{id_} was first heard of by {touchpoint}")
    for id_, kind, side in bench.projection.all(
        "SELECT c.id, c.kind, i.side FROM identifier i JOIN customer c ON c.num = i.customer WHERE i.side <> c.kind"
    ):
        found.append(f"the {kind} {id_} has an identifier of a {side}")
    for touchpoint, customer, organisation in bench.projection.all(
        "SELECT t.id, c.kind, o.kind FROM touchpoint t JOIN customer c ON c.num = t.customer "
        "LEFT JOIN customer o ON o.num = t.organisation WHERE t.retracted_at IS NULL"
    ):
        if organisation == "PERSON" or (customer == "ORGANISATION" and organisation is None):
            found.append(f"{touchpoint} is with a {customer} and with a {organisation}")
    return found


def difference(one: State, other: State) -> list[str]:
    """The names of what differs."""
    return [name for name in one if one[name] != other[name]]


def _everything(bench: Bench) -> State:
    state: State = dict(bench.dump())
    for name, statement in INSIDE.items():
        state[name] = _rows(bench, statement)
    state["component"] = _components(bench)
    return state


def _rows(bench: Bench, statement: str) -> list[tuple[Any, ...]]:
    return sorted(bench.projection.all(statement), key=repr)


def _components(bench: Bench) -> list[tuple[str, ...]]:
    """Which claims and identifiers hang together, on either side."""
    together: dict[tuple[str, int], set[str]] = defaultdict(set)
    for digest, person, organisation in bench.projection.all(
        "SELECT digest, person_component, organisation_component FROM claim"
    ):
        for side, component in (("PERSON", person), ("ORGANISATION", organisation)):
            if component is not None:
                together[side, component].add(digest)
    for id_, side, component in bench.projection.all(
        "SELECT id, side, component FROM identifier WHERE component IS NOT NULL"
    ):
        together[side, component].add(id_)
    return sorted((side, *sorted(held)) for (side, _), held in together.items())


def _named(row: Sequence[Any]) -> str | None:
    """The name shown, where it is a name: else it is an identifier as it was first written, or the id."""
    display, name = row[3], row[4]
    return str(display) if display == name else None


def _address(email: str | None) -> str | None:
    if email is None:
        return None
    made = canonical(sdk.email(email), "", "BD")
    assert made is not None
    return made.identifier.value

"""Customers and everything shown of them: what their fold reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter, ne
from sys import intern
from typing import Any

from hub.store.session import Session, Values
from hub.store.writing import rollups
from hub.values import Side

COLUMNS = (
    "num id kind relationship display_name display_name_masked name name_masked name_key "
    "email email_masked phone phone_masked birthday birthday_day language country city owner organisation "
    "touchpoints first_touch first_touch_at last_touch last_touch_at acquired_by "
    "stage stage_since standing because next_change_at revenue currency"
).split()

PARTS = {
    "customer_value": (
        ("customer", "currency"),
        "invoiced credited paid refunded reversals revenue outstanding orders first_purchase_at last_purchase_at "
        "settled days_to_pay settled_due days_late".split(),
    ),
    "converted_value": (
        ("customer", "currency"),
        "invoiced credited paid refunded reversals revenue missing missing_on unconverted first_on last_on".split(),
    ),
    "debt": (("customer", "currency", "due"), ["amount"]),
    "engagement": (("customer",), ["level", "contacts"]),
    "satisfaction": (("customer", "unit"), "answers total latest latest_at".split()),
    "purchase": (("customer", "touchpoint"), "at day amount currency converted".split()),
    "stage_change": (("customer", "position"), "axis at before after rule rule_version text facts touchpoints".split()),
    "trait": (("customer", "name", "position"), "value since touchpoint decided".split()),
    "tag": (("customer", "tag"), []),
    "search_term": (("customer", "term"), []),
    "affiliation": (("person", "organisation"), "title since until touchpoint".split()),
}
"""The tables below a customer: key columns, the customer's number first, and the others."""

Parts = dict[str, list[tuple[Any, ...]]]
"""The rows of one customer by table, key columns first, then the others."""

_INDEXED = (
    "id relationship name_key birthday_day owner first_touch_at last_touch_at stage standing next_change_at revenue"
).split()
"""Columns of a customer that indexes hold."""
_OFTEN = "touchpoints last_touch last_touch_at next_change_at because stage stage_since standing revenue".split()
"""Columns of a customer that many touchpoints change."""

MOMENT = (
    "num id kind channel direction automated occurred_at amount currency document settles thread due_on quantity "
    "quantity_unit source organisation traits deal_open"
).split()
"""What folds need of a touchpoint, and after these its properties when it is a profile."""
_MOMENT = ", ".join(f"t.{name}" for name in MOMENT) + ", CASE WHEN t.kind = 'profile' THEN t.properties END"


def timelines(session: Session, nums: Sequence[int], account: bool) -> dict[int, list[tuple[Any, ...]]]:
    """What folds need of the standing touchpoints of customers, in order of time.

    ``account``: of organisations, whose timeline holds whatever names them; else of persons.
    """
    found: dict[int, list[tuple[Any, ...]]] = {num: [] for num in nums}
    for owner, *rest in session.all(timelines_text(account), list(nums)):
        found[owner].append(tuple(rest))
    return found


def timelines_text(account: bool) -> str:
    """The statement of ``timelines``: the customer's number before each touchpoint."""
    column = "organisation" if account else "customer"
    return (
        f"SELECT t.{column}, {_MOMENT} FROM touchpoint t "
        f"WHERE t.{column} = ANY($1::bigint[]) AND t.retracted_at IS NULL "
        f"ORDER BY t.{column}, t.occurred_at, t.id"
    )


def known(session: Session, nums: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Customers as they stand: (id, kind, stage, standing) by row number."""
    rows = session.all("SELECT num, id, kind, stage, standing FROM customer WHERE num = ANY($1::bigint[])", list(nums))
    return {row[0]: tuple(row[1:]) for row in rows}


def standing(session: Session, nums: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Customers as they stand, in the order of ``COLUMNS``, by row number."""
    rows = session.among(f"SELECT {', '.join(COLUMNS)} FROM customer WHERE num = ANY($1::bigint[])", nums)
    return {row[0]: tuple(row) for row in rows}


def parts(session: Session, nums: Sequence[int], tables: Iterable[str] = PARTS) -> dict[int, Parts]:
    """The rows below customers as they stand, of those tables where they have some."""
    found: dict[int, Parts] = {num: {} for num in nums}
    for table in tables:
        key, columns = PARTS[table]
        for row in session.among(
            f"SELECT {', '.join([*key, *columns])} FROM {table} WHERE {key[0]} = ANY($1::bigint[])", found
        ):
            found[row[0]].setdefault(table, []).append(row)
    return found


def shown(session: Session, nums: Sequence[int]) -> dict[str, tuple[Any, ...]]:
    """What a change shows of customers: (touchpoints, stage, revenue, currency) by public id."""
    rows = session.all(
        "SELECT id, touchpoints, stage, revenue, currency FROM customer WHERE num = ANY($1::bigint[])", list(nums)
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def ids(session: Session, nums: Sequence[int]) -> dict[int, str]:
    """Public ids by row number."""
    return dict(session.among("SELECT num, id FROM customer WHERE num = ANY($1::bigint[])", nums))


def by_id(session: Session, id_: str) -> tuple[int, str, str] | None:
    """(num, id, kind) of the customer that has an id today."""
    row = session.one("SELECT num, id, kind FROM customer WHERE id = $1", id_)
    return (row[0], row[1], row[2]) if row else None


def of_touchpoint(session: Session, id_: str, side: Side) -> tuple[int, str, str] | None:
    """(num, id, kind) of the customer of one side that a touchpoint is with today."""
    row = session.one(
        "SELECT c.num, c.id, c.kind FROM touchpoint t JOIN customer c ON c.num IN (t.customer, t.organisation) "
        "WHERE t.id = $1 AND c.kind = $2",
        id_, side.value,
    )  # fmt: skip
    return (row[0], row[1], row[2]) if row else None


def identifiers(session: Session, nums: Sequence[int]) -> dict[int, list[tuple[str, str, str]]]:
    """(kind, value, display) of the visible identifiers of customers, newest first."""
    return _by_customer(
        session.all(
            "SELECT customer, kind, value, display FROM identifier "
            "WHERE customer = ANY($1::bigint[]) AND hidden = FALSE "
            "ORDER BY customer, last_seen DESC, value",
            list(nums),
        )
    )


def shared_identifiers(session: Session, nums: Sequence[int]) -> dict[int, list[tuple[str, str, str]]]:
    """(kind, value, display) of the identifiers of customers that do not join, without placeholders."""
    return _by_customer(
        session.all(
            "SELECT DISTINCT c.customer, i.kind, i.value, i.display FROM claim c "
            "JOIN claim_identifier ci ON ci.claim = c.num JOIN identifier i ON i.num = ci.identifier "
            "WHERE c.customer = ANY($1::bigint[]) AND i.joins = FALSE AND i.hidden = FALSE "
            "AND coalesce(i.blocked, '') <> 'VALUE' "
            "ORDER BY c.customer, i.kind, i.value",
            list(nums),
        )
    )


def _by_customer(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[str, str, str]]]:
    found: dict[int, list[tuple[str, str, str]]] = {}
    for num, kind, value, display in rows:
        # Who is kept in memory shares what is the same.
        found.setdefault(num, []).append((intern(kind), value, value if value == display else display))
    return found


def write_new(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write customers that were not there, in the order of ``COLUMNS``."""
    session.insert("customer", COLUMNS, rows)


def write_changed(session: Session, rows: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> None:
    """Write customers again, in the order of ``COLUMNS``, each with what was there."""
    moved: list[int] = []
    together: dict[tuple[bool, ...], list[Sequence[Any]]] = {}
    for row, before in rows:
        differs = tuple(map(ne, row, before))
        if True in differs:
            seldom = True in _SELDOM(differs)
            differing = (seldom, *_KEYS(differs)) if session.sparing else (seldom,)
            together.setdefault(differing, []).append(row)
            if True in _COUNTED_AS(differs):
                moved.append(row[0])
    rollups.move(session, moved)
    for differing, changed in together.items():
        names = _written(*differing)
        values = _values(["num", *names])
        session.update("customer", ["num"], names, [values(row) for row in changed])


def _written(seldom: bool, *indexed: bool) -> list[str]:
    """The columns to write, whether a seldom one has changed; ``indexed`` says which of those do, where that counts."""
    same = {name for name, differs in zip(_INDEXED, indexed, strict=False) if not differs}
    return [name for name in (COLUMNS[1:] if seldom else _OFTEN) if name not in same]


def _values(names: Iterable[str]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    return itemgetter(*(COLUMNS.index(name) for name in names))


_SELDOM = _values(name for name in COLUMNS if name not in _OFTEN)
_KEYS = _values(_INDEXED)
_COUNTED_AS = _values(("stage", "relationship"))


def free_ids(session: Session, nums: Sequence[int], wanted: Mapping[int, str]) -> None:
    """Let customers who are about to get other ids let go of those that others want: two may exchange theirs."""
    holders = {id_: num for num, id_ in ids(session, nums).items()}
    freed = {holders[id_] for num, id_ in wanted.items() if holders.get(id_, num) != num}
    if freed:
        session.run("UPDATE customer SET id = 'changing ' || num WHERE num = ANY($1::bigint[])", sorted(freed))


def delete(session: Session, nums: Iterable[int]) -> None:
    """Remove customers that hold no touchpoint any more."""
    gone = sorted(nums)
    if gone:
        clear(session, gone)
        rollups.forget(session, gone)
        for column in ("customer", "organisation"):
            # Retracted touchpoints may still be theirs; their numbers will be given again.
            session.run(f"UPDATE touchpoint SET {column} = NULL WHERE {column} = ANY($1::bigint[])", gone)
        session.run(
            "DELETE FROM affiliation WHERE person = ANY($1::bigint[]) OR organisation = ANY($2::bigint[])", gone, gone
        )
        session.run("DELETE FROM customer WHERE num = ANY($1::bigint[])", gone)


def clear(session: Session, nums: Sequence[int]) -> None:
    """Remove the rows below customers of which it is not known what is there."""
    if nums:
        for table, (key, _) in PARTS.items():
            session.run(f"DELETE FROM {table} WHERE {key[0]} = ANY($1::bigint[])", list(nums))


def write_parts(session: Session, table: str, new: Sequence[Values], changed: Sequence[Values]) -> None:
    """Write rows below customers: key columns first, then the others (``PARTS``)."""
    key, columns = PARTS[table]
    session.insert(table, [*key, *columns], new)
    session.update(table, key, columns, changed)


def remove_parts(session: Session, table: str, keys: Sequence[Values]) -> None:
    """Remove rows below customers by their keys."""
    session.delete(table, PARTS[table][0], keys)


def due(session: Session, until: int, limit: int) -> list[int]:
    """Customers whose stage or standing changes by itself until a time, the earliest first."""
    rows = session.all(
        "SELECT num FROM customer WHERE next_change_at <= $1 ORDER BY next_change_at LIMIT $2", until, limit
    )
    return [num for (num,) in rows]


def due_among(session: Session, nums: Sequence[int], until: int) -> dict[int, int]:
    """Those of some customers who change by themselves until a time, with when."""
    return dict(
        session.all(
            "SELECT num, next_change_at FROM customer WHERE num = ANY($1::bigint[]) AND next_change_at <= $2",
            list(nums), until,
        )
    )  # fmt: skip

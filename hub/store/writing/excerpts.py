"""What hangs together in truth, found through the projection, and copied into an excerpt of both.

The projection says what standing records say. What others once said is in ``trace``: the identifiers, touchpoints and
matters of every version of rows that have several, and of records that were withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hub.ids import anchor_touchpoint, anchors_naming
from hub.store.excerpt import ExcerptSession
from hub.store.session import Session

_DAY = 86_400_000_000
_SAYING = {
    "idn": "SELECT r.record FROM identifier i JOIN claim_identifier ci ON ci.identifier = i.num "
    "JOIN touchpoint t ON t.claim = ci.claim JOIN record_touchpoint r ON r.touchpoint = t.num "
    "WHERE i.id = ANY($1::text[]) AND r.record <= $2",
    "tp": "SELECT r.record FROM touchpoint t JOIN record_touchpoint r ON r.touchpoint = t.num "
    "WHERE t.id = ANY($1::text[]) AND r.record <= $2",
    "mat": "SELECT r.record FROM matter m JOIN matter_touchpoint x ON x.matter = m.num "
    "JOIN record_touchpoint r ON r.touchpoint = x.touchpoint WHERE m.id = ANY($1::text[]) AND r.record <= $2",
}
_TRACED = "SELECT record FROM trace WHERE said = ANY($1::text[]) AND record <= $2"
_ABOUT = (
    "SELECT r.record FROM touchpoint t JOIN record_touchpoint r ON r.touchpoint = t.num "
    "WHERE t.anchor = ANY($1::text[]) AND t.anchor IS NOT NULL AND r.record <= $2"
)


@dataclass(slots=True)
class Said:
    """What records say: touchpoints (with whether they name nobody today), what these speak of, and identifiers."""

    touchpoints: dict[str, bool] = field(default_factory=dict)
    matters: dict[str, set[str]] = field(default_factory=dict)
    """By touchpoint."""
    anchors: dict[str, set[str]] = field(default_factory=dict)
    """The touchpoints that a touchpoint is about, in one version or another."""
    identifiers: dict[str, str] = field(default_factory=dict)
    """With their side."""

    def add(self, other: Said) -> None:
        """Both together."""
        self.touchpoints |= other.touchpoints
        self.identifiers |= other.identifiers
        for mine, theirs in ((self.matters, other.matters), (self.anchors, other.anchors)):
            for id_, held in theirs.items():
                mine.setdefault(id_, set()).update(held)


def saying(session: Session, ids: Iterable[str], until: int) -> set[int]:
    """The records up to a truth number that say any of these identifiers, touchpoints or matters (public ids)."""
    by_kind: dict[str, list[str]] = {}
    for id_ in ids:
        by_kind.setdefault(id_.partition("_")[0], []).append(id_)
    found: set[int] = set()
    for kind in _SAYING.keys() & by_kind.keys():
        wanted = by_kind[kind]
        for statement in (_SAYING[kind], _TRACED):
            found.update(record for (record,) in session.all(statement, wanted, until))
    return found


def about(session: Session, touchpoints: Iterable[str], until: int) -> set[int]:
    """The records up to a truth number whose touchpoints are about one of these."""
    wanted = anchors_naming(touchpoints)
    found = {record for (record,) in session.all(_ABOUT, wanted, until)}
    return found | {record for (record,) in session.all(_TRACED, [f"about {each}" for each in wanted], until)}


def versions(session: Session, records: Iterable[int], until: int) -> set[int]:
    """All versions of the rows of these records, up to a truth number."""
    rows = session.all(
        "SELECT v.number FROM record r JOIN record v ON v.source = r.source AND v.stream = r.stream AND v.key = r.key "
        "WHERE r.number = ANY($1::bigint[]) AND v.number <= $2",
        list(records), until,
    )  # fmt: skip
    return {number for (number,) in rows}


def said_by(session: Session, records: Iterable[int]) -> Said:
    """What records say."""
    wanted = list(records)
    said = Said()
    for id_, lost, anchor in session.all(
        "SELECT t.id, k.customer IS NULL AND k.organisation IS NULL, t.anchor FROM record_touchpoint r "
        "JOIN touchpoint t ON t.num = r.touchpoint LEFT JOIN claim k ON k.num = t.claim "
        "WHERE r.record = ANY($1::bigint[])",
        wanted,
    ):
        said.touchpoints[id_] = bool(lost)
        if anchor is not None:
            said.anchors.setdefault(id_, set()).add(anchor_touchpoint(anchor))
    said.identifiers |= session.all(
        "SELECT DISTINCT i.id, i.side FROM record_touchpoint r JOIN touchpoint t ON t.num = r.touchpoint "
        "JOIN claim_identifier ci ON ci.claim = t.claim JOIN identifier i ON i.num = ci.identifier "
        "WHERE r.record = ANY($1::bigint[])",
        wanted,
    )
    for id_, matter in session.all(
        "SELECT t.id, m.id FROM record_touchpoint r JOIN touchpoint t ON t.num = r.touchpoint "
        "JOIN matter_touchpoint x ON x.touchpoint = t.num JOIN matter m ON m.num = x.matter "
        "WHERE r.record = ANY($1::bigint[])",
        wanted,
    ):
        said.matters.setdefault(id_, set()).add(matter)
    _add_traces(session, wanted, said)
    return said


def _add_traces(session: Session, records: list[int], said: Said) -> None:
    """A trace does not tell which of a record's touchpoints says what: each may."""
    traced: dict[int, list[tuple[str, str | None]]] = {}
    for record, told, side in session.all(
        "SELECT record, said, side FROM trace WHERE record = ANY($1::bigint[])", records
    ):
        traced.setdefault(record, []).append((told, side))
    for held in traced.values():
        told = [each for each, _ in held]
        matters = {each for each in told if each.startswith("mat_")}
        anchors = {anchor_touchpoint(each.removeprefix("about ")) for each in told if each.startswith("about ")}
        for id_ in told:
            if id_.startswith("tp_"):
                said.add(Said({id_: True}, {id_: matters}, {id_: anchors}))
        said.identifiers |= {id_: side for id_, side in held if side is not None}


def idle(session: Session, identifiers: Iterable[str]) -> dict[str, bool]:
    """Those of the identifiers that join nobody today, with whether a cap is why."""
    rows = session.all(
        "SELECT id, blocked IS NULL FROM identifier WHERE id = ANY($1::text[]) AND NOT joins", list(identifiers)
    )
    return {id_: bool(capped) for id_, capped in rows}


def decided_with(session: Session, touchpoints: Iterable[str], side: str, until: int) -> set[str]:
    """Touchpoints that decisions up to a truth number name together with one of these."""
    wanted = list(touchpoints)
    rows = session.all(
        "SELECT a, b FROM decision WHERE side = $1 AND number <= $2 AND (a = ANY($3::text[]) OR b = ANY($4::text[]))",
        side, until, wanted, wanted,
    )  # fmt: skip
    return {each for pair in rows for each in pair}


def defining(session: Session, records: Iterable[int], until: int) -> set[int]:
    """The records that define the campaigns and products these records name, and all people of the company."""
    wanted = list(records)
    named = session.all(
        "SELECT DISTINCT c.id, c.record FROM record_touchpoint r JOIN touchpoint t ON t.num = r.touchpoint "
        "JOIN campaign c ON c.num = t.campaign WHERE r.record = ANY($1::bigint[])",
        wanted,
    )
    named += session.all(
        "SELECT DISTINCT p.id, p.record FROM record_touchpoint r JOIN line_item l ON l.touchpoint = r.touchpoint "
        "JOIN product p ON p.num = l.product WHERE r.record = ANY($1::bigint[])",
        wanted,
    )
    found = {record for _, record in named}
    found |= {record for (record,) in session.all("SELECT record FROM hub_user")}
    found |= {record for (record,) in session.all(_TRACED, [id_ for id_, _ in named], until)}
    found |= {record for (record,) in session.all("SELECT record FROM trace WHERE said >= 'usr_' AND said < 'usr`'")}
    return versions(session, found, until)


def converting(session: Session, touchpoints: Iterable[str], currency: str, days: int, until: int) -> set[int]:
    """The records of exchange rates of the ``days`` before touchpoints in other currencies than this one."""
    rows = session.all(
        "SELECT DISTINCT occurred_at FROM touchpoint WHERE id = ANY($1::text[]) AND currency <> $2",
        list(touchpoints), currency,
    )  # fmt: skip
    # A day more at either end: days are the hub's, not those of UTC.
    wanted = {day for (at,) in rows for day in range(at // _DAY - days - 1, at // _DAY + 2)}
    found = session.all("SELECT DISTINCT record FROM exchange_rate WHERE day = ANY($1::bigint[])", sorted(wanted))
    found += session.all(_TRACED, [f"rate {day}" for day in sorted(wanted)], until)
    return versions(session, [record for (record,) in found], until)


def copy(
    session: Session, excerpt: ExcerptSession, records: Iterable[int], touchpoints: Iterable[str], until: int
) -> None:
    """Copy records into an empty excerpt, with all truth about them and their touchpoints up to a truth number."""
    numbers, named = list(records), list(touchpoints)
    with excerpt.transaction():
        excerpt.run("INSERT INTO sequence (id, value) VALUES (1, $1)", until)
        excerpt.run("INSERT INTO projection_set (number, state, born, code) VALUES (1, 'LIVE', 0, '')")
        _copy(session, excerpt, "source", "")
        _copy(session, excerpt, "rule_set", "WHERE number <= $1", until)
        _copy(session, excerpt, "record", "WHERE number = ANY($1::bigint[])", numbers)
        for table, column in (("run", "run"), ("envelope", "envelope")):
            held = [num for (num,) in excerpt.all(f"SELECT DISTINCT {column} FROM record WHERE {column} IS NOT NULL")]
            _copy(session, excerpt, table, "WHERE num = ANY($1::bigint[])", held)
        _copy(
            session, excerpt, "decision",
            "WHERE number <= $1 AND (a = ANY($2::text[]) OR b = ANY($3::text[]))", until, named, named,
        )  # fmt: skip
        targets = [str(number) for number in numbers]
        targets += [operation for (operation,) in excerpt.all("SELECT DISTINCT operation FROM decision")]
        targets += [id_ for (id_,) in excerpt.all("SELECT id FROM run UNION ALL SELECT id FROM source")]
        _copy(session, excerpt, "withdrawal", "WHERE number <= $1 AND target = ANY($2::text[])", until, targets)


def _copy(session: Session, excerpt: ExcerptSession, table: str, condition: str, *values: object) -> None:
    from hub.store.truth import TRUTH  # costly to import, and few who start a hub ask for the past

    columns = [column.name for column in TRUTH.tables[table].columns]
    excerpt.insert(table, columns, session.all(f"SELECT {', '.join(columns)} FROM {table} {condition}", *values))


def joining(session: Session, start: Sequence[str], side: str) -> dict[str, str]:
    """The identifiers that join in an excerpt, with their side: in the components of the start, and of the other side
    beside."""
    person, organisation = "person_component", "organisation_component"
    own, other = (person, organisation) if side == "PERSON" else (organisation, person)
    other_side = "ORGANISATION" if side == "PERSON" else "PERSON"
    wanted = list(start)
    labels = session.all(
        f"SELECT DISTINCT c.{own} FROM touchpoint t JOIN claim c ON c.num = t.claim WHERE t.id = ANY($1::text[])",
        wanted,
    ) + session.all("SELECT DISTINCT component FROM identifier WHERE id = ANY($1::text[]) AND side = $2", wanted, side)
    here = [label for (label,) in labels if label is not None]
    beside = [
        label
        for (label,) in session.all(
            f"SELECT DISTINCT {other} FROM claim WHERE {own} = ANY($1::bigint[]) AND {other} IS NOT NULL", here
        )
    ]
    found: dict[str, str] = {}
    for at, components in ((side, here), (other_side, beside)):
        rows = session.all(
            "SELECT id FROM identifier WHERE joins AND side = $1 AND component = ANY($2::bigint[])", at, components
        )
        found |= {id_: at for (id_,) in rows}
    return found


def nameless(session: Session) -> set[str]:
    """The standing touchpoints that name nobody."""
    rows = session.all(
        "SELECT t.id FROM touchpoint t LEFT JOIN claim k ON k.num = t.claim "
        "WHERE t.retracted_at IS NULL AND k.customer IS NULL AND k.organisation IS NULL"
    )
    return {id_ for (id_,) in rows}

"""Touchpoints that name nobody belong to the customer of their anchor, or of a matter they name, down any chain.

Whose they are is a function of what stands: everything connected with a change is settled anew from those that name
somebody, in rounds, so that no order of arrival shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from hub.ids import anchor_touchpoint, anchors_naming, side_of
from hub.ingest import about
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import matters, touchpoints
from hub.store.writing.touchpoints import Speaker
from hub.values import Side

Belongs = tuple[int | None, int | None]
"""(customer, organisation)."""

_NOBODY: Belongs = (None, None)


@dataclass(slots=True)
class Web:
    """Touchpoints that hang together through anchors and matters, with all who speak of these matters, by id."""

    speakers: dict[str, Speaker] = field(default_factory=dict)
    matters: dict[int, str] = field(default_factory=dict)
    about: dict[str, list[str]] = field(default_factory=dict)
    """The touchpoints that speak of each matter, the earliest first."""


def follow(
    session: Session, changed: AbstractSet[str], lost: AbstractSet[str], moved: Sequence[int],
    matter_nums: Iterable[int], company: Company,
) -> tuple[set[int], list[tuple[object, ...]]]:  # fmt: skip
    """Settle everything around ``changed`` touchpoints, the touchpoints of ``moved`` claims, and matters.

    ``lost``: those of the changed that may name nobody.
    Writes the matters and gives the touchpoints to whom they belong; the answer is the customers this touched, and the
    ledger lines of matters that came into another state.
    """
    web, said = _load(session, changed, lost, moved, set(matter_nums))
    belongs, owners = settle(web)
    owned = {num: owners.get(id_, _NOBODY) for num, id_ in web.matters.items()}
    lines = about.refold(session, web.matters.keys(), said, owned, company)
    rows: list[tuple[int, int | None, int | None]] = []
    touched: set[int] = set()
    for id_, each in web.speakers.items():
        whose = belongs.get(id_, _NOBODY)
        if each.names is None and whose != each.held:
            rows.append((each.num, *whose))
            touched |= {held for held in (*whose, *each.held) if held is not None}
    touchpoints.assign_each(session, rows)
    return touched, lines


def _load(
    session: Session, changed: AbstractSet[str], lost_ids: AbstractSet[str], moved: Sequence[int], matter_nums: set[int]
) -> tuple[Web, matters.Told]:
    """The web around what changed, as far as touchpoints that name nobody lead; those that name somebody end it."""
    web = Web()
    said: matters.Told = {}
    near = {each.id: each for each in touchpoints.nameless(session, lost_ids)}
    near |= {each.id: each for each in touchpoints.nameless_of_claims(session, moved)}
    if touchpoints.any_anchored(session):
        ids = changed | touchpoints.ids_of_claims(session, moved)
        near |= {each.id: each for each in touchpoints.anchored(session, anchors_naming(ids))}
    while near or matter_nums:
        web.speakers |= near
        lost = [each for each in near.values() if each.names is None]
        matter_nums |= set(matters.of_touchpoints(session, [each.num for each in lost]))
        matter_nums -= web.matters.keys()
        found = matters.said(session, sorted(matter_nums))
        said |= found
        web.matters |= matters.ids(session, sorted(matter_nums))
        speaking = {row[6] for rows in found.values() for row in rows}
        anchors = {anchor_touchpoint(each.anchor) for each in lost if each.anchor is not None}
        met = touchpoints.speakers(session, sorted(speaking), sorted(anchors))
        met += touchpoints.anchored(session, anchors_naming({each.id for each in lost}))
        near = {each.id: each for each in met if each.id not in web.speakers}
        matter_nums = set()
    for num, rows in said.items():
        web.about[web.matters[num]] = [row[1] for row in rows]
    return web, said


def settle(web: Web) -> tuple[dict[str, Belongs], dict[str, Belongs]]:
    """Whose touchpoints and matters are, in rounds. A matter is its earliest touchpoint's that belongs to somebody."""
    belongs = {id_: each.names for id_, each in web.speakers.items() if each.names is not None}
    owners: dict[str, Belongs] = {}
    spoken: dict[str, list[str]] = {}
    for matter, ids in sorted(web.about.items()):
        for id_ in ids:
            spoken.setdefault(id_, []).append(matter)
    found: dict[str, Belongs] = belongs
    owned: dict[str, Belongs] = {}
    while found or owned:
        owned = {
            matter: whose
            for matter, ids in web.about.items()
            if matter not in owners and (whose := next((belongs[id_] for id_ in ids if id_ in belongs), None))
        }
        found = {
            id_: whose
            for id_, each in web.speakers.items()
            if id_ not in belongs
            and (
                whose := _anchored(each.anchor, belongs)
                or next((owners[matter] for matter in spoken.get(id_, ()) if matter in owners), None)
            )
        }
        belongs, owners = belongs | found, owners | owned
    return belongs, owners


def _anchored(anchor: str | None, belongs: Mapping[str, Belongs]) -> Belongs | None:
    """Whose an anchor is. One that is a customer's id stands for that side alone of the touchpoint it names."""
    if anchor is None:
        return None
    whose = belongs.get(anchor_touchpoint(anchor))
    if whose is None or anchor.startswith("tp_"):
        return whose
    customer, organisation = whose
    if side_of(anchor) is Side.ORGANISATION:
        return (organisation, organisation) if organisation is not None else None
    return (customer, None) if customer is not None and customer != organisation else None

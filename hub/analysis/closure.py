"""Which records hang together with a customer, up to a truth number: all that may have a say in what is shown of them.

Rather too many than too few. Through identifiers of their side, and decisions, the customer's touchpoints are found;
through identifiers of the other side, those of their organisation or people, so that it is known which of these are
one; through anchors and matters, what follows; and whoever else carries an identifier that joins nobody because too
many do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hub.errors import InputWrong
from hub.journey.rates import MOST_DAYS
from hub.store.session import Session
from hub.store.writing import excerpts
from hub.store.writing.excerpts import Said
from hub.values import Side

MOST = 20_000
"""Records of one excerpt."""


@dataclass(slots=True)
class Closure:
    """What was found so far.

    ``forced``: identifiers that joined then, whether they do today or not, with their side; ``lost``: touchpoints that
    named nobody then.
    """

    session: Session
    until: int
    currency: str
    """Money in others is converted to it."""
    forced: Mapping[str, str]
    lost: Collection[str] = ()
    records: set[int] = field(default_factory=set)
    touchpoints: set[str] = field(default_factory=set)
    widened: set[str] = field(default_factory=set)
    """Identifiers all carriers of which are there, with all that these carry."""
    web: set[str] = field(default_factory=set)
    """Touchpoints that follow the customer's, or others do together with them."""
    followed: set[str] = field(default_factory=set)
    """Touchpoints of which all is there that may follow them, or they it."""
    _idle: set[str] = field(default_factory=set)
    """Identifiers carried that join nobody today because of a cap."""

    def find(self, start: Iterable[str], side: Side) -> None:
        """Everything that hangs together with identifiers and touchpoints of a customer of a side."""
        other = Side.ORGANISATION if side is Side.PERSON else Side.PERSON
        own = self._widen({*start, *self._forced(side)}, Said(), side)
        beside = self._widen(self._forced(other), own, other)
        own.add(beside)
        self._follow(own)
        self._take(self._said_by(self._idle))
        self.records |= excerpts.defining(self.session, self.records, self.until)
        self.records |= excerpts.converting(self.session, self.touchpoints, self.currency, MOST_DAYS, self.until)

    def _widen(self, frontier: set[str], said: Said, side: Side) -> Said:
        """Along identifiers of a side that join, documents, and decisions about it; the answer is what all of it says.

        ``said``: what is there already.
        """
        asked: set[str] = set()
        whole = Said()
        whole.add(said)
        frontier |= self._onward(said, side)
        while frontier := frontier - asked:
            asked |= frontier
            self.widened |= {id_ for id_ in frontier if id_.startswith("idn_")}
            fresh = self._take(excerpts.saying(self.session, frontier, self.until))
            whole.add(fresh)
            frontier = self._onward(fresh, side)
        return whole

    def _forced(self, side: Side) -> set[str]:
        return {id_ for id_, at in self.forced.items() if at == side}

    def _onward(self, said: Said, side: Side) -> set[str]:
        mine = {id_ for id_, at in said.identifiers.items() if at == side}
        idle = excerpts.idle(self.session, mine)
        self._idle |= {id_ for id_, capped in idle.items() if capped and id_ not in self.forced}
        joining = mine - (idle.keys() - self.forced.keys())
        decided = excerpts.decided_with(self.session, said.touchpoints, side.value, self.until)
        return joining | decided | said.touchpoints.keys()

    def _take(self, found: Collection[int]) -> Said:
        """Take in records with all versions of their rows, and all lines of their documents; what the new ones say."""
        whole = Said()
        new = set(found) - self.records
        while new:
            new = excerpts.versions(self.session, new, self.until) - self.records
            self.records |= new
            if len(self.records) > MOST:
                raise InputWrong(
                    f"More than {MOST} records hang together with this customer: too many to work out at once.",
                    hint="Take a snapshot as of that moment, and ask it.",
                )
            said = excerpts.said_by(self.session, new)
            whole.add(said)
            fresh = said.touchpoints.keys() - self.touchpoints
            self.touchpoints |= fresh
            new = excerpts.saying(self.session, fresh, self.until) - self.records
        return whole

    def _follow(self, said: Said) -> None:
        """Along anchors and matters, down chains of touchpoints that may name nobody."""
        frontier, fresh, met = set(said.touchpoints), said, Said()
        while frontier:
            self.followed |= frontier
            ids = {each for id_ in frontier for each in fresh.matters.get(id_, set()) | fresh.anchors.get(id_, set())}
            found = excerpts.about(self.session, frontier, self.until) | self._said_by(ids)
            self._take(found)
            fresh = excerpts.said_by(self.session, found)
            met.add(fresh)
            may = {id_ for id_, lost in fresh.touchpoints.items() if lost or id_ in self.lost}
            frontier = may - self.followed
        self.web |= met.touchpoints.keys()
        # Whether they name anybody depends on who else carries their identifiers.
        blocked = {id_ for id_, capped in excerpts.idle(self.session, met.identifiers).items() if not capped}
        self._take(self._said_by(met.identifiers.keys() - blocked))

    def _said_by(self, ids: Iterable[str]) -> set[int]:
        return excerpts.saying(self.session, ids, self.until)

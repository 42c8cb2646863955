"""A customer's row and everything below it, folded from the touchpoints. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from hub.clock import micros, moment
from hub.identity.names import words
from hub.identity.normalise import masked, masked_name, search_terms
from hub.ingest.lifecycles import because_text, change_rows, lifecycle_columns, moment_of
from hub.ingest.part_rows import Row, answer_rows, converted_rows, debt_rows, value_rows
from hub.ingest.rows import json_text
from hub.journey.engagement import Engagement
from hub.journey.lifecycle import Course, Lifecycle
from hub.journey.purchases import Purchase
from hub.journey.rates import Conversion
from hub.journey.reasons import Because, Change
from hub.journey.rules import Rules
from hub.journey.satisfaction import SCALES, Satisfaction
from hub.journey.timeline import Moment
from hub.journey.value import MONEY, NOTHING, Accounts
from hub.settings import Company
from hub.values import Relationship, Side

_STRENGTH = {"ACCOUNTING": 4, "WEB": 3, "SOCIAL": 2, "EMAIL": 1}
_BIRTHDAY = re.compile(r"(\d{4}|-)-(\d{2})-(\d{2})")

_WORTH = frozenset({"customer_value", "converted_value", "debt", "purchase"})

Held = Sequence[tuple[str, str, str]]
"""(kind, value, display) of identifiers, the one seen last first."""

_WEIGHT = attrgetter("weight")
Rows = dict[str, list[tuple[Any, ...]]]
"""The rows of one customer by table, in the order of ``customers.PARTS``."""


@dataclass(slots=True)
class Told:
    """One trait value that a touchpoint told. Greater ``weight`` stands."""

    value: Any
    text: str
    """The value as JSON."""
    at: int
    touchpoint: int
    decided: bool
    weight: tuple[int, int, int, int, str]


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
    conversion: Conversion


@dataclass(slots=True)
class _Decided:
    """What people decided in the hub, in order: the last word stands."""

    owner: str | None = None
    relationship: Relationship | None = None
    tags: dict[str, None] = field(default_factory=dict)

    def take(self, said: Mapping[str, Any]) -> None:
        if "owner" in said:
            self.owner = str(said["owner"])
        if "relationship" in said:
            self.relationship = Relationship(said["relationship"])
        self.tags.update(dict.fromkeys(said.get("add_tags", ())))
        for tag in said.get("remove_tags", ()):
            self.tags.pop(tag, None)


class Portrait:
    """One customer folded so far. Touchpoints are taken in order of time, so that one more costs one more.

    ``row`` and ``written`` are what stands of the customer, and in the tables below; None when it is new. Of its
    changes of stage and standing only those are kept that may not last: a fold from the beginning is given all. Its
    search terms are made again when they are to be compared.
    """

    __slots__ = tuple(
        "num id side row written count _course _accounts _engagement _satisfaction _told _decided "
        "_first _last _acquired _bought _sold _firm _spans _machines _future _stale _settled _newly "
        "_because _reason _revenue _known _texts _look _looks".split()
    )

    def __init__(
        self, num: int, id_: str, side: Side, light: Light, row: Sequence[Any] | None, written: Rows
    ) -> None:  # fmt: skip
        self.num = num
        self.id = id_
        self.side = side
        self.row = row
        # What follows is kept because it is costly to make and seldom changes.
        self._known: tuple[str, Held, Held] | None = None
        self._texts: list[str] | None = None
        self._look: tuple[str | None, ...] = ()
        self._looks: tuple[object, ...] = ()
        self.begin(light, written)

    def begin(self, light: Light, written: Rows) -> None:
        """Forget all touchpoints. ``written``: what stands in the tables below."""
        self.written = written
        self.count = 0
        self._course = Course(light.rules, light.conversion)
        self._engagement = Engagement()
        # Most have none of these three, and each takes room.
        self._accounts: Accounts | None = None
        self._satisfaction: Satisfaction | None = None
        self._decided: _Decided | None = None
        self._told: dict[str, list[Told]] = {}
        """The values of each trait, the one that stands first."""
        self._first = (0, 0)
        self._last = (0, 0, "")
        self._acquired: int | None = None
        self._bought: dict[Purchase, Row] = {}
        self._sold: dict[str, int] = {}
        """Row numbers of what may be a purchase, by id."""
        self._firm: int | None = None
        self._spans: dict[int, tuple[int, int, int]] = {}
        self._machines = True
        self._future: int | None = None
        self._stale = frozenset(written)
        self._settled = self._newly = 0
        """How many changes nothing can undo, and those of them that were painted for the last time."""
        self._because: Because | None = None
        self._reason: str | None = None
        self._revenue = 0

    def follows(self, rows: Iterable[Sequence[Any]]) -> bool:
        """Whether all these touchpoints are later than what was taken, and nothing of it lies in the future."""
        return self._future is None and all(row[6] > self._last[1] for row in rows)

    def take(self, rows: Sequence[Sequence[Any]], light: Light) -> None:
        """Add touchpoints (``customers.timelines``) in order of time."""
        moments = [self._see(row, light) for row in rows]
        # What lies in the future counts when its day comes: the lifecycle's next change is then due.
        present = [each for each, row in zip(moments, rows, strict=True) if row[6] <= light.now]
        if len(present) < len(rows):
            self._future = rows[len(present)][6]
        self._course.take(present)
        if any(each.counted and each.kind in MONEY for each in present):
            self._accounts = self._accounts or Accounts(self._course.purchases, light.conversion)
            self._accounts.take(present)
            self._stale |= {"customer_value"}
        if self._engagement.take(present):
            self._stale |= {"engagement"}
        if any(each.unit in SCALES for each in present):
            self._satisfaction = self._satisfaction or Satisfaction()
            self._satisfaction.take(present)
            self._stale |= {"satisfaction"}

    def _see(self, row: Sequence[Any], light: Light) -> Moment:
        num, id_, kind, channel, _, automated, at, *_, source, organisation, traits, _, decided = row
        if not self.count:
            self._first = (num, at)
        self.count += 1
        self._last = (num, at, id_)
        if not automated:
            if self._acquired is None:
                self._acquired = num
            self._machines = False
        elif kind == "profile":
            self._machines = False
        if organisation is not None and self.side is Side.PERSON:
            self._firm = organisation
            since, _, _ = self._spans.get(organisation, (at, at, num))
            self._spans[organisation] = (since, at, num)
            self._stale |= {"affiliation"}
        if traits:
            self._hear(num, id_, channel, at, orjson.loads(traits), decided=source == light.desk)
        if decided and source == light.desk:
            self._decided = self._decided or _Decided()
            self._decided.take(orjson.loads(decided))
            self._stale |= {"tag"}
        seen = moment_of(row, self.side, light.desk, light.counted)
        if seen.counted and kind == self._course.purchases.purchase_kind:
            self._sold[id_] = num
        return seen

    def _hear(self, num: int, id_: str, channel: str, at: int, traits: Mapping[str, Any], *, decided: bool) -> None:
        """Keep all values told of each trait, each value once."""
        strength = 5 if decided else _STRENGTH.get(channel, 2)
        for name, value in traits.items():
            if value is None or value == "":
                continue
            full = int(name != "name" or len(str(value).split()) > 1)
            text, weight = json_text(value), (int(decided), full, strength, at, id_)
            told = self._told.get(name, ())
            same = next((one for one in told if one.text == text), None)
            if same is None or weight > same.weight:
                values = [one for one in told if one is not same]
                values.append(Told(value, text, at, num, decided, weight))
                values.sort(key=_WEIGHT, reverse=True)
                self._told[name] = values
                self._stale |= {"trait", "affiliation"}

    # What it comes to -----------------------------------------------------------------------------------------

    def paint(self, light: Light, own: Held, shared: Held) -> tuple[Row, Rows]:
        """The row at ``light.now``, and those below it, of those tables only where they may be others than before.

        ``own`` identifiers join, ``shared`` ones do not. Whoever writes them says so (``keep``).
        """
        life = self._course.lifecycle(moment(light.now), None if self._future is None else moment(self._future))
        parts: Rows = {"stage_change": self._change_rows(life.changes)}
        stale = self._stale
        if not stale.isdisjoint(_WORTH):
            worth = self._accounts.value(light.zone) if self._accounts else NOTHING
            self._revenue = worth[light.company.currency].revenue + sum(each.revenue for each in worth.converted)
            parts["customer_value"] = value_rows(self.num, worth)
            parts["converted_value"] = converted_rows(self.num, worth)
            parts["debt"] = debt_rows(self.num, worth)
            parts["purchase"] = self._purchases(light)
        if "engagement" in stale:
            level = self._engagement.level
            parts["engagement"] = [] if level is None else [(self.num, level, self._engagement.contacts)]
        if "satisfaction" in stale:
            parts["satisfaction"] = answer_rows(self.num, self._satisfaction) if self._satisfaction else []
        if "trait" in stale:
            parts["trait"] = _trait_rows(self.num, self._told)
        if "tag" in stale:
            parts["tag"] = [(self.num, tag) for tag in self._decided.tags] if self._decided else []
        if "affiliation" in stale:
            parts["affiliation"] = self._affiliations()
        if "trait" in stale or self._known != (self.id, own, shared):
            self._known = self.id, own, shared
            self._looks = self._appearance(own, shared)
            told = {str(one.value) for name in ("name", "company") for one in self._told.get(name, ())}
            told.update(text for held in (own, shared) for _, *texts in held for text in texts)
            texts = sorted(told)  # the order in which they were seen last plays no part
            if texts != self._texts:
                if self._texts is not None:
                    self.written["search_term"] = self._term_rows(self._texts)
                self._texts = texts
                parts["search_term"] = self._term_rows(texts)
        self._stale = frozenset()
        return self._row(light, life), parts

    def keep(self, row: Sequence[Any], parts: Rows) -> None:
        """What was painted has been written."""
        self.row = row
        for table, rows in parts.items():
            if rows or table in self.written:
                self.written[table] = rows
        if self._newly:
            self.written["stage_change"] = parts["stage_change"][self._newly :]
        self.written.pop("search_term", None)

    def _row(self, light: Light, life: Lifecycle) -> Row:
        owner = self._decided and self._decided.owner
        if life.because is not self._because:
            self._because, self._reason = life.because, because_text(life.because)
        return (
            self.num, self.id, self.side.value, self._relationship().value,
            *self._looks, light.users.get(owner) if owner else None, self._firm, self.count,
            *self._first, *self._last[:2], self._acquired,
            *lifecycle_columns(life, self._reason),
            self._revenue, light.company.currency,
        )  # fmt: skip

    def _appearance(self, own: Held, shared: Held) -> Row:
        """From ``display_name`` to ``city``."""
        email, phone = _newest("email", own, shared), _newest("phone", own, shared)
        name = (self._told_best("company") if self.side is Side.ORGANISATION else None) or self._told_best("name")
        kind, display = self._display(name, email, phone, [*own, *shared])
        others = [self._told_best(name) for name in ("birthday", "language", "country", "city")]
        look = (kind, display, name, email, phone, *others)
        if look != self._look:
            birthday = _birthday(others[0])
            self._look, self._looks = look, (
                display, masked_name(display) if kind == "name" else masked(kind, display),
                name, masked_name(name) if name else None, " ".join(words(display)),
                email, masked("email", email) if email else None, phone, masked("phone", phone) if phone else None,
                birthday, _day_of_year(birthday), *others[1:],
            )  # fmt: skip
        return self._looks

    def _told_best(self, name: str) -> str | None:
        return str(self._told[name][0].value) if name in self._told else None

    def _display(self, name: str | None, email: str | None, phone: str | None, held: Held) -> tuple[str, str]:
        """The kind of what is shown as the name, and the text: a name, else the best there is."""
        for kind, text in (("name", name), ("email", email), ("phone", phone)):
            if text:
                return kind, text
        return (held[0][0], held[0][2]) if held else ("", self.id)

    def _relationship(self) -> Relationship:
        """A person's word; else whoever only ever sent or got automated mail is nobody's customer."""
        if self._decided and self._decided.relationship is not None:
            return self._decided.relationship
        return Relationship.IRRELEVANT if self._machines else Relationship.CUSTOMER

    def _purchases(self, light: Light) -> list[Row]:
        """Rows of the purchases that stand; only those that changed are made anew."""
        for purchase in self._course.purchases.changes():
            if not purchase.standing:
                self._bought.pop(purchase, None)
                continue
            amount = purchase.left if purchase.left > 0 else None
            converted = None
            if amount is not None and purchase.currency is not None:
                converted = light.conversion.convert(amount, purchase.currency, purchase.at)
            self._bought[purchase] = (
                self.num, self._sold[purchase.touchpoint], micros(purchase.at), purchase.day(light.zone), amount,
                purchase.currency, converted,
            )  # fmt: skip
        return list(self._bought.values())

    def _change_rows(self, changes: Sequence[Change]) -> list[Row]:
        """Rows of the changes after those that were settled before."""
        rows = change_rows(self.num, changes, self._settled)
        self._newly = self._course.settle()
        self._settled += self._newly
        return rows

    def _term_rows(self, texts: Iterable[str]) -> list[Row]:
        return [(self.num, term) for term in dict.fromkeys(term for text in texts for term in search_terms(text))]

    def _affiliations(self) -> list[Row]:
        title = self._told_best("job_title")
        return [(self.num, firm, title, *span) for firm, span in self._spans.items()]


def _newest(kind: str, *lists: Held) -> str | None:
    """The identifier of a kind seen last in the first of the lists that has one: those of others come last."""
    for held in lists:
        for kind_, value, display in held:
            if kind_ == kind:
                return value if kind == "phone" else display
    return None


def _birthday(text: str | None) -> str | None:
    return text if text and _BIRTHDAY.fullmatch(text) else None


def _day_of_year(birthday: str | None) -> int | None:
    return int(birthday[-5:-3]) * 100 + int(birthday[-2:]) if birthday else None


def _trait_rows(num: int, told: Mapping[str, Sequence[Told]]) -> list[Row]:
    return [
        (num, name, position, one.text, one.at, one.touchpoint, one.decided)
        for name, values in told.items()
        for position, one in enumerate(values)
    ]

"""What a write came to, as values that go up to the API and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from hub.journey.timeline import StageDecision
from hub.values import Direction, Identifier, MatterClaim, MatterKind, MatterOutcome, Money, Relationship


class RowOutcome(StrEnum):
    """What happened to a row."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row could not be read, and what to do."""

    code: str
    message: str
    path: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row as a partner sends it: ``key`` None lets the stream make one."""

    payload: bytes
    key: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PreviewedTouchpoint:
    """A touchpoint a row would yield; ``customer`` is the id of the customer it would join today, if any."""

    id: str
    kind: str
    occurred_at: datetime
    title: str
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class IngestedRow:
    """What happened to one row. ``record`` is its truth number, None in a dry run or when it was refused."""

    index: int
    key: str
    outcome: RowOutcome
    record: int | None = None
    problem: Problem | None = None
    touchpoints: Sequence[PreviewedTouchpoint] = ()


@dataclass(frozen=True, slots=True)
class Ingested:
    """Answer to ingest. ``sequence`` is the last truth number the rows took; 0 when nothing was stored."""

    rows: Sequence[IngestedRow]
    sequence: int = 0
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a person wrote in the hub. ``key`` makes it idempotent; ``anchor`` is the touchpoint it is about."""

    key: str
    kind: str
    direction: Direction
    occurred_at: datetime | None = None
    """None: when it is written down."""
    title: str = ""
    text: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    anchor: str | None = None
    amount: Money | None = None
    matters: tuple[MatterClaim, ...] = ()
    traits: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterChange:
    """What a person decided about a matter. Without ``matter`` one of ``kind`` is opened, named by the ``key``.

    ``customer`` or ``touchpoint`` say whose a new one is. What is None stays as it is.
    """

    key: str
    matter: str | None = None
    customer: str | None = None
    touchpoint: str | None = None
    kind: MatterKind | None = None
    title: str | None = None
    pipeline: str | None = None
    state: str | None = None
    outcome: MatterOutcome | None = None
    open: bool | None = None
    amount: Money | None = None
    owner: str | None = None
    """Id, reference or e-mail address of a user."""
    due: date | datetime | None = None
    text: str | None = None
    by: str = ""

    @property
    def says_something(self) -> bool:
        """Whether it is more than a name of a matter."""
        told = (self.title, self.pipeline, self.state, self.outcome, self.open, self.amount, self.owner, self.due)
        return bool(self.text) or any(each is not None for each in told)


@dataclass(frozen=True, slots=True)
class Written:
    """Answer to a simple write: public ids of what was written and the truth number it took."""

    ids: Sequence[str]
    sequence: int


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """How one customer would change: touchpoints, stage and revenue (minor units) before and after."""

    customer: str
    touchpoints_before: int
    touchpoints_after: int
    stage_before: str | None
    stage_after: str | None
    revenue_before: int
    revenue_after: int
    currency: str


@dataclass(frozen=True, slots=True)
class MovedTouchpoint:
    """A touchpoint, and the ids of the customers it would go from and to; None where it belongs to nobody."""

    touchpoint: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Answer to merge, split and undo. ``operation`` names the decisions together; None in a dry run.

    ``customers``: ids of the customers that stand after it. ``moved``: how many touchpoints change customer, of which
    ``moves`` are the first.
    """

    operation: str | None
    sequence: int
    customers: Sequence[str]
    moved: int
    changes: Sequence[CustomerChange]
    moves: Sequence[MovedTouchpoint] = ()


class Effect(StrEnum):
    """What happens to a touchpoint when records are taken out, put back or read again."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    RETRACTED = "RETRACTED"
    RESTORED = "RESTORED"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a field of a touchpoint says before and after, as text."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class TouchpointChange:
    """How one touchpoint changes; ``fields`` where it is known which."""

    touchpoint: str
    effect: Effect
    fields: Sequence[FieldChange] = ()


FIRST = 100
"""How many of each kind of change are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a correction changes: how many touchpoints by effect, the first of them, customers likewise."""

    effects: Mapping[Effect, int]
    touchpoints: Sequence[TouchpointChange]
    customers: int
    customer_changes: Sequence[CustomerChange]

    @staticmethod
    def of(touchpoints: Sequence[TouchpointChange], customers: Sequence[CustomerChange]) -> Changes:
        """Count everything, list the first."""
        counted = Counter(each.effect for each in touchpoints)
        return Changes(counted, touchpoints[:FIRST], len(customers), customers[:FIRST])


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Answer to a withdrawal: what leaves or comes back, and what that changes."""

    changes: Changes
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Stored records: all that fit everything given. Times, in microseconds, are of receipt, the end exclusive."""

    source: str | None = None
    stream: str | None = None
    run: str | None = None
    record: int | None = None
    after: int | None = None
    until: int | None = None
    problems: bool = False
    """Only those that could not be read."""


@dataclass(frozen=True, slots=True)
class ProblemChange:
    """How the problem of a record changes; None for none."""

    record: int
    before: Problem | None
    after: Problem | None


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading records again would change. ``records`` fit the selection, the first ``examined`` were read."""

    records: int
    examined: int
    solved: int
    """How many lose their problem."""
    unreadable: int
    """How many get one."""
    problems: Sequence[ProblemChange]
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a person decides about customers; None leaves a thing as it is."""

    name: str | None = None
    owner: str | None = None
    relationship: Relationship | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    traits: dict[str, Any] = field(default_factory=dict)
    decision: StageDecision | None = None
    reason: str = ""

"""Link decisions: merging, splitting and undoing are the same thing, truth rows that the identity rule reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.errors import InputWrong, NotFound
from hub.ids import naming_touchpoint, side_of
from hub.store.session import Session
from hub.store.writing import decisions, records

DecisionRow = tuple[str, str, str]
"""(SAME or NOT_SAME, touchpoint, touchpoint)."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What an operation would write: decisions, and decision operations to withdraw or put back."""

    decisions: Sequence[DecisionRow] = ()
    withdrawals: Sequence[tuple[str, bool]] = ()
    """(operation, restore)."""
    customers: Sequence[int] = field(default_factory=list)
    """Row numbers of the customers it is about."""


def merge(session: Session, ids: Sequence[str]) -> Intent:
    """Say that customers are one. Older contrary decisions between them are withdrawn with it."""
    found = [_customer(session, id_) for id_ in dict.fromkeys(ids)]
    nums = list(dict.fromkeys(num for num, _, _ in found))
    if len(nums) < 2:
        raise InputWrong("These are one customer already.", path="customers")
    if len({kind for _, _, kind in found}) > 1:
        raise InputWrong("A person and an organisation are never one customer.", path="customers")
    first, *others = list(dict.fromkeys(id_ for _, id_, _ in found))
    said = [("SAME", naming_touchpoint(first), naming_touchpoint(other)) for other in others]
    contrary = session.all(
        "SELECT DISTINCT d.operation FROM decision d JOIN touchpoint a ON a.id = d.a JOIN touchpoint b ON b.id = d.b "
        "WHERE d.kind = 'NOT_SAME' AND (a.customer = ANY($1::bigint[]) OR a.organisation = ANY($2::bigint[])) "
        "AND (b.customer = ANY($3::bigint[]) OR b.organisation = ANY($4::bigint[]))",
        nums, nums, nums, nums,
    )  # fmt: skip
    return Intent(said, [(operation, False) for (operation,) in contrary if is_live(session, operation)], nums)


def split(session: Session, id_: str, touchpoints: Sequence[str]) -> Intent:
    """Take touchpoints out of a customer: not the same as its first, and one among themselves."""
    num, _, _ = _customer(session, id_)
    out = list(dict.fromkeys(touchpoints))
    if not out:
        raise InputWrong("Name at least one touchpoint to take out.", path="touchpoints")
    rows = session.all(
        "SELECT t.id FROM touchpoint t JOIN claim c ON c.num = t.claim WHERE t.id = ANY($1::text[]) "
        "AND (c.customer = $2 OR c.organisation = $3) AND t.retracted_at IS NULL",
        out, num, num,
    )  # fmt: skip
    missing = sorted(set(out) - {held for (held,) in rows})
    if missing:
        raise InputWrong(
            f"{missing[0]} is no touchpoint of this customer that carries an identifier of its own.", path="touchpoints"
        )
    stays = session.all(
        "SELECT t.id FROM touchpoint t JOIN claim c ON c.num = t.claim WHERE (c.customer = $1 OR c.organisation = $2) "
        "AND t.retracted_at IS NULL ORDER BY t.heard, t.id LIMIT $3",
        num, num, len(out) + 1,
    )  # fmt: skip
    first = next((held for (held,) in stays if held not in out), None)
    if first is None:
        raise InputWrong("Nothing would stay: leave at least one touchpoint.", path="touchpoints")
    said: list[DecisionRow] = [("NOT_SAME", first, held) for held in out]
    said += [("SAME", out[0], held) for held in out[1:]]
    return Intent(said, (), [num])


def undo(session: Session, operation: str) -> Intent:
    """Take back a merge or split, and put back what it had withdrawn."""
    named = session.all("SELECT a, b FROM decision WHERE operation = $1", operation)
    if not named:
        raise NotFound(f"There is no decision {operation[:60]!r}.", path="decision")
    if not is_live(session, operation):
        raise InputWrong("This decision is undone already.", path="decision")
    restored = session.all(
        "SELECT DISTINCT target FROM withdrawal WHERE kind = 'DECISION' AND operation = $1", operation
    )
    ids = sorted({end for pair in named for end in pair})
    nums = [
        num
        for pair in session.all("SELECT customer, organisation FROM touchpoint WHERE id = ANY($1::text[])", ids)
        for num in pair
        if num is not None
    ]
    return Intent((), [(operation, False), *((target, True) for (target,) in restored)], sorted(set(nums)))


def store(session: Session, intent: Intent, operation: str | None, reason: str, by: str, at: int) -> int:
    """Append what is intended; ``operation`` names it together. The answer is the last truth number taken."""
    last = records.take_numbers(session)
    made = [
        (last + place, operation, kind, a, b, by, reason, at) for place, (kind, a, b) in enumerate(intent.decisions, 1)
    ]
    last += len(made)
    taken = [
        (last + place, "DECISION", target, restore, operation, by, reason, at)
        for place, (target, restore) in enumerate(intent.withdrawals, 1)
    ]
    decisions.insert(session, made, taken)
    records.give_numbers(session, last + len(taken))
    return last + len(taken)


def is_live(session: Session, operation: str) -> bool:
    """Whether the last word on an operation lets it stand."""
    restore = session.value(
        "SELECT restore FROM withdrawal WHERE kind = 'DECISION' AND target = $1 ORDER BY number DESC LIMIT 1", operation
    )
    return restore is None or bool(restore)


def _customer(session: Session, id_: str) -> tuple[int, str, str]:
    """(num, id today, kind) of a customer by any id it ever had."""
    row = session.one("SELECT num, id, kind FROM customer WHERE id = $1", id_)
    if row is None:
        row = session.one(
            "SELECT c.num, c.id, c.kind FROM touchpoint t JOIN customer c ON c.num IN (t.customer, t.organisation) "
            "WHERE t.id = $1 AND c.kind = $2",
            naming_touchpoint(id_),
            side_of(id_).value,
        )
    if row is None:
        raise NotFound(f"There is no customer {id_[:60]!r}.", path="customers")
    return row[0], row[1], row[2]

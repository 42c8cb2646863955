"""Link decisions: merging, splitting and undoing are the same thing, truth rows that the identity rule reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.errors import InputWrong, NotFound
from hub.ids import naming_touchpoint, side_of
from hub.store.session import Session
from hub.store.writing import customers, decisions, records
from hub.store.writing.touchpoints import carrying, customers_of, first_of_customer

DecisionRow = tuple[str, str, str, str]
"""(SAME or NOT_SAME, side, touchpoint, touchpoint): a word about two persons says nothing of their organisations."""


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
    side = found[0][2]
    said = [("SAME", side, naming_touchpoint(first), naming_touchpoint(other)) for other in others]
    apart = decisions.contrary(session, nums, side)
    return Intent(said, [(operation, False) for operation in apart if is_live(session, operation)], nums)


def split(session: Session, id_: str, touchpoints: Sequence[str]) -> Intent:
    """Take touchpoints out of a customer: not the same as its first, and one among themselves."""
    num, _, side = _customer(session, id_)
    out = list(dict.fromkeys(touchpoints))
    if not out:
        raise InputWrong("Name at least one touchpoint to take out.", path="touchpoints")
    missing = sorted(set(out) - carrying(session, out, num))
    if missing:
        raise InputWrong(
            f"{missing[0]} is no touchpoint of this customer that carries an identifier of its own.", path="touchpoints"
        )
    first = next((held for held in first_of_customer(session, num, len(out) + 1) if held not in out), None)
    if first is None:
        raise InputWrong("Nothing would stay: leave at least one touchpoint.", path="touchpoints")
    said: list[DecisionRow] = [("NOT_SAME", side, first, held) for held in out]
    said += [("SAME", side, out[0], held) for held in out[1:]]
    return Intent(said, (), [num])


def say(session: Session, id_: str, touchpoints: Sequence[str], *, same: bool) -> Intent:
    """Say that touchpoints are a customer's, or that they are not, whosever they are now."""
    num, today, side = _customer(session, id_)
    kind = "SAME" if same else "NOT_SAME"
    said = [(kind, side, naming_touchpoint(today), held) for held in dict.fromkeys(touchpoints)]
    if not said:
        raise InputWrong("Name at least one touchpoint.", path="touchpoints")
    return Intent(said, (), [num])


def undo(session: Session, operation: str) -> Intent:
    """Take back a merge or split, and put back what it had withdrawn."""
    named = decisions.pairs(session, operation)
    if not named:
        raise NotFound(f"There is no decision {operation[:60]!r}.", path="decision")
    if not is_live(session, operation):
        raise InputWrong("This decision is undone already.", path="decision")
    restored = [(target, True) for target in decisions.withdrawn_by(session, operation)]
    ids = sorted({end for pair in named for end in pair})
    return Intent((), [(operation, False), *restored], sorted(set(customers_of(session, ids))))


def store(session: Session, intent: Intent, operation: str | None, reason: str, by: str, at: int) -> int:
    """Append what is intended; ``operation`` names it together. The answer is the last truth number taken."""
    last = records.take_numbers(session)
    made = [(last + place, operation, *decided, by, reason, at) for place, decided in enumerate(intent.decisions, 1)]
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
    return decisions.last_word(session, operation) is not False


def _customer(session: Session, id_: str) -> tuple[int, str, str]:
    """(num, id today, kind) of a customer by any id it ever had."""
    found = customers.by_id(session, id_) or customers.of_touchpoint(session, naming_touchpoint(id_), side_of(id_))
    if found is None:
        raise NotFound(f"There is no customer {id_[:60]!r}.", path="customers")
    return found

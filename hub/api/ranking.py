"""Which groups of a group-by are kept, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from hub.api.scalars import Exact
from hub.api.types.enums import OrderDirection
from hub.journey.buckets import Calendar
from hub.money import minor
from hub.values import Money


class Group(Protocol):
    """A group: its key begins with the number of a stretch of the calendar, where there is a calendar."""

    @property
    def key(self) -> tuple[Any, ...]: ...


G = TypeVar("G", bound=Group)


def least(having: Any, currency: str, *money: str) -> Mapping[str, Any]:
    """By measure, what a group has at least; ``money`` names those that are written as amounts of the currency.

    ``having``: an input whose fields are called after measures, ``touchpoints_at_least``; or None.
    """
    if having is None:
        return {}
    asked = {name.removesuffix("_at_least"): value for name, value in vars(having).items() if value is not None}
    return {name: _minor(value, currency) if name in money else value for name, value in asked.items()}


def _minor(amount: Exact, currency: str) -> int:
    return minor(Money(amount, currency))


def ranked(
    groups: Iterable[G],
    sizes: Callable[[G], Mapping[str, Any]],
    least: Mapping[str, Any],
    by: str,
    direction: OrderDirection,
    calendar: Calendar | None,
) -> Sequence[G]:
    """The groups that come to so much, in order; what has no size comes last, and who has no time."""
    sign = 1 if direction is OrderDirection.ASC else -1
    kept: list[tuple[Any, G]] = []
    for group in groups:
        has = sizes(group)
        if all(has[name] is not None and has[name] >= wanted for name, wanted in least.items()):
            size, period = has[by.lower()], group.key[0] if calendar else 0
            rank = (period is None, period or 0, size is None, sign * (size or 0), tuple(map(str, group.key)))
            kept.append((rank, group))
    return [group for _, group in sorted(kept, key=lambda each: each[0])]
